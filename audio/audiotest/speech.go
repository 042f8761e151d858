package audiotest

import (
	"math"
	"math/rand/v2"
)

// Speech returns n samples that resemble speech in what echo cancellers, noise
// suppressors and level controls look at: voiced and unvoiced sounds with
// moving formants, a falling pitch, stops within words and pauses between
// them, and a spectrum that falls as that of a voice. rms is the level while
// there is sound, of which full scale is 1. One seed gives one talker and text.
func Speech(rms float64, rate, n int, seed uint64) []int16 {
	r := rand.New(rand.NewPCG(seed, 0x5eec))
	t := &talker{rate: float64(rate), random: r, pitch: 90 + 110*r.Float64()}
	sound := make([]float64, 0, n+rate)
	for len(sound) < n {
		sound = t.phrase(sound)
	}
	sound = sound[:n]
	scale(sound, 32767*rms/activeRMS(sound, rate/100))
	samples := make([]int16, n)
	for i, v := range sound {
		samples[i] = clip(v)
	}
	return samples
}

// vowels are the first three formants, in Hz, of the sounds between which the
// talker moves.
var vowels = [...][3]float64{
	{730, 1090, 2440},
	{270, 2290, 3010},
	{300, 870, 2240},
	{530, 1840, 2480},
	{570, 840, 2410},
	{490, 1350, 1690},
	{660, 1720, 2410},
}

type talker struct {
	rate   float64
	random *rand.Rand
	pitch  float64 // Hz, at the beginning of a phrase

	phase    float64
	formants [4]resonator
	hiss     resonator
	tilt     float64
}

// phrase appends words and the pause after them.
func (t *talker) phrase(to []float64) []float64 {
	words := 2 + t.random.IntN(4)
	for w := range words {
		pitch := t.pitch * (1.15 - 0.3*float64(w)/float64(words))
		for range 1 + t.random.IntN(3) {
			to = t.syllable(to, pitch*(0.95+0.1*t.random.Float64()))
		}
		to = t.pause(to, 0.03+0.08*t.random.Float64())
	}
	return t.pause(to, 0.25+0.5*t.random.Float64())
}

func (t *talker) pause(to []float64, seconds float64) []float64 {
	return append(to, make([]float64, int(seconds*t.rate))...)
}

// syllable appends a consonant and a vowel that glides into another.
func (t *talker) syllable(to []float64, pitch float64) []float64 {
	if t.random.Float64() < 0.6 {
		to = t.consonant(to)
	}
	from, until := vowels[t.random.IntN(len(vowels))], vowels[t.random.IntN(len(vowels))]
	length := int((0.1 + 0.14*t.random.Float64()) * t.rate)
	loud := 0.6 + 0.6*t.random.Float64()
	for i := range length {
		x := float64(i) / float64(length)
		t.phase += pitch * (1.05 - 0.1*x) * (1 + 0.01*math.Sin(40*x)) / t.rate
		if t.phase >= 1 {
			t.phase--
		}
		// An opening and closing glottis, and breath.
		pulse := 0.0
		if t.phase < 0.6 {
			pulse = math.Sin(math.Pi*t.phase/0.6) * t.phase
		}
		source := (pulse-t.tilt)*t.rate/(20*pitch) + 0.002*t.random.NormFloat64()
		t.tilt = pulse
		v := 0.0
		for f := range t.formants {
			frequency, width := 3500.0, 250.0
			if f < 3 {
				frequency, width = from[f]+(until[f]-from[f])*x, 60+40*float64(f)
			}
			v += t.formants[f].next(source, frequency, width, t.rate) * [...]float64{1, 0.9, 0.6, 0.3}[f]
		}
		to = append(to, loud*v*math.Pow(math.Sin(math.Pi*x), 0.4))
	}
	return to
}

// consonant appends a hiss, or the silence and burst of a stop.
func (t *talker) consonant(to []float64) []float64 {
	centre := 1800 + 4500*t.random.Float64()
	length, loud := 0.04+0.08*t.random.Float64(), 0.025
	if t.random.Float64() < 0.4 {
		to = t.pause(to, 0.04)
		length, loud = 0.015, 0.06
	}
	n := int(length * t.rate)
	for i := range n {
		x := float64(i) / float64(n)
		v := t.hiss.next(t.random.NormFloat64(), centre, 1500, t.rate)
		to = append(to, loud*v*math.Sin(math.Pi*x))
	}
	return to
}

// resonator is a band-pass filter of two poles with a gain near 1 at its centre.
type resonator struct{ x1, x2, y1, y2 float64 }

func (r *resonator) next(x, frequency, width, rate float64) float64 {
	d := math.Exp(-math.Pi * width / rate)
	w := 2 * math.Pi * frequency / rate
	y := (1-d)*(x-r.x2) + 2*d*math.Cos(w)*r.y1 - d*d*r.y2
	r.x1, r.x2, r.y1, r.y2 = x, r.x1, y, r.y1
	return y
}

// activeRMS is the root mean square of the frames within 30 dB of the loudest.
func activeRMS(sound []float64, frame int) float64 {
	var powers []float64
	loudest := 0.0
	for i := 0; i+frame <= len(sound); i += frame {
		var p float64
		for _, v := range sound[i : i+frame] {
			p += v * v
		}
		powers = append(powers, p/float64(frame))
		loudest = max(loudest, p/float64(frame))
	}
	var sum, count float64
	for _, p := range powers {
		if p > loudest/1000 {
			sum += p
			count++
		}
	}
	if sum == 0 {
		return 1
	}
	return math.Sqrt(sum / count)
}

// PinkNoise returns n samples of noise whose power falls by 3 dB an octave,
// with the given RMS, of which full scale is 1.
func PinkNoise(rms float64, n int, seed uint64) []int16 {
	r := rand.New(rand.NewPCG(seed, 0x914c))
	sound := make([]float64, n)
	var stage [3]float64
	for i := range sound {
		white := r.NormFloat64()
		// Three poles and zeros that lie 3 dB an octave within 0.5 dB.
		stage[0] = 0.99765*stage[0] + white*0.0990460
		stage[1] = 0.96300*stage[1] + white*0.2965164
		stage[2] = 0.57000*stage[2] + white*1.0526913
		sound[i] = stage[0] + stage[1] + stage[2] + white*0.1848
	}
	var power float64
	for _, v := range sound {
		power += v * v
	}
	scale(sound, 32767*rms/math.Sqrt(power/float64(n)))
	samples := make([]int16, n)
	for i, v := range sound {
		samples[i] = clip(v)
	}
	return samples
}

func scale(sound []float64, by float64) {
	for i := range sound {
		sound[i] *= by
	}
}

func clip(v float64) int16 { return int16(math.Round(max(-32768, min(32767, v)))) }
