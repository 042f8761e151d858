package voice

import "math"

const (
	// lead is how far before the echo's strongest sound the canceller's filter
	// begins: 4 ms.
	lead = 64
	// What the peak of a look must stand out by to be believed when clearLooks,
	// or sureLooks, in a row have it, and at once. An echo has 10 to 25; without
	// one chance brings 5, and 8 at times.
	clearPeak, surePeak, plainPeak = 8, 11, 16
	clearLooks, sureLooks          = 6, 2
	// sameShift is near enough for two looks to mean the same, realign how far
	// the echo may move before the far end is moved after it: 1 ms and 2 ms.
	sameShift = 16
	realign   = 32
	// lookKept is the weight of the looks before in the next one.
	lookKept = 0.3

	// Blocks between looks: while the delay is not known or more is heard than
	// its echo, when it is known, and when it seems that nothing is to be found.
	blocksSearching = 10
	blocksLocked    = 25
	blocksVain      = 100
	// So many looks in vain at a far end that sounds mean that there is no
	// echo: a headset.
	mostVain = 60
)

// aligner decides which part of the far end belongs to a block of the
// microphone. Its shift is the index of a sample of the microphone less that
// of the far end's sample whose echo it is, in low samples.
//
//	searching ──looks agree──▶ locked ──looks agree on another──▶ locked, moved
//	    ▲                        │
//	    └── 60 looks see nothing ┘   searching goes on once a second
type aligner struct {
	finder *delayFinder
	drift  drift

	locked    bool
	shift     float64 // of the strongest sound, at the block that comes
	candidate float64
	seen      int  // looks in a row that agree on the candidate
	vain      int  // looks in a row that saw no echo
	looks     int  // at sound, since the search began
	wait      int  // blocks until the next look
	moved     bool // the shift has been changed; whoever sees it puts it back
}

func newAligner() *aligner { return &aligner{finder: newDelayFinder()} }

// reset searches anew.
func (a *aligner) reset() {
	a.finder.forget()
	*a = aligner{finder: a.finder}
}

// step is called for each block while the far end sounds. near is the index of
// the microphone's next sample; more tells that more has been heard than the
// echo expected, which is somebody who speaks or an echo that has moved.
func (a *aligner) step(near int64, more bool) {
	a.wait--
	if more && a.locked {
		a.wait = min(a.wait, blocksSearching)
	}
	if a.wait > 0 {
		return
	}
	a.wait = blocksSearching
	shift, clarity := a.finder.look(lookKept)
	if clarity > 0 {
		a.looks++
	}
	if clarity < clearPeak {
		a.missed(clarity > 0)
		return
	}
	a.vain = 0
	if a.seen > 0 && math.Abs(shift-a.candidate) <= sameShift {
		a.seen++
	} else {
		a.seen = 1
	}
	a.candidate = shift
	if a.locked && math.Abs(shift-a.shift) <= realign {
		a.wait = blocksLocked
		a.drift.add(near, shift)
		return
	}
	if a.seen >= looksFor(clarity) {
		a.shift += math.Round(shift - a.shift)
		a.drift.restart()
		a.locked, a.moved = true, true
	}
}

// looksFor is how many looks in a row must agree.
func looksFor(clarity float64) int {
	switch {
	case clarity >= plainPeak:
		return 1
	case clarity >= surePeak:
		return sureLooks
	}
	return clearLooks
}

// missed counts a look that showed no echo; heard tells whether there was
// sound at both ends.
func (a *aligner) missed(heard bool) {
	a.seen = 0
	if heard {
		a.vain++
	}
	switch {
	case a.vain >= mostVain:
		a.locked, a.wait = false, blocksVain
	case a.locked:
		a.wait = blocksLocked
	}
}

// next moves on by a block.
func (a *aligner) next() { a.shift += a.drift.rate * lowBlock }

// The line through the shifts of the last half minute tells how fast the
// clocks of microphone and speaker part.
const (
	driftPoints = 96
	driftSpan   = 4 * lowRate // before which nothing is said
	driftLeast  = 8e-6        // less needs no correction: the canceller follows it
	driftMost   = 1e-3        // more is no clock
)

// drift estimates the difference of two clocks.
type drift struct {
	rate   float64 // samples of shift per sample; what is corrected now
	at     [driftPoints]int64
	shift  [driftPoints]float64
	points int
}

// restart forgets the points, but not the rate.
func (d *drift) restart() { d.points = 0 }

func (d *drift) add(at int64, shift float64) {
	if d.points == driftPoints {
		copy(d.at[:], d.at[1:])
		copy(d.shift[:], d.shift[1:])
		d.points--
	}
	d.at[d.points], d.shift[d.points] = at, shift
	d.points++
	span := float64(at - d.at[0])
	if span < driftSpan || d.points < 8 {
		return
	}
	var meanT, meanS float64
	for i := range d.points {
		meanT += float64(d.at[i] - d.at[0])
		meanS += d.shift[i]
	}
	meanT, meanS = meanT/float64(d.points), meanS/float64(d.points)
	var tt, ts float64
	for i := range d.points {
		t := float64(d.at[i]-d.at[0]) - meanT
		tt, ts = tt+t*t, ts+t*(d.shift[i]-meanS)
	}
	slope := ts / tt
	if math.Abs(slope) > driftMost || math.Abs(slope) < driftLeast && d.rate == 0 {
		return
	}
	d.rate = slope
}
