package ua

import (
	"context"
	"errors"
	"slices"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// pathState is what is known of the way of a call's sound:
//
//	new ──Connected──▶ flowing ──Interrupted──▶ interrupted ──Failed──▶ broken
//	                      ▲ ▲──────Connected────────┘                     │
//	                      └──Connected, after an offer that restarts ICE──┘
type pathState int

const (
	pathNew pathState = iota
	pathFlowing
	pathInterrupted
	pathBroken
)

var pathNames = [...]string{"new", "flowing", "interrupted", "broken"}

func (p pathState) String() string { return pathNames[p] }

// Waits between offers of a call that has lost its path.
const (
	firstResumeWait = 2 * time.Second
	maxResumeWait   = 8 * time.Second
	// maxRefreshes is how often a mere refresh of the target is tried again:
	// the call goes on without it.
	maxRefreshes = 3
	// staleOffer is after which time a peer that makes an offer is sure not
	// to have ours.
	staleOffer = 4 * time.Second
)

// survival brings a call through the loss of its connection or of its path.
type survival struct {
	path    pathState
	lapse   *loop.Timer // of a path that does not flow
	restart bool        // the next offer restarts ICE

	resume  *reoffer    // waiting or under way
	retry   *loop.Timer // until the next one
	retries int

	offline  *loop.Timer // of what waits for the connection
	hopeless bool        // it has lapsed: nothing waits any more
	held     []*heldRequest
	lost     *inviteClient // our initial INVITE, whose answer cannot come any more

	ack   *sip.Request // our last to a 2xx, for which the peer may still wait
	acked time.Time
}

// pathUp is told by the media: there is a path.
func (s *RTCSession) pathUp() {
	v := &s.survival
	v.path = pathFlowing
	v.lapse.Stop()
	v.lapse = nil
	if v.retry.Stop() {
		v.retries = 0
	}
	s.env.emit(MediaConnected{Session: s})
}

// pathInterrupted is told by the media: nothing comes any more.
func (s *RTCSession) pathInterrupted() {
	v := &s.survival
	if v.path != pathFlowing {
		return
	}
	v.path = pathInterrupted
	if s.IsEstablished() {
		s.awaitPath()
		s.env.emit(MediaInterrupted{Session: s})
	}
}

// pathFailed is told by the media: only an offer can bring the sound back. A
// call that never had a path, or whose keys could not be agreed upon, ends.
func (s *RTCSession) pathFailed(err error) {
	v := &s.survival
	switch {
	case !errors.Is(err, ErrPathLost):
		s.mediaFailed(err)
	case !s.IsEstablished(): // the fork that answers may have a better one
		v.path = pathBroken
		s.earlyMediaFailed(err)
	case v.path == pathNew:
		s.mediaFailed(err)
	default:
		flowed := v.path == pathFlowing
		v.path = pathBroken
		if flowed {
			s.env.emit(MediaInterrupted{Session: s})
		}
		s.restorePath()
	}
}

// restorePath begins to restart ICE, if the session has not ended meanwhile.
func (s *RTCSession) restorePath() {
	if s.IsEnded() {
		return
	}
	s.awaitPath()
	s.recover(true)
}

// awaitPath ends the call if the sound does not come back in time.
func (s *RTCSession) awaitPath() {
	v := &s.survival
	if v.lapse != nil || s.IsEnded() {
		return
	}
	v.lapse = s.env.loop.After(s.env.config.Recovery, "path lost", func() {
		if s.env.online() {
			s.mediaFailed(ErrPathLost)
			return
		}
		s.connectionLapsed()
	})
}

// connectionLapsed ends a call that nothing connects any more.
func (s *RTCSession) connectionLapsed() {
	_ = s.terminate(TerminateOptions{Cause: CauseConnection}, // fails only after the end
		&EndError{Cause: CauseConnection, Origin: System, Err: ErrPathLost})
}

// answeredPath looks at the path of early media when its fork has answered: it
// may have failed before, and will not fail again. Another fork has its own.
func (s *RTCSession) answeredPath(sameFork bool) {
	switch v := &s.survival; {
	case !sameFork:
		v.path = pathNew
	case v.path == pathBroken:
		s.restorePath()
	case v.path == pathInterrupted:
		s.awaitPath()
	}
}

// checkPath looks whether the path is still there after a change of the
// network; the media need not have noticed.
func (s *RTCSession) checkPath() {
	if !s.IsEstablished() || s.survival.path == pathNew {
		return
	}
	s.apply("check path", func(ctx context.Context, p Peer) error { return p.CheckPath(ctx) }, func(err error) {
		if err == nil || !s.IsEstablished() {
			return
		}
		s.log.Info("path lost", "error", err)
		s.pathInterrupted()
		s.restorePath()
	})
}

// disconnected begins the wait for the next connection.
func (s *RTCSession) disconnected() {
	v := &s.survival
	if v.offline != nil || s.IsEnded() {
		return
	}
	v.offline = s.env.loop.After(s.env.config.Recovery, "offline", s.offlineLapsed)
}

// offlineLapsed gives up what waits for the connection. A call whose sound
// still flows goes on.
func (s *RTCSession) offlineLapsed() {
	v := &s.survival
	v.hopeless = true
	e := &EndError{Cause: CauseConnection, Origin: System}
	if v.lost != nil {
		s.abandonLost()
		s.finish(inEnd, e)
		return
	}
	s.dropHeld(e)
	queue := s.offers.queue
	s.offers.queue = nil
	for _, op := range queue {
		s.complete(op, e)
	}
}

// resume takes a call up on a new connection: what has waited is sent, and one
// re-INVITE tells the peer and the servers where we are now (RFC 3261
// §12.2.1), with new candidates if the path is lost.
func (s *RTCSession) resume() {
	v := &s.survival
	v.offline.Stop()
	v.offline, v.hopeless = nil, false
	if v.lost != nil {
		s.repeatInvite()
		return
	}
	if !s.IsEstablished() {
		return
	}
	if v.ack != nil && time.Since(v.acked) < 64*timerT1 {
		s.sendAck(v.ack)
	}
	s.sendHeld()
	s.contact = s.freshContact()
	s.apply("check path", func(ctx context.Context, p Peer) error { return p.CheckPath(ctx) }, func(err error) {
		if !s.IsEstablished() {
			return
		}
		lost := err != nil && v.path != pathNew
		if lost {
			s.pathInterrupted()
		}
		s.recover(lost && !s.IsEnded())
	})
}

// freshContact is our present Contact.
func (s *RTCSession) freshContact() sip.Header {
	if s.direction == Outgoing && s.request.Headers.Has("Privacy") {
		return s.env.anonymous()
	}
	return s.env.contact()
}

// sendAck sends our ACK to a 2xx and remembers it: without the connection it
// is sent on the next.
func (s *RTCSession) sendAck(ack *sip.Request) {
	if s.survival.ack != ack {
		s.survival.ack, s.survival.acked = ack, time.Now()
	}
	if err := s.env.send(ack); err != nil {
		s.log.Warn("ACK not sent", "error", err)
	}
}

// recover makes one re-INVITE, before all others that wait.
func (s *RTCSession) recover(restart bool) {
	v := &s.survival
	if s.IsEnded() {
		return
	}
	v.retry.Stop()
	v.restart = v.restart || restart
	if v.resume != nil {
		s.pump()
		return // if it is under way, resumed looks at restart
	}
	v.resume = &reoffer{
		name: "resume",
		options: func() OfferOptions {
			restart := v.restart
			v.restart = false
			return OfferOptions{Hold: s.offers.localHold, RemoteHold: s.offers.remoteHold, ICERestart: restart, Audio: s.media.audio}
		},
		applied: func() {},
		done:    s.resumed,
		resume:  true,
	}
	s.offers.queue = append([]*reoffer{v.resume}, s.offers.queue...)
	s.pump()
}

// resumed is told how the re-INVITE went. What a server says for a peer that
// is itself away is no answer of the peer: it is asked again.
func (s *RTCSession) resumed(err error) {
	v := &s.survival
	v.resume = nil
	if s.IsEnded() {
		return
	}
	flows := v.path == pathFlowing
	switch {
	case err == nil && v.restart:
		s.recover(true)
	case err == nil:
		v.retries = 0
	case temporary(err) && (!flows || v.retries < maxRefreshes):
		wait := min(firstResumeWait<<min(v.retries, 4), maxResumeWait)
		v.retries++
		v.retry = s.env.loop.After(wait, "resume again", func() {
			s.recover(v.path == pathInterrupted || v.path == pathBroken)
		})
	default:
		s.log.Info("the call was not taken up again", "error", err)
	}
}

// temporary reports a failure that says nothing about the dialog: the peer is
// away as we have been, or the way to it is.
func temporary(err error) bool {
	var e *EndError
	if !errors.As(err, &e) {
		return false
	}
	return e.Cause == CauseConnection || e.Cause == CauseRequestTimeout ||
		e.Status >= 500 && e.Status < 600 && e.Status != 501 ||
		slices.Contains([]int{404, 408, 430, 477, 480, 487, 491}, e.Status)
}

// yield gives our re-INVITE up that a peer which is or was away has not
// answered, for the sake of its own: the next one will find us free.
func (s *RTCSession) yield() {
	op := s.offers.current
	if op == nil || op.sender == nil {
		return
	}
	if op.resume || !op.sent.IsZero() && time.Since(op.sent) >= staleOffer {
		op.yielded = true
		op.sender.abandon(nil)
	}
}

// endSurvival stops everything with the session.
func (s *RTCSession) endSurvival(e *EndError) {
	v := &s.survival
	v.lapse.Stop()
	v.retry.Stop()
	v.offline.Stop()
	v.offline = nil
	if v.lost != nil {
		s.abandonLost()
	}
	s.dropHeld(e)
}
