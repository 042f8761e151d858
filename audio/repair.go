package audio

import (
	"math"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/codec"
)

const (
	// redundancyLasts is for how many packets after one with repetitions more
	// of them are expected.
	redundancyLasts = 100
	// mostRepair, or a packet that is longer, bounds how much longer the buffer
	// waits for repetitions. With packets of 20 ms the next but one would mend
	// more, at a longer delay than a browser's on the same path. What it repeats
	// is heard late, and the time is made good.
	mostRepair = 20 * time.Millisecond
	// seldomRun is by how much the mean length of a run of lost packets may be
	// above a number of packets that is waited for.
	seldomRun = 0.2
)

// redundancy is what the jitter buffer knows of the repetitions that come
// (RFC 2198).
type redundancy struct {
	expected int           // packets for which some are still expected
	frame    time.Duration // of a packet
	reach    time.Duration // how far they go back
	packets  uint64        // that repeated something, ever
}

// settle is called for every packet that is played.
func (r *redundancy) settle() { r.expected = max(r.expected-1, 0) }

// repairTime is how much longer the buffer waits where packets are lost, for
// those after them to repair them.
func (b *jitterBuffer) repairTime() time.Duration {
	var t time.Duration
	if b.fec > 0 {
		t = codec.DefaultPTime
	}
	if b.red.expected == 0 {
		return t
	}
	// Longer than the usual run of losses is not worth the delay.
	run := time.Duration(math.Ceil(b.source.run - seldomRun))
	return max(t, min(b.red.reach, run*b.red.frame))
}

// unpack takes a packet of redundant audio: its own sound as any other, and
// what it repeats in place of packets that are missing. Blocks of a type that
// is not agreed upon are left out, one that is redundant audio again with
// them. r.mu is held.
func (r *receiver) unpack(p *rtp.Packet, now time.Duration) {
	var red redPacket
	own := p.Header
	name := codec.Name("")
	if red.parse(p.Payload) {
		own.PayloadType = red.payloadType
		name = r.types[red.payloadType]
	}
	if name == "" {
		r.buffer.other(&own, now)
		return
	}
	r.buffer.insert(&own, red.payload, name, now)
	for i, block := range red.repeated[:red.n] {
		r.buffer.repair(&own, red.n-i, block, r.types[block.payloadType])
	}
	if red.n > 0 {
		r.buffer.reach(&red.repeated[0], r.types[red.repeated[0].payloadType])
	}
}

// reach takes note of how far the oldest repetition of a packet, and the FEC
// in it, goes back.
func (b *jitterBuffer) reach(oldest *redBlock, name codec.Name) {
	frame := payloadDuration(name, oldest.payload)
	if frame == 0 || b.clock == 0 {
		return
	}
	reach := durationOf(int64(oldest.offset), b.clock)
	if name == codec.Opus && hasRedundancy(oldest.payload) {
		reach += frame
	}
	b.red = redundancy{
		expected: redundancyLasts, frame: frame, reach: min(reach, max(mostRepair, frame)), packets: b.red.packets + 1,
	}
}

// repair takes what the packet with header h repeats of the one that came back
// packets before it. That one's sequence number is not told: senders repeat
// the packets just before, none left out (as RFC 2198 §4 has it, by the offset
// of the timestamp alone, a pause could not be told from a loss).
func (b *jitterBuffer) repair(h *rtp.Header, back int, block redBlock, name codec.Name) {
	sequence, ok := b.source.extend(h)
	if !ok || name == "" || b.clock != name.ClockRate() || payloadDuration(name, block.payload) == 0 {
		return
	}
	sequence -= int64(back)
	timestamp := b.latest + int64(int32(h.Timestamp-uint32(b.latest))) - int64(block.offset)
	if !b.source.missing(sequence) || sequence < b.next || sequence >= b.next+bufferSlots || timestamp < b.play {
		return
	}
	if !b.packets[sequence%bufferSlots].used {
		b.keep(sequence, timestamp, block.payloadType, name, block.payload).repeated = true
	}
}

// keep puts a packet into its slot, perhaps in the place of its repetition.
func (b *jitterBuffer) keep(sequence, timestamp int64, payloadType uint8, name codec.Name, payload []byte) *bufferedPacket {
	p := &b.packets[sequence%bufferSlots]
	if !p.used {
		b.held++
	}
	p.used, p.sequence, p.timestamp = true, sequence, timestamp
	p.payloadType, p.name, p.payload = payloadType, name, append(p.payload[:0], payload...)
	return p
}
