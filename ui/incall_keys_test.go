package ui

import (
	"strings"
	"testing"
	"time"

	"webphone/phone"
)

// The keys that the other side presses are told, and stay among the figures.
func TestCall_keysHeardAreShown(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		press := func(keys string) { r.update(func(s *phone.Snapshot) { s.Calls[0].DTMFReceived = keys }) }
		press("1")
		press("12#")
		if !v.warning.Visible() || v.warning.Sentence() != "Bob Meyer pressed 12#." {
			t.Errorf("it says %q", v.warning.Sentence())
		}
		r.update(func(s *phone.Snapshot) { s.Calls[0].Hearing.In.Cause = phone.FaultBlocked })
		if !strings.Contains(v.warning.Sentence(), "We hear nothing") {
			t.Errorf("a fault is not said before the keys: %q", v.warning.Sentence())
		}
		r.update(func(s *phone.Snapshot) { s.Calls[0].Hearing.In.Cause = phone.FaultNone })
		r.wait(keysTold + time.Second)
		if v.warning.Visible() {
			t.Errorf("it still says %q", v.warning.Sentence())
		}
		press("12#123456789012345678")
		if v.warning.Sentence() != "Bob Meyer pressed …123456789012345678." {
			t.Errorf("of many it says %q", v.warning.Sentence())
		}
		if !strings.Contains(v.sound.Text(), "Keys heard: …123456789012345678\n") {
			t.Errorf("the figures have %q", v.sound.Text())
		}
	})
}
