package media

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"webphone/phone/ua"
)

// speaking returns a Peer whose reports can be looked at without a network.
func speaking(t *testing.T) *Peer {
	t.Helper()
	p := newEnd(t).Peer
	p.sending = 0xCAFE
	p.own.track.settle(8000, 101)
	p.own.track.writer = noWriter{}
	return p
}

type noWriter struct{}

func (noWriter) WriteRTP(*rtp.Header, []byte) (int, error) { return 0, nil }
func (noWriter) Write([]byte) (int, error)                 { return 0, nil }

func TestReport_ofOurStream(t *testing.T) {
	p := speaking(t)
	if r, ok := p.report()[0].(*rtcp.ReceiverReport); !ok || r.SSRC != 0xCAFE || len(r.Reports) != 0 {
		t.Errorf("before the first packet: %v", r)
	}
	for i := range 3 {
		_ = p.own.track.write(&rtp.Header{PayloadType: 8, Timestamp: 8000 + uint32(i)*160}, make([]byte, 160))
	}
	_ = p.own.track.write(&rtp.Header{PayloadType: 101, Timestamp: 8000}, make([]byte, 4))
	packets := p.report()
	r, ok := packets[0].(*rtcp.SenderReport)
	if !ok || r.SSRC != 0xCAFE || r.PacketCount != 4 || r.OctetCount != 484 {
		t.Fatalf("while we send: %v", packets[0])
	}
	// The clock runs on from the last sound, whatever an event's timestamp says.
	if ahead := r.RTPTime - 8320; ahead > 8000 {
		t.Errorf("RTP time %d, want it a moment after 8320", r.RTPTime)
	}
	if age := time.Since(time.Unix(int64(r.NTPTime>>32)-2208988800, 0)); age < 0 || age > time.Minute {
		t.Errorf("NTP time is %v ago", age)
	}
	if d, ok := packets[1].(*rtcp.SourceDescription); !ok || d.Chunks[0].Source != 0xCAFE || d.Chunks[0].Items[0].Text == "" {
		t.Errorf("no name: %v", packets[1])
	}
	if _, err := rtcp.Marshal(packets); err != nil {
		t.Error(err)
	}
	if _, ok := p.report()[0].(*rtcp.ReceiverReport); !ok {
		t.Error("a sender report though nothing was sent since the last")
	}
}

func TestReport_ofTheirStream(t *testing.T) {
	p := speaking(t)
	at := time.Now()
	for i, seq := range []uint16{65533, 65534, 65535, 1, 2} { // one of six is lost
		p.reception.packet(7, seq, uint32(i)*160, 160, 8000, at.Add(time.Duration(i)*20*time.Millisecond))
	}
	p.reported([]rtcp.Packet{&rtcp.SenderReport{SSRC: 7, NTPTime: 0x1122334455667788, PacketCount: 6}}, time.Now())
	r := p.report()[0].(*rtcp.ReceiverReport)
	b := r.Reports[0]
	if b.SSRC != 7 || b.LastSequenceNumber != 1<<16+2 || b.TotalLost != 1 || b.FractionLost != 256/6 || b.LastSenderReport != 0x33445566 {
		t.Errorf("block %+v", b)
	}
	if b = p.report()[0].(*rtcp.ReceiverReport).Reports[0]; b.FractionLost != 0 || b.TotalLost != 1 {
		t.Errorf("of nothing new: %+v", b)
	}
}

func TestReported_aboutUs(t *testing.T) {
	p := speaking(t)
	block := func(seq uint32) []rtcp.Packet {
		return []rtcp.Packet{&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{
			{SSRC: 1, LastSequenceNumber: 99},
			{SSRC: 0xCAFE, LastSequenceNumber: seq, FractionLost: 64, TotalLost: 9, Jitter: 80},
		}}}
	}
	p.reported(block(5), time.Now())
	first := p.Stats().Reports
	if first.OnUs.IsZero() || first.Heard != first.OnUs {
		t.Errorf("the first report: %+v", first)
	}
	p.reported(block(5), time.Now()) // the same packet, given to the other reader
	if s := p.Stats(); s.Reports.OnUs != first.OnUs {
		t.Errorf("one report counts twice: %+v", s.Reports)
	}
	p.reports.peer.OnUs = p.reports.peer.OnUs.Add(-time.Second)
	p.reported(block(5), time.Now())
	s := p.Stats()
	if s.Reports.Heard != first.Heard || s.Reports.OnUs.Before(first.OnUs) {
		t.Errorf("a report that nothing more came: %+v", s.Reports)
	}
	if s.PeerLossPercent != 25 || s.PeerLost != 9 || s.PeerJitter != 10*time.Millisecond {
		t.Errorf("stats %+v", s)
	}
	p.reported(block(6), time.Now())
	if s := p.Stats(); !s.Reports.Heard.After(first.Heard) {
		t.Errorf("a report that more came: %+v", s.Reports)
	}
	p.reported([]rtcp.Packet{&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: 0xCAFE, TotalLost: 0xFFFFFF}}}}, time.Now())
	if s := p.Stats(); s.PeerLost != 0 {
		t.Errorf("%d packets lost, though more came than were sent", s.PeerLost)
	}
}

// A report may have waited before it is read. The round trip ends when it came,
// on both ends.
func TestReported_later(t *testing.T) {
	p, now := speaking(t), time.Now()
	p.reception.packet(7, 1, 160, 160, 8000, now)
	p.reported([]rtcp.Packet{&rtcp.SenderReport{
		SSRC: 7, NTPTime: 1 << 40, PacketCount: 1, Reports: []rtcp.ReceptionReport{
			{SSRC: 0xCAFE, LastSenderReport: ntpMiddle(now.Add(-10 * time.Second))},
		},
	}}, now.Add(-5*time.Second))
	if rtt := p.Stats().RTT; (rtt - 5*time.Second).Abs() > time.Millisecond {
		t.Errorf("round trip %v, want 5 s", rtt)
	}
	if d := p.report()[0].(*rtcp.ReceiverReport).Reports[0].Delay; d < 5<<16 {
		t.Errorf("our answer tells of a delay of %d/65536 s, want at least 5 s", d)
	}
}

// Both ends hear of each other's round trip and losses within two reports.
func TestReports_travel(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	negotiate(t, caller, callee, ua.OfferOptions{}, ua.AnswerOptions{})
	caller.waitConnected(t)
	callee.waitConnected(t)
	deadline := time.Now().Add(10 * time.Second)
	for {
		caller.sendsTo(t, callee, "here")
		callee.sendsTo(t, caller, "there")
		a, b := caller.Stats(), callee.Stats()
		if a.RTT > 0 && b.RTT > 0 && !a.Reports.Heard.IsZero() && !b.Reports.Heard.IsZero() && a.Reports.Sent > 0 {
			if a.RTT > time.Second || a.PeerLossPercent > 50 {
				t.Errorf("round trip %v, loss %v %%", a.RTT, a.PeerLossPercent)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("caller %+v\ncallee %+v", a, b)
		}
	}
}

// Who sends nothing learns the round trip all the same, once for each question.
func TestReport_answersAReferenceTime(t *testing.T) {
	p := speaking(t)
	ask := []rtcp.Packet{&rtcp.ReceiverReport{SSRC: 9}, &rtcp.ExtendedReport{SenderSSRC: 9, Reports: []rtcp.ReportBlock{
		&rtcp.ReceiverReferenceTimeReportBlock{NTPTimestamp: 0x1122334455667788},
	}}}
	raw, err := rtcp.Marshal(ask)
	if err != nil {
		t.Fatal(err)
	}
	if ask, err = rtcp.Unmarshal(raw); err != nil {
		t.Fatal(err)
	}
	p.reported(ask, time.Now())
	packets := p.report()
	x, ok := packets[len(packets)-1].(*rtcp.ExtendedReport)
	if !ok || x.SenderSSRC != 0xCAFE || len(x.Reports) != 1 {
		t.Fatalf("%v", packets)
	}
	answer := x.Reports[0].(*rtcp.DLRRReportBlock).Reports[0]
	if answer.SSRC != 9 || answer.LastRR != 0x33445566 || answer.DLRR > 65536 {
		t.Errorf("%+v", answer)
	}
	if raw, err = rtcp.Marshal(packets); err != nil {
		t.Fatal(err)
	}
	if _, err := rtcp.Unmarshal(raw); err != nil {
		t.Error(err)
	}
	if packets := p.report(); len(packets) != 2 {
		t.Errorf("one question is answered twice: %v", packets)
	}
}

func TestRoundTrip(t *testing.T) {
	now := time.Unix(1_800_000_000, 123456789)
	at := func(ago time.Duration) uint32 { return ntpMiddle(now.Add(-ago)) }
	for _, c := range []struct {
		rule   string
		report rtcp.ReceptionReport
		want   time.Duration
	}{
		{"they have had no report of ours", rtcp.ReceptionReport{Delay: 5}, 0},
		{"what they waited is taken off", rtcp.ReceptionReport{LastSenderReport: at(100 * time.Millisecond), Delay: 65536 * 40 / 1000}, 60 * time.Millisecond},
		{"a report of the future", rtcp.ReceptionReport{LastSenderReport: at(-time.Second)}, 0},
		{"longer waited than it was away", rtcp.ReceptionReport{LastSenderReport: at(time.Second), Delay: 2 * 65536}, 0},
		{"one that nobody can have waited for", rtcp.ReceptionReport{LastSenderReport: at(3 * time.Minute)}, 0},
	} {
		if got := roundTrip(c.report, now); (got - c.want).Abs() > time.Millisecond {
			t.Errorf("%s: %v, want %v", c.rule, got, c.want)
		}
	}
}
