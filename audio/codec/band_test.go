package codec_test

import (
	"slices"
	"testing"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// A band is taken for empty where a voice leaves nothing in it, and for nothing
// else.
func TestBandMeter(t *testing.T) {
	const hiss = 0.000178 // −75 dBFS
	silence, headset := make([]int16, 20*second), recorded(14000, 0.05, 8)
	rumble := make([]int16, 8*second)
	codec.NewResampler(14000, second).Process(rumble, audiotest.Noise(0.05, 8*14000, 1))
	clipped := slices.Clone(headset)
	for i := range clipped {
		clipped[i] = max(-2000, min(2000, clipped[i]))
	}
	for _, c := range []struct {
		rule          string
		pcm           []int16
		over8, over12 bool
	}{
		{"a voice up to 7 kHz", headset, true, true},
		{"up to 8 kHz", recorded(16000, 0.05, 8), true, true},
		{"up to 9 kHz", recorded(19000, 0.05, 8), false, true},
		{"up to 11 kHz", recorded(22000, 0.05, 8), false, true},
		{"up to 12 kHz", recorded(24000, 0.05, 8), false, true},
		{"up to 16 kHz", recorded(32000, 0.05, 8), false, false},
		{"with all", recorded(48000, 0.05, 8), false, false},
		{"hiss fills the band", audiotest.Mix(headset, audiotest.Noise(hiss, len(headset), 2)), false, false},
		{"and so does what is clipped", clipped, false, false},
		{"four seconds are not all speech", headset[:4*second], false, false},
		{"a voice too low to tell", recorded(14000, 0.003, 8), false, false},
		{"nobody talks", rumble, false, false},
		{"silence teaches nothing", silence, false, false},
		{"pauses do not count", slices.Concat(headset[:3*second], silence), false, false},
		{"and take nothing back", slices.Concat(headset, silence), true, true},
		{"nor what speech there was before", slices.Concat(headset[:3*second], silence, headset[:4*second]), true, true},
	} {
		for _, frame := range []int{frame20 / 2, frame20, 3 * frame20} {
			var m codec.BandMeter
			var over8, over12 bool
			for pcm := range slices.Chunk(c.pcm, frame) {
				if len(pcm) == frame {
					over8, over12 = m.Hear(pcm)
				}
			}
			if over8 != c.over8 || over12 != c.over12 {
				t.Errorf("%s, frames of %d: empty above 8 kHz %v and 12 kHz %v, want %v and %v",
					c.rule, frame, over8, over12, c.over8, c.over12)
			}
		}
	}
}

// One frame is enough to see that there is something.
func TestBandMeter_fillsAtOnce(t *testing.T) {
	var narrow codec.BandMeter
	for pcm := range slices.Chunk(recorded(14000, 0.05, 8), frame20) {
		narrow.Hear(pcm)
	}
	for _, c := range []struct {
		rule          string
		pcm           []int16
		over8, over12 bool
	}{
		{"silence", make([]int16, frame20), true, true},
		{"rounding", audiotest.Noise(0.3/32768, frame20, 1), true, true},
		{"7 kHz", audiotest.Sine(7000, 0.1, second, frame20), true, true},
		{"9.5 kHz", audiotest.Sine(9500, 0.001, second, frame20), false, true},
		{"11.5 kHz", audiotest.Sine(11500, 0.001, second, frame20), false, true},
		{"13.5 kHz", audiotest.Sine(13500, 0.001, second, frame20), false, false},
		{"a frame too short to tell", audiotest.Sine(1000, 0.1, second, 120), false, false},
		{"5 ms", audiotest.Sine(20000, 0.001, second, 240), false, false},
	} {
		m := narrow
		if over8, over12 := m.Hear(c.pcm); over8 != c.over8 || over12 != c.over12 {
			t.Errorf("%s: empty above 8 kHz %v and 12 kHz %v, want %v and %v", c.rule, over8, over12, c.over8, c.over12)
		}
	}
}

func TestBandMeter_doesNotAllocate(t *testing.T) {
	pcm, e, payload := recorded(22000, 0.05, 8), encoder(t, codec.Parameters{}), make([]byte, codec.MaxPayload)
	i := 0
	if n := testing.AllocsPerRun(399, func() {
		if _, err := e.Encode(payload, pcm[i:i+frame20]); err != nil {
			t.Fatal(err)
		}
		i += frame20
	}); n != 0 {
		t.Errorf("%.1f allocations for a frame", n)
	}
	if b := band(payload); b != "SWB" {
		t.Errorf("in the end %s, want SWB", b)
	}
}

func BenchmarkBandMeter(b *testing.B) {
	for name, rate := range map[string]int{"7 kHz": 14000, "11 kHz": 22000, "all": 48000} {
		b.Run(name, func(b *testing.B) {
			pcm, i := recorded(rate, 0.05, 8), 0
			var m codec.BandMeter
			b.ReportAllocs()
			for b.Loop() {
				m.Hear(pcm[i : i+frame20])
				i = (i + frame20) % len(pcm)
			}
		})
	}
}
