package ua

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"webphone/phone/sip"
)

// subscribeKind is what a SUBSCRIBE is for.
type subscribeKind int

const (
	firstSubscribe subscribeKind = iota
	refreshSubscribe
	unSubscribe
)

// subscribing is one SUBSCRIBE, waiting or under way.
type subscribing struct {
	kind    subscribeKind
	body    []byte
	expires time.Duration // asked for
	sender  *requestSender
}

// subscriptionEnd is why a subscription ends.
type subscriptionEnd struct {
	code       SubscriptionCode
	reason     string
	retryAfter time.Duration
	err        *EndError
}

// open asks for the subscription, with a dialog to be; without a connection
// it does so once there is one.
func (s *Subscriber) open() {
	s.loss.retry.Stop()
	if s.offline = !s.env.connected() && !s.want.options.Once; s.offline {
		return
	}
	s.half = dialogID{callID: sip.NewCallID(), localTag: sip.NewTag()}
	s.accepted, s.queue = false, nil
	s.grant = grant{min: s.grant.min, raised: s.grant.raised}
	s.loss.began = time.Time{}
	s.state = SubscriberWaitingNotify
	s.env.bind(s.half, s.receiveStray)
	s.grant.forks = s.env.after(timerN, "no more forks", func() { s.env.unbind(s.half) })
	seq := firstSeq()
	s.send(subscribing{kind: firstSubscribe, body: s.want.options.Body}, outbound{
		method: sip.SUBSCRIBE, uri: s.want.target, callID: s.half.callID, seq: seq, routes: s.env.route(),
		from: s.want.options.From.WithTag(s.half.localTag), to: sip.NameAddr{DisplayName: s.want.options.To.DisplayName, URI: s.want.options.To.URI},
	}, func() uint32 {
		if s.dialog != nil { // a NOTIFY overtook the challenge
			return s.dialog.nextSeq()
		}
		seq++
		return seq
	})
}

// flush sends the next SUBSCRIBE in the dialog: one at a time, and none before
// a NOTIFY has made the dialog.
func (s *Subscriber) flush() {
	if s.dialog == nil || s.pending != nil || len(s.queue) == 0 || !s.env.connected() {
		return
	}
	next := s.queue[0]
	s.queue = s.queue[1:]
	s.send(next, s.dialog.outbound(sip.SUBSCRIBE), s.dialog.nextSeq)
}

func (s *Subscriber) send(p subscribing, o outbound, nextSeq func() uint32) {
	if p.kind != unSubscribe {
		p.expires = max(s.want.options.Expires, s.grant.min)
	}
	options := s.want.options
	o.headers = append(slices.Clone(options.ExtraHeaders),
		sip.Header{Name: "Event", Value: s.want.event.String()},
		sip.Header{Name: "Expires", Value: strconv.Itoa(int(p.expires / time.Second))})
	if s.want.accept != "" {
		o.headers = append(o.headers, sip.Header{Name: "Accept", Value: s.want.accept})
	}
	o.headers = append(o.headers, s.env.contact())
	if options.AllowEvents != "" {
		o.headers = append(o.headers, sip.Header{Name: "Allow-Events", Value: options.AllowEvents})
	}
	o.contentType, o.body = options.ContentType, p.body
	s.pending = &p
	current := func() bool { return s.pending == &p }
	p.sender = s.env.sender(s.env.request(o), senderEvents{
		sending: func(r *sip.Request) {
			if current() {
				s.request = r
				s.awaitNotify()
			}
		},
		response: func(res *sip.Response) {
			if current() && res.StatusCode >= 200 {
				s.pending = nil
				s.answered(p, res)
			}
		},
		failed: func(err error) {
			if current() {
				s.pending = nil
				s.unanswered(p, err)
			}
		},
		nextSeq: nextSeq,
	})
	p.sender.send()
}

// answered takes the final response to a SUBSCRIBE (RFC 6665 §4.1.2).
func (s *Subscriber) answered(p subscribing, res *sip.Response) {
	if res.StatusCode < 300 {
		s.granted(p, res)
		s.flush()
		return
	}
	end := subscriptionEnd{code: SubscriptionNonOK, err: failureOf(res)}
	if end.err.Cause == CauseAuthentication {
		end.code = SubscriptionAuthenticationFailed
	}
	wait, asked := res.RetryAfter()
	again := res.StatusCode/100 == 5 && res.StatusCode != 501 || res.StatusCode == 480 || asked
	switch {
	case p.kind == unSubscribe || s.ending && s.dialog == nil || end.code == SubscriptionAuthenticationFailed:
		s.finish(end)
	case res.StatusCode == 423 && s.raise(p, res):
		s.again(p)
	case p.kind == refreshSubscribe && res.StatusCode == 481: // the notifier has forgotten us
		s.lose(end, s.wait(0, false))
	case p.kind == refreshSubscribe && !endsUsage(res.StatusCode): // §4.1.2.2: still valid until it expires
		if !again { // the next would be refused too
			wait = time.Until(s.grant.end)
		}
		s.refreshLater(end, wait)
	case again:
		s.lose(end, s.wait(wait, true))
	default:
		s.finish(end)
	}
}

// raise takes the Min-Expires of a 423 and reports whether it is more than
// what was asked.
func (s *Subscriber) raise(p subscribing, res *sip.Response) bool {
	seconds, ok := res.MinExpires()
	least := time.Duration(seconds) * time.Second
	if !ok || least <= p.expires || s.grant.raised >= maxRaise {
		return false
	}
	s.grant.raised++
	s.grant.min = least
	return true
}

// again repeats a SUBSCRIBE that was refused for its time.
func (s *Subscriber) again(p subscribing) {
	if p.kind == firstSubscribe && s.dialog == nil {
		s.leave()
		s.open()
		return
	}
	p.kind = refreshSubscribe
	s.queue = slices.Insert(s.queue, 0, p)
	s.flush()
}

// granted takes a 2xx. A time of 0 is the end and not a default (RFC 6665
// §4.1.2.3): nothing is refreshed after it.
func (s *Subscriber) granted(p subscribing, res *sip.Response) {
	if d := s.dialog; d != nil && d.id.remoteTag == res.To.Tag() {
		d.refreshTarget(&res.Common)
	}
	s.grant.raised = 0
	if p.kind == unSubscribe {
		return
	}
	if res.StatusCode == 204 { // no NOTIFY follows (RFC 5839 §5.1)
		s.grant.notify.Stop()
	}
	expires := p.expires
	if seconds, ok := res.Expires(); ok {
		expires = min(expires, time.Duration(seconds)*time.Second)
	}
	s.expiresIn(expires)
	if p.kind == firstSubscribe {
		s.joinRoutes(res)
		s.accept(res)
	}
}

// joinRoutes takes the route of the 2xx for the dialog where no proxy recorded
// itself in the NOTIFY (RFC 6665 §4.3 asks them to do both).
func (s *Subscriber) joinRoutes(res *sip.Response) {
	if d := s.dialog; d != nil && d.id.remoteTag == res.To.Tag() && len(d.routes) == 0 {
		d.setRoutes(res)
	}
	s.ok = res
}

// accept tells once of each subscription that it is there.
func (s *Subscriber) accept(res *sip.Response) {
	if !s.accepted {
		s.accepted = true
		s.env.emit(SubscriptionAccepted{Subscriber: s, Response: res})
	}
}

// expiresIn plans the refresh of a subscription that ends in d. One that has
// no time left awaits its last NOTIFY.
func (s *Subscriber) expiresIn(d time.Duration) {
	s.grant.end = time.Now().Add(d)
	s.grant.refresh.Stop()
	if s.grant.none = d <= 0; s.grant.none {
		s.awaitNotify()
		return
	}
	s.grant.refresh = s.env.after(refreshSubscriptionAfter(d), "refresh subscription", s.refresh)
}

// awaitNotify starts timer N.
func (s *Subscriber) awaitNotify() {
	s.grant.notify.Stop()
	s.grant.notify = s.env.after(timerN, "timer N", s.noNotify)
}

// refreshSubscriptionAfter is when a subscription of that time is refreshed:
// at a random point of its second half, not later than 70 s before its end.
func refreshSubscriptionAfter(e time.Duration) time.Duration {
	switch {
	case e < 10*time.Second:
		return e / 2
	case e < 140*time.Second:
		return e - 5*time.Second
	}
	return e/2 + rand.N(e/2-70*time.Second+1)
}

// refresh is made with the next connection where there is none.
func (s *Subscriber) refresh() {
	if s.dialog != nil && s.pending == nil && !s.ending {
		s.queue = append(s.queue, subscribing{kind: refreshSubscribe})
		s.flush()
	}
}

// refreshLater tries again before the subscription expires; wait 0 is any
// time. It is lost where that leaves no time.
func (s *Subscriber) refreshLater(end subscriptionEnd, wait time.Duration) {
	s.grant.notify.Stop()
	if wait == 0 {
		wait = retryBase
	}
	s.grant.refresh.Stop()
	if left := time.Until(s.grant.end); wait >= left {
		s.grant.refresh = s.env.after(left, "subscription expired", func() { s.lose(end, 0) })
	} else {
		s.grant.refresh = s.env.after(wait, "refresh subscription again", s.refresh)
	}
	s.flush()
}

// unanswered handles a SUBSCRIBE without final response. After 64*T1 it is
// timer N that counts, for it began at the same time.
func (s *Subscriber) unanswered(p subscribing, err error) {
	end := subscriptionEnd{code: SubscriptionTransportError, err: systemFailure(err)}
	timeout := errors.Is(err, errTimeout)
	switch {
	case timeout && s.grant.notify.Stop():
		s.noNotify()
	case timeout && p.kind == firstSubscribe: // the NOTIFY has shown that it is there
		if s.grant.end.IsZero() {
			s.expiresIn(p.expires)
		}
		s.flush()
	case timeout:
		end.code = SubscriptionResponseTimeout
		s.refreshLater(end, 0)
	case p.kind == unSubscribe, s.ending && s.dialog == nil:
		s.finish(end)
	case p.kind == firstSubscribe && s.dialog == nil, s.want.options.Once:
		s.lose(end, s.wait(0, s.env.connected()))
	case s.env.connected(): // else it is asked for anew with the next connection
		s.refreshLater(end, 0)
	}
}

// noNotify is timer N: a SUBSCRIBE was not followed by a NOTIFY (RFC 6665
// §4.1.2.1, §4.1.2.2).
func (s *Subscriber) noNotify() {
	end := subscriptionEnd{code: SubscriptionResponseTimeout, err: systemFailure(errTimeout)}
	switch {
	case s.ending && s.dialog != nil && len(s.queue) == 0:
		end.code = SubscriptionUnsubscribeTimeout
		s.finish(end)
	case s.ending:
		s.finish(end)
	default:
		if s.grant.none {
			end.code = SubscriptionWrongOK
		}
		s.lose(end, s.wait(0, s.dialog == nil))
	}
}

// wait is how long to wait before asking anew: what the other side said, now,
// or, where trying at once would be in vain or was, a growing time.
func (s *Subscriber) wait(asked time.Duration, later bool) time.Duration {
	if !s.loss.began.IsZero() && time.Since(s.loss.began) > retryBase {
		s.loss.count = 0
	}
	count := s.loss.count
	s.loss.count++
	switch {
	case asked > 0:
		return min(asked, 24*time.Hour)
	case later || count > 0:
		return retryWait(count)
	}
	return 0
}

// lose ends a subscription that is asked for anew after wait; one that may not
// is over.
func (s *Subscriber) lose(end subscriptionEnd, wait time.Duration) {
	if s.ending || s.want.options.Once || s.fork {
		s.finish(end)
		return
	}
	s.leave()
	s.state = SubscriberInit
	for _, f := range s.forks { // the next SUBSCRIBE will reach them again
		_ = f.Terminate(nil)
	}
	s.forks = nil
	if wait > 0 {
		s.loss.retry = s.env.after(wait, "subscribe again", s.open)
	}
	s.env.emit(SubscriptionLost{Subscriber: s, Code: end.code, Reason: end.reason, Err: end.err, RetryIn: wait})
	if wait == 0 && s.state == SubscriberInit {
		s.open()
	}
}

// leave forgets dialog, timers and what is under way.
func (s *Subscriber) leave() {
	s.loss.retry.Stop()
	s.grant.refresh.Stop()
	s.grant.notify.Stop()
	s.grant.forks.Stop()
	if !s.fork {
		s.env.unbind(s.half)
	}
	if s.pending != nil {
		s.pending.sender.abandon(nil)
	}
	if s.dialog != nil {
		s.env.unbind(s.dialog.id)
	}
	s.dialog, s.ok, s.pending, s.queue = nil, nil, nil, nil
}

// finish ends the subscription for good.
func (s *Subscriber) finish(end subscriptionEnd) {
	s.leave()
	s.state = SubscriberTerminated
	s.user.ended(s)
	s.env.emit(SubscriptionTerminated{
		Subscriber: s, Code: end.code, Reason: end.reason, RetryAfter: end.retryAfter, Err: end.err,
	})
}

// connected asks anew on a new connection: NOTIFYs to the old one are lost,
// and so may be the way recorded for the dialog.
func (s *Subscriber) connected() {
	lost := subscriptionEnd{code: SubscriptionTransportError, err: systemFailure(&transportError{})}
	switch {
	case s.state == SubscriberInit:
		if s.offline {
			s.open()
		}
	case s.ending:
		s.flush()
	case s.fork:
		s.finish(lost)
	case s.want.options.Once:
		s.refresh()
	case s.pending == nil:
		s.lose(lost, 0)
	}
}
