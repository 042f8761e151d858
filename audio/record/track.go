package record

import (
	"sync/atomic"
	"time"
)

// The tolerances of a block's place, in samples.
const (
	gap   = sampleRate * 6 / 100 // more than 60 ms late: sound is missing before it
	drift = sampleRate / 50      // more than 20 ms off: the clocks are not the same
)

// entry is a block that came at a time after the recording's beginning.
type entry struct {
	at  time.Duration
	pcm [blockSamples]int16
}

// track is one side of the call: a bounded queue between the goroutine of a
// device, which never waits, and the recording's own, which finds each block's
// place in the file.
//
// A block cannot have been sound after it came, and what comes late, since
// the machine stood still, comes in a row: so the place of a row is that of
// the block in it that came with the least delay, of those that came within
// the window. Clocks that differ are followed by a sample more or less in a
// block.
type track struct {
	entries []entry
	// head counts the entries ever read and is written by the reader only;
	// tail those ever written, by the writer only.
	head, tail atomic.Uint64
	lost       atomic.Uint64 // blocks that found no room

	// The reader's own.
	pos    int64   // samples put out so far
	silent int64   // samples of silence still to be put out before the next block
	paused bool    // the last that was put out is silence
	rest   []int16 // of the block being put out; part of bent
	bent   [blockSamples + 1]int16
}

func newTrack() *track { return &track{entries: make([]entry, trackCapacity), paused: true} }

// put appends sound that came now. What does not fit, or is not a whole
// number of blocks, is lost.
func (t *track) put(pcm []int16, now time.Duration) {
	for ; len(pcm) >= blockSamples; pcm = pcm[blockSamples:] {
		tail := t.tail.Load()
		if tail-t.head.Load() == uint64(len(t.entries)) {
			t.lost.Add(1)
			continue
		}
		e := &t.entries[tail%uint64(len(t.entries))]
		e.at = now
		copy(e.pcm[:], pcm)
		t.tail.Store(tail + 1)
	}
}

// fill makes the next samples of the file.
func (t *track) fill(dst []int16) {
	for len(dst) > 0 {
		n := copy(dst, t.rest)
		t.rest = t.rest[n:]
		if n == 0 && t.silent > 0 {
			n = int(min(t.silent, int64(len(dst))))
			t.silent -= int64(n)
			clear(dst[:n])
		}
		if n == 0 {
			t.advance()
		}
		dst = dst[n:]
		t.pos += int64(n)
	}
}

// advance takes the next block, or says how much silence is before it.
func (t *track) advance() {
	head := t.head.Load()
	waiting := t.tail.Load() - head
	if waiting == 0 {
		t.silent, t.paused = blockSamples, true
		return
	}
	late := t.lateness(head, waiting)
	if late > gap || late > 0 && t.paused {
		t.silent, t.paused = late, false
		return
	}
	block := t.entries[head%uint64(len(t.entries))].pcm[:]
	length := blockSamples
	switch {
	case late < 0 && t.paused: // it began before its place
		block = block[min(-late, blockSamples):]
		length = len(block)
	case late < -gap:
		length = 0 // more sound than time has passed
	case late > drift:
		length++
	case late < -drift:
		length--
	}
	t.paused = false
	t.rest = t.bent[:length]
	bend(t.rest, block)
	t.head.Store(head + 1)
}

// lateness is by how many samples the row that begins with the next block
// would stand before its place if it followed now.
func (t *track) lateness(head, waiting uint64) int64 {
	size := uint64(len(t.entries))
	first := t.entries[head%size].at
	end, least := t.pos, int64(0)
	for i := range waiting {
		at := t.entries[(head+i)%size].at
		if at-first > window {
			break
		}
		end += blockSamples
		if late := samplesOf(at) - end; i == 0 || late < least {
			least = late
		}
	}
	return least
}

// bend makes src as long as dst.
func bend(dst, src []int16) {
	if len(dst) == len(src) {
		copy(dst, src)
		return
	}
	for i := range dst {
		at := float64(i) * float64(len(src)-1) / float64(len(dst)-1)
		n := min(int(at), len(src)-2)
		share := at - float64(n)
		dst[i] = int16(float64(src[n])*(1-share) + float64(src[n+1])*share)
	}
}
