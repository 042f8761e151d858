//go:build interop

package interop

import (
	"fmt"
	"strings"
	"testing"

	"webphone/phone/interop/rig"
)

// TestPhone_transfers has the whole program give calls away, take them and be
// given away, with itself and with the libraries in the other places.
func TestPhone_transfers(t *testing.T) {
	k := kamailio(t)
	alice := registered(t, k, "alice", rig.PhoneOptions{Name: "alice"})
	carol := registered(t, k, "carol", rig.PhoneOptions{Name: "carol", Frequency: otherTone})
	bob := registered(t, k, "bob", rig.PhoneOptions{Name: "bob", Frequency: jssipTone})
	dave := registeredJsSIP(t, "dave", k.WS)
	for _, c := range []struct {
		rule string
		bob  rig.Party
		run  func(t *testing.T, alice *rig.Phone, bob, carol rig.Party)
	}{
		{"blind, by the caller", bob, transferBlind},
		{"attended, by the caller", bob, transferAttended},
		{"to nobody: the call is still there", bob, transferToNobody},
		{"blind, JsSIP is given away", dave, transferBlind},
		{"attended, JsSIP is given away", dave, transferAttended},
	} {
		t.Run(c.rule, func(t *testing.T) {
			for _, p := range []rig.Party{alice, c.bob, carol} {
				check(t, p.Forget())
			}
			tellOnFailure(t, alice, c.bob, carol)
			c.run(t, alice, c.bob, carol)
		})
	}
}

func transferBlind(t *testing.T, alice *rig.Phone, bob, carol rig.Party) {
	connect(t, alice, bob)
	run(t, alice, "transfer", carol.URI())
	given(t, alice, bob, carol)
}

// transferAttended asks carol first.
func transferAttended(t *testing.T, alice *rig.Phone, bob, carol rig.Party) {
	connect(t, alice, bob)
	first, err := alice.StatusCall()
	check(t, err)
	connect(t, alice, carol)
	second, err := alice.StatusCall()
	check(t, err)
	run(t, alice, "transfer", "--attended", second.ID, "--call", first.ID)
	talking(t, alice, bob, carol)
}

// given answers the new call.
func given(t *testing.T, alice *rig.Phone, bob, carol rig.Party) {
	t.Helper()
	state(t, carol, "incoming")
	check(t, carol.Answer())
	talking(t, alice, bob, carol)
}

// talking proves that bob and carol talk and alice has no call any more.
func talking(t *testing.T, alice *rig.Phone, bob, carol rig.Party) {
	t.Helper()
	check(t, alice.WaitStatus("the end of every call", rig.Limit, func(s rig.Status) bool {
		for _, c := range s.Calls {
			if c.State != "ended" {
				return false
			}
		}
		return true
	}))
	state(t, bob, "confirmed")
	state(t, carol, "confirmed")
	hearEachOther(t, bob, carol)
	check(t, bob.Hangup())
	ended(t, carol)
}

func transferToNobody(t *testing.T, alice *rig.Phone, bob, carol rig.Party) {
	connect(t, alice, bob)
	nobody := strings.Replace(carol.URI(), "carol", "nobody", 1)
	run(t, alice, "transfer", nobody)
	check(t, rig.Poll(rig.Limit, func() error {
		c, err := alice.StatusCall()
		if err != nil || c.Transfer != "failed" || c.TransferReason == "" {
			return fmt.Errorf("the transfer is %q (%s), want failed with a reason (%v)", c.Transfer, c.TransferReason, err)
		}
		return nil
	}))
	run(t, alice, "resume")
	hearEachOther(t, alice, bob)
	check(t, alice.Hangup())
	ended(t, bob)
}
