package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"webphone/phone"
	"webphone/ui/model/modeltest"
)

// The keypad belongs to the call that it was opened in.
func TestCall_theNextOneHasNoKeypad(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		r.ctrl(fyne.KeyK)
		r.update(func(s *phone.Snapshot) { s.Calls[0].ID = "next" })
		if v.call.ID != "next" || v.keypad.Visible() || v.controls.keypad.On() {
			t.Errorf("call %s: the keypad is open: %v, its key is lit: %v", v.call.ID, v.keypad.Visible(), v.controls.keypad.On())
		}
	})
	s := modeltest.Talking()
	inCall(t, s, func(r *windowRig, v *callView) {
		r.ctrl(fyne.KeyK)
		r.update(func(s *phone.Snapshot) {
			for i := range s.Calls {
				s.Calls[i].Conference, s.Calls[i].LocalHold = "k", false
			}
		})
		if !v.inConference() || v.controls.keypad.On() {
			t.Errorf("conference: %v, the key of its keypad is lit: %v", v.inConference(), v.controls.keypad.On())
		}
	})
}
