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
// so that it works under testing/synctest too. Its methods are safe from any
// goroutine.
type Link struct {
	impairment Impairment
	deliver    func(*rtp.Packet)

	turn  sync.Mutex    // held while a packet of queue is delivered
	queue []*rtp.Packet // under way, where jitter keeps the order; guarded by mu

	mu      sync.Mutex // guards what follows
	random  *rand.Rand
	burst   int       // packets of the present burst still to be lost
	last    time.Time // when the packet before arrives
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

// Write sends a copy of a packet; it never fails.
func (l *Link) Write(h *rtp.Header, payload []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.stats.Sent++
	if l.loses() {
		l.stats.Lost++
		return nil
	}
	l.send(h, payload, l.delay())
	if l.random.Float64() < l.impairment.Duplicate {
		l.stats.Duplicated++
		l.send(h, payload, l.delay())
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

func (l *Link) delay() time.Duration {
	d := l.impairment.Delay + time.Duration(l.random.Float64()*2*float64(l.impairment.Jitter))
	if l.random.Float64() < l.impairment.Reorder {
		l.stats.Reordered++
		d += 25 * time.Millisecond
	}
	return d
}

func (l *Link) send(h *rtp.Header, payload []byte, delay time.Duration) {
	p := &rtp.Packet{Header: h.Clone(), Payload: append([]byte(nil), payload...)}
	now := time.Now()
	at := now.Add(delay)
	if l.impairment.Keep {
		if at.Before(l.last) {
			at = l.last
		}
		l.queue = append(l.queue, p)
	}
	l.last = at
	if at.Equal(now) {
		l.queue = nil
		l.deliver(p)
		return
	}
	l.pending.Add(1)
	time.AfterFunc(at.Sub(now), func() {
		defer l.pending.Done()
		l.turn.Lock()
		defer l.turn.Unlock()
		l.mu.Lock()
		closed := l.closed
		if len(l.queue) > 0 { // times only grow: it is the turn of the first
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
