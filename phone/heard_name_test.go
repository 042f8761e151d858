package phone_test

import (
	"testing"

	"webphone/phone"
)

// Who called is called back under the same name.
func TestDial_namesWhomWeHeardOf(t *testing.T) {
	s := server(t)
	alice, bob := start(t, "alice", t.TempDir(), aliceTone), start(t, "bob", t.TempDir(), bobTone)
	alice.signIn(s, "alice", "wonderland")
	bob.must(bob.SetAccount(phone.Account{
		URI: s.URI("bob").String(), DisplayName: "Bob Brown", Servers: []string{s.URL()}, CAPEM: string(s.CAPEM()),
	}, "builder"))
	alice.registered()
	bob.registered()
	callBob := func(want string) {
		t.Helper()
		_, err := alice.Dial("bob", phone.DialOptions{})
		alice.must(err)
		if got := alice.call(phone.CallRinging).DisplayName; got != want {
			t.Errorf("it calls %q, want %q", got, want)
		}
		alice.must(alice.Hangup(""))
		bob.call(phone.CallEnded)
	}
	history := func(n int) {
		t.Helper()
		alice.until("history", func(s *phone.Snapshot) bool { return len(s.History) == n })
	}
	callBob("") // a stranger
	history(1)
	_, err := bob.Dial("alice", phone.DialOptions{})
	bob.must(err)
	alice.call(phone.CallIncoming)
	alice.must(alice.Decline(""))
	bob.call(phone.CallEnded)
	history(2)
	callBob("Bob Brown")
	history(3)
	if h := alice.Snapshot().History[0]; h.DisplayName != "Bob Brown" || h.Direction != phone.Outgoing {
		t.Errorf("the history has %+v", h)
	}
}
