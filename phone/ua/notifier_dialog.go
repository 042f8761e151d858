package ua

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"webphone/phone/sip"
)

// granted is the time that r gets: what it asks, at most a day.
func (n *Notifier) granted(r *sip.Request) time.Duration {
	seconds, ok := r.Expires()
	if !ok {
		return n.options.DefaultExpires
	}
	return min(time.Duration(seconds)*time.Second, maxSubscription)
}

// ok is the 200 to a SUBSCRIBE.
func (n *Notifier) ok(expires time.Duration) answer {
	headers := []sip.Header{{Name: "Expires", Value: strconv.Itoa(int(expires / time.Second))}, n.env.contact()}
	return answer{status: 200, headers: append(headers, n.allowEvents()...)}
}

func (n *Notifier) allowEvents() []sip.Header {
	if n.options.AllowEvents == "" {
		return nil
	}
	return []sip.Header{{Name: "Allow-Events", Value: n.options.AllowEvents}}
}

// subscribed tells of a SUBSCRIBE that was answered 200, and sees to the NOTIFY
// that must follow at once (RFC 6665 §4.2.1.2). A time of 0 is the end (§4.2.1.4)
// or a question for once (§4.4.3).
func (n *Notifier) subscribed(r *sip.Request, expires time.Duration) {
	n.end = time.Now().Add(expires)
	n.expiry.Stop()
	n.owed, n.final, n.code = true, expires == 0, NotifierUnsubscribeReceived
	if !n.final {
		n.expiry = n.env.after(expires, "subscription expires", n.expired)
	}
	n.env.emit(NotifierSubscribe{
		Notifier: n, Unsubscribe: n.final, Request: r, Body: r.Body, ContentType: r.Headers.Get("Content-Type"),
	})
	n.tellOwed()
}

// tellOwed sends the NOTIFY that the user did not.
func (n *Notifier) tellOwed() {
	if n.owed {
		_ = n.Notify(n.last) // owed only between Start and the end
	}
}

// expired ends a subscription that was not refreshed (RFC 6665 §4.2.1.4).
func (n *Notifier) expired() {
	n.owed, n.final, n.code = true, true, NotifierSubscriptionExpired
	n.env.emit(NotifierExpired{Notifier: n})
	n.tellOwed()
}

// receive takes a request in the dialog.
func (n *Notifier) receive(r *inbound) {
	if r.Method != sip.SUBSCRIBE {
		r.refuse()
		return
	}
	if a := n.dialog.admit(r.Request); a.status != 0 {
		r.reply(a)
		return
	}
	name, ok := eventOf(&r.Common)
	switch {
	case !ok:
		r.reply(answer{status: 400, reason: "Missing Event"})
		return
	case name != n.request.event: // a dialog has one subscription (RFC 6665 §4.5.2)
		r.reply(n.env.config.Events.badEvent())
		return
	}
	if a := n.env.config.Events.checkExpires(r.Request); a.status != 0 {
		r.reply(a)
		return
	}
	n.dialog.refreshTarget(&r.Common)
	expires := n.granted(r.Request)
	r.reply(n.ok(expires))
	n.subscribed(r.Request, expires)
}

// flush sends the next NOTIFY: one at a time, so that none overtakes another
// that is repeated with credentials.
func (n *Notifier) flush() {
	if n.busy || len(n.queue) == 0 || !n.env.connected() {
		return
	}
	next := n.queue[0]
	state := next.state
	if !next.final {
		state += ";expires=" + strconv.Itoa(max(0, int(time.Until(n.end).Round(time.Second)/time.Second)))
	}
	o := n.dialog.outbound(sip.NOTIFY)
	o.headers = append(slices.Clone(n.options.ExtraHeaders),
		sip.Header{Name: "Event", Value: n.request.event.String()},
		sip.Header{Name: "Subscription-State", Value: state},
		n.env.contact())
	o.headers = append(o.headers, n.allowEvents()...)
	o.contentType, o.body = n.contentType, next.body
	n.busy = true
	n.env.sender(n.env.request(o), senderEvents{
		response: n.answered,
		failed: func(err error) {
			code := NotifierTransportError
			if errors.Is(err, errTimeout) {
				code = NotifierResponseTimeout
			}
			n.failed(code, systemFailure(err))
		},
		nextSeq: n.dialog.nextSeq,
	}).send()
}

// answered takes the response to a NOTIFY (RFC 6665 §4.2.2).
func (n *Notifier) answered(res *sip.Response) {
	wait, later := res.RetryAfter()
	switch {
	case res.StatusCode < 200:
	case res.StatusCode < 300:
		n.busy, n.queue = false, n.queue[1:]
		n.dialog.refreshTarget(&res.Common)
		n.flush()
	case later && !endsUsage(res.StatusCode) && n.state != NotifierTerminated:
		n.retry = n.env.after(wait, "NOTIFY again", func() {
			n.busy = false
			n.flush()
		})
	default:
		code, err := NotifierNonOK, failureOf(res)
		if err.Cause == CauseAuthentication {
			code = NotifierAuthenticationFailed
		}
		n.failed(code, err)
	}
}

// failed ends a subscription whose NOTIFY failed.
func (n *Notifier) failed(code NotifierCode, err *EndError) {
	n.queue, n.busy = nil, false
	if n.state != NotifierTerminated {
		n.ended(code, err)
	}
}

// shutDown tells the subscriber to come back later.
func (n *Notifier) shutDown() { _ = n.Terminate(nil, "probation", 0) } // fails only if it has ended
