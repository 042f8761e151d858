package audio

import "sync/atomic"

// ring is a bounded queue of samples between one writer and one reader, who
// may be a device callback: neither ever locks, waits or allocates.
type ring struct {
	samples []int16 // its length is a power of two
	// head counts the samples ever read and is written by the reader only;
	// tail those ever written, by the writer only.
	head, tail atomic.Uint64
}

// newRing returns a ring that holds at least n samples.
func newRing(n int) *ring {
	size := 1
	for size < n {
		size *= 2
	}
	return &ring{samples: make([]int16, size)}
}

// level is the number of samples that wait.
func (r *ring) level() int { return int(r.tail.Load() - r.head.Load()) }

// write appends as much of p as fits and returns that length.
func (r *ring) write(p []int16) int {
	tail := r.tail.Load()
	free := len(r.samples) - int(tail-r.head.Load())
	p = p[:min(len(p), free)]
	at := int(tail & uint64(len(r.samples)-1))
	n := copy(r.samples[at:], p)
	copy(r.samples, p[n:])
	r.tail.Store(tail + uint64(len(p)))
	return len(p)
}

// read fills p as far as samples are there and returns that length.
func (r *ring) read(p []int16) int {
	head := r.head.Load()
	p = p[:min(len(p), int(r.tail.Load()-head))]
	at := int(head & uint64(len(r.samples)-1))
	n := copy(p, r.samples[at:])
	copy(p[n:], r.samples)
	r.head.Store(head + uint64(len(p)))
	return len(p)
}

// drop discards up to n samples from the reader's end.
func (r *ring) drop(n int) {
	head := r.head.Load()
	r.head.Store(head + uint64(min(n, int(r.tail.Load()-head))))
}
