package audio

import (
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// The end of a gap is made up from both sides when the packet behind it has
// come: of two lost blocks the second, of a pause and of late packets none.
func TestJitterBuffer_bridges(t *testing.T) {
	for _, c := range []struct {
		rule  string
		lost  func(i int) bool
		pause bool // what is missing was never sent
		want  []act
	}{
		{"one lost", func(i int) bool { return i == 50 }, false, []act{actConceal, actBridge}},
		{"two lost", func(i int) bool { return i == 50 || i == 51 }, false, []act{actConceal, actConceal, actConceal, actBridge}},
		{"a pause", func(i int) bool { return i == 50 }, true, []act{actConceal, actConceal}},
	} {
		var b jitterBuffer
		packets := trace(2*time.Second, func(i int) time.Duration {
			if c.lost(i) {
				return -1
			}
			return 5 * ms
		})
		if c.pause {
			for i := range packets[50:] {
				packets[50+i].SequenceNumber--
			}
		}
		var got []act
		var memory [bufferPayload]byte
		var left int64
		for now := 3 * ms; len(packets) > 0; now += blockDuration {
			for len(packets) > 0 && packets[0].at <= now {
				b.insert(&packets[0].Header, packets[0].Payload, codec.PCMU, packets[0].at)
				packets = packets[1:]
			}
			if left > 0 {
				left -= 80
				continue
			}
			d := b.fetch(now, memory[:])
			left = d.ticks - 80
			if d.act != actDecode && d.act != actSilence {
				got = append(got, d.act)
				if d.act == actBridge && len(d.payload) != 160 {
					t.Errorf("%s: leads over to %d bytes", c.rule, len(d.payload))
				}
			}
		}
		if len(got) != len(c.want) {
			t.Fatalf("%s: %v, want %v", c.rule, got, c.want)
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", c.rule, got, c.want)
			}
		}
	}
}

// Lost speech of the codecs without redundancy is understood better when both
// sides of each gap are heard than by what came before alone.
func TestReceiver_bridgedSpeech(t *testing.T) {
	speech := audiotest.Speech(0.1, sampleRate, 8*sampleRate, 8)
	for name, least := range map[codec.Name]float64{codec.PCMU: 0.95, codec.G722: 0.868} {
		packets := say(t, name, speech, 20)
		heard, _ := hear(t, name, packets, audiotest.Impairment{Loss: 0.2, Seed: 3})
		delays := audiotest.Timing(speech, heard, sampleRate, 300*ms)
		stoi := audiotest.STOI(speech, audiotest.Straighten(speech, heard, sampleRate, delays), sampleRate)
		t.Logf("%s: STOI %.3f", name, stoi)
		if stoi < least {
			t.Errorf("%s: STOI %.3f, want at least %.3f", name, stoi, least)
		}
	}
}
