package ua

import (
	"fmt"
	"testing"

	"webphone/phone/sip"
)

// TestSubscriber_states tries every input in every state.
func TestSubscriber_states(t *testing.T) {
	offline := func(s *scene) *Subscriber {
		s.disconnect()
		return s.subscribe(SubscribeOptions{})
	}
	states := []situation[*Subscriber]{
		{"init, without a connection", offline},
		{"init, lost and waiting to ask anew", func(s *scene) *Subscriber {
			one := s.subscribe(SubscribeOptions{})
			s.answer(s.last(sip.SUBSCRIBE), 503, header("Retry-After", "20"))
			return one
		}},
		{"waiting for NOTIFY, no answer yet", func(s *scene) *Subscriber { return s.subscribe(SubscribeOptions{}) }},
		{"waiting for NOTIFY, accepted", func(s *scene) *Subscriber {
			one := s.subscribe(SubscribeOptions{})
			s.granted("900")
			return one
		}},
		{"waiting for NOTIFY, ending", func(s *scene) *Subscriber {
			one := s.subscribe(SubscribeOptions{})
			s.do(func() { _ = one.Terminate(nil) })
			return one
		}},
		{"active before the 2xx", func(s *scene) *Subscriber {
			one := s.subscribe(SubscribeOptions{})
			s.notify("bob", "active;expires=900")
			return one
		}},
		{"pending", func(s *scene) *Subscriber {
			one := s.subscribe(SubscribeOptions{})
			s.granted("900")
			s.notify("bob", "pending")
			return one
		}},
		{"active", func(s *scene) *Subscriber { return s.subscribed(SubscribeOptions{}) }},
		{"active, once only", func(s *scene) *Subscriber { return s.subscribed(SubscribeOptions{Once: true}) }},
		{"active, refreshing", func(s *scene) *Subscriber {
			one := s.subscribed(SubscribeOptions{})
			s.do(func() { _ = one.Subscribe(nil) })
			return one
		}},
		{"active, ending", func(s *scene) *Subscriber {
			one := s.subscribed(SubscribeOptions{})
			s.do(func() { _ = one.Terminate(nil) })
			return one
		}},
		{"terminated", func(s *scene) *Subscriber {
			one := s.subscribed(SubscribeOptions{})
			s.notify("bob", "terminated;reason=noresource")
			return one
		}},
	}
	matrix(t, "subscriber.txt", states, subscriberInputs(), func(s *Subscriber) string {
		if s.ending && s.state != SubscriberTerminated {
			return fmt.Sprint(s.state, ", ending")
		}
		return s.state.String()
	})
}

func subscriberInputs() []input[*Subscriber] {
	inputs := []input[*Subscriber]{
		{"user subscribes", func(s *scene, one *Subscriber) { s.do(func() { _ = one.Subscribe([]byte("filter")) }) }},
		{"user terminates", func(s *scene, one *Subscriber) { s.do(func() { _ = one.Terminate(nil) }) }},
		{"64*T1 pass", func(s *scene, _ *Subscriber) { s.pass(timerN) }},
		{"time to refresh", func(s *scene, one *Subscriber) { s.do(one.refresh) }},
		{"connection lost", func(s *scene, _ *Subscriber) { s.disconnect() }},
		{"connection lost and back", func(s *scene, _ *Subscriber) { s.disconnect(); s.connect() }},
		{"agent stopped", func(s *scene, _ *Subscriber) { s.do(func() { s.ua.Stop(nil) }); s.pass(stopGrace) }},
	}
	answered := func(name string, status int, mods ...mod) {
		inputs = append(inputs, input[*Subscriber]{name, func(s *scene, _ *Subscriber) {
			if last := s.sentSubscribe(); last != nil {
				s.answer(last, status, mods...)
			}
		}})
	}
	answered("200", 200, header("Expires", "900"))
	answered("200 with Expires 0", 200, header("Expires", "0"))
	answered("408", 408)
	answered("423 with more", 423, header("Min-Expires", "1800"))
	answered("423 with nothing", 423)
	answered("481", 481)
	answered("403", 403)
	answered("401", 401)
	answered("500", 500)
	answered("503 with Retry-After", 503, header("Retry-After", "20"))
	notified := func(name, tag, state string, mods ...mod) {
		inputs = append(inputs, input[*Subscriber]{name, func(s *scene, _ *Subscriber) {
			if s.sentSubscribe() != nil {
				s.notify(tag, state, mods...)
			}
		}})
	}
	notified("NOTIFY pending", "bob", "pending;expires=900")
	notified("NOTIFY active", "bob", "active;expires=900", body("text/plain", "rain"))
	notified("NOTIFY of a state we do not know", "bob", "waiting", body("text/plain", "rain"))
	notified("NOTIFY of another fork", "carol", "active;expires=900")
	notified("NOTIFY terminated", "bob", "terminated", body("text/plain", "sun"))
	notified("NOTIFY terminated, deactivated", "bob", "terminated;reason=deactivated")
	notified("NOTIFY terminated, rejected", "bob", "terminated;reason=rejected;retry-after=10")
	notified("NOTIFY without Event", "bob", "active", without("Event"))
	notified("NOTIFY without Subscription-State", "bob", "active", without("Subscription-State"))
	notified("NOTIFY of another event", "bob", "active", header("Event", "presence"))
	notified("NOTIFY without Contact", "bob", "active", without("Contact"))
	notified("NOTIFY out of order", "bob", "active", func(c *sip.Common) { c.CSeq.Seq = 3 })
	notified("BYE", "bob", "active")
	inputs[len(inputs)-1].do = func(s *scene, _ *Subscriber) {
		if r := s.sentSubscribe(); r != nil {
			s.farOf(r, "bob")
			s.far.seq, s.far.branches = 900, 900
			s.receive(s.request(sip.BYE))
		}
	}
	return inputs
}

// sentSubscribe is the SUBSCRIBE sent last, nil if none was.
func (s *scene) sentSubscribe() *sip.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.sent) - 1; i >= 0; i-- {
		if r, ok := s.sent[i].(*sip.Request); ok && r.Method == sip.SUBSCRIBE {
			return r
		}
	}
	return nil
}

func without(name string) mod {
	return func(c *sip.Common) { c.Headers.Del(name) }
}
