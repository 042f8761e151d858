package ua

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"webphone/phone/sip"
)

// TestChaos_events has the user, the network and the far side do anything to
// subscriptions and publications, in any order: each ends once, nothing is told
// after that, and nothing is left.
func TestChaos_events(t *testing.T) {
	for seed := range uint64(200) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			c := &eventsChaos{rand: rand.New(rand.NewPCG(seed, 3)), whim: rand.New(rand.NewPCG(seed, 4)), ended: map[any]bool{}}
			play(t, func(c *Config) {
				c.Events = EventsConfig{Served: []string{"weather"}, Unsolicited: []string{"message-summary"}}
			}, func(s *scene) {
				c.scene = s
				s.onEvent = c.event
				for range 80 {
					c.step()
				}
				c.finish()
			})
		})
	}
}

type eventsChaos struct {
	*scene
	rand        *rand.Rand // of the steps
	whim        *rand.Rand // of the consumer of events, on the loop
	subscribers []*Subscriber
	notifiers   []*Notifier
	publishers  []*Publisher
	ended       map[any]bool
}

// event runs on the loop, between the steps.
func (c *eventsChaos) event(e Event) {
	one, last := actorOf(e)
	if one == nil {
		return
	}
	if c.ended[one] {
		c.t.Errorf("after the end: %s", eventLine(e))
	}
	if last {
		c.ended[one] = true
	}
	if e, ok := e.(SubscriptionForked); ok {
		c.subscribers = append(c.subscribers, e.Fork)
	}
	if c.whim.IntN(12) > 0 {
		return
	}
	switch one := one.(type) { // the consumer may end it inside any event
	case *Subscriber:
		_ = one.Terminate(nil)
	case *Notifier:
		_ = one.Terminate(nil, "", 0)
	case *Publisher:
		_ = one.Remove()
	}
}

// actorOf is whose event e is, and whether it is the last one.
func actorOf(e Event) (one any, last bool) {
	switch e := e.(type) {
	case SubscriptionAccepted:
		return e.Subscriber, false
	case SubscriptionPending:
		return e.Subscriber, false
	case SubscriptionActive:
		return e.Subscriber, false
	case SubscriptionNotify:
		return e.Subscriber, false
	case SubscriptionForked:
		return e.Subscriber, false
	case SubscriptionLost:
		return e.Subscriber, false
	case SubscriptionTerminated:
		return e.Subscriber, true
	case NotifierSubscribe:
		return e.Notifier, false
	case NotifierExpired:
		return e.Notifier, false
	case NotifierEnded:
		return e.Notifier, true
	case Published:
		return e.Publisher, false
	case PublishFailed:
		return e.Publisher, false
	case PublishEnded:
		return e.Publisher, true
	}
	return nil, false
}

func pick[T any](r *rand.Rand, all []T) (one T, ok bool) {
	if len(all) == 0 {
		return one, false
	}
	return all[r.IntN(len(all))], true
}

func (c *eventsChaos) step() {
	switch c.rand.IntN(10) {
	case 0, 1, 2:
		choice := c.rand.IntN(9)
		c.do(func() { c.user(choice) })
	case 3, 4, 5:
		c.respond()
	case 6, 7:
		c.far()
	case 8:
		c.pass(time.Duration(c.rand.Int64N(int64(400 * time.Second))))
	case 9:
		if c.rand.IntN(3) == 0 {
			c.disconnect()
		} else {
			c.connect()
		}
	}
}

// user does what a user may do.
func (c *eventsChaos) user(choice int) {
	subscriber, subscribed := pick(c.rand, c.subscribers)
	notifier, notifies := pick(c.rand, c.notifiers)
	publisher, publishes := pick(c.rand, c.publishers)
	switch {
	case choice == 0:
		one, _ := c.ua.Subscribe("bob", "weather", "", SubscribeOptions{Once: c.rand.IntN(3) == 0, Body: []byte("filter")})
		c.subscribers = append(c.subscribers, one)
	case choice == 1 && subscribed:
		_ = subscriber.Subscribe([]byte("filter"))
	case choice == 2 && subscribed:
		_ = subscriber.Terminate(nil)
	case choice == 3:
		request, ok := pick(c.rand, c.ua.eventing.requests)
		switch {
		case ok && c.rand.IntN(4) == 0:
			_ = request.Reject(403, "")
		case ok:
			one, _ := c.ua.Notify(request, "text/plain", NotifyOptions{Pending: c.rand.IntN(2) == 0})
			if one.Start() == nil {
				c.notifiers = append(c.notifiers, one)
			}
		}
	case choice == 4 && notifies:
		_ = notifier.SetActiveState()
	case choice == 5 && notifies:
		_ = notifier.Notify([]byte("rain"))
	case choice == 6 && notifies:
		_ = notifier.Terminate(nil, "giveup", time.Minute)
	case choice == 7:
		one, _ := c.ua.Publish("weather", "text/plain", []byte("rain"), PublishOptions{})
		c.publishers = append(c.publishers, one)
	case choice == 8 && publishes && c.rand.IntN(3) > 0:
		_ = publisher.Modify("text/plain", []byte("sun"))
	case choice == 8 && publishes:
		_ = publisher.Remove()
	}
}

// respond answers one of the last requests.
func (c *eventsChaos) respond() {
	c.mu.Lock()
	recent := slices.Clone(c.sent[max(0, len(c.sent)-6):])
	c.mu.Unlock()
	m, _ := pick(c.rand, recent)
	r, ok := m.(*sip.Request)
	if !ok {
		return
	}
	status, _ := pick(c.rand, []int{100, 200, 200, 200, 200, 401, 403, 408, 412, 423, 480, 481, 500, 503})
	expires, _ := pick(c.rand, []string{"0", "60", "900"})
	tags, _ := pick(c.rand, []string{"bob", "bob", "carol"})
	mods := []mod{tag(tags), header("Expires", expires), contactURI("sip:bob@bob.invalid;transport=ws"), header("SIP-ETag", "e1")}
	switch c.rand.IntN(3) {
	case 0:
		mods = append(mods, header("Min-Expires", fmt.Sprint(1000+c.rand.IntN(9000))), header("Retry-After", "9"))
	case 1:
		mods = append(mods, header("WWW-Authenticate", sip.NewChallenge("example.com", "n", "MD5")))
	}
	c.answer(r, status, mods...)
}

// far has the far side subscribe or notify, inside dialogs and outside.
func (c *eventsChaos) far() {
	expires, _ := pick(c.rand, []string{"0", "10", "60", "600", "soon"})
	event, _ := pick(c.rand, []string{"weather", "weather", "weather", "presence", "message-summary"})
	c.mu.Lock()
	sent := slices.Clone(c.sent)
	c.mu.Unlock()
	slices.Reverse(sent)
	subscribe := c.rand.IntN(2) == 0
	for _, m := range sent {
		r, ok := m.(*sip.Request)
		if !ok || c.rand.IntN(3) == 0 {
			continue
		}
		switch {
		case subscribe && r.Method == sip.NOTIFY:
			c.farOf(r, r.To.Tag())
			c.scene.far.seq, c.scene.far.branches = uint32(len(c.trace)+1000), len(c.trace)+1000
			c.inSubscription(header("Event", event), header("Expires", expires))
			return
		case !subscribe && r.Method == sip.SUBSCRIBE:
			state, _ := pick(c.rand, []string{
				"active", "active;expires=60", "pending;expires=900", "active;expires=0", "terminated",
				"terminated;reason=deactivated", "terminated;reason=noresource", "terminated;reason=giveup;retry-after=9",
			})
			from, _ := pick(c.rand, []string{"bob", "bob", "carol"})
			c.farOf(r, from)
			c.scene.far.seq, c.scene.far.branches = uint32(len(c.trace)+1000), len(c.trace)+1000
			c.receive(c.request(sip.NOTIFY, header("Event", event), header("Subscription-State", state),
				contactURI("sip:bob@bob.invalid;transport=ws"), body("text/plain", "rain")))
			return
		}
	}
	c.subscribeIn(header("Event", event), header("Expires", expires))
}

// finish ends all and looks what is left.
func (c *eventsChaos) finish() {
	c.connect()
	c.do(func() {
		c.whim = rand.New(rand.NewPCG(0, 0))
		c.ua.eventing.shutDown()
	})
	c.pass(5 * time.Minute)
	c.do(func() {
		for _, s := range c.subscribers {
			if !c.ended[s] || s.State() != SubscriberTerminated {
				c.t.Errorf("a subscriber is %v", s.State())
			}
		}
		for _, n := range c.notifiers {
			if !c.ended[n] || n.State() != NotifierTerminated {
				c.t.Errorf("a notifier is %v", n.State())
			}
		}
		for _, p := range c.publishers {
			if !c.ended[p] || p.State() != PublisherTerminated {
				c.t.Errorf("a publisher is %v", p.State())
			}
		}
	})
	c.leftNothing()
	c.forget()
	c.pass(48 * time.Hour)
	c.expect() // no timer is left either
}
