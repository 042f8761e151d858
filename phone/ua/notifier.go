package ua

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// NotifyOptions configures UA.Notify; the zero value is good.
type NotifyOptions struct {
	ExtraHeaders []sip.Header // of every NOTIFY
	AllowEvents  string       // the Allow-Events header field; "" leaves it out
	// Pending tells that the subscription is not yet decided upon, until
	// SetActiveState.
	Pending bool
	// DefaultExpires is the time granted to a SUBSCRIBE that asks for none; 0
	// means 900 s.
	DefaultExpires time.Duration
}

// NotifierState is the state of a Notifier:
//
//	Init ──Start──▶ Pending ──SetActiveState──▶ Active
//	                   └──last NOTIFY, failure────┴──▶ Terminated
type NotifierState int

// The states.
const (
	NotifierPending    NotifierState = iota // not yet decided upon
	NotifierActive                          // told what happens
	NotifierTerminated                      // over
	NotifierInit                            // the SUBSCRIBE is not answered
)

var notifierStateNames = [...]string{"pending", "active", "terminated", "init"}

// String returns the state's name.
func (s NotifierState) String() string {
	if s >= 0 && int(s) < len(notifierStateNames) {
		return notifierStateNames[s]
	}
	return fmt.Sprintf("NotifierState(%d)", int(s))
}

// NotifierCode says why a Notifier ended; the numbers are JsSIP's.
type NotifierCode int

// The codes.
const (
	NotifierResponseTimeout      NotifierCode = iota // a NOTIFY was not answered
	NotifierTransportError                           // the connection was lost under a NOTIFY
	NotifierNonOK                                    // a NOTIFY was refused
	NotifierAuthenticationFailed                     // a NOTIFY was challenged in vain
	NotifierFinalNotifySent                          // we ended it
	NotifierUnsubscribeReceived                      // the subscriber ended it, or asked once only
	NotifierSubscriptionExpired                      // it was not refreshed in time
)

var notifierCodeNames = [...]string{
	"response timeout", "transport error", "non-OK response", "authentication failed",
	"final NOTIFY sent", "un-SUBSCRIBE received", "expired",
}

// String returns the code in words.
func (c NotifierCode) String() string {
	if c >= 0 && int(c) < len(notifierCodeNames) {
		return notifierCodeNames[c]
	}
	return fmt.Sprintf("NotifierCode(%d)", int(c))
}

// notifierUser is told of the life of Notifiers.
type notifierUser struct{ began, ended func(*Notifier) }

// Notifier tells one subscriber what happens (RFC 6665 §4.2). It is made by
// UA.Notify and owned by its UA. NOTIFYs go out one after the other; without a
// connection they wait for it.
type Notifier struct {
	// Data is the user's own.
	Data any

	env         eventEnv
	user        notifierUser
	request     *SubscribeRequest
	dialog      *dialog
	contentType string
	options     NotifyOptions
	state       NotifierState

	end    time.Time   // of the subscription
	expiry *loop.Timer // at end
	last   []byte      // body told last
	owed   bool        // a NOTIFY must follow by itself (RFC 6665 §4.2.1.2)
	final  bool        // the next NOTIFY is the last one, for the reason in code
	code   NotifierCode

	queue []notifying // the first is under way or waits to be repeated
	busy  bool
	retry *loop.Timer
}

// notifying is one NOTIFY.
type notifying struct {
	state string // Subscription-State without expires
	final bool
	body  []byte
}

// State is the state of the subscription.
func (n *Notifier) State() NotifierState { return n.state }

// Event is the event package, with its id.
func (n *Notifier) Event() string { return n.request.Event() }

// RemoteIdentity is who subscribed.
func (n *Notifier) RemoteIdentity() sip.NameAddr { return n.request.RemoteIdentity() }

// Start answers the SUBSCRIBE and tells NotifierSubscribe. A NOTIFY follows:
// that of a Notify in the event, else one without a body. It returns a
// *StateError if the SUBSCRIBE is answered already.
func (n *Notifier) Start() error {
	if n.state != NotifierInit {
		return &StateError{Op: "start notifier", State: StatusTerminated}
	}
	expires := n.granted(n.request.request)
	if err := n.request.reply("start notifier", n.ok(expires)); err != nil {
		return err
	}
	n.state = NotifierActive
	if n.options.Pending {
		n.state = NotifierPending
	}
	n.env.bind(n.dialog.id, n.receive)
	n.user.began(n)
	n.subscribed(n.request.request, expires)
	return nil
}

// SetActiveState makes a pending subscription active. A NOTIFY follows: that of
// a Notify in the same turn, else one with the body told last.
func (n *Notifier) SetActiveState() error {
	switch n.state {
	case NotifierInit:
		n.options.Pending = false
	case NotifierTerminated:
		return &StateError{Op: "activate notifier", State: StatusTerminated}
	case NotifierPending:
		n.state, n.owed = NotifierActive, true
		n.env.post("tell active", n.tellOwed)
	case NotifierActive:
	}
	return nil
}

// Notify tells the subscriber body, which may be nil. It returns a *StateError
// before Start and after the end.
func (n *Notifier) Notify(body []byte) error {
	switch {
	case n.state == NotifierInit || n.state == NotifierTerminated:
		return &StateError{Op: "notify", State: StatusTerminated}
	case n.final:
		n.finish(body, "timeout", 0, n.code)
		return nil
	}
	n.owed, n.last = false, slices.Clone(body)
	n.queue = append(n.queue, notifying{state: n.state.String(), body: n.last})
	n.flush()
	return nil
}

// Terminate ends the subscription by a last NOTIFY with body, which may be
// nil, the reason of RFC 6665 §4.1.3, which may be "", and if not 0 the time
// that the subscriber is to wait before it subscribes again. It returns a
// *StateError before Start and after the end.
func (n *Notifier) Terminate(body []byte, reason string, retryAfter time.Duration) error {
	if n.state == NotifierInit || n.state == NotifierTerminated {
		return &StateError{Op: "terminate notifier", State: StatusTerminated}
	}
	n.finish(body, reason, retryAfter, NotifierFinalNotifySent)
	return nil
}

// finish sends the last NOTIFY and ends.
func (n *Notifier) finish(body []byte, reason string, retryAfter time.Duration, code NotifierCode) {
	state := "terminated"
	if reason != "" {
		state += ";reason=" + reason
	}
	if retryAfter > 0 {
		state += ";retry-after=" + strconv.Itoa(int(retryAfter/time.Second))
	}
	if n.retry.Stop() { // what was refused for the time being is out of date
		n.queue, n.busy = nil, false
	}
	n.queue = append(n.queue, notifying{state: state, final: true, body: slices.Clone(body)})
	n.flush()
	n.ended(code, nil)
}

func (n *Notifier) ended(code NotifierCode, err *EndError) {
	n.state, n.owed = NotifierTerminated, false
	n.expiry.Stop()
	n.retry.Stop()
	n.env.unbind(n.dialog.id)
	n.user.ended(n)
	n.env.emit(NotifierEnded{Notifier: n, Code: code, Err: err})
}
