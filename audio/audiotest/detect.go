package audiotest

import (
	"math"
	"math/cmplx"
)

// RMS is the root mean square of samples; full scale is 1.
//
//go:norace
func RMS(samples []int16) float64 {
	if len(samples) == 0 {
		return 0
	}
	var sum float64
	for _, s := range samples {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum/float64(len(samples))) / 32768
}

// Peak is the greatest absolute sample; full scale is 1.
func Peak(samples []int16) float64 {
	var peak float64
	for _, s := range samples {
		peak = max(peak, math.Abs(float64(s)))
	}
	return peak / 32768
}

// Tone returns the amplitude of the sine of one frequency in samples, full
// scale 1, by Goertzel's algorithm under a Hann window.
//
//go:norace
func Tone(samples []int16, rate int, frequency float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	w := 2 * math.Pi * frequency / float64(rate)
	coefficient := 2 * math.Cos(w)
	at, turn := complex(1, 0), cmplx.Rect(1, 2*math.Pi/float64(len(samples)))
	var s1, s2 float64
	for _, s := range samples {
		hann := 0.5 - 0.5*real(at)
		s0 := hann*float64(s) + coefficient*s1 - s2
		s1, s2 = s0, s1
		at *= turn
	}
	power := s1*s1 + s2*s2 - coefficient*s1*s2
	return 4 * math.Sqrt(max(power, 0)) / float64(len(samples)) / 32768
}

// Purity is the RMS of the sine of one frequency in samples by the RMS of
// everything in them: 1 for an undisturbed sine, 0.71 with as much noise, near
// 0 if it is absent.
func Purity(samples []int16, rate int, frequency float64) float64 {
	total := RMS(samples)
	if total == 0 {
		return 0
	}
	var windowed, tone float64
	for i, s := range samples {
		hann := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(samples)))
		windowed += hann * hann * float64(s) * float64(s)
	}
	windowed = math.Sqrt(windowed*8/3/float64(len(samples))) / 32768
	// A Hann-windowed sine lies in three bins: amplitude 1/2, 1 and 1/2.
	step := float64(rate) / float64(len(samples))
	for _, off := range [...]float64{-1, 0, 1} {
		a := Tone(samples, rate, frequency+off*step)
		tone += a * a
	}
	return min(1, math.Sqrt(tone/3)/windowed)
}

// Dominant returns the frequency, to about 1 Hz, at which samples have most
// energy, searched from 100 Hz to 4 kHz; 0 for silence.
func Dominant(samples []int16, rate int) float64 {
	if RMS(samples) == 0 {
		return 0
	}
	spectrum := Spectrum(samples)
	step := float64(rate) / float64(2*len(spectrum))
	best, frequency := 0.0, 0.0
	for i, a := range spectrum {
		if f := float64(i) * step; f >= 100 && f <= 4000 && a > best {
			best, frequency = a, f
		}
	}
	centre := frequency
	best = 0
	for off := -1.0; off <= 1; off += 1.0 / 8 {
		if a := Tone(samples, rate, centre+off*step); a > best {
			best, frequency = a, centre+off*step
		}
	}
	return frequency
}

// Spectrum returns the magnitudes of the frequencies from 0 to half the rate
// under a Hann window, in equal steps. Their number is the power of two that
// fits all samples in.
func Spectrum(samples []int16) []float64 {
	n := 2
	for n < len(samples) {
		n *= 2
	}
	x := make([]complex128, n)
	for i, s := range samples {
		hann := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(samples)))
		x[i] = complex(hann*float64(s)/32768, 0)
	}
	fft(x)
	magnitudes := make([]float64, n/2)
	for i := range magnitudes {
		magnitudes[i] = cmplx.Abs(x[i])
	}
	return magnitudes
}

// fft transforms x, whose length is a power of two, in place.
//
//go:norace
func fft(x []complex128) {
	n := len(x)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j ^= bit
		if i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		turn := cmplx.Rect(1, -2*math.Pi/float64(size))
		for from := 0; from < n; from += size {
			w := complex(1, 0)
			for k := from; k < from+size/2; k++ {
				odd := w * x[k+size/2]
				x[k], x[k+size/2] = x[k]+odd, x[k]-odd
				w *= turn
			}
		}
	}
}

// Keys returns the DTMF tones in samples, in order, each once however long it
// sounds (ITU-T Q.23).
func Keys(samples []int16, rate int) string {
	rows := [...]float64{697, 770, 852, 941}
	columns := [...]float64{1209, 1336, 1477, 1633}
	const layout = "123A456B789C*0#D"
	window := rate / 40
	var keys []byte
	last := byte(0)
	for at := 0; at+window <= len(samples); at += window {
		part := samples[at : at+window]
		row, low := strongest(part, rate, rows[:])
		column, high := strongest(part, rate, columns[:])
		key := byte(0)
		if rms := RMS(part); low > rms/2 && high > rms/2 && rms > 0.001 {
			key = layout[4*row+column]
		}
		if key != last && key != 0 {
			keys = append(keys, key)
		}
		last = key
	}
	return string(keys)
}

func strongest(samples []int16, rate int, frequencies []float64) (index int, amplitude float64) {
	for i, f := range frequencies {
		if a := Tone(samples, rate, f); a > amplitude {
			index, amplitude = i, a
		}
	}
	return index, amplitude
}

// Gaps returns the number of runs of digital silence of at least the given
// length within samples, not counting one at the start and one at the end.
func Gaps(samples []int16, shortest int) int {
	var gaps, run int
	sounded := false
	for _, s := range samples {
		if s == 0 {
			run++
			continue
		}
		if sounded && run >= shortest {
			gaps++
		}
		sounded, run = true, 0
	}
	return gaps
}
