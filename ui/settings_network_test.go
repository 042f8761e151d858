package ui

import (
	"testing"

	"webphone/ui/model/modeltest"
)

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
