package ua

import (
	"fmt"
	"strconv"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
	sipbody "webphone/phone/sip/body"
)

// Times of the subscription that a REFER makes (RFC 3515 §2.4.4).
const (
	// referExpires is its length where nobody says another; JsSIP's.
	referExpires = 300 * time.Second
	// maxReferExpires bounds what the other side may say.
	maxReferExpires = time.Hour
	// referSilence is how long the first NOTIFY may take after the 2xx, and
	// the terminating one after the result (timer N, RFC 6665 §4.1.2.4).
	referSilence = 64 * timerT1
)

// ReferState is what is known of a transfer that we asked for:
//
//	Pending ──100──▶ Trying ──101–199──▶ Proceeding ──2xx──▶ Accepted
//	   │               └──────────────────────┴─────────────────▲
//	   ├──≥300, no more news──▶ Failed ◀── from each of them
//	   └──nothing is told (RFC 4488)──▶ Unwatched
type ReferState int

// The states.
const (
	ReferPending    ReferState = iota // nothing was told yet
	ReferTrying                       // the target is being called
	ReferProceeding                   // it rings there
	ReferAccepted                     // the target has answered
	ReferFailed                       // it has not, or nobody will ever say
	ReferUnwatched                    // the other side tries and tells nothing
)

var referStateNames = [...]string{"pending", "trying", "proceeding", "accepted", "failed", "unwatched"}

// String returns the state's name.
func (s ReferState) String() string {
	if s >= 0 && int(s) < len(referStateNames) {
		return referStateNames[s]
	}
	return fmt.Sprintf("ReferState(%d)", int(s))
}

// IsFinal reports whether nothing more is told.
func (s ReferState) IsFinal() bool { return s >= ReferAccepted }

// referInput is what moves a ReferSubscriber from state to state.
type referInput int

const (
	referTrying  referInput = iota // NOTIFY 100
	referRinging                   // NOTIFY 101–199
	referSuccess                   // NOTIFY 2xx
	referFailure                   // NOTIFY ≥300, a refused REFER, no news
	referSilent                    // the 2xx makes no subscription
)

// next returns the state that follows s on in, and false if in means nothing
// in s.
func (s ReferState) next(in referInput) (ReferState, bool) {
	switch {
	case s.IsFinal():
		return s, false
	case in == referTrying:
		return max(s, ReferTrying), true
	case in == referRinging:
		return ReferProceeding, true
	case in == referSuccess:
		return ReferAccepted, true
	case in == referFailure:
		return ReferFailed, true
	}
	return ReferUnwatched, s == ReferPending
}

// referInputOf is the input that a status line in a NOTIFY is.
func referInputOf(status int) referInput {
	switch {
	case status <= 100:
		return referTrying
	case status < 200:
		return referRinging
	case status < 300:
		return referSuccess
	}
	return referFailure
}

// ReferSubscriber is a REFER that we sent inside a call, and the subscription
// to its result (RFC 3515). It is made by RTCSession.Refer and outlives the
// call, so that the call may be hung up before the result is known.
type ReferSubscriber struct {
	session    *RTCSession
	target     sip.URI
	request    *sip.Request // as sent last
	state      ReferState
	terminated bool        // the subscription is over
	limit      *loop.Timer // of the subscription
}

// ID is the CSeq of the REFER, which NOTIFYs carry; credentials change it.
func (r *ReferSubscriber) ID() uint32 { return r.request.CSeq.Seq }

// Session is the call in which the REFER was sent.
func (r *ReferSubscriber) Session() *RTCSession { return r.session }

// Target is who the other party is to call.
func (r *ReferSubscriber) Target() sip.URI { return r.target.Clone() }

// Request is the REFER, as sent last.
func (r *ReferSubscriber) Request() *sip.Request { return r.request }

// State is what is known of the transfer.
func (r *ReferSubscriber) State() ReferState { return r.state }

// answered handles the outcome of the REFER itself.
func (r *ReferSubscriber) answered(res *sip.Response, err *EndError) {
	switch {
	case r.terminated && err != nil: // the news was faster
	case err != nil:
		r.state, _ = r.state.next(referFailure)
		r.terminate()
		r.tellAnswer(res, err)
	case !res.ReferSub():
		r.state, _ = r.state.next(referSilent)
		r.terminate()
		r.tellAnswer(res, nil)
	default:
		if r.limit == nil && !r.terminated { // no NOTIFY has come yet
			r.arm(referSilence)
		}
		r.tellAnswer(res, nil)
	}
	if s := r.session; res != nil && res.StatusCode == 481 && !s.IsEnded() { // RFC 3261 §12.2.1.2
		s.dialogGone(res)
	}
}

// receive handles a NOTIFY of the subscription (RFC 3515 §2.4.5).
func (r *ReferSubscriber) receive(in *inbound) {
	var (
		fragment sipbody.Sipfrag
		err      error
	)
	if len(in.Body) > 0 {
		if kind, _ := in.ContentType(); kind != sipbody.TypeSipfrag {
			in.reply(answer{status: 415, headers: []sip.Header{{Name: "Accept", Value: sipbody.TypeSipfrag}}})
			return
		}
		fragment, err = sipbody.ParseSipfrag(in.Body)
	}
	state, params, _ := in.SubscriptionState()
	why, reasoned := params.Get("reason")
	// SIP.js calls the subscription over in every NOTIFY and goes on.
	goesOn := !reasoned && fragment.StatusCode != 0 && fragment.StatusCode < 200
	ended := state == "terminated" && !goesOn
	if err != nil || fragment.StatusCode == 0 && !ended {
		in.reply(answer{status: 400, reason: "Bad Status Line"})
		return
	}
	in.reply(answer{status: 200})
	if ended {
		r.terminate()
	} else {
		r.arm(referDuration(params))
	}
	if fragment.StatusCode != 0 {
		r.hear(fragment.StatusCode, fragment.Reason, in.Request)
	}
	if ended && !r.state.IsFinal() {
		cause := CauseSIPFailure
		if why == "rejected" {
			cause = CauseRejected
		}
		r.fail(&EndError{Cause: cause, Origin: Remote, Reason: why})
	}
}

// referDuration is how long a subscription lasts by its parameters.
func referDuration(params sip.Params) time.Duration {
	text, _ := params.Get("expires")
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return referExpires
	}
	return max(min(time.Duration(n)*time.Second, maxReferExpires), referSilence)
}

// hear tells what became of the transfer.
func (r *ReferSubscriber) hear(status int, reason string, notify *sip.Request) {
	next, ok := r.state.next(referInputOf(status))
	if !ok {
		return // the result is told already
	}
	r.state = next
	e := ReferProgress{
		Session: r.session, Refer: r, Status: status, Reason: reason, Final: next.IsFinal(), Request: notify,
	}
	if next == ReferFailed {
		e.Err = &EndError{Cause: CauseFromStatus(status), Origin: Remote, Status: status, Reason: reason}
	}
	if next.IsFinal() && !r.terminated {
		r.arm(referSilence)
	}
	r.session.env.emit(e)
}

// fail ends a transfer of which no result will be told.
func (r *ReferSubscriber) fail(err *EndError) {
	next, ok := r.state.next(referFailure)
	if !ok {
		return
	}
	r.state = next
	r.session.env.emit(ReferProgress{
		Session: r.session, Refer: r, Status: err.Status, Reason: err.Reason, Final: true, Err: err,
	})
}

// arm bounds the wait for the next NOTIFY.
func (r *ReferSubscriber) arm(d time.Duration) {
	r.limit.Stop()
	r.limit = r.session.env.loop.After(d, "refer subscription", func() {
		r.drop(&EndError{Cause: CauseRequestTimeout, Origin: System})
	})
}

// drop ends the subscription from our side.
func (r *ReferSubscriber) drop(err *EndError) {
	r.terminate()
	r.fail(err)
}

func (r *ReferSubscriber) stop() {
	r.drop(&EndError{Cause: CauseCanceled, Origin: Local, Err: ErrStopped})
}

// terminate has the session forget the subscription: what is still sent in it
// gets 481 (RFC 6665 §4.1.3).
func (r *ReferSubscriber) terminate() {
	r.limit.Stop()
	if !r.terminated {
		r.terminated = true
		r.session.forgetRefer(r)
	}
}

func (r *ReferSubscriber) tellAnswer(res *sip.Response, err *EndError) {
	r.session.env.emit(ReferAnswered{Session: r.session, Refer: r, Response: res, Err: err})
}
