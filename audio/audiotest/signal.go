// Package audiotest makes sound for tests and judges what came of it: signal
// generators, WAV files, detection of tones, an impaired network link and
// sound devices that tests step by hand.
//
// Samples are 16 bits mono unless said otherwise; rates are in Hz.
//
// What only computes, over sound that its caller holds, is left out of the race
// detector: it would cost ten times as much and find nothing.
package audiotest

import (
	"math"
	"math/rand/v2"
)

// Sine returns n samples of a sine with the given amplitude, of which full
// scale is 1.
func Sine(frequency, amplitude float64, rate, n int) []int16 {
	samples := make([]int16, n)
	for i := range samples {
		t := float64(i) / float64(rate)
		samples[i] = int16(math.Round(32767 * amplitude * math.Sin(2*math.Pi*frequency*t)))
	}
	return samples
}

// Noise returns n samples of white noise with the given RMS, of which full
// scale is 1; one seed gives one signal.
func Noise(rms float64, n int, seed uint64) []int16 {
	r := rand.New(rand.NewPCG(seed, seed))
	samples := make([]int16, n)
	for i := range samples {
		samples[i] = int16(max(-32768, min(32767, 32767*rms*r.NormFloat64())))
	}
	return samples
}

// Voice returns n samples that resemble speech for the purposes of pitch and
// pauses: syllables of a quarter of a second on harmonics of a gliding pitch
// around 120 Hz, with pauses between words.
func Voice(amplitude float64, rate, n int) []int16 {
	samples := make([]int16, n)
	phase := 0.0
	for i := range samples {
		t := float64(i) / float64(rate)
		phase += (120 + 20*math.Sin(2*math.Pi*0.7*t)) / float64(rate)
		syllable := math.Sin(math.Pi * math.Mod(t*4, 1))
		if math.Mod(t, 1.5) > 1.0 {
			syllable = 0
		}
		var v float64
		for h := 1; h <= 12; h++ {
			v += math.Sin(2*math.Pi*phase*float64(h)) / float64(h)
		}
		samples[i] = int16(32767 * amplitude * syllable * v / 2)
	}
	return samples
}

// Mix adds signals sample by sample, as long as the longest, and clips.
func Mix(signals ...[]int16) []int16 {
	var longest int
	for _, s := range signals {
		longest = max(longest, len(s))
	}
	sum := make([]int16, longest)
	for i := range sum {
		var v int
		for _, s := range signals {
			if i < len(s) {
				v += int(s[i])
			}
		}
		sum[i] = int16(max(-32768, min(32767, v)))
	}
	return sum
}
