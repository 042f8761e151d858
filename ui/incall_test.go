package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"webphone/phone"
	"webphone/phone/ua"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
	"webphone/ui/widgets"
)

// talking is the sample during one call with Bob.
func talking() *phone.Snapshot {
	s := modeltest.Talking()
	s.Calls = s.Calls[1:]
	s.Calls[0].Muted = false
	return s
}

func inCall(t *testing.T, s *phone.Snapshot, f func(r *windowRig, v *callView)) {
	t.Helper()
	inWindow(t, s, look.Light, 1000, 680, func(r *windowRig) {
		if !r.ui.dialpad.OnCall() {
			t.Fatal("the call is not in view")
		}
		f(r, r.ui.dialpad.call)
	})
}

func TestCall_timerRuns(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		if v.state.Content() != "04:12" {
			t.Errorf("the timer shows %q, want 04:12", v.state.Content())
		}
		r.wait(3 * time.Second)
		if v.state.Content() != "04:15" {
			t.Errorf("3 s later it shows %q", v.state.Content())
		}
	})
}

func TestCall_controls(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		r.tap(v.controls.mute)
		r.want(`SetMuted("c2", true)`)
		r.update(func(s *phone.Snapshot) { s.Calls[0].Muted = true })
		if v.controls.mute.Label() != "Muted" || !v.controls.mute.On() {
			t.Errorf("the control says %q", v.controls.mute.Label())
		}
		r.ctrl(fyne.KeyM)
		r.want(`SetMuted("c2", false)`)

		r.tap(v.controls.hold)
		r.want(`Hold("c2")`)
		r.update(func(s *phone.Snapshot) { s.Calls[0].HoldPending = true })
		if !v.controls.hold.Disabled() || v.state.Content() != "Holding…" {
			t.Errorf("while holding the control is enabled=%v and the state %q", !v.controls.hold.Disabled(), v.state.Content())
		}
		r.update(func(s *phone.Snapshot) { s.Calls[0].HoldPending, s.Calls[0].LocalHold = false, true })
		if v.controls.hold.Label() != "Resume" || !strings.HasPrefix(v.state.Content(), "On hold") {
			t.Errorf("on hold the control says %q, the state %q", v.controls.hold.Label(), v.state.Content())
		}
		r.ctrl(fyne.KeyH)
		r.want(`Resume("c2")`)

		r.tap(v.end)
		r.want(`Hangup("c2")`)
	})
}

func TestCall_typedDigitsAreTones(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		if r.ui.window.Canvas().Focused() != nil {
			t.Error("something has the keyboard at the beginning of a call")
		}
		r.typing("1*x#")
		for _, want := range []string{`SendDTMF("c2", "1")`, `SendDTMF("c2", "*")`, `SendDTMF("c2", "#")`} {
			r.want(want)
		}
		for _, c := range r.phone.Called() {
			if strings.Contains(c, "x") || strings.Contains(c, "X") {
				t.Errorf("a letter became %s", c)
			}
		}
		if got := strings.Join(r.phone.Called(), " "); strings.Index(got, `"1"`) > strings.Index(got, `"*"`) || strings.Index(got, `"*"`) > strings.Index(got, `"#"`) {
			t.Errorf("the tones changed places: %s", got)
		}
		if !v.keypad.Visible() || v.keypad.Digits() != "1*#" {
			t.Errorf("the keypad shows %q", v.keypad.Digits())
		}
	})
}

func TestCall_keypadOpensAndEscapeClosesIt(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		r.ctrl(fyne.KeyK)
		if !v.keypad.Visible() || v.controls.Visible() {
			t.Fatal("Ctrl+K does not open the keypad in place of the controls")
		}
		r.key(fyne.KeyEscape)
		if v.keypad.Visible() || !v.controls.Visible() {
			t.Error("Escape does not close the keypad")
		}
	})
}

func TestCall_escapeNeverHangsUp(t *testing.T) {
	s := modeltest.Talking()
	s.Calls = append(s.Calls, modeltest.Ringing().Calls...)
	for _, size := range []fyne.Size{{Width: 1000, Height: 680}, {Width: 360, Height: 680}} {
		inWindow(t, s, look.Light, size.Width, size.Height, func(r *windowRig) {
			for _, key := range []fyne.KeyName{"", fyne.KeyK, fyne.KeyL, fyne.Key2, fyne.Key3, fyne.Key4, fyne.KeyComma, fyne.KeyQ, fyne.KeyF} {
				if key != "" {
					r.ctrl(key)
				}
				for range 6 {
					r.key(fyne.KeyEscape)
				}
			}
			for _, c := range r.phone.Called() {
				if strings.HasPrefix(c, "Hang") || strings.HasPrefix(c, "Decline") {
					t.Errorf("Escape did %s", c)
				}
			}
		})
	}
}

func TestCall_addCallHoldsAndShowsTheKeys(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		r.tap(v.controls.add)
		r.want(`Hold("c2")`)
		if r.ui.dialpad.OnCall() || !r.ui.callBar.Visible() {
			t.Fatal("the keys are not shown, or the call is out of sight")
		}
		r.typing("100")
		r.key(fyne.KeyReturn)
		r.want(`Dial("100")`)
		r.update(func(s *phone.Snapshot) {
			s.Calls[0].LocalHold = true
			s.Calls = append(s.Calls, phone.Call{
				ID: "new", Direction: phone.Outgoing, Peer: "sip:100@example.com", State: phone.CallConnecting, CreatedAt: time.Now(),
			})
		})
		if !r.ui.dialpad.OnCall() || v.call.ID != "new" || v.state.Content() != "Calling…" {
			t.Errorf("shown is call %q: %q", v.call.ID, v.state.Content())
		}
	})
}

func TestCall_swapResumesTheOther(t *testing.T) {
	inCall(t, modeltest.Talking(), func(r *windowRig, v *callView) {
		if v.call.ID != "c2" || !v.chipBar.Visible() {
			t.Fatalf("shown is %q, chips visible=%v", v.call.ID, v.chipBar.Visible())
		}
		r.ctrl(fyne.KeyJ)
		r.want(`Resume("c1")`)
		if v.call.ID != "c1" {
			t.Errorf("shown is %q after the swap", v.call.ID)
		}
		chip, ok := v.chips.Objects[1].(*widgets.Chip)
		if !ok || !strings.HasPrefix(chip.Label(), "Bob Meyer") {
			t.Errorf("the other call is not offered: %v", v.chips.Objects[1])
		}
	})
}

func TestCall_ownHangupIsShownCalmly(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		r.update(func(s *phone.Snapshot) {
			c := &s.Calls[0]
			c.State, c.EndedAt, c.End = phone.CallEnded, time.Now(), &ua.EndError{Cause: ua.CauseBye, Origin: ua.Local}
		})
		if v.state.Content() != "Call ended" && !callEnd(v.call).Calm {
			t.Errorf("an own hang-up is told as %q", v.state.Content())
		}
		if v.end.Visible() || v.controls.Visible() {
			t.Error("an ended call can still be controlled")
		}
		if r.ui.strip.passing.banner.Visible() {
			t.Error("an own hang-up is told in the strip")
		}
		r.wait(endShown + 300*time.Millisecond)
		if r.ui.dialpad.OnCall() || r.ui.stopTick != nil {
			t.Error("the end stays in sight, or the ticker runs on")
		}
		if r.ui.window.Canvas().Focused() != fyne.Focusable(r.ui.dialpad.pad.entry) {
			t.Error("after the call the number entry has not the keyboard")
		}
	})
}

func TestCall_saysWhatKeepsThemFromHearing(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		if v.warning.Visible() {
			t.Fatalf("it warns %q of nothing", v.warning.Sentence())
		}
		r.update(func(s *phone.Snapshot) { s.Calls[0].Hearing.In.Cause = phone.FaultBlocked })
		if !v.warning.Visible() || !strings.Contains(v.warning.Sentence(), "We hear nothing from Bob Meyer") {
			t.Errorf("it says %q", v.warning.Sentence())
		}
		r.update(func(s *phone.Snapshot) { s.Calls[0].Hearing.In.Cause, s.Calls[0].Muted = phone.FaultNone, true })
		if v.warning.Visible() {
			t.Errorf("muted and quiet it says %q", v.warning.Sentence())
		}
		r.update(func(s *phone.Snapshot) { s.Devices.MutedSpeech = true })
		if !v.warning.Visible() || !strings.Contains(v.warning.Sentence(), "You are muted") {
			t.Errorf("speaking while muted it says %q", v.warning.Sentence())
		}
		r.update(func(s *phone.Snapshot) { s.Devices.MutedSpeech = false })
		r.wait(time.Second)
		if !v.warning.Visible() {
			t.Error("the warning flickers between words")
		}
		r.update(func(s *phone.Snapshot) { s.Calls[0].Muted = false })
		if v.warning.Visible() {
			t.Error("the warning stays")
		}
	})
}

func TestCall_demoExplainsTheEcho(t *testing.T) {
	s := talking()
	s.Demo = true
	s.Calls[0].Peer, s.Calls[0].StartedAt = "sip:echo@demo.invalid", modeltest.Now
	inCall(t, s, func(r *windowRig, v *callView) {
		if !strings.HasPrefix(v.warning.Sentence(), "Speak") || !v.warning.Visible() {
			t.Errorf("it says %q", v.warning.Sentence())
		}
		r.wait(echoHint + time.Second)
		if v.warning.Visible() {
			t.Error("it goes on explaining")
		}
	})
}

func TestCall_volumeIsSetAndFollows(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		v.volume.slider.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
		r.queue.Settle()
		r.want(`SetVolume("c2", 2)`)
		r.update(func(s *phone.Snapshot) { s.Calls[0].Volume = 0.5 }) // older than the user's move
		if v.volume.slider.Value() != 1 {
			t.Error("the slider jumps back under the user's hand")
		}
		r.wait(2 * time.Second)
		r.update(func(s *phone.Snapshot) { s.Calls[0].Volume = 1 })
		if v.volume.slider.Value() != 0.5 {
			t.Errorf("the slider stands at %v, want 0.5", v.volume.slider.Value())
		}
	})
}

func TestCallBar_keepsTheCallAtHand(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, _ *callView) {
		bar := r.ui.callBar
		if bar.Visible() {
			t.Error("the bar is shown beside the call itself")
		}
		for _, key := range []fyne.KeyName{fyne.Key2, fyne.Key3, fyne.Key4, fyne.KeyComma} {
			r.ctrl(key)
			if !bar.Visible() || bar.Size().Height < 40 {
				t.Fatalf("the call is out of sight on %s", r.ui.place)
			}
		}
		r.wait(2 * time.Second)
		if bar.state.Content() != "04:14" {
			t.Errorf("the bar's timer shows %q", bar.state.Content())
		}
		r.tap(bar.mute)
		r.want(`SetMuted("c2", true)`)
		r.tap(bar)
		if r.ui.place != placeDialpad || !r.ui.dialpad.OnCall() || bar.Visible() {
			t.Error("the bar does not lead to the call")
		}
		r.ctrl(fyne.Key2)
		r.tap(bar.end)
		r.want(`Hangup("c2")`)
	})
}

func TestIncoming_cardNeverTakesTheKeyboard(t *testing.T) {
	inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
		entry := r.ui.dialpad.pad.entry
		r.typing("12")
		r.update(func(s *phone.Snapshot) { s.Calls = modeltest.Ringing().Calls })
		if !r.ui.card.Visible() {
			t.Fatal("there is no card")
		}
		r.typing("34")
		if entry.Text != "1234" || r.ui.window.Canvas().Focused() != fyne.Focusable(entry) {
			t.Errorf("typing was interrupted: %q", entry.Text)
		}
		r.key(fyne.KeyReturn)
		for _, c := range r.phone.Called() {
			if strings.HasPrefix(c, "Answer") || strings.HasPrefix(c, "Decline") {
				t.Errorf("Enter in the entry did %s", c)
			}
		}
	})
}

func TestIncoming_keys(t *testing.T) {
	for _, c := range []struct {
		rule string
		do   func(r *windowRig)
		want string
	}{
		{"Ctrl+Enter answers", func(r *windowRig) { r.ctrl(fyne.KeyReturn) }, `Answer("c3")`},
		{"Ctrl+keypad Enter answers", func(r *windowRig) { r.ctrl(fyne.KeyEnter) }, `Answer("c3")`},
		{"Ctrl+. declines", func(r *windowRig) { r.ctrl(fyne.KeyPeriod) }, `Decline("c3")`},
		{"Escape silences", func(r *windowRig) { r.key(fyne.KeyEscape) }, `SilenceRinger()`},
		{"the green button answers", func(r *windowRig) { r.tap(r.ui.card.answer) }, `Answer("c3")`},
		{"the red button declines", func(r *windowRig) { r.tap(r.ui.card.decline) }, `Decline("c3")`},
	} {
		t.Run(c.rule, func(t *testing.T) {
			inWindow(t, modeltest.Ringing(), look.Light, 1000, 680, func(r *windowRig) {
				r.ctrl(fyne.Key3)
				c.do(r)
				r.want(c.want)
			})
		})
	}
}

func TestIncoming_escapeSilencesThenClosesButTheCallCanBeAnswered(t *testing.T) {
	inWindow(t, modeltest.Ringing(), look.Light, 1000, 680, func(r *windowRig) {
		r.key(fyne.KeyEscape)
		if !r.ui.card.Visible() || !strings.Contains(r.ui.card.head.Content(), "silenced") {
			t.Errorf("after one Escape the card is visible=%v: %q", r.ui.card.Visible(), r.ui.card.head.Content())
		}
		r.key(fyne.KeyEscape)
		if r.ui.card.Visible() {
			t.Error("after two the card stays")
		}
		r.update(func(*phone.Snapshot) {})
		if r.ui.card.Visible() {
			t.Error("the next change brings the closed card back")
		}
		r.ctrl(fyne.KeyReturn)
		r.want(`Answer("c3")`)
	})
}

func TestIncoming_secondCallOffersHoldAndAnswer(t *testing.T) {
	s := talking()
	s.Calls = append(s.Calls, modeltest.Ringing().Calls...)
	inWindow(t, s, look.Light, 1000, 680, func(r *windowRig) {
		if got := r.ui.card.answer.Label(); got != "Hold & answer" {
			t.Errorf("the button says %q", got)
		}
		if !strings.Contains(r.ui.card.head.Content(), "you are talking to Bob Meyer") {
			t.Errorf("the card says %q", r.ui.card.head.Content())
		}
		r.ctrl(fyne.KeyPeriod)
		r.want(`Decline("c3")`)
		for _, c := range r.phone.Called() {
			if strings.HasPrefix(c, "Hangup") {
				t.Errorf("declining the second call did %s", c)
			}
		}
	})
}

func TestIncoming_answeredCallComesIntoView(t *testing.T) {
	inWindow(t, modeltest.Ringing(), look.Light, 1000, 680, func(r *windowRig) {
		r.ctrl(fyne.Key3)
		r.ctrl(fyne.KeyReturn)
		r.update(func(s *phone.Snapshot) { s.Calls[0].State = phone.CallConnecting })
		if r.ui.place != placeDialpad || !r.ui.dialpad.OnCall() || r.ui.card.Visible() {
			t.Error("the answered call is not in view")
		}
	})
}

func TestCall_theFailureBeforeIsForgottenWhenTheNextBegins(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, _ *callView) {
		first := r.ui.model.Snapshot().Calls[0]
		r.update(func(s *phone.Snapshot) {
			c := &s.Calls[0]
			c.State, c.EndedAt, c.End = phone.CallEnded, time.Now(), &ua.EndError{Cause: ua.CauseBusy, Status: 486, Origin: ua.Remote}
		})
		if !r.ui.strip.passing.banner.Visible() {
			t.Fatal("the failure is not told")
		}
		r.update(func(s *phone.Snapshot) {
			first.ID, first.State = "next", phone.CallRinging
			s.Calls = append(s.Calls, first)
		})
		if r.ui.strip.passing.banner.Visible() {
			t.Error("the failure stays while the next call rings")
		}
	})
}

func TestCall_typedDigitsAreNotTakenBackWhileTheyAreSent(t *testing.T) {
	inCall(t, talking(), func(r *windowRig, v *callView) {
		for _, d := range "123" {
			v.TypedRune(d)
		}
		r.update(func(s *phone.Snapshot) { s.Calls[0].DTMFSent = "1" })
		if got := v.keypad.Digits(); got != "123" {
			t.Errorf("the keypad shows %q", got)
		}
		r.update(func(s *phone.Snapshot) { s.Calls[0].DTMFSent = "1234" })
		if got := v.keypad.Digits(); got != "1234" {
			t.Errorf("the keypad shows %q", got)
		}
	})
}
