package audiotest

import (
	"math"
	"math/cmplx"
)

// What STOI is made of (Taal, Hendriks, Heusdens and Jensen, 2011, §II).
const (
	stoiRate    = 10000
	stoiFrame   = 256 // samples of a frame, half of which is the step
	stoiSize    = 512 // of the transform
	stoiBands   = 15  // third octaves
	stoiLowest  = 150 // Hz: the centre of the lowest
	stoiSegment = 30  // frames that are compared at a time: 384 ms
	stoiRange   = 40  // dB under the loudest frame, where silence begins
	stoiClip    = -15 // dB: the least ratio of signal and distortion
)

// STOI is the short-time objective intelligibility of got, which lies in time
// with want (see Straighten): about 0 where nothing can be understood, 1 where
// got equals want. It is 0 too where want sounds for less than 0.4 s.
func STOI(want, got []int16, rate int) float64 {
	n := min(len(want), len(got))
	w, g := resample(want[:n], rate, stoiRate), resample(got[:n], rate, stoiRate)
	w, g = soundingFrames(w, g)
	wb, gb := thirdOctaves(w), thirdOctaves(g)
	var sum float64
	segments := 0
	for last := stoiSegment; last <= len(wb); last++ {
		segments++
		for band := range stoiBands {
			sum += bandLikeness(wb[last-stoiSegment:last], gb[last-stoiSegment:last], band)
		}
	}
	if segments == 0 {
		return 0
	}
	return sum / float64(segments*stoiBands)
}

// hann is a window of n samples without the zeros at its ends.
func hann(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i+1)/float64(n+1))
	}
	return w
}

// soundingFrames leaves out of both signals the frames in which the first is
// silent.
func soundingFrames(want, got []float64) (w, g []float64) {
	const step = stoiFrame / 2
	window := hann(stoiFrame)
	levels := make([]float64, 0, len(want)/step)
	loudest := math.Inf(-1)
	for at := 0; at < len(want)-stoiFrame; at += step {
		var power float64
		for i, v := range want[at : at+stoiFrame] {
			power += window[i] * window[i] * v * v
		}
		level := 10 * math.Log10(power+1e-20)
		levels = append(levels, level)
		loudest = max(loudest, level)
	}
	w, g = make([]float64, len(want)+stoiFrame), make([]float64, len(want)+stoiFrame)
	end := 0
	for f, level := range levels {
		if level <= loudest-stoiRange {
			continue
		}
		for i, h := range window {
			w[end+i] += h * want[f*step+i]
			g[end+i] += h * got[f*step+i]
		}
		end += step
	}
	if end == 0 {
		return nil, nil
	}
	return w[:end+step], g[:end+step]
}

// thirdOctaves are the magnitudes of a signal's frames in the bands.
func thirdOctaves(x []float64) [][stoiBands]float64 {
	var edges [stoiBands][2]int
	bin := func(f float64) int { return int(math.Round(f * stoiSize / stoiRate)) }
	for b := range edges {
		centre := stoiLowest * math.Pow(2, float64(b)/3)
		edges[b] = [2]int{bin(centre * math.Pow(2, -1.0/6)), bin(centre * math.Pow(2, 1.0/6))}
	}
	window := hann(stoiFrame)
	var frames [][stoiBands]float64
	spectrum := make([]complex128, stoiSize)
	for at := 0; at < len(x)-stoiFrame; at += stoiFrame / 2 {
		clear(spectrum)
		for i, h := range window {
			spectrum[i] = complex(h*x[at+i], 0)
		}
		fft(spectrum)
		var f [stoiBands]float64
		for b, e := range edges {
			for _, v := range spectrum[e[0]:e[1]] {
				a := cmplx.Abs(v)
				f[b] += a * a
			}
			f[b] = math.Sqrt(f[b])
		}
		frames = append(frames, f)
	}
	return frames
}

// bandLikeness is the correlation of one band in a segment, after got was
// brought to want's level and clipped where it is far above want.
func bandLikeness(want, got [][stoiBands]float64, band int) float64 {
	var ww, gg float64
	for i := range want {
		ww += want[i][band] * want[i][band]
		gg += got[i][band] * got[i][band]
	}
	level := math.Sqrt(ww) / (math.Sqrt(gg) + 1e-16)
	most := 1 + math.Pow(10, -stoiClip/20.0)
	var g [stoiSegment]float64
	var meanW, meanG float64
	for i := range want {
		g[i] = min(got[i][band]*level, want[i][band]*most)
		meanW += want[i][band] / stoiSegment
		meanG += g[i] / stoiSegment
	}
	var wg float64
	ww, gg = 0, 0
	for i := range want {
		a, b := want[i][band]-meanW, g[i]-meanG
		ww, gg, wg = ww+a*a, gg+b*b, wg+a*b
	}
	return wg / (math.Sqrt(ww*gg) + 1e-16)
}

// resample changes the rate of samples by a windowed sinc of 32 zero crossings
// a side, at most half of the lower rate remaining; full scale is 1.
//
//go:norace
func resample(samples []int16, from, to int) []float64 {
	const crossings = 32
	common := gcd(from, to)
	up, down := to/common, from/common
	cut := min(1, float64(to)/float64(from)) // of half the old rate
	reach := int(math.Ceil(crossings / cut))
	phases := make([][]float64, up)
	for p := range phases {
		phases[p] = make([]float64, 2*reach+1)
		var weights float64
		for k := range phases[p] {
			d := (float64(k-reach) - float64(p)/float64(up)) * cut
			if math.Abs(d) < crossings {
				phases[p][k] = sinc(d) * (0.5 + 0.5*math.Cos(math.Pi*d/crossings))
			}
			weights += phases[p][k]
		}
		scale(phases[p], 1/weights)
	}
	out := make([]float64, len(samples)*up/down)
	for i := range out {
		at, kernel := i*down/up-reach, phases[i*down%up]
		var sum float64
		for k := max(0, -at); k < len(kernel) && at+k < len(samples); k++ {
			sum += kernel[k] * float64(samples[at+k])
		}
		out[i] = sum / 32768
	}
	return out
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
