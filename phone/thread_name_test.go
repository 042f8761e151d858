package phone_test

import (
	"testing"

	"webphone/phone"
)

func TestThread_keepsTheNameOfWhoWroteOverARestart(t *testing.T) {
	s := server(t)
	profile := t.TempDir()
	alice, bob := start(t, "alice", profile, aliceTone), start(t, "bob", t.TempDir(), bobTone)
	alice.signIn(s, "alice", "wonderland")
	bob.must(bob.SetAccount(phone.Account{
		URI: s.URI("bob").String(), DisplayName: "Bob Brown", Servers: []string{s.URL()}, CAPEM: string(s.CAPEM()),
	}, "builder"))
	alice.registered()
	bob.registered()
	_, err := bob.Send("alice", "hello")
	bob.must(err)
	named := func(s *phone.Snapshot) bool { return len(s.Threads) == 1 && s.Threads[0].DisplayName == "Bob Brown" }
	alice.until("message", named)
	alice.stop()
	again := start(t, "alice again", profile, aliceTone)
	if now := again.Snapshot(); !named(now) {
		t.Errorf("after a restart: %+v", now.Threads)
	}
}
