package codec_test

import (
	"math"
	"testing"

	"webphone/audio/codec"
)

// loudness is in dB of full scale.
func loudness(pcm []int16) float64 {
	var sum float64
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return 10 * math.Log10(sum/float64(len(pcm))/(32768*32768)+1e-12)
}

// correlation of neighbouring samples tells low noise (near 1) from high.
func correlation(pcm []int16) float64 {
	var dot, square float64
	for i, s := range pcm[1:] {
		dot += float64(s) * float64(pcm[i])
		square += float64(s) * float64(s)
	}
	return dot / square
}

// Noise has the level and the spectrum that is described (RFC 3389 §3).
func TestNoise_asDescribed(t *testing.T) {
	for _, c := range []struct {
		rule        string
		payload     []byte
		level       float64 // dB of full scale
		correlation float64 // at 8 kHz
	}{
		{"level alone: white", []byte{50}, -50, 0},
		{"the unused bit", []byte{0x80 | 50}, -50, 0},
		{"flat spectrum", []byte{60, 127, 127}, -60, 0},
		{"low noise: the first coefficient is negative", []byte{50, 127 - 102}, -50, 0.8},
		{"high noise", []byte{50, 127 + 64}, -50, -0.5},
		{"two coefficients", []byte{45, 127 - 102, 127 + 51}, -45, 0.8},
		{"too loud to be a background", []byte{0}, -30, 0},
		{"the steepest of filters", []byte{0, 0, 0, 254, 255}, -33, math.NaN()},
		{"no louder than silence", []byte{127}, -120, math.NaN()},
	} {
		for _, rate := range []int{8000, 16000, 48000} {
			n := codec.NewNoise(rate)
			if !n.Describe(c.payload) {
				t.Fatal(c.rule)
			}
			pcm := make([]int16, 4*rate)
			for i := 0; i < len(pcm); i += rate / 100 {
				n.Make(pcm[i : i+rate/100])
			}
			pcm = pcm[rate/10:]
			if got := loudness(pcm); math.Abs(got-c.level) > 2 && c.level > -90 || c.level < -90 && got > -90 {
				t.Errorf("%s, %d Hz: %.1f dB, want %.0f", c.rule, rate, got, c.level)
			}
			if rate != 8000 || math.IsNaN(c.correlation) {
				continue
			}
			if got := correlation(pcm); math.Abs(got-c.correlation) > 0.05 {
				t.Errorf("%s: correlation %.2f, want %.2f", c.rule, got, c.correlation)
			}
		}
	}
}

// Within a pause the level glides, at the beginning of one it is there at once.
func TestNoise_levels(t *testing.T) {
	n := codec.NewNoise(8000)
	pcm := make([]int16, 80)
	if n.Describe(nil) {
		t.Error("an empty description was taken")
	}
	if n.Make(pcm); loudness(pcm) > -90 {
		t.Error("noise that nobody described")
	}
	n.Describe([]byte{40})
	if n.Make(pcm); math.Abs(loudness(pcm)+40) > 4 {
		t.Errorf("the first block of a pause has %.0f dB", loudness(pcm))
	}
	n.Describe([]byte{70})
	if n.Make(pcm); loudness(pcm) < -48 {
		t.Errorf("10 ms after a change by −30 dB: %.0f dB", loudness(pcm))
	}
	for range 60 {
		n.Make(pcm)
	}
	if got := loudness(pcm); math.Abs(got+70) > 4 {
		t.Errorf("600 ms after it: %.0f dB", got)
	}
	n.Pause()
	n.Describe([]byte{40})
	if n.Make(pcm); math.Abs(loudness(pcm)+40) > 4 {
		t.Errorf("the first block of the next pause has %.0f dB", loudness(pcm))
	}
}

// FuzzNoise: whatever is described is no louder than a background may be.
func FuzzNoise(f *testing.F) {
	f.Add([]byte{0, 0, 255, 0, 255})
	f.Add([]byte{40, 20, 140})
	f.Fuzz(func(t *testing.T, b []byte) {
		n := codec.NewNoise(8000)
		n.Describe(b)
		pcm := make([]int16, 1600)
		n.Make(pcm)
		if got := loudness(pcm); got > -20 {
			t.Errorf("% x: %.0f dB", b, got)
		}
	})
}

func TestNoise_doesNotAllocate(t *testing.T) {
	n := codec.NewNoise(48000)
	pcm, payload := make([]int16, 480), []byte{50, 30, 140}
	if a := testing.AllocsPerRun(100, func() { n.Describe(payload); n.Make(pcm) }); a != 0 {
		t.Errorf("%.1f allocations", a)
	}
}
