package ua

import (
	"testing"
	"time"

	"webphone/phone/sip"
)

// What we ask for while their offer is answered follows at its end, however it
// ends.
func TestReoffered_oursFollows(t *testing.T) {
	ackNow := func(s *scene, invite *sip.Request) { s.receive(s.ackTo(invite, sdp(farSDP))) }
	for _, c := range []struct {
		rule   string
		method sip.Method
		offer  bool
		media  fakeMedia
		then   func(*scene, *sip.Request)
		trace  string
	}{
		{"re-INVITE acknowledged", sip.INVITE, true, fakeMedia{}, ackNow, ">> 200 INVITE\n<< ACK\npeer offer hold\n>> INVITE"},
		{"re-INVITE refused", sip.INVITE, true, fakeMedia{answer: ErrIncompatibleSDP}, nil, ">> 488 INVITE\npeer rollback\npeer offer hold"},
		{"offerless acknowledged", sip.INVITE, false, fakeMedia{}, ackNow, ">> 200 INVITE\n<< ACK\npeer final answer set\npeer offer hold\n>> INVITE"},
		{"offerless with a bad answer", sip.INVITE, false, fakeMedia{setAnswer: ErrIncompatibleSDP}, ackNow, ">> 200 INVITE\n<< ACK\npeer final answer set\npeer rollback\npeer offer hold\n>> INVITE"},
		{"offerless without our offer", sip.INVITE, false, fakeMedia{offer: ErrUserDenied}, nil, ">> 480 INVITE\npeer offer hold"},
		{"UPDATE", sip.UPDATE, true, fakeMedia{}, nil, ">> 200 UPDATE\npeer offer hold"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := s.answeredOut()
				c.media.delay = time.Second
				s.do(func() { s.media = c.media })
				r := s.request(c.method)
				if c.offer {
					sdp(farSDP)(&r.Common)
				}
				s.receive(r)
				s.do(func() {
					if session.IsReadyToReOffer() {
						t.Error("ready while their offer is answered")
					}
					session.Hold(nil)
				})
				second := s.request(sip.INVITE, sdp(farSDP)) // RFC 3261 §14.2
				s.receive(second)
				if got := s.lastResponse().StatusCode; got != 500 {
					t.Errorf("a second offer answered %d", got)
				}
				s.receive(s.ackTo(second, func(c *sip.Common) { c.Via = second.Via }))
				s.forget()
				s.pass(time.Second)
				if c.then != nil {
					s.do(func() { s.media.delay = 0 })
					c.then(s, r)
				}
				s.expectAnyOrder(c.trace)
			})
		})
	}
}

func TestReoffered_tooSmallAnInterval(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.answeredOut()
		for _, m := range []sip.Method{sip.INVITE, sip.UPDATE} {
			s.receive(s.request(m, sdp(farSDP), asJsSIP("60")))
			res := s.lastResponse()
			if res.StatusCode != 422 || res.Headers.Get("Min-SE") != "90" {
				t.Errorf("%s answered\n%s", m, res.Bytes())
			}
		}
	})
}

// The consumer may end the call when it hears of the hold; their INVITE still
// needs an answer.
func TestReoffered_callEndedByTheConsumerOfHeld(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.onEvent = func(e Event) {
			if _, ok := e.(Held); ok {
				_ = session.Terminate(TerminateOptions{})
			}
		}
		s.receive(s.request(sip.INVITE, sdp(holdSDP)))
		s.expect(`
			<< INVITE
			>> 100 INVITE
			event Reinvite
			peer answer
			event Held remote
			>> BYE
			event Ended local Terminated 0
			>> 487 INVITE
			peer close`)
	})
}

// A re-INVITE that says nothing of the timer leaves it and its refresher as
// they are (RFC 4028 §9).
func TestSessionTimer_reinviteWithoutSessionExpires(t *testing.T) {
	for _, c := range []struct {
		rule string
		call func(*scene) *RTCSession
		want string
	}{
		{"we refresh", func(s *scene) *RTCSession { return s.answeredIn(asJsSIP("120")) }, "120;refresher=uas"},
		{"they refresh", func(s *scene) *RTCSession { return s.answeredOut(asJsSIP("120;refresher=uas")) }, "120;refresher=uac"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := c.call(s)
				invite := s.request(sip.INVITE, sdp(farSDP), asJsSIP(""))
				s.receive(invite)
				if got := s.lastResponse().Headers.Get("Session-Expires"); got != c.want {
					t.Errorf("Session-Expires %q, want %q", got, c.want)
				}
				s.receive(s.ackTo(invite))
				s.do(func() {
					if want := c.rule == "we refresh"; session.timer.weRefresh != want || session.timer.interval != 120*time.Second {
						t.Errorf("%+v", session.timer.agreedTimer)
					}
				})
			})
		})
	}
	t.Run("a peer that lost UPDATE is refreshed by re-INVITE", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredIn(asJsSIP("90"))
			invite := s.request(sip.INVITE, sdp(farSDP), asJsSIP("90;refresher=uas"), header("Allow", "INVITE, ACK, BYE"))
			s.receive(invite)
			s.receive(s.ackTo(invite))
			s.forget()
			s.pass(45 * time.Second)
			s.expect("peer offer", ">> INVITE")
		})
	})
}
