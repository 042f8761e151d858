package ui

import (
	"strings"
	"testing"
	"time"

	"webphone/phone"
	"webphone/ui/model/modeltest"
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

// Keys that were told before are not told again when their call comes back
// into view; what is pressed out of view is still new there for a while.
func TestCall_keysHeardAreToldOnce(t *testing.T) {
	inCall(t, modeltest.Talking(), func(r *windowRig, v *callView) {
		first, second := r.ui.model.Snapshot().Calls[0], r.ui.model.Snapshot().Calls[1]
		show := func(c phone.Call) {
			r.ui.dialpad.wanted = c.ID
			r.update(func(*phone.Snapshot) {})
			if v.call.ID != c.ID {
				t.Fatalf("%s is in view, want %s", v.call.Peer, c.Peer)
			}
		}
		told := func() string {
			if !v.warning.Visible() {
				return ""
			}
			return v.warning.Sentence()
		}
		show(first)
		r.update(func(s *phone.Snapshot) { s.Calls[0].DTMFReceived = "12" })
		if want := callName(first) + " pressed 12."; told() != want {
			t.Errorf("it says %q, want %q", told(), want)
		}
		show(second)
		r.wait(keysTold + time.Second)
		show(first)
		if told() != "" {
			t.Errorf("back in view it says %q", told())
		}
		r.update(func(s *phone.Snapshot) { s.Calls[1].DTMFReceived = "7" })
		show(second)
		if want := callName(second) + " pressed 7."; told() != want {
			t.Errorf("of keys pressed out of view it says %q, want %q", told(), want)
		}
	})
}
