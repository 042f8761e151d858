package media

import (
	"math"
	"net"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"
)

// Stats are the figures of a call's media at one moment.
type Stats struct {
	Codec        string    // the one we send: "opus", "G722", "PCMU", "PCMA"; "" before an answer
	ReceiveCodec string    // of the last packet of sound that came; "" before one
	Encrypted    bool      // DTLS-SRTP is up
	Since        time.Time // when it came up first; zero before
	// CandidatePair is "host – srflx": types of our and their candidate; ""
	// before ICE is done. Local and Remote say more of the two.
	CandidatePair string
	Local, Remote Candidate

	PacketsSent     uint64
	PacketsReceived uint64
	BytesSent       uint64 // of RTP payload
	BytesReceived   uint64
	Cipher          string // of SRTP: "AES-128-GCM"; "" if not known
	// Overhead is what each packet has beside the payload, in bytes: RTP,
	// SRTP, UDP and IP.
	Overhead int
	// Lost counts the packets that should have come and did not, LossPercent
	// is their share since the call began, 0–100.
	Lost        uint64
	LossPercent float64
	// PeerLost counts those of ours that the peer says it missed,
	// PeerLossPercent is their share in its last report.
	PeerLost        uint64
	PeerLossPercent float64
	Jitter          time.Duration // of what comes (RFC 3550 §6.4.1)
	PeerJitter      time.Duration // of ours, as the peer reports it
	RTT             time.Duration // from the last RTCP report; 0 before one

	Sends, Receives bool // what offer and answer say; on hold we do not send

	Heard time.Time // when the last RTP packet came; zero before one
	// Resting says that the last packet was comfort noise: more need not come
	// (RFC 3389).
	Resting bool
	// Answered is when the path was asked whether it works and did, Unanswered
	// since when it does not; both zero where nothing was asked.
	Answered, Unanswered time.Time
	// Acknowledged counts the packets of ours of which the peer has told when
	// they came, Bandwidth is how much of ours the path carries by that, or by
	// what the peer says, in bit/s with all headers; 0 = as much as is sent.
	Acknowledged uint64
	Bandwidth    int
	// Reports is what the peer's RTCP tells of how it fares.
	Reports PeerReports
}

// Candidate is one end of the path that ICE has chosen.
type Candidate struct {
	Type     string // "host", "srflx", "prflx", "relay"; "" before ICE is done
	Protocol string // "udp"
	Address  string // IP address
	Port     int
}

// PeerReports is what the peer's sender and receiver reports tell (RFC 3550
// §6.4). Times are those of arrival, zero = never.
type PeerReports struct {
	Last  time.Time // the last report of any kind
	OnUs  time.Time // the last that speaks of our stream
	Heard time.Time // the last by which more of ours had arrived than before
	Sent  uint32    // packets the peer says it has sent
	Grew  time.Time // the last report by which it had sent more than before
}

// Stats returns the present figures. It is safe from any goroutine.
func (p *Peer) Stats() Stats {
	p.mu.Lock()
	c, stable := p.conn, p.stable
	p.mu.Unlock()
	p.receptionMu.Lock()
	defer p.receptionMu.Unlock()
	total, r := p.reception.total(), &p.reports
	s := Stats{
		Codec:           string(p.sendCodec),
		ReceiveCodec:    p.receiveCodec,
		Since:           p.since,
		PacketsSent:     p.own.track.sent.Load(),
		BytesSent:       p.own.track.octets.Load(),
		PacketsReceived: total.received,
		BytesReceived:   total.octets,
		Lost:            total.lost(),
		LossPercent:     total.lossPercent(),
		PeerLost:        r.lost(),
		PeerLossPercent: float64(r.onUs.FractionLost) * 100 / 256,
		Jitter:          p.reception.jitterTime(),
		RTT:             r.rtt,
		Heard:           p.heard,
		Resting:         p.resting,
		Reports:         r.peer,
		Acknowledged:    p.own.track.path.acknowledged(),
		Bandwidth:       r.path.carries(),
	}
	if stable != nil {
		s.Sends, s.Receives = stable.direction.send && !stable.hold, stable.direction.receive
	}
	if clock := p.own.track.clockRate(); clock > 0 {
		s.PeerJitter = time.Duration(float64(r.onUs.Jitter) / float64(clock) * float64(time.Second))
	}
	if c != nil && c.ready.Load() {
		s.Encrypted, s.Cipher = true, c.wire.cipherName()
		if pair, err := c.selected(); err == nil && pair != nil {
			s.Local, s.Remote = candidateOf(pair.Local), candidateOf(pair.Remote)
			s.CandidatePair = s.Local.Type + " – " + s.Remote.Type
			s.Overhead = overhead(s.Remote.Address)
			if on, ok := pairFor(pair); ok {
				s.Answered, s.Unanswered = c.wire.state(on)
			}
		}
	}
	return s
}

func candidateOf(c *webrtc.ICECandidate) Candidate {
	return Candidate{Type: c.Typ.String(), Protocol: c.Protocol.String(), Address: c.Address, Port: int(c.Port)}
}

// overhead is what a packet to the address has beside its payload: 12 bytes of
// RTP, 16 of SRTP's tag, 8 of UDP and the IP header.
func overhead(address string) int {
	ip := net.ParseIP(address)
	switch {
	case ip == nil:
		return 0
	case ip.To4() != nil:
		return 12 + 16 + 8 + 20
	}
	return 12 + 16 + 8 + 40
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
	strange  uint32    // the number that a stream begun anew would have next; 0 = none (RFC 3550 §A.1)
}

// mostJump is the greatest gap in sequence numbers that counts as loss
// (MAX_DROPOUT of RFC 3550 §A.1).
const mostJump = 3000

type lossCount struct{ expected, received, octets uint64 }

// packet counts one packet that came at the time now.
func (r *reception) packet(ssrc uint32, seq uint16, timestamp uint32, size, clock int, now time.Time) {
	delta := int16(seq - uint16(r.highest))
	switch jump := delta > mostJump || delta < -mostJump; {
	case !r.started || ssrc != r.ssrc, jump && r.strange == uint32(seq)+1<<16:
		r.before = r.total()
		*r = reception{ssrc: ssrc, started: true, first: uint32(seq), highest: uint32(seq), before: r.before, jitter: r.jitter, clock: clock}
	case jump:
		r.strange = uint32(seq+1) + 1<<16
		return
	case delta > 0:
		r.highest += uint32(delta)
	}
	r.strange = 0
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

func (t lossCount) lost() uint64 {
	if t.received >= t.expected {
		return 0
	}
	return t.expected - t.received
}

// lossPercent of what was expected; duplicates can make more come than that.
func (t lossCount) lossPercent() float64 {
	if t.expected == 0 {
		return 0
	}
	return 100 * float64(t.lost()) / float64(t.expected)
}

// roundTrip computes the round trip from a report on our stream (RFC 3550
// §6.4.1); 0 when the peer has seen no sender report of ours yet.
func roundTrip(r rtcp.ReceptionReport, now time.Time) time.Duration {
	if r.LastSenderReport == 0 {
		return 0
	}
	units := ntpMiddle(now) - r.LastSenderReport - r.Delay // 1/65536 s, modulo 2^32
	if units > 60<<16 {                                    // clocks were changed, or it is made up
		return 0
	}
	return time.Duration(float64(units) / 65536 * float64(time.Second))
}

// ntpTime is the NTP time: seconds since 1900 with 32 bits of fraction
// (RFC 3550 §4).
func ntpTime(t time.Time) uint64 {
	const epoch = 2208988800 // seconds from 1900 to 1970
	return uint64(t.Unix()+epoch)<<32 | uint64(t.Nanosecond())<<32/1e9
}

// ntpMiddle is the middle 32 bits of the NTP time (RFC 3550 §4).
func ntpMiddle(t time.Time) uint32 { return uint32(ntpTime(t) >> 16) }
