package ua

import (
	"testing"
	"time"

	"webphone/phone/sip"
)

// JsSIP's times: e-5 s below 140 s, above e/2 + random*(e/2-70 s).
func TestSubscriber_refreshTimes(t *testing.T) {
	for _, c := range []struct{ granted, min, max time.Duration }{
		{4 * time.Second, 2 * time.Second, 2 * time.Second},
		{20 * time.Second, 15 * time.Second, 15 * time.Second},
		{139 * time.Second, 134 * time.Second, 134 * time.Second},
		{140 * time.Second, 70 * time.Second, 70 * time.Second},
		{900 * time.Second, 450 * time.Second, 830 * time.Second},
	} {
		for range 50 {
			if got := refreshSubscriptionAfter(c.granted); got < c.min || got > c.max {
				t.Errorf("%v refreshed after %v, want %v–%v", c.granted, got, c.min, c.max)
			}
		}
	}
}

func TestSubscriber_refreshes(t *testing.T) {
	play(t, nil, func(s *scene) {
		one := s.subscribed(SubscribeOptions{Body: []byte("filter")})
		for range 3 {
			if took := s.until(sip.SUBSCRIBE, 15*time.Minute); took < 449*time.Second || took > 832*time.Second {
				t.Errorf("after %v", took)
			}
			if r := s.last(sip.SUBSCRIBE); r.To.Tag() != "bob" || r.Headers.Get("Expires") != "900" || len(r.Body) != 0 {
				t.Errorf("%s", r.Bytes())
			}
			s.granted("900")
			s.notify("bob", "active;expires=899")
		}
		if s.stateOf(one) != SubscriberActive {
			t.Errorf("state %v", s.stateOf(one))
		}
	})
	t.Run("sooner when a NOTIFY shortens the time (RFC 6665 §4.1.3)", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.subscribed(SubscribeOptions{})
			s.notify("bob", "active;expires=60")
			s.forget()
			s.pass(55 * time.Second)
			s.expect(">> SUBSCRIBE")
		})
	})
	t.Run("not later when a NOTIFY says more than was granted", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.subscribe(SubscribeOptions{})
			s.granted("60")
			s.notify("bob", "active;expires=3600")
			s.forget()
			s.pass(55 * time.Second)
			s.expect(">> SUBSCRIBE")
		})
	})
	t.Run("204 says that no NOTIFY follows (RFC 5839 §5.1)", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			one := s.subscribed(SubscribeOptions{})
			s.do(func() { _ = one.Subscribe(nil) })
			s.answer(s.last(sip.SUBSCRIBE), 204, header("Expires", "900"))
			s.pass(time.Minute)
			if s.stateOf(one) != SubscriberActive {
				t.Errorf("state %v", s.stateOf(one))
			}
		})
	})
	t.Run("by the notifier's NOTIFY where the SUBSCRIBE has no answer", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			one := s.subscribe(SubscribeOptions{})
			s.notify("bob", "active")
			s.pass(timerN)
			s.until(sip.SUBSCRIBE, 15*time.Minute)
			s.notify("bob", "active")
			s.pass(timerN)
			s.until(sip.SUBSCRIBE, retryBase+time.Second)
			if s.stateOf(one) != SubscriberActive {
				t.Errorf("state %v", s.stateOf(one))
			}
		})
	})
}

// RFC 6665 §4.1.2.2: which failures of a refresh are the end, and that with
// any other the subscription lasts until it expires.
func TestSubscriber_refreshFails(t *testing.T) {
	for _, c := range []struct {
		rule   string
		status int
		mods   []mod
		state  SubscriberState
		within time.Duration // another SUBSCRIBE follows; 0 = none for a minute
	}{
		{"481: asked for anew", 481, nil, SubscriberWaitingNotify, time.Millisecond},
		{"404 is the end", 404, nil, SubscriberTerminated, 0},
		{"489 is the end", 489, nil, SubscriberTerminated, 0},
		{"501 is the end", 501, nil, SubscriberTerminated, 0},
		{"604 is the end", 604, nil, SubscriberTerminated, 0},
		{"480 with Retry-After: asked for anew then", 480, []mod{header("Retry-After", "40")}, SubscriberInit, 41 * time.Second},
		{"500: tried again", 500, nil, SubscriberActive, 31 * time.Second},
		{"503 with Retry-After: tried again then", 503, []mod{header("Retry-After", "50")}, SubscriberActive, 51 * time.Second},
		{"403: valid until it expires", 403, nil, SubscriberActive, 0},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				one := s.subscribed(SubscribeOptions{})
				s.do(func() { _ = one.Subscribe(nil) })
				refresh := s.last(sip.SUBSCRIBE)
				s.answer(refresh, c.status, c.mods...)
				if s.stateOf(one) != c.state {
					t.Fatalf("state %v, want %v", s.stateOf(one), c.state)
				}
				if c.within == 0 {
					s.pass(time.Minute)
					if s.last(sip.SUBSCRIBE) != refresh {
						t.Error("another SUBSCRIBE")
					}
					return
				}
				if c.within > time.Millisecond {
					s.until(sip.SUBSCRIBE, c.within+time.Second)
				}
				if again := s.last(sip.SUBSCRIBE); again == refresh || (c.status == 481 || c.status == 480) == (again.CallID == refresh.CallID) {
					t.Errorf("%s", again.Bytes())
				}
			})
		})
	}
	t.Run("asked for anew once it has expired", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			one := s.subscribed(SubscribeOptions{})
			s.do(func() { _ = one.Subscribe(nil) })
			s.answer(s.last(sip.SUBSCRIBE), 403)
			s.forget()
			s.pass(900 * time.Second)
			s.expect("event SubscriptionLost non-OK response  now", ">> SUBSCRIBE")
		})
	})
}

func TestSubscriber_challenged(t *testing.T) {
	play(t, nil, func(s *scene) {
		one := s.subscribe(SubscribeOptions{})
		challenge := header("WWW-Authenticate", sip.NewChallenge("example.com", "n1", "SHA-256"))
		first := s.last(sip.SUBSCRIBE)
		s.answer(first, 401, challenge)
		second := s.last(sip.SUBSCRIBE)
		verify(t, second, "Authorization", "n1")
		if second.CSeq.Seq != first.CSeq.Seq+1 || second.CallID != first.CallID || second.From.Tag() != first.From.Tag() {
			t.Errorf("%s", second.Bytes())
		}
		// A fork's NOTIFY overtakes a second challenge.
		s.notify("bob", "active")
		s.answer(second, 401, header("WWW-Authenticate", sip.NewChallenge("example.com", "n2", "SHA-256")+", stale=true"))
		third := s.last(sip.SUBSCRIBE)
		s.granted("900")
		s.do(func() { _ = one.Subscribe(nil) })
		if r := s.last(sip.SUBSCRIBE); third.CSeq.Seq != second.CSeq.Seq+1 || r.CSeq.Seq != third.CSeq.Seq+1 {
			t.Errorf("CSeq %d, %d, %d", second.CSeq.Seq, third.CSeq.Seq, r.CSeq.Seq)
		}
	})
}

func TestSubscriber_connectionLost(t *testing.T) {
	t.Run("asked for anew with the body said last", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			one := s.subscribed(SubscribeOptions{})
			s.disconnect()
			s.do(func() { _ = one.Subscribe([]byte("filter")) })
			s.expect("event Disconnected")
			before := s.last(sip.SUBSCRIBE)
			s.connect()
			s.expect("event Connected", "event SubscriptionLost transport error  now", ">> SUBSCRIBE")
			if r := s.last(sip.SUBSCRIBE); string(r.Body) != "filter" || r.CallID == before.CallID {
				t.Errorf("%s", r.Bytes())
			}
			s.granted("900")
			s.notify("bob", "active")
			s.expect("<< 200 SUBSCRIBE", "event SubscriptionAccepted", "<< NOTIFY", ">> 200 NOTIFY", "event SubscriptionActive")
		})
	})
	t.Run("an un-SUBSCRIBE waits for the connection", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			one := s.subscribed(SubscribeOptions{})
			s.disconnect()
			s.do(func() { _ = one.Terminate(nil) })
			s.forget()
			s.pass(time.Hour)
			s.connect()
			s.expect("event Connected", ">> SUBSCRIBE")
			s.answer(s.last(sip.SUBSCRIBE), 481)
			s.expect("<< 481 SUBSCRIBE", "event SubscriptionTerminated non-OK response")
			s.leftNothing()
		})
	})
	t.Run("once only: the initial SUBSCRIBE fails", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.disconnect()
			s.forget()
			s.subscribe(SubscribeOptions{Once: true})
			s.expect("event SubscriptionTerminated transport error")
			s.leftNothing()
		})
	})
	t.Run("once only: a refresh fails", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			one := s.subscribed(SubscribeOptions{Once: true})
			s.do(func() { _ = one.Subscribe(nil) })
			s.disconnect()
			s.expect(">> SUBSCRIBE", "event SubscriptionTerminated transport error", "event Disconnected")
		})
	})
	t.Run("a message that cannot be sent is tried again", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			one := s.subscribed(SubscribeOptions{})
			s.do(func() { s.sendError = errNotConnected; _ = one.Subscribe(nil) })
			s.do(func() { s.sendError = nil })
			s.until(sip.SUBSCRIBE, retryBase+2*time.Second)
			if s.stateOf(one) != SubscriberActive {
				t.Errorf("state %v", s.stateOf(one))
			}
		})
	})
}

// What the user does inside an event holds.
func TestSubscriber_endedInEvents(t *testing.T) {
	for name, is := range map[string]func(Event) bool{
		"accepted": func(e Event) bool { _, ok := e.(SubscriptionAccepted); return ok },
		"active":   func(e Event) bool { _, ok := e.(SubscriptionActive); return ok },
		"notify":   func(e Event) bool { _, ok := e.(SubscriptionNotify); return ok },
		"lost":     func(e Event) bool { _, ok := e.(SubscriptionLost); return ok },
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				one := s.subscribe(SubscribeOptions{})
				s.onEvent = func(e Event) {
					if is(e) {
						_ = one.Terminate(nil)
					}
				}
				s.granted("900")
				s.notify("bob", "active", body("text/plain", "rain"))
				s.notify("bob", "terminated;reason=deactivated")
				s.pass(time.Minute)
				if s.stateOf(one) != SubscriberTerminated {
					t.Errorf("state %v", s.stateOf(one))
				}
				s.leftNothing()
			})
		})
	}
}

// Stop waits for the last NOTIFY, as long as its grace lasts.
func TestSubscriber_stop(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.subscribed(SubscribeOptions{})
		stopped := false
		s.do(func() { s.ua.Stop(func() { stopped = true }) })
		s.granted("0")
		s.expect(">> SUBSCRIBE", "<< 200 SUBSCRIBE")
		if stopped {
			t.Fatal("before the last NOTIFY")
		}
		s.notify("bob", "terminated;reason=timeout")
		s.expect("<< NOTIFY", ">> 200 NOTIFY", "event SubscriptionTerminated final NOTIFY timeout", "event Disconnected")
		if !stopped {
			t.Error("not stopped")
		}
	})
}

// The route of a subscription is what the NOTIFY recorded, else the 2xx.
func TestSubscriber_route(t *testing.T) {
	record := header("Record-Route", "<sip:p1.example.com;lr>, <sip:p2.example.com;lr>")
	for _, c := range []struct {
		rule       string
		ok, notify mod
		first      bool // the NOTIFY comes before the 2xx
		want       string
	}{
		{"as recorded in the NOTIFY (RFC 6665 §4.4.1)", without("X"), record, false, "<sip:p1.example.com;lr>"},
		{"of the 2xx, turned round", record, without("X"), false, "<sip:p2.example.com;lr>"},
		{"of a 2xx that comes later", record, without("X"), true, "<sip:p2.example.com;lr>"},
		{"none", without("X"), without("X"), false, ""},
		{"one that is not understood is none: 400", without("X"), header("Record-Route", "<<"), false, "-"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				one := s.subscribe(SubscribeOptions{})
				ok := func() {
					s.answer(s.last(sip.SUBSCRIBE), 200, header("Expires", "900"), contactURI("sip:bob2@bob.invalid;transport=ws"), c.ok)
				}
				if !c.first {
					ok()
				}
				s.notify("bob", "active", c.notify)
				if c.first {
					ok()
				}
				if c.want == "-" {
					if got := s.lastResponse().StatusCode; got != 400 || s.stateOf(one) != SubscriberWaitingNotify {
						t.Errorf("answered %d, %v", got, s.stateOf(one))
					}
					return
				}
				s.do(func() { _ = one.Subscribe(nil) })
				if got := s.last(sip.SUBSCRIBE).Headers.Get("Route"); got != c.want {
					t.Errorf("Route %q, want %q", got, c.want)
				}
			})
		})
	}
}

func TestSubscriber_names(t *testing.T) {
	for got, want := range map[string]string{
		SubscriberWaitingNotify.String():   "waiting for NOTIFY",
		SubscriberState(9).String():        "SubscriberState(9)",
		SubscriptionWrongNotify.String():   "wrong NOTIFY",
		SubscriptionCode(99).String():      "SubscriptionCode(99)",
		SubscriptionFinalNotify.String():   "final NOTIFY",
		(eventName{"dialog", ""}).String(): "dialog",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if SubscriptionFinalNotify != 6 || SubscriptionWrongNotify != 7 || SubscriberWaitingNotify != 4 {
		t.Error("the numbers are not JsSIP's")
	}
}

// A NOTIFY that leaves less time, after the end was asked for, is not the last
// one: timer N goes on.
func TestSubscriber_shortenedWhileItEnds(t *testing.T) {
	play(t, nil, func(s *scene) {
		one := s.subscribed(SubscribeOptions{})
		s.do(func() { _ = one.Terminate(nil) })
		s.granted("0")
		s.pass(timerN - time.Second)
		s.notify("bob", "active;expires=60")
		s.forget()
		s.pass(time.Second)
		s.expect("event SubscriptionTerminated un-SUBSCRIBE timeout")
		s.leftNothing()
	})
}
