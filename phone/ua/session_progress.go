package ua

import (
	"context"

	"webphone/phone/sip"
)

// ProgressOptions configures RTCSession.Progress.
type ProgressOptions struct {
	Status  int    // 180–199; 0 means 180, or 183 with EarlyMedia
	Reason  string // "" means the usual phrase
	Headers []sip.Header
	// EarlyMedia makes the call's media now and describes them in the
	// response: both sides hear each other before the call is answered. An
	// INVITE without an offer gets ours, and only if its caller acknowledges
	// provisional responses.
	EarlyMedia bool
	// Data becomes PeerOptions.Data of media made now.
	Data any
}

// earlyAnswer is what the callee's side has said of its media before its 200.
type earlyAnswer struct {
	told    bool               // some provisional response was asked for
	asked   bool               // a description is being made or is there
	waiting []func(sdp string) // for it
	sdp     string             // it, "" = not yet
	failed  error              // its media have failed

	// complete: offer and answer are exchanged, the 200 brings none.
	complete bool
	settling bool   // the answer that a PRACK brought is being applied
	then     func() // sends the 200 that waits for a PRACK
}

// Progress tells the caller how an incoming call that rings is doing: 180
// Ringing, 181, 182, 183 with or without early media. Config.SuppressRinging,
// or Progress inside the handler of NewRTCSession, takes the place of the
// automatic 180. It returns a *StateError unless the call is ringing.
func (s *RTCSession) Progress(o ProgressOptions) error {
	if s.direction != Incoming || s.status != StatusWaitingForAnswer {
		return &StateError{Op: "progress", State: s.status}
	}
	switch {
	case o.Status == 0 && o.EarlyMedia:
		o.Status = 183
	case o.Status == 0:
		o.Status = 180
	case o.Status < 180 || o.Status > 199:
		return errStatusCode
	}
	s.in.early.told = true
	a := answer{status: o.Status, reason: o.Reason, headers: o.Headers}
	if o.EarlyMedia && (s.in.offer != nil || s.wantsReliable(true)) {
		s.describeOnce(o.Data, AudioSendRecv, func(sdp string) { s.sendEarly(a, sdp) })
		return nil
	}
	s.alert(a)
	return nil
}

// alert sends a provisional response. Where the first reliable one has to
// bring our offer (RFC 3262 §5), media are made for it; the microphone stays
// off, for nobody has answered.
func (s *RTCSession) alert(a answer) {
	if s.in.offer != nil || !s.wantsReliable(false) {
		s.sendProvisional(a, false)
		return
	}
	if !s.in.early.asked {
		s.media.quiet = true
	}
	s.describeOnce(nil, AudioSendRecv, func(sdp string) { s.sendEarly(a, sdp) })
}

// sendEarly sends a provisional response with our description, unless offer
// and answer are exchanged already (RFC 6337 §3.1.1).
func (s *RTCSession) sendEarly(a answer, sdp string) {
	if s.status != StatusWaitingForAnswer {
		return // answered meanwhile: the 200 says it
	}
	if s.in.early.complete || s.in.early.settling {
		s.sendProvisional(a, false)
		return
	}
	a.sdp = sdp
	s.sendProvisional(a, true)
}

// sendProvisional sends a 101–199, reliably if the caller is to acknowledge it.
func (s *RTCSession) sendProvisional(a answer, described bool) {
	r := s.in.invite
	a.headers = append([]sip.Header{s.contact}, a.headers...)
	if !s.wantsReliable(described) {
		s.env.emit(Progress{Session: s, Originator: Local, Response: r.reply(a)})
		return
	}
	s.in.reliable.send(described, func(headers []sip.Header) func() {
		a.headers = append(a.headers, headers...)
		if described {
			s.dialog.theirOffer, s.dialog.ourOffer = false, s.in.offer == nil
		}
		res := r.reply(a)
		s.env.emit(Progress{Session: s, Originator: Local, Response: res})
		return func() { r.respond(res) }
	})
}

// describeOnce makes the description that answers the INVITE, or that makes
// the offer if the INVITE has none, and hands it to then; later calls get the
// same one. When there can be none, the call is refused.
func (s *RTCSession) describeOnce(data any, audio AudioDirection, then func(sdp string)) {
	early := &s.in.early
	switch {
	case early.sdp != "":
		s.whileAlive("described", func() { then(early.sdp) })()
		return
	case early.asked:
		early.waiting = append(early.waiting, then)
		return
	}
	early.asked, early.waiting = true, []func(string){then}
	s.preparePeer(data)
	s.media.audio = audio
	// The media first: what they are told of comes after them.
	s.apply("media", func(context.Context, Peer) error { return nil }, func(err error) {
		if err != nil {
			s.toldMediaFault(StepCreateAnswer, err)
			s.described("", err)
			return
		}
		s.describeCallee()
		s.addCandidates(s.trickle.early)
		s.trickle.early = nil
	})
}

// describeCallee makes our description of an incoming call.
func (s *RTCSession) describeCallee() {
	audio, kind := s.media.audio, SDPOffer
	var offer string
	if s.in.offer != nil {
		kind, offer = SDPAnswer, s.tellSDP(Remote, SDPOffer, string(s.in.offer))
	}
	if s.IsEnded() { // by the consumer of that event
		return
	}
	s.env.emit(SessionConnecting{Session: s, Request: s.request})
	s.describeLocal(string(kind), kind, func(ctx context.Context, p Peer) (string, error) {
		if kind == SDPOffer {
			return p.Offer(ctx, OfferOptions{Audio: audio})
		}
		return p.Answer(ctx, offer, AnswerOptions{Audio: audio})
	}, s.described)
}

// described hands our description to who waits for it.
func (s *RTCSession) described(sdp string, err error) {
	if s.IsEnded() {
		return
	}
	if err != nil {
		status := mediaStatus(err)
		s.refuse(answer{status: status}, mediaFailure(err, status))
		return
	}
	early := &s.in.early
	early.sdp = sdp
	waiting := early.waiting
	early.waiting = nil
	for _, then := range waiting {
		if !s.IsEnded() {
			then(sdp)
		}
	}
}
