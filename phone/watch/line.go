package watch

import (
	"errors"
	"fmt"

	"webphone/phone/sip/body"
	"webphone/phone/ua"
)

// LineState is what a lamp beside a line shows.
type LineState int

// The states of a line, the strongest last: with several calls it shows that
// of the strongest.
const (
	Idle    LineState = iota
	OnHold            // every call is held by the line
	Talking           // in a call
	Calling           // it calls somebody
	Ringing           // somebody calls it
)

var lineStateNames = [...]string{"idle", "on hold", "talking", "calling", "ringing"}

// String returns the state's name.
func (s LineState) String() string {
	if s >= 0 && int(s) < len(lineStateNames) {
		return lineStateNames[s]
	}
	return fmt.Sprintf("LineState(%d)", int(s))
}

// Line is what happens on somebody's line.
type Line struct {
	State LineState
	Calls []body.Dialog // those that have not ended
}

// NewLine watches the calls of target, an address or what a user typed for one
// (RFC 4235).
func NewLine(u *ua.UA, target string) (*Watch[Line], error) {
	l := lines{}
	return start(u, target, kind[Line]{
		event: "dialog", accept: body.TypeDialogInfo,
		fresh: func(s *ua.Subscriber) { l.fresh(s) },
		gone:  func(s *ua.Subscriber) Line { l.forget(s); return l.line() },
		read: func(s *ua.Subscriber, document []byte) (Line, error) {
			err := l.read(s, document)
			return l.line(), err
		},
	})
}

// told is what one notifier has told.
type told struct {
	from *ua.Subscriber
	info *body.DialogInfo // nil before the first document of a subscription
}

// lines joins what the notifiers of one line tell (RFC 4235 §3.9), in the
// order in which they appeared.
type lines struct{ all []*told }

func (l *lines) of(s *ua.Subscriber) *told {
	for _, one := range l.all {
		if one.from == s {
			return one
		}
	}
	one := &told{from: s}
	l.all = append(l.all, one)
	return one
}

// fresh forgets what a subscription told that was lost: the next one counts
// its versions anew.
func (l *lines) fresh(s *ua.Subscriber) { l.of(s).info = nil }

func (l *lines) forget(s *ua.Subscriber) {
	for i, one := range l.all {
		if one.from == s {
			l.all = append(l.all[:i:i], l.all[i+1:]...)
			return
		}
	}
}

// read merges a document. When one before it is missing, the whole state is
// asked for (RFC 4235 §4.3). A whole state counts whatever its version: the
// NOTIFYs of a dialog come in order, and some servers do not count.
func (l *lines) read(s *ua.Subscriber, document []byte) error {
	next, err := body.ParseDialogInfo(document)
	if err != nil {
		return err
	}
	one := l.of(s)
	known := one.info
	if !next.Partial {
		known = nil
	}
	merged, err := known.Merge(next)
	switch {
	case errors.Is(err, body.ErrGap):
		return errors.Join(err, s.Subscribe(nil))
	case err != nil:
		return err
	}
	one.info = merged
	return nil
}

func (l *lines) line() Line {
	var line Line
	for _, one := range l.all {
		if one.info != nil {
			line.Calls = append(line.Calls, one.info.Dialogs...)
		}
	}
	for _, call := range line.Calls {
		line.State = max(line.State, lineState(call))
	}
	return line
}

func lineState(d body.Dialog) LineState {
	switch {
	case d.State == body.Confirmed && d.Local.Held():
		return OnHold
	case d.State == body.Confirmed:
		return Talking
	case d.State == body.Terminated:
		return Idle
	case d.Initiator:
		return Calling
	}
	return Ringing
}
