package voice

import "math"

// echoBands are the bands in which the canceller's remainder is estimated, by
// their first bins.
var echoBands = [...]int{0, 4, 8, 12, 16, 22, 28, 36, 46, 58, 74, 94, 120, 152, 190, 224, bins}

const echoBandCount = len(echoBands) - 1

const (
	// The share of echo that is left falls to what is seen at once, and rises
	// slowly, by 3 dB a second: more may be the voice of the near end.
	leakDown  = 0.05
	leakUp    = 1.007
	leakLeast = 0.008 // −21 dB
	// By how much more than that share may be left, in power, before it is
	// voice: where the near end is silent, and where it speaks.
	leakAlone, leakTogether = 40, 1.5
	// Between which ratios of what is left to the echo expected in it the near
	// end comes to be heard.
	nearLow, nearHigh = 8, 20
	// echoKept is how much of the echo's power is still there a block later: the
	// room outlasts the filter.
	echoKept = 0.8
)

// leakTracker estimates which share of the echo that was taken away is still
// there, and lowers the gains of the frequencies in which it is heard.
type leakTracker struct {
	left, taken [echoBandCount]float32 // powers, smoothed
	leak        [echoBandCount]float32 // share
	smooth      [bins]float32          // power of what is left
	near        float32                // what is left by the echo expected in it
	over        float32                // factor on leak
	echoing     bool                   // there is an echo, and hardly anything else
}

// reset expects all of the echo to be left.
func (l *leakTracker) reset() {
	*l = leakTracker{over: leakAlone}
	for b := range l.leak {
		l.leak[b] = 1
	}
}

func (l *leakTracker) update(left, taken, noise *[bins]float32) {
	var all, expected, echo, quiet float32
	for b := range echoBandCount {
		var e, y, n float32
		for k := echoBands[b]; k < echoBands[b+1]; k++ {
			e += left[k]
			y += taken[k]
			n += noise[k]
		}
		echo, quiet = echo+y, quiet+n
		e = max(e-1.5*n, 0)
		l.left[b] += 0.35 * (e - l.left[b])
		l.taken[b] += 0.35 * (y - l.taken[b])
		e, y = l.left[b], l.taken[b]
		all += e
		expected += l.leak[b] * y
		if y < 100*float32(echoBands[b+1]-echoBands[b]) || y < 4*n {
			continue
		}
		if r := e / y; r < l.leak[b] {
			l.leak[b] += leakDown * (r - l.leak[b])
		} else {
			l.leak[b] = min(l.leak[b]*leakUp, r, 1)
		}
		l.leak[b] = max(l.leak[b], leakLeast)
	}
	ratio := all / (expected + 1)
	l.near = max(ratio, l.near+0.1*(ratio-l.near))
	x := share(l.near, nearLow, nearHigh)
	l.over = leakAlone + x*(leakTogether-leakAlone)
	l.echoing = x < 1 && echo > 4*quiet && echo > 100*bins
}

// together tells whether more is left than the echo alone would leave.
func (l *leakTracker) together() bool { return l.over < leakAlone }

// apply lowers the gains where echo is left, but not below the noise that is
// left, which would be heard as a hole.
func (l *leakTracker) apply(gain, left, taken, noise *[bins]float32, floor float32) {
	for b := range echoBandCount {
		leak := l.over * l.leak[b]
		for k := echoBands[b]; k < echoBands[b+1]; k++ {
			l.smooth[k] += 0.5 * (left[k] - l.smooth[k])
			echo := leak * taken[k]
			if echo < 1 {
				continue
			}
			g := gain[k] * max(1-echo/max(l.smooth[k], 1), 0)
			least := floor * floor * noise[k] / (left[k] + 1)
			if g*g < least {
				g = float32(math.Sqrt(float64(least)))
			}
			gain[k] = min(gain[k], g)
		}
	}
}
