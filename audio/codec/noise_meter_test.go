package codec_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"webphone/audio/codec"
)

// What is measured of a background is what is made of it again: the same level
// and the same spectrum, as far as the correlation of its samples tells it.
func TestNoiseMeter_describesForNoise(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		rule          string
		first, second float64 // coefficients of what colours it
		deviation     float64
	}{
		{"white", 0, 0, 100},
		{"low", 0.9, 0, 30},
		{"high", -0.6, 0, 60},
		{"a hum", 1.6, -0.9, 20},
		{"loud", 0.5, 0, 900},
	} {
		background := make([]int16, 8000)
		var last, before float64
		for i := range background {
			now := c.first*last + c.second*before + c.deviation*random.NormFloat64()
			background[i] = int16(now)
			last, before = now, last
		}
		var m codec.NoiseMeter
		for i := 0; i < len(background); i += 80 {
			m.Feed(background[i : i+80])
		}
		payload := make([]byte, codec.MaxPayload)
		made := make([]int16, 8000*4)
		n := codec.NewNoise(8000)
		n.Describe(payload[:m.Describe(payload)])
		n.Make(made)
		made = made[8000:]
		if want, got := loudness(background), loudness(made); math.Abs(want-got) > 2.5 {
			t.Errorf("%s: %.1f dB of %.1f", c.rule, got, want)
		}
		if want, got := correlation(background), correlation(made); math.Abs(want-got) > 0.12 {
			t.Errorf("%s: neighbours are alike by %.2f, were by %.2f", c.rule, got, want)
		}
	}
}

// Digital silence is described as such, and so is what was never fed.
func TestNoiseMeter_silence(t *testing.T) {
	var m codec.NoiseMeter
	payload := make([]byte, 20)
	for _, feed := range []int{0, 80} {
		m.Feed(make([]int16, feed))
		if n := m.Describe(payload); n != 1 || payload[0] != 127 {
			t.Errorf("after %d samples: % x", feed, payload[:n])
		}
	}
	if n := testing.AllocsPerRun(100, func() { m.Feed(payloadNoise[:]); m.Describe(payload) }); n > 0 {
		t.Errorf("%.0f allocations", n)
	}
}

var payloadNoise = func() (pcm [80]int16) {
	for i := range pcm {
		pcm[i] = int16(i * i % 50)
	}
	return pcm
}()
