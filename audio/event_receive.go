package audio

import (
	"sync"
	"time"

	"github.com/pion/rtp"
)

// eventSilence ends an event of which no more packets come: three times the
// 50 ms in which RFC 4733 §2.5.1.2 wants an update.
const eventSilence = 150 * time.Millisecond

// lateMost is how late a packet may be, in seconds; one that seems to be later
// belongs to another time line.
const lateMost = 10

// No finger and no dialler presses more than twelve keys a second for long;
// eventsAtOnce may come together after a pause of the network.
const (
	eventsAtOnce  = 32
	eventInterval = time.Second / 12
)

// eventReceiver hears RFC 4733 events: the packets of one timestamp are one
// event, which ends with the first packet that has the E bit, with the next
// event, or by silence. The zero value hears nothing until configured.
type eventReceiver struct {
	mu     sync.Mutex    // guards everything; held while onDTMF runs
	clocks map[uint8]int // Hz, by payload type; those that are agreed upon
	onDTMF func(tone rune, d time.Duration)
	closed bool

	any       bool   // an event has been heard
	clock     int    // Hz, of the last event
	timestamp uint32 // of the last event
	ssrc      uint32
	last      telephoneEvent
	before    int64 // ticks of segments before the present one (RFC 4733 §2.5.1.3)
	ended     bool
	silence   *time.Timer
	spent     int       // of eventsAtOnce
	since     time.Time // when one was given back
}

func (r *eventReceiver) configure(c StreamConfig) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clocks, r.onDTMF = c.EventReceive, c.OnDTMF
	if r.clocks == nil && c.EventClockRate > 0 {
		r.clocks = map[uint8]int{c.EventPayloadType: c.EventClockRate}
	}
}

// matches reports whether packets of this type are events.
func (r *eventReceiver) matches(payloadType uint8) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clocks[payloadType] > 0
}

// receive takes an event packet.
func (r *eventReceiver) receive(p *rtp.Packet) {
	t, ok := parseEvent(p.Payload)
	r.mu.Lock()
	defer r.mu.Unlock()
	if !ok || r.closed || r.clocks[p.PayloadType] == 0 || toneOf(t.event) == 0 {
		return
	}
	ahead := int32(p.Timestamp - r.timestamp)
	switch {
	case !r.any || p.SSRC != r.ssrc:
		r.begin(p, t)
	case ahead == 0 && (r.ended || t.event != r.last.event):
		return // a repetition of the end, or nonsense
	case ahead == 0:
		r.last.duration = max(r.last.duration, t.duration)
	case ahead < 0 && ahead > -lateMost*int32(r.clock):
		return // late, its event is over
	case !r.ended && t.event == r.last.event && r.last.duration == eventLongest && ahead == eventLongest:
		r.before += eventLongest
		r.timestamp, r.last = p.Timestamp, t
	default:
		r.begin(p, t)
	}
	if t.end {
		r.finish()
		return
	}
	if r.silence == nil {
		r.silence = time.AfterFunc(eventSilence, r.timeout)
	} else {
		r.silence.Reset(eventSilence)
	}
}

// begin ends the event before, of which the end was lost, and starts another.
func (r *eventReceiver) begin(p *rtp.Packet, t telephoneEvent) {
	r.finish()
	r.any, r.ended, r.before = true, false, 0
	r.timestamp, r.ssrc, r.last = p.Timestamp, p.SSRC, t
	r.clock = r.clocks[p.PayloadType]
}

// finish reports the present event, once.
func (r *eventReceiver) finish() {
	if !r.any || r.ended {
		return
	}
	r.ended = true
	if r.silence != nil {
		r.silence.Stop()
	}
	if r.onDTMF != nil && r.allowed(time.Now()) {
		r.onDTMF(toneOf(r.last.event), durationOf(r.before+int64(r.last.duration), r.clock))
	}
}

// allowed reports whether one more tone may be told: each is work for others.
func (r *eventReceiver) allowed(now time.Time) bool {
	if back := int(now.Sub(r.since) / eventInterval); back > 0 {
		r.spent = max(0, r.spent-back)
		r.since = now
	}
	if r.spent == eventsAtOnce {
		return false
	}
	r.spent++
	return true
}

func (r *eventReceiver) timeout() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.finish()
	}
}

// close ends hearing; an event that still sounds is not reported any more.
func (r *eventReceiver) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.silence != nil {
		r.silence.Stop()
	}
}
