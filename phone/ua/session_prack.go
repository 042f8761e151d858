package ua

import (
	"fmt"
	"slices"

	"webphone/phone/sip"
)

// Reliable says what to do about provisional responses that are acknowledged
// (RFC 3262).
type Reliable int

// The policies.
const (
	// ReliableDefault is what Config says, and there ReliableSupported.
	ReliableDefault Reliable = iota
	// ReliableSupported acknowledges the callee's if it wants that, and sends
	// our own so if the caller requires it, or supports it and they carry a
	// description of media.
	ReliableSupported
	// ReliableRequired calls only who can do it, and sends our own so to
	// every caller that can.
	ReliableRequired
	// ReliableUnsupported does without; who requires it is answered 420.
	ReliableUnsupported
)

var reliableNames = [...]string{"default", "supported", "required", "unsupported"}

// String returns the name of the policy.
func (r Reliable) String() string {
	if r >= 0 && int(r) < len(reliableNames) {
		return reliableNames[r]
	}
	return fmt.Sprintf("Reliable(%d)", int(r))
}

// or returns r, or def for ReliableDefault.
func (r Reliable) or(def Reliable) Reliable {
	if r == ReliableDefault {
		return def
	}
	return r
}

// tag100rel is the option tag of RFC 3262.
const tag100rel = "100rel"

// put writes the policy of a call into its INVITE.
func (r Reliable) put(invite *sip.Request) {
	tags := slices.DeleteFunc(invite.Supported(), func(tag string) bool { return tag == tag100rel })
	switch r {
	case ReliableRequired:
		invite.Headers.Add("Require", tag100rel)
		tags = append(tags, tag100rel)
	case ReliableUnsupported:
	case ReliableDefault, ReliableSupported:
		tags = append(tags, tag100rel)
	}
	invite.Headers.Set("Supported", joinTags(tags))
}

// isReliable reports whether a provisional response to our INVITE wants to be
// acknowledged.
func (s *RTCSession) isReliable(res *sip.Response) bool {
	_, ok := res.RSeq()
	return ok && s.reliable != ReliableUnsupported && slices.Contains(res.Require(), tag100rel)
}

// acknowledge answers a reliable provisional response with PRACK, in the early
// dialog of its fork, and reports whether the response counts: repetitions do
// not, nor does what comes before its turn (RFC 3262 §4). The callee repeats
// the latter.
func (s *RTCSession) acknowledge(fork *earlyDialog, res *sip.Response) bool {
	rseq, _ := res.RSeq()
	switch {
	case fork.rseq == 0 || rseq == fork.rseq+1:
		fork.rseq = rseq
		s.sendPrack(fork, res)
		return true
	case rseq == fork.rseq && fork.unheard:
		s.sendPrack(fork, res)
	default:
		s.log.Debug("reliable response out of order", "rseq", rseq, "last", fork.rseq)
	}
	return false
}

func (s *RTCSession) sendPrack(fork *earlyDialog, res *sip.Response) {
	o := fork.dialog.outbound(sip.PRACK)
	o.headers = []sip.Header{{Name: "RAck", Value: fmt.Sprintf("%d %d %s", fork.rseq, res.CSeq.Seq, res.CSeq.Method)}}
	fork.unheard = false
	on := outcome(func(_ *sip.Response, err *EndError) {
		if err != nil { // the callee repeats its response, or gives up
			s.log.Warn("PRACK failed", "error", err)
			fork.unheard = err.Cause == CauseConnection
		}
	})
	on.nextSeq = fork.dialog.nextSeq
	s.env.sender(s.env.request(o), on).send()
}

// receivePrack acknowledges a reliable provisional response of ours (RFC 3262
// §3), and takes what the PRACK brings: the answer to the offer that the
// response made, or, when everything is answered, a new offer (§5).
func (s *RTCSession) receivePrack(d *dialog, r *inbound) {
	rseq, cseq, method, ok := r.RAck()
	switch {
	case s.in == nil || s.in.reliable.rseq == 0:
		r.reply(answer{status: 481})
		return
	case !ok:
		r.reply(answer{status: 400})
		return
	case method != sip.INVITE || cseq != s.request.CSeq.Seq || !s.in.reliable.matches(rseq):
		r.reply(answer{status: 481})
		return
	}
	described := s.in.reliable.described
	s.in.reliable.acknowledge()
	text, hasSDP := r.SDP()
	if described && s.in.offer == nil {
		s.receivePrackAnswer(r, text, hasSDP)
		return
	}
	s.in.early.complete = s.in.early.complete || described
	switch {
	case !hasSDP:
		r.reply(answer{status: 200})
	case d.theirOffer: // not yet answered
		r.reply(answer{status: 500, headers: []sip.Header{{Name: "Retry-After", Value: retryAfterSeconds()}}})
	case d.ourOffer:
		r.reply(answer{status: 491})
	default:
		s.answerOffer(d, r, text, func(sdp string) {
			r.reply(answer{status: 200, sdp: sdp})
			s.pump()
		})
	}
	s.acknowledged()
}

// receivePrackAnswer takes the answer to the offer in our reliable response.
func (s *RTCSession) receivePrackAnswer(r *inbound, text []byte, ok bool) {
	if !ok {
		r.reply(answer{status: 400, reason: "Missing session description"})
		s.refuse(answer{status: 400}, &EndError{Cause: CauseMissingSDP, Origin: Remote})
		return
	}
	r.reply(answer{status: 200})
	s.in.early.settling = true
	s.setAnswer(text, AnswerFinal, func(err error) {
		s.in.early.settling = false
		if err != nil {
			s.refuse(answer{status: 488}, &EndError{Cause: CauseBadMedia, Origin: Remote, Err: err})
			return
		}
		s.dialog.ourOffer = false
		s.in.early.complete = true
		s.acknowledged()
	})
}

// acknowledged lets out what had to wait: the next provisional response, or
// the 200.
func (s *RTCSession) acknowledged() {
	if then := s.in.early.then; then != nil {
		s.in.early.then = nil
		then()
		return
	}
	s.in.reliable.next()
	s.pump()
}
