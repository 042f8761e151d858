package audio

import (
	"strings"
	"time"
)

// RFC 4733 §2.3: a telephone event is four bytes.
//
//	|     event     |E|R|  volume   |          duration             |
const (
	eventLength  = 4
	eventEnd     = 0x80
	eventVolume  = 10 // −10 dBm0
	eventLongest = 0xFFFF
)

// eventTones are the DTMF tones in the order of their events (RFC 4733 §3.2).
const eventTones = "0123456789*#ABCD"

// eventOf returns the event of a DTMF tone.
func eventOf(tone rune) (event uint8, ok bool) {
	if tone >= 'a' && tone <= 'd' {
		tone += 'A' - 'a'
	}
	i := strings.IndexRune(eventTones, tone)
	return uint8(max(i, 0)), i >= 0
}

// toneOf returns the tone of event 0–15, 0 for others.
func toneOf(event uint8) rune {
	if int(event) >= len(eventTones) {
		return 0
	}
	return rune(eventTones[event])
}

// telephoneEvent is the payload of an event packet.
type telephoneEvent struct {
	event    uint8
	end      bool
	volume   uint8  // −dBm0, 0–63
	duration uint16 // in ticks of the event's clock
}

// put writes the payload to b, which has eventLength bytes.
func (t telephoneEvent) put(b []byte) {
	b[0] = t.event
	b[1] = t.volume & 0x3F
	if t.end {
		b[1] |= eventEnd
	}
	b[2], b[3] = byte(t.duration>>8), byte(t.duration)
}

// parseEvent reads a payload; ok is false if it is too short. The reserved
// bit is ignored, as are bytes of further events.
func parseEvent(b []byte) (t telephoneEvent, ok bool) {
	if len(b) < eventLength {
		return t, false
	}
	return telephoneEvent{
		event: b[0], end: b[1]&eventEnd != 0, volume: b[1] & 0x3F,
		duration: uint16(b[2])<<8 | uint16(b[3]),
	}, true
}

// ticksOf and durationOf convert between time and ticks of a clock in Hz.
func ticksOf(d time.Duration, clock int) int64 {
	return int64(d) / int64(time.Microsecond) * int64(clock) / 1e6
}

func durationOf(ticks int64, clock int) time.Duration {
	return time.Duration(ticks * int64(time.Second/time.Microsecond) / int64(clock) * int64(time.Microsecond))
}
