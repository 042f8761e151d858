package audio

import (
	"time"

	"github.com/pion/rtp"

	"webphone/audio/codec"
)

// The jitter buffer's constants.
const (
	bufferSlots   = 128  // packets it can hold; a power of two
	bufferPayload = 1500 // bytes; longer ones are no sound
	firstDelay    = 30 * time.Millisecond
	mostDelay     = 600 * time.Millisecond
	// restAfter is how long missing sound is made up; after it playout stops
	// and begins anew with the next packet.
	restAfter = 2 * time.Second
	// A packet this far from the others in time belongs to another time line.
	timeJump = 3 * time.Second
	// So does one whose timestamp is by leapOn further on than its sequence
	// number, though no pause has passed, or by leapBack behind one sent before
	// it: a gateway has put another talker into the stream.
	leapOn, leapBack = 200 * time.Millisecond, 100 * time.Millisecond
	// A delay that is too great by skipFrom is not worth listening to: packets
	// are skipped until skipTo is left of it.
	skipFrom = 500 * time.Millisecond
	skipTo   = 100 * time.Millisecond
	// closeEnough: a gap shorter than this is none.
	closeEnough = 2500 * time.Microsecond
)

// jitterBuffer puts the packets of one stream in order and decides for every
// moment what is to be played. It knows no goroutine and no clock: now is a time
// that grows, of insert when a packet came, of fetch when sound is due.
//
//	empty ─ packet ─▶ filling ─ delay reached ─▶ playing ─ nothing for restAfter ─▶ empty
//
// Playing compares the slack, which is how late a packet may be to be there in
// time for its fetch, with the target of the delay estimator; the decision says
// by how much the sound should be shortened or lengthened.
type jitterBuffer struct {
	source  sourceTracker
	delay   delayEstimator
	packets [bufferSlots]bufferedPacket
	held    int // packets in the buffer

	clock   int   // Hz, of the present time line; 0 = none yet
	latest  int64 // timestamp last received, extended
	last    int64 // sequence number of that packet
	arrival time.Duration
	playing bool
	began   time.Duration // arrival of the packet that began filling
	next    int64         // sequence number of the packet to be played next
	play    int64         // timestamp of the next sample to be decoded
	covered int64         // ticks made up since play
	slack   slackWindow
	fec     int // packets for which redundancy is still expected
	red     redundancy
	noise   bool // the peer pauses and has described its background

	stats bufferStats
}

type bufferStats struct {
	name                      codec.Name
	late, concealed, repaired uint64
	gaps                      uint64  // runs of concealed
	jitter                    float64 // ns
}

// bufferedPacket is a slot; its payload's memory is used again.
type bufferedPacket struct {
	used        bool
	sequence    int64 // extended
	timestamp   int64 // extended
	payloadType uint8
	name        codec.Name
	payload     []byte
	repeated    bool // it was lost, another packet repeated it
}

// act is what is to be played next.
type act int

const (
	actSilence act = iota // a block of silence
	actConceal            // ticks made up by the decoder
	actDecode             // the payload
	actRepair             // ticks from the redundancy in the payload of the next packet
	actNoise              // ticks of comfort noise; a payload describes it anew
	actBridge             // ticks made up that lead over to the payload, which follows
)

// decision is the answer of fetch.
type decision struct {
	act         act
	ticks       int64 // of the clock; of a payload its duration
	clock       int
	payloadType uint8
	payload     []byte
	// least and most are the slack of the last fetches, target what it should
	// be.
	least, most, target time.Duration
}

// other takes note of a packet that holds no sound for the buffer.
func (b *jitterBuffer) other(h *rtp.Header, now time.Duration) {
	b.source.now = now
	if _, verdict := b.source.accept(h); verdict == packetRestart {
		b.forget()
	}
}

// forget leaves the present time line; the next packet begins another.
func (b *jitterBuffer) forget() {
	b.flush()
	b.clock = 0
}

// insert takes a packet of a codec. The payload is copied; one that cannot be
// decoded counts as received and leaves a gap.
func (b *jitterBuffer) insert(h *rtp.Header, payload []byte, name codec.Name, now time.Duration) {
	b.source.now = now
	sequence, verdict := b.source.accept(h)
	switch verdict {
	case packetRefused, packetDuplicate:
		return
	case packetRestart:
		b.forget()
	}
	frame := payloadDuration(name, payload)
	if len(payload) > bufferPayload || frame == 0 {
		return
	}
	timestamp := b.latest + int64(int32(h.Timestamp-uint32(b.latest)))
	transit := now - durationOf(timestamp, max(b.clock, 1))
	clock := name.ClockRate()
	switch {
	case b.clock != clock:
		timestamp = int64(h.Timestamp) + 1<<40 // far from zero
		transit = now - durationOf(timestamp, clock)
		b.restart(sequence, timestamp, clock)
	case (transit - b.delay.base).Abs() > timeJump, sequence >= b.next+bufferSlots,
		b.leaps(sequence, timestamp, frame, transit):
		b.restart(sequence, timestamp, clock)
	default:
		b.measure(timestamp, now)
	}
	b.latest, b.last, b.arrival = timestamp, sequence, now
	b.delay.add(transit, now)
	if !b.place(sequence, timestamp, now) {
		return
	}
	b.keep(sequence, timestamp, h.PayloadType, name, payload).repeated = false
	if name != codec.ComfortNoise {
		b.stats.name = name
	}
}

// leaps reports whether a packet's timestamp has left the time line that its
// sequence number goes on. A pause is none: after it the packet is no earlier
// than others.
func (b *jitterBuffer) leaps(sequence, timestamp int64, frame, transit time.Duration) bool {
	packets, passed := sequence-b.last, durationOf(timestamp-b.latest, b.clock)
	if packets <= 0 {
		return false
	}
	return passed < -leapBack || passed-time.Duration(packets)*frame > leapOn && transit < b.delay.base-leapOn
}

// measure keeps the interarrival jitter (RFC 3550 §6.4.1, A.8).
func (b *jitterBuffer) measure(timestamp int64, now time.Duration) {
	d := (now - b.arrival) - durationOf(timestamp-b.latest, b.clock)
	b.stats.jitter += (float64(d.Abs()) - b.stats.jitter) / 16
}

// place reports whether a packet can still be played, and lets it begin or
// extend the filling buffer.
func (b *jitterBuffer) place(sequence, timestamp int64, now time.Duration) bool {
	if b.playing {
		if sequence < b.next || timestamp < b.play {
			b.stats.late++
			return false
		}
		return true
	}
	if b.held == 0 {
		b.began, b.next, b.play = now, sequence, timestamp
	} else if sequence < b.next {
		if b.next-sequence >= bufferSlots/2 {
			return false
		}
		b.next, b.play = sequence, timestamp
	}
	return true
}

// restart begins another time line and drops what was left of the old one.
func (b *jitterBuffer) restart(sequence, timestamp int64, clock int) {
	b.flush()
	b.delay.reset()
	b.clock, b.next, b.play = clock, sequence, timestamp
}

// flush empties the buffer; the next packet begins to fill it.
func (b *jitterBuffer) flush() {
	for i := range b.packets {
		b.packets[i].used = false
	}
	b.held, b.playing, b.covered, b.noise = 0, false, 0, false
	b.slack.clear()
}

// head is the packet to be played next, nil if there is none. Packets that a
// jump has left behind are dropped.
func (b *jitterBuffer) head() *bufferedPacket {
	if b.held == 0 {
		return nil
	}
	for s := b.next; s < b.next+bufferSlots; s++ {
		p := &b.packets[s%bufferSlots]
		if !p.used || p.sequence != s {
			continue
		}
		if p.timestamp >= b.play {
			return p
		}
		b.take(p)
		b.stats.late++
	}
	return nil
}

func (b *jitterBuffer) take(p *bufferedPacket) {
	p.used = false
	b.held--
	b.next = p.sequence + 1
}

// target is the delay aimed at.
func (b *jitterBuffer) target() time.Duration {
	t := b.delay.target()
	if b.source.losing {
		t += b.repairTime()
	}
	return min(t, mostDelay)
}

// fetch decides what is to be played next and moves on. The payload is copied
// into the given memory and valid as long as that is.
func (b *jitterBuffer) fetch(now time.Duration, memory []byte) decision {
	if !b.playing && !b.begin(now) {
		return decision{act: actSilence}
	}
	d := decision{clock: b.clock}
	block := ticksOf(blockDuration, b.clock)
	p := b.head()
	if p == nil {
		if b.covered += block; durationOf(b.covered, b.clock) > b.rest() {
			b.flush()
			return decision{act: actSilence}
		}
		d.act, d.ticks = b.makeUp(), block
		return d
	}
	frame := ticksOf(payloadDuration(p.name, p.payload), b.clock)
	gap := p.timestamp - b.play - b.covered
	if durationOf(gap, b.clock) < closeEnough {
		b.settle(p, now)
		if b.slack.least()-b.target() > skipFrom {
			if p = b.skip(p, now); p == nil {
				d.act, d.ticks = b.makeUp(), block
				return d
			}
			frame = ticksOf(payloadDuration(p.name, p.payload), b.clock)
		}
		d.act, d.ticks, d.payloadType = actDecode, frame, p.payloadType
		if b.noise = p.name == codec.ComfortNoise; b.noise {
			d.act = actNoise
		}
		d.payload = append(memory[:0], p.payload...)
		d.least, d.most, d.target = b.slack.least(), b.slack.most(), b.target()
		b.take(p)
		b.play = p.timestamp + frame
		return d
	}
	redundant := p.sequence > b.next && p.name == codec.Opus && hasRedundancy(p.payload)
	if redundant && gap <= frame {
		// Where some of the frame was made up already it is still better to
		// hear all of it, and the rest later.
		b.made(b.covered)
		if gap < frame {
			b.slack.clear()
		}
		b.play, b.covered = p.timestamp, 0
		b.stats.repaired++
		d.act, d.ticks, d.payloadType = actRepair, frame, p.payloadType
		d.payload = append(memory[:0], p.payload...)
		return d
	}
	if redundant && gap > frame {
		gap -= frame
	}
	d.act, d.ticks = b.makeUp(), min(gap, block)
	if d.act == actConceal && gap <= block && p.sequence > b.next && !redundant {
		d.act, d.payloadType = actBridge, p.payloadType
		d.payload = append(memory[:0], p.payload...)
	}
	b.covered += d.ticks
	return d
}

// settled reports whether the next fetch gives the payload of a packet that goes
// on where the sound is and is long enough for what is needed, even if it is
// shortened.
func (b *jitterBuffer) settled(need time.Duration) bool {
	if !b.playing {
		return false
	}
	p := b.head()
	return p != nil && durationOf(p.timestamp-b.play-b.covered, b.clock) < closeEnough &&
		payloadDuration(p.name, p.payload) >= need+blockDuration
}

// begin reports whether the buffer is filled and playing begins.
func (b *jitterBuffer) begin(now time.Duration) bool {
	if b.held == 0 {
		return false
	}
	want := max(firstDelay, b.target())
	span := durationOf(b.latest-b.play, b.clock)
	b.playing = span >= want || now-b.began >= want
	return b.playing
}

// settle accounts for what was made up before packet p.
func (b *jitterBuffer) settle(p *bufferedPacket, now time.Duration) {
	if p.name == codec.Opus {
		b.fec = max(b.fec-1, 0)
		if hasRedundancy(p.payload) {
			b.fec = 100
		}
	}
	b.red.settle()
	if p.repeated {
		b.stats.repaired++
	}
	gap := p.timestamp - b.play
	b.made(b.concealed(p, gap))
	if durationOf(b.covered-gap, b.clock) > closeEnough {
		b.slack.clear() // the packet came too late and plays later now
	}
	b.play, b.covered = p.timestamp, 0
	b.slack.add(now - durationOf(b.play, b.clock) - b.delay.base)
}

// made counts what was made up before a packet or its repair.
func (b *jitterBuffer) made(ticks int64) {
	n := uint64(ticks / ticksOf(blockDuration, b.clock))
	b.stats.concealed += n
	b.stats.gaps += min(n, 1)
}

// skip drops packets until the delay is bearable and returns the next one, nil
// if none is left.
func (b *jitterBuffer) skip(p *bufferedPacket, now time.Duration) *bufferedPacket {
	b.slack.clear()
	for p != nil {
		slack := now - durationOf(p.timestamp, b.clock) - b.delay.base
		if b.held == 1 || slack-b.target() <= skipTo {
			b.slack.add(slack)
			break
		}
		b.take(p)
		b.stats.late++
		if p = b.head(); p != nil {
			b.play = p.timestamp
		}
	}
	return p
}
