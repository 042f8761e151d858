package audio

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// listener is a mixer whose speaker's beats a test calls.
type listener struct {
	*mixer
	receiver *receiver
	now      time.Duration
	sound    []int16
}

func newListener(t *testing.T, name codec.Name) *listener {
	t.Helper()
	l := &listener{receiver: newReceiver()}
	if err := l.receiver.configure(agreed(name, nil)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.receiver.close)
	l.mixer = newMixer(newTones(), func() time.Duration { return l.now })
	l.route(hearing{parties: []*party{{receiver: l.receiver}}})
	return l
}

// ask asks for a block.
func (l *listener) ask(early bool) (given bool) {
	var block [blockSamples]int16
	if given = l.mix(block[:], early); given {
		l.sound = append(l.sound, block[:]...)
	}
	return given
}

// coming is a packet on its way.
type coming struct {
	rtp.Packet
	at time.Duration
}

// speaking are the packets of a voice, each so much later than its time.
func speaking(t *testing.T, name codec.Name, packets int, late func() time.Duration) []coming {
	return speakingIn(t, name, packets, 20*time.Millisecond, late)
}

// speakingIn is speaking in packets of a length.
func speakingIn(t *testing.T, name codec.Name, packets int, length time.Duration, late func() time.Duration) []coming {
	t.Helper()
	p := agreed(name, nil).Codec
	p.PTime = max(length, 10*time.Millisecond)
	coder, err := codec.NewEncoder(p)
	if err != nil {
		t.Fatal(err)
	}
	defer coder.Close()
	frame := int(ticksOf(length, coder.SampleRate()))
	voice := audiotest.Voice(0.3, coder.SampleRate(), packets*frame)
	all := make([]coming, packets)
	for i := range all {
		payload := make([]byte, codec.MaxPayload)
		n, err := coder.Encode(payload, voice[i*frame:][:frame])
		if err != nil {
			t.Fatal(err)
		}
		all[i].Header = rtp.Header{
			Version: 2, SSRC: 1, PayloadType: agreed(name, nil).PayloadType,
			SequenceNumber: uint16(i), Timestamp: uint32(int64(i) * ticksOf(length, name.ClockRate())),
		}
		all[i].Payload = payload[:n]
		all[i].at = time.Duration(i)*length + late()
	}
	slices.SortStableFunc(all, func(a, b coming) int { return cmp.Compare(a.at, b.at) })
	return all
}

// hear lets the packets come to beats of 10 ms. From a time on, every second
// beat asks for the next block too, and so does the one after a refusal.
func (l *listener) hear(all []coming, from, until time.Duration) (early int) {
	ahead, refused := false, false
	for ; l.now < until; l.now += blockDuration {
		for ; len(all) > 0 && all[0].at <= l.now; all = all[1:] {
			l.receiver.receive(&all[0].Packet, all[0].at)
		}
		if !ahead {
			l.ask(false)
		}
		ahead = false
		if l.now >= from && (refused || (l.now-from)/blockDuration%2 == 0) {
			ahead = l.ask(true)
			refused = !ahead
		}
		if ahead {
			early++
		}
	}
	return early
}

// What is asked for early sounds as it would in time, whichever beats ask.
func TestMixer_earlyIsTheSame(t *testing.T) {
	const length = 10 * time.Second
	for _, name := range []codec.Name{codec.PCMU, codec.G722, codec.Opus} {
		for _, late := range []time.Duration{0, 3 * time.Millisecond, 13 * time.Millisecond} {
			for _, from := range []time.Duration{time.Second, time.Second + blockDuration} {
				t.Run(fmt.Sprint(name, " ", late, " ", from), func(t *testing.T) {
					all := speaking(t, name, 500, func() time.Duration { return late })
					inTime, early := newListener(t, name), newListener(t, name)
					inTime.hear(all, length, length)
					if n := early.hear(all, from, length); n < 400 {
						t.Errorf("%d blocks of %d were to be had early", n, (length-from)/(2*blockDuration))
					}
					if n := min(len(inTime.sound), len(early.sound)); !slices.Equal(inTime.sound[:n], early.sound[:n]) || n < 990*blockSamples {
						t.Errorf("the sound is another one, %d samples", n)
					}
				})
			}
		}
	}
}

// A packet that may be too short for a whole block settles nothing.
func TestMixer_earlyOfShortPackets(t *testing.T) {
	for _, length := range []time.Duration{5 * time.Millisecond, 10 * time.Millisecond} {
		l := newListener(t, codec.PCMU)
		packets := int(time.Second / length)
		all := speakingIn(t, codec.PCMU, packets+1, length, func() time.Duration { return 0 })
		l.hear(all[:packets], time.Hour, time.Second)
		for r := l.receiver; r.buffer.held > 0 || r.tape.waiting() >= r.tape.rate/100; l.now += blockDuration {
			l.ask(false)
		}
		l.receiver.receive(&all[packets].Packet, l.now)
		if l.ask(true) {
			t.Errorf("packets of %v: given early with one packet here", length)
		}
	}
}

// On an uneven path nothing more is made up, and the delay is the same.
func TestMixer_earlyOnAnUnevenPath(t *testing.T) {
	const length = 60 * time.Second
	for _, most := range []time.Duration{10 * time.Millisecond, 40 * time.Millisecond} {
		random := rand.New(rand.NewPCG(1, 2))
		all := speaking(t, codec.PCMU, 3000, func() time.Duration { return time.Duration(random.Int64N(int64(most))) })
		var concealed [3]uint64
		var delay [3]time.Duration
		for i, from := range []time.Duration{length, time.Second, time.Second + blockDuration} {
			l := newListener(t, codec.PCMU)
			n := l.hear(all, from, length)
			concealed[i], delay[i] = l.receiver.buffer.stats.concealed, l.receiver.buffer.slack.least()
			t.Logf("up to %v: %d early, %d blocks made up, delay %v", most, n, concealed[i], delay[i])
		}
		if c := max(concealed[1], concealed[2]); c > concealed[0]+3 {
			t.Errorf("up to %v: %d blocks are made up, %d without asking early", most, c, concealed[0])
		}
		if d := max(delay[1], delay[2]); d > delay[0]+blockDuration {
			t.Errorf("up to %v: %v of delay, %v without asking early", most, d, delay[0])
		}
	}
}

// Only what is known is to be had early.
func TestMixer_early(t *testing.T) {
	l := newListener(t, codec.PCMU)
	all := speaking(t, codec.PCMU, 100, func() time.Duration { return 0 })
	check := func(rule string, want bool) {
		t.Helper()
		if got := l.ask(true); got != want {
			t.Errorf("%s: given early %v, want %v", rule, got, want)
		}
	}
	r := l.receiver
	half := func() bool { return r.tape.waiting() >= r.tape.rate/100 }
	inTime := func() {
		l.ask(false)
		l.now += blockDuration
	}
	check("nothing has come", false)
	r.receive(&all[0].Packet, 0)
	check("playing has not begun", false)
	l.hear(all[1:50], time.Hour, time.Second)
	for !half() {
		inTime()
	}
	check("the second half of a packet", true)
	l.now += blockDuration
	for r.buffer.held > 0 || half() {
		inTime()
	}
	check("the last packet is over", false)
	r.receive(&all[50].Packet, l.now)
	check("the next packet is here", true)
	l.now += blockDuration
	for half() {
		inTime()
	}
	r.receive(&all[52].Packet, l.now)
	check("the next packet is missing", false)
	for range 3 {
		inTime()
	}
	if r.buffer.held > 0 {
		t.Fatal("what is missing was not made up")
	}
	for half() {
		inTime()
	}
	r.receive(&all[53].Packet, l.now)
	check("after what was made up", true)
}

// Who else listens or speaks may want the block in time.
func TestMixer_earlyWithOthers(t *testing.T) {
	for _, c := range []struct {
		rule  string
		route func(*hearing)
		given bool
	}{
		{"nobody speaks", func(h *hearing) { h.parties = nil }, true},
		{"one speaks", func(*hearing) {}, true},
		{"of another nothing has come", func(h *hearing) { h.parties = append(h.parties, &party{receiver: newReceiver()}) }, false},
		{"a conference", func(h *hearing) { h.conferences = append(h.conferences, new(conference)) }, false},
		{"a recording", func(h *hearing) { h.tapings = append(h.tapings, listened{}) }, false},
	} {
		l := newListener(t, codec.PCMU)
		l.hear(speaking(t, codec.PCMU, 10, func() time.Duration { return 0 }), time.Hour, 150*time.Millisecond)
		h := *l.hearing.Load()
		c.route(&h)
		l.route(h)
		if given := l.ask(true); given != c.given {
			t.Errorf("%s: given early %v, want %v", c.rule, given, c.given)
		}
	}
}

// A microphone waits for the first of the senders.
func TestInput_patience(t *testing.T) {
	for _, c := range []struct {
		rule    string
		ptimes  []time.Duration
		periods int
		want    int
	}{
		{"nobody sends", nil, 1, 2},
		{"the first half of a packet", []time.Duration{20 * time.Millisecond}, 1, 1},
		{"a packet", []time.Duration{20 * time.Millisecond}, 2, 2},
		{"packets of a block", []time.Duration{10 * time.Millisecond}, 1, 1},
		{"the shorter packets count", []time.Duration{20 * time.Millisecond, 10 * time.Millisecond}, 2, 1},
		{"nobody is patient for longer than two", []time.Duration{60 * time.Millisecond}, 1, 2},
		{"the last block of a long packet", []time.Duration{60 * time.Millisecond}, 5, 1},
	} {
		s := newStraight(t, codec.PCMU)
		var senders []*sender
		for _, ptime := range c.ptimes {
			one := newSender(s.sender.engine)
			config := agreed(codec.PCMU, func(*rtp.Header, []byte) error { return nil })
			config.Codec.PTime = ptime
			coder, err := codec.NewEncoder(config.Codec)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(coder.Close)
			one.configure(config, coder)
			senders = append(senders, one)
		}
		s.in.route(senders)
		got := 0
		for range c.periods {
			got = s.in.period(silence[:])
		}
		if got != c.want {
			t.Errorf("%s: patience for %d blocks, want %d", c.rule, got, c.want)
		}
	}
}
