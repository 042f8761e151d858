package ua

import (
	"cmp"
	"errors"
	"strconv"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
	sipbody "webphone/phone/sip/body"
)

const (
	// referDeadline is how long a REFER waits for the user.
	referDeadline = time.Minute
	// referAgain is when a NOTIFY that could not be sent is tried again.
	referAgain = 5 * time.Second
)

// notifierState is the state of a ReferNotifier:
//
//	undecided ──accept──▶ following ──the call has a result──▶ over
//	     └──reject, deadline──────────────────────────────────▲
type notifierState int

const (
	notifierUndecided notifierState = iota
	notifierFollowing
	notifierOver
)

// notifierInput is what moves a ReferNotifier from state to state.
type notifierInput int

const (
	notifierAccept notifierInput = iota
	notifierReject
	notifierResult
)

// next returns the state that follows s on in, and false if in means nothing
// in s.
func (s notifierState) next(in notifierInput) (notifierState, bool) {
	switch {
	case s == notifierUndecided && in == notifierAccept:
		return notifierFollowing, true
	case s == notifierUndecided && in == notifierReject, s == notifierFollowing && in == notifierResult:
		return notifierOver, true
	}
	return s, false
}

// referEnv is what a ReferNotifier may use of its agent.
type referEnv struct {
	loop *loop.Loop
	emit func(Event)
	send func(outbound, senderEvents)
	call func(sip.URI, CallOptions, *ReferNotifier) (*RTCSession, error)
	// changed is told when the subscription or the whole referral is over.
	changed func(*ReferNotifier)
}

// ReferNotifier is a REFER that came in, and the subscription to what becomes
// of it (RFC 3515 §2.4.4). It is answered 202 and NOTIFY 100 already; Accept or
// Reject decides it, also later, and the deadline of one minute declines it.
type ReferNotifier struct {
	env      referEnv
	session  *RTCSession // nil outside calls
	dialog   *dialog
	request  *sip.Request
	contact  sip.Header
	target   sip.URI
	replaces *Replaces
	state    notifierState

	status  int // told next or last
	reason  string
	dirty   bool   // status is yet to be told
	busy    bool   // a NOTIFY awaits its answer
	closing string // why the subscription ends; "" while it lasts
	deaf    bool   // nobody listens (any more)
	stopped bool   // by the agent

	deadline *loop.Timer // of the decision
	expiry   *loop.Timer // of the subscription
	again    *loop.Timer // of a NOTIFY that was not sent
	expires  time.Time
}

// Session is the call in which the REFER came; nil outside calls.
func (n *ReferNotifier) Session() *RTCSession { return n.session }

// Request is the REFER.
func (n *ReferNotifier) Request() *sip.Request { return n.request }

// Target is who is to be called.
func (n *ReferNotifier) Target() sip.URI { return n.target.Clone() }

// begin grants the REFER (RFC 3515 §2.4.2, §2.4.4).
func (n *ReferNotifier) begin(r *inbound) {
	headers := []sip.Header{n.contact}
	if !r.ReferSub() { // RFC 4488 §4
		n.deaf = true
		headers = append(headers, sip.Header{Name: "Refer-Sub", Value: "false"})
	}
	n.deadline = n.env.loop.After(referDeadline, "REFER deadline", func() { n.decline(603, "") })
	r.reply(answer{status: 202, headers: headers})
	n.refresh(referExpires)
	n.notify(100, "Trying")
}

// Accept calls the target; the other party is told how that call goes. What o
// says of Replaces is overridden by the REFER. It returns a *StateError if the
// REFER is decided already.
func (n *ReferNotifier) Accept(o CallOptions) (*RTCSession, error) {
	if !n.advance(notifierAccept) {
		return nil, &StateError{Op: "accept REFER", State: StatusTerminated}
	}
	o.Replaces = n.replaces
	if by := n.request.Headers.Get("Referred-By"); by != "" { // RFC 3892 §2.2
		o.ExtraHeaders = append([]sip.Header{{Name: "Referred-By", Value: by}}, o.ExtraHeaders...)
	}
	s, err := n.env.call(n.target, o, n)
	if err != nil {
		n.progress(500, "")
	}
	return s, err
}

// Reject tells the other party a status in 300–699; reason "" is the usual
// phrase. It fails as Accept does.
func (n *ReferNotifier) Reject(status int, reason string) error {
	if status < 300 || status > 699 {
		return errStatusCode
	}
	if n.state != notifierUndecided {
		return &StateError{Op: "reject REFER", State: StatusTerminated}
	}
	n.decline(status, reason)
	return nil
}

func (n *ReferNotifier) decline(status int, reason string) {
	if n.advance(notifierReject) {
		n.close(status, reason, "noresource")
	}
}

// advance moves n to the state that follows on in and reports whether there is
// one.
func (n *ReferNotifier) advance(in notifierInput) bool {
	next, ok := n.state.next(in)
	if ok {
		n.state = next
		n.deadline.Stop()
	}
	return ok
}

// progress tells what the target answered. A nil n, of a call that nobody
// asked for, tells nothing.
func (n *ReferNotifier) progress(status int, reason string) {
	switch {
	case n == nil || n.state != notifierFollowing:
	case status < 200:
		n.notify(status, reason)
	default:
		n.advance(notifierResult)
		n.close(status, reason, "noresource")
	}
}

// callEnded tells how the call failed; after its answer it tells nothing.
func (n *ReferNotifier) callEnded(e *EndError) {
	status, reason := e.Status, e.Reason
	if status < 300 {
		status, reason = 487, "" // JsSIP's
		switch e.Cause {
		case CauseRequestTimeout:
			status = 408
		case CauseConnection:
			status = 503
		case CauseBadMedia, CauseIncompatibleSDP:
			status = 488
		case CauseWebRTC, CauseInternal, CauseUserDenied:
			status = 500
		}
	}
	n.progress(status, reason)
}

// close tells the last status and ends the subscription.
func (n *ReferNotifier) close(status int, reason, why string) {
	if n.closing == "" && !n.deaf {
		n.status, n.reason, n.dirty, n.closing = status, reason, true, why
		n.flush()
	}
	n.env.changed(n)
}

// notify tells a provisional status, once the NOTIFY before it is answered:
// they must not overtake one another.
func (n *ReferNotifier) notify(status int, reason string) {
	if n.deaf || n.closing != "" {
		return
	}
	n.status, n.reason, n.dirty = status, reason, true
	n.flush()
}

// flush sends what is yet to be told (RFC 3515 §2.4.5).
func (n *ReferNotifier) flush() {
	if n.deaf || n.busy || !n.dirty {
		return
	}
	n.busy, n.dirty = true, false
	n.again.Stop()
	state := "active;expires=" + seconds(time.Until(n.expires))
	if n.closing != "" {
		state = "terminated;reason=" + n.closing
	}
	o := n.dialog.outbound(sip.NOTIFY)
	o.headers = []sip.Header{
		{Name: "Event", Value: "refer;id=" + n.id()}, {Name: "Subscription-State", Value: state}, n.contact,
	}
	o.contentType = sipbody.TypeSipfrag + ";version=2.0"
	o.body = sipbody.Sipfrag{StatusCode: n.status, Reason: cmp.Or(n.reason, sip.ReasonPhrase(n.status))}.Bytes()
	on := outcome(func(_ *sip.Response, err *EndError) { n.notified(err) })
	on.nextSeq = n.dialog.nextSeq
	n.env.send(o, on)
}

func (n *ReferNotifier) id() string { return strconv.FormatUint(uint64(n.request.CSeq.Seq), 10) }

// notified handles the outcome of a NOTIFY: whoever refuses one is told nothing
// more (RFC 6665 §4.2.2). The call goes on.
func (n *ReferNotifier) notified(err *EndError) {
	n.busy = false
	switch {
	case n.deaf:
	case err != nil && errors.Is(err, CauseConnection) && !n.stopped:
		n.dirty = true
		n.again = n.env.loop.After(referAgain, "NOTIFY again", n.flush)
	case err != nil, n.closing != "" && !n.dirty:
		n.leave()
	default:
		n.flush()
	}
}

// refresh has the subscription last for d from now.
func (n *ReferNotifier) refresh(d time.Duration) {
	n.expiry.Stop()
	if n.deaf {
		return
	}
	n.expires = time.Now().Add(d)
	n.expiry = n.env.loop.After(d, "refer subscription", func() {
		if n.closing != "" { // the last NOTIFY could not be sent
			n.leave()
			return
		}
		n.close(n.status, n.reason, "timeout")
	})
}

// resubscribe answers a SUBSCRIBE that refreshes or ends the subscription
// (RFC 3515 §2.4.4).
func (n *ReferNotifier) resubscribe(r *inbound) {
	d := referExpires
	if s, ok := r.Expires(); ok {
		d = min(time.Duration(s)*time.Second, d)
	}
	r.reply(answer{status: 200, headers: []sip.Header{{Name: "Expires", Value: seconds(d)}, n.contact}})
	if d == 0 {
		n.close(n.status, n.reason, "timeout")
		return
	}
	n.refresh(d)
	n.notify(n.status, n.reason)
}

// leave ends the notifications.
func (n *ReferNotifier) leave() {
	n.deaf = true
	n.expiry.Stop()
	n.again.Stop()
	n.env.changed(n)
}

// stop ends the referral with its agent, which has ended the call before.
func (n *ReferNotifier) stop() {
	n.stopped = true
	n.decline(480, "")
	n.expiry.Stop()
	n.again.Stop()
}

// isOver reports whether nothing is left to be done.
func (n *ReferNotifier) isOver() bool { return n.deaf && n.state == notifierOver }
