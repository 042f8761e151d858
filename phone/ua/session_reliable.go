package ua

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// reliableResponses are the provisional responses to an INVITE that its caller
// acknowledges (RFC 3262 §3), one after the other:
//
//	idle ──send──▶ waiting ──PRACK──▶ idle
//	                 │ ▲ T1, 2*T1, 4*T1, …: the response again
//	                 │ └┘
//	                 ├──final response──▶ closed: a PRACK is taken, nothing repeated
//	                 └──64*T1──▶ closed: lapsed
type reliableResponses struct {
	loop   *loop.Loop
	lapsed func()

	state     reliableState
	rseq      uint32 // of the last one sent; 0 = none yet
	pending   bool   // in closed: its PRACK may still come
	described bool   // the last one sent described media
	queue     []func()
	interval  time.Duration
	repeat    *loop.Timer
	limit     *loop.Timer
}

type reliableState int

const (
	reliableIdle reliableState = iota
	reliableWaiting
	reliableClosed
)

var reliableStateNames = [...]string{"idle", "waiting", "closed"}

func (s reliableState) String() string { return reliableStateNames[s] }

// send has transmit send the response with the given header fields, now or
// after the PRACK to the one before; it returns how to send it again.
func (p *reliableResponses) send(described bool, transmit func([]sip.Header) (again func())) {
	if p.state == reliableClosed {
		return
	}
	p.queue = append(p.queue, func() {
		p.rseq++
		if p.rseq == 1 {
			p.rseq = rand.Uint32N(1<<31-1) + 1
		}
		p.state, p.described = reliableWaiting, described
		again := transmit([]sip.Header{
			{Name: "Require", Value: tag100rel},
			{Name: "RSeq", Value: strconv.FormatUint(uint64(p.rseq), 10)},
		})
		if p.state == reliableWaiting { // not ended by the consumer of its event
			p.arm(again)
		}
	})
	p.next()
}

// next sends the next one if none waits for its PRACK.
func (p *reliableResponses) next() {
	if p.state != reliableIdle || len(p.queue) == 0 {
		return
	}
	first := p.queue[0]
	p.queue = p.queue[1:]
	first()
}

func (p *reliableResponses) arm(again func()) {
	p.interval = timerT1
	p.limit = p.loop.After(64*timerT1, "no PRACK", func() {
		p.close()
		p.pending = false
		p.lapsed()
	})
	var repeat func()
	repeat = func() {
		p.repeat = p.loop.After(p.interval, "repeat reliable 1xx", func() {
			again()
			p.interval *= 2
			repeat()
		})
	}
	repeat()
}

// matches reports whether a PRACK for rseq is awaited.
func (p *reliableResponses) matches(rseq uint32) bool {
	return rseq == p.rseq && (p.state == reliableWaiting || p.pending)
}

// acknowledge takes the PRACK that matches.
func (p *reliableResponses) acknowledge() {
	p.stop()
	p.pending = false
	if p.state == reliableWaiting {
		p.state = reliableIdle
	}
}

// holds reports whether a 2xx must wait for a PRACK: the caller has to take
// our description first (§3).
func (p *reliableResponses) holds() bool { return p.state == reliableWaiting && p.described }

// close drops what was not sent: the final response is out.
func (p *reliableResponses) close() {
	p.stop()
	p.pending = p.pending || p.state == reliableWaiting
	p.state, p.queue = reliableClosed, nil
}

func (p *reliableResponses) stop() {
	p.repeat.Stop()
	p.limit.Stop()
}

// wantsReliable reports whether a provisional response must be sent reliably:
// the caller requires it, or could do it and we want it.
func (s *RTCSession) wantsReliable(described bool) bool {
	switch {
	case s.reliable == ReliableUnsupported:
		return false
	case slices.Contains(s.request.Require(), tag100rel):
		return true
	}
	return (described || s.reliable == ReliableRequired) && slices.Contains(s.request.Supported(), tag100rel)
}
