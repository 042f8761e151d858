package rig

import (
	"os"
	"path/filepath"
	"strings"
)

// StartPipeWire starts PipeWire in PulseAudio's place, with the same devices,
// as today's desktops have it. It ends with Stop.
func StartPipeWire(logDir string) (*Pulse, error) {
	dir, err := os.MkdirTemp("", "pipewire-")
	if err != nil {
		return nil, err
	}
	p := newPulse(dir)
	p.listens = "pulse/native"
	if err := p.startPipeWire(logDir); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

func (p *Pulse) startPipeWire(logDir string) error {
	bus, core := filepath.Join(p.dir, "bus"), filepath.Join(p.dir, "pipewire-0")
	env := []string{
		"HOME=" + p.dir, "XDG_RUNTIME_DIR=" + p.dir, "XDG_CONFIG_HOME=" + p.dir, "XDG_STATE_HOME=" + p.dir,
		"DBUS_SESSION_BUS_ADDRESS=unix:path=" + bus,
	}
	for _, c := range []struct{ program, ready string }{
		{"dbus-daemon --session --nofork --nopidfile --address=unix:path=" + bus, bus},
		{"pipewire", core},
		{"wireplumber", core},
		{"pipewire-pulse", p.socket()},
	} {
		args := strings.Fields(c.program)
		if err := p.start(Command{Name: args[0], LogDir: logDir, Env: env, Args: args}, c.ready); err != nil {
			return err
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(pulseScript), "\n")[1:] { // the socket is there
		if _, err := p.Control(strings.Fields(line)...); err != nil {
			return err
		}
	}
	return nil
}
