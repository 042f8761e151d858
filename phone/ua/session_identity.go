package ua

import (
	"slices"
	"time"

	"webphone/phone/sip"
)

// identity is who the other side is, by what its server says. It changes when
// somebody else takes over there: a transfer, a queue, a colleague who picks up.
type identity struct {
	asserted *sip.NameAddr // as said last; nil = not at all
	told     sip.NameAddr  // RemoteIdentity as the consumer knows it
}

// RemoteIdentity is the other side: who the server says it is, in the INVITE
// and in what follows it, where Config.TrustAssertedIdentity believes that (RFC
// 3325 §9.1, RFC 5876 §3), otherwise From or To of the INVITE. IdentityChanged
// tells when it becomes another.
func (s *RTCSession) RemoteIdentity() sip.NameAddr {
	if asserted, ok := s.AssertedIdentity(); ok && s.env.config.TrustAssertedIdentity {
		return asserted
	}
	return s.remote
}

// learnIdentity notes who the server says the other side is in c. One who does
// not want to be known (RFC 3323 §4.2) stays who the caller says or whom we
// called, until another one takes over.
func (s *RTCSession) learnIdentity(c *sip.Common) {
	for _, one := range c.AssertedIdentity() {
		if !one.URI.IsSIP() && one.URI.Scheme != "tel" {
			continue
		}
		if slices.Contains(c.Privacy(), "id") {
			known := one.URI.AOR().Equal(s.RemoteIdentity().URI.AOR())
			if known || c == &s.request.Common || s.direction == Outgoing && !s.accepted {
				return
			}
			one = anonymous()
		}
		s.identity.asserted = &one
		return
	}
}

// tellIdentity tells the consumer that the other side has become another.
func (s *RTCSession) tellIdentity() {
	now, told := s.RemoteIdentity(), s.identity.told
	if s.IsEnded() || now.DisplayName == told.DisplayName && now.URI.Equal(told.URI) {
		return
	}
	s.identity.told = now
	s.env.emit(IdentityChanged{Session: s, Identity: now})
}

// anonymous is the address of somebody who does not want to be known (RFC 3323
// §4.1.1.3).
func anonymous() sip.NameAddr {
	return sip.NameAddr{DisplayName: "Anonymous", URI: sip.URI{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}}
}

// From is the caller as From names it, whatever a server asserts.
func (s *RTCSession) From() sip.NameAddr { return s.request.From }

// AssertedIdentity is who a server says the other side is, in the last
// P-Asserted-Identity that came from there: anybody could have put it there,
// unless the server is known to take it away from strangers (RFC 3325 §5).
func (s *RTCSession) AssertedIdentity() (sip.NameAddr, bool) {
	if s.identity.asserted == nil {
		return sip.NameAddr{}, false
	}
	return *s.identity.asserted, true
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
