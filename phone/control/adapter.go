package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"webphone/phone"
)

// Facade is what the socket needs of *phone.Phone.
type Facade interface {
	Snapshot() *phone.Snapshot
	Changed(ctx context.Context) <-chan struct{}
	Dial(target string, o phone.DialOptions) (phone.CallID, error)
	Answer(id phone.CallID) error
	Decline(id phone.CallID) error
	Hangup(id phone.CallID) error
	HangupAll() error
	Hold(id phone.CallID) error
	Resume(id phone.CallID) error
	SetMuted(id phone.CallID, muted bool) error
	SetMemberMuted(id phone.CallID, muted bool) error
	SetRecording(id phone.CallID, on bool) error
	ToggleRecording(id phone.CallID) error
	SendDTMF(id phone.CallID, tones string) error
	Transfer(id phone.CallID, target string) error
	TransferTo(id, other phone.CallID) error
	Merge(ids ...phone.CallID) error
	Split(id phone.CallID) error
	RestartPath(id phone.CallID) error
	SendWait(ctx context.Context, peer, text string, o phone.SendOptions) error
	SetAccount(a phone.Account, password string) error
	StartDemo() error
}

var _ Facade = (*phone.Phone)(nil)

// Hooks are what the process around the phone adds; each may be called from
// any goroutine.
type Hooks struct {
	// Show brings the window to the front; nil: there is no window.
	Show func() error
	// Open puts an address that was clicked on into the window; nil: there
	// is no window.
	Open func(target string) error
	// Quit begins the end of the process and returns at once.
	Quit func()
	// Explain puts an error into a sentence; nil uses the error's own text.
	Explain func(error) string
}

// Adapt makes a running phone what Serve takes.
func Adapt(p Facade, h Hooks) Phone { return &adapter{p, h} }

type adapter struct {
	p Facade
	h Hooks
}

var errNoWindow = &Refusal{Code: ExitRefused, Reason: "the phone runs without a window"}

// refuse types an error for the socket; nil stays nil.
func (a *adapter) refuse(err error) error {
	if err == nil {
		return nil
	}
	code := ExitRefused
	if errors.Is(err, phone.ErrNotRegistered) || errors.Is(err, phone.ErrNoAccount) {
		code = ExitNotRegistered
	}
	return &Refusal{Code: code, Reason: a.explain(err), Err: err}
}

// MessageError is why a message was not accepted.
type MessageError struct {
	Peer string // to whom it was, as given
	Err  error
}

// Error is the cause's text.
func (e *MessageError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *MessageError) Unwrap() error { return e.Err }

// explain puts an error into words; nil is "".
func (a *adapter) explain(err error) string {
	if err == nil {
		return ""
	}
	if a.h.Explain != nil {
		return a.h.Explain(err)
	}
	return strings.TrimPrefix(err.Error(), "phone: ")
}

func (a *adapter) Dial(target, account string) (string, error) {
	from, err := a.accountID(account)
	if err != nil {
		return "", err
	}
	id, err := a.p.Dial(target, phone.DialOptions{Account: from})
	return string(id), a.refuse(err)
}

// accountID finds the account with an address, with or without scheme; "" is
// for none in particular.
func (a *adapter) accountID(address string) (string, error) {
	if address == "" {
		return "", nil
	}
	var known []string
	for _, account := range a.p.Snapshot().Accounts {
		if sameURI(account.URI, address) {
			return account.ID, nil
		}
		known = append(known, withoutScheme(account.URI))
	}
	reason := fmt.Sprintf("there is no account %q", address)
	if len(known) > 0 {
		reason += ", only " + strings.Join(known, ", ")
	}
	return "", &Refusal{Code: ExitRefused, Reason: reason, Err: phone.ErrNoAccount}
}

func (a *adapter) Answer(id string) error  { return a.refuse(a.p.Answer(phone.CallID(id))) }
func (a *adapter) Decline(id string) error { return a.refuse(a.p.Decline(phone.CallID(id))) }
func (a *adapter) Hangup(id string) error  { return a.refuse(a.p.Hangup(phone.CallID(id))) }
func (a *adapter) Hold(id string) error    { return a.refuse(a.p.Hold(phone.CallID(id))) }
func (a *adapter) Resume(id string) error  { return a.refuse(a.p.Resume(phone.CallID(id))) }

func (a *adapter) HangupAll() error { return a.refuse(a.p.HangupAll()) }

func (a *adapter) SetMuted(id string, muted bool) error {
	return a.refuse(a.p.SetMuted(phone.CallID(id), muted))
}

func (a *adapter) SetMemberMuted(id string, muted bool) error {
	return a.refuse(a.p.SetMemberMuted(phone.CallID(id), muted))
}

func (a *adapter) SetRecording(id string, on bool) error {
	return a.refuse(a.p.SetRecording(phone.CallID(id), on))
}

func (a *adapter) ToggleRecording(id string) error {
	return a.refuse(a.p.ToggleRecording(phone.CallID(id)))
}

func (a *adapter) SendDTMF(id, digits string) error {
	return a.refuse(a.p.SendDTMF(phone.CallID(id), digits))
}

func (a *adapter) Transfer(id, target string) error {
	return a.refuse(a.p.Transfer(phone.CallID(id), target))
}

func (a *adapter) TransferTo(id, other string) error {
	return a.refuse(a.p.TransferTo(phone.CallID(id), phone.CallID(other)))
}

func (a *adapter) Merge() error { return a.refuse(a.p.Merge()) }

func (a *adapter) Reconnect(id string) error { return a.refuse(a.p.RestartPath(phone.CallID(id))) }

func (a *adapter) Split(id string) error { return a.refuse(a.p.Split(phone.CallID(id))) }

func (a *adapter) SendMessage(ctx context.Context, peer, text, account string) error {
	from, err := a.accountID(account)
	if err != nil {
		return err
	}
	if err := a.p.SendWait(ctx, peer, text, phone.SendOptions{Account: from}); err != nil {
		return a.refuse(&MessageError{Peer: peer, Err: err})
	}
	return nil
}

func (a *adapter) Changed(ctx context.Context) <-chan struct{} { return a.p.Changed(ctx) }

func (a *adapter) Show() error {
	if a.h.Show == nil {
		return errNoWindow
	}
	return a.refuse(a.h.Show())
}

// Open never dials by itself: whoever made the link is not the user.
func (a *adapter) Open(target string) error {
	if a.h.Open == nil {
		return errNoWindow
	}
	return a.refuse(a.h.Open(target))
}

func (a *adapter) Demo() error {
	if err := a.p.StartDemo(); err != nil && !errors.Is(err, phone.ErrDemoRunning) {
		return a.refuse(err)
	}
	if a.h.Show == nil {
		return nil
	}
	return a.refuse(a.h.Show())
}

func (a *adapter) Quit() {
	if a.h.Quit != nil {
		a.h.Quit()
	}
}

// AddAccount adds the account, or replaces what it says of one that is there.
func (a *adapter) AddAccount(ctx context.Context, account Account) (note string, err error) {
	before := a.p.Snapshot()
	var changed phone.Account
	for _, old := range before.Settings.Accounts {
		if sameURI(old.URI, account.URI) {
			changed = old
		}
	}
	changed.URI, changed.Servers = account.URI, []string{account.Server}
	changed.AuthUser, changed.DisplayName = account.AuthUser, account.DisplayName
	changed.CAFile, changed.CAPEM, changed.Disabled = "", account.CAPEM, false
	if err := a.p.SetAccount(changed, account.Password); err != nil {
		return "", a.refuse(err)
	}
	return a.passwordNote(ctx, before), nil
}

// noteWait is how long the phone has to publish what SetAccount has changed.
const noteWait = 2 * time.Second

// passwordNote returns the notice of where the password was put, if there is
// one newer than before.
func (a *adapter) passwordNote(ctx context.Context, before *phone.Snapshot) string {
	var last int64
	for _, n := range before.Notices {
		last = max(last, n.ID)
	}
	ctx, cancel := context.WithTimeout(ctx, noteWait)
	defer cancel()
	changed := a.p.Changed(ctx)
	for a.p.Snapshot() == before {
		if _, ok := <-changed; !ok {
			break
		}
	}
	for _, n := range a.p.Snapshot().Notices {
		var file *phone.PasswordFileNotice
		if n.ID > last && errors.As(n.Err, &file) {
			return a.explain(n.Err)
		}
	}
	return ""
}

// Messages finds the threads of peer, however it is written: an address with
// or without scheme, its user part, or the name of a contact.
func (a *adapter) Messages(peer string) ([]Message, error) {
	list := []Message{}
	for _, t := range a.p.Snapshot().Threads {
		if !meansThread(peer, t) {
			continue
		}
		for _, m := range t.Messages {
			direction := string(phone.Outgoing)
			if m.Incoming {
				direction = string(phone.Incoming)
			}
			list = append(list, Message{
				ID: m.ID, Peer: m.Peer, DisplayName: t.DisplayName, Direction: direction, Text: m.Body,
				At: m.At, State: string(m.State), Cause: m.Cause, Status: m.Status, Read: m.Read,
			})
		}
	}
	slices.SortStableFunc(list, func(x, y Message) int { return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.ID, y.ID)) })
	return list, nil
}

func meansThread(peer string, t phone.Thread) bool {
	if peer == "" || sameURI(peer, t.Peer) || strings.EqualFold(peer, t.DisplayName) {
		return true
	}
	user, _, ok := strings.Cut(withoutScheme(t.Peer), "@")
	return ok && strings.EqualFold(withoutScheme(peer), user)
}

func (a *adapter) History() ([]HistoryEntry, error) {
	list := []HistoryEntry{}
	for _, h := range a.p.Snapshot().History {
		list = append(list, HistoryEntry{
			ID: h.ID, Peer: h.Peer, DisplayName: h.DisplayName, Direction: string(h.Direction), Outcome: string(h.Outcome),
			Cause: h.Cause, Status: h.Status, At: h.At, Seconds: h.Duration.Seconds(),
			Codec: h.Codec, MOS: h.MOS, LossPercent: h.LossPercent, Seen: h.Seen,
			MOSWorst: h.MOSWorst, PeerLossPercent: h.PeerLossPercent, Jitter: milliseconds(h.Jitter), RTT: milliseconds(h.RTT),
			Path: h.Path, Cipher: h.Cipher,
			ReceiveCodec: h.ReceiveCodec, Late: h.Late, Concealed: milliseconds(h.Concealed), SendRate: h.SendRate, ReceiveRate: h.ReceiveRate,
			Recordings: append([]string{}, h.Recordings.List()...),
		})
	}
	return list, nil
}

func sameURI(a, b string) bool { return strings.EqualFold(withoutScheme(a), withoutScheme(b)) }

func withoutScheme(uri string) string {
	uri = strings.TrimSpace(uri)
	for _, scheme := range []string{"sip:", "sips:"} {
		if len(uri) > len(scheme) && strings.EqualFold(uri[:len(scheme)], scheme) {
			return uri[len(scheme):]
		}
	}
	return uri
}
