package audio

import "encoding/binary"

// Redundant audio (RFC 2198): a packet repeats some of those before it, the
// oldest first, each block behind the headers of all.
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|1| block type  |       timestamp offset    |   block length    |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|0| block type  |  of the last block, which is the packet itself
//	+-+-+-+-+-+-+-+-+
const (
	redHeader = 4         // bytes before a repeated block
	redOffset = 1<<14 - 1 // greatest offset, in ticks
	redLength = 1<<10 - 1 // longest repeated block, in bytes
	// redMost is the most repeated blocks that are taken; no sender has use
	// for so many.
	redMost = 16
)

// redBlock is something that was sent before.
type redBlock struct {
	payloadType uint8
	offset      uint32 // ticks before the packet's timestamp
	payload     []byte
}

// redPacket is a payload of redundant audio, taken apart. What it has of the
// payload is not copied.
type redPacket struct {
	repeated    [redMost]redBlock // the oldest first
	n           int               // of those
	payloadType uint8             // of the packet's own sound
	payload     []byte
}

// parse takes a payload apart. It reports false for what is none.
func (p *redPacket) parse(b []byte) bool {
	p.n = 0
	var lengths [redMost]int
	for {
		if len(b) == 0 {
			return false
		}
		if b[0]&0x80 == 0 {
			break
		}
		if len(b) < redHeader || p.n == redMost {
			return false
		}
		word := binary.BigEndian.Uint32(b)
		p.repeated[p.n] = redBlock{payloadType: uint8(word>>24) & 0x7F, offset: word >> 10 & redOffset}
		lengths[p.n] = int(word & redLength)
		p.n++
		b = b[redHeader:]
	}
	p.payloadType, b = b[0], b[1:]
	for i, length := range lengths[:p.n] {
		if length > len(b) {
			return false
		}
		p.repeated[i].payload, b = b[:length:length], b[length:]
	}
	p.payload = b
	return true
}

// size is the length of the payload that append makes.
func (p *redPacket) size() int {
	n := 1 + len(p.payload)
	for _, r := range p.repeated[:p.n] {
		n += redHeader + len(r.payload)
	}
	return n
}

// append writes the payload behind b. Offsets and lengths must be within
// their bounds.
func (p *redPacket) append(b []byte) []byte {
	for _, r := range p.repeated[:p.n] {
		word := 1<<31 | uint32(r.payloadType&0x7F)<<24 | r.offset&redOffset<<10 | uint32(len(r.payload))&redLength
		b = binary.BigEndian.AppendUint32(b, word)
	}
	b = append(b, p.payloadType&0x7F)
	for _, r := range p.repeated[:p.n] {
		b = append(b, r.payload...)
	}
	return append(b, p.payload...)
}

// redMTU is the longest payload we send.
const redMTU = 1200

// redSender keeps the last packets of sound to repeat them in the next ones.
// The zero value has none.
type redSender struct {
	past [mostRedundancy]pastPacket // the last one first
	n    int
	out  [redMTU]byte
	next redPacket
}

// pastPacket is a packet that was sent.
type pastPacket struct {
	timestamp uint32
	length    int
	payload   [redLength]byte
}

// forget drops what is kept: the next packets do not follow those before.
func (r *redSender) forget() { r.n = 0 }

// keep notes a packet that was sent, for the next ones.
func (r *redSender) keep(timestamp uint32, payload []byte) {
	if len(payload) > redLength {
		r.forget()
		return
	}
	for i := min(r.n, mostRedundancy-1); i > 0; i-- {
		r.past[i] = r.past[i-1]
	}
	r.n = min(r.n+1, mostRedundancy)
	p := &r.past[0]
	p.timestamp, p.length = timestamp, copy(p.payload[:], payload)
}

// pack returns a payload of redundant audio that repeats up to depth packets
// of one type before this one; false if there is nothing to repeat. It is
// valid until the next call.
func (r *redSender) pack(payloadType uint8, timestamp uint32, payload []byte, depth int) ([]byte, bool) {
	p := &r.next
	p.n, p.payloadType, p.payload = 0, payloadType, payload
	// Those that fit, from the last one backwards.
	for i := range min(depth, r.n) {
		block := &r.past[i]
		offset := timestamp - block.timestamp
		if offset > redOffset || p.size()+redHeader+block.length > redMTU {
			break
		}
		copy(p.repeated[1:p.n+1], p.repeated[:p.n])
		p.repeated[0] = redBlock{payloadType: payloadType, offset: offset, payload: block.payload[:block.length]}
		p.n++
	}
	if p.n == 0 {
		return nil, false
	}
	return p.append(r.out[:0]), true
}
