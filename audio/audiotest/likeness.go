package audiotest

import (
	"math"
	"math/cmplx"
)

// Decibels is 20 log10 of a ratio of amplitudes, at least −200.
func Decibels(ratio float64) float64 { return 20 * math.Log10(max(ratio, 1e-10)) }

// Align returns by how many samples got is later than want, from 0 to most.
//
//go:norace
func Align(want, got []int16, most int) int {
	best, lag := math.Inf(-1), 0
	for l := range most + 1 {
		var sum float64
		for i := 0; i+l < len(got) && i < len(want); i++ {
			sum += float64(want[i]) * float64(got[i+l])
		}
		if sum > best {
			best, lag = sum, l
		}
	}
	return lag
}

// Likeness is the correlation of two signals of the same length, 1 for equal
// ones up to their level, and the level of got by that of the part of it that
// resembles want.
//
//go:norace
func Likeness(want, got []int16) (correlation, level float64) {
	var ww, gg, wg float64
	for i := range want {
		w, g := float64(want[i]), float64(got[i])
		ww, gg, wg = ww+w*w, gg+g*g, wg+w*g
	}
	if ww == 0 || gg == 0 {
		return 0, 0
	}
	return wg / math.Sqrt(ww*gg), wg / ww
}

// ActiveFrames tells for each 10 ms whether a signal sounds: within 30 dB of
// its loudest frame.
func ActiveFrames(samples []int16, rate int) []bool {
	frame := rate / 100
	var loudest float64
	levels := make([]float64, len(samples)/frame)
	for i := range levels {
		levels[i] = RMS(samples[i*frame : (i+1)*frame])
		loudest = max(loudest, levels[i])
	}
	active := make([]bool, len(levels))
	for i, l := range levels {
		active[i] = l > loudest/31.6
	}
	return active
}

// SegmentalSNR is the frequency-weighted segmental signal-to-noise ratio of got
// against want in dB: the mean over the frames in which want sounds of the
// ratios in 25 bands, −10 to 35 dB each, weighted by the power 0.2 of want's
// magnitude (Hu and Loizou, 2008).
func SegmentalSNR(want, got []int16, rate int) float64 {
	frame, step := rate*30/1000, rate*75/10000
	size := 2
	for size < frame {
		size *= 2
	}
	active := ActiveFrames(want, rate)
	var sum, frames float64
	for at := 0; at+frame <= min(len(want), len(got)); at += step {
		if i := (at + frame/2) / (rate / 100); i >= len(active) || !active[i] {
			continue
		}
		w, g := bandMagnitudes(want[at:at+frame], size, rate), bandMagnitudes(got[at:at+frame], size, rate)
		var weighted, weights float64
		for b := range w {
			d := w[b] - g[b]
			snr := 35.0
			if d != 0 && w[b] > 0 {
				snr = min(35, max(-10, 10*math.Log10(w[b]*w[b]/(d*d))))
			}
			weight := math.Pow(w[b], 0.2)
			weighted += weight * snr
			weights += weight
		}
		if weights > 0 {
			sum += weighted / weights
			frames++
		}
	}
	if frames == 0 {
		return 0
	}
	return sum / frames
}

// bandMagnitudes are the magnitudes in 25 bands up to 8 kHz, of equal width on
// the mel scale.
func bandMagnitudes(frame []int16, size, rate int) [25]float64 {
	x := make([]complex128, size)
	for i, s := range frame {
		x[i] = complex((0.5-0.5*math.Cos(2*math.Pi*float64(i)/float64(len(frame))))*float64(s), 0)
	}
	fft(x)
	mel := func(f float64) float64 { return 2595 * math.Log10(1+f/700) }
	top := mel(min(8000, float64(rate)/2))
	var bands [25]float64
	for i := 1; i < size/2; i++ {
		f := float64(i) * float64(rate) / float64(size)
		at := mel(f)/top*26 - 1 // the triangle's centre is the band's number
		b := math.Floor(at)
		for k := b; k <= b+1; k++ {
			if k >= 0 && k < 25 {
				bands[int(k)] += cmplx.Abs(x[i]) * (1 - math.Abs(at-k))
			}
		}
	}
	return bands
}
