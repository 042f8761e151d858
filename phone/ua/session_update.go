package ua

import (
	"webphone/phone/sip"
)

// This file has the offers that UPDATE carries (RFC 3311), in either role: in
// early dialogs, where nothing else may, and in the call.

// offerDialog is the dialog in which we may make an offer now: the call's, or
// an early one in which offer and answer are exchanged (RFC 3311 §5.1); nil if
// there is none.
func (s *RTCSession) offerDialog() *dialog {
	switch s.status {
	case StatusConfirmed:
		return s.dialog
	case Status1xxReceived:
		if fork := s.heardFork(); fork != nil && fork.complete && !fork.noUpdate {
			return fork.dialog
		}
	case StatusWaitingForAnswer, StatusAnswered:
		if s.in.early.complete && !s.timer.noUpdate {
			return s.dialog
		}
	case StatusNull, StatusInviteSent, StatusInviteReceived, StatusWaitingForACK, StatusCanceled, StatusTerminated:
	}
	return nil
}

// receiveUpdate answers an UPDATE (RFC 3311 §5.2), in an early dialog as well:
// as a target and session timer refresh, or with an offer. That offers do not
// cross is checked already.
func (s *RTCSession) receiveUpdate(d *dialog, r *inbound) {
	offer, hasSDP := r.SDP()
	early := s.dialog == nil || s.status == StatusWaitingForAnswer || s.status == StatusAnswered
	switch {
	case len(r.Body) > 0 && !hasSDP:
		r.reply(answer{status: 415})
	case intervalTooSmall(r.Request, s.env.config.SessionTimers):
		r.reply(refuseInterval(s.env.config.SessionTimers))
	case early && !hasSDP:
		s.acceptEarly(d, r, "")
		s.tellIdentity()
	case early:
		s.answerEarly(d, r, offer)
	case !hasSDP:
		s.acceptRefresh(r, "")
		s.tellIdentity()
	case s.status != StatusConfirmed || s.offers.ack != nil:
		r.reply(answer{status: 491})
	default:
		s.decideOffer(d, r, func(p *OfferDecision) Event {
			return Update{OfferDecision: p, Session: s, Request: r.Request}
		}, func() {
			s.answerOffer(d, r, offer, func(sdp string) {
				s.acceptRefresh(r, sdp)
				s.pump()
				s.tellIdentity()
			})
		})
	}
}

// acceptEarly answers an UPDATE in an early dialog 200. There is no session
// timer yet.
func (s *RTCSession) acceptEarly(d *dialog, r *inbound, sdp string) {
	d.refreshTarget(&r.Common)
	s.learnIn(d, &r.Common)
	r.reply(answer{status: 200, headers: []sip.Header{s.contact}, sdp: sdp})
}

// answerEarly answers an offer in an early dialog. A fork that makes one is
// the one to be heard.
func (s *RTCSession) answerEarly(d *dialog, r *inbound, offer []byte) {
	fork := s.forkIn(d)
	if s.offers.incoming != nil || s.offers.current != nil { // of another fork
		r.reply(answer{status: 500, headers: []sip.Header{{Name: "Retry-After", Value: retryAfterSeconds()}}})
		return
	}
	if fork != nil && s.heardFork() != fork {
		s.hear(fork, nil)
	}
	s.answerOffer(d, r, offer, func(sdp string) {
		switch {
		case s.dialog != nil && s.dialog != d, s.dialog == nil && s.forkIn(d) == nil:
			r.reply(answer{status: 481}) // another fork has answered meanwhile
			return
		case fork != nil:
			fork.sdp = string(offer)
		}
		s.acceptEarly(d, r, sdp)
		s.pump()
		s.tellIdentity()
	})
}

// sendOffer sends op's offer by the method that it asks for and that the peer
// takes.
func (s *RTCSession) sendOffer(op *reoffer, sdp string) {
	noUpdate := s.timer.noUpdate
	if fork := s.forkIn(op.dialog); fork != nil {
		noUpdate = fork.noUpdate
	}
	switch early := s.status != StatusConfirmed; {
	case early && noUpdate: // it has said so meanwhile, and there is no other way
		s.takeBack(op, &EndError{
			Cause: CauseSIPFailure, Origin: Remote, Status: 405, Reason: sip.ReasonPhrase(405),
		})
		return
	case !op.update || noUpdate:
		s.sendReinvite(op, sdp)
		return
	}
	o := op.dialog.outbound(sip.UPDATE)
	o.headers = append([]sip.Header{s.contact}, op.headers...)
	if s.status == StatusConfirmed {
		o.headers = append(o.headers, s.timer.request()...)
	}
	o.contentType, o.body = "application/sdp", []byte(sdp)
	op.sender = s.env.sender(s.env.request(o), senderEvents{
		response: func(res *sip.Response) {
			if s.offers.current == op && res.StatusCode >= 200 {
				s.receiveOfferedUpdate(op, res)
			}
		},
		failed: func(err error) {
			switch e := systemFailure(err); {
			case s.offers.current != op:
			case s.status == StatusConfirmed && e.Cause == CauseRequestTimeout: // RFC 3261 §12.2.1.2
				s.bye([]sip.Header{reasonHeader(408, "")}, e)
			default:
				s.takeBack(op, e)
			}
		},
		nextSeq: op.dialog.nextSeq,
	})
	op.sender.send()
}

// receiveOfferedUpdate handles the final response to an UPDATE with an offer
// (RFC 3311 §5.1).
func (s *RTCSession) receiveOfferedUpdate(op *reoffer, res *sip.Response) {
	established := s.status == StatusConfirmed
	switch code := res.StatusCode; {
	case code < 300:
		s.updateAccepted(op, res)
	case code == 491:
		s.retryOffer(op, res, op.dialog.glareWait())
	case code == 500 && res.Headers.Has("Retry-After"):
		wait, _ := res.RetryAfter()
		s.retryOffer(op, res, max(min(wait, maxGlareWait), op.dialog.glareWait()))
	case code == 422 && established && s.timer.raise(res, &op.raised):
		op.sender.resend(func(r *sip.Request) { s.timer.update(r) })
	case established && (code == 405 || code == 501 || code == 504):
		// Not by UPDATE, or not without asking its user: a re-INVITE must do.
		op.update = false
		s.timer.noUpdate = s.timer.noUpdate || code != 504
		s.rollback(func() {
			if s.offers.current == op {
				s.makeOffer(op)
			}
		})
	case established && (code == 408 || code == 481): // RFC 3261 §12.2.1.2
		s.dialogGone(res)
	default:
		s.takeBack(op, failureOf(res))
	}
}

func (s *RTCSession) updateAccepted(op *reoffer, res *sip.Response) {
	op.dialog.refreshTarget(&res.Common)
	op.dialog.ourOffer = false
	s.learnIn(op.dialog, &res.Common)
	if s.status == StatusConfirmed && res.Headers.Has("Session-Expires") {
		s.startTimer(timerOf(res))
	}
	sdp, ok := res.SDP()
	if !ok {
		s.takeBack(op, &EndError{Cause: CauseMissingSDP, Origin: Remote})
		s.tellIdentity()
		return
	}
	if fork := s.forkIn(op.dialog); fork != nil {
		fork.sdp = string(sdp)
	}
	s.applyAnswer(op, sdp)
	s.tellIdentity()
}

// dropOffer gives up an offer that was made in an early dialog other than the
// one that has won.
func (s *RTCSession) dropOffer() {
	op := s.offers.current
	if op == nil || op.dialog == s.dialog {
		return
	}
	s.offers.retry.Stop()
	s.offers.current = nil
	s.rollback(func() {})
	s.complete(op, &EndError{Cause: CauseDialog, Origin: Remote})
}
