package ua

import (
	"testing"
	"time"

	"webphone/phone/sip"
)

// Timers stand still while the machine sleeps: what the registrar granted may
// be over, on a connection that lives.
func TestWoke_registration(t *testing.T) {
	registered := func(s *scene) {
		s.answer(s.last(sip.REGISTER), 200, ours(600))
		s.forget()
	}
	for _, c := range []struct {
		rule   string
		set    func(*Config)
		before func(*scene)
		want   []string
	}{
		{"is refreshed at once (RFC 3261 §10.2.4)", nil, registered, []string{">> REGISTER"}},
		{"is not refreshed without a connection", nil, func(s *scene) { registered(s); s.disconnect(); s.forget() }, nil},
		{"is not made where none is wanted", nil, func(s *scene) {
			registered(s)
			s.do(func() { s.ua.Unregister(false) })
			s.answer(s.last(sip.REGISTER), 200)
			s.forget()
		}, nil},
		{"is not asked for again after wrong credentials", nil, func(s *scene) {
			s.answer(s.last(sip.REGISTER), 403)
			s.forget()
		}, nil},
		{"keeps the registrar's wait", nil, func(s *scene) {
			s.answer(s.last(sip.REGISTER), 503, header("Retry-After", "100"))
			s.forget()
		}, nil},
		{
			"is left to the user where that is configured", func(c *Config) { c.Refresh = RefreshManually }, registered,
			[]string{"event RegistrationExpiring"},
		},
	} {
		t.Run(c.rule, func(t *testing.T) {
			playRegistering(t, c.set, func(s *scene) {
				c.before(s)
				s.wake()
				s.expect(c.want...)
			})
		})
	}
	t.Run("whose refresh was under way is refreshed again, for that answer may be old", func(t *testing.T) {
		playRegistering(t, nil, func(s *scene) {
			registered(s)
			s.do(s.ua.Register)
			s.wake()
			s.expect(">> REGISTER")
			s.answer(s.last(sip.REGISTER), 200, ours(600))
			s.expect("<< 200 REGISTER", ">> REGISTER")
			s.answer(s.last(sip.REGISTER), 200, ours(600))
			s.expect("<< 200 REGISTER")
		})
	})
	t.Run("that the server has dropped meanwhile is made again", func(t *testing.T) {
		playRegistering(t, nil, func(s *scene) {
			registered(s)
			s.wake()
			s.answer(s.last(sip.REGISTER), 503)
			s.expect(">> REGISTER", "<< 503 REGISTER", "event RegistrationFailed SIP Failure Code 503 retry", "event Unregistered SIP Failure Code")
			s.until(sip.REGISTER, retryBase)
		})
	})
	t.Run("that nobody refreshes ends when it would have", func(t *testing.T) {
		playRegistering(t, func(c *Config) { c.Refresh = RefreshManually }, func(s *scene) {
			registered(s)
			s.pass(100 * time.Second)
			s.wake()
			s.expect("event RegistrationExpiring")
			if got := s.events[len(s.events)-1].(RegistrationExpiring).Left; got != 500*time.Second {
				t.Errorf("%v left", got)
			}
			s.pass(500*time.Second - 1)
			s.expect()
			s.do(func() { s.ua.registrator.end = time.Now() }) // as by the other clock
			s.wake()
			s.expect("event Unregistered Expires")
		})
	})
	t.Run("the wait for the next attempt goes on", func(t *testing.T) {
		playRegistering(t, nil, func(s *scene) {
			s.answer(s.last(sip.REGISTER), 503, header("Retry-After", "100"))
			s.forget()
			s.pass(40 * time.Second)
			s.wake()
			s.pass(60*time.Second - 1)
			s.expect()
			s.pass(1)
			s.expect("event Registering", ">> REGISTER")
		})
	})
}

// What other servers keep for us has grown old as well.
func TestWoke_subscriptionsAndPublications(t *testing.T) {
	t.Run("follow the registration", func(t *testing.T) {
		playRegistering(t, nil, func(s *scene) {
			s.answer(s.last(sip.REGISTER), 200, ours(600))
			s.subscribed(SubscribeOptions{})
			s.published()
			s.forget()
			s.wake()
			s.expect(">> REGISTER")
			s.answer(s.last(sip.REGISTER), 200, ours(600))
			s.expect("<< 200 REGISTER", ">> SUBSCRIBE", ">> PUBLISH")
			if r := s.last(sip.SUBSCRIBE); r.To.Tag() != "bob" {
				t.Errorf("not a refresh:\n%s", r.Bytes())
			}
			if r := s.last(sip.PUBLISH); r.Headers.Get("SIP-If-Match") != "e1" || len(r.Body) != 0 {
				t.Errorf("not a refresh:\n%s", r.Bytes())
			}
			s.do(s.ua.Register) // a later one is like any other
			s.answer(s.last(sip.REGISTER), 200, ours(600))
			s.expect(">> REGISTER", "<< 200 REGISTER")
		})
	})
	t.Run("even where it fails", func(t *testing.T) {
		playRegistering(t, nil, func(s *scene) {
			s.answer(s.last(sip.REGISTER), 200, ours(600))
			s.published()
			s.wake()
			s.answer(s.last(sip.REGISTER), 500)
			s.expect(">> REGISTER", "<< 500 REGISTER", "event RegistrationFailed SIP Failure Code 500 retry", ">> PUBLISH",
				"event Unregistered SIP Failure Code")
		})
	})
	t.Run("do not wait where there is none", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.subscribed(SubscribeOptions{})
			s.published()
			s.wake()
			s.expect(">> SUBSCRIBE", ">> PUBLISH")
		})
	})
	t.Run("that the notifier has forgotten are asked for anew", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.subscribed(SubscribeOptions{})
			s.wake()
			s.answer(s.last(sip.SUBSCRIBE), 481)
			if r := s.last(sip.SUBSCRIBE); r.To.Tag() != "" {
				t.Errorf("not anew:\n%s", r.Bytes())
			}
		})
	})
	t.Run("wait for the connection where it is gone after all", func(t *testing.T) {
		playRegistering(t, nil, func(s *scene) {
			s.answer(s.last(sip.REGISTER), 200, ours(600))
			s.published()
			s.wake()
			s.disconnect()
			s.connect()
			s.forget()
			s.answer(s.last(sip.REGISTER), 200, ours(600))
			s.expect("<< 200 REGISTER", "event Registered", ">> PUBLISH")
		})
	})
}
