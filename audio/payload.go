package audio

import (
	"time"

	"webphone/audio/codec"
)

// longestPayload is the longest sound in one packet that a decoder takes.
const longestPayload = 120 * time.Millisecond

// payloadDuration is how long a payload sounds, 0 if it is none or too long.
func payloadDuration(name codec.Name, payload []byte) time.Duration {
	var d time.Duration
	switch name {
	case codec.PCMU, codec.PCMA, codec.G722: // all have 64 kbit/s
		d = time.Duration(len(payload)) * time.Second / 8000
	case codec.ComfortNoise: // until the next packet, whenever that comes
		if len(payload) > 0 {
			d = blockDuration
		}
	case codec.Opus:
		if len(payload) > 0 {
			d = opusFrame(payload[0]) * time.Duration(opusFrames(payload))
		}
	}
	if d > longestPayload {
		return 0
	}
	return d
}

// opusFrame is the duration of one frame by the TOC byte (RFC 6716 §3.1).
func opusFrame(toc byte) time.Duration {
	configuration := toc >> 3
	switch {
	case configuration < 12: // SILK
		return [4]time.Duration{10, 20, 40, 60}[configuration%4] * time.Millisecond
	case configuration < 16: // hybrid
		return [2]time.Duration{10, 20}[configuration%2] * time.Millisecond
	default: // CELT
		return 2500 * time.Microsecond << (configuration % 4)
	}
}

// opusFrames is the number of frames in a packet (RFC 6716 §3.2).
func opusFrames(payload []byte) int {
	switch payload[0] & 3 {
	case 0:
		return 1
	case 1, 2:
		return 2
	}
	if len(payload) < 2 {
		return 0
	}
	return int(payload[1] & 0x3F)
}

// hasRedundancy reports whether an Opus packet carries the frame before it a
// second time: the LBRR flag, which follows the voice activity flags of the
// SILK frames in the first bits after the TOC (RFC 6716 §4.2.3, §4.2.4).
func hasRedundancy(payload []byte) bool {
	if len(payload) < 2 || payload[0]>>3 >= 16 || payload[0]&3 != 0 {
		return false
	}
	frames := max(1, int(opusFrame(payload[0])/(20*time.Millisecond)))
	return payload[1]&(0x80>>frames) != 0
}
