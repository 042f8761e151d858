package ua

import (
	"time"

	"webphone/phone/sip"
)

// RemoteIdentity is the other side as the INVITE names it: who the server says
// the caller is, where Config.TrustAssertedIdentity believes that (RFC 3325
// §9.1), otherwise From or To.
func (s *RTCSession) RemoteIdentity() sip.NameAddr {
	if asserted, ok := s.AssertedIdentity(); ok && s.env.config.TrustAssertedIdentity {
		return asserted
	}
	return s.remote
}

// From is the caller as From names it, whatever a server asserts.
func (s *RTCSession) From() sip.NameAddr { return s.request.From }

// AssertedIdentity is who a server says the caller is, in the INVITE's
// P-Asserted-Identity: anybody could have put it there, unless the server is
// known to take it away from strangers (RFC 3325 §5).
func (s *RTCSession) AssertedIdentity() (sip.NameAddr, bool) {
	if s.direction != Incoming {
		return sip.NameAddr{}, false
	}
	for _, one := range s.request.AssertedIdentity() {
		if one.URI.IsSIP() || one.URI.Scheme == "tel" {
			return one, true
		}
	}
	return sip.NameAddr{}, false
}

// AlertInfo is how the caller or a server wants an incoming call to ring
// (RFC 3261 §20.4, RFC 7462). Nothing is fetched.
func (s *RTCSession) AlertInfo() []sip.Info { return s.incomingInfo((*sip.Common).AlertInfo) }

// CallInfo is what the caller or a server says about an incoming call, such as
// a picture (RFC 3261 §20.9). Nothing is fetched.
func (s *RTCSession) CallInfo() []sip.Info { return s.incomingInfo((*sip.Common).CallInfo) }

func (s *RTCSession) incomingInfo(read func(*sip.Common) []sip.Info) []sip.Info {
	if s.direction != Incoming {
		return nil
	}
	return read(&s.request.Common)
}

// AutoAnswer reports whether an incoming call asks to be answered by itself,
// and after which time: by Answer-Mode (RFC 5373), or by what intercoms put
// into Call-Info and Alert-Info. Whether it is, Config.AutoAnswer says.
func (s *RTCSession) AutoAnswer() (delay time.Duration, ok bool) {
	if s.direction != Incoming {
		return 0, false
	}
	return s.request.AutoAnswer()
}

// answerByItself answers a call that asks for it, if it still rings then.
func (s *RTCSession) answerByItself() {
	delay, ok := s.AutoAnswer()
	if !ok || !s.env.config.AutoAnswer {
		return
	}
	s.in.autoAnswer = s.env.loop.After(delay, "answer by itself", func() {
		_ = s.Answer(AnswerCallOptions{}) // answered already: nothing to do
	})
}
