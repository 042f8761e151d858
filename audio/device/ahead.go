package device

import (
	"math"
	"sync/atomic"
)

// How far the goroutine of a speaker works ahead of it, in frames. It starts
// at two; a gap adds one, a time without any lateness takes one.
const (
	firstAhead = 2
	mostAhead  = 6
	// calmFrames without lateness lower the mark; each gap doubles the
	// number, so that a busy machine does not click for ever.
	calmFrames     = 500
	mostCalmFrames = 12000
)

// ahead is that distance. Its goroutine adapts it, any may read it.
type ahead struct {
	frames atomic.Int32
	seen   uint64 // gaps
	calm   int    // frames since the last lateness
	need   int    // frames of calm that lower the mark
}

// start begins anew for a queue that nothing was played from.
func (a *ahead) start(q *queue) {
	a.seen, a.calm, a.need = 0, 0, calmFrames
	q.lowest.Store(math.MaxInt64)
	a.set(q, firstAhead)
}

func (a *ahead) set(q *queue, frames int32) {
	a.frames.Store(frames)
	q.mark.Store(int64(frames) * FrameSamples)
}

// adapt moves the mark after what the speaker has met since the last time.
func (a *ahead) adapt(q *queue) {
	frames := a.frames.Load()
	if gaps := q.gaps.Load(); gaps != a.seen {
		a.seen = gaps
		a.calm, a.need = 0, min(2*a.need, mostCalmFrames)
		a.set(q, min(frames+1, mostAhead))
		return
	}
	if q.lowest.Swap(math.MaxInt64) < int64(frames)*FrameSamples {
		a.calm = 0
	}
	if a.calm > a.need && frames > 1 {
		a.calm = 0
		a.set(q, frames-1)
	}
}
