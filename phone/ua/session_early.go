package ua

import (
	"webphone/phone/sip"
)

// earlyDialog is a fork that has sent a provisional response (RFC 3261 §12.1).
// Its media are heard if it is the one that outgoingCall.heard names:
//
//	silent ──answer──▶ answering ──chosen──▶ heard ──2xx of it──▶ the call
//	                      ▲                    │ its media fail, another is chosen
//	                      └────────────────────┘
type earlyDialog struct {
	dialog *dialog
	age    int // number among the forks
	// sdp describes its media as it said last, in an answer or in an UPDATE;
	// "" = nothing yet.
	sdp  string
	said int // number of sdp among those of all forks
	// complete: the answer came reliably, so that no further one counts and
	// new offers may be made (RFC 3262 §5, RFC 6337 §3.1.1).
	complete bool
	rseq     uint32        // of the last reliable response taken; 0 = none
	asserted *sip.NameAddr // see identity
	unheard  bool          // its PRACK was lost with the connection
	broken   bool          // its media failed, or it said that it has ended

	noUpdate, trickle bool // what it has told about itself, as for the call
}

// maxForks bounds the forks of one call that are known, early or answered:
// servers make a few dozen at most, and a hostile one any number.
const maxForks = 64

// ringing handles a 101–199: an early dialog, maybe with early media. The
// event follows once these are in place.
func (s *RTCSession) ringing(res *sip.Response) {
	s.advance(inProvisional)
	told := func() {
		if s.tellIdentity(); s.IsEnded() { // by the consumer of that event
			return
		}
		s.env.emit(Progress{Session: s, Originator: Remote, Response: res})
		s.referral.progress(res.StatusCode, res.Reason)
	}
	if res.To.Tag() == "" {
		told()
		return
	}
	fork := s.forkOf(res)
	if fork == nil {
		told()
		return
	}
	s.learnFork(fork, &res.Common)
	reliable := s.isReliable(res)
	if reliable && !s.acknowledge(fork, res) {
		return
	}
	if res.StatusCode == 199 { // RFC 6228 §4
		told()
		s.loseFork(fork)
		return
	}
	sdp, ok := res.SDP()
	if !ok || fork.complete || string(sdp) == fork.sdp && !reliable {
		told()
		return
	}
	fork.sdp, fork.complete, fork.broken = string(sdp), reliable, false
	s.out.said++
	fork.said = s.out.said
	fork.dialog.ourOffer = !reliable
	if heard := s.heardFork(); heard != nil && heard != fork {
		told() // one fork's early media at a time; its answer is kept
		return
	}
	s.hear(fork, told)
}

// forkOf returns the early dialog that res belongs to, made if need be; nil
// where there are too many.
func (s *RTCSession) forkOf(res *sip.Response) *earlyDialog {
	tag := res.To.Tag()
	fork, ok := s.out.early[tag]
	if !ok && len(s.out.early) < maxForks {
		fork = &earlyDialog{dialog: newCallerDialog(s.request, res), age: len(s.out.early)}
		s.out.early[tag] = fork
		s.bind(fork.dialog)
	}
	return fork
}

// learnFork notes what a message of fork tells about it; nil is a fork that has
// told nothing. Until the call is answered the notes of the session are those
// of the fork that spoke last.
func (s *RTCSession) learnFork(fork *earlyDialog, c *sip.Common) {
	if fork == nil {
		fork = &earlyDialog{}
	}
	s.timer.noUpdate, s.trickle.peer, s.identity.asserted = fork.noUpdate, fork.trickle, fork.asserted
	s.learnPeer(c)
	fork.noUpdate, fork.trickle, fork.asserted = s.timer.noUpdate, s.trickle.peer, s.identity.asserted
}

// learnIn notes what a message of the peer in d, the call's dialog or an early
// one, tells about it.
func (s *RTCSession) learnIn(d *dialog, c *sip.Common) {
	if fork := s.forkIn(d); fork != nil {
		s.learnFork(fork, c)
	} else if d == s.dialog {
		s.learnPeer(c)
	}
}

// forkIn returns the early dialog that owns d; nil if there is none any more.
func (s *RTCSession) forkIn(d *dialog) *earlyDialog {
	if s.out == nil {
		return nil
	}
	return s.out.early[d.id.remoteTag]
}

// heardFork is the fork whose early media are played, or nil.
func (s *RTCSession) heardFork() *earlyDialog { return s.out.early[s.out.heard] }

// hear has the early media of fork played; told, which may be nil, is called
// once they are, or are found to be none.
func (s *RTCSession) hear(fork *earlyDialog, told func()) {
	if s.out.heard != fork.dialog.id.remoteTag {
		s.out.heard = fork.dialog.id.remoteTag
		s.survival.path = pathNew
	}
	s.setAnswer([]byte(fork.sdp), AnswerProvisional, func(err error) {
		if told != nil {
			told()
		}
		switch {
		case s.IsEnded():
		case err != nil:
			s.log.Warn("early answer not applied", "error", err)
			s.forkFailed(fork)
		case s.dialog == nil && !s.out.earlyTo && !fork.broken && s.heardFork() == fork:
			s.out.earlyTo = true
			s.env.emit(EarlyMedia{Session: s})
		}
	})
}

// HearNewest plays the early media that were promised last, where those of
// another fork are played: for a caller who has heard nothing of these for a
// while, because the callee is looked for in one place after another. It reports
// whether there are any.
func (s *RTCSession) HearNewest() bool {
	if s.out == nil || s.dialog != nil || s.IsEnded() || s.heardFork() == nil || s.offers.current != nil || s.offers.incoming != nil {
		return false
	}
	newest := s.heardFork()
	for _, fork := range s.out.early {
		if fork.sdp != "" && !fork.broken && fork.said > newest.said {
			newest = fork
		}
	}
	if newest == s.heardFork() {
		return false
	}
	s.hear(newest, nil)
	return true
}

// forkFailed goes over to the media of another fork, if there is one, when
// those of fork are of no use. The call rings on.
func (s *RTCSession) forkFailed(fork *earlyDialog) {
	fork.broken = true
	if s.dialog != nil || s.heardFork() != fork {
		return
	}
	s.out.heard = ""
	var next *earlyDialog
	for _, other := range s.out.early {
		if other.sdp != "" && !other.broken && (next == nil || other.age < next.age) {
			next = other
		}
	}
	if next != nil {
		s.hear(next, nil)
		return
	}
	s.earlyMediaLost()
}

func (s *RTCSession) earlyMediaLost() {
	if s.out.earlyTo {
		s.out.earlyTo = false
		s.env.emit(EarlyMediaLost{Session: s})
	}
}

// loseFork forgets a fork that has ended; a 2xx of it would be a new one.
func (s *RTCSession) loseFork(fork *earlyDialog) {
	s.forkFailed(fork)
	if s.out.early[fork.dialog.id.remoteTag] == fork {
		delete(s.out.early, fork.dialog.id.remoteTag)
		s.env.unbind(fork.dialog.id)
	}
}

// earlyMediaFailed notes that the path of early media was not found or was
// lost: that of the fork which is heard, or ours to the caller. It is no
// reason to end a call that still rings; the final answer makes a new attempt.
func (s *RTCSession) earlyMediaFailed(err error) {
	s.log.Warn("early media failed", "error", err)
	switch {
	case s.out == nil:
		s.in.early.failed = err
	case s.heardFork() != nil:
		s.forkFailed(s.heardFork())
	}
}

// unbindEarly ends every early dialog.
func (s *RTCSession) unbindEarly() {
	for _, fork := range s.out.early {
		s.env.unbind(fork.dialog.id)
	}
	clear(s.out.early)
}

// winner takes the dialog of the fork that answered first, and returns the
// text to complete the offer with: "" if what was applied stands. ok is false
// if the fork has given no answer at all.
func (s *RTCSession) winner(res *sip.Response) (sdp string, ok bool) {
	text, has := res.SDP()
	sdp = string(text)
	fork := s.out.early[res.To.Tag()]
	if fork == nil {
		s.dialog = newCallerDialog(s.request, res)
		return sdp, has
	}
	s.dialog = fork.dialog
	s.dialog.confirm(res)
	switch {
	case fork.complete && s.heardFork() == fork && !fork.broken:
		return "", true
	case fork.complete || !has: // RFC 3261 §13.2.1: the first answer counts
		return fork.sdp, fork.sdp != ""
	}
	return sdp, true
}
