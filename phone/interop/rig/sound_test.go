package rig

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// mix adds sounds of the same length.
func mix(sounds ...[]int16) []int16 {
	out := make([]int16, len(sounds[0]))
	for _, s := range sounds {
		for i, v := range s {
			out[i] += v
		}
	}
	return out
}

func noise(d time.Duration) []int16 {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]int16, Samples(d))
	for i := range out {
		out[i] = int16(r.IntN(16000) - 8000)
	}
	return out
}

func TestLongestTone(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		rule        string
		pcm         []int16
		frequencies []float64
		want        time.Duration
	}{
		{"a tone is heard as long as it lasts", Sine(560, 500*ms), []float64{560}, 500 * ms},
		{"another tone is not it", Sine(700, 500*ms), []float64{560}, 0},
		{"silence is no tone", make([]int16, Samples(500*ms)), []float64{560}, 0},
		{"noise is no tone", noise(500 * ms), []float64{560}, 0},
		{
			"a gap ends the stretch", slices.Concat(Sine(560, 200*ms), make([]int16, Samples(100*ms)), Sine(560, 300*ms)),
			[]float64{560},
			300 * ms,
		},
		{"two tones at once are not one of them", mix(Sine(560, 300*ms), Sine(1070, 300*ms)), []float64{560}, 0},
		{"two tones at once are the mixture", mix(Sine(560, 300*ms), Sine(1070, 300*ms)), []float64{560, 1070}, 300 * ms},
	} {
		if got := LongestTone(c.pcm, c.frequencies...); got != c.want {
			t.Errorf("%s: %v, want %v", c.rule, got, c.want)
		}
	}
}

func TestKeys(t *testing.T) {
	const ms = time.Millisecond
	var all []int16
	for i := range 16 {
		low, high := dtmfRows[i/4], dtmfColumns[i%4]
		all = slices.Concat(all, Sine(1070, 50*ms), mix(Sine(low, 60*ms), Sine(high, 60*ms)))
	}
	for _, c := range []struct {
		rule string
		pcm  []int16
		want string
	}{
		{"every key is told from the others", all, "123A456B789C*0#D"},
		{"a row alone is no key", Sine(697, 100*ms), ""},
		{"noise is no key", noise(300 * ms), ""},
		{"a key is counted once", mix(Sine(770, 300*ms), Sine(1336, 300*ms)), "5"},
		{
			"a key after a pause is counted again",
			slices.Concat(mix(Sine(770, 60*ms), Sine(1336, 60*ms)), make([]int16, Samples(50*ms)), mix(Sine(770, 60*ms), Sine(1336, 60*ms))),
			"55",
		},
	} {
		if got := Keys(c.pcm); got != c.want {
			t.Errorf("%s: %q, want %q", c.rule, got, c.want)
		}
	}
}
