package media

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"
)

// track is our side of the audio. pion's own TrackLocalStaticRTP overwrites
// SSRC and payload type of every packet, so telephone events could not travel
// beside the audio; this one leaves packets as they are.
type track struct {
	streamID string // the msid of our SDP
	id       string

	mu      sync.RWMutex
	writer  webrtc.TrackLocalWriter // nil while not bound
	bound   string                  // id of who bound it last
	sent    atomic.Uint64           // packets
	octets  atomic.Uint64           // of payload
	refused atomic.Uint64           // packets that could not be written
	path    congestion              // that the packets take

	clockMu sync.Mutex // guards what follows
	clock   int        // Hz of the sound's timestamps; 0 = not settled
	events  uint8      // payload type of telephone events; 0 = none
	stamp   uint32     // of the last packet of sound
	stamped time.Time  // when it went; zero = none yet
}

// settle tells how the timestamps of what follows run.
func (t *track) settle(clock int, events uint8) {
	t.clockMu.Lock()
	defer t.clockMu.Unlock()
	if t.clock != clock {
		t.stamped = time.Time{}
	}
	t.clock, t.events = clock, events
}

// clockRate is the settled one, in Hz; 0 = none yet.
func (t *track) clockRate() int {
	t.clockMu.Lock()
	defer t.clockMu.Unlock()
	return t.clock
}

// rtpTime is what the clock of the sound shows now, for a sender report
// (RFC 3550 §6.4.1); ok is false while nothing was sent.
func (t *track) rtpTime(now time.Time) (stamp uint32, ok bool) {
	t.clockMu.Lock()
	defer t.clockMu.Unlock()
	if t.stamped.IsZero() {
		return 0, false
	}
	return t.stamp + uint32(int64(now.Sub(t.stamped).Seconds()*float64(t.clock))), true
}

var _ webrtc.TrackLocal = (*track)(nil)

var errUnbound = errors.New("media: the track is not connected yet")

// Bind implements webrtc.TrackLocal: DTLS is up and packets can go.
func (t *track) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writer, t.bound = c.WriteStream(), c.ID()
	codecs := c.CodecParameters()
	if len(codecs) == 0 {
		return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
	}
	return codecs[0], nil
}

// Unbind implements webrtc.TrackLocal. A connection that was replaced unbinds
// after its successor has bound.
func (t *track) Unbind(c webrtc.TrackLocalContext) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bound == c.ID() {
		t.writer = nil
	}
	return nil
}

// ID implements webrtc.TrackLocal.
func (t *track) ID() string { return t.id }

// RID implements webrtc.TrackLocal; there is no simulcast.
func (t *track) RID() string { return "" }

// StreamID implements webrtc.TrackLocal.
func (t *track) StreamID() string { return t.streamID }

// Kind implements webrtc.TrackLocal.
func (t *track) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }

// write sends one packet. Before the connection is up it is dropped.
func (t *track) write(h *rtp.Header, payload []byte) error {
	t.mu.RLock()
	w := t.writer
	t.mu.RUnlock()
	if w == nil {
		return errUnbound
	}
	now := time.Now()
	t.path.stamp(h, len(payload), now)
	if _, err := w.WriteRTP(h, payload); err != nil {
		t.refused.Add(1)
		return err
	}
	t.clockMu.Lock()
	if h.PayloadType != t.events || t.events == 0 { // an event's timestamp stands still
		t.stamp, t.stamped = h.Timestamp, now
	}
	t.clockMu.Unlock()
	t.sent.Add(1)
	t.octets.Add(uint64(len(payload)))
	return nil
}
