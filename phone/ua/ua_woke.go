package ua

import (
	"slices"
	"time"
)

// woke makes good for timers that stood still while the machine slept: what
// servers keep for us has grown old meanwhile, and the connection that has
// outlived it does not show that they have dropped it. Subscriptions and
// publications follow the REGISTER, as on a new connection.
func (u *UA) woke() {
	if u.state != uaReady || !u.config.Transport.Connected() {
		return
	}
	u.log.Info("refresh after a sleep")
	u.slept = u.online // else all of it is still to be said on this connection
	u.registrator.woke()
	u.settle()
}

// woke refreshes the binding (RFC 3261 §10.2.4), or leaves that to the user, as
// configured. A wait for the next attempt ends when it would have: it is one
// that the registrar asked for, or that spares it.
func (r *registrator) woke() {
	switch {
	case r.pending != nil: // its answer may have been waiting for us all the time
		r.stale = true
	case !r.wanted:
	case r.registered && r.env.config.Refresh == RefreshManually:
		r.timer.Stop()
		if left := remaining(r.end); left > 0 {
			r.expiring(left)
		} else {
			r.lost(nil, CauseExpires)
		}
	case r.registered:
		r.register()
	case !r.retry.IsZero():
		r.retryIn(remaining(r.retry))
	}
}

// retryIn has the next attempt made after wait.
func (r *registrator) retryIn(wait time.Duration) {
	r.timer.Stop()
	r.retry = time.Now().Add(wait)
	r.timer = r.env.after(wait, "retry registration", r.register)
}

// remaining is the time until t by the clock that is ahead: the monotonic one
// stands still while the machine sleeps, and the other one may be set back.
func remaining(t time.Time) time.Duration { return min(time.Until(t), time.Until(t.Round(0))) }

// woke refreshes what is subscribed to and what is published.
func (e *eventing) woke() {
	for _, s := range slices.Clone(e.subscribers) {
		s.refresh()
	}
	for _, p := range slices.Clone(e.publishers) {
		p.resume()
	}
}
