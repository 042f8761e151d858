package ua

import (
	"slices"
	"strconv"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// maxRaise is how often a 422 or 423 is answered by a longer interval.
const maxRaise = 2

// sessionTimer detects a call whose other side is gone (RFC 4028). One side
// refreshes at half the interval; both hang up shortly before its end.
type sessionTimer struct {
	agreedTimer
	noUpdate bool          // the peer does not take UPDATE: refresh by re-INVITE
	asked    time.Duration // by the options of the call; 0 = nothing
	minSE    time.Duration // learnt from 422
	updating bool          // an UPDATE is under way
	raised   int           // 422s met by UPDATE
	refresh  *loop.Timer
	expire   *loop.Timer
}

// agreedTimer is what a 2xx settles.
type agreedTimer struct {
	interval  time.Duration // 0 = none
	weRefresh bool
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// asking is c for a call that asks for an interval of its own; 0 is none.
func (c SessionTimers) asking(interval time.Duration) SessionTimers {
	if interval != 0 {
		c.Expires = max(interval, DefaultMinSE)
	}
	return c
}

// offerTimer is what our initial INVITE asks (§7.1).
func offerTimer(c SessionTimers) []sip.Header {
	if c.Off {
		return nil
	}
	interval := seconds(c.Expires)
	if c.ForceRefresher {
		interval += ";refresher=uac"
	}
	return []sip.Header{
		{Name: "Session-Expires", Value: interval},
		{Name: "Min-SE", Value: seconds(c.MinSE)},
	}
}

// timerOf is what a 2xx to us settles (§7.2): without Session-Expires nothing.
// A server that names no refresher leaves it to us.
func timerOf(res *sip.Response) agreedTimer {
	n, refresher, ok := res.SessionExpires()
	if !ok || n == 0 {
		return agreedTimer{}
	}
	return agreedTimer{interval: time.Duration(n) * time.Second, weRefresh: refresher != "uas"}
}

// intervalTooSmall reports whether r asks for less than we accept and would
// understand a 422 (§9).
func intervalTooSmall(r *sip.Request, c SessionTimers) bool {
	n, _, ok := r.SessionExpires()
	return ok && !c.Off && time.Duration(n)*time.Second < c.MinSE && slices.Contains(r.Supported(), "timer")
}

func refuseInterval(c SessionTimers) answer {
	return answer{status: 422, headers: []sip.Header{{Name: "Min-SE", Value: seconds(c.MinSE)}}}
}

// answerTimer settles the timer in our 2xx to r and returns its header fields
// (§9, table 2). Left the choice, the called side refreshes, as with JsSIP.
func (s *RTCSession) answerTimer(r *sip.Request) (agreedTimer, []sip.Header) {
	c := s.env.config.SessionTimers.asking(s.timer.asked)
	asked, refresher, ok := r.SessionExpires()
	supported := slices.Contains(r.Supported(), "timer")
	running := s.timer.interval > 0
	var a agreedTimer
	switch {
	case c.Off:
		return a, nil
	case ok && asked > 0:
		a.interval = time.Duration(asked) * time.Second
	case running && (supported || s.timer.weRefresh):
		a.interval = s.timer.interval
		if !s.timer.weRefresh {
			refresher = "uac"
		}
	case supported:
		a.interval = c.Expires
	default:
		return a, nil
	}
	if refresher != "uac" || !supported {
		refresher = "uas"
	}
	a.weRefresh = refresher == "uas"
	headers := []sip.Header{{Name: "Session-Expires", Value: seconds(a.interval) + ";refresher=" + refresher}}
	if !a.weRefresh {
		headers = append(headers, sip.Header{Name: "Require", Value: "timer"})
	}
	return a, headers
}

// learn notes whether the peer takes UPDATE, where it says so.
func (t *sessionTimer) learn(c *sip.Common) {
	if allow := c.Allow(); len(allow) > 0 {
		t.noUpdate = !slices.Contains(allow, sip.UPDATE)
	}
}

// request is what a re-INVITE or UPDATE of ours asks (§7.4): the same again.
func (t *sessionTimer) request() []sip.Header {
	if t.interval == 0 {
		return nil
	}
	refresher := ";refresher=uas"
	if t.weRefresh {
		refresher = ";refresher=uac"
	}
	headers := []sip.Header{{Name: "Session-Expires", Value: seconds(t.interval) + refresher}}
	if t.minSE > 0 {
		headers = append(headers, sip.Header{Name: "Min-SE", Value: seconds(t.minSE)})
	}
	return headers
}

// raise takes the Min-SE of a 422 and reports whether to try again (§7.3).
func (t *sessionTimer) raise(res *sip.Response, raised *int) bool {
	n, ok := res.MinSE()
	if !ok || *raised >= maxRaise {
		return false
	}
	*raised++
	t.minSE = max(t.minSE, time.Duration(n)*time.Second)
	t.interval = max(t.interval, t.minSE)
	return true
}

// update renews what r asks.
func (t *sessionTimer) update(r *sip.Request) {
	for _, h := range t.request() {
		r.Headers.Set(h.Name, h.Value)
	}
}

// raiseInterval repeats the initial INVITE with the interval that a 422 wants.
func (s *RTCSession) raiseInterval(res *sip.Response) bool {
	if !s.timer.raise(res, &s.out.tooSmall) {
		return false
	}
	interval := max(s.env.config.SessionTimers.asking(s.timer.asked).Expires, s.timer.minSE)
	s.timer.interval = 0 // nothing is agreed
	s.out.sender.resend(func(r *sip.Request) {
		r.Headers.Set("Session-Expires", seconds(interval))
		r.Headers.Set("Min-SE", seconds(s.timer.minSE))
	})
	return true
}

// startTimer begins an interval anew (§10).
func (s *RTCSession) startTimer(a agreedTimer) {
	s.stopTimer()
	s.timer.agreedTimer = a
	if a.interval == 0 || s.IsEnded() {
		return
	}
	if a.weRefresh {
		s.timer.refresh = s.env.loop.After(a.interval/2, "refresh session", s.refreshSession)
	}
	early := min(32*time.Second, a.interval/3)
	s.timer.expire = s.env.loop.After(a.interval-early, "session expired", func() {
		s.bye([]sip.Header{reasonHeader(408, "Session Timer Expired")}, &EndError{
			Cause: CauseRequestTimeout, Origin: System, Status: 408, Reason: "Session Timer Expired",
		})
	})
}

func (s *RTCSession) stopTimer() {
	s.timer.refresh.Stop()
	s.timer.expire.Stop()
}

// refreshSession refreshes by UPDATE, or by re-INVITE for a peer without it.
func (s *RTCSession) refreshSession() {
	switch {
	case s.status != StatusConfirmed || s.timer.updating:
	case s.timer.noUpdate || s.env.config.SessionTimers.Method == RefreshByInvite:
		s.reoffer(&reoffer{
			name: "session refresh",
			options: func() OfferOptions {
				return OfferOptions{Hold: s.offers.localHold, RemoteHold: s.offers.remoteHold, Audio: s.media.audio}
			},
			applied: func() {},
			done:    s.refreshed,
		})
	default:
		s.sendUpdate()
	}
}

// refreshed is told how a refreshing re-INVITE went; success has restarted the
// timer already.
func (s *RTCSession) refreshed(err error) {
	if err != nil && !s.IsEnded() {
		s.refreshLater()
	}
}

// refreshLater tries again before the interval ends; a new connection brings a
// re-INVITE, which refreshes as well.
func (s *RTCSession) refreshLater() {
	s.timer.refresh.Stop()
	s.timer.refresh = s.env.loop.After(max(s.timer.interval/20, 4*time.Second), "refresh session", s.refreshSession)
}

func (s *RTCSession) sendUpdate() {
	o := s.dialog.outbound(sip.UPDATE)
	o.headers = append([]sip.Header{s.contact}, s.timer.request()...)
	s.timer.updating = true
	s.sendInDialog(o, senderEvents{
		response: s.receiveUpdateResponse,
		failed: func(err error) {
			s.timer.updating = false
			switch e := systemFailure(err); {
			case s.IsEnded():
			case e.Cause == CauseRequestTimeout: // RFC 3261 §12.2.1.2
				s.bye([]sip.Header{reasonHeader(408, "")}, e)
			default:
				s.refreshLater()
			}
		},
	})
}

func (s *RTCSession) receiveUpdateResponse(res *sip.Response) {
	if res.StatusCode < 200 {
		return
	}
	s.timer.updating = false
	switch {
	case s.IsEnded():
	case res.StatusCode < 300:
		s.timer.raised = 0
		s.dialog.refreshTarget(&res.Common)
		s.startTimer(timerOf(res))
		s.learnPeer(&res.Common)
		s.tellIdentity()
	case res.StatusCode == 422 && s.timer.raise(res, &s.timer.raised):
		s.sendUpdate()
	case res.StatusCode == 408 || res.StatusCode == 481:
		s.dialogGone(res)
	case res.StatusCode == 491, res.StatusCode == 500 && res.Headers.Has("Retry-After"):
		s.refreshLater()
	default: // refused as such: a re-INVITE must do (§7.4)
		s.timer.noUpdate = true
		s.refreshSession()
	}
}
