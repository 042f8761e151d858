//go:build interop

package interop

import (
	"testing"
	"time"

	"webphone/phone/interop/rig"
)

// TestPaths has our user agent look for new paths of the sound in a call with
// each kind of peer: while the old one works, twice, and after its loss.
func TestPaths(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			for _, side := range sidesOf(k) {
				t.Run(side.column(k), func(t *testing.T) {
					stage := newStage(t, k)
					showTrace(t, stage.server)
					us := stage.us.Peer.(*rig.Agent)
					a, b := stage.us, stage.they
					if side == theyBegin {
						a, b = b, a
					}
					connect(t, a, b)
					for range 2 {
						check(t, us.Renegotiate())
						hearEachOther(t, a, b)
					}
					us.Air.Move()
					check(t, rig.WaitNoTone(us, stage.they.Tone()))
					time.Sleep(2 * time.Second) // until silence is remarkable
					check(t, us.Renegotiate())
					hearEachOther(t, a, b)
					check(t, a.Hold()) // our present descriptions are understood
					waitHold(t, b, false, true)
					check(t, a.Resume())
					hearEachOther(t, a, b)
					check(t, a.Hangup())
					ended(t, b)
				})
			}
		})
	}
}
