package audiotest

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// Impairment is what a link does to packets; the zero value does nothing.
type Impairment struct {
	Loss      float64       // share of packets lost, 0–1
	Burst     int           // packets lost in a row each time; 0 = 1
	Delay     time.Duration // of every packet
	Jitter    time.Duration // added to Delay, evenly distributed from 0 to 2×Jitter
	Keep      bool          // jitter does not change the order of packets
	Reorder   float64       // share of packets that come 25 ms later
	Duplicate float64       // share of packets that come twice
	Seed      uint64        // one seed gives one sequence of impairments
}

// Link delivers packets as a bad network does, in the time of package time,
// so that it works under testing/synctest too. It delivers one at a time. Its
// methods are safe from any goroutine.
type Link struct {
	impairment Impairment
	deliver    func(*rtp.Packet)
	turn       sync.Mutex // held while a packet is delivered

	mu      sync.Mutex // guards what follows
	random  *rand.Rand
	burst   int           // packets of the present burst still to be lost
	last    time.Time     // when the packet before arrives
	queue   []*rtp.Packet // under way, where the order is kept
	closed  bool
	pending sync.WaitGroup
	stats   LinkStats
}

// LinkStats counts packets.
type LinkStats struct {
	Sent, Lost, Duplicated, Reordered int
}

// NewLink returns a link to a receiver. The receiver owns the packets it gets.
func NewLink(i Impairment, deliver func(*rtp.Packet)) *Link {
	return &Link{
		impairment: i, deliver: deliver,
		random: rand.New(rand.NewPCG(i.Seed, 1)),
	}
}

// Write sends a copy of a packet; it never fails. A packet without delay is
// delivered before Write returns.
func (l *Link) Write(h *rtp.Header, payload []byte) error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.stats.Sent++
	if l.loses() {
		l.stats.Lost++
		l.mu.Unlock()
		return nil
	}
	copies := 1
	if l.random.Float64() < l.impairment.Duplicate {
		l.stats.Duplicated++
		copies++
	}
	at := make([]time.Duration, copies)
	for i := range at {
		at[i] = l.schedule()
	}
	l.mu.Unlock()
	for _, d := range at {
		l.send(&rtp.Packet{Header: h.Clone(), Payload: append([]byte(nil), payload...)}, d)
	}
	return nil
}

func (l *Link) loses() bool {
	if l.burst > 0 {
		l.burst--
		return true
	}
	length := max(1, l.impairment.Burst)
	if l.random.Float64() >= l.impairment.Loss/float64(length) {
		return false
	}
	l.burst = length - 1
	return true
}

// schedule draws the delay of a packet.
func (l *Link) schedule() time.Duration {
	d := l.impairment.Delay + time.Duration(l.random.Float64()*2*float64(l.impairment.Jitter))
	if l.random.Float64() < l.impairment.Reorder {
		l.stats.Reordered++
		d += 25 * time.Millisecond
	}
	now := time.Now()
	if at := now.Add(d); !l.impairment.Keep || at.After(l.last) {
		l.last = at
	} else {
		d = l.last.Sub(now)
	}
	return d
}

func (l *Link) send(p *rtp.Packet, delay time.Duration) {
	if delay <= 0 {
		l.turn.Lock()
		defer l.turn.Unlock()
		l.deliver(p)
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
			l.deliver(p)
		}
	})
}

// Stats returns what has happened so far.
func (l *Link) Stats() LinkStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stats
}

// Close drops what is under way and waits until nothing is delivered any more.
func (l *Link) Close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.pending.Wait()
}
