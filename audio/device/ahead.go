package device

import (
	"math"
	"sync/atomic"
)

// How far the goroutine of a speaker works ahead of it. It starts at one of
// the speaker's requests and a step; a gap adds a step, a time without any
// lateness takes one.
const (
	mostAhead = 6 * FrameSamples
	// calmFrames without lateness lower the mark; each gap doubles the
	// number, so that a busy machine does not click for ever.
	calmFrames     = 500
	mostCalmFrames = 12000
)

// ahead is that distance. Its goroutine adapts it, any may read it.
type ahead struct {
	samples atomic.Int64
	request int64  // samples that the speaker asks for at once
	step    int64  // samples
	seen    uint64 // gaps
	calm    int    // frames since the last lateness
	need    int    // frames of calm that lower the mark
	led     bool   // a beat fills the queue; the mark is where it has failed to
}

// start begins anew for a queue that nothing was played from.
func (a *ahead) start(q *queue, by portions) {
	a.request, a.step = int64(by.request), int64(by.step)
	a.seen, a.calm, a.need = 0, 0, calmFrames
	q.lowest.Store(math.MaxInt64)
	a.set(q, a.request+a.step)
}

func (a *ahead) set(q *queue, samples int64) {
	a.samples.Store(samples)
	if a.led {
		samples = max(samples-a.request, 1)
	}
	q.mark.Store(samples)
}

// follow tells whether another's beat fills the queue, before it holds less
// than the distance.
func (a *ahead) follow(q *queue, on bool) {
	a.led = on
	a.set(q, a.samples.Load())
}

// adapt moves the mark after what the speaker has met since the last time.
func (a *ahead) adapt(q *queue) {
	samples := a.samples.Load()
	if gaps := q.gaps.Load(); gaps != a.seen {
		stood := int64(gaps-a.seen)*a.request > mostAhead
		a.seen = gaps
		if stood { // no distance would have helped
			a.calm = 0
			return
		}
		a.calm, a.need = 0, min(2*a.need, mostCalmFrames)
		a.set(q, min(samples+a.step, mostAhead))
		return
	}
	if q.lowest.Swap(math.MaxInt64) < samples {
		a.calm = 0
	}
	if a.calm > a.need && samples > a.least() {
		a.calm = 0
		a.set(q, max(samples-a.step, a.least()))
	}
}

// least is the shortest distance. A beat that brings just what is asked for
// once would come too late for each request without a step more.
func (a *ahead) least() int64 {
	if a.led && a.request == FrameSamples && a.step < a.request {
		return a.request + a.step
	}
	return a.request
}
