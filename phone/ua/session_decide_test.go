package ua

import (
	"strings"
	"testing"
	"time"

	"webphone/phone/sip"
)

// deferOffers leaves what they offer undecided and returns how to decide it.
func (s *scene) deferOffers() func() *OfferDecision {
	var p *OfferDecision
	s.onEvent = func(e Event) {
		switch e := e.(type) {
		case Reinvite:
			p = e.OfferDecision
		case Update:
			p = e.OfferDecision
		default:
			return
		}
		p.Defer()
	}
	return func() *OfferDecision { return p }
}

// What the user may do with an offer, and what does it for him.
func TestOfferDecision_deferred(t *testing.T) {
	const accepted = "peer answer\nevent Held remote\n>> 200 METHOD"
	for _, c := range []struct {
		rule   string
		decide func(*scene, *OfferDecision, *sip.Request)
		trace  string // METHOD stands for the method
	}{
		{"accepted", func(s *scene, p *OfferDecision, _ *sip.Request) {
			s.do(func() {
				if err := p.Accept(); err != nil {
					s.t.Error(err)
				}
			})
		}, accepted},
		{"rejected", func(s *scene, p *OfferDecision, _ *sip.Request) {
			s.do(func() {
				if p.Reject(200, ReplyOptions{}) == nil || p.Reject(403, ReplyOptions{Reason: "Not Now"}) != nil {
					s.t.Error("Reject")
				}
			})
		}, ">> 403 METHOD"},
		{"left to the deadline", func(s *scene, _ *OfferDecision, _ *sip.Request) {
			s.pass(decisionDeadline - time.Second)
			s.expect()
			s.pass(time.Second)
		}, accepted},
		{"overtaken by the end of the call", func(s *scene, _ *OfferDecision, _ *sip.Request) {
			s.receive(s.request(sip.BYE))
		}, "<< BYE\n>> 200 BYE\n>> 487 METHOD\nevent Ended remote Terminated 0\npeer close"},
		{"while another offer comes", func(s *scene, p *OfferDecision, r *sip.Request) {
			s.receive(s.request(sip.UPDATE, sdp(farSDP)))
			s.do(func() { _ = p.Reject(403, ReplyOptions{}) })
		}, "<< UPDATE\n>> 500 UPDATE\n>> 403 METHOD"},
		{"and then ours waits", func(s *scene, p *OfferDecision, _ *sip.Request) {
			s.do(func() {
				p.session.Hold(nil)
				_ = p.Reject(403, ReplyOptions{})
			})
		}, ">> 403 METHOD\npeer offer hold\n>> INVITE"},
	} {
		for _, m := range []sip.Method{sip.INVITE, sip.UPDATE} {
			t.Run(c.rule+" "+string(m), func(t *testing.T) {
				play(t, nil, func(s *scene) {
					session := s.answeredOut()
					decision := s.deferOffers()
					r := s.request(m, sdp(holdSDP))
					s.receive(r)
					if m == sip.INVITE {
						s.expect("<< INVITE", ">> 100 INVITE", "event Reinvite")
					} else {
						s.expect("<< UPDATE", "event Update")
					}
					s.do(func() {
						if session.IsReadyToReOffer() {
							t.Error("ready while theirs is undecided")
						}
					})
					c.decide(s, decision(), r)
					s.expect(strings.ReplaceAll(c.trace, "METHOD", string(m)))
					s.do(func() {
						if decision().Accept() == nil || decision().Reject(403, ReplyOptions{}) == nil {
							t.Error("decided twice")
						}
					})
					s.pass(decisionDeadline)
					for line := range strings.Lines(strings.Join(s.trace, "\n")) {
						if strings.HasPrefix(line, ">> 200 "+string(m)) && !strings.Contains(c.trace, ">> 200 METHOD") {
							t.Error("accepted after all")
						}
					}
				})
			})
		}
	}
}

func TestOfferDecision_inTheHandler(t *testing.T) {
	for _, c := range []struct {
		rule   string
		handle func(*RTCSession, *OfferDecision)
		trace  string
	}{
		{"accepted at once", func(_ *RTCSession, p *OfferDecision) { _ = p.Accept() }, "peer answer\n>> 200 INVITE"},
		{"rejected at once", func(_ *RTCSession, p *OfferDecision) { _ = p.Reject(488, ReplyOptions{}) }, ">> 488 INVITE"},
		{"deferred and accepted", func(_ *RTCSession, p *OfferDecision) { p.Defer(); _ = p.Accept() }, "peer answer\n>> 200 INVITE"},
		{"the call is ended", func(s *RTCSession, _ *OfferDecision) { _ = s.Terminate(TerminateOptions{}) }, ">> BYE\n>> 487 INVITE\nevent Ended local Terminated 0\npeer close"},
		{"nothing at all", func(*RTCSession, *OfferDecision) {}, "peer answer\n>> 200 INVITE"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := s.answeredOut()
				s.onEvent = func(e Event) {
					if e, ok := e.(Reinvite); ok {
						c.handle(session, e.OfferDecision)
					}
				}
				s.receive(s.request(sip.INVITE, sdp(farSDP)))
				s.expect("<< INVITE\n>> 100 INVITE\nevent Reinvite\n" + c.trace)
			})
		})
	}
}

// Who gives his re-INVITE up gets 487 while it is undecided (RFC 3261 §9.2).
func TestOfferDecision_canceled(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.answeredOut()
		decision := s.deferOffers()
		invite := s.request(sip.INVITE)
		s.receive(invite)
		s.forget()
		s.receive(cancelOf(invite))
		s.expect("<< CANCEL", ">> 200 CANCEL", ">> 487 INVITE")
		s.do(func() {
			if decision().Accept() == nil {
				t.Error("accepted")
			}
		})
		s.receive(s.ackTo(invite, func(c *sip.Common) { c.Via = invite.Via }))
		s.onEvent = func(Event) {}
		second := s.request(sip.INVITE)
		s.receive(second)
		s.forget()
		s.receive(cancelOf(second)) // too late
		s.expect("<< CANCEL", ">> 200 CANCEL")
	})
}
