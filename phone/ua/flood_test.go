package ua

import (
	"fmt"
	"testing"
	"time"

	"webphone/phone/sip"
)

// Any number of forks is neither remembered nor answered (RFC 3261 §12.1 sets
// no limit, so the agent does).
func TestFlood_forksOfACall(t *testing.T) {
	for _, c := range []struct {
		rule   string
		status int
		mods   []mod
	}{
		{"that ring", 180, nil},
		{"that describe media", 183, []mod{sdp(farSDP)}},
		{"that want PRACK", 183, []mod{sdp(farSDP), header("Require", "100rel"), header("RSeq", "7")}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := s.callOut(CallOptions{})
				invite := s.last(sip.INVITE)
				for i := range 3 * maxForks {
					s.answer(invite, c.status, append([]mod{tag(fmt.Sprint("fork", i))}, c.mods...)...)
				}
				s.do(func() {
					if n := len(s.ua.dialogs); n != maxForks {
						t.Errorf("%d dialogs", n)
					}
				})
				s.answer(invite, 200, sdp(farSDP), tag("late"))
				if session.Status() != StatusConfirmed {
					t.Errorf("state %v", session.Status())
				}
				s.do(func() {
					if n := len(s.ua.dialogs); n != 1 {
						t.Errorf("%d dialogs after the answer", n)
					}
				})
			})
		})
	}
}

func TestFlood_forksThatAnswer(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		invite := s.last(sip.INVITE)
		for i := range 3 * maxForks {
			s.answer(invite, 200, sdp(farSDP), tag(fmt.Sprint("fork", i)))
		}
		s.do(func() {
			if n := len(session.out.acks); n != maxForks || session.IsEnded() {
				t.Errorf("%d ACKs kept, %v", n, session.Status())
			}
		})
	})
}

func TestFlood_forksOfASubscription(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.subscribe(SubscribeOptions{Forks: ForksAccepted})
		for i := range 3 * maxForks {
			s.notify(fmt.Sprint("fork", i), "active;expires=900")
		}
		s.do(func() {
			if n := len(s.ua.eventing.subscribers); n != maxForks+1 {
				t.Errorf("%d subscriptions", n)
			}
		})
		if got := s.lastResponse().StatusCode; got != 481 {
			t.Errorf("the last was answered %d", got)
		}
	})
}

// Who asks for credentials of another realm each time is not answered for
// ever (RFC 3261 §22.2: a repetition must have a chance).
func TestFlood_challenges(t *testing.T) {
	for _, m := range []sip.Method{sip.MESSAGE, sip.BYE} {
		t.Run(string(m), func(t *testing.T) {
			play(t, nil, func(s *scene) {
				if m == sip.BYE {
					session := s.answeredOut()
					s.do(func() { _ = session.Terminate(TerminateOptions{}) })
				} else {
					s.message("bob")
				}
				var last *sip.Request
				sent := 0
				for i := range 100 {
					r := s.last(m)
					if r == last {
						break
					}
					last = r
					sent++
					s.answer(r, 401, header("WWW-Authenticate", sip.NewChallenge(fmt.Sprint("realm", i), "n", "MD5")))
				}
				if sent != maxRounds+1 || len(last.Headers.Values("Authorization")) > maxRounds {
					t.Errorf("sent %d times, the last with %d answers", sent, len(last.Headers.Values("Authorization")))
				}
			})
		})
	}
}

// A shortest time that grows with each refusal is not followed for ever.
func TestFlood_intervalTooBrief(t *testing.T) {
	follow := func(t *testing.T, s *scene, m sip.Method) {
		t.Helper()
		var last *sip.Request
		sent := 0
		for i := range 100 {
			r := s.last(m)
			if r == last {
				break
			}
			last = r
			sent++
			s.answer(r, 423, header("Min-Expires", fmt.Sprint(10000+i)))
		}
		if sent != maxRaise+1 {
			t.Errorf("sent %d times", sent)
		}
	}
	t.Run("SUBSCRIBE", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.subscribe(SubscribeOptions{})
			follow(t, s, sip.SUBSCRIBE)
			s.leftNothing()
			s.forget()
			s.pass(time.Hour)
			s.expect()
		})
	})
	t.Run("PUBLISH", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.do(func() {
				if _, err := s.ua.Publish("presence", "text/plain", []byte("here"), PublishOptions{}); err != nil {
					t.Error(err)
				}
			})
			follow(t, s, sip.PUBLISH)
		})
	})
	t.Run("REGISTER", func(t *testing.T) {
		playRegistering(t, nil, func(s *scene) { follow(t, s, sip.REGISTER) })
	})
}
