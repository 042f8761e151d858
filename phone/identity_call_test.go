package phone_test

import (
	"testing"

	"webphone/phone"
	"webphone/phone/sip"
	"webphone/phone/ua"
)

// Bob's server says that it is Anna's phone that rings. The user sees Anna,
// where the server is trusted, and finds in the history whom was called.
func TestCall_showsWhoIsReallyThere(t *testing.T) {
	for rule, c := range map[string]struct {
		trust      bool
		peer, name string
	}{
		"trusted":   {true, "sip:anna@" + domain, "Anna"},
		"untrusted": {false, "sip:bob@" + domain, ""},
	} {
		t.Run(rule, func(t *testing.T) {
			s := server(t)
			alice := start(t, "alice", t.TempDir(), aliceTone)
			alice.must(alice.SetAccount(phone.Account{
				URI: s.URI("alice").String(), Servers: []string{s.URL()}, CAPEM: string(s.CAPEM()), TrustIdentity: c.trust,
			}, "wonderland"))
			alice.registered()
			ringing := make(chan *ua.RTCSession, 1)
			bob := newAgent(t, s, "bob", "builder", nil, func(_ *agent, e ua.Event) {
				if e, ok := e.(ua.NewRTCSession); ok {
					if err := e.Session.Progress(ua.ProgressOptions{Headers: []sip.Header{
						{Name: "P-Asserted-Identity", Value: `"Anna" <sip:anna@` + domain + `>`},
					}}); err != nil {
						t.Error(err)
					}
					ringing <- e.Session
				}
			})
			_, err := alice.Dial("bob", phone.DialOptions{})
			alice.must(err)
			if call := alice.call(phone.CallRinging); call.Peer != c.peer || call.DisplayName != c.name {
				t.Errorf("the call is with %q %s", call.DisplayName, call.Peer)
			}
			session := <-ringing
			bob.do(func() { _ = session.Terminate(ua.TerminateOptions{}) })
			h := alice.until("history", func(s *phone.Snapshot) bool { return len(s.History) == 1 }).History[0]
			if h.Peer != "sip:bob@"+domain || h.DisplayName != "" {
				t.Errorf("history: %q %s", h.DisplayName, h.Peer)
			}
		})
	}
}
