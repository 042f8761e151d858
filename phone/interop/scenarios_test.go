//go:build interop

package interop

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"

	"webphone/phone/interop/rig"
)

// side says who begins: calls, sends, asks.
type side int

const (
	weBegin side = iota
	theyBegin
)

// sidesOf: among ourselves it makes no difference.
func sidesOf(k kind) []side {
	if k.name == webphone {
		return []side{weBegin}
	}
	return []side{weBegin, theyBegin}
}

// column is the heading for a kind of peer.
func (s side) column(k kind) string {
	switch {
	case k.name == webphone:
		return k.name
	case s == weBegin:
		return "→ " + k.name
	}
	return k.name + " →"
}

// play is one scenario while it is played.
type play struct {
	*stage
	a, b *actor // a begins
	note string // for the reader of the table
}

// scenario is a row of the table: what our user agent does with any peer.
type scenario struct {
	name string
	// cannot tells, by column, why a peer has no part in it.
	cannot map[string]string
	long   bool // it waits for most of a minute: on a stage of its own
	run    func(t *testing.T, p *play)
}

// scenarios are the rows of the table. a begins, b is the other.
var scenarios = []scenario{
	{name: "call, the caller hangs up", run: func(t *testing.T, p *play) { hangup(t, p.a, p.b, p.a) }},
	{name: "call, the callee hangs up", run: func(t *testing.T, p *play) { hangup(t, p.a, p.b, p.b) }},
	{name: "the caller cancels", run: func(t *testing.T, p *play) { cancel(t, p.a, p.b) }},
	{name: "the callee is busy", run: func(t *testing.T, p *play) { decline(t, p.a, p.b) }},
	{name: "the callee declines everywhere (603)", run: declineEverywhere},
	{name: "hold and resume by the caller", run: func(t *testing.T, p *play) { hold(t, p.a, p.b, p.a) }},
	{name: "hold and resume by the callee", run: func(t *testing.T, p *play) { hold(t, p.a, p.b, p.b) }},
	{name: "hold by both, resume by both", run: holdBoth},
	{name: "both hold at the same moment (glare)", run: glare},
	{name: "DTMF in RTP", run: func(t *testing.T, p *play) { connect(t, p.a, p.b); sendKeys(t, p.a, p.b); hangupAll(t, p) }},
	{name: "DTMF by INFO", run: infoKeys},
	{name: "INFO", run: info},
	{name: "MESSAGE", run: func(t *testing.T, p *play) { text(t, p.a, p.b) }},
	{name: "OPTIONS", run: func(t *testing.T, p *play) { check(t, p.a.SendOptions(p.b.URI())) }},
	{
		name: "early media of the callee", run: func(t *testing.T, p *play) { earlyMedia(t, p, false) },
		cannot: map[string]string{"→ JsSIP": "JsSIP answers only with 200"},
	},
	{
		name: "reliable early media of the callee (100rel)", run: func(t *testing.T, p *play) { earlyMedia(t, p, true) },
		cannot: map[string]string{"→ JsSIP": noReliable, "JsSIP →": noReliable},
	},
	{
		name: "INVITE without an offer", run: offerless,
		cannot: map[string]string{"→ JsSIP": alwaysOffers, "JsSIP →": alwaysOffers, "→ SIP.js": alwaysOffers, webphone: alwaysOffers},
	},
	{name: "WebSocket of the caller dies in the call and comes back", run: func(t *testing.T, p *play) { severed(t, p, p.a) }},
	{name: "WebSocket of the callee dies in the call and comes back", run: func(t *testing.T, p *play) { severed(t, p, p.b) }},
	{name: "the server restarts in the call", run: restarted},
	{
		name: "session refresh by the callee", long: true, run: refreshed,
		cannot: map[string]string{"→ SIP.js": "SIP.js has no session timers", "SIP.js →": "SIP.js has no session timers"},
	},
	{name: "blind transfer, we transfer", run: func(t *testing.T, p *play) { connect(t, p.a, p.b); blind(t, p, p.us, p.they, p.third) }},
	{name: "blind transfer, we are transferred", run: func(t *testing.T, p *play) { connect(t, p.a, p.b); blind(t, p, p.they, p.us, p.third) }},
	{name: "blind transfer, we are the target", run: blindToUs},
	{name: "blind transfer to nobody, we transfer", run: func(t *testing.T, p *play) { blindToNobody(t, p, p.us, p.they) }},
	{name: "blind transfer to nobody, we are transferred", run: func(t *testing.T, p *play) { blindToNobody(t, p, p.they, p.us) }},
	{name: "attended transfer, we transfer", run: func(t *testing.T, p *play) { connect(t, p.a, p.b); attended(t, p, p.us, p.they, p.third) }},
	{name: "attended transfer, we are transferred", run: func(t *testing.T, p *play) { connect(t, p.a, p.b); attended(t, p, p.they, p.us, p.third) }},
	{name: "attended transfer, we are the target", run: attendedToUs},
	{
		name: "presence: one publishes, the other watches", run: presence,
		cannot: map[string]string{"→ JsSIP": "JsSIP has no PUBLISH"},
	},
	{name: "dialog: one watches the calls of the other", run: dialogs},
	{name: "message-summary: one watches its mailbox", run: mailbox},
}

// Why a peer has no part in a scenario.
const (
	noReliable   = "JsSIP has no 100rel"
	alwaysOffers = "the caller always offers"
)

// TestScenarios plays every scenario with every kind of peer, in both roles,
// and keeps README.md's table true.
func TestScenarios(t *testing.T) {
	table := newTable()
	// Most of a call is waiting: all stages play at once, however few
	// processors there are.
	var stages sync.WaitGroup
	play := func(name string, f func(t *testing.T)) { stages.Go(func() { t.Run(name, f) }) }
	for _, k := range kinds {
		play(k.name, func(t *testing.T) {
			stage := newStage(t, k)
			eachOf(k, false, func(s scenario, side side) { playOne(t, table, stage, s, side) })
		})
		eachOf(k, true, func(s scenario, side side) {
			play(side.column(k)+" for a minute", func(t *testing.T) { playOne(t, table, newStage(t, k), s, side) })
		})
	}
	stages.Wait()
	t.Logf("\n%s", table)
	if table.complete() {
		table.compare(t)
	} else if !t.Failed() && !filtered() {
		t.Error("not every scenario was played")
	}
}

// eachOf calls f for what is to be played with a kind of peer.
func eachOf(k kind, long bool, f func(scenario, side)) {
	for _, s := range scenarios {
		for _, side := range sidesOf(k) {
			if s.long == long && s.cannot[side.column(k)] == "" {
				f(s, side)
			}
		}
	}
}

func playOne(t *testing.T, table *table, s *stage, sc scenario, side side) {
	column := side.column(s.kind)
	p := &play{stage: s, a: s.us, b: s.they}
	if side == theyBegin {
		p.a, p.b = s.they, s.us
	}
	t.Run(fmt.Sprintf("%s, %s", sc.name, column), func(t *testing.T) {
		verdict := failed
		defer func() { table.set(sc.name, column, cell{verdict, p.note}) }()
		s.clear(t)
		showTrace(t, s.server)
		for _, a := range s.actors() {
			tellOnFailure(t, a)
		}
		sc.run(t, p)
		if !t.Failed() {
			verdict = passed
		}
	})
}

// filtered reports whether -run chooses among the scenarios.
func filtered() bool {
	f := flag.Lookup("test.run")
	return f != nil && strings.Contains(f.Value.String(), "/")
}

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

func sendKeys(t *testing.T, from, to rig.Party) {
	t.Helper()
	if _, plain := to.(*actor).Peer.(*rig.Agent); !plain {
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
	stillTalking(t, p, p.a)
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
