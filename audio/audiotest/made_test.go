package audiotest

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestMadeUp(t *testing.T) {
	speech := Speech(0.1, rate, 5*rate, 3)
	frame := rate / 50
	// spoilt has every nth 20 ms replaced.
	spoilt := func(nth int, by []int16) []int16 {
		got := slices.Clone(speech)
		for i := 0; (i+1)*frame <= len(got); i += nth {
			copy(got[i*frame:(i+1)*frame], by[i*frame:])
		}
		return got
	}
	quiet := slices.Clone(speech)
	for i := range quiet {
		quiet[i] /= 4
	}
	for _, c := range []struct {
		rule string
		got  []int16
		want float64
	}{
		{"the same", speech, 0},
		{"the same, quieter", quiet, 0},
		{"with a little noise", Mix(speech, Noise(0.003, len(speech), 9)), 0},
		{"half a millisecond later", append(make([]int16, rate/2000), speech...), 0},
		{"silence", make([]int16, len(speech)), 1},
		{"another's speech", Speech(0.1, rate, 5*rate, 6), 1},
		{"a fifth is silent", spoilt(5, make([]int16, len(speech))), 0.2},
		{"a tenth is noise", spoilt(10, Noise(0.1, len(speech), 4)), 0.1},
	} {
		if got := MadeUp(speech, c.got, rate); math.Abs(got-c.want) > 0.03 {
			t.Errorf("%s: %.3f, want %.2f", c.rule, got, c.want)
		}
	}
	// A delay that grows by 20 ms in the middle, as Straighten leaves it.
	half := len(speech) / 2 / frame * frame
	moved := slices.Concat(make([]int16, 2*frame), speech[:half], speech[half-frame:])
	straight := Straighten(speech, moved, rate, Timing(speech, moved, rate, 200*time.Millisecond))
	if got := MadeUp(speech, straight, rate); got > 0.02 {
		t.Errorf("a delay that moves: %.3f", got)
	}
	if got := MadeUp(make([]int16, rate), speech, rate); got != 0 {
		t.Errorf("where nothing sounds: %v", got)
	}
}
