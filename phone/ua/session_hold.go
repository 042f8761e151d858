package ua

import "webphone/phone/sip"

// Hold asks the other party to stop sending, by a re-INVITE. While another
// offer is under way it waits. done, which may be nil, is called as a turn
// with the outcome: a refusal is an *EndError and leaves the call as it was,
// but for 408, 481 and no answer at all, which end it. A session that is not
// answered gives a *StateError.
func (s *RTCSession) Hold(done func(error)) { s.HoldWith(HoldOptions{}, done) }

// Unhold takes Hold back, in the same way.
func (s *RTCSession) Unhold(done func(error)) { s.UnholdWith(HoldOptions{}, done) }

// HoldOptions configures RTCSession.HoldWith and UnholdWith.
type HoldOptions struct {
	// UseUpdate asks by UPDATE (RFC 3311), and by re-INVITE only where the
	// peer does not take that. It is possible before the call is answered,
	// once offer and answer were exchanged reliably.
	UseUpdate    bool
	ExtraHeaders []sip.Header // of the request
}

// HoldWith is Hold with options.
func (s *RTCSession) HoldWith(o HoldOptions, done func(error)) { s.setHold("hold", true, o, done) }

// UnholdWith is Unhold with options.
func (s *RTCSession) UnholdWith(o HoldOptions, done func(error)) { s.setHold("unhold", false, o, done) }

func (s *RTCSession) setHold(name string, hold bool, o HoldOptions, done func(error)) {
	s.offerLater(name, done, &reoffer{
		update: o.UseUpdate, headers: o.ExtraHeaders,
		needless: func() bool { return s.offers.localHold == hold },
		options: func() OfferOptions {
			return OfferOptions{Hold: hold, RemoteHold: s.offers.remoteHold, Audio: s.media.audio}
		},
		applied: func() {
			s.offers.localHold = hold
			if hold {
				s.env.emit(Held{Session: s, Originator: Local})
			} else {
				s.env.emit(Resumed{Session: s, Originator: Local})
			}
		},
	})
}

// RenegotiateOptions configures RTCSession.Renegotiate.
type RenegotiateOptions struct {
	// ICERestart finds new paths, as after a change of network.
	ICERestart bool
	// Audio, if not nil, changes what the user wants of the sound.
	Audio        *AudioDirection
	UseUpdate    bool         // as in HoldOptions
	ExtraHeaders []sip.Header // of the request
}

// Renegotiate sends a re-INVITE with a new offer. It waits and reports as Hold
// does.
func (s *RTCSession) Renegotiate(o RenegotiateOptions, done func(error)) {
	audio := func() AudioDirection {
		if o.Audio != nil {
			return *o.Audio
		}
		return s.media.audio
	}
	s.offerLater("renegotiate", done, &reoffer{
		update: o.UseUpdate, headers: o.ExtraHeaders,
		options: func() OfferOptions {
			hold := s.offers
			return OfferOptions{
				Hold: hold.localHold, RemoteHold: hold.remoteHold, ICERestart: o.ICERestart, Audio: audio(),
			}
		},
		applied: func() { s.media.audio = audio() },
	})
}

// offerLater queues op if the session is answered.
func (s *RTCSession) offerLater(name string, done func(error), op *reoffer) {
	if done == nil {
		done = func(error) {}
	}
	op.name, op.done = name, done
	if !s.IsEstablished() && (!op.update || s.offerDialog() == nil) {
		s.complete(op, &StateError{Op: name, State: s.status})
		return
	}
	s.reoffer(op)
}
