package ui

import (
	"testing"

	"webphone/phone"
	"webphone/ui/model/modeltest"
)

// Where no relay is known there is no password that could stay.
func TestNetworkPage_unchangedPassword(t *testing.T) {
	inSettings(t, modeltest.Sample(), func(r *rig, v *settingsScreenView) {
		v.OpenPage(pageNetwork, "")
		page := v.pages[pageNetwork].(*networkPage)
		for _, c := range []struct {
			rule  string
			turn  []phone.TURN
			known string
		}{
			{"no relay", nil, ""},
			{"a relay", []phone.TURN{{URL: "turn:t.example"}}, "unchanged"},
			{"none any more", nil, ""},
		} {
			page.Apply(&phone.Snapshot{Settings: phone.Settings{Network: phone.Network{TURN: c.turn}}})
			if got := page.password.PlaceHolder; got != c.known {
				t.Errorf("%s: the password's field says %q, want %q", c.rule, got, c.known)
			}
		}
	})
}

func TestNetworkPage_everyWrongAddressIsTold(t *testing.T) {
	inSettings(t, modeltest.Sample(), func(r *rig, v *settingsScreenView) {
		v.OpenPage(pageNetwork, "")
		page := v.pages[pageNetwork].(*networkPage)
		page.stun.SetText("example.com")
		page.turn.SetText("http://t.example")
		page.save()
		r.queue.Settle()
		if stun, turn := page.stunBox.SetProblem(""), page.turnBox.SetProblem(""); !stun || !turn {
			t.Errorf("a problem was shown at STUN: %v, at TURN: %v", stun, turn)
		}
	})
}
