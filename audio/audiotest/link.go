package audiotest

import (
	"sync"
	"time"

	"github.com/pion/rtp"
)

// Link delivers packets as a bad network does, in the time of package time,
// so that it works under testing/synctest too. It delivers one at a time. Its
// methods are safe from any goroutine.
type Link struct {
	impairment Impairment
	deliver    func(p *rtp.Packet, at time.Time)
	turn       sync.Mutex // held while a packet is delivered

	mu      sync.Mutex // guards what follows
	fates   *Fates
	begun   time.Time     // origin of the fates' time
	queue   []*rtp.Packet // under way, where the order is kept
	closed  bool
	pending sync.WaitGroup
}

// LinkStats counts packets.
type LinkStats struct {
	Sent, Lost, Duplicated, Reordered int
}

// NewLink returns a link to a receiver. The receiver owns the packets it gets.
func NewLink(i Impairment, deliver func(p *rtp.Packet, at time.Time)) *Link {
	return &Link{impairment: i, deliver: deliver, fates: NewFates(i), begun: time.Now()}
}

// Write sends a copy of a packet; it never fails. A packet without delay is
// delivered before Write returns.
func (l *Link) Write(h *rtp.Header, payload []byte) error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	now := time.Since(l.begun)
	at := l.fates.Next(now)
	l.mu.Unlock()
	for _, d := range at {
		l.send(&rtp.Packet{Header: h.Clone(), Payload: append([]byte(nil), payload...)}, d-now)
	}
	return nil
}

func (l *Link) send(p *rtp.Packet, delay time.Duration) {
	if delay <= 0 {
		l.turn.Lock()
		defer l.turn.Unlock()
		l.deliver(p, time.Now())
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	if l.impairment.Keep {
		l.queue = append(l.queue, p)
	}
	l.pending.Add(1)
	time.AfterFunc(delay, func() {
		defer l.pending.Done()
		l.turn.Lock()
		defer l.turn.Unlock()
		l.mu.Lock()
		closed := l.closed
		if l.impairment.Keep { // times only grow: it is the turn of the first
			p, l.queue = l.queue[0], l.queue[1:]
		}
		l.mu.Unlock()
		if !closed {
			l.deliver(p, time.Now())
		}
	})
}

// Stats returns what has happened so far.
func (l *Link) Stats() LinkStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fates.stats
}

// Close drops what is under way and waits until nothing is delivered any more.
func (l *Link) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.pending.Wait()
}
