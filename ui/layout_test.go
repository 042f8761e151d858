package ui

import (
	"fmt"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"webphone/audio"
	"webphone/audio/device"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
	"webphone/ui/widgets"
)

// control is something to press, where it is in the window.
type control struct {
	object        fyne.CanvasObject
	what          string
	x, y, w, h    float32
	mayBeScrolled bool // it lies in something that scrolls
}

// visibleControls walks what the driver would draw.
func visibleControls(o fyne.CanvasObject, x, y float32, scrolled bool, found *[]control) {
	if !o.Visible() {
		return
	}
	x, y = x+o.Position().X, y+o.Position().Y
	if _, ok := o.(*container.Scroll); ok {
		scrolled = true
	}
	switch o.(type) {
	case *widgets.Button, *widgets.IconButton, *widgets.Key, *widgets.Round, *widgets.Nav, *widgets.Chip,
		*widgets.Link, *widgets.Field, *widgets.Slider, *widgets.Switch, *widgets.Select:
		*found = append(*found, control{o, fmt.Sprintf("%T %s", o, labelOf(o)), x, y, o.Size().Width, o.Size().Height, scrolled})
		return
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, c := range o.Objects {
			visibleControls(c, x, y, scrolled, found)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(o).Objects() {
			visibleControls(c, x, y, scrolled, found)
		}
	}
}

func labelOf(o fyne.CanvasObject) string {
	switch o := o.(type) {
	case interface{ Label() string }:
		return o.Label()
	case interface{ Name() string }:
		return o.Name()
	}
	return ""
}

func TestWindow_everyControlIsInsideAndNoneOverlap(t *testing.T) {
	demo := func() *phone.Snapshot {
		s := modeltest.Sample()
		s.Demo = true
		return s
	}
	silent := func() *phone.Snapshot {
		s := talking()
		s.Devices.Problem = &audio.DeviceError{Role: audio.Microphone, Err: &device.Error{Kind: device.Silent}}
		return s
	}
	recordedMuted := func() *phone.Snapshot {
		s := silent()
		s.Calls[0].RecordingSince, s.Calls[0].Muted, s.Devices.MutedSpeech = modeltest.Now, true, true
		return s
	}
	states := map[string]struct {
		state func() *phone.Snapshot
		do    func(r *windowRig)
	}{
		"dialpad":   {demo, func(r *windowRig) { r.typing("030 4477") }},
		"call":      {talking, nil},
		"two calls": {modeltest.Talking, nil},
		"keypad":    {modeltest.Talking, func(r *windowRig) { r.ctrl(fyne.KeyK) }},
		"sound lost": {func() *phone.Snapshot {
			s := talking()
			s.Calls[0].Hearing.In.Cause = phone.FaultBlocked
			return s
		}, nil},
		"silent microphone":       {silent, nil},
		"recorded, muted, silent": {recordedMuted, nil},
		"keypad, recorded, muted": {recordedMuted, func(r *windowRig) { r.ctrl(fyne.KeyK) }},
		"transfer of a recorded":  {recordedMuted, func(r *windowRig) { r.ctrl(fyne.KeyT) }},
		"figures":                 {talking, func(r *windowRig) { r.ui.dialpad.call.ToggleFigures() }},
		"history":                 {modeltest.Talking, func(r *windowRig) { r.ctrl(fyne.Key2) }},
		"chats":                   {modeltest.Sample, func(r *windowRig) { r.ctrl(fyne.Key3) }},
		"conversation":            {modeltest.Sample, func(r *windowRig) { r.ui.chat(modeltest.Bob); r.queue.Settle() }},
		"contacts":                {modeltest.Sample, func(r *windowRig) { r.ctrl(fyne.Key4) }},
		"settings":                {modeltest.Sample, func(r *windowRig) { r.ctrl(fyne.KeyComma) }},
	}
	sizes := []fyne.Size{{Width: 1000, Height: 680}, {Width: 640, Height: 520}, {Width: 360, Height: 680}, {Width: 340, Height: 520}}
	for name, c := range states {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s %.0fx%.0f", name, size.Width, size.Height), func(t *testing.T) {
				inWindow(t, c.state(), look.Light, size.Width, size.Height, func(r *windowRig) {
					if c.do != nil {
						c.do(r)
					}
					if got := r.ui.window.Canvas().Size(); got != size {
						t.Fatalf("the window is %v", got)
					}
					var found []control
					visibleControls(r.ui.window.Content(), 0, 0, false, &found)
					checkControls(t, found, size)
				})
			})
		}
	}
}

func checkControls(t *testing.T, found []control, size fyne.Size) {
	t.Helper()
	if len(found) < 5 {
		t.Errorf("only %d controls are visible", len(found))
	}
	for i, c := range found {
		if !c.mayBeScrolled && (c.x < 0 || c.y < 0 || c.x+c.w > size.Width+0.5 || c.y+c.h > size.Height+0.5) {
			t.Errorf("%s at %.0f,%.0f %.0f×%.0f is outside", c.what, c.x, c.y, c.w, c.h)
		}
		if c.w < 10 || c.h < 10 {
			t.Errorf("%s is only %.0f×%.0f", c.what, c.w, c.h)
		}
		for _, d := range found[i+1:] {
			if c.mayBeScrolled != d.mayBeScrolled {
				continue
			}
			const touch = 0.5
			if c.x+touch < d.x+d.w && d.x+touch < c.x+c.w && c.y+touch < d.y+d.h && d.y+touch < c.y+c.h {
				t.Errorf("%s and %s overlap", c.what, d.what)
			}
		}
	}
}

func TestWindow_smallestSize(t *testing.T) {
	inWindow(t, modeltest.Talking(), look.Light, 1000, 680, func(r *windowRig) {
		if got := r.ui.window.Content().MinSize(); got.Width > 340 || got.Height > 520 {
			t.Errorf("the window cannot be smaller than %v, want 340×520", got)
		}
	})
}

// What comes and goes by itself must not move a key from under the pointer.
func TestCall_noKeyMovesByItself(t *testing.T) {
	silent := &audio.DeviceError{Role: audio.Microphone, Err: &device.Error{Kind: device.Silent}}
	for _, c := range []struct {
		name string
		do   func(r *windowRig)
	}{
		{"who is muted speaks", func(r *windowRig) {
			r.update(func(s *phone.Snapshot) { s.Calls[0].Muted, s.Devices.MutedSpeech = true, true })
		}},
		{"the sound is lost", func(r *windowRig) {
			r.update(func(s *phone.Snapshot) { s.Calls[0].Hearing.In.Cause = phone.FaultBlocked })
		}},
		{"it is recorded", func(r *windowRig) {
			r.update(func(s *phone.Snapshot) { s.Calls[0].RecordingSince = modeltest.Now })
		}},
		{"the microphone is silent", func(r *windowRig) {
			r.update(func(s *phone.Snapshot) { s.Devices.Problem = silent })
		}},
		{"something is said", func(r *windowRig) { r.ui.host.Say("The address is copied.") }},
		{"all of it at once", func(r *windowRig) {
			r.update(func(s *phone.Snapshot) {
				s.Devices.Problem, s.Calls[0].RecordingSince, s.Calls[0].Hearing.In.Cause = silent, modeltest.Now, phone.FaultBlocked
			})
		}},
	} {
		for _, size := range windowSizes {
			if size.Height < 680 && size.Width < 640 {
				continue // the smallest has not the room
			}
			t.Run(fmt.Sprintf("%s %.0fx%.0f", c.name, size.Width, size.Height), func(t *testing.T) {
				inWindow(t, talking(), look.Light, size.Width, size.Height, func(r *windowRig) {
					v := r.ui.dialpad.call
					pressed := append(slices.Clone(v.controls.Objects), v.volume.Container, v.end)
					var before []fyne.Position
					for _, o := range pressed {
						before = append(before, fyne.CurrentApp().Driver().AbsolutePositionForObject(o))
					}
					c.do(r)
					for i, o := range pressed {
						now := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
						if off := now.Y - before[i].Y; off > 0.5 || off < -0.5 {
							t.Errorf("%T %s moved by %.1f", o, labelOf(o), off)
						}
					}
				})
			})
		}
	}
}

// In the smallest window the words on the card stay whole.
func TestIncoming_wordsAreWholeInTheSmallestWindow(t *testing.T) {
	second := modeltest.Talking()
	second.Calls = append(second.Calls, modeltest.Ringing().Calls...)
	for name, state := range map[string]*phone.Snapshot{"first": modeltest.Ringing(), "second": second} {
		t.Run(name, func(t *testing.T) {
			inWindow(t, state, look.Light, 340, 520, func(r *windowRig) {
				for _, b := range []*widgets.Button{r.ui.card.answer, r.ui.card.decline} {
					for _, o := range test.WidgetRenderer(b).Objects() {
						if text, ok := o.(*canvas.Text); ok && text.Text != b.Label() {
							t.Errorf("%s is cut to %s", b.Label(), text.Text)
						}
					}
				}
			})
		})
	}
}
