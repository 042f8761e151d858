package audio

import "sync/atomic"

// referenceRing bounds what a stalled microphone leaves of the far end: 340 ms.
const referenceRing = 16384

// reference carries what the speaker is given, as it is given, from the
// speaker's goroutine to the microphone's, for the echo canceller.
type reference struct {
	frames  *ring
	missed  atomic.Uint64 // samples that did not fit in since the microphone last looked
	wanted  atomic.Bool   // the microphone is open
	playing atomic.Bool   // the speaker is, and is no null device
	changed atomic.Bool   // one of the two is another than before
}

func newReference() *reference { return &reference{frames: newRing(referenceRing)} }

// played is called on the speaker's goroutine.
func (r *reference) played(frame []int16) {
	if !r.wanted.Load() || !r.playing.Load() {
		return
	}
	if n := r.frames.write(frame); n < len(frame) {
		r.missed.Add(uint64(len(frame) - n))
	}
}

// speaker tells of a speaker that has been opened.
func (r *reference) speaker(null bool) {
	r.playing.Store(!null)
	r.changed.Store(true)
}

// microphone tells of a microphone that has been opened or closed.
func (r *reference) microphone(open bool) {
	r.wanted.Store(open)
	r.changed.Store(true)
}
