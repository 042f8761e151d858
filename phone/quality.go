package phone

import (
	"fmt"
	"math"
	"net"
	"strconv"
	"time"

	"webphone/audio"
	"webphone/phone/media"
)

// CallStats are the figures of a call's media, renewed about once a second.
type CallStats struct {
	Codec        string // of what we send; "" until known
	ReceiveCodec string
	Sent         Rate // lately
	Received     Rate

	PacketsSent     uint64
	PacketsReceived uint64
	Lost            uint64        // packets that never came
	Late            uint64        // packets that came after their time
	PeerLost        uint64        // of ours, as the other side reports
	Concealed       time.Duration // of sound made up for what was lost or late
	LossPercent     float64       // of what we should have received, since the call began, 0–100
	PeerLossPercent float64       // of ours, in the other side's last report
	Jitter          time.Duration
	PeerJitter      time.Duration // of ours, as the other side reports it
	RTT             time.Duration // zero until the first report
	Buffer          time.Duration // that what comes waits for its turn

	// MOS grades the last seconds, MOSMean the call and MOSWorst its worst
	// moment, 1–4.5 by ITU-T G.107.2; 0 until known.
	MOS, MOSMean, MOSWorst float64

	CandidatePair string // "host – host", or "" until ICE is done
	Local, Remote PathEnd
	Cipher        string    // of the sound: "AES-128-GCM"; "" if not known
	Since         time.Time // when there was a path for the first time; zero before
}

// BestMOS is the MOS of a call with a codec where nothing is lost or late: a
// telephone's band is worth less than all that one hears.
func BestMOS(codec string) float64 { return media.Conditions{Codec: codec}.MOS() }

// Rate is how much goes over the network in one direction, in kbit/s.
type Rate struct {
	Payload float64 // what the codec makes
	Wire    float64 // with RTP, SRTP, UDP and IP
}

// PathEnd is one end of the path that ICE has chosen; zero before.
type PathEnd struct {
	Type     string // "host", "srflx", "prflx" or "relay"
	Protocol string // "udp"
	Address  string // IP address
	Port     int
}

// String is "host udp 192.0.2.1:5004"; "" for the zero value.
func (e PathEnd) String() string {
	if e.Type == "" {
		return ""
	}
	return fmt.Sprintf("%s %s %s", e.Type, e.Protocol, net.JoinHostPort(e.Address, strconv.Itoa(e.Port)))
}

const (
	// gradedOver is the time that MOS and the rates look back.
	gradedOver = 8 * time.Second
	// Both devices and the codec take this long from mouth to ear, beside
	// packet, path and buffer: the sound system's loop is about 27 ms, Opus
	// looks 6.5 ms ahead.
	deviceDelay = 34 * time.Millisecond
	packetDelay = 20 * time.Millisecond // until seen otherwise
	minPacket   = 10 * time.Millisecond
	maxPacket   = 60 * time.Millisecond
	// goneAfter is when silence of the network counts as loss: even who sends
	// no silence tells now and then that it is there. Who has described its
	// background need not.
	goneAfter = 3 * time.Second
)

// quality follows the figures of one call. The zero value has none.
type quality struct {
	stats CallStats
	last  []sample // of gradedOver, the oldest first
	hears bool     // sound should have come in them

	graded   int // moments that have a MOS
	sumMOS   float64
	measured int // moments that have a round trip
	sumRTT   time.Duration
	sumJit   time.Duration
}

// sample is what was counted at one moment.
type sample struct {
	at     time.Time
	peer   media.Stats
	stream audio.StreamStats
}

// add takes the figures of one moment; hears says that sound should come.
func (q *quality) add(now time.Time, f figures, hears bool) {
	p, a := f.peer, f.stream
	if hears != q.hears {
		q.hears, q.last = hears, nil
	}
	for len(q.last) > 1 && now.Sub(q.last[1].at) >= gradedOver {
		q.last = q.last[1:]
	}
	q.last = append(q.last, sample{at: now, peer: p, stream: a})
	before := q.stats
	q.stats = CallStats{
		Codec: p.Codec, ReceiveCodec: p.ReceiveCodec,
		PacketsSent: p.PacketsSent, PacketsReceived: p.PacketsReceived,
		Lost: p.Lost, Late: a.Late, PeerLost: p.PeerLost, Concealed: blocks(a.Concealed),
		LossPercent: p.LossPercent, PeerLossPercent: p.PeerLossPercent,
		Jitter: p.Jitter, PeerJitter: p.PeerJitter, RTT: p.RTT, Buffer: a.Buffer,
		CandidatePair: p.CandidatePair, Local: PathEnd(p.Local), Remote: PathEnd(p.Remote),
		Cipher: p.Cipher, Since: p.Since,
		MOS: before.MOS, MOSMean: before.MOSMean, MOSWorst: before.MOSWorst,
	}
	q.rates()
	if hears && p.PacketsReceived > 0 {
		q.grade()
	}
	if p.RTT > 0 {
		q.measured++
		q.sumRTT += p.RTT
		q.sumJit += p.Jitter
	}
}

// blocks of 10 ms as a time.
func blocks(n uint64) time.Duration { return time.Duration(n) * 10 * time.Millisecond }

// rates are what went and came lately.
func (q *quality) rates() {
	first, last := q.last[0], q.last[len(q.last)-1]
	took := last.at.Sub(first.at).Seconds()
	if took <= 0 {
		return
	}
	rate := func(octets, packets uint64) Rate {
		payload := float64(octets) * 8 / 1000 / took
		return Rate{Payload: payload, Wire: payload + float64(packets)*float64(last.peer.Overhead)*8/1000/took}
	}
	q.stats.Sent = rate(last.peer.BytesSent-first.peer.BytesSent, last.peer.PacketsSent-first.peer.PacketsSent)
	q.stats.Received = rate(last.peer.BytesReceived-first.peer.BytesReceived, last.peer.PacketsReceived-first.peer.PacketsReceived)
}

// grade is the E-model's opinion of the last seconds.
func (q *quality) grade() {
	first, last := q.last[0], q.last[len(q.last)-1]
	took := last.at.Sub(first.at)
	if took <= 0 {
		return
	}
	s := &q.stats
	c := media.Conditions{
		Codec: s.ReceiveCodec,
		Delay: s.RTT/2 + s.Buffer + packetDelay + deviceDelay,
	}
	came := last.peer.PacketsReceived - first.peer.PacketsReceived
	due := came + last.peer.Lost - first.peer.Lost
	if due > 0 {
		c.Delay += min(max(took/time.Duration(due), minPacket), maxPacket) - packetDelay
	}
	if missing := blocks(last.stream.Concealed - first.stream.Concealed); missing > 0 {
		share := min(1, float64(missing)/float64(took))
		c.Loss = 100 * share
		if gaps := last.stream.Gaps - first.stream.Gaps; gaps > 0 { // G.107 §7.5: against runs by chance
			c.Burst = float64(missing) / float64(packetDelay) / float64(gaps) * (1 - share)
		}
	}
	// After two seconds nothing is made up any more.
	gone := min(float64(due)-float64(came)-float64(last.stream.Repaired-first.stream.Repaired), float64(took/packetDelay)-float64(came))
	if gone > 0 {
		c.Loss = min(max(c.Loss, 100*gone/float64(due)), 100)
	}
	if came == 0 && took >= goneAfter && !last.peer.Resting {
		c.Loss = 100
	}
	s.MOS = c.MOS()
	q.graded++
	q.sumMOS += s.MOS
	s.MOSMean = q.sumMOS / float64(q.graded)
	if s.MOSWorst == 0 || s.MOS < s.MOSWorst {
		s.MOSWorst = s.MOS
	}
}

// summary writes into the history what the call was like.
func (q *quality) summary(h *HistoryEntry) {
	s := q.stats
	h.MOS, h.MOSWorst = s.MOSMean, s.MOSWorst
	h.LossPercent = s.LossPercent
	if s.PacketsSent > 0 {
		h.PeerLossPercent = math.Min(100, 100*float64(s.PeerLost)/float64(s.PacketsSent))
	}
	h.Jitter = s.Jitter
	if q.measured > 0 {
		h.RTT, h.Jitter = q.sumRTT/time.Duration(q.measured), q.sumJit/time.Duration(q.measured)
	}
	h.Path, h.Cipher = s.CandidatePair, s.Cipher
	h.ReceiveCodec, h.Late, h.Concealed = s.ReceiveCodec, s.Late, s.Concealed
	if len(q.last) == 0 || s.Since.IsZero() {
		return
	}
	last := q.last[len(q.last)-1]
	if took := last.at.Sub(s.Since).Seconds(); took > 0 {
		h.SendRate = float64(last.peer.BytesSent) * 8 / 1000 / took
		h.ReceiveRate = float64(last.peer.BytesReceived) * 8 / 1000 / took
	}
}
