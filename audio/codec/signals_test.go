package codec

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"math/cmplx"
)

// noise is full-scale white noise, the same every time (a linear congruence).
func noise(n int) []int16 {
	state, pcm := uint32(1), make([]int16, n)
	for i := range pcm {
		state = state*1664525 + 1013904223
		pcm[i] = int16(state >> 16)
	}
	return pcm
}

// sine is a tone of the given peak.
func sine(n, rate int, hz, peak float64) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(math.Round(peak * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return pcm
}

// voice is a vowel-like signal: harmonics of a slowly gliding pitch under a
// slow envelope.
func voice(n, rate int) []int16 {
	pcm := make([]int16, n)
	var phase float64
	for i := range pcm {
		t := float64(i) / float64(rate)
		phase += 2 * math.Pi * (130 + 20*math.Sin(2*math.Pi*1.3*t)) / float64(rate)
		envelope := 0.55 + 0.45*math.Sin(2*math.Pi*2.1*t)
		var s float64
		for k := 1.0; k <= 12; k++ {
			s += math.Sin(k*phase) / k
		}
		pcm[i] = int16(math.Round(6000 * envelope * s))
	}
	return pcm
}

// toneRatio is the level of the tone at hz relative to everything else, in dB.
func toneRatio(pcm []int16, rate int, hz float64) float64 {
	var bin complex128
	var energy, mean float64
	for _, s := range pcm {
		mean += float64(s) / float64(len(pcm))
	}
	for i, s := range pcm {
		v := float64(s) - mean
		window := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(pcm)))
		v *= window
		bin += complex(v, 0) * cmplx.Rect(1, -2*math.Pi*hz*float64(i)/float64(rate))
		energy += v * v
	}
	// Under a Hann window a tone A has |bin| = N·A/4 and the energy 3N·A²/16.
	tone := 3 * cmplx.Abs(bin) * cmplx.Abs(bin) / float64(len(pcm))
	return 10 * math.Log10(tone/math.Max(energy-tone, 1e-9*energy+1e-9))
}

// rms is the root mean square of the samples.
func rms(pcm []int16) float64 {
	var energy float64
	for _, s := range pcm {
		energy += float64(s) * float64(s)
	}
	return math.Sqrt(energy / float64(max(len(pcm), 1)))
}

func digestPCM(pcm []int16) string {
	octets := make([]byte, 0, 2*len(pcm))
	for _, s := range pcm {
		octets = append(octets, byte(s), byte(s>>8))
	}
	return digest(octets)
}

func digest(octets []byte) string {
	sum := sha256.Sum256(octets)
	return hex.EncodeToString(sum[:16])
}
