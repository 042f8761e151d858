package ua

import (
	"strings"
	"testing"
	"time"

	"webphone/phone/sip"
)

// TestRFC6665 has what the RFC demands of subscribers and notifiers, a case for
// each demand that can be seen on the wire.
func TestRFC6665(t *testing.T) {
	status := func(s *scene) int { return s.lastResponse().StatusCode }
	for _, c := range []struct {
		demand string
		script func(*scene) bool
	}{
		{"§3.1.1, §4.2.1.1: a 200 to SUBSCRIBE has Expires, never more than was asked", func(s *scene) bool {
			s.notifying(NotifyOptions{}, header("Expires", "300"))
			return s.responseTo(sip.SUBSCRIBE).Headers.Get("Expires") == "300"
		}},
		{"§3.1.2, §8.2.1: a SUBSCRIBE names one event", func(s *scene) bool {
			s.subscribe(SubscribeOptions{})
			return len(s.last(sip.SUBSCRIBE).Headers.Values("Event")) == 1
		}},
		{"§3.2.1: a NOTIFY has the Event of its SUBSCRIBE, with the id", func(s *scene) bool {
			s.notifying(NotifyOptions{}, header("Event", "weather;id=88"))
			return s.last(sip.NOTIFY).Headers.Get("Event") == "weather;id=88"
		}},
		{"§3.2.1: a NOTIFY with another id is of another subscription", func(s *scene) bool {
			s.subscribe(SubscribeOptions{})
			s.notify("bob", "active", header("Event", "weather;id=88"))
			return status(s) == 489
		}},
		{"§4.1.2.1: a SUBSCRIBE has one Contact, for the dialog to be", func(s *scene) bool {
			s.subscribe(SubscribeOptions{})
			list, _, err := s.last(sip.SUBSCRIBE).Contacts()
			return err == nil && len(list) == 1
		}},
		{"§4.1.2.2: a refresh is in the dialog and has Event, Expires and Contact", func(s *scene) bool {
			one := s.subscribed(SubscribeOptions{})
			s.do(func() { _ = one.Subscribe(nil) })
			r := s.last(sip.SUBSCRIBE)
			return r.To.Tag() == "bob" && r.Headers.Has("Event") && r.Headers.Has("Expires") && r.Headers.Has("Contact")
		}},
		{"§4.1.2.3: Expires 0 unsubscribes, in the dialog", func(s *scene) bool {
			one := s.subscribed(SubscribeOptions{})
			s.do(func() { _ = one.Terminate(nil) })
			r := s.last(sip.SUBSCRIBE)
			return r.To.Tag() == "bob" && r.Headers.Get("Expires") == "0"
		}},
		{"§4.1.2.4: a NOTIFY is taken before the SUBSCRIBE is answered", func(s *scene) bool {
			s.subscribe(SubscribeOptions{})
			s.notify("bob", "active")
			return status(s) == 200
		}},
		{"§4.1.3: a NOTIFY that belongs to no subscription gets 481", func(s *scene) bool {
			s.outside()
			s.receive(s.request(sip.NOTIFY, header("Event", "weather"), header("Subscription-State", "active")))
			return status(s) == 481
		}},
		{"§4.1.3: nor does one to a subscription that is over", func(s *scene) bool {
			s.subscribed(SubscribeOptions{})
			s.notify("bob", "terminated;reason=noresource")
			s.notify("bob", "active")
			return status(s) == 481
		}},
		{"§4.1.3: one without Subscription-State is bad", func(s *scene) bool {
			s.subscribed(SubscribeOptions{})
			s.notify("bob", "active", without("Subscription-State"))
			return status(s) == 400
		}},
		{"§4.1.4: a NOTIFY with another From tag is taken as of a fork", func(s *scene) bool {
			s.subscribed(SubscribeOptions{})
			s.notify("carol", "active")
			return status(s) == 200
		}},
		{"§4.2.1.1: an event that is not served gets 489 with Allow-Events", func(s *scene) bool {
			s.subscribeIn(header("Event", "presence"))
			return status(s) == 489 && s.lastResponse().Headers.Get("Allow-Events") == "weather"
		}},
		{"§4.2.1.1: 423 has Min-Expires", func(s *scene) bool {
			s.subscribeIn(header("Expires", "1"))
			return status(s) == 423 && s.lastResponse().Headers.Has("Min-Expires")
		}},
		{"§4.2.1.1: an hour is never too short", func(s *scene) bool {
			s.ua.config.Events.MinExpires = 2 * time.Hour
			s.notifying(NotifyOptions{}, header("Expires", "3600"))
			return s.responseTo(sip.SUBSCRIBE).StatusCode == 200
		}},
		{"§4.2.1.2: a NOTIFY follows a SUBSCRIBE at once, whatever the user does", func(s *scene) bool {
			s.notifying(NotifyOptions{})
			return s.last(sip.NOTIFY) != nil
		}},
		{"§4.2.1.4: and each refresh", func(s *scene) bool {
			s.notifying(NotifyOptions{})
			before := s.last(sip.NOTIFY)
			s.inSubscription()
			return s.last(sip.NOTIFY) != before
		}},
		{"§4.2.1.4: and the end of its time, as the last one", func(s *scene) bool {
			s.notifying(NotifyOptions{})
			s.pass(600 * time.Second)
			return s.last(sip.NOTIFY).Headers.Get("Subscription-State") == "terminated;reason=timeout"
		}},
		{"§4.1.2.3, §4.2.1.4: and an un-SUBSCRIBE, as the last one", func(s *scene) bool {
			s.notifying(NotifyOptions{})
			s.inSubscription(header("Expires", "0"))
			return s.last(sip.NOTIFY).Headers.Get("Subscription-State") == "terminated;reason=timeout"
		}},
		{"§4.2.2: a NOTIFY tells its state and the time left", func(s *scene) bool {
			s.notifying(NotifyOptions{Pending: true})
			return s.last(sip.NOTIFY).Headers.Get("Subscription-State") == "pending;expires=600"
		}},
		{"§4.2.2: 481 to a NOTIFY removes the subscription", func(s *scene) bool {
			n := s.notifying(NotifyOptions{})
			s.do(func() { _ = n.Notify(nil) })
			s.answer(s.last(sip.NOTIFY), 481)
			s.inSubscription()
			return status(s) == 481
		}},
		{"§4.2.2: Retry-After to a NOTIFY is no failure: it is repeated then", func(s *scene) bool {
			n := s.notifying(NotifyOptions{})
			s.do(func() { _ = n.Notify([]byte("rain")) })
			s.answer(s.last(sip.NOTIFY), 503, header("Retry-After", "3"))
			return s.until(sip.NOTIFY, 10*time.Second) >= 3*time.Second && string(s.last(sip.NOTIFY).Body) == "rain"
		}},
		{"§4.4.1: the dialog's target is the Contact of the NOTIFY, refreshed by each", func(s *scene) bool {
			one := s.subscribed(SubscribeOptions{})
			s.notify("bob", "active", contactURI("sip:bob@other.invalid;transport=ws"))
			s.do(func() { _ = one.Subscribe(nil) })
			return s.last(sip.SUBSCRIBE).RequestURI.Host == "other.invalid"
		}},
		{"§4.4.3: Expires 0 outside a dialog fetches the state once", func(s *scene) bool {
			s.subscribeIn(header("Expires", "0"))
			n := s.notifier(NotifyOptions{})
			s.do(func() { _ = n.Start() })
			return strings.HasPrefix(s.last(sip.NOTIFY).Headers.Get("Subscription-State"), "terminated")
		}},
		{"§4.4.4: OPTIONS is answered with the events that are served", func(s *scene) bool {
			s.outside()
			s.receive(s.request(sip.OPTIONS))
			return s.lastResponse().Headers.Get("Allow-Events") == "weather"
		}},
		{"§4.5.2: a call's dialog takes no subscription", func(s *scene) bool {
			s.answeredIn()
			s.receive(s.request(sip.SUBSCRIBE, header("Event", "weather")))
			return status(s) == 403
		}},
	} {
		t.Run(c.demand, func(t *testing.T) {
			play(t, served, func(s *scene) {
				if !c.script(s) {
					t.Errorf("last response\n%s", s.lastResponse().Bytes())
				}
			})
		})
	}
}

// responseTo returns our last response to a request of that method.
func (s *scene) responseTo(m sip.Method) *sip.Response {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.sent) - 1; i >= 0; i-- {
		if r, ok := s.sent[i].(*sip.Response); ok && r.CSeq.Method == m {
			return r
		}
	}
	s.t.Fatalf("no %s was answered", m)
	return nil
}
