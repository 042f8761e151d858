package ua

import (
	"context"
	"errors"
	"time"

	"webphone/phone/loop"
)

// callMedia is a call's Peer and the queue of its jobs. The Peer is made by
// the first job and closed by the last, whatever happens between.
type callMedia struct {
	jobs  *loop.Queue
	holds peerHolder
	peer  Peer // once the job that made it has ended, until the end
	muted bool
	quiet bool // muted, whatever the user wants, until the call is answered
	audio AudioDirection
}

// peerHolder is touched by jobs only, one after the other.
type peerHolder struct {
	make func() (Peer, error)
	peer Peer
}

func (h *peerHolder) get() (Peer, error) {
	if h.peer == nil {
		peer, err := h.make()
		if err != nil {
			return nil, err
		}
		h.peer = peer
	}
	return h.peer, nil
}

// preparePeer says how the Peer will be made; data nil means the session's.
func (s *RTCSession) preparePeer(data any) {
	if data == nil {
		data = s.Data
	}
	options := PeerOptions{
		CallID:    s.CallID(),
		Trickle:   !s.env.config.NoTrickle,
		Direction: s.direction,
		Data:      data,
		Events: PeerEvents{
			Connected:   s.whileAlive("media connected", s.pathUp),
			Interrupted: s.whileAlive("media interrupted", s.pathInterrupted),
			Candidate: func(c Candidate) {
				s.whileAlive("candidate", func() { s.localCandidate(c) })()
			},
			Failed: func(err error) {
				s.whileAlive("media failed", func() { s.pathFailed(err) })()
			},
			DTMF: func(tone rune, d time.Duration) {
				s.whileAlive("DTMF received", func() {
					s.env.emit(NewDTMF{Session: s, Originator: Remote, Tone: tone, Duration: d})
				})()
			},
		},
	}
	s.media.holds.make = func() (Peer, error) { return s.env.config.NewPeer(options) }
}

// whileAlive returns a function for any goroutine that runs f as a turn if the
// session has not ended by then.
func (s *RTCSession) whileAlive(name string, f func()) func() {
	return func() {
		s.env.loop.Post(name, func() {
			if !s.IsEnded() {
				f()
			}
		})
	}
}

// describe runs a job that makes a description and hands its result over,
// unless the session has ended by then.
func (s *RTCSession) describe(name string, work func(context.Context, Peer) (string, error), then func(string, error)) {
	loop.Enqueue(s.media.jobs, name, func(ctx context.Context) (string, error) {
		peer, err := s.media.holds.get()
		if err != nil {
			return "", err
		}
		return work(ctx, peer)
	}, func(sdp string, err error) {
		if s.media.peer == nil && s.media.holds.peer != nil {
			s.media.peer = s.media.holds.peer
			s.media.peer.SetMuted(s.media.muted || s.media.quiet)
			s.env.emit(PeerConnection{Session: s, Peer: s.media.peer})
		}
		if !s.IsEnded() { // by the consumer of that event
			then(sdp, err)
		}
	})
}

// apply runs a job that makes no description.
func (s *RTCSession) apply(name string, work func(context.Context, Peer) error, then func(error)) {
	s.describe(name, func(ctx context.Context, p Peer) (string, error) { return "", work(ctx, p) },
		func(_ string, err error) { then(err) })
}

// setAnswer applies a remote answer; "" is none that is new.
func (s *RTCSession) setAnswer(sdp []byte, kind AnswerKind, then func(error)) {
	text := string(sdp)
	if text != "" {
		text = s.tellSDP(Remote, SDPAnswer, text)
	}
	s.apply("set "+kind.String()+" answer", func(ctx context.Context, p Peer) error {
		return p.SetAnswer(ctx, text, kind)
	}, func(err error) {
		if s.toldMediaFault(StepSetRemoteDescription, err) {
			then(err)
		}
	})
}

// tellSDP tells of a description and returns what the consumer made of it. It
// may have ended the session.
func (s *RTCSession) tellSDP(by Originator, kind SDPType, sdp string) string {
	s.env.emit(SDP{Session: s, Originator: by, Type: kind, SDP: &sdp})
	return sdp
}

// toldMediaFault tells of err, if it is one, and reports whether the session
// goes on: its consumer may have ended it.
func (s *RTCSession) toldMediaFault(step MediaStep, err error) bool {
	if err != nil {
		if errors.Is(err, ErrUserDenied) {
			step = StepGetUserMedia
		}
		s.env.emit(MediaFailed{Session: s, Step: step, Err: err})
	}
	return !s.IsEnded()
}

// describeLocal makes a description of ours and tells of it.
func (s *RTCSession) describeLocal(name string, kind SDPType, work func(context.Context, Peer) (string, error), then func(string, error)) {
	step := StepCreateOffer
	if kind == SDPAnswer {
		step = StepCreateAnswer
	}
	s.describe(name, work, func(sdp string, err error) {
		if !s.toldMediaFault(step, err) {
			return
		}
		if err == nil {
			sdp = s.tellSDP(Local, kind, sdp)
		}
		if !s.IsEnded() {
			then(sdp, err)
		}
	})
}

// rollback takes the last offer back, then runs then.
func (s *RTCSession) rollback(then func()) {
	s.apply("rollback", func(ctx context.Context, p Peer) error { return p.Rollback(ctx) }, func(err error) {
		if err != nil {
			s.log.Warn("rollback failed", "error", err)
		}
		then()
	})
}

// endMedia queues Peer.Close as the last job.
func (s *RTCSession) endMedia(cause error) {
	s.media.jobs.End(cause, func() {
		if s.media.holds.peer == nil {
			return
		}
		if err := s.media.holds.peer.Close(); err != nil {
			s.log.Warn("media not closed", "error", err)
		}
	})
}

// mediaStatus is the answer to an offer that the Peer could not take.
func mediaStatus(err error) int {
	switch {
	case errors.Is(err, ErrIncompatibleSDP):
		return 488
	case errors.Is(err, ErrUserDenied):
		return 480
	}
	return 500
}

// mediaFailure is the EndError of a description we could not make.
func mediaFailure(err error, status int) *EndError {
	e := &EndError{Cause: CauseWebRTC, Origin: System, Status: status, Err: err}
	switch {
	case errors.Is(err, ErrIncompatibleSDP):
		e.Cause = CauseIncompatibleSDP
	case errors.Is(err, ErrUserDenied):
		e.Cause = CauseUserDenied
	}
	return e
}

// Mute stops the sending of the microphone's sound.
func (s *RTCSession) Mute() { s.setMuted(true) }

// Unmute sends it again.
func (s *RTCSession) Unmute() { s.setMuted(false) }

func (s *RTCSession) setMuted(muted bool) {
	if s.IsEnded() || s.media.muted == muted {
		return
	}
	s.media.muted = muted
	if s.media.peer != nil {
		s.media.peer.SetMuted(muted || s.media.quiet)
	}
	s.env.emit(MutedChanged{Session: s, Muted: muted})
}

// setQuiet keeps the microphone off whatever the user wants.
func (s *RTCSession) setQuiet(quiet bool) {
	changed := s.media.quiet != quiet
	s.media.quiet = quiet
	if changed && s.media.peer != nil {
		s.media.peer.SetMuted(s.media.muted || quiet)
	}
}
