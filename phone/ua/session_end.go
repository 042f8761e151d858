package ua

import (
	"errors"
	"slices"
	"time"

	"webphone/phone/sip"
)

// TerminateOptions configures RTCSession.Terminate.
type TerminateOptions struct {
	// StatusCode rejects a ringing call (300–699; 0 means 480), or becomes
	// the Reason of a CANCEL or BYE (200–699; 0 means none).
	StatusCode int
	// Reason is the phrase of StatusCode; "" means the usual one.
	Reason string
	// Cause is what Ended tells; "" means CauseCanceled, CauseRejected or
	// CauseBye.
	Cause        Cause
	ExtraHeaders []sip.Header
	// RetryAfter tells the caller of a rejected call when to try again
	// (RFC 3261 §20.33), to the second; 0 says nothing.
	RetryAfter time.Duration
	// Body goes into the rejection or BYE, with ContentType.
	ContentType string
	Body        []byte
}

// Terminate ends the call as its state asks: by CANCEL, by a rejection or by
// BYE. Ended is told before it returns. It returns a *StateError if the call
// has ended.
func (s *RTCSession) Terminate(o TerminateOptions) error {
	return s.terminate(o, &EndError{Cause: o.Cause, Origin: Local})
}

func (s *RTCSession) terminate(o TerminateOptions, e *EndError) error {
	least := 200
	cause := CauseBye
	switch s.status {
	case StatusCanceled, StatusTerminated:
		return &StateError{Op: "terminate", State: s.status}
	case StatusInviteReceived, StatusWaitingForAnswer, StatusAnswered:
		least, cause = 300, CauseRejected
	case StatusNull, StatusInviteSent, Status1xxReceived:
		cause = CauseCanceled
	case StatusWaitingForACK, StatusConfirmed:
	}
	if o.StatusCode != 0 && (o.StatusCode < least || o.StatusCode > 699) {
		return errStatusCode
	}
	if e.Cause == "" {
		e.Cause = cause
	}
	headers := o.ExtraHeaders
	if o.StatusCode != 0 {
		e.Status, e.Reason = o.StatusCode, o.Reason
		if e.Reason == "" {
			e.Reason = sip.ReasonPhrase(o.StatusCode)
		}
		headers = append([]sip.Header{reasonHeader(o.StatusCode, o.Reason)}, headers...)
	}
	switch cause {
	case CauseCanceled:
		s.cancel(headers, e)
	case CauseRejected:
		if o.StatusCode == 0 {
			o.StatusCode = 480
		}
		rejection := answer{status: o.StatusCode, reason: o.Reason, headers: slices.Clone(o.ExtraHeaders)}
		rejection.contentType, rejection.body = o.ContentType, o.Body
		if o.RetryAfter > 0 {
			rejection.headers = append(rejection.headers, sip.Header{Name: "Retry-After", Value: seconds(o.RetryAfter)})
		}
		s.refuse(rejection, e)
	default:
		s.farewell = content{o.ContentType, o.Body}
		s.bye(headers, e)
	}
	return nil
}

// cancel gives up a call before its 2xx (RFC 3261 §9.1). CANCEL goes out now
// or after the first 1xx; a 2xx that is faster is hung up by hangUpFork.
func (s *RTCSession) cancel(headers []sip.Header, e *EndError) {
	if s.out.sender != nil {
		s.out.sender.abandon(headers)
	}
	s.finish(inCancel, e)
}

// refuse ends an incoming call with a final response.
func (s *RTCSession) refuse(a answer, e *EndError) {
	res := s.in.invite.reply(a)
	e.Status, e.Reason = res.StatusCode, res.Reason
	s.finish(inEnd, e)
}

// bye ends a call that was answered. The callee may do so only once the ACK
// is in, or will not come (§15).
func (s *RTCSession) bye(headers []sip.Header, e *EndError) {
	d := s.dialog
	if s.status == StatusAnswered { // but the 200 is not out: a refusal ends both INVITE and dialog
		s.in.invite.reply(answer{status: 480, headers: headers})
		s.finish(inEnd, e)
		return
	}
	if s.in == nil || s.in.ack == nil || s.status != StatusWaitingForACK {
		s.sendBye(d, headers)
		s.finish(inEnd, e)
		return
	}
	later := func() {
		s.in.forgetAck()
		s.leaveDialog()
		s.sendBye(d, headers)
	}
	s.in.ack.acked = func(*sip.Request) { later() }
	s.in.ack.lapsed = later
	s.finish(inEnd, e)
}

// sendBye sends a BYE whose answer nobody waits for.
func (s *RTCSession) sendBye(d *dialog, headers []sip.Header) {
	o := d.outbound(sip.BYE)
	o.headers = headers
	if d == s.dialog {
		o.contentType, o.body = s.farewell.contentType, s.farewell.body
	}
	s.env.sender(s.env.request(o), senderEvents{
		response: func(*sip.Response) {},
		failed: func(err error) { // a lost one is repeated on the next connection
			s.log.Info("BYE not answered", "error", err)
			if lost := (*transportError)(nil); errors.As(err, &lost) {
				s.env.whenOnline(func() { s.sendBye(d, headers) })
			}
		},
		nextSeq: d.nextSeq,
	}).send()
}

// receiveBye ends the call from the other side (§15.1.2).
func (s *RTCSession) receiveBye(r *inbound) {
	switch s.status {
	case StatusNull, StatusInviteSent, Status1xxReceived:
		r.reply(answer{status: 403}) // the callee must not end an early dialog so (§15)
		return
	case StatusInviteReceived, StatusWaitingForAnswer, StatusAnswered:
		r.reply(answer{status: 200})
		s.in.invite.reply(answer{status: 487})
	case StatusWaitingForACK, StatusConfirmed, StatusCanceled, StatusTerminated:
		r.reply(answer{status: 200})
	}
	s.in.forgetAck()
	s.finish(inEnd, &EndError{Cause: CauseBye, Origin: Remote, Reasons: r.Reasons(), Message: r.Request})
}

// receiveCancel ends a call that its caller gave up (§9.2). The CANCEL is
// answered already.
func (s *RTCSession) receiveCancel(r *sip.Request) {
	e := &EndError{Cause: CauseCanceled, Origin: Remote, Reasons: r.Reasons(), Message: r}
	for _, reason := range e.Reasons {
		if reason.Protocol == "sip" && reason.Cause == 200 { // RFC 3326 §3.1
			e.Cause = CauseAnsweredElsewhere
		}
	}
	s.refuse(answer{status: 487}, e)
}

// receiveLate handles requests after the end, in a dialog that still waits for
// the ACK before its BYE or for the result of a transfer (RFC 5057 §4.1).
func (s *RTCSession) receiveLate(d *dialog, r *inbound) {
	a := d.admit(r.Request)
	switch {
	case r.Method == sip.BYE && s.in != nil && s.in.ack != nil:
		r.reply(answer{status: 200})
		s.in.forgetAck()
		s.leaveDialog()
	case r.Method != sip.NOTIFY && r.Method != sip.SUBSCRIBE || len(s.refers.sent)+len(s.refers.received) == 0:
		r.reply(answer{status: 481})
	case a.status != 0:
		r.reply(a)
	case r.Method == sip.NOTIFY:
		s.receiveNotify(r)
	default:
		s.receiveSubscribe(r)
	}
}

// mediaFailed ends an answered call after its media.
func (s *RTCSession) mediaFailed(err error) {
	if s.dialog == nil || s.status == StatusWaitingForAnswer || s.status == StatusAnswered {
		s.earlyMediaFailed(err)
		return
	}
	_ = s.terminate(TerminateOptions{StatusCode: 408, Reason: "RTP Timeout"}, // fails only after the end
		&EndError{Cause: CauseRTPTimeout, Origin: System, Err: err})
}

// shutDown ends the call for UA.Stop.
func (s *RTCSession) shutDown() { _ = s.Terminate(TerminateOptions{}) } // fails only after the end

// finish is the one end of every session: procedures are stopped, the media
// closed, and Ended told, once.
func (s *RTCSession) finish(in sessionInput, e *EndError) {
	if !s.advance(in) {
		return
	}
	s.end = time.Now()
	e.Established = s.accepted
	if s.in != nil {
		s.in.stopRinging()
		s.in.reliable.close()
	}
	if s.out != nil {
		s.out.redirection.stop()
		s.unbindEarly()
	}
	s.stopTimer()
	s.endOffers(e)
	s.endSurvival(e)
	s.endTones(e)
	s.endRefers(e)
	s.referral.callEnded(e)
	s.replacement.oldEnded()
	s.leaveDialog()
	s.env.ended(s)
	s.env.emit(Ended{Session: s, Err: e})
	s.endMedia(e)
}
