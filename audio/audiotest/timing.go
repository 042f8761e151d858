package audiotest

import (
	"math"
	"slices"
	"time"
)

// How delays are measured over time.
const (
	timingStep   = 20 * time.Millisecond  // between two measurements
	timingWindow = 120 * time.Millisecond // what each looks at
	timingRate   = 8000                   // at which it searches first
	// timingMove is the price, in correlation, of a millisecond by which the
	// delay changes from one measurement to the next.
	timingMove = 0.006
	timingMost = 40 // candidates kept in each step
)

// Timing is by how much got is later than want over time: one delay for each
// 20 ms of want, between 0 and most. Where want is silent the delay goes on as
// it was. A playout that shortens and lengthens sound has a delay that moves.
func Timing(want, got []int16, rate int, most time.Duration) []time.Duration {
	w, g := resample(want, rate, timingRate), resample(got, rate, timingRate)
	return smoothest(likelyLags(w, g, int(most*timingRate/time.Second)))
}

// lag is a delay in samples at timingRate and how well it fits.
type lag struct {
	samples int
	score   float64 // of the path that ends here
	before  int     // index of the lag in the step before
}

// likelyLags finds for every step the delays at which the signals are most
// alike.
func likelyLags(w, g []float64, most int) [][]lag {
	const step, window = timingRate / 50, timingRate * 12 / 100
	energy := make([]float64, len(g)+1)
	for i, v := range g {
		energy[i+1] = energy[i] + v*v
	}
	var loudest float64
	var steps [][]lag
	powers := make([]float64, 0, len(w)/step)
	for at := 0; at+step <= len(w); at += step {
		var p float64
		for _, v := range w[max(0, at-(window-step)/2):min(len(w), at+(window+step)/2)] {
			p += v * v
		}
		powers = append(powers, p)
		loudest = max(loudest, p)
	}
	size := 1
	for size < window+most {
		size *= 2
	}
	x := make([]complex128, size)
	for i, p := range powers {
		from := max(0, i*step-(window-step)/2)
		to := min(len(w), from+window)
		if p < loudest/2000 || to-from < window/2 {
			steps = append(steps, nil)
			continue
		}
		steps = append(steps, best(correlate(x, w[from:to], g[min(from, len(g)):min(len(g), to+most)]), energy, p, from, to-from, most))
	}
	return steps
}

// correlate returns the products of a with b, shifted by 0 and more samples; x
// is room for a transform.
//
//go:norace
func correlate(x []complex128, a, b []float64) []complex128 {
	// Both at once, b as the real part and a as the imaginary one.
	clear(x)
	for i, v := range b {
		x[i] = complex(v, 0)
	}
	for i, v := range a {
		x[i] += complex(0, v)
	}
	fft(x)
	n := len(x)
	product := make([]complex128, n)
	for k := range x {
		p, q := x[k], conjugate(x[(n-k)%n])
		fb, fa := (p+q)/2, (p-q)/complex(0, 2)
		// Conjugated, so that the forward transform brings it back.
		product[k] = conjugate(fb * conjugate(fa))
	}
	fft(product)
	for i := range product {
		product[i] /= complex(float64(n), 0)
	}
	return product
}

func conjugate(c complex128) complex128 { return complex(real(c), -imag(c)) }

// best are the highest peaks of the normalised correlation.
func best(products []complex128, energy []float64, power float64, from, length, most int) []lag {
	score := func(l int) float64 {
		end := min(len(energy)-1, from+l+length)
		begin := min(end, from+l)
		return real(products[l]) / math.Sqrt((energy[end]-energy[begin])*power+1e-9)
	}
	var lags []lag
	for l := range most {
		s := score(l)
		if s > 0.2 && (l == 0 || s >= score(l-1)) && (l == most-1 || s > score(l+1)) {
			lags = append(lags, lag{samples: l, score: s})
		}
	}
	slices.SortFunc(lags, func(a, b lag) int {
		if a.score > b.score {
			return -1
		}
		return 1
	})
	return lags[:min(len(lags), timingMost)]
}

// smoothest finds the path through the candidates that fits best and moves
// least.
func smoothest(steps [][]lag) []time.Duration {
	delays := make([]time.Duration, len(steps))
	last := -1
	for i, candidates := range steps {
		if len(candidates) == 0 {
			continue
		}
		if last >= 0 {
			for c := range candidates {
				follow(&candidates[c], steps[last])
			}
		}
		last = i
	}
	if last < 0 {
		return delays
	}
	at := 0
	for c, l := range steps[last] {
		if l.score > steps[last][at].score {
			at = c
		}
	}
	var delay time.Duration
	for i := len(steps) - 1; i >= 0; i-- {
		if len(steps[i]) > 0 {
			delay = time.Duration(steps[i][at].samples) * time.Second / timingRate
			at = steps[i][at].before
		}
		delays[i] = delay
	}
	return delays
}

// follow joins a candidate to the best path of those before it.
func follow(l *lag, before []lag) {
	best := math.Inf(-1)
	for i, b := range before {
		moved := math.Abs(float64(l.samples-b.samples)) * 1000 / timingRate
		if s := b.score - timingMove*moved; s > best {
			best, l.before = s, i
		}
	}
	l.score += best
}

// MeanDelay is the mean of what Timing found.
func MeanDelay(delays []time.Duration) time.Duration {
	var sum time.Duration
	for _, d := range delays {
		sum += d
	}
	return sum / time.Duration(max(1, len(delays)))
}

// Straighten puts got in time with want by the delays that Timing has found:
// each 20 ms of want from its own place in got, exact to a sample and faded
// over into the next. Measures that compare samples or frames then judge how
// it sounds and not when.
func Straighten(want, got []int16, rate int, delays []time.Duration) []int16 {
	step := int(timingStep * time.Duration(rate) / time.Second)
	fade := step / 4
	out := make([]int16, len(want))
	lag := -1
	for i, d := range delays {
		from, to := i*step, min(len(want), (i+1)*step)
		next := int(d * time.Duration(rate) / time.Second)
		// Within a sample of the coarse search the fit decides.
		next = exactly(want, got, from, to, next, rate/timingRate+1)
		for k := from; k < to; k++ {
			v := float64(sampleAt(got, k+next))
			if lag >= 0 && k-from < fade {
				x := float64(k-from+1) / float64(fade+1)
				v = x*v + (1-x)*float64(sampleAt(got, k+lag))
			}
			out[k] = clip(v)
		}
		lag = next
	}
	return out
}

// exactly is the delay within some samples of a delay at which a stretch of
// want is most like got, the middle one if it is silent.
//
//go:norace
func exactly(want, got []int16, from, to, lag, within int) int {
	margin := to - from
	from, to = max(0, from-margin), min(len(want), to+margin)
	best, score := lag, math.Inf(-1)
	for l := max(0, lag-within); l <= lag+within; l++ {
		var dot, square float64
		for k := from; k < to; k++ {
			g := float64(sampleAt(got, k+l))
			dot += float64(want[k]) * g
			square += g * g
		}
		if square > 0 && dot/math.Sqrt(square) > score {
			best, score = l, dot/math.Sqrt(square)
		}
	}
	return best
}

//go:norace
func sampleAt(samples []int16, i int) int16 {
	if i < 0 || i >= len(samples) {
		return 0
	}
	return samples[i]
}

// LongestQuiet is the longest time, to 5 ms, for which pcm is not louder than
// most, its RMS with full scale 1.
func LongestQuiet(pcm []int16, rate int, most float64) time.Duration {
	const hop = 200 // a second: 5 ms
	frame := rate / hop
	longest, run := 0, 0
	for ; len(pcm) >= frame; pcm = pcm[frame:] {
		run++
		if RMS(pcm[:frame]) > most {
			run = 0
		}
		longest = max(longest, run)
	}
	return time.Duration(longest) * time.Second / hop
}

// LongestSilence is the longest time for which got is 30 dB or more weaker than
// want while want sounds. delays are what Timing has found. Where they move, in
// a pause that was shortened, what begins after it may be in got as much sooner
// or later: what sounds at one of the delays around is not silent.
func LongestSilence(want, got []int16, rate int, delays []time.Duration) time.Duration {
	const hop, around = 200, 3 // a second: 5 ms; delays before and after
	frame, step := rate/hop, int(timingStep*time.Duration(rate)/time.Second)
	active := ActiveFrames(want, rate)
	longest, run := 0, 0
	for at := 0; at+frame <= len(want) && at/step < len(delays); at += frame {
		near := delays[max(0, at/step-around):min(len(delays), at/step+around+1)]
		least := RMS(want[at:at+frame]) / 31.6
		i := at / (rate / 100)
		silent := i < len(active) && active[i] && !slices.ContainsFunc(near, func(d time.Duration) bool {
			from := min(len(got), at+int(d*time.Duration(rate)/time.Second))
			return RMS(got[from:min(len(got), from+frame)]) >= least
		})
		if run++; !silent {
			run = 0
		}
		longest = max(longest, run)
	}
	return time.Duration(longest) * time.Second / hop
}
