package ua

import (
	"context"

	"webphone/phone/sip"
)

// receiveReinvite answers a re-INVITE of the other side (RFC 3261 §14.2): an
// offer by an answer, or the want of one by an offer that the ACK answers.
func (s *RTCSession) receiveReinvite(r *inbound) {
	offer, hasSDP := r.SDP()
	switch {
	case s.status != StatusConfirmed || !s.ackLost(): // our 2xx awaits its ACK
		r.reply(answer{status: 491})
	case len(r.Body) > 0 && !hasSDP:
		r.reply(answer{status: 415})
	case intervalTooSmall(r.Request, s.env.config.SessionTimers):
		r.reply(refuseInterval(s.env.config.SessionTimers))
	default:
		s.decideOffer(s.dialog, r, func(p *OfferDecision) Event {
			return Reinvite{OfferDecision: p, Session: s, Request: r.Request}
		}, func() {
			if hasSDP {
				s.answerOffer(s.dialog, r, offer, func(sdp string) { s.acceptReinvite(r, sdp, nil) })
				return
			}
			s.offerInAnswer(r)
		})
	}
}

// offerInAnswer answers a re-INVITE without an offer by one of ours.
func (s *RTCSession) offerInAnswer(r *inbound) {
	hold, audio := s.offers.localHold, s.media.audio
	s.describeLocal("offer in 200", SDPOffer, func(ctx context.Context, p Peer) (string, error) {
		return p.Offer(ctx, OfferOptions{Hold: hold, Audio: audio})
	}, func(sdp string, err error) {
		s.dialog.theirOffer, s.offers.incoming = false, nil
		if err != nil {
			r.reply(answer{status: mediaStatus(err)})
			s.pump()
			return
		}
		s.acceptReinvite(r, sdp, s.lateAnswer)
	})
}

// holdIncoming notes that r awaits its answer in d.
func (s *RTCSession) holdIncoming(d *dialog, r *inbound) {
	d.theirOffer, s.offers.incoming = true, r
}

// answerOffer makes the answer to an offer in dialog d, the call's or an early
// one, and hands it to accept; an offer that cannot be taken changes nothing.
func (s *RTCSession) answerOffer(d *dialog, r *inbound, offer []byte, accept func(sdp string)) {
	s.holdIncoming(d, r)
	text := s.tellSDP(Remote, SDPOffer, string(offer))
	hold, audio := s.offers.localHold, s.media.audio
	s.describe("answer", func(ctx context.Context, p Peer) (string, error) {
		return p.Answer(ctx, text, AnswerOptions{Hold: hold, Audio: audio})
	}, func(sdp string, err error) {
		d.theirOffer, s.offers.incoming = false, nil
		if err != nil {
			r.reply(answer{status: mediaStatus(err)})
			if s.toldMediaFault(StepCreateAnswer, err) {
				s.rollback(s.pump)
			}
			return
		}
		if s.accepted && s.dialog == d {
			s.setRemoteHold(holdsUs(text))
		}
		if !s.IsEnded() {
			sdp = s.tellSDP(Local, SDPAnswer, sdp)
		}
		if s.IsEnded() { // by the consumer of these events
			r.reply(answer{status: 487})
			return
		}
		accept(sdp)
	})
}

func (s *RTCSession) setRemoteHold(held bool) {
	if s.offers.remoteHold == held {
		return
	}
	s.offers.remoteHold = held
	if held {
		s.env.emit(Held{Session: s, Originator: Remote})
	} else {
		s.env.emit(Resumed{Session: s, Originator: Remote})
	}
}

// acceptReinvite sends the 200 until it is acknowledged; acked, if not nil, is
// given the ACK.
func (s *RTCSession) acceptReinvite(r *inbound, sdp string, acked func(*sip.Request)) {
	res := s.acceptRefresh(r, sdp)
	s.offers.late = acked != nil
	s.offers.ack = newPendingAck(s.env.loop, r.CSeq.Seq, func() { r.respond(res) }, func(ack *sip.Request) {
		s.offers.ack = nil
		if acked != nil {
			acked(ack)
		}
		s.pump()
	}, s.noAck)
	s.tellIdentity()
}

// acceptRefresh answers a target refresh request 200. The caller tells the
// identity that it may have brought.
func (s *RTCSession) acceptRefresh(r *inbound, sdp string) *sip.Response {
	s.dialog.refreshTarget(&r.Common)
	s.learnPeer(&r.Common)
	timer, headers := s.answerTimer(r.Request)
	res := r.reply(answer{status: 200, headers: append([]sip.Header{s.contact}, headers...), sdp: sdp})
	if s.status == StatusConfirmed || s.status == StatusWaitingForACK {
		s.startTimer(timer)
	}
	return res
}

// lateAnswer applies the answer that an ACK brings; without a good one the
// call stays as it was.
func (s *RTCSession) lateAnswer(ack *sip.Request) {
	sdp, ok := ack.SDP()
	if !ok {
		s.log.Warn("no answer in the ACK to our offer")
		s.rollback(func() {})
		return
	}
	s.offers.settling = true
	s.setAnswer(sdp, AnswerFinal, func(err error) {
		s.offers.settling = false
		held := holdsUs(string(sdp))
		switch {
		case err != nil:
			s.log.Warn("answer in the ACK not applied", "error", err)
			s.rollback(func() {})
		case !held || !s.offers.localHold: // "inactive" may answer our own hold
			s.setRemoteHold(held)
		}
		if !s.IsEnded() { // by the consumer of that event
			s.pump()
		}
	})
}
