package audio

import "time"

// The delay estimator's constants.
const (
	delayBin  = 2500 * time.Microsecond // width of a bin of the histogram
	delayBins = 320                     // 800 ms
	// delayInterval is the time of which only the latest packet counts: one
	// stall makes many packets late and is still one event.
	delayInterval = 500 * time.Millisecond
	// delayForget is the weight that the past keeps with each interval: the
	// histogram reaches back half a minute.
	delayForget = 0.983
	// delayShare of the intervals shall have no late packet: an event that
	// comes less often than every ten seconds is left to concealment.
	delayShare = 0.95
	delaySpare = delayBin // added to the quantile

	// The fastest packet of the last two seconds is the base.
	baseSlots = 8
	baseSlot  = 250 * time.Millisecond
	// A base that falls by more than this is another path.
	pathChange = 20 * time.Millisecond
	// A base that moves by less than this at once is a clock that drifts.
	driftMost = time.Millisecond
)

// delayEstimator learns how late packets come. Transit is arrival minus
// timestamp, of arbitrary origin; a packet's lateness is its transit minus the
// base, the least transit of the last two seconds. Clock drift moves the base
// along. The zero value is ready; time is the caller's.
type delayEstimator struct {
	histogram [delayBins]float32 // weights of the greatest lateness of an interval
	intervals int                // ever added
	interval  int64              // number of the present interval
	greatest  time.Duration      // lateness in it

	known   bool // base is valid
	base    time.Duration
	shifted time.Duration // how far base has moved since the histogram was shifted
	slots   [baseSlots]struct {
		least time.Duration
		used  bool
	}
	slot int64 // number of the present slot
}

// reset forgets everything.
func (d *delayEstimator) reset() { *d = delayEstimator{} }

// add takes the transit of a packet that arrived at now.
func (d *delayEstimator) add(transit, now time.Duration) {
	if interval := int64(now / delayInterval); interval != d.interval {
		if d.known {
			d.record()
		}
		d.interval, d.greatest = interval, 0
	}
	d.rebase(transit, now)
	d.greatest = max(d.greatest, transit-d.base)
}

// record puts the interval that has ended into the histogram. The first ones
// have equal weights, so that the estimate is soon near the truth.
func (d *delayEstimator) record() {
	d.intervals++
	forget := float32(min(delayForget, 1-1/float64(d.intervals)))
	for i := range d.histogram {
		d.histogram[i] *= forget
	}
	bin := min(max(int(d.greatest/delayBin), 0), delayBins-1)
	d.histogram[bin] += 1 - forget
}

// rebase finds the base with a new transit.
func (d *delayEstimator) rebase(transit, now time.Duration) {
	slot := int64(now / baseSlot)
	for n := min(slot-d.slot, baseSlots); n > 0; n-- {
		d.slots[(slot-n+1)%baseSlots].used = false
	}
	d.slot = slot
	s := &d.slots[slot%baseSlots]
	if !s.used || transit < s.least {
		s.used, s.least = true, transit
	}
	base := transit
	for i := range d.slots {
		if d.slots[i].used {
			base = min(base, d.slots[i].least)
		}
	}
	if by := base - d.base; d.known && by > -pathChange && by.Abs() > driftMost {
		d.shift(by)
	}
	d.known, d.base = true, base
}

// shift keeps the histogram true when the base moves by a time: what was late
// against the old base is less late against a higher one.
func (d *delayEstimator) shift(by time.Duration) {
	d.greatest = max(0, d.greatest-by)
	d.shifted += by
	n := int(d.shifted / delayBin)
	if n == 0 {
		return
	}
	d.shifted -= time.Duration(n) * delayBin
	h := &d.histogram
	if n > 0 {
		n = min(n, delayBins-1)
		for i := 1; i <= n; i++ {
			h[0] += h[i]
		}
		copy(h[1:], h[n+1:])
		clear(h[delayBins-n:])
		return
	}
	n = min(-n, delayBins-1)
	for i := delayBins - 1 - n; i < delayBins-1; i++ {
		h[delayBins-1] += h[i]
	}
	copy(h[n:delayBins-1], h[:delayBins-1-n])
	clear(h[:n])
}

// target is the delay behind the base at which delayShare of the intervals
// have all packets in time. What was seen in one interval only is not waited
// for, however few there are as yet.
func (d *delayEstimator) target() time.Duration {
	if d.intervals == 0 {
		return d.greatest + delayBin + delaySpare
	}
	left := float32(1 - delayShare)
	if d.intervals > 1 {
		left = max(left, 1.01/float32(d.intervals))
	}
	for i := delayBins - 1; i >= 0; i-- {
		if left -= d.histogram[i]; left < 0 {
			return time.Duration(i+1)*delayBin + delaySpare
		}
	}
	return delaySpare
}
