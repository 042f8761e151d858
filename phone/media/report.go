package media

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/pion/rtcp"
)

// reportInterval is the mean time between our RTCP reports: well below the
// 5 s of RFC 3550 §6.2, so that the peer's encoder hears of losses in time, at
// 1 kbit/s. Each wait is a random one around it (§6.3.1).
const reportInterval = time.Second

// reports is what was told in RTCP, in both directions, and what the next
// report of ours is measured against. Guarded by Peer.receptionMu.
type reports struct {
	peer PeerReports
	onUs rtcp.ReceptionReport // the last about our stream
	rtt  time.Duration
	any  bool // a report of the peer has told highest

	lastSR   uint32 // middle of the NTP time of the peer's last sender report
	lastSRAt time.Time

	// asked is who wants to know the round trip though it sends nothing
	// (RFC 3611 §4.4).
	asked struct {
		ssrc, at uint32 // its reference time, as lastSR
		came     time.Time
	}

	path bandwidth

	told lossCount // of the reception, at our last report
	sent uint64    // packets, at our last report
}

// reported takes RTCP of the peer that came now. The same packet may come
// twice: it is given to whoever reads our stream and to whoever reads theirs.
func (p *Peer) reported(packets []rtcp.Packet, now time.Time) {
	loss := -1
	p.receptionMu.Lock()
	r := &p.reports
	path := r.path
	for _, packet := range packets {
		var blocks []rtcp.ReceptionReport
		switch packet := packet.(type) {
		case *rtcp.SenderReport:
			r.sender(packet, p.reception.ssrc, now)
			blocks = packet.Reports
		case *rtcp.ReceiverReport:
			r.peer.Last = now
			blocks = packet.Reports
		case *rtcp.ReceiverEstimatedMaximumBitrate: // not asked for, but of use
			r.path.told = int(min(packet.Bitrate, 1e9))
		case *rtcp.TransportLayerCC:
			if packet.MediaSSRC == p.sending {
				r.path.found = p.own.track.path.feedback(packet, now)
			}
		case *rtcp.ExtendedReport:
			r.extended(packet, now)
		}
		for _, b := range blocks {
			if b.SSRC == p.sending && p.sending != 0 {
				if percent, told := r.onStream(b, now); told {
					loss = percent
				}
			}
		}
	}
	changed, carries := r.path != path, r.path.carries()
	p.receptionMu.Unlock()
	if loss >= 0 {
		p.o.Stream.SetLoss(loss)
	}
	if changed {
		p.o.Stream.SetBandwidth(carries)
	}
}

// bandwidth is how much the path to the peer carries, in bit/s, by whom it is
// said; 0 = nothing is.
type bandwidth struct {
	told  int // by the peer (REMB)
	found int // by ourselves, from the peer's feedback
}

func (b bandwidth) carries() int {
	if b.told == 0 || b.found == 0 {
		return max(b.told, b.found)
	}
	return min(b.told, b.found)
}

// sender takes the part of a sender report that is about its sender.
func (r *reports) sender(sr *rtcp.SenderReport, ssrc uint32, now time.Time) {
	r.peer.Last = now
	if int32(sr.PacketCount-r.peer.Sent) > 0 || r.peer.Grew.IsZero() && sr.PacketCount > 0 {
		r.peer.Sent, r.peer.Grew = sr.PacketCount, now
	}
	if middle := uint32(sr.NTPTime >> 16); sr.SSRC == ssrc && middle != r.lastSR {
		r.lastSR, r.lastSRAt = middle, now
	}
}

// extended remembers a reference time.
func (r *reports) extended(x *rtcp.ExtendedReport, now time.Time) {
	for _, block := range x.Reports {
		if t, ok := block.(*rtcp.ReceiverReferenceTimeReportBlock); ok {
			r.asked.ssrc, r.asked.at, r.asked.came = x.SenderSSRC, uint32(t.NTPTimestamp>>16), now
		}
	}
}

// reference answers who has asked for the round trip since the last report
// (RFC 3611 §4.5); nil where nobody has.
func (r *reports) reference(own uint32, now time.Time) []rtcp.Packet {
	a := &r.asked
	if a.came.IsZero() {
		return nil
	}
	delay := uint32(now.Sub(a.came).Seconds() * 65536)
	a.came = time.Time{}
	return []rtcp.Packet{&rtcp.ExtendedReport{SenderSSRC: own, Reports: []rtcp.ReportBlock{
		&rtcp.DLRRReportBlock{Reports: []rtcp.DLRRReport{{SSRC: a.ssrc, LastRR: a.at, DLRR: delay}}},
	}}}
}

// sameReport is how soon the same words are the same report.
const sameReport = 100 * time.Millisecond

// onStream takes what a report says of our stream and returns the loss in
// percent, where there was any at least 1; false means that it tells of no loss
// and no packet that is not known already.
func (r *reports) onStream(b rtcp.ReceptionReport, now time.Time) (percent int, told bool) {
	if r.any && b == r.onUs && now.Sub(r.peer.OnUs) < sameReport {
		return 0, false
	}
	r.peer.Last, r.peer.OnUs = now, now
	told = !r.any || int32(b.LastSequenceNumber-r.onUs.LastSequenceNumber) > 0
	if told {
		r.peer.Heard = now
	}
	before := r.lost()
	r.any, r.onUs = true, b
	if rtt := roundTrip(b, now); rtt > 0 {
		r.rtt = rtt
	}
	percent = (int(b.FractionLost)*100 + 128) / 256
	if percent == 0 && (b.FractionLost > 0 || r.lost() > before) { // the share is of less than all packets
		percent = 1
	}
	return percent, told || percent > 0
}

// lost is how many packets of ours the peer has missed. Duplicates can make
// its count negative (RFC 3550 §6.4.1), which is none.
func (r *reports) lost() uint64 {
	if r.onUs.TotalLost >= 1<<23 {
		return 0
	}
	return uint64(r.onUs.TotalLost)
}

// unproven reports whether only a question can tell if the path of what we
// send works: the peer has not told lately that more has come.
func (p *Peer) unproven() bool {
	p.mu.Lock()
	sends := p.stable != nil && p.stable.direction.send && !p.stable.hold
	p.mu.Unlock()
	if !sends {
		return false
	}
	p.receptionMu.Lock()
	defer p.receptionMu.Unlock()
	return time.Since(p.reports.peer.Heard) > provenFor
}

// report makes our next report: a sender report while we send, else a receiver
// report, and our name (RFC 3550 §6.1); nil before there is a stream to speak
// of.
func (p *Peer) report() []rtcp.Packet {
	now := time.Now()
	p.receptionMu.Lock()
	defer p.receptionMu.Unlock()
	if p.sending == 0 {
		return nil
	}
	var blocks []rtcp.ReceptionReport
	if p.reception.started {
		blocks = []rtcp.ReceptionReport{p.reports.block(&p.reception, now)}
	}
	beside := append([]rtcp.Packet{rtcp.NewCNAMESourceDescription(p.sending, p.own.track.streamID)},
		p.reports.reference(p.sending, now)...)
	t := p.own.track
	sent := t.sent.Load()
	stamp, ok := t.rtpTime(now)
	if silent := sent == p.reports.sent; !ok || silent {
		return append([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: p.sending, Reports: blocks}}, beside...)
	}
	p.reports.sent = sent
	return append([]rtcp.Packet{&rtcp.SenderReport{
		SSRC: p.sending, NTPTime: ntpTime(now), RTPTime: stamp,
		PacketCount: uint32(sent), OctetCount: uint32(t.octets.Load()), Reports: blocks,
	}}, beside...)
}

// block is our reception report about a stream (RFC 3550 §A.3).
func (r *reports) block(in *reception, now time.Time) rtcp.ReceptionReport {
	total := in.total()
	expected, received := total.expected-r.told.expected, total.received-r.told.received
	r.told = total
	b := rtcp.ReceptionReport{
		SSRC: in.ssrc, LastSequenceNumber: in.highest, LastSenderReport: r.lastSR,
		TotalLost: uint32(min(total.lost(), 1<<23-1)), Jitter: uint32(min(in.jitter, math.MaxInt32)),
	}
	if received < expected {
		b.FractionLost = uint8(min((expected-received)<<8/expected, 255))
	}
	if !r.lastSRAt.IsZero() {
		b.Delay = uint32(now.Sub(r.lastSRAt).Seconds() * 65536)
	}
	return b
}

// writeReports sends our reports while the connection is up.
func (c *connection) writeReports() {
	timer := time.NewTimer(reportWait() / 2)
	defer timer.Stop()
	failing := false
	for {
		select {
		case <-c.done:
			return
		case <-timer.C:
		}
		timer.Reset(reportWait())
		if !c.up.Load() {
			continue
		}
		packets := c.report()
		if packets == nil {
			continue
		}
		err := c.pc.WriteRTCP(packets)
		if err != nil && !failing && !c.isClosed() {
			c.log.Warn("report not sent", "err", err)
		}
		failing = err != nil
	}
}

// reportWait is between half and three halves of reportInterval.
func reportWait() time.Duration { return reportInterval/2 + rand.N(reportInterval) }
