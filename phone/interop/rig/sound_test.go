package rig

import (
	"slices"
	"strings"
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

func TestKeys(t *testing.T) {
	const ms = time.Millisecond
	const layout = "123A456B789C*0#D"
	press := func(key byte, d time.Duration) []int16 {
		i := strings.IndexByte(layout, key)
		return audiotest.Mix(Sine([]float64{697, 770, 852, 941}[i/4], d), Sine([]float64{1209, 1336, 1477, 1633}[i%4], d))
	}
	var all []int16
	for _, key := range []byte(layout) {
		all = slices.Concat(all, Sine(1070, 50*ms), press(key, 60*ms))
	}
	for _, c := range []struct {
		rule string
		pcm  []int16
		want string
	}{
		{"every key is told from the others", all, layout},
		{"a row alone is no key", Sine(697, 100*ms), ""},
		{"noise is no key", audiotest.Noise(0.2, Samples(300*ms), 1), ""},
		{"a key is counted once", press('5', 300*ms), "5"},
		{"a key after a pause is counted again", slices.Concat(press('5', 60*ms), make([]int16, Samples(50*ms)), press('5', 60*ms)), "55"},
		{"a key that is torn is counted once", slices.Concat(press('5', 60*ms), make([]int16, Samples(20*ms)), press('5', 60*ms)), "5"},
		{"two keys without a pause are two", slices.Concat(press('1', 65*ms), press('5', 65*ms)), "15"},
		{"what lies between two keys is no key", slices.Concat(press('1', 65*ms), press('2', 18*ms), press('5', 65*ms)), "15"},
	} {
		for lead := range 10 {
			if got := Keys(slices.Concat(make([]int16, Samples(time.Duration(lead)*ms)), c.pcm)); got != c.want {
				t.Errorf("%s, %d ms later: %q, want %q", c.rule, lead, got, c.want)
			}
		}
	}
}
