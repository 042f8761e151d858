package audio

import (
	"sync/atomic"
	"time"
)

// Limits and defaults of a tone to be sent.
const (
	defaultEvent  = 100 * time.Millisecond
	shortestEvent = 40 * time.Millisecond
	longestEvent  = 10 * time.Second
	defaultGap    = 70 * time.Millisecond
	eventEnds     = 3 // so often the last packet is sent (RFC 4733 §2.5.1.4)
)

// eventJob is one tone to be sent.
type eventJob struct {
	tone      rune
	event     uint8
	duration  time.Duration
	gap       time.Duration
	cancelled atomic.Bool
	done      chan error // one slot: nil when sent
}

func newEventJob(tone rune, event uint8, duration, gap time.Duration) *eventJob {
	if duration <= 0 {
		duration = defaultEvent
	}
	if gap <= 0 {
		gap = defaultGap
	}
	return &eventJob{
		tone: tone, event: event, gap: gap,
		duration: min(max(duration, shortestEvent), longestEvent),
		done:     make(chan error, 1),
	}
}

// eventSender turns jobs into event packets, one per packet time.
//
//	idle ─ job ─▶ sounding ─ duration over or cancelled ─▶ ending (3 packets) ─▶ gap ─▶ idle
//
// The sender that owns it guards it by its mutex.
type eventSender struct {
	queue []*eventJob

	job       *eventJob // sounding or ending; nil = idle or gap
	clock     int       // Hz, of the ticks
	timestamp uint32    // of the present segment
	elapsed   int64     // ticks of the event's clock in the present segment
	left      int64     // ticks until the tone ends
	ends      int       // packets with the E bit still to be sent; 0 = sounding
	gap       time.Duration
}

// next makes the event packet for the packet time of length d that starts at
// timestamp, or reports false if it belongs to the voice. Durations are in ticks
// of clock, timestamps in those of sound, which may be another. first is true
// for the first packet of an event.
func (e *eventSender) next(timestamp uint32, d time.Duration, clock, sound int) (t telephoneEvent, first, ok bool) {
	if e.job == nil {
		if first = e.begin(timestamp, d, clock); !first {
			return t, false, false
		}
	}
	if clock != e.clock {
		e.translate(clock)
	}
	if e.ends == 0 {
		e.advance(ticksOf(d, clock), sound)
	}
	t = telephoneEvent{event: e.job.event, volume: eventVolume, duration: uint16(e.elapsed)}
	if e.ends > 0 {
		t.end = true
		e.ends--
		if e.ends == 0 {
			e.gap = e.job.gap
			e.job.done <- nil
			e.job = nil
		}
	}
	return t, first, true
}

// begin takes the next job once the gap is over.
func (e *eventSender) begin(timestamp uint32, d time.Duration, clock int) bool {
	e.gap -= min(e.gap, d)
	if e.gap > 0 {
		return false
	}
	for len(e.queue) > 0 {
		job := e.queue[0]
		e.queue = e.queue[1:]
		if job.cancelled.Load() {
			continue
		}
		e.job, e.clock, e.timestamp, e.elapsed, e.ends = job, clock, timestamp, 0, 0
		e.left = ticksOf(job.duration, clock)
		return true
	}
	return false
}

// translate counts in the ticks of another clock, so that a change of the codec
// leaves the tone its length.
func (e *eventSender) translate(clock int) {
	from, to := int64(e.clock), int64(clock)
	e.elapsed, e.left = min(e.elapsed*to/from, eventLongest), (e.left*to+from-1)/from
	e.clock = clock
}

// advance lets the tone sound for ticks. A segment that would be longer than
// the duration field ends at its greatest value, and the next one begins there
// with a timestamp of its own (RFC 4733 §2.5.1.3).
func (e *eventSender) advance(ticks int64, sound int) {
	if e.elapsed == eventLongest {
		e.timestamp += uint32(eventLongest * int64(sound) / int64(e.clock))
		e.elapsed = 0
	}
	ticks = min(ticks, e.left, eventLongest-e.elapsed)
	if !e.job.cancelled.Load() {
		e.elapsed += ticks
		e.left -= ticks
	} else {
		e.left = 0
	}
	if e.left == 0 {
		e.ends = eventEnds
	}
}

// abandon fails all jobs.
func (e *eventSender) abandon(err error) {
	if e.job != nil {
		e.job.done <- err
	}
	for _, job := range e.queue {
		job.done <- err
	}
	*e = eventSender{}
}
