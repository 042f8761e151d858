package ua

import (
	"time"

	"webphone/phone/sip"
)

// SubscriptionAccepted: the subscription is there: a 2xx came, or a NOTIFY
// before it, and then Response is nil. It is told again when a subscription
// that was lost is there again.
type SubscriptionAccepted struct {
	Subscriber *Subscriber
	Response   *sip.Response
}

// SubscriptionPending: the notifier has not yet decided whether we may know.
type SubscriptionPending struct{ Subscriber *Subscriber }

// SubscriptionActive: the notifier tells us what happens.
type SubscriptionActive struct{ Subscriber *Subscriber }

// SubscriptionNotify: a NOTIFY with a body came in; it is answered 200.
type SubscriptionNotify struct {
	Subscriber  *Subscriber
	Final       bool // the subscription ends with it
	Request     *sip.Request
	Body        []byte
	ContentType string // as in the NOTIFY
}

// SubscriptionForked: the SUBSCRIBE reached a second notifier, which is a
// subscription of its own (RFC 6665 §4.1.4).
type SubscriptionForked struct{ Subscriber, Fork *Subscriber }

// SubscriptionLost: there is no subscription for the time being; the next
// SUBSCRIBE follows by itself.
type SubscriptionLost struct {
	Subscriber *Subscriber
	Code       SubscriptionCode
	Reason     string        // of the last NOTIFY, such as "deactivated"; may be ""
	Err        *EndError     // what failed; nil after a NOTIFY
	RetryIn    time.Duration // until the next SUBSCRIBE; 0 = now or on the next connection
}

// SubscriptionTerminated: the subscription is over for good. Every Subscriber
// has exactly one, and no event after it.
type SubscriptionTerminated struct {
	Subscriber *Subscriber
	Code       SubscriptionCode
	Reason     string        // of the last NOTIFY, such as "noresource"; may be ""
	RetryAfter time.Duration // what that NOTIFY asked to wait; 0 = nothing
	Err        *EndError     // what failed; nil after a NOTIFY
}

// NewSubscribe: somebody subscribes to a package in EventsConfig.Served.
// UA.Notify accepts, SubscribeRequest.Reject refuses, also later.
type NewSubscribe struct {
	Subscribe *SubscribeRequest
	Request   *sip.Request
}

// NotifierSubscribe: a SUBSCRIBE was answered 200: the first one, a refresh or
// the last one.
type NotifierSubscribe struct {
	Notifier *Notifier
	// Unsubscribe: the subscription is over; the next Notify, or a Terminate, is
	// the last NOTIFY. One with the body told last is sent if neither is
	// called now.
	Unsubscribe bool
	Request     *sip.Request
	Body        []byte
	ContentType string
}

// NotifierExpired: the subscription was not refreshed in time. What is
// said about Unsubscribe in NotifierSubscribe holds.
type NotifierExpired struct{ Notifier *Notifier }

// NotifierEnded: the subscription is over. Every Notifier that was
// started has exactly one, and no event after it.
type NotifierEnded struct {
	Notifier *Notifier
	Code     NotifierCode
	Err      *EndError // what failed; nil otherwise
}

// Published: the compositor has our state. It is told of each body, refreshes
// are not told.
type Published struct {
	Publisher *Publisher
	Response  *sip.Response
	Expires   time.Duration
}

// PublishFailed: a PUBLISH failed; the next follows by itself.
type PublishFailed struct {
	Publisher *Publisher
	Response  *sip.Response // nil after a timeout or transport failure
	Err       *EndError
	RetryIn   time.Duration // until the next PUBLISH; 0 = with the next connection
}

// PublishEnded: nothing is published any more. Every Publisher has exactly one,
// and no event after it.
type PublishEnded struct {
	Publisher *Publisher
	Err       *EndError // what failed; nil after Remove
}

// SIPEvent: a NOTIFY came in that nobody subscribed to, of a package in
// EventsConfig.Unsolicited. It is answered 200.
type SIPEvent struct {
	Event   string // the package in lower case, with its id
	Request *sip.Request
}

func (SubscriptionAccepted) event()   {}
func (SubscriptionPending) event()    {}
func (SubscriptionActive) event()     {}
func (SubscriptionNotify) event()     {}
func (SubscriptionForked) event()     {}
func (SubscriptionLost) event()       {}
func (SubscriptionTerminated) event() {}
func (NewSubscribe) event()           {}
func (NotifierSubscribe) event()      {}
func (NotifierExpired) event()        {}
func (NotifierEnded) event()          {}
func (Published) event()              {}
func (PublishFailed) event()          {}
func (PublishEnded) event()           {}
func (SIPEvent) event()               {}
