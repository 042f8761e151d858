package phone_test

import (
	"errors"
	"testing"

	"webphone/phone"
	"webphone/phone/ua"
)

func TestCall_soundBothWaysAndHistory(t *testing.T) {
	alice, bob, _ := pair(t)
	talk(alice, bob)
	c := alice.Snapshot().Calls[0]
	if c.Codec != "opus" || c.Peer != "sip:bob@"+domain || c.Direction != phone.Outgoing {
		t.Errorf("alice's call: %+v", c)
	}
	alice.hears(bobTone)
	bob.hears(aliceTone)
	bob.must(bob.Hangup(""))
	if end := alice.call(phone.CallEnded).End; !errors.Is(end, ua.CauseBye) {
		t.Errorf("alice's call ended with %v", end)
	}
	for _, u := range []*user{alice, bob} {
		s := u.until("history", func(s *phone.Snapshot) bool { return len(s.History) == 1 })
		if h := s.History[0]; h.Outcome != phone.OutcomeAnswered || h.Duration <= 0 || h.Codec != "opus" || h.ID <= 0 {
			t.Errorf("%s's history: %+v", u.name, h)
		}
	}
}

// A call that began and ended during another is the newer one.
func TestHistory_isInTheOrderOfTheBeginnings(t *testing.T) {
	alice, bob, _ := pair(t)
	talk(alice, bob)
	_, err := alice.Dial("nobody", phone.DialOptions{})
	alice.must(err)
	alice.until("the short call", func(s *phone.Snapshot) bool { return len(s.History) == 1 })
	alice.must(alice.HangupAll())
	h := alice.until("both calls", func(s *phone.Snapshot) bool { return len(s.History) == 2 }).History
	if h[0].Peer != "sip:nobody@"+domain || h[1].Peer != "sip:bob@"+domain {
		t.Errorf("the history has %s before %s", h[0].Peer, h[1].Peer)
	}
	alice.stop()
	again := start(t, "alice again", alice.profile, aliceTone)
	if h := again.Snapshot().History; len(h) != 2 || h[0].Peer != "sip:nobody@"+domain {
		t.Errorf("after a restart the history is %+v", h)
	}
}

func TestCall_holdAndDTMF(t *testing.T) {
	alice, bob, _ := pair(t)
	talk(alice, bob)
	alice.must(alice.SendDTMF("", "12#"))
	bob.until("digits", func(s *phone.Snapshot) bool { return s.Calls[0].DTMFReceived == "12#" })
	alice.must(alice.Hold(""))
	alice.until("hold", func(s *phone.Snapshot) bool { return s.Calls[0].LocalHold && !s.Calls[0].HoldPending })
	bob.until("remote hold", func(s *phone.Snapshot) bool { return s.Calls[0].RemoteHold })
	before := bob.Snapshot().Calls[0].Stats.PacketsReceived
	alice.must(alice.Resume(""))
	bob.until("sound again", func(s *phone.Snapshot) bool {
		return !s.Calls[0].RemoteHold && s.Calls[0].Stats.PacketsReceived > before+20
	})
	alice.must(alice.SetMuted("", true))
	alice.until("mute", func(s *phone.Snapshot) bool { return s.Calls[0].Muted })
	alice.must(alice.HangupAll())
	bob.call(phone.CallEnded)
}

func TestCall_endings(t *testing.T) {
	cases := []struct {
		name      string
		act       func(alice, bob *user)
		cause     ua.Cause
		alice     phone.Outcome
		bob       phone.Outcome
		bobMissed int
	}{
		{"bob declines", func(alice, bob *user) {
			bob.must(bob.Decline(""))
		}, ua.CauseBusy, phone.OutcomeBusy, phone.OutcomeDeclined, 0},
		{"alice gives up", func(alice, bob *user) {
			alice.must(alice.Hangup(""))
		}, ua.CauseCanceled, phone.OutcomeCancelled, phone.OutcomeMissed, 1},
	}
	alice, bob, _ := pair(t)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := alice.Dial("sip:bob@"+domain, phone.DialOptions{})
			alice.must(err)
			bob.call(phone.CallIncoming)
			alice.call(phone.CallRinging)
			c.act(alice, bob)
			if end := alice.call(phone.CallEnded).End; !errors.Is(end, c.cause) {
				t.Errorf("alice's call ended with %v, want %v", end, c.cause)
			}
			bob.call(phone.CallEnded)
			for _, u := range []*user{alice, bob} {
				s := u.until("history", func(s *phone.Snapshot) bool { return len(s.History) == i+1 })
				want := c.alice
				if u == bob {
					want = c.bob
				}
				if got := s.History[0].Outcome; got != want {
					t.Errorf("%s's history says %q, want %q", u.name, got, want)
				}
			}
			if got := bob.Snapshot().MissedCalls; got != c.bobMissed {
				t.Errorf("bob has %d missed calls, want %d", got, c.bobMissed)
			}
		})
	}
	bob.MarkCallsSeen()
	bob.until("seen calls", func(s *phone.Snapshot) bool { return s.MissedCalls == 0 })
}

func TestDoNotDisturb_isBusyAndMissed(t *testing.T) {
	alice, bob, _ := pair(t)
	settings := bob.Snapshot().Settings
	settings.Calls.DoNotDisturb = true
	bob.must(bob.Apply(settings))
	_, err := alice.Dial("bob", phone.DialOptions{})
	alice.must(err)
	if end := alice.call(phone.CallEnded).End; !errors.Is(end, ua.CauseBusy) {
		t.Errorf("alice's call ended with %v", end)
	}
	s := bob.until("history", func(s *phone.Snapshot) bool { return len(s.History) == 1 })
	if s.History[0].Outcome != phone.OutcomeMissed || s.MissedCalls != 1 {
		t.Errorf("bob's history says %q, %d missed", s.History[0].Outcome, s.MissedCalls)
	}
}

func TestDial_refuses(t *testing.T) {
	alice := start(t, "alice", t.TempDir(), aliceTone)
	if _, err := alice.Dial("bob", phone.DialOptions{}); !errors.Is(err, phone.ErrNoAccount) {
		t.Errorf("without an account: %v", err)
	}
	s := server(t)
	alice.signIn(s, "alice", "wonderland")
	alice.registered()
	for _, target := range []string{"", "  \n ", "sip:", "<>", "''", "+", "sip:bob@exa mple", "sip:not an address", "Bob Nobody"} {
		var wrong *phone.TargetError
		if _, err := alice.Dial(target, phone.DialOptions{}); !errors.As(err, &wrong) {
			t.Errorf("Dial(%q) returned %v, want a TargetError", target, err)
		}
	}
	if err := alice.Answer(""); !errors.Is(err, phone.ErrNoCall) {
		t.Errorf("Answer without a call: %v", err)
	}
	if n := len(alice.Snapshot().Calls); n != 0 {
		t.Errorf("%d calls are left over", n)
	}
}

// The volume is the call's own and stays with it over a hold.
func TestCall_volumeStaysWithTheCall(t *testing.T) {
	alice, bob, _ := pair(t)
	id, _ := talk(alice, bob)
	volume := func(want float64) {
		t.Helper()
		alice.until("volume", func(s *phone.Snapshot) bool { return s.Calls[0].Volume == want })
	}
	volume(1)
	alice.must(alice.SetVolume(id, 0.5))
	volume(0.5)
	alice.must(alice.Hold(id))
	alice.until("hold", func(s *phone.Snapshot) bool { return s.Calls[0].LocalHold })
	alice.must(alice.Resume(id))
	alice.until("no hold", func(s *phone.Snapshot) bool { return !s.Calls[0].LocalHold })
	volume(0.5)
	alice.must(alice.SetVolume(id, 7))
	volume(2)
	if got := bob.Snapshot().Calls[0].Volume; got != 1 {
		t.Errorf("the other side's volume is %.2f", got)
	}
}
