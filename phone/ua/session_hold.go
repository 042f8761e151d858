package ua

// Hold asks the other party to stop sending, by a re-INVITE. While another
// offer is under way it waits. done, which may be nil, is called as a turn
// with the outcome: a refusal is an *EndError and leaves the call as it was,
// but for 408, 481 and no answer at all, which end it. A session that is not
// answered gives a *StateError.
func (s *RTCSession) Hold(done func(error)) { s.setHold("hold", true, done) }

// Unhold takes Hold back, in the same way.
func (s *RTCSession) Unhold(done func(error)) { s.setHold("unhold", false, done) }

func (s *RTCSession) setHold(name string, hold bool, done func(error)) {
	s.offerLater(name, done, &reoffer{
		needless: func() bool { return s.offers.localHold == hold },
		options: func() OfferOptions {
			return OfferOptions{Hold: hold, RemoteHold: s.offers.remoteHold}
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
}

// Renegotiate sends a re-INVITE with a new offer. It waits and reports as Hold
// does.
func (s *RTCSession) Renegotiate(o RenegotiateOptions, done func(error)) {
	s.offerLater("renegotiate", done, &reoffer{
		options: func() OfferOptions {
			hold := s.offers
			return OfferOptions{Hold: hold.localHold, RemoteHold: hold.remoteHold, ICERestart: o.ICERestart}
		},
		applied: func() {},
	})
}

// offerLater queues op if the session is answered.
func (s *RTCSession) offerLater(name string, done func(error), op *reoffer) {
	if done == nil {
		done = func(error) {}
	}
	op.name, op.done = name, done
	if !s.IsEstablished() {
		s.complete(op, &StateError{Op: name, State: s.status})
		return
	}
	s.reoffer(op)
}
