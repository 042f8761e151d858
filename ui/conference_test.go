package ui

import (
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
)

// conferring is the sample in a conference with Bob and Carol.
func conferring() *phone.Snapshot {
	s := modeltest.Talking()
	for i := range s.Calls {
		c := &s.Calls[i]
		c.Conference, c.LocalHold, c.Muted, c.Volume = "x1", false, false, 1
	}
	return s
}

// conferringAndWaiting has Dana on hold beside it.
func conferringAndWaiting() *phone.Snapshot {
	s := conferring()
	s.Calls = append(s.Calls, waitingDana())
	return s
}

func waitingDana() phone.Call {
	return phone.Call{
		ID: "c4", Account: "a1", Direction: phone.Incoming, Peer: modeltest.Dana, DisplayName: "Dana Petrov",
		State: phone.CallConfirmed, LocalHold: true, Volume: 1, Encrypted: true, Codec: "opus",
		CreatedAt: modeltest.Now.Add(-time.Minute), StartedAt: modeltest.Now.Add(-50 * time.Second),
	}
}

// fourInConference is a conference with three others, one of them on hold.
func fourInConference() *phone.Snapshot {
	s := conferringAndWaiting()
	s.Calls[2].Conference = "x1"
	return s
}

// oneMuted is a conference in which Bob is heard by nobody and Carol softly.
func oneMuted() *phone.Snapshot {
	s := conferring()
	s.Calls[0].Volume, s.Calls[1].MemberMuted = 0.4, true
	return s
}

// recordedConference is one that is recorded for a while.
func recordedConference() *phone.Snapshot {
	s := conferring()
	for i := range s.Calls {
		s.Calls[i].RecordingSince = modeltest.Now.Add(-42 * time.Second)
	}
	return s
}

func openVolume(r *windowRig) { r.ui.dialpad.call.members.rows[0].toggleVolume() }

func conferencePictures() []picture {
	return []picture{
		{"conference", conferring, 1000, 680, nil},
		{"conference-waiting", conferringAndWaiting, 1000, 680, shownCall(nil)},
		{"conference-four", fourInConference, 1000, 680, shownCall(nil)},
		{"conference-muted", oneMuted, 1000, 680, shownCall(openVolume)},
		{"conference-muted-small", oneMuted, 340, 520, shownCall(openVolume)},
		{"conference-recorded", recordedConference, 1000, 680, shownCall(nil)},
		{"conference-unheard", conferring, 1000, 680, shownCall(allAtOnce)},
		{"conference-unheard-small", conferring, 340, 520, shownCall(allAtOnce)},
		{"conference-recorded-small", recordedConference, 340, 520, shownCall(nil)},
		{"conference-compact", conferringAndWaiting, 360, 680, shownCall(nil)},
		{"conference-small", fourInConference, 340, 520, shownCall(nil)},
		{"callbar-conference", conferring, 1000, 680, func(r *windowRig) { r.ctrl(fyne.Key2) }},
		{"callbar-conference-compact", conferring, 360, 680, func(r *windowRig) { r.ctrl(fyne.Key2) }},
	}
}

func TestMerge_byLinkAndKey(t *testing.T) {
	inCall(t, modeltest.Talking(), func(r *windowRig, v *callView) {
		if !v.mergeLink.Visible() || v.mergeLink.Disabled() {
			t.Fatal("two answered calls cannot be merged")
		}
		r.tap(v.mergeLink)
		r.want("Merge([])")
		r.update(func(s *phone.Snapshot) {
			s.Calls[0].Merging, s.Calls[1].Merging, s.Calls[0].HoldPending = true, true, true
		})
		if v.mergeLink.Label() != "Merging…" || !v.mergeLink.Disabled() {
			t.Errorf("while merging the link says %q", v.mergeLink.Label())
		}
		before := len(r.phone.Called())
		r.ctrl(fyne.KeyG)
		if now := len(r.phone.Called()); now != before {
			t.Errorf("merged again meanwhile: %v", r.phone.Called()[before:])
		}
		r.update(func(s *phone.Snapshot) { s.Calls = conferring().Calls })
		if v.chipBar.Visible() || v.name.Content() != "Carol Ruiz and Bob Meyer" {
			t.Errorf("in the conference chips are shown=%v and the name is %q", v.chipBar.Visible(), v.name.Content())
		}
	})
	inWindow(t, modeltest.Talking(), look.Light, 1000, 680, func(r *windowRig) {
		r.ctrl(fyne.Key2)
		r.ctrl(fyne.KeyG)
		r.want("Merge([])")
		if !r.ui.dialpad.OnCall() || r.ui.place != placeDialpad {
			t.Error("Ctrl+G does not show what becomes of it")
		}
	})
}

func TestMerge_isOfferedForAnsweredCallsOnly(t *testing.T) {
	for _, c := range []struct {
		rule   string
		change func(s *phone.Snapshot)
		want   bool
	}{
		{"two answered", func(*phone.Snapshot) {}, true},
		{"one rings", func(s *phone.Snapshot) { s.Calls[1].State = phone.CallRinging }, false},
		{"one is transferred", func(s *phone.Snapshot) { s.Calls[0].Transfer.State = phone.TransferAsked }, false},
		{"one conference", func(s *phone.Snapshot) { s.Calls = conferring().Calls }, false},
		{"a conference and a call", func(s *phone.Snapshot) { s.Calls = conferringAndWaiting().Calls }, true},
		{"one", func(s *phone.Snapshot) { s.Calls = s.Calls[1:] }, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := modeltest.Talking()
			c.change(s)
			if can, _ := mergeable(liveCalls(s)); can != c.want {
				t.Errorf("offered: %v", can)
			}
			before := modeltest.Talking()
			inWindow(t, before, look.Light, 1000, 680, func(r *windowRig) {
				r.update(c.change)
				before := len(r.phone.Called())
				if r.ctrl(fyne.KeyG); len(r.phone.Called()) > before != c.want {
					t.Errorf("Ctrl+G did %v", r.phone.Called()[before:])
				}
			})
		})
	}
}

func TestConference_controlsAreForAll(t *testing.T) {
	inCall(t, conferring(), func(r *windowRig, v *callView) {
		if v.controls.keypad.Visible() || v.controls.transfer.Visible() || !v.controls.split.Visible() {
			t.Error("the controls are those of a single call")
		}
		r.ctrl(fyne.KeyK)
		r.typing("1")
		r.ctrl(fyne.KeyT)
		if v.keypad.Visible() || v.transfer.Visible() || len(r.phone.Called()) > 0 {
			t.Errorf("keypad %v, transfer %v, %v", v.keypad.Visible(), v.transfer.Visible(), r.phone.Called())
		}
		r.tap(v.controls.mute)
		r.want(`SetMuted("c2", true)`)
		r.tap(v.controls.hold)
		r.want(`HoldConference("c2")`)
		r.update(func(s *phone.Snapshot) { s.Calls[0].LocalHold = true })
		if v.controls.hold.Label() != "Hold" {
			t.Errorf("with one on hold the control says %q", v.controls.hold.Label())
		}
		r.update(func(s *phone.Snapshot) { s.Calls[1].LocalHold = true })
		if v.controls.hold.Label() != "Resume" || v.state.Content() != "On hold · 08:52" {
			t.Errorf("with all on hold the control says %q, the state %q", v.controls.hold.Label(), v.state.Content())
		}
		r.ctrl(fyne.KeyH)
		r.want(`ResumeConference("c2")`)
		r.tap(v.controls.split)
		r.want(`Split("c2")`)
		r.tap(v.members.leave)
		r.want(`ConnectConference("c1")`)
		r.tap(v.end)
		r.want(`HangupConference("c2")`)
		r.ctrl(fyne.KeyPeriod)
		if got := r.phone.Called(); got[len(got)-1] != `HangupConference("c2")` {
			t.Errorf("Ctrl+. did %s", got[len(got)-1])
		}
	})
}

func TestConference_othersBesideIt(t *testing.T) {
	s := conferringAndWaiting()
	inCall(t, s, func(r *windowRig, v *callView) {
		if !v.chipBar.Visible() || len(v.chips.Objects) != 2 {
			t.Fatalf("%d chips for a conference and a call", len(v.chips.Objects))
		}
		r.ctrl(fyne.KeyJ)
		r.want(`Resume("c4")`)
		r.update(func(s *phone.Snapshot) {
			s.Calls[0].LocalHold, s.Calls[1].LocalHold, s.Calls[2].LocalHold = true, true, false
		})
		r.ctrl(fyne.KeyJ)
		r.want(`ResumeConference("c1")`)
	})
}

func TestConference_callBarAndWords(t *testing.T) {
	inWindow(t, conferring(), look.Light, 1000, 680, func(r *windowRig) {
		r.ctrl(fyne.Key3)
		if got := r.ui.callBar.name.Content(); got != "Conference with Carol Ruiz and Bob Meyer" {
			t.Errorf("the bar says %q", got)
		}
		r.tap(r.ui.callBar.end)
		r.want(`HangupConference("c2")`)
	})
	now := modeltest.Now
	words := func(s *phone.Snapshot) string { return conferenceWords(membersOf(s.Calls[0], s.Calls), now) }
	s := conferring()
	for _, step := range []struct {
		change func()
		want   string
	}{
		{func() {}, "08:52"},
		{func() { s.Calls[0].HoldPending = true }, "08:52"},
		{func() { s.Calls[1].HoldPending = true }, "Holding…"},
		{func() {
			for i := range 2 {
				s.Calls[i].HoldPending, s.Calls[i].LocalHold = false, true
			}
		}, "On hold · 08:52"},
		{func() { s.Calls[0].HoldPending = true }, "Resuming…"},
		{func() { s.Calls[0].Transfer.State = phone.TransferAsked }, "Connecting them with each other…"},
	} {
		if step.change(); words(s) != step.want {
			t.Errorf("%q, want %q", words(s), step.want)
		}
	}
	for _, c := range []struct {
		change func(c *phone.Call)
		want   string
	}{
		{func(*phone.Call) {}, "04:12"},
		{func(c *phone.Call) { c.LocalHold = true }, "On hold"},
		{func(c *phone.Call) { c.HoldPending = true }, "Holding"},
		{func(c *phone.Call) { c.HoldPending, c.LocalHold = true, true }, "Resuming"},
		{func(c *phone.Call) { c.RemoteHold = true }, "Holds the line"},
		{func(c *phone.Call) { c.MediaLost = true }, "We hear nothing from them"},
		{func(c *phone.Call) { c.Encrypted = false }, "04:12 · not encrypted yet"},
	} {
		call := conferring().Calls[1]
		if c.change(&call); memberWords(call, now) != c.want {
			t.Errorf("%q, want %q", memberWords(call, now), c.want)
		}
	}
}

func TestConference_memberIsMuted(t *testing.T) {
	inCall(t, conferring(), func(r *windowRig, v *callView) {
		row := v.members.rows[1]
		if row.mute.Name() != "Mute Bob Meyer" {
			t.Errorf("the button is called %q", row.mute.Name())
		}
		r.ui.window.Canvas().Focus(row.mute)
		r.key(fyne.KeySpace)
		r.want(`SetMemberMuted("c2", true)`)
		r.update(func(s *phone.Snapshot) { s.Calls[1].MemberMuted = true })
		if v.members.rows[1] != row || r.ui.window.Canvas().Focused() != fyne.Focusable(row.mute) {
			t.Error("muting takes the keyboard away from the button")
		}
		if row.mute.Name() != "Unmute Bob Meyer" || row.words.Content() != "Muted by you" {
			t.Errorf("muted, the button is called %q and the words are %q", row.mute.Name(), row.words.Content())
		}
		if v.controls.mute.Label() != "Mute" {
			t.Errorf("the user's own control says %q", v.controls.mute.Label())
		}
		r.key(fyne.KeySpace)
		r.want(`SetMemberMuted("c2", false)`)
	})
}

func TestConference_memberHasAVolume(t *testing.T) {
	inCall(t, conferring(), func(r *windowRig, v *callView) {
		row := v.members.rows[0]
		if row.volume.Visible() {
			t.Fatal("the volume is open unasked")
		}
		r.ui.window.Canvas().Focus(row.speaker)
		r.key(fyne.KeyReturn)
		if !row.volume.Visible() || row.words.Visible() {
			t.Fatal("the volume does not open in the place of the words")
		}
		r.ui.window.Canvas().Focus(row.slider)
		r.key(fyne.KeyLeft)
		r.want(`SetVolume("c1", 0.9)`)
		r.update(func(*phone.Snapshot) {}) // older than the user's move
		if got := row.slider.Value(); got != 0.45 {
			t.Errorf("the slider jumps back to %v", got)
		}
		if !v.Escape() || row.volume.Visible() || !row.words.Visible() {
			t.Error("Escape does not close the volume")
		}
	})
}

// The volume of all leaves the members as loud beside each other as they were.
func TestConference_volumeOfAll(t *testing.T) {
	s := conferring()
	s.Calls[0].Volume, s.Calls[1].Volume = 0.5, 1
	inCall(t, s, func(r *windowRig, v *callView) {
		if got := v.volume.slider.Value(); got != 0.5 {
			t.Fatalf("the slider stands at %v, want that of the loudest", got)
		}
		r.phone.Forget()
		for range 2 {
			v.volume.slider.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
			v.volume.slider.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
		}
		r.queue.Settle()
		want := []string{`SetVolume("c1", 1)`, `SetVolume("c2", 2)`, `SetVolume("c1", 0)`, `SetVolume("c2", 0)`}
		if got := r.phone.Called(); !slices.Equal(got, append(want, want...)) {
			t.Errorf("asked %q", got)
		}
		r.wait(2 * time.Second)
		r.update(func(s *phone.Snapshot) { s.Calls[0].Volume, s.Calls[1].Volume = 0, 0 })
		v.volume.slider.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
		r.queue.Settle()
		r.want(`SetVolume("c1", 2)`)
	})
}
