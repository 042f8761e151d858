//go:build interop

package interop

import (
	"fmt"
	"testing"

	"webphone/audio/codec"
	"webphone/phone/interop/rig"
)

// Chromium tells us when our packets came, and takes from us when its did: it
// knows then how much the path carries.
func TestFeedback_bothWays(t *testing.T) {
	s := newSpeakers(t)
	for _, c := range [][2]rig.Party{{s.agent, s.jssip}, {s.jssip, s.agent}} {
		connect(t, c[0], c[1])
		s.wait(t, codec.Opus)
		check(t, rig.Poll(rig.Limit, func() error {
			theirs, err := s.jssip.Stats()
			if err != nil {
				return rig.Final(err)
			}
			ours := s.agent.MediaStats()
			if available, _ := theirs["available"].(float64); ours.Acknowledged < 100 || available == 0 {
				return fmt.Errorf("%d packets of ours are acknowledged, Chromium has %v bit/s", ours.Acknowledged, theirs["available"])
			}
			t.Logf("%s calls: %d packets of ours are acknowledged, %d lost, path %d; Chromium has %v bit/s and speaks with %v",
				c[0].Name(), ours.Acknowledged, ours.PeerLost, ours.Bandwidth, theirs["available"], theirs["target"])
			return nil
		}))
		check(t, s.agent.Hangup())
		ended(t, s.jssip)
		ended(t, s.agent)
	}
}
