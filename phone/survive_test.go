package phone_test

import (
	"testing"

	"webphone/phone"
)

func TestCall_survivesALostConnection(t *testing.T) {
	alice, bob, s := pair(t)
	talk(alice, bob)
	if since := alice.Snapshot().Calls[0].ReconnectingSince; !since.IsZero() {
		t.Errorf("a call that is well is being brought back since %v", since)
	}
	if s.Drop("alice") != 1 {
		t.Fatal("alice is not connected")
	}
	alice.until("lost connection", func(s *phone.Snapshot) bool { return !s.Calls[0].ReconnectingSince.IsZero() })
	alice.registered()
	c := alice.until("connection", func(s *phone.Snapshot) bool { return s.Calls[0].ReconnectingSince.IsZero() }).Calls[0]
	if c.State != phone.CallConfirmed {
		t.Errorf("the call did not survive: %v", c.End)
	}
	bob.must(bob.Hangup(""))
	alice.call(phone.CallEnded)
}
