package rig

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// JsSIP is a party that runs in a page of a browser.
type JsSIP struct {
	Server, Address, Password string
	DisplayName               string
	Options                   map[string]any // of the JsSIP UA
	CallOptions               CallOptions    // of its next calls, in and out

	page      *Page
	frequency float64
	forgotten int // calls before this index are forgotten
	dir       string
}

// CallOptions shape a call of JsSIP.
type CallOptions struct {
	DropPayloads []string `json:"dropPayloads,omitempty"` // encodings that its SDP is not to name, in lower case
}

// JsSIPState is the page's own view.
type JsSIPState struct {
	Connected  bool   `json:"connected"`
	Registered bool   `json:"registered"`
	Cause      string `json:"cause"`
	Calls      []struct {
		ID          string             `json:"id"`
		Direction   string             `json:"direction"`
		State       string             `json:"state"`
		Peer        string             `json:"peer"`
		DisplayName string             `json:"displayName"`
		LocalHold   bool               `json:"localHold"`
		RemoteHold  bool               `json:"remoteHold"`
		DTMF        string             `json:"dtmf"`
		Info        []string           `json:"info"`
		Cause       string             `json:"cause"`
		Status      int                `json:"status"`
		Originator  string             `json:"originator"`
		Reinvites   int                `json:"reinvites"`
		At          map[string]float64 `json:"at"` // milliseconds since 1970 of each event
	} `json:"calls"`
	Messages []struct {
		From string `json:"from"`
		Text string `json:"text"`
		Type string `json:"type"`
	} `json:"messages"`
}

// OpenJsSIP opens a page of the browser, whose microphone plays the given
// frequency. Register is the next step. logDir keeps its story.
func OpenJsSIP(b *Browser, s *PeerServer, frequency float64, logDir string) (*JsSIP, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	page, err := b.Open(ctx, s.URL)
	if err != nil {
		return nil, fmt.Errorf("open the page of JsSIP: %w", err)
	}
	return &JsSIP{page: page, frequency: frequency, dir: logDir}, nil
}

// Register starts the UA and waits until it is registered.
func (j *JsSIP) Register() error {
	err := j.do("peer.start(%s)", map[string]any{
		"server": j.Server, "uri": j.Address, "password": j.Password,
		"displayName": j.DisplayName, "options": j.Options,
	})
	if err != nil {
		return err
	}
	return j.WaitRegistered(true)
}

// WaitRegistered waits until the UA is registered, or not.
func (j *JsSIP) WaitRegistered(wanted bool) error {
	err := Poll(Limit, func() error {
		s, err := j.State()
		if err != nil {
			return Final(err)
		}
		if s.Registered != wanted {
			return fmt.Errorf("registered is %v, cause %q", s.Registered, s.Cause)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("jssip: registration: %w", err)
	}
	return nil
}

// State returns all that the page knows.
func (j *JsSIP) State() (s JsSIPState, err error) {
	return s, j.get(&s, "peer.snapshot()")
}

// Stats returns the figures of the newest call's peer connection.
func (j *JsSIP) Stats() (s map[string]any, err error) {
	return s, j.get(&s, "peer.stats()")
}

// FirstSound returns when the first sound of the newest call was decoded.
func (j *JsSIP) FirstSound() (time.Time, error) {
	var ms float64
	if err := j.get(&ms, "peer.firstSound()"); err != nil || ms == 0 {
		return time.Time{}, err
	}
	return time.UnixMicro(int64(ms * 1000)), nil
}

// Name implements Party.
func (j *JsSIP) Name() string { return "jssip" }

// URI implements Party.
func (j *JsSIP) URI() string { return j.Address }

// Tone implements Party.
func (j *JsSIP) Tone() float64 { return j.frequency }

// Dial implements Party.
func (j *JsSIP) Dial(target string) error {
	return j.do("peer.call(%s, %s)", target, j.CallOptions)
}

// Answer implements Party.
func (j *JsSIP) Answer() error { return j.do("peer.answer(%s)", j.CallOptions) }

// Decline implements Party.
func (j *JsSIP) Decline() error { return j.Reject(486) }

// Reject refuses the ringing call with a status.
func (j *JsSIP) Reject(status int) error {
	return j.do("peer.terminate(%s)", map[string]any{"status_code": status})
}

// Hangup implements Party.
func (j *JsSIP) Hangup() error { return j.do("peer.terminate()") }

// Hold implements Party.
func (j *JsSIP) Hold() error { return j.do("peer.hold()") }

// Resume implements Party.
func (j *JsSIP) Resume() error { return j.do("peer.unhold()") }

// SendDTMF implements Party, by RFC 4733.
func (j *JsSIP) SendDTMF(keys string) error { return j.do("peer.sendDTMF(%s, 'RFC2833')", keys) }

// SendInfoDTMF sends keys by INFO.
func (j *JsSIP) SendInfoDTMF(keys string) error { return j.do("peer.sendDTMF(%s, 'INFO')", keys) }

// SendText implements Party.
func (j *JsSIP) SendText(to, body string) error { return j.do("peer.sendMessage(%s, %s)", to, body) }

// Call implements Party.
func (j *JsSIP) Call() (Call, error) {
	s, err := j.State()
	if err != nil || len(s.Calls) <= j.forgotten {
		return Call{}, err
	}
	c := s.Calls[len(s.Calls)-1]
	return Call{
		ID: c.ID, Direction: c.Direction, State: c.State, Peer: c.Peer, LocalHold: c.LocalHold, RemoteHold: c.RemoteHold,
		DTMF: c.DTMF, Cause: c.Cause, Status: c.Status, Encrypted: true,
	}, nil
}

// Texts implements Party.
func (j *JsSIP) Texts() ([]Text, error) {
	s, err := j.State()
	var out []Text
	for _, m := range s.Messages {
		out = append(out, Text{From: m.From, Body: m.Text})
	}
	return out, err
}

// Position implements Party.
func (j *JsSIP) Position() (n int, err error) { return n, j.get(&n, "peer.heardSamples()") }

// Played implements Party.
func (j *JsSIP) Played(from int) ([]int16, error) {
	var text string
	if err := j.get(&text, "peer.heard(%s)", from); err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.DecodeString(text)
	return PCM(b), err
}

// Forget implements Party.
func (j *JsSIP) Forget() error {
	s, err := j.State()
	if err != nil {
		return err
	}
	if n := len(s.Calls); n > 0 && s.Calls[n-1].State != "ended" {
		// The call may end by itself at this very moment.
		if err := j.Hangup(); err != nil && !strings.Contains(err.Error(), "INVALID_STATE_ERROR") {
			return err
		}
	}
	j.forgotten = len(s.Calls)
	j.CallOptions = CallOptions{}
	return nil
}

// Story implements Party.
func (j *JsSIP) Story() string {
	return strings.Join(j.page.Console(), "\n")
}

// Close keeps the story and closes the page.
func (j *JsSIP) Close() {
	name := strings.TrimPrefix(j.Address, "sip:")
	_ = os.WriteFile(filepath.Join(j.dir, "jssip-"+name+".log"), []byte(j.Story()), 0o644)
	j.page.Close()
}

// get evaluates an expression; its arguments are written as JSON.
func (j *JsSIP) get(value any, expression string, arguments ...any) error {
	texts := make([]any, len(arguments))
	for i, a := range arguments {
		b, err := json.Marshal(a)
		if err != nil {
			return err
		}
		texts[i] = string(b)
	}
	ctx, cancel := context.WithTimeout(context.Background(), Limit)
	defer cancel()
	expression = fmt.Sprintf(expression, texts...)
	if err := j.page.Evaluate(ctx, expression, value); err != nil {
		return fmt.Errorf("jssip: %s: %w", expression, err)
	}
	return nil
}

// do evaluates an expression for what it does.
func (j *JsSIP) do(expression string, arguments ...any) error {
	return j.get(nil, expression, arguments...)
}
