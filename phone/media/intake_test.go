package media

import (
	"encoding/binary"
	"runtime"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v2"

	"webphone/phone/ua"
)

// taken is how many packets of the peer's stream have not come through pion.
func (p *Peer) taken() (n int) {
	c, err := p.current()
	if err != nil {
		return 0
	}
	c.intake.mu.Lock()
	defer c.intake.mu.Unlock()
	for _, s := range c.intake.streams {
		n += s.taken
	}
	return n
}

// says sends one packet with a number for its payload.
func (e *end) says(t *testing.T, number int) {
	t.Helper()
	c, _, _ := e.stream.state()
	e.seq++
	h := rtp.Header{
		Version: 2, PayloadType: c.PayloadType, SSRC: c.SSRC, SequenceNumber: e.seq, Timestamp: uint32(e.seq) * 160,
	}
	if err := c.Write(&h, binary.BigEndian.AppendUint32(nil, uint32(number))); err != nil {
		t.Fatal(err)
	}
}

// hears waits for a packet with the number, and has the end fetch meanwhile if
// it is to.
func (e *end) hears(t *testing.T, number int, fetching bool) {
	t.Helper()
	c, _, _ := e.stream.state()
	for begun := time.Now(); ; {
		select {
		case p := <-e.stream.packets:
			if len(p.Payload) == 4 && int(binary.BigEndian.Uint32(p.Payload)) == number {
				return
			}
		default:
			runtime.Gosched()
		}
		if fetching {
			c.Fetch()
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("packet %d did not come within 10 s", number)
		}
	}
}

func TestIntake_packetsDoNotGoThroughPion(t *testing.T) {
	for _, c := range []struct {
		rule     string
		fetching bool
	}{
		{"that a reader waits for", false},
		{"that are looked for in the speaker's beat", true},
	} {
		caller, callee := newEnd(t), newEnd(t)
		call(t, caller, callee)
		for n := range 300 {
			caller.says(t, n)
			callee.hears(t, n, c.fetching)
		}
		if n := callee.taken(); n < 290 {
			t.Errorf("packets %s: %d of 300 were taken", c.rule, n)
		}
		callee.says(t, 1) // the other way too
		caller.hears(t, 1, c.fetching)
	}
}

// What pion does not show is no condition: then all goes through it.
func TestIntake_withoutKeys(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	negotiate(t, caller, callee, ua.OfferOptions{}, ua.AnswerOptions{})
	caller.waitConnected(t)
	callee.waitConnected(t)
	c, err := callee.current()
	if err != nil {
		t.Fatal(err)
	}
	c.intake.mu.Lock()
	c.intake.keys = [2]*srtp.Context{}
	c.intake.mu.Unlock()
	caller.sendsTo(t, callee, "sound")
	for n := range 50 {
		caller.says(t, n)
		callee.hears(t, n, n%2 == 0)
	}
	if n := callee.taken(); n != 0 {
		t.Errorf("%d packets were taken", n)
	}
}

// Where fetching ends (a hold, no speaker), the reader takes over again, and
// what is not sound reaches pion all the while.
func TestIntake_fetchingEndsAndBegins(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	call(t, caller, callee)
	for n := range 6 {
		caller.says(t, n)
		callee.hears(t, n, n%2 == 0)
	}
	c, err := callee.current()
	if err != nil {
		t.Fatal(err)
	}
	pair, err := c.sender.Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil {
		t.Fatal(err)
	}
	at, ok := pairFor(pair)
	if !ok {
		t.Fatalf("the path %v is not watched", pair)
	}
	answer := c.wire.ask(at)
	if answer == nil {
		t.Fatal("nothing was ever asked on the path")
	}
	config, _, _ := callee.stream.state()
	for begun := time.Now(); ; config.Fetch() {
		select {
		case <-answer:
			return
		default:
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatal("a connectivity check was not answered within 10 s while sound is fetched")
		}
	}
}

// pion sees a packet now and then, whoever reads: so it knows that the path
// carries.
func TestIntake_pionSeesSome(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	call(t, caller, callee)
	c, err := callee.current()
	if err != nil {
		t.Fatal(err)
	}
	past := func() bool {
		c.intake.mu.Lock()
		defer c.intake.mu.Unlock()
		for _, s := range c.intake.streams {
			s.shown = time.Time{} // a second has passed
			if s.past {
				return true
			}
		}
		return false
	}
	config, _, _ := callee.stream.state()
	for n, begun := 0, time.Now(); !past(); n++ {
		if time.Since(begun) > 10*time.Second {
			t.Fatal("nothing of what was fetched has come through pion")
		}
		caller.says(t, n)
		config.Fetch()
	}
}

func TestIncoming_wasTaken(t *testing.T) {
	var s incoming
	take := func(rule string, sequence uint16, want bool) {
		t.Helper()
		if got := s.wasTaken(sequence); got != want {
			t.Errorf("%s: %v, want %v", rule, got, want)
		}
	}
	take("nothing was taken", 9, false)
	s.take(10)
	s.take(12)
	take("one from before", 9, false)
	take("the first one", 10, true)
	take("one that pion had when the first one was taken", 11, false)
	take("the second one", 12, true)
	take("long after", 10+replayWindow, true)
	take("and all from then on", 9, true)
}

func TestIncoming_skipsPion(t *testing.T) {
	for _, c := range []struct {
		rule     string
		s        incoming
		sequence uint16
		want     bool
	}{
		{"pion has had none", incoming{}, 5, false},
		{"pion has had it", incoming{any: true, next: 6}, 5, false},
		{"it is the next one", incoming{any: true, next: 6}, 6, true},
		{"the next one wraps", incoming{any: true, next: 65535}, 2, true},
		{"pion may have had it", incoming{any: true, next: 6, taken: 3, first: 6}, 5, false},
		{"from before the wrap, and pion may have had it", incoming{any: true, next: 1, taken: 3, first: 1}, 65535, false},
		{"the first one, again", incoming{any: true, next: 6, taken: 3, first: 6}, 6, true},
		{"long after the first one", incoming{any: true, next: 6, taken: 40000, first: 6}, 5, true},
	} {
		if got := c.s.skipsPion(c.sequence); got != c.want {
			t.Errorf("%s: %v, want %v", c.rule, got, c.want)
		}
	}
}

// intakeWith is an intake that knows a stream and its keys, and a packet of it.
func intakeWith(tb testing.TB) (in *intake, sound []byte, heard *int) {
	heard = new(int)
	in = newIntake(func(*rtp.Packet, *arrivals, time.Time) []byte { *heard++; return nil })
	in.keys = [2]*srtp.Context{srtpKey(tb, 0), srtpKey(tb, 1)}
	s := in.stream(7, 8)
	s.any, s.next = true, 1
	return in, encrypted(tb, &rtp.Header{SequenceNumber: 1}), heard
}

// srtpKey is one of the keys that intakeWith knows.
func srtpKey(tb testing.TB, number byte) *srtp.Context {
	tb.Helper()
	key, salt := make([]byte, 16), make([]byte, 12)
	key[0] = number
	c, err := srtp.CreateContext(key, salt, srtp.ProtectionProfileAeadAes128Gcm, srtp.SRTPReplayProtection(replayWindow))
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// encrypted is a packet of the stream that intakeWith knows, by the second of
// its keys.
func encrypted(tb testing.TB, h *rtp.Header) []byte {
	tb.Helper()
	h.Version, h.PayloadType, h.SSRC = 2, 111, 7
	plain, err := (&rtp.Packet{Header: *h, Payload: []byte("sound")}).Marshal()
	if err != nil {
		tb.Fatal(err)
	}
	b, err := srtpKey(tb, 1).EncryptRTP(nil, plain, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestIntake_takes(t *testing.T) {
	in, sound, heard := intakeWith(t)
	now, from := time.Now(), &source{}
	turned := append([]byte(nil), sound...)
	turned[len(turned)-1] ^= 1
	other := append([]byte(nil), sound...)
	other[11]++
	report := append([]byte(nil), sound...)
	report[1] = 200
	channel := append([]byte{0x40, 1, 0, byte(len(sound))}, sound...)
	for _, c := range []struct {
		rule    string
		b       []byte
		settled bool
		heard   int
	}{
		{"a changed one before any is left to pion", turned, false, 0},
		{"STUN", make([]byte, 20), false, 0},
		{"DTLS", []byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, false, 0},
		{"a report", report, false, 0},
		{"another stream's", other, false, 0},
		{"cut off", sound[:11], false, 0},
		{"the first, which pion sees too", channel, false, 1},
		{"the same again", sound, true, 1},
		{"a changed one", turned, true, 1},
	} {
		if settled := in.take(c.b, now, from); settled != c.settled || *heard != c.heard {
			t.Errorf("%s: settled %v, %d heard, want %v, %d", c.rule, settled, *heard, c.settled, c.heard)
		}
	}
	if in.keys[0] != nil || in.keys[1] == nil {
		t.Error("the key that does not fit is still tried")
	}
	in.close()
	if in.take(sound, now, from); in.from.Load() != nil {
		t.Error("a closed intake knows where sound comes from")
	}
}

func TestIntake_reportCame(t *testing.T) {
	in, now := newIntake(nil), time.Now()
	report := []byte{0x80, 201, 0, 1, 0, 0, 0, 7}
	for _, c := range []struct {
		rule   string
		b      []byte
		at     time.Time
		waited time.Duration
	}{
		{"one that nobody saw comes now", nil, now, 0},
		{"a moment ago", report, now.Add(-40 * time.Millisecond), 40 * time.Millisecond},
		{"what is cut off is none", report[:7], now, 40 * time.Millisecond},
		{"STUN is none", make([]byte, 20), now, 40 * time.Millisecond},
		{"another one than that of long ago comes now", report, now.Add(-2 * waitingMost), 0},
	} {
		if in.take(c.b, c.at, &source{}) {
			t.Errorf("%s: it does not go to pion", c.rule)
		}
		if got := in.reportCame(now); got != now.Add(-c.waited) {
			t.Errorf("%s: came %v ago, want %v", c.rule, now.Sub(got), c.waited)
		}
	}
}

// FuzzIntake: whatever comes is delivered only if it is genuine.
func FuzzIntake(f *testing.F) {
	in, sound, _ := intakeWith(f)
	f.Add(sound)
	f.Add(append([]byte{0x40, 1, 0, byte(len(sound))}, sound...))
	f.Add([]byte{0x90, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0xBE, 0xDE, 255, 255})
	in.close()
	f.Fuzz(func(t *testing.T, b []byte) {
		in, sound, heard := intakeWith(t)
		in.take(b, time.Now(), &source{})
		if genuine := string(untunnelled(b)) == string(sound); genuine != (*heard == 1) {
			t.Errorf("genuine %v, %d heard", genuine, *heard)
		}
	})
}
