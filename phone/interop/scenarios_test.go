//go:build interop

package interop

import (
	"flag"
	"strings"
	"sync"
	"testing"
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
	force  bool // on that stage, who calls wants to refresh
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
	{
		name: "hold and resume by UPDATE of the caller", run: holdByUpdate,
		cannot: map[string]string{"→ SIP.js": noUpdate, "SIP.js →": noUpdate},
	},
	{name: "two devices of the callee ring, one answers", run: twoDevices},
	{name: "both hold at the same moment (glare)", run: glare},
	{name: "DTMF in RTP", run: func(t *testing.T, p *play) { connect(t, p.a, p.b); sendKeys(t, p.a, p.b); hangupAll(t, p) }},
	{name: "DTMF by INFO", run: infoKeys},
	{name: "the callee forwards the call (302)", run: forwarded, cannot: map[string]string{"JsSIP →": noRedirect, "SIP.js →": noRedirect}},
	{name: "INFO", run: info},
	{name: "MESSAGE", run: func(t *testing.T, p *play) { text(t, p.a, p.b) }},
	{name: "MESSAGE within the call", run: textInCall},
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
	{
		name: "WebSocket of the caller dies while it rings and comes back", run: func(t *testing.T, p *play) { severedRinging(t, p, p.a) },
		cannot: map[string]string{
			"JsSIP →":  "JsSIP gives up a call that rings with its WebSocket",
			"SIP.js →": "SIP.js waits in vain for the answer",
		},
	},
	{
		name: "WebSocket of the callee dies while it rings and comes back", run: func(t *testing.T, p *play) { severedRinging(t, p, p.b) },
		cannot: map[string]string{"→ JsSIP": "JsSIP gives up a call that rings with its WebSocket"},
	},
	{name: "the server restarts in the call", run: restarted},
	{
		name: "session refresh by the callee", long: true, run: refreshed,
		cannot: map[string]string{"→ SIP.js": "SIP.js has no session timers", "SIP.js →": "SIP.js has no session timers"},
	},
	{
		name: "session refresh by the caller", long: true, force: true, run: refreshed,
		cannot: map[string]string{"→ SIP.js": "SIP.js has no session timers", "SIP.js →": "SIP.js has no session timers"},
	},
	{name: "new paths for the sound (ICE restart), twice", run: newPaths},
	{name: "our sound comes to another network (ICE restart)", run: otherNetwork},
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
	noRedirect   = "it ends the call with the 302"
	noUpdate     = "SIP.js has no UPDATE"
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
		for _, side := range sidesOf(k) {
			play(side.column(k), func(t *testing.T) {
				stage := newStage(t, k, false)
				eachOf(k, side, false, func(s scenario) { playOne(t, table, stage, s, side) })
			})
			eachOf(k, side, true, func(s scenario) {
				play(s.name+", "+side.column(k), func(t *testing.T) { playOne(t, table, newStage(t, k, s.force), s, side) })
			})
		}
	}
	stages.Wait()
	t.Logf("\n%s", table)
	if table.complete() {
		table.compare(t)
	} else if !t.Failed() && !filtered() {
		t.Error("not every scenario was played")
	}
}

// eachOf calls f for what is to be played in a column.
func eachOf(k kind, side side, long bool, f func(scenario)) {
	for _, s := range scenarios {
		if s.long == long && s.cannot[side.column(k)] == "" {
			f(s)
		}
	}
}

func playOne(t *testing.T, table *table, s *stage, sc scenario, side side) {
	column := side.column(s.kind)
	p := &play{stage: s, a: s.us, b: s.they}
	if side == theyBegin {
		p.a, p.b = s.they, s.us
	}
	t.Run(sc.name, func(t *testing.T) {
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
