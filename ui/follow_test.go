package ui

import (
	"testing"
	"time"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
)

func TestDialpad_looksAtTheCallJustAnswered(t *testing.T) {
	inWindow(t, talking(), look.Light, 1000, 680, func(r *windowRig) {
		r.ui.dialpad.ShowCall("c2") // chosen, as after dialling it
		r.update(func(s *phone.Snapshot) {
			s.Calls = append(s.Calls, phone.Call{
				ID: "c9", Direction: phone.Incoming, Peer: "sip:carol@example.com", State: phone.CallIncoming, CreatedAt: time.Now(),
			})
		})
		if r.ui.dialpad.wanted != "c2" {
			t.Errorf("a ringing call is in view: %q", r.ui.dialpad.wanted)
		}
		r.update(func(s *phone.Snapshot) {
			s.Calls[0].LocalHold = true
			s.Calls[1].State, s.Calls[1].StartedAt = phone.CallConfirmed, time.Now()
		})
		if c, _ := mainCall(r.phone.Snapshot(), r.ui.dialpad.wanted, time.Now()); c.ID != "c9" {
			t.Errorf("after answering carol the view shows %q", c.ID)
		}
	})
}

// A call that is gone on with from elsewhere, by a command or after a
// conference was split, is looked at; one that the user has chosen to look at
// on hold stays in view.
func TestDialpad_looksAtTheCallGoneOnWith(t *testing.T) {
	inWindow(t, talking(), look.Light, 1000, 680, func(r *windowRig) {
		held := func(c2, c9 bool) {
			r.update(func(s *phone.Snapshot) { s.Calls[0].LocalHold, s.Calls[1].LocalHold = c2, c9 })
		}
		r.update(func(s *phone.Snapshot) {
			s.Calls = append(s.Calls, phone.Call{
				ID: "c9", Direction: phone.Outgoing, Peer: "sip:carol@example.com", State: phone.CallConfirmed, StartedAt: time.Now(),
			})
		})
		r.update(func(s *phone.Snapshot) { s.Calls[0].Conference, s.Calls[1].Conference = "k1", "k1" })
		r.ui.dialpad.ShowCall("c2")
		if held(true, false); r.ui.dialpad.wanted != "c2" {
			t.Errorf("while a conference is held call by call %q is in view", r.ui.dialpad.wanted)
		}
		r.update(func(s *phone.Snapshot) { s.Calls[0].Conference, s.Calls[1].Conference = "", "" })
		for i, c := range []struct {
			shown          phone.CallID // chosen before; "" = none is
			c2held, c9held bool
			want           phone.CallID
		}{
			{"c2", false, false, "c2"}, // in a conference
			{"", true, false, "c9"},
			{"", false, true, "c2"},
			{"", true, true, "c2"},
			{"", true, false, "c9"},
			{"c2", true, false, "c2"},
		} {
			if c.shown != "" {
				r.ui.dialpad.ShowCall(c.shown)
			}
			held(c.c2held, c.c9held)
			if shown, _ := mainCall(r.phone.Snapshot(), r.ui.dialpad.wanted, time.Now()); shown.ID != c.want {
				t.Errorf("step %d: %q in view, want %q", i, shown.ID, c.want)
			}
		}
	})
}

func TestDialpad_typingAfterACallEndedDials(t *testing.T) {
	for _, test := range []struct {
		rule string
		do   func(r *windowRig)
	}{
		{"a digit goes into the entry", func(r *windowRig) { r.ui.dialpad.TypedRune('7') }},
		{"the entry can be asked for", func(r *windowRig) { r.ui.dialpad.Dial("7") }},
	} {
		t.Run(test.rule, func(t *testing.T) {
			inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
				r.update(func(s *phone.Snapshot) {
					s.Calls = []phone.Call{{ID: "c9", Direction: phone.Outgoing, Peer: "sip:carol@example.com", State: phone.CallConfirmed, StartedAt: time.Now()}}
				})
				r.update(func(s *phone.Snapshot) {
					s.Calls[0].State, s.Calls[0].EndedAt = phone.CallEnded, time.Now()
				})
				if !r.ui.dialpad.OnCall() {
					t.Fatal("the end of the call is not shown")
				}
				test.do(r)
				if r.ui.dialpad.OnCall() || r.ui.dialpad.pad.entry.Text != "7" {
					t.Errorf("the ended call is in view: %v; the entry has %q", r.ui.dialpad.OnCall(), r.ui.dialpad.pad.entry.Text)
				}
			})
		})
	}
}

// After a transfer, or when several calls end together, the end of the call that
// was looked at stays in view.
func TestDialpad_theEndInViewStays(t *testing.T) {
	inWindow(t, talking(), look.Light, 1000, 680, func(r *windowRig) {
		r.update(func(s *phone.Snapshot) {
			s.Calls = append(s.Calls, phone.Call{
				ID: "c9", Direction: phone.Outgoing, Peer: "sip:carol@example.com", State: phone.CallConfirmed, StartedAt: time.Now(),
			})
		})
		r.ui.dialpad.ShowCall("c2")
		r.update(func(s *phone.Snapshot) {
			for i := range s.Calls {
				s.Calls[i].State, s.Calls[i].EndedAt = phone.CallEnded, time.Now()
			}
		})
		<-time.After(endShown / 2)
		r.queue.Settle()
		r.update(func(*phone.Snapshot) {})
		if got := r.ui.dialpad.call.call.ID; got != "c2" || !r.ui.dialpad.OnCall() {
			t.Errorf("the end of %q is in view", got)
		}
		<-time.After(endShown)
		r.queue.Settle()
		if r.ui.dialpad.OnCall() || r.ui.dialpad.wanted != "" {
			t.Errorf("long after it is still in view, wanted %q", r.ui.dialpad.wanted)
		}
	})
}
