package media

import (
	"testing"

	"webphone/audio/codec"
)

// Digits have the clock of the sound where both sides know such, else the
// lowest that both know.
func TestAccept_digits(t *testing.T) {
	opus := format{payloadType: 107, name: "opus", clockRate: 48000, channels: 2}
	events := func(pt uint8, clock int) format {
		return format{payloadType: pt, name: telephoneEvent, clockRate: clock, channels: 1}
	}
	for _, c := range []struct {
		rule      string
		codecs    []codec.Name // offered
		answer    []format
		send, own uint8 // payload types
		clock     int
	}{
		{"those of the sound", defaultCodecs, []format{opus, events(101, 8000), events(105, 48000)}, 105, 110, 48000},
		{"those of 8 kHz beside Opus", defaultCodecs, []format{opus, events(101, 8000)}, 101, 126, 8000},
		{"the lowest that was offered", defaultCodecs, []format{opus, events(100, 4000), events(101, 8000)}, 101, 126, 8000},
		{"none that was not offered", []codec.Name{codec.Opus}, []format{opus, events(101, 8000)}, 0, 0, 0},
		{"none", defaultCodecs, []format{opus}, 0, 0, 0},
	} {
		t.Run(c.rule, func(t *testing.T) {
			offered := offeredFormats(c.codecs)
			a, err := accept(&description{formats: c.answer}, offered, offered)
			if err != nil {
				t.Fatal(err)
			}
			if a.event.payloadType != c.send || a.eventReceive != c.own || a.event.clockRate != c.clock {
				t.Errorf("sends %d, hears %d, %d Hz; want %d, %d, %d",
					a.event.payloadType, a.eventReceive, a.event.clockRate, c.send, c.own, c.clock)
			}
		})
	}
}
