package rig

import (
	"slices"
	"testing"
	"time"

	"webphone/audio/audiotest"
)

func TestLongestTone(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		rule string
		pcm  []int16
		want time.Duration
	}{
		{"a tone is heard as long as it lasts", Sine(560, 500*ms), 500 * ms},
		{"another tone is not it", Sine(700, 500*ms), 0},
		{"silence is no tone", make([]int16, Samples(500*ms)), 0},
		{"noise is no tone", audiotest.Noise(0.2, Samples(500*ms), 1), 0},
		{
			"a gap ends the stretch", slices.Concat(Sine(560, 200*ms), make([]int16, Samples(100*ms)), Sine(560, 300*ms)),
			300 * ms,
		},
		{"two tones at once are not one of them", audiotest.Mix(Sine(560, 300*ms), Sine(1070, 300*ms)), 0},
	} {
		if got := LongestTone(c.pcm, 560); got != c.want {
			t.Errorf("%s: %v, want %v", c.rule, got, c.want)
		}
	}
}
