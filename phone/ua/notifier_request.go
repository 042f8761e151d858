package ua

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

const (
	// subscribeDeadline is how long an incoming SUBSCRIBE waits for a decision.
	subscribeDeadline = 10 * time.Second
	// maxUndecided limits how many wait at a time.
	maxUndecided = 64
	// maxSubscription is the longest subscription that is granted.
	maxSubscription = 24 * time.Hour
)

// SubscribeRequest is an incoming SUBSCRIBE outside dialogs that waits to be
// accepted, by UA.Notify and Notifier.Start, or refused. After 10 s without
// either it is answered 480.
type SubscribeRequest struct {
	in       *inbound // nil once answered
	request  *sip.Request
	event    eventName
	deadline *loop.Timer
	answered func()
}

// Request is the SUBSCRIBE itself.
func (r *SubscribeRequest) Request() *sip.Request { return r.request }

// Event is the event package, with its id.
func (r *SubscribeRequest) Event() string { return r.event.String() }

// RemoteIdentity is who subscribes.
func (r *SubscribeRequest) RemoteIdentity() sip.NameAddr { return r.request.From }

// Reject answers with a status in 300–699; reason "" is the usual phrase. It
// returns a *StateError if it is answered already.
func (r *SubscribeRequest) Reject(status int, reason string) error {
	if status < 300 || status > 699 {
		return errStatusCode
	}
	return r.reply("reject subscription", answer{status: status, reason: reason})
}

func (r *SubscribeRequest) expire() {
	_ = r.reply("expire subscription", answer{status: 480}) // fails only if answered
}

func (r *SubscribeRequest) reply(op string, a answer) error {
	if r.in == nil {
		return &StateError{Op: op, State: StatusTerminated}
	}
	r.deadline.Stop()
	r.in.reply(a)
	r.in = nil
	r.answered()
	return nil
}

// receiveSubscribe checks a SUBSCRIBE outside dialogs and asks for a decision
// (RFC 6665 §4.2.1.1).
func (u *UA) receiveSubscribe(r *inbound) {
	name, ok := eventOf(&r.Common)
	switch {
	case !ok && len(u.config.Events.Served) > 0:
		r.reply(answer{status: 400, reason: "Missing Event"})
		return
	case !hasPackage(u.config.Events.Served, name.pkg):
		r.reply(u.config.Events.badEvent())
		return
	}
	if _, err := contactOf(&r.Common); err != nil {
		r.reply(answer{status: 400, reason: "Missing Contact"})
		return
	}
	if a := u.config.Events.checkExpires(r.Request); a.status != 0 {
		r.reply(a)
		return
	}
	if len(u.eventing.requests) >= maxUndecided {
		r.reply(answer{status: 480})
		return
	}
	one := &SubscribeRequest{in: r, request: r.Request, event: name}
	one.answered = func() {
		u.eventing.requests = slices.DeleteFunc(u.eventing.requests, func(other *SubscribeRequest) bool { return other == one })
	}
	one.deadline = u.loop.After(subscribeDeadline, "subscription deadline", one.expire)
	u.eventing.requests = append(u.eventing.requests, one)
	u.emit(NewSubscribe{Subscribe: one, Request: r.Request})
}

// badEvent answers for a package that is not served (RFC 6665 §8.3.2).
func (c EventsConfig) badEvent() answer { return answer{status: 489, headers: c.allowEvents()} }

// allowEvents is the Allow-Events field of what may be subscribed to (RFC 6665
// §4.4.4).
func (c EventsConfig) allowEvents() []sip.Header {
	if len(c.Served) == 0 {
		return nil
	}
	return []sip.Header{{Name: "Allow-Events", Value: strings.Join(c.Served, ", ")}}
}

// checkExpires refuses a time that is not understood, or too short and not 0
// (RFC 6665 §4.2.1.1). Status 0 lets it pass.
func (c EventsConfig) checkExpires(r *sip.Request) answer {
	if !r.Headers.Has("Expires") {
		return answer{}
	}
	seconds, ok := r.Expires()
	if !ok {
		return answer{status: 400, reason: "Bad Expires"}
	}
	asked := time.Duration(seconds) * time.Second
	if least := c.minExpires(); asked > 0 && asked < min(least, time.Hour) {
		return answer{status: 423, headers: []sip.Header{{Name: "Min-Expires", Value: strconv.Itoa(int(least / time.Second))}}}
	}
	return answer{}
}

// Notify accepts a subscription: Start answers it. contentType is that of the
// bodies to come. It returns a *StateError if r is answered already, and an
// error if the dialog cannot be made; then r is answered 400.
func (u *UA) Notify(r *SubscribeRequest, contentType string, o NotifyOptions) (*Notifier, error) {
	if r.in == nil {
		return nil, &StateError{Op: "notify", State: StatusTerminated}
	}
	d, err := newCalleeDialog(r.request, r.in.toTag)
	if err != nil {
		_ = r.reply("notify", answer{status: 400}) // not answered, as seen above
		return nil, err
	}
	d.theirOffer = false // a SUBSCRIBE offers nothing
	if o.DefaultExpires == 0 {
		o.DefaultExpires = DefaultSubscription
	}
	o.ExtraHeaders = slices.Clone(o.ExtraHeaders)
	return &Notifier{
		env: u.eventEnv("JsSIP:Notifier"), request: r, dialog: d, contentType: contentType, options: o, state: NotifierInit,
		user: notifierUser{
			began: func(n *Notifier) { u.eventing.notifiers = append(u.eventing.notifiers, n) },
			ended: func(n *Notifier) {
				u.eventing.notifiers = slices.DeleteFunc(u.eventing.notifiers, func(other *Notifier) bool { return other == n })
			},
		},
	}, nil
}
