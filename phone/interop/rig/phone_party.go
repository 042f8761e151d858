package rig

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Name implements Party.
func (p *Phone) Name() string { return p.o.Name }

// URI implements Party.
func (p *Phone) URI() string { return p.o.Address }

// Tone implements Party.
func (p *Phone) Tone() float64 { return p.o.Frequency }

// Profile returns the folder with all that the phone keeps.
func (p *Phone) Profile() string { return p.profile }

// PID returns the process id of the running phone.
func (p *Phone) PID() int { return p.process.PID() }

// Dial implements Party.
func (p *Phone) Dial(target string) error {
	id, err := p.Run("dial", target)
	if err == nil && strings.TrimSpace(id) == "" {
		err = errors.New("dial printed no id")
	}
	return err
}

// Answer implements Party.
func (p *Phone) Answer() error { return p.do("answer") }

// Decline implements Party.
func (p *Phone) Decline() error { return p.do("decline") }

// Hangup implements Party.
func (p *Phone) Hangup() error { return p.do("hangup") }

// Hold implements Party.
func (p *Phone) Hold() error { return p.do("hold") }

// Resume implements Party.
func (p *Phone) Resume() error { return p.do("resume") }

// SendDTMF implements Party.
func (p *Phone) SendDTMF(keys string) error { return p.do("dtmf", keys) }

// SendText implements Party.
func (p *Phone) SendText(to, body string) error { return p.do("message", to, body) }

// StatusCall returns the newest call as the phone's status tells it.
func (p *Phone) StatusCall() (StatusCall, error) {
	s, err := p.Status()
	if err != nil {
		return StatusCall{}, err
	}
	for i := len(s.Calls) - 1; i >= 0; i-- {
		if !p.gone[s.Calls[i].ID] {
			return s.Calls[i], nil
		}
	}
	return StatusCall{}, nil
}

// Call implements Party.
func (p *Phone) Call() (Call, error) {
	c, err := p.StatusCall()
	return Call{
		ID: c.ID, Direction: c.Direction, State: c.State, Peer: c.Peer, LocalHold: c.LocalHold, RemoteHold: c.RemoteHold,
		DTMF: c.DTMFReceived, Cause: c.EndCause, Status: c.EndStatus, Codec: c.Codec, Encrypted: c.Encrypted,
	}, err
}

// Texts implements Party.
func (p *Phone) Texts() ([]Text, error) {
	out, err := p.Run("messages", "--json")
	if err != nil {
		return nil, err
	}
	var messages []struct {
		Peer      string `json:"peer"`
		Direction string `json:"direction"`
		Text      string `json:"text"`
	}
	if err := json.Unmarshal([]byte(out), &messages); err != nil {
		return nil, fmt.Errorf("messages --json printed %q: %w", out, err)
	}
	var texts []Text
	for _, m := range messages {
		if m.Direction == "incoming" {
			texts = append(texts, Text{From: m.Peer, Body: m.Text})
		}
	}
	return texts, nil
}

// wavHeader is the size of the header of the speaker's file.
const wavHeader = 44

// Position implements Party.
func (p *Phone) Position() (int, error) {
	info, err := os.Stat(p.speaker)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return max(0, int(info.Size())-wavHeader) / 2, nil
}

// Played implements Party.
func (p *Phone) Played(from int) ([]int16, error) {
	b, err := os.ReadFile(p.speaker)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil || len(b) <= wavHeader+2*from {
		return nil, err
	}
	return PCM(b[wavHeader+2*from:]), nil
}

// Forget implements Party.
func (p *Phone) Forget() error {
	s, err := p.Status()
	if err != nil {
		return err
	}
	for _, c := range s.Calls {
		if c.State != "ended" {
			// The call may end by itself at this very moment.
			exit := (*ExitError)(nil)
			if e := p.do("hangup", "--call", c.ID); e != nil && (!errors.As(e, &exit) || exit.Code != ExitRefused) {
				err = errors.Join(err, e)
			}
		}
		p.gone[c.ID] = true
	}
	return err
}

// Story implements Party.
func (p *Phone) Story() string {
	if p.process == nil {
		return "it never ran"
	}
	s, err := p.Status()
	return fmt.Sprintf("%s\n%sstatus %+v %v", p.Log(), p.process.Log().Tail(4000), s, err)
}

// Log returns what the phone has written to its log file.
func (p *Phone) Log() string {
	b, err := os.ReadFile(filepath.Join(p.profile, "webphone.log"))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// CPU returns how much processor time the phone has used.
func (p *Phone) CPU() (time.Duration, error) { return cpuOf(p.PID()) }

// Memory returns what the phone occupies.
func (p *Phone) Memory() (Memory, error) { return memoryOf(p.PID()) }
