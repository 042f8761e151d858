package audio

import "time"

// The delay estimator's constants.
const (
	delayBin  = 2500 * time.Microsecond // width of a bin of the histogram
	delayBins = 320                     // 800 ms
	// delayForget is the weight that the past keeps with each packet: the
	// histogram reaches back a few seconds.
	delayForget = 0.990
	// delayShare of the packets shall arrive in time.
	delayShare = 0.97
	delaySpare = delayBin // added to the quantile

	// The fastest packet of the last two seconds is the base.
	baseSlots = 8
	baseSlot  = 250 * time.Millisecond
)

// delayEstimator learns how late packets come. Transit is arrival minus
// timestamp, of arbitrary origin; a packet's lateness is its transit minus the
// base, the least transit of the last two seconds. Clock drift moves the base
// along. The zero value is ready; time is the caller's.
type delayEstimator struct {
	histogram [delayBins]float32 // weights of lateness
	weight    float32            // their sum
	known     bool               // base is valid
	base      time.Duration
	shifted   time.Duration // how far base has moved since the histogram was shifted
	slots     [baseSlots]struct {
		least time.Duration
		used  bool
	}
	slot int64 // number of the present slot
}

// reset forgets everything.
func (d *delayEstimator) reset() { *d = delayEstimator{} }

// add takes the transit of a packet that arrived at now.
func (d *delayEstimator) add(transit, now time.Duration) {
	d.rebase(transit, now)
	bin := min(max(int((transit-d.base)/delayBin), 0), delayBins-1)
	for i := range d.histogram {
		d.histogram[i] *= delayForget
	}
	d.weight = d.weight*delayForget + 1
	d.histogram[bin]++
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
	if d.known {
		d.shift(base - d.base)
	}
	d.known, d.base = true, base
}

// shift keeps the histogram true when the base moves by a time: what was late
// against the old base is less late against a higher one.
func (d *delayEstimator) shift(by time.Duration) {
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

// target is the delay behind the base at which delayShare of the packets are
// there in time.
func (d *delayEstimator) target() time.Duration {
	left := d.weight * (1 - delayShare)
	for i := delayBins - 1; i >= 0; i-- {
		if left -= d.histogram[i]; left < 0 {
			return time.Duration(i+1)*delayBin + delaySpare
		}
	}
	return delaySpare
}
