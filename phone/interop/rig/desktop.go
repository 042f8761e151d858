package rig

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Desktop is a display without a screen, a window manager, a session bus and
// a sound server, all of its own.
type Desktop struct {
	Display string // ":99"
	Bus     string // address of the session bus
	Pulse   *Pulse

	dir       string
	processes []*Process // in the order of starting
	notices   *notices
}

// StartDesktop starts a desktop of the given size in pixels.
func StartDesktop(width, height int, logDir string) (*Desktop, error) {
	dir, err := os.MkdirTemp("", "desktop-")
	if err != nil {
		return nil, err
	}
	d := &Desktop{dir: dir}
	for _, start := range []func(string) error{
		func(log string) error { return d.startDisplay(width, height, log) },
		d.startBus,
		d.startWindowManager,
		d.startSound,
	} {
		if err := start(logDir); err != nil {
			d.Stop()
			return nil, err
		}
	}
	return d, nil
}

func (d *Desktop) start(c Command) (*Process, error) {
	program, err := Look(c.Args[0])
	if err != nil {
		return nil, err
	}
	c.Args[0] = program
	p, err := Start(c)
	if err == nil {
		d.processes = append(d.processes, p)
	}
	return p, err
}

func (d *Desktop) startDisplay(width, height int, logDir string) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = d.start(Command{
		Name: "xvfb", LogDir: logDir, Files: []*os.File{w},
		Args: []string{
			"Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", width, height),
			"-nolisten", "tcp", "-noreset", "+extension", "GLX",
		},
	})
	_ = w.Close()
	if err != nil {
		return err
	}
	if err := r.SetReadDeadline(time.Now().Add(Limit)); err != nil {
		return err
	}
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		return fmt.Errorf("no display number from Xvfb: %w", err)
	}
	d.Display = ":" + strings.TrimSpace(number)
	return nil
}

func (d *Desktop) startBus(logDir string) error {
	socket := filepath.Join(d.dir, "bus")
	p, err := d.start(Command{
		Name: "dbus", LogDir: logDir,
		Args: []string{"dbus-daemon", "--session", "--nofork", "--nopidfile", "--address=unix:path=" + socket},
	})
	if err != nil {
		return err
	}
	d.Bus = "unix:path=" + socket
	if err := p.WaitFor("listening", Limit, func() bool { return listens(socket) }); err != nil {
		return err
	}
	d.notices, err = showNotices(d.Bus)
	return err
}

func (d *Desktop) startWindowManager(logDir string) error {
	p, err := d.start(Command{Name: "openbox", LogDir: logDir, Env: d.Env(), Args: []string{"openbox"}})
	if err != nil {
		return err
	}
	// A window that opens before it is ready may stay unseen.
	return p.WaitFor("managing windows", Limit, func() bool {
		out, err := d.tool("xprop", "-root", "_NET_SUPPORTING_WM_CHECK")
		return err == nil && strings.Contains(out, "window id")
	})
}

func (d *Desktop) startSound(logDir string) (err error) {
	d.Pulse = newPulse(d.dir)
	err = d.Pulse.start(d.Pulse.command(logDir), d.Pulse.socket())
	d.processes = append(d.processes, d.Pulse.processes...)
	return err
}

// Env is the environment of a program on this desktop.
func (d *Desktop) Env() []string {
	env := []string{
		"DISPLAY=" + d.Display, "WAYLAND_DISPLAY=", "DBUS_SESSION_BUS_ADDRESS=" + d.Bus, "LANG=en_US.UTF-8",
		"HOME=" + d.dir, "XDG_RUNTIME_DIR=" + d.dir, "XDG_CONFIG_HOME=" + filepath.Join(d.dir, "config"),
		"LIBGL_ALWAYS_SOFTWARE=1",
	}
	if d.Pulse != nil {
		env = append(env, d.Pulse.Env()...)
	}
	return env
}

// Stop ends everything, the last started first.
func (d *Desktop) Stop() {
	if d.notices != nil {
		d.notices.close()
	}
	for i := len(d.processes) - 1; i >= 0; i-- {
		d.processes[i].Stop()
	}
	_ = os.RemoveAll(d.dir)
}

// tool runs a short program on the desktop and returns what it prints.
func (d *Desktop) tool(name string, args ...string) (string, error) {
	program, err := Look(name)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*Limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), d.Env()...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(string(out)), nil
}

// Window is a window on the desktop.
type Window struct {
	desktop *Desktop
	id      string
}

// WaitWindow waits for a visible window whose title matches the pattern.
func (d *Desktop) WaitWindow(title string, limit time.Duration) (*Window, error) {
	w := &Window{desktop: d}
	err := Poll(limit, func() error {
		out, err := d.tool("xdotool", "search", "--onlyvisible", "--name", title)
		if err != nil {
			return fmt.Errorf("there is no window %q: %w", title, err)
		}
		w.id, _, _ = strings.Cut(out, "\n")
		return nil
	})
	return w, err
}

// Title returns the window's title.
func (w *Window) Title() (string, error) { return w.desktop.tool("xdotool", "getwindowname", w.id) }

// Focus makes the window the one that gets what is typed.
func (w *Window) Focus() error {
	return Poll(Limit, func() error {
		if _, err := w.desktop.tool("xdotool", "windowactivate", w.id); err != nil {
			return err
		}
		id, err := w.desktop.tool("xdotool", "getwindowfocus")
		if err == nil && id != w.id {
			err = fmt.Errorf("window %s has the focus, not %s", id, w.id)
		}
		return err
	})
}

// Key presses keys as X names them: "ctrl+1", "Return".
func (w *Window) Key(keys ...string) error {
	_, err := w.desktop.tool("xdotool", append([]string{"key", "--delay", "60"}, keys...)...)
	return err
}

// Type types a text.
func (w *Window) Type(text string) error {
	_, err := w.desktop.tool("xdotool", "type", "--delay", "30", text)
	return err
}

// Click presses the first mouse button at a point of the window.
func (w *Window) Click(x, y int) error {
	_, err := w.desktop.tool("xdotool", "mousemove", "--window", w.id, strconv.Itoa(x), strconv.Itoa(y), "click", "1")
	return err
}

// Minimize takes the window out of sight.
func (w *Window) Minimize() error {
	_, err := w.desktop.tool("xdotool", "windowminimize", "--sync", w.id)
	return err
}

// Resize gives the window's content a size in pixels.
func (w *Window) Resize(width, height int) error {
	_, err := w.desktop.tool("xdotool", "windowsize", w.id, strconv.Itoa(width), strconv.Itoa(height))
	if err != nil {
		return err
	}
	return Poll(Limit, func() error {
		out, err := w.desktop.tool("xdotool", "getwindowgeometry", "--shell", w.id)
		if err != nil {
			return Final(err)
		}
		if !strings.Contains(out, fmt.Sprintf("WIDTH=%d\nHEIGHT=%d", width, height)) {
			return fmt.Errorf("the window is %s, want %d×%d", strings.ReplaceAll(out, "\n", " "), width, height)
		}
		return nil
	})
}

// listens reports whether somebody does on a socket, which is there a moment
// before.
func listens(name string) bool {
	c, err := net.Dial("unix", name)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}
