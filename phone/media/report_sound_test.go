package media

import (
	"testing"

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
	for _, c := range []struct {
		rule            string
		packet          rtcp.Packet
		loss, bandwidth int32
	}{
		{"nothing of ours", loss(8, 100), 0, 0},
		{"a fifth is lost", loss(7, 51), 20, 0},
		{"one in 256 is not none", loss(7, 1), 1, 0},
		{"all", loss(7, 255), 100, 0},
		{"an estimate", &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 70000}, 100, 70000},
		{"one beyond all measure", &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e12}, 100, 1e9},
	} {
		e.reported([]rtcp.Packet{c.packet})
		if l, b := e.stream.loss.Load(), e.stream.bandwidth.Load(); l != c.loss || b != c.bandwidth {
			t.Errorf("%s: %d %% and %d bit/s, want %d and %d", c.rule, l, b, c.loss, c.bandwidth)
		}
	}
}
