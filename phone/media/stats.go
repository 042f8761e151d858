package media

import (
	"math"
	"time"

	"github.com/pion/rtcp"

	"webphone/audio/codec"
)

// Stats are the figures of a call's media at one moment.
type Stats struct {
	Codec           string // the one we send: "opus", "G722", "PCMU", "PCMA"; "" before an answer
	Encrypted       bool   // DTLS-SRTP is up
	CandidatePair   string // "host – srflx": types of our and their candidate; "" before ICE is done
	PacketsSent     uint64
	PacketsReceived uint64
	BytesSent       uint64 // of RTP payload
	BytesReceived   uint64
	// LossPercent is the share of packets that should have come and did not,
	// since the call began, 0–100.
	LossPercent float64
	// PeerLossPercent is what the peer reported last of our packets.
	PeerLossPercent float64
	Jitter          time.Duration // of what comes (RFC 3550 §6.4.1)
	RTT             time.Duration // from the last RTCP report; 0 before one
	MOS             float64       // 1–4.5 by ITU-T G.107; 0 before anything came
}

// reception counts what comes of one RTP stream (RFC 3550 §A.3, §A.8).
type reception struct {
	ssrc     uint32
	started  bool
	first    uint32 // extended sequence numbers
	highest  uint32
	received uint64
	octets   uint64
	transit  float64 // of the last packet, in clock units
	timed    bool
	jitter   float64 // clock units
	clock    int
	before   lossCount // streams that went before (another SSRC)
}

type lossCount struct{ expected, received, octets uint64 }

// packet counts one packet that came at the time now.
func (r *reception) packet(ssrc uint32, seq uint16, timestamp uint32, size, clock int, now time.Time) {
	if !r.started || ssrc != r.ssrc {
		r.before = r.total()
		*r = reception{ssrc: ssrc, started: true, first: uint32(seq), highest: uint32(seq), before: r.before, jitter: r.jitter, clock: clock}
	} else if delta := int16(seq - uint16(r.highest)); delta > 0 {
		r.highest += uint32(delta)
	}
	r.received++
	r.octets += uint64(size)
	if clock == 0 {
		return
	}
	if clock != r.clock {
		r.jitter *= float64(clock) / float64(max(r.clock, 1))
		r.clock, r.timed = clock, false
	}
	// The arrival wraps as the timestamp does.
	arrival := uint32(uint64(now.UnixMicro()) * uint64(clock) / 1e6)
	transit := float64(int32(arrival - timestamp))
	if r.timed {
		if d := math.Abs(transit - r.transit); d < float64(clock) { // a new talkspurt may jump
			r.jitter += (d - r.jitter) / 16
		}
	}
	r.transit, r.timed = transit, true
}

func (r *reception) total() lossCount {
	t := r.before
	if r.started {
		t.expected += uint64(r.highest-r.first) + 1
		t.received += r.received
		t.octets += r.octets
	}
	return t
}

func (r *reception) jitterTime() time.Duration {
	if r.clock == 0 {
		return 0
	}
	return time.Duration(r.jitter / float64(r.clock) * float64(time.Second))
}

// lossPercent of what was expected; duplicates can make more come than that.
func (t lossCount) lossPercent() float64 {
	if t.expected == 0 || t.received >= t.expected {
		return 0
	}
	return 100 * float64(t.expected-t.received) / float64(t.expected)
}

// roundTrip computes the round trip from a report on our stream (RFC 3550
// §6.4.1); 0 when the peer has seen no sender report of ours yet.
func roundTrip(r rtcp.ReceptionReport, now time.Time) time.Duration {
	if r.LastSenderReport == 0 {
		return 0
	}
	units := ntpMiddle(now) - r.LastSenderReport - r.Delay // 1/65536 s, modulo 2^32
	if units > 1<<31 {                                     // clocks were changed
		return 0
	}
	return time.Duration(float64(units) / 65536 * float64(time.Second))
}

// ntpMiddle is the middle 32 bits of the NTP time (RFC 3550 §4).
func ntpMiddle(t time.Time) uint32 {
	const epoch = 2208988800 // seconds from 1900 to 1970
	seconds := uint64(t.Unix()) + epoch
	fraction := uint64(t.Nanosecond()) << 32 / 1e9
	return uint32(seconds<<16) | uint32(fraction>>16)
}

// mos estimates the quality of a call by the E-model (ITU-T G.107, with the
// equipment impairments of G.113 Appendix I), from 1 to 4.5.
func mos(name codec.Name, rtt, jitter time.Duration, lossPercent float64) float64 {
	var ie, bpl float64 // impairment of the codec, its robustness to loss
	switch name {
	case codec.Opus: // with its in-band FEC
		ie, bpl = 0, 20
	case codec.G722:
		ie, bpl = 2, 10
	default: // G.711 with concealment
		ie, bpl = 0, 25.1
	}
	// One way: half of the round trip, a packet, and a jitter buffer of twice
	// the jitter and a frame.
	delay := (rtt/2 + 2*jitter + 60*time.Millisecond).Seconds() * 1000
	id := 0.024 * delay
	if delay > 177.3 {
		id += 0.11 * (delay - 177.3)
	}
	r := 93.2 - id - (ie + (95-ie)*lossPercent/(lossPercent+bpl))
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	}
	return 1 + 0.035*r + r*(r-60)*(100-r)*7e-6
}
