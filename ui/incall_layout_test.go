package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"webphone/audio"
	"webphone/audio/device"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
	"webphone/ui/widgets"
)

// unmended is a fault that a new path has not mended: the longest words.
func unmended(c *phone.Call, cause phone.FaultCause) {
	c.Hearing.In = phone.SoundFault{Cause: cause, Since: modeltest.Now.Add(-time.Second)}
	c.PathRestart = phone.PathRestart{State: phone.RestartFailed, At: modeltest.Now}
}

const everything = "all of it at once"

// passing are the things that come and go by themselves during a call.
var passing = map[string]func(r *windowRig){
	"who is muted speaks": func(r *windowRig) {
		r.update(func(s *phone.Snapshot) {
			for i := range s.Calls {
				s.Calls[i].Muted = true
			}
			s.Devices.MutedSpeech = true
		})
	},
	"the sound is lost": func(r *windowRig) { r.update(func(s *phone.Snapshot) { unmended(&s.Calls[0], phone.FaultNeverCame) }) },
	"it is recorded":    func(r *windowRig) { r.update(func(s *phone.Snapshot) { s.Calls[0].RecordingSince = modeltest.Now }) },
	"all of it at once": allAtOnce,
}

var silentMicrophone = &audio.DeviceError{Role: audio.Microphone, Err: &device.Error{Kind: device.Silent}}

func allAtOnce(r *windowRig) {
	r.update(func(s *phone.Snapshot) {
		s.Devices.Problem, s.Calls[0].RecordingSince = silentMicrophone, modeltest.Now
		unmended(&s.Calls[0], phone.FaultPath)
	})
}

var conferences = map[string]func() *phone.Snapshot{
	"two": conferring, "two and a call": conferringAndWaiting, "three": fourInConference,
}

var windowSizes = []fyne.Size{
	{Width: 1200, Height: 900},
	{Width: 1000, Height: 680},
	{Width: 640, Height: 520},
	{Width: 400, Height: 760},
	{Width: 360, Height: 680},
	{Width: 340, Height: 520},
}

func placeOnScreen(o fyne.CanvasObject) fyne.Position {
	return fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
}

// In a conference too nothing that comes by itself moves a key of the call, in
// no window; where there is room not those of the members either.
func TestConference_noKeyMovesByItself(t *testing.T) {
	for state, conference := range conferences {
		for what, comes := range passing {
			for _, size := range windowSizes {
				t.Run(fmt.Sprintf("%s, %s %.0fx%.0f", state, what, size.Width, size.Height), func(t *testing.T) {
					inWindow(t, conference(), look.Light, size.Width, size.Height, func(r *windowRig) {
						shownCall(nil)(r)
						v := r.ui.dialpad.call
						var pressed []fyne.CanvasObject
						for _, o := range v.controls.Objects {
							if o.Visible() {
								pressed = append(pressed, o)
							}
						}
						pressed = append(pressed, v.end)
						if v.volume.Visible() {
							pressed = append(pressed, v.volume.Container)
						}
						if size.Height >= 900 || size.Width >= 1000 && what != everything {
							for _, row := range v.members.rows {
								pressed = append(pressed, row.mute, row.end)
							}
						}
						before := map[fyne.CanvasObject]float32{}
						for _, o := range pressed {
							before[o] = placeOnScreen(o).Y
						}
						comes(r)
						for _, o := range pressed {
							if off := placeOnScreen(o).Y - before[o]; off > 0.5 || off < -0.5 {
								t.Errorf("%T %s moved by %.1f", o, labelOf(o), off)
							}
							if !o.Visible() {
								t.Errorf("%T %s is gone", o, labelOf(o))
							}
						}
						checkCallParts(t, r)
					})
				})
			}
		}
	}
}

// checkCallParts looks whether the parts of the call are whole in it, one
// below the other, and its controls in the window.
func checkCallParts(t *testing.T, r *windowRig) {
	t.Helper()
	v := r.ui.dialpad.call
	var parts []fyne.CanvasObject
	for _, o := range v.renderer.objects {
		if o.Visible() {
			parts = append(parts, o)
		}
	}
	const leading = 2.5 // a line of text is higher than its letters
	for i, a := range parts {
		end := a.Position().Y + a.Size().Height
		if a.Position().Y < 0 || end > v.Size().Height {
			t.Errorf("%T is at %.1f…%.1f of %.1f", a, a.Position().Y, end, v.Size().Height)
		}
		for _, b := range parts[i+1:] {
			if a.Position().Y+leading < b.Position().Y+b.Size().Height && b.Position().Y+leading < end {
				t.Errorf("%T at %.1f…%.1f and %T at %.1f…%.1f overlap", a, a.Position().Y, end, b, b.Position().Y, b.Position().Y+b.Size().Height)
			}
		}
	}
	var found []control
	visibleControls(r.ui.window.Content(), 0, 0, false, &found)
	checkControls(t, found, r.ui.window.Canvas().Size())
}

// The smallest window has room for a call that is recorded, a fault with what
// helps, and a sentence that passes.
func TestCall_fitsTheSmallestWindow(t *testing.T) {
	states := map[string]func() *phone.Snapshot{"a call": recordedCall, "two calls": func() *phone.Snapshot {
		s := modeltest.Talking()
		s.Calls[0].RecordingSince = modeltest.Now
		return s
	}}
	for state, s := range conferences {
		states["conference: "+state] = func() *phone.Snapshot {
			s := s()
			s.Calls[0].RecordingSince = modeltest.Now
			return s
		}
	}
	for state, make := range states {
		for _, say := range []string{"", "The address is copied.", "No answer from Carol Ruiz, who may be away from the phone now."} {
			t.Run(fmt.Sprintf("%s, %d said", state, len(say)), func(t *testing.T) {
				s := make()
				for i := range s.Calls {
					unmended(&s.Calls[i], phone.FaultPath)
					s.Calls[i].DisplayName = "Wilhelmina Featherstonehaugh"
				}
				inWindow(t, s, look.Light, 340, 520, func(r *windowRig) {
					shownCall(nil)(r)
					if say != "" {
						r.ui.host.Say(say)
						r.queue.Settle()
					}
					v := r.ui.dialpad.call
					if !v.warning.Visible() || !v.mend.Visible() || !v.end.Visible() || v.end.Size().Height < 44 {
						t.Errorf("there is the warning: %v, what helps: %v, Hang up: %v", v.warning.Visible(), v.mend.Visible(), v.end.Size())
					}
					checkCallParts(t, r)
				})
			})
		}
	}
}

// foldKey is the key that asks for the rest of a sentence, or nil.
func (r *windowRig) foldKey() *widgets.IconButton {
	var found []control
	visibleControls(r.ui.window.Content(), 0, 0, false, &found)
	for _, c := range found {
		if key, ok := c.object.(*widgets.IconButton); ok && strings.HasPrefix(key.Name(), "Show ") {
			return key
		}
	}
	return nil
}

// What is cut of a warning can be read, in the place of the names.
func TestCall_allOfAWarningCanBeRead(t *testing.T) {
	s := recordedCall()
	unmended(&s.Calls[0], phone.FaultPath)
	inWindow(t, s, look.Light, 340, 520, func(r *windowRig) {
		v := r.ui.dialpad.call
		width := v.warning.Size().Width
		if !v.warning.Cut(width) || r.foldKey() == nil {
			t.Fatal("the window has room for all of the warning: this test tests nothing")
		}
		keys := placeOnScreen(v.controls.mute)
		r.tap(r.foldKey())
		if v.warning.Cut(width) || v.name.Visible() || !v.sign.Visible() {
			t.Errorf("asked for, words are left out: %v; the name is there: %v, the sign: %v", v.warning.Cut(width), v.name.Visible(), v.sign.Visible())
		}
		if got := placeOnScreen(v.controls.mute); got.Y < keys.Y-30 || got.Y > keys.Y+30 {
			t.Errorf("reading moves the keys from %v to %v", keys.Y, got.Y)
		}
		checkCallParts(t, r)
		r.tap(r.foldKey())
		if !v.warning.Cut(width) || !v.name.Visible() {
			t.Error("the warning cannot be folded again")
		}
		r.tap(r.foldKey())
		r.update(func(s *phone.Snapshot) {
			s.Calls[0].Hearing, s.Calls[0].PathRestart = phone.Hearing{}, phone.PathRestart{}
		})
		if v.warning.Visible() || !v.name.Visible() {
			t.Error("the fault is over and the name does not come back")
		}
		r.update(func(s *phone.Snapshot) { unmended(&s.Calls[0], phone.FaultPath) })
		if !v.warning.Cut(width) {
			t.Error("the next warning is unfolded unasked")
		}
	})
	inWindow(t, unheard(), look.Light, 1000, 680, func(r *windowRig) {
		if r.foldKey() != nil {
			t.Error("where there is room a key offers more words")
		}
	})
}

// Reading a warning, or its end, leaves the members where they were.
func TestConference_membersComeBackToTheirPlace(t *testing.T) {
	inWindow(t, recordedConference(), look.Light, 340, 520, func(r *windowRig) {
		shownCall(nil)(r)
		v := r.ui.dialpad.call
		row := v.members.rows[1].mute
		before := placeOnScreen(row).Y
		passing["who is muted speaks"](r)
		want := placeOnScreen(row).Y
		for i := range 4 {
			key := r.foldKey()
			if key == nil {
				t.Fatal("all of the warning is shown: this test tests nothing")
			}
			if r.tap(key); i%2 == 1 && placeOnScreen(row).Y != want {
				t.Errorf("folded again the member is at %.1f, was at %.1f", placeOnScreen(row).Y, want)
			}
		}
		r.update(func(s *phone.Snapshot) { s.Calls[0].Muted, s.Calls[1].Muted = false, false })
		if got := placeOnScreen(row).Y; v.warning.Visible() || got != before {
			t.Errorf("after the warning, %v, the member is at %.1f, was at %.1f", v.warning.Visible(), got, before)
		}
	})
}
