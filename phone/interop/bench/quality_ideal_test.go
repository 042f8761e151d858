//go:build interop && bench

package bench

import (
	"slices"
	"testing"

	"webphone/audio/codec"
)

// redundantType is the payload type of redundant audio in our calls.
const redundantType = 63

// ideal is a receiver that gets every packet in order.
type ideal struct {
	*testing.T
	decoder codec.Decoder
	frame   []int16
	pcm     []int16
}

func newIdeal(t *testing.T) *ideal {
	d, err := codec.NewDecoder(codec.Parameters{Name: codec.Opus, Channels: 2, FEC: true})
	check(t, err)
	return &ideal{T: t, decoder: d, frame: make([]int16, codec.MaxFrame)}
}

// take decodes a packet, of redundant audio what it does not repeat.
func (i *ideal) take(payloadType uint8, payload []byte) {
	if payloadType == redundantType {
		repeated := 0
		for ; payload[0]&0x80 != 0; payload = payload[4:] { // RFC 2198 §3
			repeated += int(payload[2]&3)<<8 | int(payload[3])
		}
		payload = payload[1+repeated:]
	}
	n, err := i.decoder.Decode(i.frame, payload)
	check(i, err)
	i.pcm = append(i.pcm, i.frame[:n]...)
}

// end returns all that was decoded.
func (i *ideal) end() []int16 {
	i.decoder.Close()
	return slices.Clip(i.pcm)
}
