package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// PhoneOptions configure a phone; exactly one account is added to it.
type PhoneOptions struct {
	Name                                             string // of its log files; "" is "phone"
	Server, Address, AuthUser, DisplayName, Password string
	CA                                               string   // PEM file of a further authority to trust
	Frequency                                        float64  // hertz that its microphone file plays
	Microphone                                       string   // WAV file instead of the tone
	Args                                             []string // after --profile DIR; nil is --headless with the files as devices
	Place                                            *Place   // where it runs; nil is here
	Env                                              []string
	LogDir                                           string
	// AsIs sends what the microphone hears without echo cancellation, noise
	// suppression and gain, to which a tone without end is a noise.
	AsIs bool
	// ShortDelay asks for packets of 10 ms and devices with periods of 5 ms.
	ShortDelay bool
}

// Phone is a party: the real binary without a window, driven by its command
// line.
type Phone struct {
	o        PhoneOptions
	profile  string
	speaker  string
	env      []string
	process  *Process
	follower *Process
	gone     map[string]bool // calls that are forgotten

	mu     sync.Mutex // guards latest and broken
	latest Status
	broken error // why a line of the status was not understood
}

// Status is one object of `webphone status --json`.
type Status struct {
	Accounts []struct {
		URI    string `json:"uri"`
		State  string `json:"state"`
		Reason string `json:"reason"`
	} `json:"accounts"`
	Calls          []StatusCall `json:"calls"`
	MissedCalls    int          `json:"missed_calls"`
	UnreadMessages int          `json:"unread_messages"`
	Devices        struct {
		Microphone any `json:"microphone"`
		Speaker    any `json:"speaker"`
	} `json:"devices"`
}

// StatusCall is one call in a Status.
type StatusCall struct {
	ID           string `json:"id"`
	Direction    string `json:"direction"`
	Peer         string `json:"peer"`
	DisplayName  string `json:"display_name"`
	State        string `json:"state"`
	LocalHold    bool   `json:"local_hold"`
	RemoteHold   bool   `json:"remote_hold"`
	Muted        bool   `json:"muted"`
	Codec        string `json:"codec"`
	Encrypted    bool   `json:"encrypted"`
	DTMFReceived string `json:"dtmf_received"`
	EndCause     string `json:"end_cause"`
	EndStatus    int    `json:"end_status"`
	// Transfer is asked, ringing, done or failed; "" = it is not given away.
	Transfer       string `json:"transfer"`
	TransferReason string `json:"transfer_reason"`
	Conference     string `json:"conference"` // the same in all calls of it; "" = none
	// HearingIn and HearingOut say why either side is not heard; "" = it is.
	HearingIn   string `json:"hearing_in"`
	HearingOut  string `json:"hearing_out"`
	PathRestart string `json:"path_restart"` // asked, done or failed; "" = none
	// RecordingSince is nil while it is not recorded.
	RecordingSince *time.Time `json:"recording_since"`
	Stats          struct {
		RTT             float64 `json:"rtt_ms"`
		Jitter          float64 `json:"jitter_ms"`
		PeerJitter      float64 `json:"peer_jitter_ms"`
		Loss            float64 `json:"loss_percent"`
		PeerLoss        float64 `json:"peer_loss_percent"`
		PeerLost        uint64  `json:"peer_lost"`
		PacketsSent     uint64  `json:"packets_sent"`
		PacketsReceived uint64  `json:"packets_received"`
		Cipher          string  `json:"cipher"`
		Local           string  `json:"local"`
		MOS             float64 `json:"mos"`
	} `json:"stats"`
}

// ExitError says that a command of the phone did not end with 0.
type ExitError struct {
	Command string
	Code    int
	Stderr  string
}

// Error implements error.
func (e *ExitError) Error() string {
	return fmt.Sprintf("webphone %s: exit code %d: %s", e.Command, e.Code, strings.TrimSpace(e.Stderr))
}

// Exit codes of the phone's command line.
const (
	ExitRefused       = 1
	ExitUsage         = 2
	ExitNotRunning    = 3
	ExitNotRegistered = 4
)

// settings are those that differ from the phone's own.
func (o PhoneOptions) settings() ([]byte, error) {
	return json.Marshal(map[string]any{"version": 1, "settings": map[string]any{"audio": map[string]any{
		"no_echo_cancellation": o.AsIs, "no_noise_suppression": o.AsIs, "no_automatic_gain": o.AsIs,
		"short_delay": o.ShortDelay,
	}}})
}

// NewPhone prepares a phone with an empty profile; nothing runs yet.
func NewPhone(o PhoneOptions) (*Phone, error) {
	if o.Name == "" {
		o.Name = "phone"
	}
	profile, err := os.MkdirTemp("", "webphone-")
	if err != nil {
		return nil, err
	}
	p := &Phone{
		o: o, profile: profile, gone: map[string]bool{},
		speaker: filepath.Join(o.LogDir, o.Name+"-speaker.wav"),
		// Its passwords and notifications stay off anybody's desktop.
		env: append([]string{
			"HOME=" + profile, "XDG_CONFIG_HOME=", "XDG_RUNTIME_DIR=" + profile, "LANG=en_US.UTF-8",
			"DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent", "DISPLAY=", "WAYLAND_DISPLAY=",
			"WEBPHONE_DEBUG=1",
		}, o.Env...),
	}
	settings, err := o.settings()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(profile, "settings.json"), settings, 0o600); err != nil {
		return nil, err
	}
	if o.Microphone == "" {
		p.o.Microphone = filepath.Join(o.LogDir, o.Name+"-microphone.wav")
		err = WriteWAV(p.o.Microphone, Sine(o.Frequency, time.Second))
	}
	return p, err
}

// AddAccount runs `account add` with the options' account.
func (p *Phone) AddAccount() error {
	args := []string{"account", "add", "--uri", p.o.Address, "--server", p.o.Server}
	if p.o.AuthUser != "" {
		args = append(args, "--auth-user", p.o.AuthUser)
	}
	if p.o.DisplayName != "" {
		args = append(args, "--display-name", p.o.DisplayName)
	}
	if p.o.CA != "" {
		args = append(args, "--ca", p.o.CA)
	}
	_, err := p.run(p.o.Password+"\n", append(args, "--password-stdin")...)
	return err
}

// Start starts the phone and follows its status.
func (p *Phone) Start() error {
	if err := p.Launch(); err != nil {
		return err
	}
	return p.Follow()
}

// Launch starts the phone; it may not answer commands yet.
func (p *Phone) Launch() error {
	program, err := Binary()
	if err != nil {
		return err
	}
	args := append([]string{program, "--profile", p.profile}, p.o.Args...)
	if p.o.Args == nil {
		args = append(args, "--headless", "--microphone", "file:"+p.o.Microphone, "--speaker", "file:"+p.speaker)
	}
	if p.o.Place != nil {
		args = p.o.Place.Wrap(args...)
	}
	p.process, err = Start(Command{Name: p.o.Name, Args: args, Env: p.env, LogDir: p.o.LogDir})
	return err
}

// Follow waits until the phone answers commands and follows its status.
func (p *Phone) Follow() error {
	program, err := Binary()
	if err != nil {
		return err
	}
	err = p.process.WaitFor("answering commands", Limit, func() bool {
		_, err := p.Run("status", "--json")
		return err == nil
	})
	if err != nil {
		return err
	}
	p.follower, err = Start(Command{
		Name: p.o.Name + "-status", LogDir: p.o.LogDir, Env: p.env, Stdout: &lines{each: p.see},
		Args: []string{program, "--profile", p.profile, "status", "--json", "--follow"},
	})
	return err
}

// Register adds the account, starts the phone and waits until it is registered.
func (p *Phone) Register() error {
	if err := p.AddAccount(); err != nil {
		return err
	}
	if err := p.Start(); err != nil {
		return err
	}
	return p.WaitAccount("registered")
}

// WaitAccount waits until the account is in the state.
func (p *Phone) WaitAccount(state string) error {
	return p.WaitStatus("account "+state, 2*Limit, func(s Status) bool {
		return len(s.Accounts) == 1 && s.Accounts[0].State == state
	})
}

// WaitStatus waits until the status is as wanted.
func (p *Phone) WaitStatus(what string, limit time.Duration, wanted func(Status) bool) error {
	err := Poll(limit, func() error {
		s, err := p.Status()
		if err != nil {
			return Final(err)
		}
		if !wanted(s) {
			return fmt.Errorf("the status is %+v", s)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("phone: %s: %w", what, err)
	}
	return nil
}

// Status returns the newest object that `status --json --follow` printed.
func (p *Phone) Status() (Status, error) {
	if p.process == nil || p.follower == nil {
		return Status{}, errors.New("the phone was not started")
	}
	if err := p.process.Err(); err != nil {
		return Status{}, fmt.Errorf("the phone has ended: %w\n%s", err, p.process.Log().Tail(4000))
	}
	if err := p.follower.Err(); err != nil {
		return Status{}, fmt.Errorf("status --follow has ended: %w\n%s", err, p.follower.Log().Tail(4000))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.latest, p.broken
}

// see takes one line of the status.
func (p *Phone) see(line []byte) {
	var s Status
	err := json.Unmarshal(line, &s)
	if f, e := os.OpenFile(filepath.Join(p.o.LogDir, p.o.Name+"-status.jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); e == nil {
		fmt.Fprintf(f, "%s %s\n", time.Now().Format("15:04:05.000"), line)
		_ = f.Close()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.broken = fmt.Errorf("status --json printed %q: %w", line, err)
		return
	}
	p.latest = s
}

// Run runs one command of the phone and returns what it printed.
func (p *Phone) Run(args ...string) (string, error) { return p.run("", args...) }

func (p *Phone) run(stdin string, args ...string) (string, error) {
	program, err := Binary()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*Limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, append([]string{"--profile", p.profile}, args...)...)
	cmd.Env = append(os.Environ(), p.env...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return stdout.String(), &ExitError{Command: strings.Join(args, " "), Code: exit.ExitCode(), Stderr: stderr.String()}
	}
	return stdout.String(), err
}

func (p *Phone) do(args ...string) error {
	_, err := p.Run(args...)
	return err
}

// Stop ends the phone by `quit`, and by a signal when it does not obey.
func (p *Phone) Stop() error {
	if p.process == nil || p.process.Err() != nil {
		return nil
	}
	err := p.do("quit")
	if err == nil {
		err = p.process.WaitFor("quitting", Limit, func() bool { return p.process.Err() != nil })
		if p.process.Err() != nil {
			err = nil
		}
	}
	if p.follower != nil {
		p.follower.Stop()
	}
	p.process.Stop()
	return err
}

// Close ends the phone and removes its profile.
func (p *Phone) Close() error {
	err := p.Stop()
	keep := filepath.Join(p.o.LogDir, p.o.Name+"-webphone.log")
	return errors.Join(err, os.WriteFile(keep, []byte(p.Log()), 0o644), os.RemoveAll(p.profile))
}
