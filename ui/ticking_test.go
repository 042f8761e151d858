package ui

import (
	"fmt"
	"testing"
	"time"

	"webphone/phone"
)

// inFront tells the application that it came before the others or left.
func (r *windowRig) inFront(on bool) {
	r.t.Helper()
	hooks, ok := r.ui.app.Lifecycle().(interface{ OnEnteredForeground() func() })
	back, ok2 := r.ui.app.Lifecycle().(interface{ OnExitedForeground() func() })
	if !ok || !ok2 {
		r.t.Fatal("the lifecycle does not tell its hooks")
	}
	f := hooks.OnEnteredForeground()
	if !on {
		f = back.OnExitedForeground()
	}
	if f == nil {
		r.t.Fatal("the window does not follow whether it is in front")
	}
	f()
	r.queue.Settle()
}

// moved is how often the meters of the call move within d.
func (r *windowRig) moved(v *callView, d time.Duration) (n int) {
	r.phone.Levels = 1 - r.phone.Levels
	for end := time.Now().Add(d); time.Now().Before(end); {
		r.wait(10 * time.Millisecond)
		if (v.facts.mine.Lit() > 6) == (r.phone.Levels > 0.5) {
			n++
			r.phone.Levels = 1 - r.phone.Levels
		}
	}
	return n
}

func TestCall_meters(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		r.phone.Levels, r.phone.TheirsBelow = 0.9, 0.6
		r.wait(200 * time.Millisecond)
		mine, theirs := v.facts.mine.Lit(), v.facts.theirs.Lit()
		if mine < 9 || theirs < 2 || theirs > 5 {
			t.Errorf("of 12 lit: %d for ourselves, %d for the other side, want 11 and 4", mine, theirs)
		}
	})
}

func TestCall_ticksSlowerBehindOthers(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		r.phone.Levels = 0
		r.wait(time.Second)
		if n := r.moved(v, 2*time.Second); n < 19 || n > 21 {
			t.Errorf("in front the meters moved %d times in 2 s, want 20", n)
		}
		r.inFront(false)
		if n := r.moved(v, 2*time.Second); n < 7 || n > 9 {
			t.Errorf("behind others the meters moved %d times in 2 s, want 8", n)
		}
		r.inFront(true)
		if n := r.moved(v, 100*time.Millisecond); n != 1 {
			t.Errorf("in front again the meters moved %d times in 100 ms, want 1", n)
		}
		if n := r.moved(v, 2*time.Second); n < 19 || n > 21 {
			t.Errorf("in front again the meters moved %d times in 2 s, want 20", n)
		}
	})
}

// Behind others too a timer changes within the second, and what warns is
// prompt.
func TestCall_staysPromptBehindOthers(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		r.inFront(false)
		r.update(func(s *phone.Snapshot) { s.Calls[0].RecordingSince = time.Now() })
		if !v.sign.Visible() {
			t.Error("that the call is recorded is not said at once")
		}
		since := time.Now()
		for i := 1; i <= 3; i++ {
			r.wait(time.Until(since.Add(time.Duration(i)*time.Second + 300*time.Millisecond)))
			if got, want := v.sign.words.Content(), fmt.Sprintf("Recording 00:0%d", i); got != want {
				t.Errorf("the sign says %q, want %q", got, want)
			}
		}
		r.update(func(s *phone.Snapshot) { s.Calls[0].Muted, s.Devices.MutedSpeech = true, true })
		r.wait(300 * time.Millisecond)
		if !v.warning.Visible() {
			t.Error("it is not said that we speak while muted")
		}
		r.update(func(s *phone.Snapshot) { s.Calls = nil })
		r.wait(endShown + time.Second)
		if r.ui.stopTick != nil {
			t.Error("the ticker runs on after the call")
		}
	})
}
