package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
)

// told is what the strip says of the call that is out of sight, "" for nothing.
func (r *windowRig) told() string {
	if l := r.ui.strip.call; l.banner.Visible() {
		return l.banner.Sentence()
	}
	return ""
}

func (r *windowRig) expectTold(when, part string) {
	r.t.Helper()
	if got := r.told(); !strings.Contains(got, part) || (got == "") != (part == "") {
		r.t.Errorf("%s: the strip says %q, want %q", when, got, part)
	}
}

// What is wrong with a call is told wherever one looks, once.
func TestAlarm_outOfSight(t *testing.T) {
	for _, width := range []float32{1000, look.CompactBelow - 1} {
		inWindow(t, talking(), look.Light, width, 680, func(r *windowRig) {
			fault := phone.SoundFault{Cause: phone.FaultUnheard, Since: modeltest.Now}
			hearing := func(h phone.Hearing) {
				r.update(func(s *phone.Snapshot) { s.Calls[0].Hearing = h })
			}
			r.ui.Go(placeDialpad)
			r.ui.dialpad.ShowCall("")
			hearing(phone.Hearing{Out: fault})
			r.expectTold("with the call in sight", "")
			r.ui.Go(placeChats)
			r.expectTold("on another page", "Bob Meyer may not hear you")
			link := r.ui.strip.call.links[0]
			if !link.Visible() {
				t.Error("nothing looks for a new path")
			}
			link.OnTap()
			r.queue.Settle()
			if got := r.phone.Called(); !slices.Contains(got, `RestartPath("c2")`) {
				t.Errorf("the link does %q", got)
			}
			hearing(phone.Hearing{In: phone.SoundFault{Cause: phone.FaultSilence, Since: modeltest.Now}})
			r.expectTold("the other side is quiet, which may be its wish", "")
			hearing(phone.Hearing{})
			r.expectTold("all is well", "")
			hearing(phone.Hearing{In: phone.SoundFault{Cause: phone.FaultBlocked, Since: modeltest.Now}})
			r.expectTold("again", "We hear nothing from Bob Meyer any more")
			r.update(func(s *phone.Snapshot) { s.Calls[0].LocalHold = true })
			r.expectTold("on hold", "")
			r.update(func(s *phone.Snapshot) { s.Calls[0].LocalHold = false })
			r.expectTold("resumed", "We hear nothing")
			r.ui.Go(placeDialpad)
			r.expectTold("back at the call", "")
		})
	}
}

func TestAlarm_mutedOutOfSight(t *testing.T) {
	inWindow(t, talking(), look.Light, 1000, 680, func(r *windowRig) {
		r.ui.Go(placeContacts)
		speaks := func(muted, speaks bool) {
			r.update(func(s *phone.Snapshot) { s.Calls[0].Muted, s.Devices.MutedSpeech = muted, speaks })
		}
		speaks(true, false)
		r.expectTold("muted", "")
		speaks(true, true)
		r.expectTold("speaking while muted", "You are muted: Bob Meyer does not hear you.")
		speaks(true, false)
		r.expectTold("a moment later", "You are muted")
		<-time.After(mutedTold + 2*beat)
		r.queue.Settle()
		r.expectTold("long after", "")
		speaks(true, true)
		speaks(false, false)
		r.expectTold("no longer muted", "")
	})
}

// In a conference the member counts whom one does not hear, not one who is
// quiet; the desktop is told of that member alone, and of the microphone too.
func TestAlarm_ofAConference(t *testing.T) {
	serious := phone.Hearing{Out: phone.SoundFault{Cause: phone.FaultUnheard, Since: modeltest.Now}}
	mild := phone.Hearing{In: phone.SoundFault{Cause: phone.FaultSilence, Since: modeltest.Now}}
	inWindow(t, conferring(), look.Light, 1000, 680, func(r *windowRig) {
		r.ui.Go(placeChats)
		for _, c := range []struct {
			rule   string
			first  phone.Hearing
			second phone.Hearing
			faulty int // -1 = none
		}{
			{"all is well", phone.Hearing{}, phone.Hearing{}, -1},
			{"one is quiet", phone.Hearing{}, mild, -1},
			{"one is unheard, the next quiet", serious, mild, 0},
			{"one is quiet, the next unheard", mild, serious, 1},
		} {
			r.update(func(s *phone.Snapshot) { s.Calls[0].Hearing, s.Calls[1].Hearing = c.first, c.second })
			s := r.phone.Snapshot()
			want := ""
			if c.faulty >= 0 {
				want = callName(s.Calls[c.faulty]) + " may not hear you"
			}
			r.expectTold(c.rule, want)
			for i, call := range s.Calls[:2] {
				f := r.ui.callFault(call)
				if told := f.Sentence != ""; told != (i == c.faulty) || told && f.Name != callName(call) {
					t.Errorf("%s: of call %d the desktop is told %+v", c.rule, i, f)
				}
			}
		}
		r.update(func(s *phone.Snapshot) {
			s.Calls[0].Hearing = phone.Hearing{Out: phone.SoundFault{Cause: phone.FaultMic, Since: modeltest.Now}}
			s.Calls[1].Hearing, s.Devices.Problem = phone.Hearing{}, silentMicrophone
		})
		r.expectTold("the strip tells of the microphone already", "")
		if f := r.ui.callFault(r.phone.Snapshot().Calls[0]); !strings.Contains(f.Sentence, "your microphone") {
			t.Errorf("of the microphone the desktop is told %+v", f)
		}
		r.update(func(s *phone.Snapshot) { s.Calls[1].ReconnectingSince = modeltest.Now })
		if f := r.ui.callFault(r.phone.Snapshot().Calls[1]); f.Sentence != reconnectingWords || f.Mend {
			t.Errorf("of a lost connection the desktop is told %+v", f)
		}
	})
}
