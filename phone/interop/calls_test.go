//go:build interop

package interop

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"webphone/phone/interop/rig"
)

func hangupAll(t *testing.T, p *play) {
	t.Helper()
	check(t, p.a.HangupAll())
	ended(t, p.a)
	ended(t, p.b)
}

func declineEverywhere(t *testing.T, p *play) {
	ring(t, p.a, p.b)
	check(t, p.b.Reject(603))
	if c := ended(t, p.a); c.Status != 603 || c.Cause != "Rejected" {
		t.Errorf("%s ends with status %d, cause %q, want 603 Rejected", p.a.Name(), c.Status, c.Cause)
	}
	ended(t, p.b)
}

// forwarded has the callee send the caller on to the third.
func forwarded(t *testing.T, p *play) {
	check(t, p.a.Dial(p.b.URI()))
	state(t, p.b, "incoming")
	check(t, p.b.Peer.(rig.Forwarder).Forward(p.third.URI()))
	ended(t, p.b)
	state(t, p.third, "incoming")
	check(t, p.third.Answer())
	state(t, p.a, "confirmed")
	hearEachOther(t, p.a, p.third)
	check(t, p.a.Hangup())
	ended(t, p.third)
}

// waitHold waits until the party knows who holds.
func waitHold(t *testing.T, p rig.Party, local, remote bool) {
	t.Helper()
	_, err := rig.WaitCall(p, fmt.Sprintf("holds: %v, is held: %v", local, remote), func(c rig.Call) bool {
		return c.State == "confirmed" && c.LocalHold == local && c.RemoteHold == remote
	})
	check(t, err)
}

func holdBoth(t *testing.T, p *play) {
	connect(t, p.a, p.b)
	check(t, p.a.Hold())
	waitHold(t, p.b, false, true)
	check(t, p.b.Hold())
	waitHold(t, p.a, true, true)
	check(t, rig.WaitNoTone(p.a, p.b.Tone()))
	check(t, rig.WaitNoTone(p.b, p.a.Tone()))
	check(t, p.a.Resume())
	waitHold(t, p.b, true, false)
	check(t, p.b.Resume())
	waitHold(t, p.a, false, false)
	hearEachOther(t, p.a, p.b)
	hangupAll(t, p)
}

// glare lets two re-INVITEs cross: the cable of one keeps both until each is
// on its way (RFC 3261 §14.2). Only we try again, as §14.1 says.
func glare(t *testing.T, p *play) {
	connect(t, p.a, p.b)
	p.us.cable.Pause()
	defer p.us.cable.Resume()
	var both sync.WaitGroup
	var ours, theirs error
	both.Go(func() { ours = p.us.Hold() })
	both.Go(func() { theirs = p.they.Hold() })
	check(t, rig.Poll(rig.Limit, func() error {
		if phone, server := p.us.cable.Waiting(); phone == 0 || server == 0 {
			return fmt.Errorf("%d bytes of ours and %d of theirs wait", phone, server)
		}
		return nil
	}))
	p.us.cable.Resume()
	both.Wait()
	if !strings.Contains(p.us.Story(), "491 ") {
		t.Error("the offers did not cross: nobody answered 491")
	}
	switch p.kind.name {
	case "JsSIP":
		p.note = "JsSIP ends the call when its offer is answered 491"
		ended(t, p.us)
		ended(t, p.they)
		return
	case "SIP.js":
		p.note = "SIP.js does not try again after a 491; our offer does and is taken"
		if theirs == nil {
			t.Error("SIP.js tries again now: this scenario has to ask for it")
		}
		theirs = nil
	}
	check(t, errors.Join(ours, theirs))
	waitHold(t, p.us, true, p.kind.name == webphone)
	hangupAll(t, p)
}

// holdUpdater is a Peer that can hold and resume by UPDATE.
type holdUpdater interface{ HoldByUpdate(on bool) error }

func holdByUpdate(t *testing.T, p *play) {
	connect(t, p.a, p.b)
	mark := len(p.us.Story())
	by := p.a.Peer.(holdUpdater)
	check(t, by.HoldByUpdate(true))
	waitHold(t, p.a, true, false)
	waitHold(t, p.b, false, true)
	check(t, rig.WaitNoTone(p.a, p.b.Tone()))
	check(t, by.HoldByUpdate(false))
	waitHold(t, p.b, false, false)
	hearEachOther(t, p.a, p.b)
	if strings.Count(p.us.Story()[mark:], "\nUPDATE ") < 2 {
		t.Error("it was not done by UPDATE")
	}
	hangupAll(t, p)
}

// twoDevices has the callee answer on the newer of two devices.
func twoDevices(t *testing.T, p *play) {
	open := p.kind.open
	if p.b == p.us {
		open = openAgent
	}
	user, _, _ := strings.Cut(strings.TrimPrefix(p.b.URI(), "sip:"), "@")
	other := p.enter(t, open, user, otherTone)
	ring(t, p.a, p.b)
	state(t, other, "incoming")
	check(t, other.Answer())
	want := "Canceled"
	if p.b == p.us || p.kind.name == webphone {
		want = "Answered Elsewhere" // by the Reason of the CANCEL
	}
	if c := ended(t, p.b); c.Cause != want {
		t.Errorf("%s ends with cause %q, want %s", p.b.Name(), c.Cause, want)
	}
	state(t, p.a, "confirmed")
	hearEachOther(t, p.a, other)
	check(t, p.a.Hangup())
	ended(t, other)
}

// newPaths asks for others while the present ones work.
func newPaths(t *testing.T, p *play) {
	connect(t, p.a, p.b)
	for range 2 {
		check(t, p.us.Peer.(*rig.Agent).Renegotiate())
		hearEachOther(t, p.a, p.b)
	}
	hangupAll(t, p)
}

// otherNetwork makes the sockets of our sound deaf and dumb.
func otherNetwork(t *testing.T, p *play) {
	connect(t, p.a, p.b)
	us := p.us.Peer.(*rig.Agent)
	us.Air.Move()
	check(t, rig.WaitNoTone(us, p.they.Tone()))
	<-time.After(2 * time.Second) // until silence is remarkable
	check(t, us.Renegotiate())
	hearEachOther(t, p.a, p.b)
	check(t, p.a.Hold()) // our present descriptions are understood
	waitHold(t, p.b, false, true)
	check(t, p.a.Resume())
	hearEachOther(t, p.a, p.b)
	hangupAll(t, p)
}

func sendKeys(t *testing.T, from, to rig.Party) {
	t.Helper()
	if _, ours := to.(*actor).Peer.(*rig.Agent); !ours {
		playKeys(t, from, to)
		return
	}
	check(t, from.SendDTMF(keys))
	_, err := rig.WaitCall(to, "receive the keys "+keys, func(c rig.Call) bool { return c.DTMF == keys })
	check(t, err)
}

func infoKeys(t *testing.T, p *play) {
	connect(t, p.a, p.b)
	check(t, p.a.SendInfoDTMF(keys))
	_, err := rig.WaitCall(p.b, "receive INFO with the keys "+keys, func(c rig.Call) bool { return c.DTMF == keys })
	check(t, err)
	hangupAll(t, p)
}

func info(t *testing.T, p *play) {
	connect(t, p.a, p.b)
	const body = `{"mood":"fröhlich"}`
	check(t, p.a.SendInfo("application/json", body))
	_, err := rig.WaitCall(p.b, "receive the INFO", func(c rig.Call) bool {
		return len(c.Info) == 1 && c.Info[0] == "application/json "+body
	})
	check(t, err)
	hangupAll(t, p)
}

func text(t *testing.T, from, to *actor) {
	t.Helper()
	body := "Grüße von " + from.Name() + ": 你好 👋 “quoted”\nsecond line"
	check(t, from.SendText(to.URI(), body))
	got, err := rig.WaitText(to, body)
	check(t, err)
	if !strings.Contains(got.From, strings.TrimPrefix(from.URI(), "sip:")) {
		t.Errorf("%s got it from %q, want %s", to.Name(), got.From, from.URI())
	}
}

func textInCall(t *testing.T, p *play) {
	connect(t, p.a, p.b)
	const body = "Nur für dich 🤫"
	check(t, p.a.SendTextInCall(body))
	got, err := rig.WaitText(p.b, body)
	check(t, err)
	if !strings.Contains(got.From, strings.TrimPrefix(p.a.URI(), "sip:")) {
		t.Errorf("%s got it from %q, want %s", p.b.Name(), got.From, p.a.URI())
	}
	hangupAll(t, p)
}

// progressor is a Peer that can answer with sound before it answers.
type progressor interface{ Progress(reliable bool) error }

func earlyMedia(t *testing.T, p *play, reliable bool) {
	if w, ok := p.a.Peer.(*rig.SIPjs); ok {
		w.CallOptions.SIPjs = map[string]any{"earlyMedia": true}
	}
	mark := len(p.us.Story())
	ring(t, p.a, p.b)
	check(t, p.b.Peer.(progressor).Progress(reliable))
	_, err := rig.WaitCall(p.a, "hear before the answer", func(c rig.Call) bool { return c.Early && c.State != "confirmed" })
	check(t, err)
	check(t, rig.WaitTone(p.a, p.b.Tone()))
	check(t, p.b.Answer())
	state(t, p.a, "confirmed")
	hearEachOther(t, p.a, p.b)
	hangupAll(t, p)
	if reliable && !strings.Contains(p.us.Story()[mark:], "\nPRACK ") {
		t.Error("nothing was acknowledged")
	}
}

func offerless(t *testing.T, p *play) {
	p.a.Peer.(*rig.SIPjs).CallOptions.SIPjs = map[string]any{"inviteWithoutSdp": true}
	connect(t, p.a, p.b)
	hangupAll(t, p)
}

// severed breaks the WebSocket of one of the two.
func severed(t *testing.T, p *play, whose *actor) {
	connect(t, p.a, p.b)
	whose.cable.Cut()
	defer whose.cable.Mend()
	check(t, whose.WaitRegistered(false))
	hearEachOther(t, p.a, p.b)
	whose.cable.Mend()
	check(t, whose.WaitRegistered(true))
	stillTalking(t, p, whose)
}

// severedRinging breaks the WebSocket of one of the two before the answer.
func severedRinging(t *testing.T, p *play, whose *actor) {
	ring(t, p.a, p.b)
	whose.cable.Cut()
	defer whose.cable.Mend()
	check(t, whose.WaitRegistered(false))
	whose.cable.Mend()
	check(t, whose.WaitRegistered(true))
	if whose == p.a {
		// Nobody can say what became of the INVITE: it is called off, and
		// another follows.
		check(t, rig.Poll(rig.Limit, func() error {
			calls, err := p.b.Calls()
			if err != nil {
				return rig.Final(err)
			}
			if len(calls) != 2 || calls[0].State != "ended" || calls[1].State != "incoming" {
				return fmt.Errorf("%s has the calls %+v", p.b.Name(), calls)
			}
			return nil
		}))
	}
	check(t, p.b.Answer())
	state(t, p.a, "confirmed")
	state(t, p.b, "confirmed")
	hearEachOther(t, p.a, p.b)
	hangupAll(t, p)
}

func restarted(t *testing.T, p *play) {
	connect(t, p.a, p.b)
	p.server.Shut()
	check(t, p.a.WaitRegistered(false))
	check(t, p.b.WaitRegistered(false))
	hearEachOther(t, p.a, p.b)
	check(t, p.server.Restart())
	for _, a := range p.actors() {
		check(t, a.WaitRegistered(true))
	}
	// Ours brings the call back with an offer; a hold of ours waits for that
	// to end, one of the peer's could cross it, which JsSIP does not survive.
	stillTalking(t, p, p.us)
}

// stillTalking proves that requests within the call pass both ways again.
func stillTalking(t *testing.T, p *play, one *actor) {
	t.Helper()
	hearEachOther(t, p.a, p.b)
	other := p.other(one)
	check(t, one.Hold())
	waitHold(t, other, false, true)
	check(t, one.Resume())
	waitHold(t, other, false, false)
	check(t, other.Hangup())
	ended(t, one)
	ended(t, other)
}
