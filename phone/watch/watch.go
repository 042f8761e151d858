package watch

import (
	"fmt"
	"strings"

	"webphone/phone/ua"
)

// Status says whether what is known is what holds now.
type Status int

// The states of a Watch.
const (
	Asking  Status = iota // nobody has answered yet
	Pending               // the other side has not yet allowed it
	Active                // told of every change
	Lost                  // not told for the time being: what is known may be old
	Ended                 // not told any more
)

var statusNames = [...]string{"asking", "pending", "active", "lost", "ended"}

// String returns the status's name.
func (s Status) String() string {
	if s >= 0 && int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("Status(%d)", int(s))
}

// EndError says why a Watch ended.
type EndError struct {
	Code   ua.SubscriptionCode
	Reason string // of the last NOTIFY, such as "rejected"; may be ""
	Err    error  // what failed, or nil
}

// Error returns what is known.
func (e *EndError) Error() string {
	s := "watch: " + e.Code.String()
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns e.Err.
func (e *EndError) Unwrap() error { return e.Err }

// kind is what is particular to one event package.
type kind[T any] struct {
	event, accept string
	// read takes in a document of one of the notifiers.
	read func(from *ua.Subscriber, document []byte) (T, error)
	// These may be nil: a notifier begins anew; one of several tells nothing
	// more, and what is left; reading what nobody asked for.
	fresh       func(*ua.Subscriber)
	gone        func(*ua.Subscriber) T
	unsolicited func(ua.SIPEvent) (T, bool)
}

// Watch is one thing that is watched. It is made by NewPresence, NewLine or
// NewMailbox. Every event of the user agent is handed to Handle.
type Watch[T any] struct {
	kind      kind[T]
	main      *ua.Subscriber
	notifiers map[*ua.Subscriber]bool // main and its forks that have not ended
	status    Status
	value     T
	known     bool
	renewed   bool // asked for anew, and nothing told since
	err       error
}

func start[T any](u *ua.UA, target string, k kind[T]) (*Watch[T], error) {
	s, err := u.Subscribe(target, k.event, k.accept, ua.SubscribeOptions{})
	if err != nil {
		return nil, err
	}
	return &Watch[T]{kind: k, main: s, notifiers: map[*ua.Subscriber]bool{s: true}}, nil
}

// Status says whether the value holds now.
func (w *Watch[T]) Status() Status { return w.status }

// Value is what is known; ok is false as long as nothing was told.
func (w *Watch[T]) Value() (value T, ok bool) { return w.value, w.known }

// Err says why the last document was not understood, or as an *EndError why
// the watch ended; nil if neither.
func (w *Watch[T]) Err() error { return w.err }

// Close ends the watch. The events of its end still go to Handle.
func (w *Watch[T]) Close() {
	for s := range w.notifiers {
		_ = s.Terminate(nil) // fails only if it has ended
	}
}

// Handle takes in an event and reports whether status, value or error changed.
// Events of others are let pass.
func (w *Watch[T]) Handle(e ua.Event) bool {
	switch e := e.(type) {
	case ua.SubscriptionForked:
		if w.notifiers[e.Subscriber] {
			w.notifiers[e.Fork] = true
		}
		return false
	case ua.SubscriptionAccepted:
		w.renewed = w.renewed || e.Subscriber == w.main
		if w.notifiers[e.Subscriber] && w.kind.fresh != nil {
			w.kind.fresh(e.Subscriber)
		}
		return false
	case ua.SubscriptionPending:
		return w.begin(e.Subscriber, Pending)
	case ua.SubscriptionActive:
		return w.begin(e.Subscriber, Active)
	case ua.SubscriptionLost:
		return w.set(e.Subscriber, Lost)
	case ua.SubscriptionNotify:
		return w.notified(e)
	case ua.SubscriptionTerminated:
		return w.terminated(e)
	case ua.SIPEvent:
		return w.unsolicited(e)
	}
	return false
}

// set takes the status of the first notifier.
func (w *Watch[T]) set(from *ua.Subscriber, status Status) bool {
	if from != w.main || w.status == status {
		return false
	}
	w.status = status
	return true
}

// begin takes the first NOTIFY of a subscription: what the one before it told
// does not hold any more, even if this one tells nothing.
func (w *Watch[T]) begin(from *ua.Subscriber, status Status) bool {
	dropped := from == w.main && w.renewed && w.known
	if from == w.main && w.renewed {
		var nothing T
		w.value, w.known, w.renewed = nothing, false, false
	}
	return w.set(from, status) || dropped
}

func (w *Watch[T]) notified(e ua.SubscriptionNotify) bool {
	if !w.notifiers[e.Subscriber] {
		return false
	}
	if mediaType, _, _ := strings.Cut(e.ContentType, ";"); !strings.EqualFold(strings.TrimSpace(mediaType), w.kind.accept) {
		w.err = fmt.Errorf("watch: %s where %s was asked for", e.ContentType, w.kind.accept)
		return true
	}
	value, err := w.kind.read(e.Subscriber, e.Body)
	if w.err = err; err == nil {
		w.value, w.known = value, true
	}
	return true
}

func (w *Watch[T]) terminated(e ua.SubscriptionTerminated) bool {
	if !w.notifiers[e.Subscriber] {
		return false
	}
	delete(w.notifiers, e.Subscriber)
	if len(w.notifiers) > 0 && w.kind.gone != nil {
		w.value = w.kind.gone(e.Subscriber)
		return true
	}
	end := &EndError{Code: e.Code, Reason: e.Reason}
	if e.Err != nil {
		end.Err = e.Err
	}
	w.status, w.err = Ended, end
	return true
}

func (w *Watch[T]) unsolicited(e ua.SIPEvent) bool {
	if w.kind.unsolicited == nil {
		return false
	}
	value, ok := w.kind.unsolicited(e)
	if ok {
		w.value, w.known = value, true
	}
	return ok
}
