package ua

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// timerN is how long a NOTIFY is awaited after a SUBSCRIBE (RFC 6665 §4.1.2).
const timerN = 64 * timerT1

// ErrBadEvent is returned for what is not the name of an event package with
// parameters (RFC 6665 §8.2.1).
var ErrBadEvent = errors.New("ua: not an event package")

// EventsConfig says what of RFC 6665 the agent does beside subscriptions of
// its own. Whether anybody listens changes nothing.
type EventsConfig struct {
	// Served are the event packages that may be subscribed to here: a
	// SUBSCRIBE to them is told as NewSubscribe, any other is refused with 489.
	Served []string
	// MinExpires is the shortest subscription granted, else 423 is answered; 0
	// means 60 s.
	MinExpires time.Duration
	// Unsolicited are the event packages of which a NOTIFY that nobody
	// subscribed to is taken and told as SIPEvent, such as message-summary,
	// keep-alive or check-sync; any other is answered 481.
	Unsolicited []string
}

// DefaultMinSubscription is the shortest subscription that is granted.
const DefaultMinSubscription = time.Minute

func (c EventsConfig) minExpires() time.Duration {
	if c.MinExpires == 0 {
		return DefaultMinSubscription
	}
	return c.MinExpires
}

// eventEnv is what subscribers, notifiers and publishers may use.
type eventEnv struct {
	config    *Config
	log       *slog.Logger
	after     func(time.Duration, string, func()) *loop.Timer
	post      func(string, func()) // as a turn of its own
	emit      func(Event)
	request   func(outbound) *sip.Request
	sender    func(*sip.Request, senderEvents) *requestSender
	contact   func() sip.Header
	route     func() []sip.NameAddr
	connected func() bool // and registered, where that is to be
	bind      func(dialogID, func(*inbound))
	unbind    func(dialogID)
}

func (u *UA) eventEnv(component string) eventEnv {
	return eventEnv{
		config:    &u.config,
		log:       u.config.Log.With("component", component),
		after:     u.loop.After,
		post:      func(name string, f func()) { u.loop.Post(name, f) },
		emit:      u.emit,
		request:   u.messages.request,
		sender:    u.sender,
		contact:   u.contact.field,
		route:     u.route,
		connected: func() bool { return u.online },
		bind:      func(id dialogID, f func(*inbound)) { u.dialogs[id] = f },
		unbind:    u.unbind,
	}
}

// eventing is the agent's part in RFC 6665 and RFC 3903, oldest first.
type eventing struct {
	subscribers []*Subscriber
	notifiers   []*Notifier
	requests    []*SubscribeRequest // not yet answered
	publishers  []*Publisher
}

// size counts what has not ended.
func (e *eventing) size() int {
	return len(e.subscribers) + len(e.notifiers) + len(e.requests) + len(e.publishers)
}

// connected says what has waited for a connection, and asks anew for what the
// old one carried.
func (e *eventing) connected() {
	for _, s := range slices.Clone(e.subscribers) {
		s.connected()
	}
	for _, n := range slices.Clone(e.notifiers) {
		n.flush()
	}
	for _, p := range slices.Clone(e.publishers) {
		p.resume()
	}
}

// shutDown begins the end of everything.
func (e *eventing) shutDown() {
	for _, s := range slices.Clone(e.subscribers) {
		_ = s.Terminate(nil) // fails only if it has ended
	}
	for _, r := range slices.Clone(e.requests) {
		r.expire()
	}
	for _, n := range slices.Clone(e.notifiers) {
		n.shutDown()
	}
	for _, p := range slices.Clone(e.publishers) {
		_ = p.Remove() // fails only if it has ended
	}
}

// close ends at once what is left.
func (e *eventing) close() {
	for _, s := range slices.Clone(e.subscribers) {
		s.finish(subscriptionEnd{code: SubscriptionUnsubscribeTimeout})
	}
	for _, p := range slices.Clone(e.publishers) {
		p.end(systemFailure(errTimeout))
	}
}

// eventName is an event package with the id that tells two subscriptions of
// one dialog apart (RFC 6665 §8.2.1).
type eventName struct{ pkg, id string }

func parseEvent(text string) (eventName, bool) {
	return eventOf(&sip.Common{Headers: sip.Headers{{Name: "Event", Value: text}}})
}

func eventOf(c *sip.Common) (eventName, bool) {
	pkg, params, ok := c.Event()
	id, _ := params.Get("id")
	return eventName{pkg, id}, ok
}

func (e eventName) String() string {
	if e.id == "" {
		return e.pkg
	}
	return e.pkg + ";id=" + e.id
}

// hasPackage reports whether pkg, in lower case, is in list.
func hasPackage(list []string, pkg string) bool {
	return slices.ContainsFunc(list, func(one string) bool { return strings.EqualFold(one, pkg) })
}

// endsUsage reports whether a final response to a SUBSCRIBE or NOTIFY in a
// dialog says that there is no subscription any more (RFC 6665 §4.1.2.2,
// §4.2.2; RFC 5057 §5.1).
func endsUsage(status int) bool {
	switch status {
	case 404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604:
		return true
	}
	return false
}

// retryWait is a random wait before another attempt that grows with the
// number of those that failed.
func retryWait(failures int) time.Duration {
	wait := min(retryBase<<min(failures, 6), retryMax)
	return wait/2 + rand.N(wait/2)
}

// Subscribe subscribes to an event package, with ";id=" if wanted, of target,
// an address or what a user typed for one (RFC 6665 §4.1). The SUBSCRIBE goes
// out at once, or with the next connection. accept is the Accept header field;
// "" leaves it out. The error is of the target, ErrBadEvent or ErrStopped.
func (u *UA) Subscribe(target, event, accept string, o SubscribeOptions) (*Subscriber, error) {
	uri, err := u.target(target)
	if err != nil {
		return nil, err
	}
	name, ok := parseEvent(event)
	if !ok {
		return nil, ErrBadEvent
	}
	o.ExtraHeaders, o.Body = slices.Clone(o.ExtraHeaders), slices.Clone(o.Body)
	if o.From.URI.IsZero() {
		o.From = u.identity(o.From.DisplayName)
	}
	if o.To.URI.IsZero() {
		o.To.URI = uri
	}
	env := u.eventEnv("JsSIP:Subscriber")
	s := newSubscriber(env, subscriberUser{
		began: func(s *Subscriber) { u.eventing.subscribers = append(u.eventing.subscribers, s) },
		ended: func(s *Subscriber) {
			u.eventing.subscribers = slices.DeleteFunc(u.eventing.subscribers, func(other *Subscriber) bool { return other == s })
		},
	}, subscription{target: uri, event: name, accept: accept, options: o})
	s.open()
	return s, nil
}
