package media

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// What the peer says of our stream goes to the sound: the loss, rounded, and
// how much the path carries if it tells (REMB).
func TestReports_goToTheSound(t *testing.T) {
	e := newEnd(t)
	e.sending = 7
	loss := func(ssrc uint32, fraction uint8) rtcp.Packet {
		return &rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: ssrc, FractionLost: fraction}}}
	}
	came := func(highest, lost uint32) rtcp.Packet {
		return &rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: 7, LastSequenceNumber: highest, TotalLost: lost}}}
	}
	for _, c := range []struct {
		rule            string
		packet          rtcp.Packet
		loss, bandwidth int32
	}{
		{"nothing of ours", loss(8, 100), 0, 0},
		{"a fifth is lost", loss(7, 51), 20, 0},
		{"one in 256 is not none", loss(7, 1), 1, 0},
		{"1.2 % are one", loss(7, 3), 1, 0},
		{"none, but of no packet", loss(7, 0), 1, 0},
		{"none of those that came", came(10, 0), 0, 0},
		{"one more is missed, of which another report told", came(20, 3), 1, 0},
		{"none since", came(30, 3), 0, 0},
		{"all", loss(7, 255), 100, 0},
		{"an estimate", &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 70000}, 100, 70000},
		{"one beyond all measure", &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e12}, 100, 1e9},
	} {
		e.reported([]rtcp.Packet{c.packet}, time.Now())
		if l, b := e.stream.loss.Load(), e.stream.bandwidth.Load(); l != c.loss || b != c.bandwidth {
			t.Errorf("%s: %d %% and %d bit/s, want %d and %d", c.rule, l, b, c.loss, c.bandwidth)
		}
	}
}
