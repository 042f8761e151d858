package media

import (
	"encoding/binary"
	"math"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// What a queue on the path is taken for, and what is done about it. A rate is
// of whole packets, in bit/s.
const (
	// queueMost is how much longer than the fastest all of the last
	// queuePackets must have been under way for the path to be full: what jitter
	// makes late, chance makes early again.
	queueMost    = 60 * time.Millisecond
	queueGone    = 20 * time.Millisecond
	queuePackets = 8
	// strange is longer than any queue: a clock has jumped.
	strange = 10 * time.Second

	// fallTo is the share of what came through that is sent from then on, so
	// that the queue drains; if it does not in fallRest, that again.
	fallTo   = 0.85
	fallRest = time.Second
	// stayMost is how often in a row that may leave the queue as it is: then it
	// is none of ours, or the path has become longer.
	stayMost = 2

	// After riseRest without a queue the rate grows again: by riseStep a second
	// near where the path was last full, else by riseShare a second. From
	// rateEnough on nothing is held back.
	riseRest   = 3 * time.Second
	riseStep   = 1000
	riseShare  = 0.05
	riseNear   = 1.1
	riseForget = time.Minute
	rateEnough = 120000

	// With less than speechRate, and what the packets have beside it, speech
	// suffers: so little it is only where the queue grows by growsBy in
	// rateSpan. One that is full of others' packets would stay if there were
	// none of ours.
	speechRate = 24000
	growsBy    = 15 * time.Millisecond
	rateLeast  = 20000

	// The fastest packet of the last half minute is what the others are
	// measured by: clocks drift, and paths change.
	fastestSlots = 4
	fastestSlot  = 8 * time.Second

	numbered  = 256 // packets that feedback may still speak of
	carried   = 64  // packets by which what comes through is measured
	rateSpan  = 600 * time.Millisecond
	rateWorth = 100 * time.Millisecond // least span that says something

	// besides is what a packet has beside RTP: IP, UDP, SRTP; headerBytes is what
	// RTP has beside the sound.
	besides     = 20 + 8 + 10
	headerBytes = 12 + 8

	lookLeast = 20 * time.Millisecond // the same feedback may be handed over twice
)

// congestion finds out by the peer's feedback how much the path carries
// before a queue grows. It is safe from any goroutine.
type congestion struct {
	mu     sync.Mutex // guards what follows
	began  time.Time
	id     uint8  // of the header extension; 0 = nothing is numbered
	number uint16 // of the next packet
	text   [2]byte
	sent   [numbered]sentPacket

	total     uint64 // acknowledged
	reference int64  // of the last feedback, in its unit, extended
	heard     bool
	came      [carried]cameThrough // a ring
	n         int                  // ever put into it
	fastest   [fastestSlots]struct {
		least time.Duration
		slot  int64
	}

	rate   float64 // not to be exceeded; 0 = none is known
	full   float64 // rate at which the path was full
	fell   time.Duration
	queue  time.Duration // when it fell
	stayed int           // falls in a row that left the queue as it was
	before float64       // rate before the first of them
	looked time.Duration // when feedback was judged last
	high   bool          // there was a queue then
}

// sentPacket is one that the peer has not acknowledged.
type sentPacket struct {
	at     time.Duration
	number uint16
	size   int // whole; 0 = none
}

// cameThrough is one that it has.
type cameThrough struct {
	at, transit time.Duration // at by the peer's clock
	size        int
}

// extend chooses the header extension by which packets are numbered; 0 = they
// are not. It returns how much the path carries, of which nothing is known any
// more where it may be another one, or others are the numbers.
func (c *congestion) extend(id uint8, other bool) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if other || id != c.id {
		c.n, c.rate, c.full, c.high = 0, 0, 0, false
		clear(c.fastest[:])
	}
	c.id = id
	return int(c.rate)
}

// stamp numbers a packet that is to be sent now.
func (c *congestion) stamp(h *rtp.Header, payload int, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h.Extension { // of the packet before
		h.Extension, h.Extensions = false, h.Extensions[:0]
	}
	if c.id == 0 {
		return
	}
	if c.began.IsZero() {
		c.began = now
	}
	binary.BigEndian.PutUint16(c.text[:], c.number)
	if h.SetExtension(c.id, c.text[:]) != nil {
		return
	}
	c.sent[c.number%numbered] = sentPacket{
		at: now.Sub(c.began), number: c.number, size: h.MarshalSize() + payload + besides,
	}
	c.number++
}

// feedback takes what the peer says of our packets and returns how much the
// path carries; 0 = as much as is ever sent.
func (c *congestion) feedback(f *rtcp.TransportLayerCC, now time.Time) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.began.IsZero() {
		return 0
	}
	c.read(f, now.Sub(c.began))
	c.decide(now.Sub(c.began))
	return int(c.rate)
}

// read takes the packets that came through.
func (c *congestion) read(f *rtcp.TransportLayerCC, now time.Duration) {
	// The reference time has 24 bits.
	step := int64(int32((f.ReferenceTime-uint32(c.reference))<<8) >> 8)
	if !c.heard {
		c.heard, step = true, int64(f.ReferenceTime)
	}
	c.reference += step
	at := time.Duration(c.reference) * 64 * time.Millisecond
	number, left, deltas := f.BaseSequenceNumber, int(f.PacketStatusCount), f.RecvDeltas
	take := func(status uint16) {
		if left == 0 {
			return
		}
		left--
		if status == statusSmall || status == statusLarge {
			if len(deltas) == 0 {
				left = 0
				return
			}
			at += time.Duration(deltas[0].Delta) * time.Microsecond
			deltas = deltas[1:]
			c.acknowledge(number, at, now)
		}
		number++
	}
	for _, chunk := range f.PacketChunks {
		switch chunk := chunk.(type) {
		case *rtcp.RunLengthChunk:
			for range min(int(chunk.RunLength), left) {
				take(chunk.PacketStatusSymbol)
			}
		case *rtcp.StatusVectorChunk:
			for _, s := range chunk.SymbolList {
				take(s)
			}
		}
	}
}

// acknowledge takes one packet that came at a time of the peer's clock.
func (c *congestion) acknowledge(number uint16, at, now time.Duration) {
	p := &c.sent[number%numbered]
	if p.size == 0 || p.number != number {
		return
	}
	t := cameThrough{at: at, transit: at - p.at, size: p.size}
	p.size = 0
	c.came[c.n%carried] = t
	c.n++
	c.total++
	slot := int64(now / fastestSlot)
	s := &c.fastest[slot%fastestSlots]
	if s.slot != slot+1 || t.transit < s.least {
		s.least, s.slot = t.transit, slot+1
	}
}

// acknowledged is how many packets the peer has told of.
func (c *congestion) acknowledged() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total
}

// decide changes the rate.
func (c *congestion) decide(now time.Duration) {
	if c.n < queuePackets || now-c.looked < lookLeast {
		return
	}
	since := min(now-c.looked, time.Second).Seconds()
	queue := c.standing(now)
	if queue > strange {
		c.n, c.high = 0, false
		clear(c.fastest[:])
		return
	}
	high := queue > queueMost
	switch {
	case high && c.high:
		c.fall(queue, now)
	case high || c.rate == 0 || queue > queueGone || now-c.fell < riseRest:
	case c.rate > fallTo*fallTo*c.full && c.rate < riseNear*c.full && now-c.fell < riseForget:
		c.rate += riseStep * since
	default:
		c.rate *= math.Pow(1+riseShare, since)
	}
	if c.rate >= rateEnough {
		c.rate = 0
	}
	c.looked, c.high = now, high
}

// fall lowers the rate below what comes through, unless what was lowered
// before lets the queue drain, or does nothing to it.
func (c *congestion) fall(queue, now time.Duration) {
	if c.rate > 0 && now-c.fell < fallRest+c.queue {
		return
	}
	again := c.rate > 0 && now-c.fell < riseRest+c.queue
	drains := again && queue < c.queue-c.queue/10
	grows := again && queue > c.queue+growsBy
	c.fell, c.queue = now, queue
	if c.stayed++; !again || drains || grows {
		c.stayed, c.before = 0, c.rate
	}
	t, ok := c.through()
	switch {
	case c.stayed == stayMost:
		c.lengthen(now)
		return
	case drains || !ok:
		return
	}
	// Where the queue stays as it is, whatever we send, it may be full of
	// others' packets.
	least := float64(rateLeast)
	if !grows && t.grew < growsBy {
		least = speechRate + t.packets*8*(besides+headerBytes)
	}
	c.full, c.rate = t.rate, max(fallTo*t.rate, least)
}

// lengthen takes what the last packets were under way for the path's own
// length.
func (c *congestion) lengthen(now time.Duration) {
	least := c.newest()
	clear(c.fastest[:])
	slot := int64(now / fastestSlot)
	c.fastest[slot%fastestSlots].least, c.fastest[slot%fastestSlots].slot = least, slot+1
	c.rate, c.stayed, c.queue = c.before, 0, 0
}

// standing is how much longer than the fastest the last packets were all under
// way; 0 where none has come for so long that the fastest is not known.
func (c *congestion) standing(now time.Duration) time.Duration {
	base := time.Duration(math.MaxInt64)
	slot := int64(now / fastestSlot)
	for _, s := range c.fastest {
		if s.slot > 0 && slot+1-s.slot < fastestSlots {
			base = min(base, s.least)
		}
	}
	if base == math.MaxInt64 {
		return 0
	}
	return c.newest() - base
}

// newest is the shortest that any of the last packets was under way.
func (c *congestion) newest() time.Duration {
	least := time.Duration(math.MaxInt64)
	for i := c.n - queuePackets; i < c.n; i++ {
		least = min(least, c.came[i%carried].transit)
	}
	return least
}

// throughput is how the last packets came.
type throughput struct {
	rate    float64       // bit/s
	packets float64       // a second
	grew    time.Duration // how much longer the last was under way than the first
}

// through is false where too few came.
func (c *congestion) through() (t throughput, ok bool) {
	last := c.came[(c.n-1)%carried]
	first, bytes, n := last, 0, 0
	for i := c.n - 2; i >= max(0, c.n-carried); i-- {
		p := c.came[i%carried]
		if last.at-p.at > rateSpan || p.at > last.at {
			break
		}
		bytes += first.size
		first = p
		n++
	}
	span := last.at - first.at
	if span < rateWorth {
		return t, false
	}
	return throughput{
		rate: float64(8*bytes) / span.Seconds(), packets: float64(n) / span.Seconds(), grew: last.transit - first.transit,
	}, true
}
