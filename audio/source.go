package audio

import (
	"time"

	"github.com/pion/rtp"
)

// How far sequence numbers may jump in one stream (RFC 3550 A.1, where they
// are called MAX_DROPOUT and MAX_MISORDER), in packets.
const (
	mostDropout  = 3000
	mostMisorder = 500
)

// sourceRest is for how long the stream we hear must be silent before another
// SSRC takes over: two packets. Who sends beside it is not heard.
const sourceRest = 45 * time.Millisecond

// lossForget is the weight that the past keeps, per packet, in the recent
// loss: about ten seconds.
const lossForget = 0.998

const (
	// lossSeldom is the recent loss, in percent, that is nothing to prepare
	// for: two in ten seconds.
	lossSeldom = 0.5
	// lossOver is after how many packets without a lost one losing is over.
	lossOver = 1000
)

const (
	runForget = 16 // runs of lost packets over which their mean is taken
	mostRun   = 8  // packets; a longer run counts as this
	// settleAfter is how many packets must have overtaken one for it to be
	// counted as lost: until then it may only be late.
	settleAfter = 12
)

// packetVerdict is what the sequence number says about a packet.
type packetVerdict int

const (
	packetGood      packetVerdict = iota
	packetDuplicate               // it was here before
	packetRefused                 // of another stream, as yet
	packetRestart                 // the first of another stream, from now on ours
)

// sourceTracker follows the sequence numbers of the stream we hear. Another
// SSRC or a jump must show two packets in a row before it takes over, so that
// a stray packet does no harm (RFC 3550 A.1). The zero value is ready.
type sourceTracker struct {
	now     time.Duration // of the packet, set by whoever asks
	last    time.Duration // when the stream's last packet came
	any     bool
	ssrc    uint32
	first   int64  // extended sequence number
	highest int64  // extended sequence number
	seen    uint64 // bit n: highest−n has come

	candidate     bool // a packet of another stream has come
	candidateSSRC uint32
	candidateNext uint16 // the sequence number that would confirm it

	expected, received uint64
	recent, recentLost float64 // packets of which it is settled whether they came
	run                float64 // mean of how many are lost in a row
	running            int     // lost in a row before the last one settled
	since              int     // packets since the last lost one
	losing             bool    // packets are lost again and again
}

// accept returns a packet's extended sequence number and what it is.
func (t *sourceTracker) accept(h *rtp.Header) (sequence int64, v packetVerdict) {
	delta := int64(int16(h.SequenceNumber - uint16(t.highest)))
	switch {
	case !t.any:
		t.begin(h)
		return t.highest, packetRestart
	case h.SSRC != t.ssrc, delta > mostDropout, delta < -mostMisorder:
		rests := h.SSRC == t.ssrc || t.now-t.last >= sourceRest
		if rests && t.candidate && h.SSRC == t.candidateSSRC && h.SequenceNumber == t.candidateNext {
			t.begin(h)
			return t.highest, packetRestart
		}
		t.candidate, t.candidateSSRC, t.candidateNext = true, h.SSRC, h.SequenceNumber+1
		return 0, packetRefused
	case delta > 0:
		t.candidate = false
		for range delta {
			t.highest++
			t.seen <<= 1
			t.settle()
		}
		t.seen |= 1
		t.count(uint64(delta))
		return t.highest, packetGood
	case delta > -64:
		bit := uint64(1) << -delta
		if t.seen&bit != 0 {
			return 0, packetDuplicate
		}
		t.seen |= bit
	}
	t.candidate = false
	t.count(0)
	return t.highest + delta, packetGood
}

func (t *sourceTracker) begin(h *rtp.Header) {
	t.any, t.candidate = true, false
	t.ssrc, t.highest, t.seen, t.run, t.running = h.SSRC, int64(h.SequenceNumber)+1<<32, 1, 1, 0
	t.first = t.highest
	t.count(1)
}

// count accounts for a packet that came and those that were due with it.
func (t *sourceTracker) count(due uint64) {
	t.last = t.now
	t.expected += due
	t.received++
}

// settle counts the packet that has just become too old to be only late.
func (t *sourceTracker) settle() {
	if t.highest-settleAfter < t.first {
		return
	}
	t.recent = t.recent*lossForget + 1
	t.recentLost *= lossForget
	if t.seen>>settleAfter&1 == 0 {
		t.recentLost++
		t.running++
		t.since = 0
		t.losing = t.losing || t.lossPercent() > lossSeldom
		return
	}
	t.since++
	t.losing = t.losing && t.since < lossOver
	if t.running > 0 {
		t.run += (float64(min(t.running, mostRun)) - t.run) / runForget
		t.running = 0
	}
}

// lost is the number of packets that never came.
func (t *sourceTracker) lost() uint64 {
	if t.received >= t.expected {
		return 0
	}
	return t.expected - t.received
}

// lossPercent is the share of packets lost lately.
func (t *sourceTracker) lossPercent() float64 {
	return 100 * t.recentLost / max(t.recent, 1)
}

// extend is the extended sequence number of a packet of the stream we hear,
// false for one of another.
func (t *sourceTracker) extend(h *rtp.Header) (sequence int64, ok bool) {
	if !t.any || h.SSRC != t.ssrc {
		return 0, false
	}
	return t.highest + int64(int16(h.SequenceNumber-uint16(t.highest))), true
}

// missing reports whether a packet should have come and has not.
func (t *sourceTracker) missing(sequence int64) bool {
	back := t.highest - sequence
	return back > 0 && back < 64 && t.seen>>back&1 == 0
}
