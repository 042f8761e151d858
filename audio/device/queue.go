package device

import "sync/atomic"

// queueSamples bounds what waits between a device and its goroutine to 170 ms.
const queueSamples = 8192

// queue carries samples between the thread of the sound system and the
// goroutine of a stream; each side has one end of it, neither ever waits for
// the other. native_linux.go knows the order and the sizes of its fields.
type queue struct {
	head, tail atomic.Uint64 // samples ever read, ever written
	calls      atomic.Uint64 // of the sound system
	lost       atomic.Uint64 // samples of a microphone that found no room
	gaps       atomic.Uint64 // periods that lost samples, or of a speaker lacked some
	lowest     atomic.Int64  // samples that a speaker found at worst since the goroutine looked
	// mark is where the bell rings: when a microphone has brought so many
	// samples, when a speaker has left fewer.
	mark    atomic.Int64
	started atomic.Int64 // 1 once a speaker has had a whole period: only then it can lack samples
	bell    int64        // file descriptor; -1 = the sound system's thread enters Go
	samples [queueSamples]int16
}

// level is the number of samples that wait.
func (q *queue) level() int { return int(q.tail.Load() - q.head.Load()) }

// write appends as much of p as fits and returns that length.
func (q *queue) write(p []int16) int {
	tail := q.tail.Load()
	p = p[:min(len(p), queueSamples-int(tail-q.head.Load()))]
	at := int(tail % queueSamples)
	n := copy(q.samples[at:], p)
	copy(q.samples[:], p[n:])
	q.tail.Store(tail + uint64(len(p)))
	return len(p)
}

// read fills p as far as samples are there and returns that length.
func (q *queue) read(p []int16) int {
	head := q.head.Load()
	p = p[:min(len(p), int(q.tail.Load()-head))]
	at := int(head % queueSamples)
	n := copy(p, q.samples[at:])
	copy(p[n:], q.samples[:])
	q.head.Store(head + uint64(len(p)))
	return len(p)
}

// capture takes what a microphone heard and reports whether the bell is to
// ring.
func (q *queue) capture(heard []int16) bool {
	q.calls.Add(1)
	if n := q.write(heard); n < len(heard) {
		q.lost.Add(uint64(len(heard) - n))
		q.gaps.Add(1)
	}
	return int64(q.level()) >= q.mark.Load()
}

// playback fills what a speaker asks for, the rest with silence, and reports
// whether the bell is to ring.
func (q *queue) playback(room []int16) bool {
	q.calls.Add(1)
	if level := int64(q.level()); level < q.lowest.Load() {
		q.lowest.Store(level)
	}
	n := q.read(room)
	clear(room[n:])
	switch {
	case n == len(room):
		q.started.Store(1)
	case q.started.Load() == 1:
		q.gaps.Add(1)
	}
	return int64(q.level()) < q.mark.Load()
}
