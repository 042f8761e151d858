package phone_test

import (
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"

	"webphone/audio"
	"webphone/phone"
	"webphone/phone/demo"
	"webphone/phone/media"
	"webphone/phone/ua"
)

const daveTone = 1300.0

// join brings up calls from alice to bob, who waits, and to carol.
func join(t *testing.T) (alice, bob, carol *user, s *demo.Server) {
	t.Helper()
	alice, bob, s = pair(t)
	carol = start(t, "carol", t.TempDir(), carolTone)
	carol.signIn(s, "carol", "singer")
	carol.registered()
	talk(alice, bob)
	_, err := alice.Dial("carol", phone.DialOptions{})
	alice.must(err)
	carol.call(phone.CallIncoming)
	carol.must(carol.Answer(""))
	alice.with("second call", "carol", talking)
	alice.with("hold", "bob", func(c phone.Call) bool { return c.LocalHold && !c.HoldPending })
	return alice, bob, carol, s
}

// conferring waits until u's calls with the peers are one conference, and are
// all there are in it.
func (u *user) conferring(peers ...string) {
	u.t.Helper()
	u.until("conference", func(s *phone.Snapshot) bool {
		var id phone.ConferenceID
		n := 0
		for _, c := range s.Calls {
			if c.Conference == "" {
				continue
			}
			if id == "" {
				id = c.Conference
			}
			in := slices.ContainsFunc(peers, func(p string) bool { return c.Peer == "sip:"+p+"@"+domain })
			if !in || c.Conference != id || c.LocalHold || c.RemoteHold || c.Merging {
				return false
			}
			n++
		}
		return n == len(peers)
	})
}

func (u *user) told(what string, ok func(error) bool) {
	u.t.Helper()
	u.until(what, func(s *phone.Snapshot) bool {
		return slices.ContainsFunc(s.Notices, func(n phone.Notice) bool { return ok(n.Err) })
	})
}

func TestMerge_everybodyHearsTheOthers(t *testing.T) {
	alice, bob, carol, _ := join(t)
	alice.must(alice.Merge())
	alice.conferring("bob", "carol")
	alice.hearsOnly("merged", bobTone, carolTone)
	bob.hearsOnly("merged", aliceTone, carolTone)
	carol.hearsOnly("merged", aliceTone, bobTone)

	member := alice.with("member", "carol", talking).ID
	alice.must(alice.SetMemberMuted(member, true))
	alice.with("mute of a member", "carol", func(c phone.Call) bool { return c.MemberMuted && !c.Muted })
	alice.hearsOnly("carol is muted", bobTone)
	bob.hearsOnly("carol is muted", aliceTone)
	carol.hearsOnly("muted herself", aliceTone, bobTone)
	alice.must(alice.SetMemberMuted(member, false))

	alice.must(alice.SetMuted("", true))
	alice.until("mute in all", func(s *phone.Snapshot) bool { return s.Calls[0].Muted && s.Calls[1].Muted })
	bob.hearsOnly("alice is muted", carolTone)

	carol.must(carol.Hangup(""))
	alice.with("end", "carol", over)
	if c := alice.with("call of its own", "bob", func(c phone.Call) bool { return c.Conference == "" }); !c.Muted || c.LocalHold {
		t.Errorf("the call that is left: %+v", c)
	}
	alice.must(alice.SetMuted("", false))
	bob.hearsOnly("carol has left", aliceTone)
	alice.until("history of each call", func(s *phone.Snapshot) bool { return len(s.History) == 1 })
}

func TestConference_holdAnswerAndGrow(t *testing.T) {
	alice, bob, carol, s := join(t)
	dave := start(t, "dave", t.TempDir(), daveTone)
	dave.signIn(s, "dave", "painter")
	dave.registered()
	alice.must(alice.Merge())
	alice.conferring("bob", "carol")

	_, err := dave.Dial("alice", phone.DialOptions{})
	dave.must(err)
	rings := alice.call(phone.CallIncoming)
	alice.must(alice.Answer(rings.ID))
	for _, peer := range []string{"bob", "carol"} {
		alice.with("conference on hold", peer, func(c phone.Call) bool { return c.LocalHold && !c.HoldPending && c.Conference != "" })
	}
	alice.with("third call", "dave", talking)
	alice.hearsOnly("the conference is on hold", daveTone)

	alice.must(alice.Resume(""))
	alice.conferring("bob", "carol")
	alice.with("the third on hold", "dave", func(c phone.Call) bool { return c.LocalHold && !c.HoldPending })
	alice.must(alice.Merge(rings.ID, alice.Snapshot().Calls[0].ID))
	alice.conferring("bob", "carol", "dave")
	bob.hearsOnly("three", aliceTone, carolTone, daveTone)
	dave.hearsOnly("three", aliceTone, bobTone, carolTone)

	alice.must(alice.Hold(rings.ID))
	alice.with("member on hold", "dave", func(c phone.Call) bool { return c.LocalHold && !c.HoldPending && c.Conference != "" })
	bob.hearsOnly("dave is on hold", aliceTone, carolTone)

	alice.must(alice.Split(alice.Snapshot().Calls[0].ID))
	alice.until("single calls", func(s *phone.Snapshot) bool {
		held := 0
		for _, c := range s.Calls {
			if c.Conference != "" {
				return false
			}
			if c.LocalHold && !c.HoldPending {
				held++
			}
		}
		return held == 2 && !s.Calls[0].LocalHold
	})
	alice.must(alice.Merge())
	alice.conferring("bob", "carol", "dave")
	alice.must(alice.HangupConference(""))
	for _, peer := range []string{"bob", "carol", "dave"} {
		alice.with("end", peer, over)
	}
	carol.call(phone.CallEnded)
}

// Whoever refuses to be taken off hold leaves everything as it was.
func TestMerge_refusedResume(t *testing.T) {
	alice, bob, server := pair(t)
	var refuse atomic.Bool
	engine, err := audio.New(audio.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	carol := newAgent(t, server, "carol", "singer", nil, func(a *agent, e ua.Event) {
		switch e := e.(type) {
		case ua.NewRTCSession:
			if err := e.Session.Answer(ua.AnswerCallOptions{}); err != nil {
				t.Error(err)
			}
		case ua.Reinvite:
			if refuse.Load() {
				if err := e.Reject(488, ua.ReplyOptions{}); err != nil {
					t.Error(err)
				}
			}
		}
	})
	carol.do(func() {
		carol.newPeer = func(o ua.PeerOptions) (ua.Peer, error) {
			return media.New(media.Options{Stream: engine.NewStream(), Loopback: true, Events: o.Events, Trickle: o.Trickle})
		}
	})
	_, err = alice.Dial("carol", phone.DialOptions{})
	alice.must(err)
	alice.with("first call", "carol", talking)
	_, err = alice.Dial("bob", phone.DialOptions{})
	alice.must(err)
	bob.call(phone.CallIncoming)
	if err := alice.Merge(); !errors.Is(err, phone.ErrMergeAlone) {
		t.Errorf("merging with a call that rings: %v", err)
	}
	bob.must(bob.Answer(""))
	alice.with("second call", "bob", talking)
	alice.with("hold", "carol", func(c phone.Call) bool { return c.LocalHold && !c.HoldPending })
	refuse.Store(true)
	alice.must(alice.Merge())
	if err := alice.Merge(); !errors.Is(err, phone.ErrMerging) {
		t.Errorf("merging meanwhile: %v", err)
	}
	alice.told("refusal", func(err error) bool {
		var refused *phone.MergeError
		var end *ua.EndError
		return errors.As(err, &refused) && errors.As(err, &end) && end.Status == 488
	})
	for _, c := range alice.Snapshot().Calls {
		if held := c.Peer == "sip:carol@"+domain; c.LocalHold != held || c.HoldPending || c.Merging || c.Conference != "" || !c.Live() {
			t.Errorf("after the refusal: %+v", c)
		}
	}
	if err := alice.Split(""); !errors.Is(err, phone.ErrNoConference) {
		t.Errorf("Split without a conference: %v", err)
	}
	refuse.Store(false)
	alice.must(alice.Merge())
	alice.conferring("bob", "carol")
}

// Whoever leaves can connect the two others with one another.
func TestConference_connectAndLeave(t *testing.T) {
	alice, bob, carol, _ := join(t)
	alice.must(alice.Merge())
	alice.conferring("bob", "carol")
	alice.must(alice.ConnectConference(""))
	for _, peer := range []string{"bob", "carol"} {
		if c := alice.with("end", peer, over); c.Transfer.State != phone.TransferDone {
			t.Errorf("the call with %s ended in transfer state %q: %v", peer, c.Transfer.State, c.End)
		}
	}
	bob.with("sound", "carol", talking)
	carol.with("sound", "bob", talking)
	bob.hears(carolTone)
	carol.hears(bobTone)
}

// transferred is a conference of alice with bob and carol in which bob has sent
// alice to dave, where it rings.
func transferred(t *testing.T) (alice, bob, carol, dave *user) {
	t.Helper()
	alice, bob, carol, s := join(t)
	dave = start(t, "dave", t.TempDir(), daveTone)
	dave.signIn(s, "dave", "painter")
	dave.registered()
	alice.must(alice.Merge())
	alice.conferring("bob", "carol")
	bob.must(bob.Transfer("", "dave"))
	dave.call(phone.CallIncoming)
	return alice, bob, carol, dave
}

// Whom a member transfers us to takes the place of that member.
func TestConference_memberTransfersUs(t *testing.T) {
	alice, _, carol, dave := transferred(t)
	if c := alice.with("the other member", "carol", func(phone.Call) bool { return true }); c.LocalHold || c.HoldPending {
		t.Errorf("while dave rings carol is on hold: %+v", c)
	}
	dave.must(dave.Answer(""))
	alice.with("end", "bob", over)
	alice.conferring("carol", "dave")
	carol.hearsOnly("dave in bob's place", aliceTone, daveTone)
}

// It does so too where the member does not wait for the answer.
func TestConference_memberTransfersUsAndLeaves(t *testing.T) {
	alice, bob, carol, dave := transferred(t)
	alice.must(alice.SetMemberMuted(alice.with("member", "carol", talking).ID, true))
	bob.must(bob.Hangup(""))
	alice.with("end", "bob", over)
	alice.with("a call of its own", "carol", func(c phone.Call) bool { return c.Conference == "" && !c.LocalHold })
	dave.must(dave.Answer(""))
	alice.conferring("carol", "dave")
	carol.hearsOnly("dave in bob's place", aliceTone, daveTone)
	alice.hearsOnly("carol muted as before", daveTone)
}

// Nobody comes into a conference that the user has split meanwhile.
func TestConference_splitBeforeTheTransferIsAnswered(t *testing.T) {
	alice, bob, carol, s := join(t)
	dave := start(t, "dave", t.TempDir(), daveTone)
	dave.signIn(s, "dave", "painter")
	eve := start(t, "eve", t.TempDir(), 1700)
	eve.signIn(s, "eve", "baker")
	dave.registered()
	eve.registered()
	alice.must(alice.Merge())
	alice.conferring("bob", "carol")
	_, err := alice.Dial("eve", phone.DialOptions{})
	alice.must(err)
	eve.call(phone.CallIncoming)
	eve.must(eve.Answer(""))
	alice.with("third call", "eve", talking)
	alice.must(alice.Merge())
	alice.conferring("bob", "carol", "eve")
	bob.must(bob.Transfer("", "dave"))
	dave.call(phone.CallIncoming)
	bob.must(bob.Hangup(""))
	alice.with("end", "bob", over)
	alice.must(alice.Split(alice.with("member", "carol", talking).ID))
	alice.with("hold", "eve", func(c phone.Call) bool { return c.LocalHold && !c.HoldPending })
	dave.must(dave.Answer(""))
	alice.with("dave", "dave", talking)
	if c := alice.with("carol", "carol", talking); c.Conference != "" {
		t.Errorf("carol, with whom the user talks alone, is in a conference: %+v", c)
	}
	carol.hearsOnly("alone with alice", aliceTone)
}

// Answering a call while others are being merged leaves nobody listening in:
// they are all on hold, merged or not.
func TestMerge_answeringMeanwhile(t *testing.T) {
	alice, _, _, s := join(t)
	dave := start(t, "dave", t.TempDir(), daveTone)
	dave.signIn(s, "dave", "painter")
	dave.registered()
	_, err := dave.Dial("alice", phone.DialOptions{})
	dave.must(err)
	rings := alice.call(phone.CallIncoming)
	alice.must(alice.Merge())
	alice.must(alice.Answer(rings.ID))
	for _, peer := range []string{"bob", "carol"} {
		alice.with("hold", peer, func(c phone.Call) bool { return c.LocalHold && !c.HoldPending && !c.Merging })
	}
	alice.with("sound", "dave", talking)
	alice.hearsOnly("dave alone", daveTone)
	for _, n := range alice.Snapshot().Notices {
		if failed := (*phone.MergeError)(nil); errors.As(n.Err, &failed) {
			t.Errorf("told %v", n.Err)
		}
	}
}
