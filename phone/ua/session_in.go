package ua

import (
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// AnswerCallOptions configures RTCSession.Answer.
type AnswerCallOptions struct {
	ExtraHeaders []sip.Header // of the 200
	// Audio limits the sound to one direction; the zero value is both. It
	// says nothing about media that were made before, for early media.
	Audio AudioDirection
	// SessionTimersExpires is as in CallOptions, where the caller leaves the
	// interval to us.
	SessionTimersExpires time.Duration
	// Data becomes PeerOptions.Data.
	Data any
}

// incomingCall is what only the callee's side has (RFC 3261 §13.3).
type incomingCall struct {
	invite            *inbound
	offer             []byte // nil: our 200 makes the offer
	noAnswer, expires *loop.Timer
	autoAnswer        *loop.Timer
	ack               *pendingAck // once our 200 is out
	reliable          reliableResponses
	early             earlyAnswer
	replaces          *RTCSession // in whose place the call comes; or nil
}

// maxRinging is how many calls may wait for an answer at once: nobody can
// choose among more, and each takes memory.
const maxRinging = 20

// ringing counts the calls that wait for an answer.
func (u *UA) ringing() int {
	for s := range u.rung {
		if !s.IsInProgress() {
			delete(u.rung, s)
		}
	}
	return len(u.rung)
}

// receiveInvite begins an incoming call.
func (u *UA) receiveInvite(r *inbound) {
	offer, hasSDP := r.SDP()
	d, err := newCalleeDialog(r.Request, r.toTag)
	switch {
	case err != nil:
		r.reply(answer{status: 400})
	case u.state != uaReady:
		r.reply(answer{status: 480})
	case len(r.Body) > 0 && !hasSDP:
		r.reply(answer{status: 415})
	case intervalTooSmall(r.Request, u.config.SessionTimers):
		r.reply(refuseInterval(u.config.SessionTimers))
	case r.Headers.Has("Replaces"):
		u.receiveReplaces(r, func(r *inbound) *RTCSession { return u.newIncoming(r, d, offer) })
	case u.ringing() >= maxRinging:
		r.reply(answer{status: 486})
	default:
		u.newIncoming(r, d, offer).ring()
	}
}

func (u *UA) newIncoming(r *inbound, d *dialog, offer []byte) *RTCSession {
	s := newSession(u.sessionEnv(), Incoming, r.Request)
	s.dialog = d
	s.reliable = u.config.Reliable
	s.in = &incomingCall{invite: r, offer: offer}
	s.in.reliable = reliableResponses{loop: u.loop, lapsed: s.noPrack}
	u.admit(s)
	u.rung[s] = struct{}{}
	return s
}

// ring alerts the user and tells the caller so.
func (s *RTCSession) ring() {
	s.advance(inInviteReceived)
	s.contact = s.env.contact()
	s.bind(s.dialog)
	s.learnPeer(&s.request.Common)
	r := s.in.invite
	r.invite.cancel = s.receiveCancel
	s.in.noAnswer = s.env.loop.After(s.env.config.NoAnswerTimeout, "no answer", func() {
		s.refuse(answer{status: 408}, &EndError{Cause: CauseNoAnswer, Origin: Local})
	})
	if seconds, ok := r.Expires(); ok && seconds > 0 { // §13.3.1
		s.in.expires = s.env.loop.After(time.Duration(seconds)*time.Second, "INVITE expired", func() {
			s.refuse(answer{status: 487}, &EndError{Cause: CauseExpires, Origin: System})
		})
	}
	s.advance(inAlerted)
	s.env.emit(NewRTCSession{Originator: Remote, Session: s, Request: s.request})
	if !s.IsEnded() && !s.in.early.told && !s.env.config.SuppressRinging {
		s.alert(answer{status: 180})
	}
	if !s.IsEnded() {
		s.answerByItself()
	}
}

// Answer accepts an incoming call. The 200 goes out once the media have an
// answer to its offer. It returns a *StateError unless the call is ringing.
func (s *RTCSession) Answer(o AnswerCallOptions) error {
	if s.direction != Incoming || !s.advance(inAnswer) {
		return &StateError{Op: "answer", State: s.status}
	}
	s.in.stopRinging()
	s.setQuiet(false)
	s.timer.asked = o.SessionTimersExpires
	s.describeOnce(o.Data, o.Audio, func(sdp string) { s.sendAnswer(sdp, o.ExtraHeaders) })
	return nil
}

func (c *incomingCall) stopRinging() {
	c.noAnswer.Stop()
	c.autoAnswer.Stop()
	c.expires.Stop()
}

// noPrack refuses a call whose caller did not take our provisional response
// (RFC 3262 §3).
func (s *RTCSession) noPrack() {
	s.refuse(answer{status: 504}, &EndError{Cause: CauseNoAck, Origin: Remote})
}

// sendAnswer sends our 200, and again until the ACK comes. It waits for the
// PRACK to a provisional response that describes media, and for the answer in it.
func (s *RTCSession) sendAnswer(sdp string, extra []sip.Header) {
	if s.in.reliable.holds() || s.in.early.settling {
		s.in.early.then = func() { s.sendAnswer(sdp, extra) }
		return
	}
	s.in.reliable.close()
	if s.in.early.complete {
		sdp = ""
	}
	timer, headers := s.answerTimer(s.request)
	headers = append([]sip.Header{s.contact}, append(headers, extra...)...)
	r := s.in.invite
	s.dialog.theirOffer = false
	s.advance(inAnswerSent)
	res := r.reply(answer{status: 200, headers: headers, sdp: sdp})
	s.in.ack = newPendingAck(s.env.loop, r.CSeq.Seq, func() { r.respond(res) }, s.confirm, s.noAck)
	s.accepted = true
	s.start = time.Now()
	s.startTimer(timer)
	s.env.emit(Accepted{Session: s, Originator: Local, Response: res})
	s.sendCandidates()
	if old := s.in.replaces; old != nil && old.IsInProgress() { // before anybody answers it
		s.takeOver()
	}
}

// confirm handles the ACK to our 200.
func (s *RTCSession) confirm(ack *sip.Request) {
	s.in.forgetAck()
	s.advance(inAck)
	if s.in.offer != nil || s.in.early.complete {
		s.confirmed(ack)
		return
	}
	sdp, ok := ack.SDP()
	if !ok {
		s.bye([]sip.Header{reasonHeader(400, "Missing session description")},
			&EndError{Cause: CauseMissingSDP, Origin: Remote})
		return
	}
	s.offers.settling = true
	s.setAnswer(sdp, AnswerFinal, func(err error) {
		if err != nil {
			s.bye([]sip.Header{reasonHeader(488, "")}, &EndError{Cause: CauseBadMedia, Origin: Remote, Err: err})
			return
		}
		s.offers.settling = false
		s.confirmed(ack)
	})
}

func (s *RTCSession) confirmed(ack *sip.Request) {
	s.env.emit(Confirmed{Session: s, Originator: Remote, Ack: ack})
	s.takeOver()
	if err := s.in.early.failed; err != nil && !s.IsEnded() {
		s.survival.path = pathFlowing // until it failed
		s.pathFailed(err)
	}
	s.pump()
}

// noAck ends a call whose 2xx, the first or that of a re-INVITE, was never
// acknowledged (§13.3.1.4).
func (s *RTCSession) noAck() {
	s.in.forgetAck()
	s.bye(nil, &EndError{Cause: CauseNoAck, Origin: Remote})
}

// forgetAck gives up waiting; c may be nil.
func (c *incomingCall) forgetAck() {
	if c != nil {
		c.ack.stop()
		c.ack = nil
	}
}
