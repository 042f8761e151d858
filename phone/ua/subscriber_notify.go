package ua

import (
	"slices"
	"strconv"
	"time"

	"webphone/phone/sip"
)

// newSubscriberDialog makes the dialog of a SUBSCRIBE from the NOTIFY that
// came for it (RFC 6665 §4.4.1).
func newSubscriberDialog(subscribe, notify *sip.Request) (*dialog, error) {
	target, err := contactOf(&notify.Common)
	if err != nil {
		return nil, err
	}
	routes, err := notify.RecordRoute()
	if err != nil {
		return nil, err
	}
	return &dialog{
		id:       dialogID{subscribe.CallID, subscribe.From.Tag(), notify.From.Tag()},
		local:    subscribe.From,
		remote:   subscribe.To.WithTag(notify.From.Tag()),
		target:   target,
		routes:   routes,
		localSeq: subscribe.CSeq.Seq,
		caller:   true,
	}, nil
}

// check looks whether r is a NOTIFY of the subscription (RFC 6665 §4.1.3).
// Status 0 lets it pass.
func (s *Subscriber) check(r *sip.Request) answer {
	name, ok := eventOf(&r.Common)
	if !ok {
		return answer{status: 400, reason: "Missing Event"}
	}
	if name != s.want.event {
		return answer{status: 489, headers: []sip.Header{{Name: "Allow-Events", Value: s.want.event.pkg}}}
	}
	if _, _, ok := r.SubscriptionState(); !ok {
		return answer{status: 400, reason: "Missing Subscription-State"}
	}
	return answer{}
}

// receiveStray takes a NOTIFY that is for our SUBSCRIBE but for no dialog yet:
// the first one, which may come before the 2xx (RFC 6665 §4.1.2.4), or that of
// another fork (§4.1.4).
func (s *Subscriber) receiveStray(r *inbound) {
	if a := s.check(r.Request); a.status != 0 {
		r.reply(a)
		return
	}
	policy := s.want.options.Forks
	if policy == ForksByPackage && slices.Contains(singlePackages, s.want.event.pkg) {
		policy = ForksRefused
	}
	if s.dialog != nil && (policy == ForksRefused || s.ending || len(s.forks) >= maxForks) {
		r.reply(answer{status: 481})
		return
	}
	d, err := newSubscriberDialog(s.request, r.Request)
	if err != nil {
		r.reply(answer{status: 400, reason: "Missing Contact"})
		return
	}
	one := s
	if s.dialog != nil {
		one = s.forkOff()
	}
	one.dialog, one.loss.began = d, time.Now()
	if one.ok != nil {
		one.joinRoutes(one.ok)
	}
	s.env.bind(d.id, one.receive)
	one.receive(r)
}

// forkOff makes the subscription to a second notifier.
func (s *Subscriber) forkOff() *Subscriber {
	f := newSubscriber(s.env, s.user, s.want)
	f.fork, f.half, f.request, f.ok, f.accepted = true, s.half, s.request, s.ok, true
	f.state = SubscriberWaitingNotify
	if !s.grant.end.IsZero() {
		f.expiresIn(time.Until(s.grant.end))
	}
	s.forks = append(s.forks, f)
	s.env.emit(SubscriptionForked{Subscriber: s, Fork: f})
	return f
}

// receive takes a request in the dialog.
func (s *Subscriber) receive(r *inbound) {
	if r.Method != sip.NOTIFY {
		r.refuse()
		return
	}
	if a := s.dialog.admit(r.Request); a.status != 0 {
		r.reply(a)
		return
	}
	if a := s.check(r.Request); a.status != 0 {
		r.reply(a)
		s.finish(subscriptionEnd{code: SubscriptionWrongNotify})
		return
	}
	if !s.leaving() && !s.grant.none { // these await the last one
		s.grant.notify.Stop()
	}
	s.dialog.refreshTarget(&r.Common)
	r.reply(answer{status: 200})
	s.accept(nil)
	s.notified(r.Request)
}

// notified takes what a NOTIFY says (RFC 6665 §4.1.3). The user may end the
// subscription in any event.
func (s *Subscriber) notified(r *sip.Request) {
	text, params, _ := r.SubscriptionState()
	final := text == "terminated"
	if seconds, ok := paramSeconds(params, "expires"); ok && !final {
		s.shorten(seconds)
	}
	before := s.state
	switch {
	case text == "pending" && before != SubscriberPending:
		s.state = SubscriberPending
		s.env.emit(SubscriptionPending{Subscriber: s})
	case text == "active" && before != SubscriberActive:
		s.state = SubscriberActive
		s.env.emit(SubscriptionActive{Subscriber: s})
	}
	if len(r.Body) > 0 {
		s.env.emit(SubscriptionNotify{
			Subscriber: s, Final: final, Request: r, Body: r.Body, ContentType: r.Headers.Get("Content-Type"),
		})
	}
	if !final {
		s.flush()
		return
	}
	reason, _ := params.Get("reason")
	retry, _ := paramSeconds(params, "retry-after")
	s.ended(reason, retry)
}

// shorten takes the time that a NOTIFY says is left, which is never more than
// was granted (RFC 6665 §4.1.3); 2 s are not worth another plan.
func (s *Subscriber) shorten(left time.Duration) {
	if s.leaving() {
		return // timer N ends it
	}
	if s.grant.end.IsZero() || s.grant.none || time.Until(s.grant.end)-left > 2*time.Second {
		s.grant.notify.Stop()
		s.expiresIn(left)
	}
}

// leaving reports whether the SUBSCRIBE that ends the subscription is out.
func (s *Subscriber) leaving() bool { return s.ending && len(s.queue) == 0 }

// ended follows the last NOTIFY: what its reason says about asking anew
// (RFC 6665 §4.1.3).
func (s *Subscriber) ended(reason string, retry time.Duration) {
	end := subscriptionEnd{code: SubscriptionFinalNotify, reason: reason, retryAfter: retry}
	switch reason {
	case "rejected", "noresource", "invariant":
		s.finish(end)
	case "deactivated", "timeout":
		s.lose(end, s.wait(0, false))
	default: // probation, giveup, what we do not know, and nothing
		s.lose(end, s.wait(retry, true))
	}
}

// paramSeconds reads a parameter of delta-seconds.
func paramSeconds(p sip.Params, name string) (time.Duration, bool) {
	value, _ := p.Get(name)
	seconds, err := strconv.ParseUint(value, 10, 32)
	return time.Duration(seconds) * time.Second, err == nil
}
