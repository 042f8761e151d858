package media

import (
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/transport/v2"

	"webphone/audio"
	"webphone/audio/audiotest"
	"webphone/phone/ua"
)

// lookingNet is the system's network with one address, so that there is but one
// path. It counts the datagrams that were found by looking for them.
type lookingNet struct {
	*movingNet
	looks atomic.Bool // its sockets can be looked into
	found atomic.Int64
}

func (n *lookingNet) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	c, err := n.Net.ListenUDP(network, local)
	if box, ok := c.(mailbox); ok && err == nil {
		n.looks.Store(true)
		return countedBox{UDPConn: c, box: box, found: &n.found}, nil
	}
	return c, err
}

type countedBox struct {
	transport.UDPConn
	box   mailbox
	found *atomic.Int64
}

func (c countedBox) look(b []byte) (n int, from net.Addr, at time.Time, ok bool) {
	if n, from, at, ok = c.box.look(b); ok {
		c.found.Add(1)
	}
	return n, from, at, ok
}

func (c countedBox) leave(b []byte, from net.Addr) { c.box.leave(b, from) }
func (c countedBox) wasLeft() bool                 { return c.box.wasLeft() }
func (c countedBox) rest(d time.Duration)          { c.box.rest(d) }

var onlyCandidate = regexp.MustCompile(`(a=candidate:\S+ 1 udp \d+ )127\.0\.0\.1 (\d+) typ host`)

// divert puts another address in the place of the only candidate's, and returns
// that.
func divert(t *testing.T, sdp string, to *net.UDPAddr) (diverted string, was *net.UDPAddr) {
	t.Helper()
	found := onlyCandidate.FindAllStringSubmatch(sdp, -1)
	if len(found) != 1 {
		t.Fatalf("%d candidates on loopback in:\n%s", len(found), sdp)
	}
	was, err := net.ResolveUDPAddr("udp4", "127.0.0.1:"+found[0][2])
	if err != nil {
		t.Fatal(err)
	}
	return onlyCandidate.ReplaceAllString(sdp, fmt.Sprintf("${1}%v %d typ host", to.IP, to.Port)), was
}

// impairedPath is a way from the caller to the callee.
type impairedPath struct {
	rule       string
	impairment audiotest.Impairment
	plain      bool          // redundant audio (RFC 2198) is not agreed upon
	whole      bool          // hardly anything is to be made up
	later      time.Duration // by which the buffer has to wait longer than on the first path
	mended     uint64        // percent of what is lost that has to be repaired
}

// Two ends of a call, all of them, over paths that do to the sound what networks
// do. Calls that are compared go at the same time: what this machine does to the
// sound it does to all of them. As it has to keep up, not all calls do.
func TestImpairedPath_whatComes(t *testing.T) {
	cross(t, []impairedPath{
		{rule: "as it should be", whole: true},
		{rule: "delay", impairment: audiotest.Impairment{Delay: 200 * ms}, whole: true},
		{rule: "jitter", impairment: audiotest.Impairment{Jitter: 50 * ms}, later: 25 * ms},
		{rule: "another order", impairment: audiotest.Impairment{Reorder: 0.1}, whole: true},
		{rule: "doubles", impairment: audiotest.Impairment{Duplicate: 0.1}, whole: true},
	})
}

// Redundancy in Opus repairs at most a third of what is lost three in a row;
// repetitions repair the rest.
func TestImpairedPath_whatIsLost(t *testing.T) {
	cross(t, []impairedPath{
		{rule: "one at a time", impairment: audiotest.Impairment{Loss: 0.1}, mended: 50},
		{rule: "and nothing is repeated", impairment: audiotest.Impairment{Loss: 0.1}, plain: true, mended: 30},
		{rule: "three in a row", impairment: audiotest.Impairment{Loss: 0.12, Burst: 3}, mended: 50},
		{rule: "with all the rest", impairment: audiotest.Impairment{
			Loss: 0.05, Burst: 2, Delay: 60 * ms, Jitter: 20 * ms, Reorder: 0.05, Duplicate: 0.05,
		}, mended: 30},
	})
}

const (
	learning = 150 // packets in which the buffer learns the path
	judged   = 350 // packets after those
)

// cross makes calls over paths; with the first one the others are compared.
func cross(t *testing.T, paths []impairedPath) {
	t.Helper()
	var calls []*crossing
	for _, p := range paths {
		calls = append(calls, newCrossing(t, p))
	}
	await(t, calls, "any sound", func(x *crossing) bool { return x.relay.Stats().Sent >= learning })
	for _, x := range calls {
		x.begin()
	}
	await(t, calls, "enough sound, time for what comes late and repair of what is lost", func(x *crossing) bool {
		x.look(calls[0])
		return x.relay.Stats().Sent >= learning+judged && x.longer >= x.later && x.mends()
	})
	for _, x := range calls {
		x.finish()
	}
	await(t, calls, "all that the relay let through, and no more, and a report of it", (*crossing).settled)
	for _, x := range calls {
		t.Run(x.rule, func(t *testing.T) {
			x.checkCounts(t)
			x.checkSound(t, calls[0])
		})
	}
}

// await waits until there is something in all calls.
func await(t *testing.T, calls []*crossing, what string, there func(*crossing) bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	ticker := time.NewTicker(20 * ms)
	defer ticker.Stop()
	for {
		var x *crossing
		for _, other := range calls {
			if !there(other) {
				x = other
			}
		}
		if x == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("%s: within a minute not %s:\nrelay:  %+v\ncaller: %+v\ncallee: %+v\nsound:  %+v",
				x.rule, what, x.relay.Stats(), x.caller.Stats(), x.callee.Stats(), x.callee.stream.Stats())
		case <-ticker.C:
		}
	}
}

// crossing is a call in which the caller's sound crosses a relay.
type crossing struct {
	impairedPath
	caller, callee *talker
	network        *lookingNet // the callee's
	relay          *audiotest.Relay
	stop           func() // the devices

	begun         time.Time         // when the buffer knew the path
	before, after audio.StreamStats // of the callee, then and when enough was heard
	flying        uint64            // most packets under way since
	longer        time.Duration     // by which the buffer aimed at more than on the first path
	level         float64           // of what was heard since, by that of what was said

	lost, repaired uint64 // packets that do not count as lost and as repaired any more
}

// said is what the callers say, again and again.
var said = sync.OnceValue(func() []int16 { return audiotest.Speech(0.1, 48000, 8*48000, 1) })

func newCrossing(t *testing.T, p impairedPath) *crossing {
	t.Helper()
	relay, err := audiotest.NewRelay(p.impairment)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(relay.Close)
	x := &crossing{impairedPath: p, relay: relay, network: &lookingNet{movingNet: newMovingNet(t, "127.0.0.1")}}
	x.caller = newTalker(t, Options{Net: &lookingNet{movingNet: newMovingNet(t, "127.0.0.1")}})
	x.callee = newTalker(t, Options{Net: x.network})
	x.caller.devices.Speak("mic", said())
	x.callee.devices.Speak("mic", nil)
	offer, err := x.caller.Offer(t.Context(), ua.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if p.plain {
		offer = strings.Replace(offer, "SAVPF 111 63 ", "SAVPF 111 ", 1)
	}
	offer, first := divert(t, offer, relay.Far())
	answer, err := x.callee.Answer(t.Context(), offer, ua.AnswerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	answer, second := divert(t, answer, relay.Near())
	relay.Connect(first, second)
	if err := x.caller.SetAnswer(t.Context(), answer, ua.AnswerFinal); err != nil {
		t.Fatal(err)
	}
	x.caller.waitConnected(t)
	x.callee.waitConnected(t)
	x.stop = beat(x.caller, x.callee)
	t.Cleanup(x.stop)
	return x
}

// through is how many packets the relay has let through.
func (x *crossing) through() uint64 {
	s := x.relay.Stats()
	return uint64(s.Sent - s.Lost)
}

func (x *crossing) begin() {
	x.callee.heard()
	x.begun, x.before = time.Now(), x.callee.stream.Stats()
	x.lost, x.repaired = uint64(x.relay.Stats().Lost), x.before.Repaired
}

// look sees how many packets are under way, and what the buffer makes of them.
func (x *crossing) look(first *crossing) {
	if through, came := x.through(), x.callee.Stats().PacketsReceived; through > came {
		x.flying = max(x.flying, through-came)
	}
	x.longer = max(x.longer, x.callee.stream.Stats().Target-first.callee.stream.Stats().Target)
}

// mends reports whether enough of what was lost lately is repaired, by
// repetitions if there may be some, and whether the caller knows of it.
func (x *crossing) mends() bool {
	const least, most = 20, 50 // packets that are judged together
	if x.impairment.Loss == 0 {
		return true
	}
	s := x.callee.stream.Stats()
	lost, repaired := uint64(x.relay.Stats().Lost)-x.lost, s.Repaired-x.repaired
	switch {
	case lost < least:
		return false
	case 100*repaired >= x.mended*lost:
		return (s.Repeating > 0) != x.plain && x.caller.Stats().PeerLost > 0
	case lost > most: // this machine has had no time for it
		x.lost, x.repaired = x.lost+lost, s.Repaired
	}
	return false
}

func (x *crossing) finish() {
	x.stop()
	x.after = x.callee.stream.Stats()
	x.level = audiotest.RMS(x.callee.devices.Heard("speaker")) / audiotest.RMS(said())
}

// settled reports whether every packet is accounted for at both ends.
func (x *crossing) settled() bool {
	caller, callee := x.caller.Stats(), x.callee.Stats()
	return caller.PacketsSent == uint64(x.relay.Stats().Sent) &&
		callee.PacketsReceived == x.through() && x.callee.stream.Stats().Received == x.through() &&
		!caller.Reports.OnUs.IsZero() && caller.PeerLost == callee.Lost
}

// checkCounts is for a call that has settled.
func (x *crossing) checkCounts(t *testing.T) {
	i, path, through := x.impairment, x.relay.Stats(), int(x.through())
	if (i.Loss > 0) != (path.Lost > 0) || (i.Reorder > 0) != (path.Reordered > 0) || (i.Duplicate > 0) != (path.Duplicated > 0) ||
		x.flying < uint64(i.Delay/(40*ms)) {
		t.Errorf("the path was %+v, with %d packets under way at most", path, x.flying)
	}
	// What is lost before the first packet that comes and after the last one
	// nobody misses.
	ends := 4 * max(1, i.Burst)
	lost := x.callee.Stats().Lost
	if int(lost) > path.Lost || int(lost) < path.Lost-ends || x.callee.stream.Stats().Lost != lost {
		t.Errorf("%d packets are lost, for the sound %d, on the path %d", lost, x.callee.stream.Stats().Lost, path.Lost)
	}
	if n := x.callee.taken(); n < through*9/10 {
		t.Errorf("%d of %d packets have not gone through pion", n, through)
	}
	if n := int(x.network.found.Load()); x.network.looks.Load() && n < through*3/4 {
		t.Errorf("%d datagrams were found in the speaker's beat, %d packets came", n, through)
	}
}

// checkSound compares the sound with that of the first path.
func (x *crossing) checkSound(t *testing.T, first *crossing) {
	made, madeOnFirst := x.after.Concealed-x.before.Concealed, first.after.Concealed-first.before.Concealed
	t.Logf("%d blocks made up, %d packets repaired, the buffer aims at %v, level %.2f",
		made, x.after.Repaired-x.before.Repaired, x.after.Target, x.level)
	if !x.after.LastSound.After(x.begun) || x.level < 0.5 || x.level > 1.5 {
		t.Errorf("sound was heard last at %v, at %.2f of its level", x.after.LastSound, x.level)
	}
	if x.whole && made > 2*madeOnFirst+judged/20 {
		t.Errorf("%d blocks were made up, on a good path %d", made, madeOnFirst)
	}
}
