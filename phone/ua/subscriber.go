package ua

import (
	"fmt"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// DefaultSubscription is the time for which a subscription is asked.
const DefaultSubscription = 900 * time.Second

// SubscribeOptions configures UA.Subscribe; the zero value is good.
type SubscribeOptions struct {
	// Expires is the time asked for; 0 means 900 s.
	Expires time.Duration
	// Body goes into the SUBSCRIBE that begins a subscription.
	Body        []byte
	ContentType string // of Body and of those given to Subscribe and Terminate
	AllowEvents string // the Allow-Events header field; "" leaves it out
	// From and To replace the account and the target in these header fields;
	// a zero URI keeps them. Their tags are not taken.
	From, To     sip.NameAddr
	ExtraHeaders []sip.Header
	// Once never subscribes anew by itself: what would be SubscriptionLost is
	// SubscriptionTerminated, as in JsSIP.
	Once bool
	// Forks says what becomes of a second notifier.
	Forks ForkPolicy
}

// ForkPolicy says what becomes of further notifiers that one SUBSCRIBE
// reached (RFC 6665 §4.1.4, §5.4.9).
type ForkPolicy int

// The policies.
const (
	// ForksByPackage refuses them for the packages that know one notifier
	// only: presence (RFC 3856 §6.9), message-summary (RFC 3842 §3.8),
	// conference (RFC 4575 §3.9) and reg (RFC 3680 §4.9).
	ForksByPackage ForkPolicy = iota
	ForksAccepted             // SubscriptionForked is told
	ForksRefused              // their NOTIFY is answered 481
)

var singlePackages = []string{"presence", "message-summary", "conference", "reg"}

// SubscriberState is the state of a Subscriber, with JsSIP's names:
//
//	Init ──SUBSCRIBE──▶ WaitingNotify ──NOTIFY──▶ Pending ⇄ Active
//	 ▲                        │                        │
//	 └──lost (unless Once)────┴────────────────────────┤
//	every state ──NOTIFY terminated, refused, timer N──▶ Terminated
type SubscriberState int

// The states.
const (
	SubscriberPending       SubscriberState = iota // the notifier asks its user
	SubscriberActive                               // the notifier tells
	SubscriberTerminated                           // over
	SubscriberInit                                 // not asked for, or lost and not yet asked for anew
	SubscriberWaitingNotify                        // asked for (RFC 6665 §4.1.2: notify_wait)
)

var subscriberStateNames = [...]string{"pending", "active", "terminated", "init", "waiting for NOTIFY"}

// String returns the state's name.
func (s SubscriberState) String() string {
	if s >= 0 && int(s) < len(subscriberStateNames) {
		return subscriberStateNames[s]
	}
	return fmt.Sprintf("SubscriberState(%d)", int(s))
}

// SubscriptionCode says why a subscription ended; the numbers are JsSIP's.
type SubscriptionCode int

// The codes.
const (
	SubscriptionResponseTimeout      SubscriptionCode = iota // neither answer nor NOTIFY
	SubscriptionTransportError                               // the connection was lost
	SubscriptionNonOK                                        // the SUBSCRIBE was refused
	SubscriptionWrongOK                                      // the 2xx granted no time and no NOTIFY came
	SubscriptionAuthenticationFailed                         // the SUBSCRIBE was challenged in vain
	SubscriptionUnsubscribeTimeout                           // we ended it, and no last NOTIFY came
	SubscriptionFinalNotify                                  // the last NOTIFY came
	SubscriptionWrongNotify                                  // a NOTIFY was not one of this subscription
	SubscriptionNotMade                                      // we ended it while there was none; not in JsSIP
)

var subscriptionCodeNames = [...]string{
	"response timeout", "transport error", "non-OK response", "wrong OK", "authentication failed",
	"un-SUBSCRIBE timeout", "final NOTIFY", "wrong NOTIFY", "not made",
}

// String returns the code in words.
func (c SubscriptionCode) String() string {
	if c >= 0 && int(c) < len(subscriptionCodeNames) {
		return subscriptionCodeNames[c]
	}
	return fmt.Sprintf("SubscriptionCode(%d)", int(c))
}

// subscription is what a Subscriber asks for.
type subscription struct {
	target  sip.URI
	event   eventName
	accept  string
	options SubscribeOptions
}

// subscriberUser is told of the life of Subscribers.
type subscriberUser struct{ began, ended func(*Subscriber) }

// Subscriber is a subscription to an event package (RFC 6665 §4.1). It is made
// by UA.Subscribe, or for a fork of one, and owned by its UA. It refreshes
// itself, and unless SubscribeOptions.Once it is asked for anew when it is
// lost, with a dialog of its own each time.
type Subscriber struct {
	// Data is the user's own.
	Data any

	env   eventEnv
	user  subscriberUser
	want  subscription
	state SubscriberState
	half  dialogID // Call-ID and our tag; what comes there before or beside the dialog
	// dialog is made by the first NOTIFY (RFC 6665 §4.4.1); nil before.
	dialog  *dialog
	request *sip.Request  // sent last
	ok      *sip.Response // the 2xx to the first SUBSCRIBE; nil before
	pending *subscribing  // the SUBSCRIBE under way
	queue   []subscribing
	grant   grant
	loss    loss
	forks   []*Subscriber
	fork    bool // made by another's SUBSCRIBE: it is not asked for anew

	accepted bool // told of this subscription
	ending   bool // we want no more of it
	offline  bool // open waits for a connection
}

// grant is the time given to us.
type grant struct {
	min     time.Duration // from 423; 0 = none
	raised  int           // 423s met since the last 2xx
	end     time.Time     // zero before it is known
	none    bool          // the 2xx gave no time
	refresh *loop.Timer   // or the retry of one, or the end
	notify  *loop.Timer   // timer N
	forks   *loop.Timer   // until when forks can appear
}

// loss counts how often the subscription was lost soon after its begin.
type loss struct {
	count int
	began time.Time // with the first NOTIFY; zero before
	retry *loop.Timer
}

func newSubscriber(env eventEnv, user subscriberUser, want subscription) *Subscriber {
	if want.options.Expires == 0 {
		want.options.Expires = DefaultSubscription
	}
	s := &Subscriber{env: env, user: user, want: want, state: SubscriberInit}
	user.began(s)
	return s
}

// State is the state of the subscription.
func (s *Subscriber) State() SubscriberState { return s.state }

// ID identifies the subscription: its Call-ID and our tag. It changes when the
// subscription is asked for anew, and forks share it.
func (s *Subscriber) ID() string { return s.half.callID + s.half.localTag }

// Event is the event package, with its id.
func (s *Subscriber) Event() string { return s.want.event.String() }

// Target is what is subscribed to.
func (s *Subscriber) Target() sip.URI { return s.want.target.Clone() }

// Request is the SUBSCRIBE sent last; nil before the first.
func (s *Subscriber) Request() *sip.Request { return s.request }

// Subscribe refreshes the subscription now, with a new body or, if nil,
// without: the notifier keeps what the last one said (RFC 6665 §4.1.2.2).
// Before the first NOTIFY and without a connection it is sent later. It returns
// a *StateError after Terminate.
func (s *Subscriber) Subscribe(body []byte) error {
	if s.state == SubscriberTerminated || s.ending {
		return &StateError{Op: "subscribe", State: StatusTerminated}
	}
	if body != nil {
		s.want.options.Body = body
	}
	if s.state != SubscriberInit {
		s.queue = append(s.queue, subscribing{kind: refreshSubscribe, body: body})
		s.flush()
	}
	return nil
}

// Terminate ends the subscription by a SUBSCRIBE with Expires 0 and body,
// which may be nil. SubscriptionTerminated follows with the last NOTIFY, or
// without it after 64*T1 = 32 s; where there is no subscription, at once. It
// returns a *StateError when that was told already.
func (s *Subscriber) Terminate(body []byte) error {
	switch {
	case s.state == SubscriberTerminated:
		return &StateError{Op: "unsubscribe", State: StatusTerminated}
	case s.state == SubscriberInit:
		s.finish(subscriptionEnd{code: SubscriptionNotMade})
	case !s.ending:
		s.ending = true
		s.queue = []subscribing{{kind: unSubscribe, body: body}}
		s.flush()
	}
	return nil
}
