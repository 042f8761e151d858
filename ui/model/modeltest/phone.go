// Package modeltest has what tests of screens need: a phone that does
// nothing but remember what it was asked, a sample of its state, and a queue
// in place of the UI goroutine.
package modeltest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"webphone/phone"
	"webphone/ui/model"
)

var _ model.Phone = (*Phone)(nil)

// Phone is a model.Phone for tests. Calls on it are recorded as text, such as
// `Send("sip:bob@example.com", "hi")`; they change nothing unless a hook does.
// Safe from any goroutine; set the hooks before it is used.
type Phone struct {
	// Errors has the error a method returns, by the method's name.
	Errors map[string]error
	// OnCall is told of every call after it was recorded, on its goroutine.
	OnCall func(call string)
	// Test stands in for TestAccount; nil returns Errors["TestAccount"].
	Test func(ctx context.Context, a phone.Account, password string, onStep func(phone.TestStep)) error
	// Levels is what every level method returns; where two are told, the other
	// side's is lower by TheirsBelow.
	Levels, TheirsBelow float64

	mu       sync.Mutex
	calls    []string
	typed    []string
	snapshot *phone.Snapshot
	waiting  []chan struct{}
}

// NewPhone returns a phone whose state is s.
func NewPhone(s *phone.Snapshot) *Phone {
	return &Phone{snapshot: s, Errors: map[string]error{}}
}

// Called returns what the phone was asked so far, without what only reads.
func (p *Phone) Called() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// Was reports whether the phone was asked exactly this.
func (p *Phone) Was(call string) bool { return slices.Contains(p.Called(), call) }

// Forget empties the record.
func (p *Phone) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = nil
}

// Update changes a copy of the snapshot, publishes it and tells everyone who
// waits on Changed.
func (p *Phone) Update(change func(s *phone.Snapshot)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := *p.snapshot
	s.Accounts, s.Calls, s.History = slices.Clone(s.Accounts), slices.Clone(s.Calls), slices.Clone(s.History)
	s.Threads, s.Contacts, s.Notices = slices.Clone(s.Threads), slices.Clone(s.Contacts), slices.Clone(s.Notices)
	s.Presence = maps.Clone(s.Presence)
	change(&s)
	p.snapshot = &s
	for _, w := range p.waiting {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// Snapshot returns the present state.
func (p *Phone) Snapshot() *phone.Snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.snapshot
}

// Changed returns a channel with one slot that is closed when ctx ends.
func (p *Phone) Changed(ctx context.Context) <-chan struct{} {
	w := make(chan struct{}, 1)
	p.mu.Lock()
	p.waiting = append(p.waiting, w)
	p.mu.Unlock()
	context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.waiting = slices.DeleteFunc(p.waiting, func(other chan struct{}) bool { return other == w })
		close(w)
	})
	return w
}

func (p *Phone) record(method string, args ...any) error {
	words := make([]string, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case string:
			words[i] = fmt.Sprintf("%q", a)
		case phone.CallID:
			words[i] = fmt.Sprintf("%q", string(a))
		case rune:
			words[i] = fmt.Sprintf("%q", a)
		default:
			words[i] = fmt.Sprintf("%+v", a)
		}
	}
	call := method + "(" + strings.Join(words, ", ") + ")"
	p.mu.Lock()
	p.calls = append(p.calls, call)
	p.mu.Unlock()
	if p.OnCall != nil {
		p.OnCall(call)
	}
	return p.Errors[method]
}

// Dial records the call and returns the id "new".
func (p *Phone) Dial(target string, o phone.DialOptions) (phone.CallID, error) {
	if o == (phone.DialOptions{}) {
		return "new", p.record("Dial", target)
	}
	return "new", p.record("Dial", target, o)
}

// Send records the message and returns the id 99.
func (p *Phone) Send(peer, text string) (int64, error) {
	return 99, p.record("Send", peer, text)
}

// TestAccount records the account, hiding the password, and runs Test.
func (p *Phone) TestAccount(ctx context.Context, a phone.Account, password string, onStep func(phone.TestStep)) error {
	err := p.record("TestAccount", a.URI, a.Servers)
	if p.Test != nil {
		return p.Test(ctx, a, password, onStep)
	}
	return err
}

// The rest record the call and return the error set for the method.

func (p *Phone) Answer(id phone.CallID) error  { return p.record("Answer", id) }
func (p *Phone) Decline(id phone.CallID) error { return p.record("Decline", id) }
func (p *Phone) Hangup(id phone.CallID) error  { return p.record("Hangup", id) }
func (p *Phone) HangupAll() error              { return p.record("HangupAll") }
func (p *Phone) Hold(id phone.CallID) error    { return p.record("Hold", id) }
func (p *Phone) Resume(id phone.CallID) error  { return p.record("Resume", id) }

func (p *Phone) SetMuted(id phone.CallID, muted bool) error {
	return p.record("SetMuted", id, muted)
}

// SetMemberMuted implements model.Phone.
func (p *Phone) SetMemberMuted(id phone.CallID, muted bool) error {
	return p.record("SetMemberMuted", id, muted)
}

func (p *Phone) SetRecording(id phone.CallID, on bool) error {
	return p.record("SetRecording", id, on)
}

func (p *Phone) SendDTMF(id phone.CallID, digits string) error {
	return p.record("SendDTMF", id, digits)
}

func (p *Phone) Transfer(id phone.CallID, target string) error {
	return p.record("Transfer", id, target)
}

// RestartPath implements model.Phone.
func (p *Phone) RestartPath(id phone.CallID) error { return p.record("RestartPath", id) }

// TransferTo implements model.Phone.
func (p *Phone) TransferTo(id, other phone.CallID) error { return p.record("TransferTo", id, other) }

func (p *Phone) Merge(ids ...phone.CallID) error { return p.record("Merge", ids) }
func (p *Phone) Split(id phone.CallID) error     { return p.record("Split", id) }

func (p *Phone) HoldConference(id phone.CallID) error    { return p.record("HoldConference", id) }
func (p *Phone) ResumeConference(id phone.CallID) error  { return p.record("ResumeConference", id) }
func (p *Phone) HangupConference(id phone.CallID) error  { return p.record("HangupConference", id) }
func (p *Phone) ConnectConference(id phone.CallID) error { return p.record("ConnectConference", id) }

func (p *Phone) SetVolume(id phone.CallID, volume float64) error {
	return p.record("SetVolume", id, volume)
}
func (p *Phone) SilenceRinger()                   { _ = p.record("SilenceRinger") }
func (p *Phone) KeyTone(digit rune)               { _ = p.record("KeyTone", digit) }
func (p *Phone) RingMe(after time.Duration) error { return p.record("RingMe", after) }

func (p *Phone) RetryMessage(id int64) error            { return p.record("RetryMessage", id) }
func (p *Phone) MarkRead(peer string)                   { _ = p.record("MarkRead", peer) }
func (p *Phone) DeleteThread(peer string) error         { return p.record("DeleteThread", peer) }
func (p *Phone) MarkCallsSeen()                         { _ = p.record("MarkCallsSeen") }
func (p *Phone) DeleteHistory(id int64) error           { return p.record("DeleteHistory", id) }
func (p *Phone) ClearHistory() error                    { return p.record("ClearHistory") }
func (p *Phone) SaveContact(c phone.Contact) error      { return p.record("SaveContact", c) }
func (p *Phone) DeleteContact(id int64) error           { return p.record("DeleteContact", id) }
func (p *Phone) RemoveAccount(id string) error          { return p.record("RemoveAccount", id) }
func (p *Phone) ReconnectNow(account string)            { _ = p.record("ReconnectNow", account) }
func (p *Phone) Apply(s phone.Settings) error           { return p.record("Apply", s) }
func (p *Phone) StartDemo() error                       { return p.record("StartDemo") }
func (p *Phone) Dismiss(noticeID int64)                 { _ = p.record("Dismiss", noticeID) }
func (p *Phone) Monitor(on bool)                        { _ = p.record("Monitor", on) }
func (p *Phone) PlayTest() error                        { return p.record("PlayTest") }
func (p *Phone) PlayRing() error                        { return p.record("PlayRing") }
func (p *Phone) MicrophoneLevel() float64               { return p.Levels }
func (p *Phone) SpeakerLevel() float64                  { return p.Levels }
func (p *Phone) CallLevels(phone.CallID) (a, b float64) { return p.Levels, p.Levels - p.TheirsBelow }

// Typing is recorded apart, see Typed: it comes with every key.
func (p *Phone) Typing(peer string, typing bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.typed = append(p.typed, fmt.Sprint(peer, " ", typing))
}

// Typed returns what Typing was told, such as "sip:bob@example.com true".
func (p *Phone) Typed() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.typed)
}

// SetAccount records the account and the password that was given with it.
func (p *Phone) SetAccount(a phone.Account, password string) error {
	return p.record("SetAccount", a.ID, a.URI, a.Servers, password)
}

// SetTURNPassword records the relay and the password that was given with it.
func (p *Phone) SetTURNPassword(t phone.TURN, password string) error {
	return p.record("SetTURNPassword", t.URL, t.Username, password)
}
