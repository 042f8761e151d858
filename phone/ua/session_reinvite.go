package ua

import (
	"context"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// maxGlare is how often a re-INVITE is repeated after 491 or 500.
const maxGlare = 5

// offerPatience is how long the other side may take to decide about an offer;
// as long as it has not, there can be no other.
const offerPatience = time.Minute

// maxGlareWait bounds what a 500 can have us wait (RFC 3261 §14.2).
const maxGlareWait = 10 * time.Second

// offers is the state of offers within the established call, in both
// directions (RFC 3261 §14, RFC 3311).
//
// Our re-INVITEs queue:
//
//	queued ──ready──▶ offering ──▶ sent ──2xx──▶ settling ──▶ done
//	   ▲                           │ 491, 500 with Retry-After: rollback, wait
//	   └───────────────────────────┤
//	                               └─ other ≥300: rollback, done with an error
type offers struct {
	localHold, remoteHold bool

	queue    []*reoffer
	current  *reoffer    // under way, waits included
	retry    *loop.Timer // of current after glare
	settling bool        // an answer is being applied

	incoming *inbound       // their re-INVITE or UPDATE while the answer is made
	ack      *pendingAck    // of our 2xx to their re-INVITE
	late     bool           // it brings the answer
	decision *OfferDecision // of the user about it; nil once it is taken
}

// reoffer is a re-INVITE to be made.
type reoffer struct {
	name     string
	needless func() bool // nothing to do any more; nil = never
	options  func() OfferOptions
	applied  func() // the new descriptions are in place
	done     func(error)
	resume   bool // takes the call up again, see survival
	glares   int
	raised   int            // 422s met
	sender   *requestSender // of the INVITE
	request  *sip.Request   // as sent last
	ack      *sip.Request   // to its 2xx
	sent     time.Time      // of the INVITE; zero before, and by UPDATE
	yielded  bool           // it was given up for an offer of the peer
	limit    *loop.Timer    // of the peer's decision about the INVITE
	expired  bool           // it was given up for want of one

	update  bool         // by UPDATE, where the peer takes it
	headers []sip.Header // of the request
	dialog  *dialog      // in which it was made
}

// IsReadyToReOffer reports whether an offer could be made now: none is under
// way in either direction. Before the call is answered it would be made by
// UPDATE.
func (s *RTCSession) IsReadyToReOffer() bool {
	o := &s.offers
	d := s.offerDialog()
	return d != nil && !d.ourOffer && !d.theirOffer &&
		!o.settling && o.ack == nil && o.current == nil && o.incoming == nil
}

// reoffer makes op when the session is ready for it.
func (s *RTCSession) reoffer(op *reoffer) {
	s.offers.queue = append(s.offers.queue, op)
	s.pump()
}

// pump starts the next re-INVITE if the session is ready.
func (s *RTCSession) pump() {
	o := &s.offers
	for len(o.queue) > 0 && s.IsReadyToReOffer() && s.maySend() {
		op := o.queue[0]
		if s.status != StatusConfirmed && !op.update {
			return
		}
		o.queue = o.queue[1:]
		if op.needless != nil && op.needless() {
			s.complete(op, nil)
			continue
		}
		o.current = op
		s.makeOffer(op)
	}
}

// complete tells op's outcome, as a turn of its own.
func (s *RTCSession) complete(op *reoffer, err error) {
	s.env.loop.Post(op.name+" done", func() { op.done(err) })
}

func (s *RTCSession) makeOffer(op *reoffer) {
	op.dialog = s.offerDialog()
	op.dialog.ourOffer = true // an offer that comes meanwhile crosses ours
	o := op.options()
	s.describeLocal(op.name, SDPOffer, func(ctx context.Context, p Peer) (string, error) {
		return p.Offer(ctx, o)
	}, func(sdp string, err error) {
		if err != nil {
			s.endOffer(op, mediaFailure(err, 0))
			return
		}
		if s.offers.current == op {
			s.sendOffer(op, sdp)
		}
	})
}

func (s *RTCSession) sendReinvite(op *reoffer, sdp string) {
	o := s.dialog.outbound(sip.INVITE)
	o.headers = append([]sip.Header{s.contact}, s.timer.request()...)
	o.headers = append(o.headers, op.headers...)
	o.contentType, o.body = "application/sdp", []byte(sdp)
	op.sender = s.env.sender(s.env.request(o), senderEvents{
		sending:  func(r *sip.Request) { op.request, op.sent, op.yielded = r, time.Now(), false },
		response: func(res *sip.Response) { s.receiveReinviteResponse(op, res) },
		failed:   func(err error) { s.reinviteFailed(op, err) },
		nextSeq:  s.dialog.nextSeq,
	})
	op.expired = false
	op.limit.Stop()
	op.limit = s.env.loop.After(offerPatience, op.name+" not decided", func() {
		op.expired = true
		op.sender.abandon(nil)
	})
	op.sender.send()
}

func (s *RTCSession) receiveReinviteResponse(op *reoffer, res *sip.Response) {
	if res.StatusCode >= 200 {
		op.limit.Stop()
	}
	switch code := res.StatusCode; {
	case code >= 200 && code < 300:
		s.reinviteAccepted(op, res)
	case code < 200 || s.IsEnded():
	case code == 491, code == 487 && op.yielded && !op.resume:
		s.retryOffer(op, res, s.dialog.glareWait())
	case code == 500 && res.Headers.Has("Retry-After"): // theirs is pending (§14.2)
		wait, _ := res.RetryAfter()
		s.retryOffer(op, res, max(min(wait, maxGlareWait), s.dialog.glareWait()))
	case code == 422 && s.timer.raise(res, &op.raised):
		op.sender.resend(func(r *sip.Request) { s.timer.update(r) })
	case code == 481, code == 408 && !op.patient(): // §12.2.1.2
		s.dialogGone(res)
	default:
		s.takeBack(op, failureOf(res))
	}
}

// patient reports whether the want of an answer is no end of the dialog: the
// peer is known to be away, or was and is back, or it is we who gave up.
func (op *reoffer) patient() bool { return op.resume || op.yielded || op.expired }

// takeBack rolls an offer back that came to nothing and ends op with err.
func (s *RTCSession) takeBack(op *reoffer, err error) {
	s.rollback(func() {
		if s.offers.current == op {
			s.endOffer(op, err)
		}
	})
}

// reinviteAccepted acknowledges a 2xx at once and applies its answer.
func (s *RTCSession) reinviteAccepted(op *reoffer, res *sip.Response) {
	first := op.ack == nil
	if first {
		s.dialog.refreshTarget(&res.Common)
		s.dialog.ourOffer = false
		op.ack = s.env.request(s.dialog.ack(op.request))
	}
	s.sendAck(op.ack)
	if !first || s.IsEnded() {
		return
	}
	s.learnPeer(&res.Common)
	s.startTimer(timerOf(res))
	sdp, ok := res.SDP()
	if !ok {
		s.takeBack(op, &EndError{Cause: CauseMissingSDP, Origin: Remote})
	} else {
		s.applyAnswer(op, sdp)
	}
	s.tellIdentity()
}

// applyAnswer puts the answer to op's offer into effect.
func (s *RTCSession) applyAnswer(op *reoffer, sdp []byte) {
	s.offers.settling = true
	s.setAnswer(sdp, AnswerFinal, func(err error) {
		if s.offers.current != op {
			return
		}
		if err != nil {
			s.takeBack(op, &EndError{Cause: CauseBadMedia, Origin: Remote, Err: err})
			return
		}
		op.applied()
		s.endOffer(op, nil)
	})
}

// maySend reports whether a request of the dialog could go out now; without a
// connection to wait for it may try and fail.
func (s *RTCSession) maySend() bool {
	return s.env.online() || s.survival.offline == nil || s.survival.hopeless
}

// reinviteFailed: an INVITE without any answer is the end of the dialog, unless
// the peer is known to be away; one that was lost with the connection is made
// again on the next.
func (s *RTCSession) reinviteFailed(op *reoffer, err error) {
	e := systemFailure(err)
	op.limit.Stop()
	switch {
	case s.IsEnded():
	case e.Cause == CauseRequestTimeout && !op.patient(): // §12.2.1.2
		s.bye([]sip.Header{reasonHeader(408, "")}, e)
	case !s.maySend():
		s.requeue(op)
	default:
		s.takeBack(op, e)
	}
}

// requeue rolls op back and makes it again before all others.
func (s *RTCSession) requeue(op *reoffer) {
	s.dialog.ourOffer = false
	if op.request != nil {
		// A 2xx that cannot reach us any more would keep the peer from new
		// offers until its ACK comes.
		s.survival.ack, s.survival.acked = s.env.request(s.dialog.ack(op.request)), time.Now()
	}
	s.rollback(func() {
		if s.offers.current != op {
			return // the session has ended
		}
		s.offers.current = nil
		if s.survival.hopeless {
			s.complete(op, &EndError{Cause: CauseConnection, Origin: System})
		} else {
			s.offers.queue = append([]*reoffer{op}, s.offers.queue...)
		}
		s.pump()
	})
}

// dialogGone ends the call after a 408 or 481 inside it.
func (s *RTCSession) dialogGone(res *sip.Response) {
	e := failureOf(res)
	e.Cause = CauseDialog
	s.bye([]sip.Header{reasonHeader(500, string(CauseDialog))}, e)
}

// retryOffer waits with the peer rolled back, so that their offer finds us
// free, and then makes a new offer in a new request (§14.1).
func (s *RTCSession) retryOffer(op *reoffer, res *sip.Response, wait time.Duration) {
	if op.glares++; op.glares > maxGlare {
		s.takeBack(op, failureOf(res))
		return
	}
	op.dialog.ourOffer = false
	s.rollback(func() {})
	s.offers.retry = s.env.loop.After(wait, "retry "+op.name, func() {
		s.offers.current = nil
		s.offers.queue = append([]*reoffer{op}, s.offers.queue...)
		s.pump()
	})
}

// endOffer ends op; err is nil if it was applied.
func (s *RTCSession) endOffer(op *reoffer, err error) {
	if s.IsEnded() {
		return // endOffers has told
	}
	op.dialog.ourOffer, s.offers.settling = false, false
	s.offers.current = nil
	s.complete(op, err)
	s.pump()
}

// endOffers ends every offer with the session.
func (s *RTCSession) endOffers(e *EndError) {
	o := &s.offers
	o.retry.Stop()
	o.ack.stop()
	o.ack = nil
	o.decision.settle()
	if o.incoming != nil {
		o.incoming.reply(answer{status: 487}) // §15.1.2
		o.incoming = nil
	}
	if op := o.current; op != nil {
		op.limit.Stop()
		if op.sender != nil {
			op.sender.release()
		}
		s.complete(op, e)
		o.current = nil
	}
	for _, op := range o.queue {
		s.complete(op, e)
	}
	o.queue = nil
}
