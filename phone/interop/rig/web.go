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

// Web is a party that runs in a page of a browser, with whichever library.
type Web struct {
	Server, Address, Password string
	DisplayName               string
	Options                   map[string]any // of the library's user agent
	CallOptions               CallOptions    // of its next calls, in and out
	Voice                     float64        // hertz that it speaks in place of the browser's microphone; 0 = as that

	// Aloud plays what it hears on the browser's speaker and does nothing else
	// with it: the rig cannot listen in, and spends no time of the browser's.
	Aloud bool

	name      string
	page      *Page
	frequency float64 // of the browser's microphone
	forgotten int     // calls before this index are forgotten
	dir       string
}

// CallOptions shape a call of a Web party.
type CallOptions struct {
	DropPayloads []string       `json:"dropPayloads,omitempty"` // encodings that its SDP is not to name, in lower case
	Redundant    bool           `json:"redundant,omitempty"`    // it is made to believe that redundant audio is what others like best
	SIPjs        map[string]any `json:"sipjs,omitempty"`        // of SIP.js's Inviter or Invitation.accept
	JsSIP        map[string]any `json:"jssip,omitempty"`        // of JsSIP's UA.call or RTCSession.answer
}

// WebState is the page's own view.
type WebState struct {
	Connected  bool      `json:"connected"`
	Registered bool      `json:"registered"`
	Cause      string    `json:"cause"`
	Calls      []WebCall `json:"calls"`
	Messages   []struct {
		From string `json:"from"`
		Text string `json:"text"`
		Type string `json:"type"`
	} `json:"messages"`
	Subscriptions []Subscription `json:"subscriptions"`
}

// WebCall is one call as the page sees it.
type WebCall struct {
	ID          string             `json:"id"`
	Direction   string             `json:"direction"`
	State       string             `json:"state"`
	Peer        string             `json:"peer"`
	DisplayName string             `json:"displayName"`
	LocalHold   bool               `json:"localHold"`
	RemoteHold  bool               `json:"remoteHold"`
	DTMF        string             `json:"dtmf"`
	Info        []string           `json:"info"`  // content type and body of each INFO that is no key
	Texts       []string           `json:"texts"` // of MESSAGEs within the call
	Refer       int                `json:"refer"` // status that the last NOTIFY about its REFER told
	Early       bool               `json:"early"` // a provisional response had a description
	Cause       string             `json:"cause"`
	Status      int                `json:"status"`
	Originator  string             `json:"originator"`
	Reinvites   int                `json:"reinvites"`
	At          map[string]float64 `json:"at"` // milliseconds since 1970 of each event
}

// openWeb opens a page of the browser, whose microphone plays the given
// frequency. Register is the next step. logDir keeps its story.
func openWeb(b *Browser, s *PeerServer, name string, frequency float64, logDir string) (*Web, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*Limit)
	defer cancel()
	page, err := b.Open(ctx, s.URL+name+".html")
	if err != nil {
		return nil, fmt.Errorf("open the page of %s: %w", name, err)
	}
	return &Web{name: name, page: page, frequency: frequency, dir: logDir}, nil
}

// Register starts the UA and waits until it is registered.
func (w *Web) Register() error {
	err := w.do("peer.start(%s)", map[string]any{
		"server": w.Server, "uri": w.Address, "password": w.Password,
		"displayName": w.DisplayName, "options": w.Options, "tone": w.Voice, "aloud": w.Aloud,
	})
	if err != nil {
		return err
	}
	return w.WaitRegistered(true)
}

// WaitRegistered waits until the UA is registered, or not.
func (w *Web) WaitRegistered(wanted bool) error {
	err := Poll(Limit, func() error {
		s, err := w.State()
		if err != nil {
			return Final(err)
		}
		if s.Registered != wanted {
			return fmt.Errorf("registered is %v, cause %q", s.Registered, s.Cause)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: registration: %w", w.name, err)
	}
	return nil
}

// State returns all that the page knows.
func (w *Web) State() (s WebState, err error) {
	return s, w.get(&s, "peer.snapshot()")
}

// Stats returns the figures of the newest call's peer connection.
func (w *Web) Stats() (s map[string]any, err error) {
	return s, w.get(&s, "peer.stats()")
}

// FirstSound returns when the first sound of the newest call was decoded.
func (w *Web) FirstSound() (time.Time, error) {
	var ms float64
	if err := w.get(&ms, "peer.firstSound()"); err != nil || ms == 0 {
		return time.Time{}, err
	}
	return time.UnixMicro(int64(ms * 1000)), nil
}

// Name implements Party.
func (w *Web) Name() string { return w.name }

// URI implements Party.
func (w *Web) URI() string { return w.Address }

// Tone implements Party.
func (w *Web) Tone() float64 {
	if w.Voice != 0 {
		return w.Voice
	}
	return w.frequency
}

// Dial implements Party.
func (w *Web) Dial(target string) error {
	return w.do("peer.call(%s, %s)", target, w.CallOptions)
}

// Answer implements Party.
func (w *Web) Answer() error { return w.do("peer.answer(%s)", w.CallOptions) }

// Decline implements Party.
func (w *Web) Decline() error { return w.Reject(486) }

// Reject refuses the ringing call with a status.
func (w *Web) Reject(status int) error {
	return w.do("peer.terminate(%s)", map[string]any{"status_code": status})
}

// Forward implements Forwarder.
func (w *Web) Forward(target string) error {
	return w.do("peer.terminate(%s)", map[string]any{
		"status_code": 302, "reason_phrase": "Moved Temporarily", "extraHeaders": []string{"Contact: <" + target + ">"},
	})
}

// Hangup implements Party.
func (w *Web) Hangup() error { return w.do("peer.terminate()") }

// Hold implements Party.
func (w *Web) Hold() error { return w.do("peer.hold()") }

// Resume implements Party.
func (w *Web) Resume() error { return w.do("peer.unhold()") }

// SendDTMF implements Party, by RFC 4733.
func (w *Web) SendDTMF(keys string) error { return w.do("peer.sendDTMF(%s, 'RFC2833')", keys) }

// SendInfoDTMF sends keys by INFO.
func (w *Web) SendInfoDTMF(keys string) error { return w.do("peer.sendDTMF(%s, 'INFO')", keys) }

// SendInfo implements Peer.
func (w *Web) SendInfo(contentType, body string) error {
	return w.do("peer.sendInfo(%s, %s)", contentType, body)
}

// SendTextInCall implements Peer.
func (w *Web) SendTextInCall(body string) error { return w.do("peer.sendText(%s)", body) }

// SendOptions implements Peer.
func (w *Web) SendOptions(to string) error { return w.do("peer.sendOptions(%s)", to) }

// Transfer implements Transferor.
func (w *Web) Transfer(target string) error { return w.do("peer.refer(%s)", target) }

// Attend implements Transferor.
func (w *Web) Attend() error { return w.do("peer.attend()") }

// HangupAll implements Peer.
func (w *Web) HangupAll() error { return w.do("peer.terminateAll()") }

// Subscribe implements Watcher.
func (w *Web) Subscribe(target, event, accept string) error {
	return w.do("peer.subscribe(%s, %s, %s)", target, event, accept)
}

// Unsubscribe implements Watcher.
func (w *Web) Unsubscribe() error { return w.do("peer.unsubscribe()") }

// Subscriptions implements Watcher.
func (w *Web) Subscriptions() ([]Subscription, error) {
	s, err := w.State()
	return s.Subscriptions, err
}

// SendText implements Party.
func (w *Web) SendText(to, body string) error { return w.do("peer.sendMessage(%s, %s)", to, body) }

// Call implements Party.
func (w *Web) Call() (Call, error) {
	s, err := w.State()
	if err != nil || len(s.Calls) <= w.forgotten {
		return Call{}, err
	}
	return s.Calls[len(s.Calls)-1].call(), nil
}

// Calls implements Peer.
func (w *Web) Calls() ([]Call, error) {
	s, err := w.State()
	if err != nil {
		return nil, err
	}
	var out []Call
	for _, c := range s.Calls[w.forgotten:] {
		out = append(out, c.call())
	}
	return out, nil
}

func (c WebCall) call() Call {
	return Call{
		ID: c.ID, Direction: c.Direction, State: c.State, Peer: c.Peer, LocalHold: c.LocalHold, RemoteHold: c.RemoteHold,
		DTMF: c.DTMF, Info: c.Info, Refer: c.Refer, Early: c.Early, Cause: c.Cause, Status: c.Status, Encrypted: true,
	}
}

// Texts implements Party.
func (w *Web) Texts() ([]Text, error) {
	s, err := w.State()
	var out []Text
	for _, m := range s.Messages {
		out = append(out, Text{From: m.From, Body: m.Text})
	}
	for _, c := range s.Calls {
		for _, body := range c.Texts {
			out = append(out, Text{From: c.Peer, Body: body})
		}
	}
	return out, err
}

// Position implements Party.
func (w *Web) Position() (n int, err error) { return n, w.get(&n, "peer.heardSamples()") }

// Played implements Party.
func (w *Web) Played(from int) ([]int16, error) {
	var text string
	if err := w.get(&text, "peer.heard(%s)", from); err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.DecodeString(text)
	return PCM(b), err
}

// Forget implements Party.
func (w *Web) Forget() error {
	s, err := w.State()
	if err != nil {
		return err
	}
	if err := w.HangupAll(); err != nil {
		return err
	}
	w.forgotten = len(s.Calls)
	w.CallOptions = CallOptions{}
	return nil
}

// Story implements Party.
func (w *Web) Story() string {
	return strings.Join(w.page.Console(), "\n")
}

// Close keeps the story and closes the page.
func (w *Web) Close() {
	name := strings.TrimPrefix(w.Address, "sip:")
	_ = os.WriteFile(filepath.Join(w.dir, w.name+"-"+name+".log"), []byte(w.Story()), 0o644)
	w.page.Close()
}

// get evaluates an expression; its arguments are written as JSON.
func (w *Web) get(value any, expression string, arguments ...any) error {
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
	if err := w.page.Evaluate(ctx, expression, value); err != nil {
		return fmt.Errorf("%s: %s: %w", w.name, expression, err)
	}
	return nil
}

// do evaluates an expression for what it does.
func (w *Web) do(expression string, arguments ...any) error {
	return w.get(nil, "(async () => { await "+expression+" })()", arguments...)
}
