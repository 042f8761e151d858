package media

import (
	"encoding/binary"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v2"
	"github.com/pion/webrtc/v3"
)

const (
	// shownEvery is how often pion sees a packet of a stream all the same: so it
	// knows that the path carries, and follows the sequence numbers.
	shownEvery = time.Second
	// replayWindow is how many packets back one may come late, as with pion.
	replayWindow = 64
	// fetchMost bounds what is read of a socket at once. Who sends more is read
	// by a goroutine of its own for floodRest.
	fetchMost = 32
	floodRest = time.Second
	// leftRest is that of a socket that the sound has left.
	leftRest = 500 * time.Millisecond
	// waitingMost is the longest that a report waits to be found and for pion.
	waitingMost = 100 * time.Millisecond
)

// intake delivers the packets of a call. Once pion has told of a stream, its
// packets do not go through pion any more, where each crosses three goroutines
// and buffers: they are decrypted where they are read from the socket. What
// cannot be decrypted goes to pion as if there were no intake.
type intake struct {
	// deliver returns the feedback that is due with a packet, nil for most; it
	// is valid until the next packet.
	deliver func(p *rtp.Packet, came *arrivals, at time.Time) []byte
	// feedback is what is due: one slot. Nobody who reads a socket may write to
	// pion, which waits for its readers when it restarts ICE.
	feedback chan []byte
	from     atomic.Pointer[source] // where a packet was taken from last; nil = nowhere yet

	fetching sync.Mutex
	fetched  [receiveMTU]byte

	mu      sync.Mutex // guards what follows; held while a packet is delivered
	closed  bool
	keys    [2]*srtp.Context // of a DTLS client and a server; nil = not known, or not the peer's
	streams map[uint32]*incoming
	report  time.Time // when the last report came; zero = none has
	plain   []byte
	header  rtp.Header // as it is before decryption
	packet  rtp.Packet // one for all: nobody keeps it
}

// incoming is a stream that pion has told of.
type incoming struct {
	came  arrivals
	any   bool   // a packet has come through pion
	next  uint16 // sequence number after the highest of those
	taken int    // packets that have not come through pion
	first uint16 // sequence number of the first of them
	mask  uint64 // bit n: first+n was among them
	past  bool   // no packet will be delivered any more that comes through pion
	shown time.Time
}

// skipsPion reports whether a packet is one that pion need not look at: what it
// has had, again, only it knows.
func (s *incoming) skipsPion(sequence uint16) bool {
	switch {
	case s.taken == 0:
		return s.any && int16(sequence-s.next) >= 0
	case s.taken < replayWindow:
		return int16(sequence-s.first) >= 0
	}
	return true
}

// take takes note of one that did not go through pion.
func (s *incoming) take(sequence uint16) {
	if s.taken == 0 {
		s.first = sequence
	}
	s.taken++
	if d := sequence - s.first; d < replayWindow {
		s.mask |= 1 << d
	}
}

// wasTaken reports whether a packet that came through pion has been taken
// already: it was for pion alone.
func (s *incoming) wasTaken(sequence uint16) bool {
	if s.taken == 0 || s.past {
		return s.past
	}
	d := sequence - s.first
	s.past = int16(d) >= replayWindow
	return s.past || d < replayWindow && s.mask>>d&1 == 1
}

func newIntake(deliver func(*rtp.Packet, *arrivals, time.Time) []byte) *intake {
	return &intake{deliver: deliver, feedback: make(chan []byte, 1), streams: make(map[uint32]*incoming)}
}

// stream returns what is known of a stream that pion tells of. One with our own
// SSRC goes through pion: its packets may be ours, which somebody reflects.
func (in *intake) stream(ssrc, own uint32) *incoming {
	in.mu.Lock()
	defer in.mu.Unlock()
	s := in.streams[ssrc]
	if s == nil {
		s = new(incoming)
		if ssrc != own {
			in.streams[ssrc] = s
		}
	}
	return s
}

// known gives the keys of a transport that is up. Without them all goes on
// through pion.
func (in *intake) known(t *webrtc.DTLSTransport) {
	conn := connOf(t)
	if conn == nil {
		return
	}
	profile, ok := conn.SelectedSRTPProtectionProfile()
	if !ok {
		return
	}
	var keys [2]*srtp.Context
	state := conn.ConnectionState()
	for i := range keys {
		c := srtp.Config{Profile: srtp.ProtectionProfile(profile)}
		err := c.ExtractSessionKeysFromDTLS(&state, i == 1)
		if err != nil {
			return
		}
		keys[i], err = srtp.CreateContext(c.Keys.RemoteMasterKey, c.Keys.RemoteMasterSalt, c.Profile, srtp.SRTPReplayProtection(replayWindow))
		if err != nil {
			return
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.keys == [2]*srtp.Context{} {
		in.keys = keys
	}
}

// connOf is the DTLS connection of a transport, which pion keeps to itself; nil
// where it is not found.
func connOf(t *webrtc.DTLSTransport) *dtls.Conn {
	f := reflect.ValueOf(t).Elem().FieldByName("conn")
	if !f.IsValid() || f.Type() != reflect.TypeFor[*dtls.Conn]() {
		return nil
	}
	return (*dtls.Conn)(f.UnsafePointer())
}

// close ends delivery.
func (in *intake) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	in.from.Store(nil)
}

// through takes a packet that came through pion.
func (in *intake) through(s *incoming, b []byte) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed || s.past || !in.parse(b) || s.wasTaken(in.packet.SequenceNumber) {
		return
	}
	if sequence := in.packet.SequenceNumber; !s.any || int16(sequence-s.next) >= 0 {
		s.any, s.next = true, sequence+1
	}
	in.hand(s, time.Now())
}

// take takes a datagram from where it was read, and reports whether it is
// settled: delivered, or not worth anything. When a report came is noted.
func (in *intake) take(b []byte, at time.Time, from *source) bool {
	b = untunnelled(b)
	if len(b) < shortestRTCP || b[0]>>6 != 2 {
		return false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if isRTCP(b) {
		in.report = at
		return false
	}
	if len(b) < shortestRTP {
		return false
	}
	s, sequence := in.streams[binary.BigEndian.Uint32(b[8:])], binary.BigEndian.Uint16(b[2:])
	if s == nil || in.closed || !s.skipsPion(sequence) {
		return false
	}
	if !in.decrypt(b) || !in.parse(in.plain) {
		return s.taken > 0
	}
	s.take(sequence)
	if old := in.from.Swap(from); old != nil && old != from && old.mailbox != nil {
		old.mailbox.rest(leftRest)
	}
	in.hand(s, at)
	if at.Sub(s.shown) < shownEvery {
		return true
	}
	s.shown = at
	return false
}

// reportCame is when the report came that pion passes on now: who looks finds it
// later, and a round trip must not contain the wait. Of several the last counts;
// one that the intake has not seen came now.
func (in *intake) reportCame(now time.Time) time.Time {
	in.mu.Lock()
	defer in.mu.Unlock()
	if now.Sub(in.report) > waitingMost {
		return now
	}
	return in.report
}

// hand delivers the packet. in.mu is held.
func (in *intake) hand(s *incoming, at time.Time) {
	if due := in.deliver(&in.packet, &s.came, at); due != nil {
		select {
		case in.feedback <- slices.Clone(due):
		default: // pion is restarting ICE, and nothing goes
		}
	}
}

// decrypt puts what a packet says into plain, and reports whether it is
// genuine and new. in.mu is held.
func (in *intake) decrypt(b []byte) bool {
	for i, c := range in.keys {
		if c == nil {
			continue
		}
		in.header = rtp.Header{Extensions: in.header.Extensions[:0]}
		if plain, err := c.DecryptRTP(in.plain[:0], b, &in.header); err == nil {
			in.plain = plain
			in.keys[1-i] = nil
			return true
		}
	}
	return false
}

// parse reads a packet that is not encrypted. in.mu is held.
func (in *intake) parse(b []byte) bool {
	in.packet = rtp.Packet{Header: rtp.Header{Extensions: in.packet.Extensions[:0]}}
	return in.packet.Unmarshal(b) == nil
}

// fetch takes what has come to where the sound comes from. It is called in the
// beat of the speaker, which needs it no earlier, and never waits.
func (in *intake) fetch() {
	s := in.from.Load()
	if s == nil || s.mailbox == nil || !in.fetching.TryLock() {
		return
	}
	defer in.fetching.Unlock()
	for range fetchMost {
		n, sender, at, ok := s.mailbox.look(in.fetched[:])
		if !ok {
			return
		}
		if !in.take(in.fetched[:n], at, s) {
			s.mailbox.leave(in.fetched[:n], sender)
		}
	}
	s.mailbox.rest(floodRest)
}
