package store

import (
	"testing"
	"time"
)

func TestThreads_haveTheNameOfWhoWrites(t *testing.T) {
	p := open(t, t.TempDir())
	const bob, carol = "sip:bob@x", "sip:carol@x"
	for _, peer := range []string{bob, bob, carol} {
		if _, err := p.AddMessage(t.Context(), MessageRecord{Peer: peer, At: time.Now(), State: "received", Incoming: true}); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"Bob", "Bob Brown"} {
		if err := p.SetThreadName(t.Context(), bob, name); err != nil {
			t.Fatal(err)
		}
	}
	names := func(rule string, want map[string]string) {
		t.Helper()
		threads, err := p.Threads(t.Context())
		if err != nil || len(threads) != len(want) {
			t.Fatalf("%s: %d threads, %v", rule, len(threads), err)
		}
		for _, th := range threads {
			if th.Name != want[th.Peer] {
				t.Errorf("%s: %s is %q, want %q", rule, th.Peer, th.Name, want[th.Peer])
			}
		}
	}
	names("the last one", map[string]string{bob: "Bob Brown", carol: ""})
	if err := p.DeleteMessage(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	names("one message is left", map[string]string{bob: "Bob Brown", carol: ""})
	if err := p.DeleteThread(t.Context(), bob); err != nil {
		t.Fatal(err)
	}
	if _, err := p.AddMessage(t.Context(), MessageRecord{Peer: bob, At: time.Now(), State: "accepted"}); err != nil {
		t.Fatal(err)
	}
	names("deleted and begun anew", map[string]string{bob: "", carol: ""})
}
