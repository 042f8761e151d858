//go:build interop

package interop

import (
	"path/filepath"
	"strings"
	"testing"

	"webphone/phone/interop/rig"
)

// basics are what any two parties must be able to do, whichever of them
// calls. a calls b.
var basics = []struct {
	name string
	run  func(t *testing.T, a, b rig.Party)
}{
	{"the caller hangs up", func(t *testing.T, a, b rig.Party) { hangup(t, a, b, a) }},
	{"the callee hangs up", func(t *testing.T, a, b rig.Party) { hangup(t, a, b, b) }},
	{"the caller cancels", cancel},
	{"the callee is busy", decline},
	{"nobody has that name", nobody},
	{"the caller holds", func(t *testing.T, a, b rig.Party) { hold(t, a, b, a) }},
	{"the callee holds", func(t *testing.T, a, b rig.Party) { hold(t, a, b, b) }},
	{"DTMF in RTP both ways", dtmf},
	{"messages both ways", messages},
}

// pair runs every scenario with a as the caller.
func pair(t *testing.T, a, b rig.Party) {
	for _, s := range basics {
		t.Run(s.name, func(t *testing.T) {
			check(t, a.Forget())
			check(t, b.Forget())
			tellOnFailure(t, a, b)
			s.run(t, a, b)
		})
	}
}

// tellOnFailure prints what the parties lived through.
func tellOnFailure(t *testing.T, parties ...rig.Party) {
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		for _, p := range parties {
			t.Logf("story of %s, %s:\n%s", p.Name(), p.URI(), tail(p.Story(), 12000))
			if pcm, err := p.Played(0); err == nil {
				_ = rig.WriteWAV(filepath.Join(rig.Artefacts(t), p.Name()+"-heard.wav"), pcm)
			}
		}
	})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func state(t *testing.T, p rig.Party, want string) rig.Call {
	t.Helper()
	c, err := rig.WaitState(p, want)
	check(t, err)
	return c
}

func ended(t *testing.T, p rig.Party) rig.Call {
	t.Helper()
	return state(t, p, "ended")
}

// ring lets a call b until both know that b's phone rings.
func ring(t *testing.T, a, b rig.Party) {
	t.Helper()
	check(t, a.Dial(b.URI()))
	in := state(t, b, "incoming")
	if !strings.Contains(in.Peer, strings.TrimPrefix(a.URI(), "sip:")) {
		t.Errorf("%s shows a call from %q, want %s", b.Name(), in.Peer, a.URI())
	}
	state(t, a, "ringing")
}

// connect lets a call b, and both hear each other.
func connect(t *testing.T, a, b rig.Party) {
	t.Helper()
	ring(t, a, b)
	check(t, b.Answer())
	state(t, a, "confirmed")
	state(t, b, "confirmed")
	hearEachOther(t, a, b)
}

func hearEachOther(t *testing.T, a, b rig.Party) {
	t.Helper()
	check(t, rig.WaitTone(a, b.Tone()))
	check(t, rig.WaitTone(b, a.Tone()))
}

func hangup(t *testing.T, a, b, by rig.Party) {
	connect(t, a, b)
	check(t, by.Hangup())
	ended(t, a)
	ended(t, b)
}

func cancel(t *testing.T, a, b rig.Party) {
	ring(t, a, b)
	check(t, a.Hangup())
	if c := ended(t, b); c.Cause != "Canceled" {
		t.Errorf("%s ends with cause %q, want Canceled", b.Name(), c.Cause)
	}
	if c := ended(t, a); c.Cause != "Canceled" {
		t.Errorf("%s ends with cause %q, want Canceled", a.Name(), c.Cause)
	}
}

func decline(t *testing.T, a, b rig.Party) {
	ring(t, a, b)
	check(t, b.Decline())
	if c := ended(t, a); c.Status != 486 || c.Cause != "Busy" {
		t.Errorf("%s ends with status %d, cause %q, want 486 Busy", a.Name(), c.Status, c.Cause)
	}
	if c := ended(t, b); c.Cause != "Rejected" && c.Cause != "Busy" {
		t.Errorf("%s ends with cause %q, want Rejected or Busy", b.Name(), c.Cause)
	}
}

func nobody(t *testing.T, a, _ rig.Party) {
	check(t, a.Dial("sip:nobody@lab.test"))
	if c := ended(t, a); c.Status != 404 || c.Cause != "Not Found" {
		t.Errorf("%s ends with status %d, cause %q, want 404 Not Found", a.Name(), c.Status, c.Cause)
	}
}

func hold(t *testing.T, a, b, by rig.Party) {
	other := a
	if by == a {
		other = b
	}
	connect(t, a, b)

	check(t, by.Hold())
	_, err := rig.WaitCall(by, "hold", func(c rig.Call) bool { return c.LocalHold && !c.RemoteHold })
	check(t, err)
	_, err = rig.WaitCall(other, "be held", func(c rig.Call) bool { return c.RemoteHold && !c.LocalHold })
	check(t, err)
	check(t, rig.WaitNoTone(other, by.Tone()))
	check(t, rig.WaitNoTone(by, other.Tone()))

	check(t, by.Resume())
	_, err = rig.WaitCall(by, "resume", func(c rig.Call) bool { return !c.LocalHold && c.State == "confirmed" })
	check(t, err)
	_, err = rig.WaitCall(other, "be resumed", func(c rig.Call) bool { return !c.RemoteHold && c.State == "confirmed" })
	check(t, err)
	hearEachOther(t, a, b)

	check(t, a.Hangup())
	ended(t, a)
	ended(t, b)
}

// keys is long enough to show an order, and has both kinds of signs.
const keys = "159*#0"

func dtmf(t *testing.T, a, b rig.Party) {
	connect(t, a, b)
	for _, p := range [][2]rig.Party{{a, b}, {b, a}} {
		if _, plays := p[1].(interface{ State() (rig.WebState, error) }); plays {
			playKeys(t, p[0], p[1])
			continue
		}
		check(t, p[0].SendDTMF(keys))
		_, err := rig.WaitCall(p[1], "receive the keys "+keys, func(c rig.Call) bool { return c.DTMF == keys })
		check(t, err)
	}
	check(t, a.Hangup())
	ended(t, a)
	ended(t, b)
}

// playKeys has Chromium hear the keys: it plays them into the sound and tells
// of them in no other way. On a busy machine its audio thread may tear a tone
// apart, so it gets several tries; who sends wrong keys fails in all of them.
func playKeys(t *testing.T, from, to rig.Party) {
	t.Helper()
	const tries = 5
	var err error
	for range tries {
		at, e := to.Position()
		check(t, e)
		check(t, from.SendDTMF(keys))
		if err = rig.WaitKeys(to, at, keys); err == nil {
			return
		}
		t.Logf("not heard as sent: %v", err)
	}
	check(t, err)
}

func messages(t *testing.T, a, b rig.Party) {
	for _, p := range [][2]rig.Party{{a, b}, {b, a}} {
		body := "Grüße von " + p[0].Name() + ": 你好 👋 “quoted”\nsecond line"
		check(t, p[0].SendText(p[1].URI(), body))
		got, err := rig.WaitText(p[1], body)
		check(t, err)
		if !strings.Contains(got.From, strings.TrimPrefix(p[0].URI(), "sip:")) {
			t.Errorf("%s got it from %q, want %s", p[1].Name(), got.From, p[0].URI())
		}
	}
	if err := a.SendText("sip:nobody@lab.test", "lost"); err == nil {
		t.Errorf("%s: a message to nobody was accepted", a.Name())
	}
}

// TestRig_jssipPair proves the rig itself: two JsSIPs must pass what the phone
// is asked to pass.
func TestRig_jssipPair(t *testing.T) {
	k := kamailio(t)
	a := newJsSIP(t, "alice", k.WS)
	b := newJsSIP(t, "bob", k.WSS)
	b.Voice = otherTone
	check(t, a.Register())
	check(t, b.Register())
	pair(t, a, b)
}
