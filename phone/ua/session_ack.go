package ua

import (
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// pendingAck is a 2xx to an INVITE that waits for its ACK and is sent again
// until then, after T1 and at doubling intervals up to T2, over any transport
// (RFC 3261 §13.3.1.4).
type pendingAck struct {
	loop     *loop.Loop
	seq      uint32 // CSeq of the INVITE
	resend   func()
	acked    func(*sip.Request)
	lapsed   func() // no ACK in 64*T1
	interval time.Duration
	repeat   *loop.Timer
	limit    *loop.Timer
}

func newPendingAck(l *loop.Loop, seq uint32, resend func(), acked func(*sip.Request), lapsed func()) *pendingAck {
	p := &pendingAck{loop: l, seq: seq, resend: resend, acked: acked, lapsed: lapsed, interval: timerT1}
	p.limit = l.After(64*timerT1, "no ACK", func() {
		p.stop()
		p.lapsed()
	})
	p.arm()
	return p
}

func (p *pendingAck) arm() {
	p.repeat = p.loop.After(p.interval, "repeat 2xx", func() {
		p.resend()
		p.interval = min(2*p.interval, timerT2)
		p.arm()
	})
}

// receive reports whether ack is the awaited one. A nil p awaits none.
func (p *pendingAck) receive(ack *sip.Request) bool {
	if p == nil || ack.CSeq.Seq != p.seq {
		return false
	}
	p.stop()
	p.acked(ack)
	return true
}

// stop ends the repetitions; p may be nil.
func (p *pendingAck) stop() {
	if p != nil {
		p.repeat.Stop()
		p.limit.Stop()
	}
}

// ackLost reports whether no ACK is waited for any more when the peer offers
// anew: it would not before the last offer was over for it, so our 2xx or the
// ACK was lost with its connection. One that brings an answer is waited for.
func (s *RTCSession) ackLost() bool {
	o := &s.offers
	if o.ack != nil && !o.late {
		o.ack.stop()
		o.ack = nil
	}
	return o.ack == nil
}

// receiveAck hands an ACK to the 2xx that waits for it; one that came before,
// with a 2xx sent twice, is absorbed.
func (s *RTCSession) receiveAck(ack *sip.Request) {
	if s.in != nil && s.in.ack.receive(ack) {
		return
	}
	if !s.offers.ack.receive(ack) {
		s.log.Debug("ACK absorbed", "cseq", ack.CSeq.Seq)
	}
}
