package audiotest

import "math"

// What MadeUp takes for the same sound.
const (
	madeFrame  = timingRate / 50   // 20 ms
	madeWithin = timingRate / 1000 // 1 ms: what Straighten may be off
	madeAlike  = 0.9               // the least correlation
)

// MadeUp is the share of the 20 ms in which want sounds that got, which lies in
// time with want (see Straighten), does not have: it was made up, broken or
// left out. want is what a decoder makes of all packets. The measure knows
// nothing of the receiver, so that it is the same for all; what a receiver
// tells of itself is not.
func MadeUp(want, got []int16, rate int) float64 {
	active := ActiveFrames(want, rate)
	w, g := resample(want, rate, timingRate), resample(got, rate, timingRate)
	frames, made := 0, 0
	for at := madeWithin; at+madeFrame+madeWithin <= min(len(w), len(g)); at += madeFrame {
		i := (at + madeFrame/2) * 100 / timingRate
		if i >= len(active) || !active[i] {
			continue
		}
		frames++
		if !alike(w[at:at+madeFrame], g[at-madeWithin:at+madeFrame+madeWithin]) {
			made++
		}
	}
	return float64(made) / float64(max(1, frames))
}

// alike reports whether a frame is found in a stretch.
func alike(frame, stretch []float64) bool {
	for lag := 0; lag+len(frame) <= len(stretch); lag++ {
		var ww, gg, wg float64
		for k, a := range frame {
			b := stretch[lag+k]
			ww, gg, wg = ww+a*a, gg+b*b, wg+a*b
		}
		if wg > 0 && wg >= madeAlike*math.Sqrt(ww*gg) {
			return true
		}
	}
	return false
}
