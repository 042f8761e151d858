package ua

import (
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

const (
	// replacesDeadline is how long an INVITE with Replaces waits for the user.
	replacesDeadline = 30 * time.Second
	// departedTime is how long an ended dialog is known as such.
	departedTime = 64 * timerT1
	// maxDeparted bounds how many are.
	maxDeparted = 16
)

// Replacement is an INVITE that asks to take the place of one of our calls
// (RFC 3891). Accept or Reject decides it, also later; after 30 s, and when
// that call ends, it is declined with 603.
type Replacement struct {
	session   *RTCSession // to be replaced
	earlyOnly bool
	in        *inbound // until it is decided
	deadline  *loop.Timer
	take      func(*inbound) *RTCSession
}

// Accept makes the new call and answers it; the old one ends with
// CauseReplaced as soon as the new one stands. It returns a *StateError if the
// INVITE is decided already.
func (p *Replacement) Accept(o AnswerCallOptions) (*RTCSession, error) {
	if p.in != nil && p.earlyOnly && p.session.IsEstablished() { // answered meanwhile
		p.reply(answer{status: 486})
	}
	if p.in == nil {
		return nil, &StateError{Op: "accept replacement", State: StatusTerminated}
	}
	s := p.take(p.settle())
	s.in.replaces = p.session
	s.media.muted = p.session.media.muted
	s.ring()
	if s.status == StatusWaitingForAnswer { // the consumer may have decided in an event
		return s, s.Answer(o)
	}
	return s, nil
}

// Reject answers with a status in 300–699. It fails as Accept does.
func (p *Replacement) Reject(status int, o ReplyOptions) error {
	if status < 300 || status > 699 {
		return errStatusCode
	}
	if p.in == nil {
		return &StateError{Op: "reject replacement", State: StatusTerminated}
	}
	p.reply(o.answer(status))
	return nil
}

func (p *Replacement) reply(a answer) {
	if p.in != nil {
		p.settle().reply(a)
	}
}

// settle ends the wait and returns the INVITE.
func (p *Replacement) settle() *inbound {
	in := p.in
	p.in = nil
	p.deadline.Stop()
	p.session.replacement = nil
	return in
}

// oldEnded declines: there is nothing to be replaced any more. p may be nil.
func (p *Replacement) oldEnded() {
	if p != nil {
		p.reply(answer{status: 603})
	}
}

// receiveReplaces handles an INVITE with Replaces by the rules of RFC 3891 §3.
func (u *UA) receiveReplaces(r *inbound, take func(*inbound) *RTCSession) {
	replaces, ok := replacesOf(r.Request)
	if !ok {
		r.reply(answer{status: 400, reason: "Bad Replaces"})
		return
	}
	s, confirmed := u.replaced(replaces)
	switch {
	case s == nil && u.departed.has(replaces):
		r.reply(answer{status: 603})
	case s == nil, !confirmed && s.direction == Incoming: // an early dialog is the caller's to replace
		r.reply(answer{status: 481})
	case confirmed && replaces.EarlyOnly, s.replacement != nil:
		r.reply(answer{status: 486})
	default:
		p := &Replacement{session: s, earlyOnly: replaces.EarlyOnly, in: r, take: take}
		p.deadline = u.loop.After(replacesDeadline, "replacement deadline", func() { p.reply(answer{status: 603}) })
		r.invite.cancel = func(*sip.Request) { p.reply(answer{status: 487}) }
		s.replacement = p
		u.emit(ReplacesRequested{Replacement: p, Session: s, Request: r.Request})
	}
}

// replacesOf reads the one Replaces of an INVITE, which excludes Join
// (RFC 3911 §4).
func replacesOf(r *sip.Request) (Replaces, bool) {
	values := r.Headers.Values("Replaces")
	if len(values) != 1 || r.Headers.Has("Join") {
		return Replaces{}, false
	}
	return parseReplaces(values[0])
}

// names reports whether r means the dialog that we know as id. A party of
// before RFC 3261 has no tag, which is written 0 (RFC 3891 §3).
func (r Replaces) names(id dialogID) bool {
	same := func(tag, ours string) bool { return tag == ours || tag == "0" && ours == "" }
	return r.CallID == id.callID && same(r.ToTag, id.localTag) && same(r.FromTag, id.remoteTag)
}

// replaced finds the call that r means, and whether it is answered.
func (u *UA) replaced(r Replaces) (s *RTCSession, confirmed bool) {
	for s := range u.sessions {
		if s.dialog != nil && r.names(s.dialog.id) {
			return s, s.status == StatusConfirmed || s.status == StatusWaitingForACK
		}
		if s.out == nil {
			continue
		}
		for _, fork := range s.out.early {
			if r.names(fork.dialog.id) {
				return s, false
			}
		}
	}
	return nil, false
}

// takeOver ends the call in whose place s has come; a call that still rang
// elsewhere is answered here.
func (s *RTCSession) takeOver() {
	old := s.in.replaces
	if old == nil || old.IsEnded() {
		return
	}
	o := TerminateOptions{}
	if old.IsInProgress() {
		o = TerminateOptions{StatusCode: 200, Reason: "Call completed elsewhere"}
	}
	_ = old.terminate(o, &EndError{Cause: CauseReplaced, Origin: Remote}) // fails only after the end
}

// departed are the dialogs that have ended lately, oldest first.
type departed []departedDialog

type departedDialog struct {
	id dialogID
	at time.Time
}

func (d *departed) add(id dialogID) {
	*d = append(*d, departedDialog{id, time.Now()})
	if n := len(*d); n > maxDeparted {
		*d = append(departed(nil), (*d)[n-maxDeparted:]...)
	}
}

func (d departed) has(r Replaces) bool {
	for _, one := range d {
		if r.names(one.id) && time.Since(one.at) < departedTime {
			return true
		}
	}
	return false
}
