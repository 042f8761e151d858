package ua

import (
	"errors"
	"testing"
	"time"

	"webphone/phone/sip"
)

// Flow 18 of JsSIP's reference: SUBSCRIBE, 2xx, NOTIFY, un-SUBSCRIBE, last
// NOTIFY.
func TestSubscriber_flow18(t *testing.T) {
	play(t, nil, func(s *scene) {
		one := s.subscribe(SubscribeOptions{})
		s.expect(">> SUBSCRIBE")
		s.granted("900")
		s.expect("<< 200 SUBSCRIBE", "event SubscriptionAccepted")
		s.notify("bob", "pending;expires=900")
		s.expect("<< NOTIFY", ">> 200 NOTIFY", "event SubscriptionPending")
		s.notify("bob", "active;expires=890", body("text/plain", "rain"))
		s.expect("<< NOTIFY", ">> 200 NOTIFY", "event SubscriptionActive", `event SubscriptionNotify text/plain "rain"`)
		s.do(func() { _ = one.Terminate([]byte("bye")) })
		s.expect(">> SUBSCRIBE")
		if r := s.last(sip.SUBSCRIBE); r.Headers.Get("Expires") != "0" || string(r.Body) != "bye" || r.To.Tag() != "bob" {
			t.Errorf("un-SUBSCRIBE %s", r.Bytes())
		}
		s.granted("0")
		s.expect("<< 200 SUBSCRIBE")
		s.notify("bob", "terminated;reason=timeout", body("text/plain", "sun"))
		s.expect("<< NOTIFY", ">> 200 NOTIFY", `event SubscriptionNotify final text/plain "sun"`,
			"event SubscriptionTerminated final NOTIFY timeout")
		s.leftNothing()
	})
}

// leftNothing checks that no dialog, transaction or subscription is left.
func (s *scene) leftNothing() {
	s.t.Helper()
	s.do(func() {
		u := s.ua
		if len(u.dialogs)+len(u.tx.clients)+len(u.tx.others)+u.eventing.size() != 0 {
			s.t.Errorf("left: dialogs %v, transactions %v %v, %+v", u.dialogs, u.tx.clients, u.tx.others, u.eventing)
		}
	})
}

func TestSubscriber_request(t *testing.T) {
	play(t, func(c *Config) { c.UsePreloadedRoute = true }, func(s *scene) {
		s.do(func() {
			one, err := s.ua.Subscribe("bob", "Presence;id=7", "application/pidf+xml, text/plain", SubscribeOptions{
				Expires: time.Hour, Body: []byte("<filter/>"), ContentType: "application/simple-filter+xml", AllowEvents: "presence",
				From: addr("\"Al\" <sip:al@elsewhere.example>"), ExtraHeaders: []sip.Header{{Name: "X-One", Value: "1"}},
			})
			if err != nil || one.Event() != "presence;id=7" || one.Target().String() != "sip:bob@example.com" || one.ID() == "" || one.Request() == nil {
				t.Errorf("%+v %v", one, err)
			}
		})
		r := s.last(sip.SUBSCRIBE)
		for name, want := range map[string]string{
			"Event": "presence;id=7", "Expires": "3600", "Accept": "application/pidf+xml, text/plain", "X-One": "1",
			"Contact": "<sip:alice1@contact.invalid;transport=ws;ob>", "Allow-Events": "presence", "Max-Forwards": "69",
			"Content-Type": "application/simple-filter+xml", "Route": "<sip:server.example.com;transport=ws;lr>",
		} {
			if got := r.Headers.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if r.From.URI.String() != "sip:al@elsewhere.example" || r.From.DisplayName != "Al" || r.To.URI.String() != "sip:bob@example.com" ||
			r.RequestURI.String() != "sip:bob@example.com" || string(r.Body) != "<filter/>" || r.To.Tag() != "" {
			t.Errorf("%s", r.Bytes())
		}
	})
}

func TestSubscribe_refused(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.do(func() {
			for _, event := range []string{"", "a b", ";id=1"} {
				if _, err := s.ua.Subscribe("bob", event, "", SubscribeOptions{}); !errors.Is(err, ErrBadEvent) {
					t.Errorf("%q: %v", event, err)
				}
			}
			if _, err := s.ua.Subscribe("bob@", "presence", "", SubscribeOptions{}); err == nil {
				t.Error("a bad target")
			}
			s.ua.Stop(nil)
			if _, err := s.ua.Subscribe("bob", "presence", "", SubscribeOptions{}); !errors.Is(err, ErrStopped) {
				t.Errorf("stopped: %v", err)
			}
		})
	})
}

// JsSIP schedules another SUBSCRIBE after the 200 to its un-SUBSCRIBE, as its
// Expires 0 becomes the default, and has no timer N.
func TestB12_unsubscribeIsTheEnd(t *testing.T) {
	for _, c := range []struct {
		rule  string
		final bool
		want  []string
	}{
		{"with a last NOTIFY (RFC 6665 §4.1.2.3)", true, []string{"<< NOTIFY", ">> 200 NOTIFY", "event SubscriptionTerminated final NOTIFY timeout"}},
		{"without one, by timer N", false, []string{"event SubscriptionTerminated un-SUBSCRIBE timeout"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				one := s.subscribed(SubscribeOptions{})
				s.do(func() { _ = one.Terminate(nil) })
				s.granted("0")
				s.forget()
				if c.final {
					s.notify("bob", "terminated;reason=timeout")
				}
				s.pass(24 * time.Hour)
				s.expect(c.want...)
				s.leftNothing()
			})
		})
	}
	t.Run("a NOTIFY that is not the last does not prolong it", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			one := s.subscribed(SubscribeOptions{})
			s.do(func() { _ = one.Terminate(nil) })
			s.granted("0")
			s.notify("bob", "active")
			s.forget()
			s.pass(timerN)
			s.expect("event SubscriptionTerminated un-SUBSCRIBE timeout")
		})
	})
	t.Run("a refresh that is granted no time waits for the last NOTIFY only", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			one := s.subscribed(SubscribeOptions{Once: true})
			s.do(func() { _ = one.Subscribe(nil) })
			s.granted("0")
			s.forget()
			s.pass(24 * time.Hour)
			s.expect("event SubscriptionTerminated wrong OK")
		})
	})
	t.Run("unless a NOTIFY gives some", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.subscribe(SubscribeOptions{})
			s.granted("0")
			s.notify("bob", "active")
			s.notify("bob", "active;expires=100")
			s.forget()
			s.pass(95 * time.Second)
			s.expect(">> SUBSCRIBE")
		})
	})
}

// JsSIP answers a NOTIFY that overtakes the 2xx with 481 and does not know
// forks.
func TestB13_notifyBeforeTheOK(t *testing.T) {
	play(t, nil, func(s *scene) {
		one := s.subscribe(SubscribeOptions{})
		s.do(func() { _ = one.Subscribe([]byte("filter")) })
		s.expect(">> SUBSCRIBE")
		s.notify("bob", "active;expires=600", body("text/plain", "rain"))
		s.expect("<< NOTIFY", ">> 200 NOTIFY", "event SubscriptionAccepted", "event SubscriptionActive",
			`event SubscriptionNotify text/plain "rain"`)
		first := s.last(sip.SUBSCRIBE)
		s.granted("600")
		s.expect("<< 200 SUBSCRIBE", ">> SUBSCRIBE") // what was queued
		if r := s.last(sip.SUBSCRIBE); r.CSeq.Seq != first.CSeq.Seq+1 || r.To.Tag() != "bob" || string(r.Body) != "filter" ||
			r.RequestURI.String() != "sip:bob@bob.invalid;transport=ws" {
			t.Errorf("%s", r.Bytes())
		}
	})
}

func TestSubscriber_forks(t *testing.T) {
	t.Run("each is a subscription of its own (RFC 6665 §4.1.4)", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			var forked SubscriptionForked
			s.onEvent = func(e Event) {
				if e, ok := e.(SubscriptionForked); ok {
					forked = e
				}
			}
			one := s.subscribe(SubscribeOptions{})
			s.granted("900")
			s.notify("bob", "active")
			first := s.last(sip.SUBSCRIBE)
			s.notify("carol", "pending", body("text/plain", "snow"))
			s.expect(">> SUBSCRIBE", "<< 200 SUBSCRIBE", "event SubscriptionAccepted", "<< NOTIFY", ">> 200 NOTIFY", "event SubscriptionActive",
				"<< NOTIFY", "event SubscriptionForked", ">> 200 NOTIFY", "event SubscriptionPending", `event SubscriptionNotify text/plain "snow"`)
			fork := forked.Fork
			if forked.Subscriber != one || s.stateOf(fork) != SubscriberPending || fork.ID() != one.ID() || s.stateOf(one) != SubscriberActive {
				t.Fatalf("%+v", forked)
			}
			s.do(func() { _ = fork.Terminate(nil) })
			if r := s.last(sip.SUBSCRIBE); r.To.Tag() != "carol" || r.CSeq.Seq <= first.CSeq.Seq {
				t.Errorf("%s", r.Bytes())
			}
			s.notify("carol", "terminated;reason=deactivated")
			if s.stateOf(fork) != SubscriberTerminated || s.stateOf(one) != SubscriberActive {
				t.Errorf("%v %v", s.stateOf(fork), s.stateOf(one))
			}
		})
	})
	t.Run("they end with the SUBSCRIBE that made them", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.subscribed(SubscribeOptions{})
			s.notify("carol", "active")
			s.notify("bob", "terminated;reason=deactivated")
			s.expect("<< NOTIFY", "event SubscriptionForked", ">> 200 NOTIFY", "event SubscriptionActive",
				"<< NOTIFY", ">> 200 NOTIFY", ">> SUBSCRIBE", "event SubscriptionLost final NOTIFY deactivated now", ">> SUBSCRIBE")
		})
	})
	t.Run("a new connection ends those whose SUBSCRIBE is gone", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.subscribed(SubscribeOptions{})
			s.notify("carol", "active")
			s.notify("bob", "terminated;reason=noresource")
			s.forget()
			s.disconnect()
			s.connect()
			s.expect("event Disconnected", "event Connected", "event SubscriptionTerminated transport error")
		})
	})
	t.Run("refused where the package knows one notifier (RFC 3856 §6.9)", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.do(func() { _, _ = s.ua.Subscribe("bob", "presence", "", SubscribeOptions{}) })
			s.notify("bob", "active", header("Event", "presence"))
			s.forget()
			s.notify("carol", "active", header("Event", "presence"))
			s.expect("<< NOTIFY", ">> 481 NOTIFY")
		})
	})
	t.Run("none is taken 64*T1 after the SUBSCRIBE", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.subscribed(SubscribeOptions{})
			s.pass(timerN)
			s.notify("carol", "active")
			s.expect("<< NOTIFY", ">> 481 NOTIFY")
		})
	})
}

func TestSubscriber_tooBrief(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.subscribe(SubscribeOptions{Expires: time.Minute})
		s.answer(s.last(sip.SUBSCRIBE), 423, header("Min-Expires", "300"))
		if got := s.last(sip.SUBSCRIBE).Headers.Get("Expires"); got != "300" {
			t.Errorf("Expires %s", got)
		}
	})
}

// RFC 6665 §4.1.3: what the reason of the last NOTIFY says about another
// SUBSCRIBE.
func TestSubscriber_reasons(t *testing.T) {
	const never = -1
	for _, c := range []struct {
		state    string
		min, max time.Duration // until the next SUBSCRIBE
	}{
		{"terminated;reason=deactivated", 0, 0},
		{"terminated;reason=timeout", 0, 0},
		{"terminated;reason=probation;retry-after=120", 120 * time.Second, 121 * time.Second},
		{"terminated;reason=probation", 15 * time.Second, 31 * time.Second},
		{"terminated;reason=giveup;retry-after=90", 90 * time.Second, 91 * time.Second},
		{"terminated;reason=giveup", 15 * time.Second, 31 * time.Second},
		{"terminated;reason=rejected;retry-after=90", never, never},
		{"terminated;reason=noresource;retry-after=90", never, never},
		{"terminated;reason=invariant", never, never},
		{"terminated;reason=fancy;retry-after=77", 77 * time.Second, 78 * time.Second},
		{"terminated", 15 * time.Second, 31 * time.Second},
	} {
		t.Run(c.state, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				one := s.subscribed(SubscribeOptions{})
				before := s.last(sip.SUBSCRIBE)
				s.pass(time.Minute)
				s.notify("bob", c.state)
				switch {
				case c.max == never:
					s.pass(24 * time.Hour)
					if s.stateOf(one) != SubscriberTerminated || s.last(sip.SUBSCRIBE).CallID != before.CallID {
						t.Errorf("state %v", s.stateOf(one))
					}
					return
				case c.max > 0:
					if took := s.until(sip.SUBSCRIBE, time.Hour); took < c.min || took > c.max {
						t.Errorf("after %v", took)
					}
				}
				if r := s.last(sip.SUBSCRIBE); r.CallID == before.CallID || r.To.Tag() != "" || s.stateOf(one) != SubscriberWaitingNotify {
					t.Errorf("%v, %s", s.stateOf(one), r.Bytes())
				}
			})
		})
	}
}

// A notifier that ends every subscription at once is asked ever more rarely.
func TestSubscriber_endedAgainAndAgain(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.subscribe(SubscribeOptions{})
		s.notify("bob", "terminated;reason=deactivated")
		for _, least := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute} {
			s.notify("bob", "terminated;reason=deactivated")
			if took := s.until(sip.SUBSCRIBE, time.Hour); took < least {
				t.Errorf("after %v, want %v at least", took, least)
			}
		}
	})
}
