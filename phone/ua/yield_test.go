package ua

import (
	"context"
	"testing"
	"time"

	"webphone/phone/sip"
)

// A hold that waits at a server for a peer that was away: when the peer is
// back and offers anew, ours makes room and is made again.
func TestYield_aHoldThatHasWaitedMakesRoom(t *testing.T) {
	waiting := func(s *scene) (session *RTCSession, first *sip.Request) {
		session = s.answeredOut()
		s.do(func() { session.Hold(func(err error) { s.note("hold done %v", err) }) })
		s.answer(s.last(sip.INVITE), 100)
		s.forget()
		return session, s.last(sip.INVITE)
	}
	t.Run("and is made again", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session, first := waiting(s)
			s.pass(staleOffer)
			s.receive(s.request(sip.INVITE, sdp(farSDP)))
			s.expect("<< INVITE", ">> 100 INVITE", ">> 491 INVITE", ">> CANCEL")
			s.answer(s.last(sip.CANCEL), 200)
			s.answer(first, 487)
			s.expect("<< 200 CANCEL", "<< 487 INVITE", ">> ACK", "peer rollback")
			again := s.request(sip.INVITE, sdp(farSDP))
			s.receive(again)
			s.expect("<< INVITE", ">> 100 INVITE", "event Reinvite", "peer answer", ">> 200 INVITE")
			s.receive(s.ackTo(again))
			s.forget()
			s.pass(5 * time.Second)
			s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
			s.expect("peer offer hold", ">> INVITE", "<< 200 INVITE", ">> ACK", "peer final answer set", "event Held local", "hold done <nil>")
			if held, _ := session.IsOnHold(); !held {
				t.Error("not on hold")
			}
		})
	})
	t.Run("not in an ordinary glare", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			waiting(s)
			s.pass(staleOffer - time.Millisecond)
			s.receive(s.request(sip.INVITE, sdp(farSDP)))
			s.expect("<< INVITE", ">> 100 INVITE", ">> 491 INVITE")
		})
	})
	for _, c := range []struct {
		rule  string
		upset func(*scene, *sip.Request)
		want  []string
	}{
		{"the call outlives a server that finds nobody", func(s *scene, r *sip.Request) { s.answer(r, 408) }, []string{
			"<< 408 INVITE", ">> ACK", "peer rollback", "hold done Unavailable (408 Request Timeout)",
		}},
		{"the call outlives a server that says nothing", func(s *scene, _ *sip.Request) { s.pass(timerB) }, []string{
			"peer rollback", "hold done Request Timeout: no response",
		}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session, first := waiting(s)
				s.pass(staleOffer)
				s.receive(s.request(sip.INVITE, sdp(farSDP)))
				s.forget()
				c.upset(s, first)
				s.expect(c.want...)
				if session.IsEnded() || !session.IsReadyToReOffer() {
					t.Errorf("state %v, ready %v", session.Status(), session.IsReadyToReOffer())
				}
			})
		})
	}
}

// A server that says it is trying, and nothing more: the user is told that the
// hold came to nothing, and may ask again.
func TestYield_anOfferThatNobodyDecidesAbout(t *testing.T) {
	for _, c := range []struct {
		rule  string
		upset func(*scene, *sip.Request)
		want  []string
	}{
		{"CANCEL is answered", func(s *scene, r *sip.Request) {
			s.answer(s.last(sip.CANCEL), 200)
			s.answer(r, 487)
		}, []string{"<< 200 CANCEL", "<< 487 INVITE", ">> ACK", "peer rollback", "hold done SIP Failure Code (487 Request Terminated)"}},
		{"CANCEL is not", func(s *scene, _ *sip.Request) { s.pass(timerB) }, []string{
			"peer rollback", "hold done Request Timeout: no response",
		}},
		{"it crosses the answer", func(s *scene, r *sip.Request) { s.answer(r, 200, sdp(farSDP)) }, []string{
			"<< 200 INVITE", ">> ACK", "peer final answer set", "event Held local", "hold done <nil>",
		}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := s.answeredOut()
				s.do(func() { session.Hold(func(err error) { s.note("hold done %v", err) }) })
				first := s.last(sip.INVITE)
				s.answer(first, 100)
				s.pass(offerPatience - time.Second)
				s.forget()
				s.pass(time.Second)
				s.expect(">> CANCEL")
				c.upset(s, first)
				s.expect(c.want...)
				s.pass(5 * time.Minute)
				s.expect()
				if session.IsEnded() || !session.IsReadyToReOffer() {
					t.Errorf("state %v, ready %v", session.Status(), session.IsReadyToReOffer())
				}
			})
		})
	}
}

// What is given up while its token is fetched has an end too, or the peer
// would never be let offer again.
func TestYield_whileTheTokenIsFetched(t *testing.T) {
	slow := make(chan struct{})
	var wait bool
	source := func(context.Context) (string, error) {
		if wait {
			<-slow
		}
		return jwt(time.Now().Add(time.Minute)), nil
	}
	play(t, func(c *Config) { c.Password, c.TokenSource = "", source }, func(s *scene) {
		slow = make(chan struct{}) // of this bubble
		session := s.answeredOut()
		s.peers[0].options.Events.Connected()
		s.pass(time.Minute)
		wait = true
		s.peers[0].options.Events.Failed(pathLost())
		s.forget()
		s.receive(s.request(sip.INVITE, sdp(farSDP)))
		s.expect("<< INVITE", ">> 100 INVITE", ">> 491 INVITE")
		wait = false
		close(slow)
		s.expect("peer rollback")
		s.receive(s.request(sip.INVITE, sdp(farSDP)))
		s.expect("<< INVITE", ">> 100 INVITE", "event Reinvite", "peer answer", ">> 200 INVITE")
		if session.IsEnded() {
			t.Error("ended")
		}
	})
}
