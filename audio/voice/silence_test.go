package voice

import (
	"fmt"
	"math"
	"testing"

	"webphone/audio/audiotest"
)

// Nothing that a microphone has given, nor what was played meanwhile, keeps the
// voice from being heard that comes after it. Many a microphone begins with
// digital silence, and one with a switch gives it in between.
func TestProcessor_isNotMadeDeaf(t *testing.T) {
	const second = wideRate
	voice := audiotest.Speech(0.1, wideRate, 5*second, 2)
	square := make([]int16, 2*second)
	for i := range square {
		square[i] = math.MaxInt16
		if i/37%2 == 0 {
			square[i] = math.MinInt16
		}
	}
	constant := make([]int16, 2*second)
	for i := range constant {
		constant[i] = math.MinInt16
	}
	for _, c := range []struct {
		rule   string
		before []int16
	}{
		{"digital silence", make([]int16, 2*second)},
		{"100 ms of it", make([]int16, second/10)},
		{"voice, then digital silence", append(audiotest.Speech(0.1, wideRate, 2*second, 3), make([]int16, 3*second)...)},
		{"as loud as can be", square},
		{"a constant", constant},
		{"digital silence after noise", append(audiotest.Noise(0.9, 2*second, 1), make([]int16, 3*second)...)},
	} {
		for _, s := range []Switches{{Echo: true}, {Noise: true}, {Gain: true}, allOn} {
			for _, far := range [][]int16{nil, make([]int16, len(c.before)), farSpeech()[:len(c.before)]} {
				if far != nil && !s.Echo {
					continue // it is not looked at
				}
				t.Run(fmt.Sprintf("%s, %+v, far %d %v", c.rule, s, len(far), audiotest.Peak(far) > 0), func(t *testing.T) {
					t.Parallel()
					out := run(t, s, append(append([]int16(nil), c.before...), voice...), far)
					// The gain comes back from what was too loud at its own pace.
					least := -3.0
					if s.Gain {
						least = audiotest.Decibels(levelLeast)
					}
					got := audiotest.Decibels(audiotest.RMS(out[len(out)-2*second:]) / audiotest.RMS(voice[3*second:]))
					if got < least {
						t.Errorf("the voice is %.1f dB lower", -got)
					}
				})
			}
		}
	}
}
