package codec

import "math/bits"

// ITU-T G.711 works on 14-bit (µ-law) and 13-bit (A-law) magnitudes; both are
// left-aligned in 16 bits here.
const (
	uLawBias = 33 << 2 // moves the segments' bounds to powers of two
	uLawClip = 0x7fff - uLawBias
	aLawMask = 0x55 // every second bit is inverted on the wire
)

var (
	uLaw = expand(decodeULaw)
	aLaw = expand(decodeALaw)
)

// expand tabulates a decoder for all 256 codes.
func expand(decode func(byte) int16) (table [256]int16) {
	for code := range table {
		table[code] = decode(byte(code))
	}
	return table
}

func encodeULaw(sample int16) byte {
	magnitude, sign := int(sample), byte(0)
	if magnitude < 0 {
		magnitude, sign = -magnitude, 0x80
	}
	magnitude = min(magnitude, uLawClip) + uLawBias
	segment := bits.Len(uint(magnitude)) - 8
	return ^(sign | byte(segment)<<4 | byte(magnitude>>(segment+3))&0x0f)
}

func decodeULaw(code byte) int16 {
	code = ^code
	segment := code >> 4 & 7
	magnitude := (int16(code&0x0f)<<3+uLawBias)<<segment - uLawBias
	if code&0x80 != 0 {
		return -magnitude
	}
	return magnitude
}

func encodeALaw(sample int16) byte {
	magnitude, sign := int(sample), byte(0x80)
	if magnitude < 0 {
		magnitude, sign = ^magnitude, 0
	}
	code := byte(magnitude >> 4)
	if segment := bits.Len(uint(magnitude)) - 8; segment > 0 {
		code = byte(segment)<<4 | byte(magnitude>>(segment+3))&0x0f
	}
	return (sign | code) ^ aLawMask
}

func decodeALaw(code byte) int16 {
	code ^= aLawMask
	magnitude := int16(code&0x0f)<<4 + 8
	if segment := code >> 4 & 7; segment > 0 {
		magnitude = (magnitude + 0x100) << (segment - 1)
	}
	if code&0x80 != 0 {
		return magnitude
	}
	return -magnitude
}

type g711Encoder struct {
	encode func(int16) byte
	closed bool
}

func (e *g711Encoder) Encode(dst []byte, pcm []int16) (int, error) {
	switch {
	case e.closed:
		return 0, ErrClosed
	case len(dst) < len(pcm):
		return 0, ErrShortBuffer
	}
	for i, sample := range pcm {
		dst[i] = e.encode(sample)
	}
	return len(pcm), nil
}

func (e *g711Encoder) SampleRate() int { return 8000 }
func (e *g711Encoder) SetLoss(int)     {}
func (e *g711Encoder) SetFEC(bool)     {}
func (e *g711Encoder) SetBitrate(int)  {}
func (e *g711Encoder) Close()          { e.closed = true }

type g711Decoder struct {
	table  *[256]int16
	plc    concealer
	next   [8000 / plcSeen]int16 // what follows a gap
	closed bool
}

func newG711Decoder(table *[256]int16) *g711Decoder {
	return &g711Decoder{table: table, plc: newConcealer(8000, 0)}
}

func (d *g711Decoder) Decode(pcm []int16, payload []byte) (int, error) {
	switch {
	case d.closed:
		return 0, ErrClosed
	case len(payload) == 0:
		return 0, ErrPayload
	case len(pcm) < len(payload):
		return 0, ErrShortBuffer
	}
	for i, code := range payload {
		pcm[i] = d.table[code]
	}
	d.plc.heard(pcm[:len(payload)])
	return len(payload), nil
}

func (d *g711Decoder) Conceal(pcm []int16) (int, error) {
	if d.closed {
		return 0, ErrClosed
	}
	d.plc.fill(pcm)
	return len(pcm), nil
}

// DecodeFEC leads over to the next payload.
func (d *g711Decoder) DecodeFEC(pcm []int16, next []byte) (int, error) {
	if d.closed {
		return 0, ErrClosed
	}
	n := min(len(next), len(d.next))
	for i, code := range next[:n] {
		d.next[i] = d.table[code]
	}
	d.plc.bridge(pcm, d.next[:n])
	return len(pcm), nil
}

func (d *g711Decoder) SampleRate() int { return 8000 }
func (d *g711Decoder) Close()          { d.closed = true }
