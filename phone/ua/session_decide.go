package ua

import (
	"webphone/phone/loop"
	"webphone/phone/sip"
)

// OfferDecision is the user's about a re-INVITE or an UPDATE with an offer.
// Unless it is taken or deferred in the handler of the event, the offer is
// accepted when that returns; a deferred one after 10 s.
type OfferDecision struct {
	session  *RTCSession
	dialog   *dialog
	in       *inbound // nil once decided
	deferred bool
	deadline *loop.Timer
	accept   func()
}

// Defer leaves the decision for later. It has an effect only in the handler of
// the event.
func (p *OfferDecision) Defer() { p.deferred = true }

// Accept answers the offer; the media may still refuse it. It returns a
// *StateError if the request is decided already or the call has ended.
func (p *OfferDecision) Accept() error {
	if p.in == nil {
		return &StateError{Op: "accept offer", State: p.session.status}
	}
	p.settle()
	p.accept()
	return nil
}

// Reject refuses the offer with a status in 300–699; the call stays as it was.
// It fails as Accept does.
func (p *OfferDecision) Reject(status int, o ReplyOptions) error {
	if status < 300 || status > 699 {
		return errStatusCode
	}
	if p.in == nil {
		return &StateError{Op: "reject offer", State: p.session.status}
	}
	in := p.settle()
	p.dialog.theirOffer, p.session.offers.incoming = false, nil
	in.reply(o.answer(status))
	p.session.pump()
	return nil
}

// settle ends the wait and returns the request; p may be nil.
func (p *OfferDecision) settle() *inbound {
	if p == nil {
		return nil
	}
	in := p.in
	p.in = nil
	p.deadline.Stop()
	p.session.offers.decision = nil
	return in
}

// decideOffer has the user decide about r in dialog d; accept goes on with it.
func (s *RTCSession) decideOffer(d *dialog, r *inbound, event func(*OfferDecision) Event, accept func()) {
	p := &OfferDecision{session: s, dialog: d, in: r, accept: accept}
	s.holdIncoming(d, r)
	s.offers.decision = p
	if r.invite != nil {
		r.invite.cancel = func(*sip.Request) { _ = p.Reject(487, ReplyOptions{}) } // fails only if decided
	}
	s.env.emit(event(p))
	switch {
	case p.in == nil: // by the handler, or with the call
	case p.deferred:
		p.deadline = s.env.loop.After(decisionDeadline, "deadline of "+string(r.Method), func() { _ = p.Accept() })
	default:
		_ = p.Accept() // cannot fail: it is undecided
	}
}
