package rig

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Pulse is a sound server without hardware. A room has a microphone in it;
// what is played on the speaker can be listened to.
type Pulse struct {
	dir       string
	listens   string     // its socket, below dir
	processes []*Process // in the order of starting
}

// pulseScript makes the devices. Null sinks without rewinds run at once; with
// them the first block would be two seconds long.
const pulseScript = `load-module module-native-protocol-unix auth-anonymous=1 socket=SOCKET
load-module module-null-sink sink_name=speaker rate=48000 channels=1 norewinds=1 sink_properties=device.description=Speaker
load-module module-null-sink sink_name=room rate=48000 channels=1 norewinds=1 sink_properties=device.description=Room
load-module module-remap-source master=room.monitor source_name=microphone channels=1 source_properties=device.description=Microphone
set-default-sink speaker
set-default-source microphone
`

// StartPulse starts a sound server that ends with Stop.
func StartPulse(logDir string) (*Pulse, error) {
	dir, err := os.MkdirTemp("", "pulse-")
	if err != nil {
		return nil, err
	}
	p := newPulse(dir)
	if err := p.start(p.command(logDir), p.socket()); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

// Restart ends PulseAudio and starts it again at the same place.
func (p *Pulse) Restart(logDir string) error {
	for _, process := range p.processes {
		process.Stop()
	}
	p.processes = nil
	_ = os.Remove(p.socket())
	return p.start(p.command(logDir), p.socket())
}

func newPulse(dir string) *Pulse { return &Pulse{dir: dir, listens: "pulse.sock"} }

// start starts a program and waits until it listens.
func (p *Pulse) start(c Command, ready string) (err error) {
	if c.Args[0], err = Look(c.Args[0]); err != nil {
		return err
	}
	process, err := Start(c)
	if err != nil {
		return err
	}
	p.processes = append(p.processes, process)
	return process.WaitFor("listening", Limit, func() bool { return listens(ready) })
}

// Stop ends the server and forgets its folder.
func (p *Pulse) Stop() {
	for _, process := range slices.Backward(p.processes) {
		process.Stop()
	}
	_ = os.RemoveAll(p.dir)
}

// Control runs pactl and returns what it prints: "load-module …" prints the
// number to unload.
func (p *Pulse) Control(args ...string) (string, error) {
	program, err := Look("pactl")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), Limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), p.Env()...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("pactl %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

func (p *Pulse) socket() string { return filepath.Join(p.dir, p.listens) }

func (p *Pulse) command(logDir string) Command {
	script := filepath.Join(p.dir, "pulse.pa")
	_ = os.WriteFile(script, []byte(strings.ReplaceAll(pulseScript, "SOCKET", p.socket())), 0o600)
	return Command{
		Name: "pulseaudio", LogDir: logDir,
		Env: []string{"HOME=" + p.dir, "XDG_RUNTIME_DIR=" + p.dir, "PULSE_RUNTIME_PATH=" + p.dir},
		Args: []string{
			"pulseaudio", "-n", "-F", script, "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no",
			"--disable-shm=yes", "--high-priority=no", "--realtime=no", "--log-target=stderr",
		},
	}
}

// Env leads a program to this sound server.
func (p *Pulse) Env() []string { return []string{"PULSE_SERVER=unix:" + p.socket()} }

// Play plays samples into a sink ("room" is what the microphone hears) until
// they end or Stop is called.
func (p *Pulse) Play(sink string, pcm []int16, logDir string) (*Process, error) {
	program, err := Look("paplay")
	if err != nil {
		return nil, err
	}
	name := filepath.Join(p.dir, "play-"+sink+".wav")
	if err := WriteWAV(name, pcm); err != nil {
		return nil, err
	}
	return Start(Command{
		Name: "paplay-" + sink, LogDir: logDir, Env: append(p.Env(), "PULSE_PROP=media.role=test"), // no music
		// A player that asks for less has the sink work by its beat, and with it
		// the microphone, whose beat is the listener's to choose.
		Args: []string{program, "--device=" + sink, "--latency-msec=100", name},
	})
}

// Listener records a source of a sound server. Safe for use from several
// goroutines.
type Listener struct {
	process *Process

	mu     sync.Mutex // guards the fields below
	bytes  []byte
	chunks []chunk
}

// Listen records a source: "speaker.monitor" is what the speaker plays.
func (p *Pulse) Listen(source, logDir string) (*Listener, error) {
	program, err := Look("parec")
	if err != nil {
		return nil, err
	}
	l := &Listener{}
	l.process, err = Start(Command{
		Name: "parec-" + source, LogDir: logDir, Env: p.Env(), Stdout: l,
		Args: []string{
			program, "--device=" + source, "--raw", "--format=s16le", "--rate=48000", "--channels=1", "--latency-msec=5",
		},
	})
	return l, err
}

// Write implements io.Writer for the recorder's output.
func (l *Listener) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bytes = append(l.bytes, b...)
	l.chunks = append(l.chunks, chunk{end: len(l.bytes) / 2, at: time.Now()})
	return len(b), nil
}

// Position returns how many samples were recorded.
func (l *Listener) Position() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.bytes) / 2
}

// Since returns the samples from a position on.
func (l *Listener) Since(from int) []int16 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return PCM(slices.Clone(l.bytes[min(2*from, len(l.bytes))&^1:]))
}

// At returns when the sample at a position was recorded, from the arrival of
// the chunk that contains it.
func (l *Listener) At(position int) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.chunks {
		if position < c.end {
			return c.at.Add(-time.Duration(c.end-position) * time.Second / SampleRate)
		}
	}
	return time.Time{}
}

// WaitTone waits until the tone was recorded for a time without a gap after
// the position.
func (l *Listener) WaitTone(from int, d time.Duration, frequency float64) error {
	return Poll(Limit, func() error {
		if err := l.process.Err(); err != nil {
			return Final(err)
		}
		pcm := l.Since(from)
		if LongestTone(pcm, frequency) < d {
			return fmt.Errorf("%v Hz for %v was not recorded; %s", frequency, d, Describe(pcm))
		}
		return nil
	})
}

// Stop ends the recording.
func (l *Listener) Stop() { l.process.Stop() }
