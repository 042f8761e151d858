package audio

import (
	"math"
	"sync/atomic"
)

// How far the output pump works ahead of the device, in blocks of 10 ms. It
// starts at two; an underrun adds one, a time without any lateness takes one.
const (
	firstAhead = 2
	mostAhead  = 6
	// calmBlocks without lateness lower the mark; each underrun doubles the
	// number, so that a busy machine does not click for ever.
	calmBlocks     = 500
	mostCalmBlocks = 12000
)

// output is a speaker's side: the device reads periods from the ring, the
// pump mixes blocks until the ring holds its mark. The ring can not run over:
// the pump alone decides how much is in it.
type output struct {
	frames    *ring
	wake      chan struct{}
	mix       func(block []int16)
	running   atomic.Bool   // a device is open: the pump works
	primed    atomic.Bool   // the device has got sound: from now on underruns count
	underruns atomic.Uint64 // periods
	lowest    atomic.Int64  // samples found by the device at worst since the pump looked
	ahead     atomic.Int32  // blocks

	// The pump's own.
	block [blockSamples]int16
	seen  uint64 // underruns
	calm  int    // blocks since the last lateness
	need  int    // blocks of calm that lower the mark
}

func newOutput(mix func([]int16)) *output {
	o := &output{
		frames: newRing((mostAhead + 2) * blockSamples), wake: make(chan struct{}, 1),
		mix: mix, need: calmBlocks,
	}
	o.ahead.Store(firstAhead)
	o.lowest.Store(math.MaxInt64)
	return o
}

// period is called on the device's thread.
func (o *output) period(frame []int16) {
	if level := int64(o.frames.level()); level < o.lowest.Load() {
		o.lowest.Store(level)
	}
	n := o.frames.read(frame)
	clear(frame[n:])
	if n < len(frame) {
		if o.primed.Load() {
			o.underruns.Add(1)
		}
	} else if !o.primed.Load() {
		o.primed.Store(true)
	}
	signal(o.wake)
}

// starting is called while no device is running: the ring's reader is gone,
// so what is left in it is discarded here.
func (o *output) starting(bool) {
	o.primed.Store(false)
	o.frames.drop(o.frames.level())
	o.lowest.Store(math.MaxInt64)
	o.running.Store(true)
	signal(o.wake)
}

// stopped is called when no device is running any more.
func (o *output) stopped() { o.running.Store(false) }

// run is the output pump.
func (o *output) run(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-o.wake:
		}
		o.adapt()
		for o.running.Load() && o.frames.level() < int(o.ahead.Load())*blockSamples {
			o.mix(o.block[:])
			o.frames.write(o.block[:])
			o.calm++
		}
	}
}

// adapt moves the mark.
func (o *output) adapt() {
	ahead := o.ahead.Load()
	if u := o.underruns.Load(); u != o.seen {
		o.seen = u
		o.calm, o.need = 0, min(2*o.need, mostCalmBlocks)
		o.ahead.Store(min(ahead+1, mostAhead))
		return
	}
	if o.lowest.Swap(math.MaxInt64) < int64(ahead)*blockSamples {
		o.calm = 0
	}
	if o.calm > o.need && ahead > 1 {
		o.calm = 0
		o.ahead.Store(ahead - 1)
	}
}
