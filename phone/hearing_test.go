package phone

import (
	"testing"
	"time"

	"webphone/audio"
	"webphone/audio/device"
)

// air is a call's sound, second by second, as the listener samples it.
type air struct {
	listener
	sample  soundSample
	reports bool // the other side reports each second
	checks  bool // the path is asked whether it works

	comes, arrives, answers, loud bool // theirs comes, ours arrives, checks are answered, theirs is no silence
	pauses                        bool // ours goes in a few packets
	stranger                      bool // their reports do not speak of us
	fewer                         bool // theirs comes in a few packets
}

func newAir() *air {
	a := &air{reports: true, checks: true, comes: true, arrives: true, answers: true, loud: true}
	a.sample = soundSample{now: time.Unix(1000, 0), hears: true, speaks: true, path: true, microphone: true}
	return a
}

// pass lets time go by and returns after which time there was a fault of
// either kind first, or -1.
func (a *air) pass(d time.Duration) (in, out time.Duration) {
	in, out = -1, -1
	for t := time.Second; t <= d; t += time.Second {
		h := a.second()
		if h.In.Cause != FaultNone && in < 0 {
			in = t
		}
		if h.Out.Cause != FaultNone && out < 0 {
			out = t
		}
	}
	return in, out
}

func (a *air) second() Hearing {
	s := &a.sample
	s.now = s.now.Add(time.Second)
	if s.peer.PacketsSent += 50; a.pauses {
		s.peer.PacketsSent -= 47
	}
	if a.comes && s.hears {
		s.peer.PacketsReceived += 50
		if a.fewer {
			s.peer.PacketsReceived -= 47
		}
		s.peer.Heard, s.taken = s.now, s.now
		if a.loud {
			s.sound = s.now
		}
	}
	if a.reports {
		told := s.now.Add(-200 * time.Millisecond)
		s.peer.Reports.Last = told
		if !a.stranger {
			s.peer.Reports.OnUs = told
		}
		if a.arrives && !a.stranger {
			s.peer.Reports.Heard = told
		}
		if a.comes && s.hears {
			s.peer.Reports.Grew = told
		}
	}
	if a.checks {
		if asked := s.now.Add(-100 * time.Millisecond); a.answers {
			s.peer.Answered, s.peer.Unanswered = asked, time.Time{}
		} else if s.peer.Unanswered.IsZero() {
			s.peer.Unanswered = asked
		}
	}
	return a.take(*s)
}

func TestListener(t *testing.T) {
	const before = 20 * time.Second
	for _, c := range []struct {
		rule    string
		begin   func(*air) // how the call begins; nil = well
		then    func(*air) // what happens after 20 s
		in, out FaultCause
	}{
		{rule: "all is well", then: func(*air) {}},
		{rule: "nothing comes any more, nor a report", then: func(a *air) { a.comes, a.reports = false, false }, in: FaultBlocked},
		{
			rule: "they send, and it does not arrive", in: FaultBlocked,
			then: func(a *air) {
				a.comes = false
				a.sample.peer.Reports.Grew = a.sample.now.Add(time.Hour) // in every report
			},
		},
		{rule: "they say that they send nothing", then: func(a *air) { a.comes = false }, in: FaultNotSent},
		{
			rule: "they pause with comfort noise, and the path answers",
			then: func(a *air) { a.comes, a.reports, a.sample.peer.Resting = false, false, true },
		},
		{
			rule: "they pause with comfort noise, and report", begin: func(a *air) { a.checks = false },
			then: func(a *air) { a.comes, a.sample.peer.Resting = false, true },
		},
		{rule: "digital silence", then: func(a *air) { a.loud = false }, in: FaultSilence},
		{rule: "a silence of few packets is discontinuous transmission", then: func(a *air) { a.loud, a.fewer = false, true }},
		{
			rule: "packets that nobody agreed upon", in: FaultCodec,
			then: func(a *air) {
				a.comes = false
				a.sample.peer.Heard = a.sample.now.Add(time.Hour)
			},
		},
		{
			rule: "the path is gone", in: FaultPath, out: FaultPath,
			then: func(a *air) { a.comes, a.reports, a.checks, a.sample.path = false, false, false, false },
		},
		{
			rule: "they hold", then: func(a *air) { a.comes, a.sample.hears, a.sample.speaks = false, false, false },
		},
		{rule: "ours does not arrive, by their reports", then: func(a *air) { a.arrives = false }, out: FaultUnheard},
		{
			rule: "nothing of ours arrives, nor do they report, but nothing answers", out: FaultNoAnswer,
			then: func(a *air) { a.arrives, a.reports, a.answers = false, false, false },
		},
		{rule: "they do not report, but the path answers", begin: func(a *air) { a.reports = false }, then: func(*air) {}},
		{rule: "they report no more, but the path answers", then: func(a *air) { a.reports = false }},
		{rule: "nobody answers on a path that is never asked", begin: func(a *air) { a.checks = false }, then: func(*air) {}},
		{rule: "ours need not arrive while we pause", then: func(a *air) { a.arrives, a.pauses = false, true }},
		{rule: "muted, ours need not arrive", then: func(a *air) { a.arrives, a.sample.muted = false, true }},
		{rule: "the microphone gives nothing", then: func(a *air) { a.sample.microphone = false }, out: FaultMic},
	} {
		t.Run(c.rule, func(t *testing.T) {
			a := newAir()
			if c.begin != nil {
				c.begin(a)
			}
			if in, out := a.pass(before); in >= 0 || out >= 0 {
				t.Fatalf("a fault while all was well: in after %v, out after %v", in, out)
			}
			c.then(a)
			in, out := a.pass(30 * time.Second)
			if got := a.state; got.In.Cause != c.in || got.Out.Cause != c.out {
				t.Errorf("in %q, out %q, want %q, %q", got.In.Cause, got.Out.Cause, c.in, c.out)
			}
			for _, took := range []time.Duration{in, out} {
				if took > 5*time.Second {
					t.Errorf("told after %v", took)
				}
			}
			if (in >= 0) != (c.in != FaultNone) || (out >= 0) != (c.out != FaultNone) {
				t.Errorf("told in after %v, out after %v", in, out)
			}
			well := newAir()
			well.listener, well.sample = a.listener, a.sample
			well.sample.hears, well.sample.speaks, well.sample.muted, well.sample.path, well.sample.microphone = true, true, false, true, true
			well.sample.peer.Resting = false
			well.sample.peer.Heard, well.sample.peer.Reports.Grew = time.Time{}, time.Time{}
			if h := well.second(); h != (Hearing{}) && c.then != nil && h.In.Cause != FaultSilence {
				t.Errorf("when all is well again: %+v", h)
			}
			if in, out := well.pass(20 * time.Second); in >= 0 || out >= 0 {
				t.Errorf("a fault comes back after %v, %v", in, out)
			}
		})
	}
}

func TestListener_fromTheBeginning(t *testing.T) {
	for _, c := range []struct {
		rule    string
		begin   func(*air)
		in, out FaultCause
	}{
		{"nothing ever comes", func(a *air) { a.comes, a.reports = false, false }, FaultNeverCame, FaultNone},
		{"only silence comes", func(a *air) { a.loud = false }, FaultSilence, FaultNone},
		{"nothing of ours arrives", func(a *air) { a.arrives = false }, FaultNone, FaultUnheard},
		{"nothing of ours arrives, they do not even know of us", func(a *air) {
			a.arrives, a.answers, a.stranger = false, false, true
		}, FaultNone, FaultUnheard},
		{"they never report on us, but the path answers", func(a *air) { a.stranger = true }, FaultNone, FaultNone},
		{"no way there", func(a *air) { a.reports, a.answers = false, false }, FaultNone, FaultNoAnswer},
	} {
		t.Run(c.rule, func(t *testing.T) {
			a := newAir()
			c.begin(a)
			in, out := a.pass(10 * time.Second)
			if a.state.In.Cause != c.in || a.state.Out.Cause != c.out {
				t.Errorf("in %q, out %q, want %q, %q", a.state.In.Cause, a.state.Out.Cause, c.in, c.out)
			}
			if in > 5*time.Second || out > 5*time.Second {
				t.Errorf("told after %v, %v", in, out)
			}
		})
	}
}

func TestListener_keepsWhenAFaultBegan(t *testing.T) {
	a := newAir()
	a.pass(10 * time.Second)
	lost := a.sample.now
	a.comes, a.reports = false, false
	a.pass(10 * time.Second)
	a.reports = true
	a.pass(10 * time.Second)
	if got := a.state.In; got.Cause != FaultNotSent || !got.Since.Equal(lost) {
		t.Errorf("%s since %v, want %v", got.Cause, got.Since, lost)
	}
}

// Only who has no microphone left is not heard.
func TestHasMicrophone(t *testing.T) {
	gone := &device.Error{Kind: device.Vanished}
	for _, c := range []struct {
		rule    string
		problem error
		want    bool
	}{
		{"no problem", nil, true},
		{"none is there", &audio.DeviceError{Role: audio.Microphone, Err: &device.Error{Kind: device.NoDevice}}, false},
		{"it is silent", &audio.DeviceError{Role: audio.Microphone, Err: &device.Error{Kind: device.Silent}}, false},
		{"the chosen one is gone, another is used", &audio.DeviceError{Role: audio.Microphone, Using: "Built-in", Err: gone}, true},
		{"no speaker", &audio.DeviceError{Role: audio.Speaker, Err: gone}, true},
	} {
		if got := hasMicrophone(c.problem); got != c.want {
			t.Errorf("%s: %v", c.rule, got)
		}
	}
}
