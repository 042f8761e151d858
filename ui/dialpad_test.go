package ui

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"webphone/phone"
	"webphone/phone/ua"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
)

func onDialpad(t *testing.T, s *phone.Snapshot, f func(r *windowRig, p *padView)) {
	t.Helper()
	inWindow(t, s, look.Light, 1000, 680, func(r *windowRig) { f(r, r.ui.dialpad.pad) })
}

func TestDialpad_enterDials(t *testing.T) {
	for _, c := range []struct {
		rule, typed string
		keys        []fyne.KeyName
		want        string
	}{
		{"a number as typed", "4711", nil, `Dial("4711")`},
		{"an extension that begins a longer number", "030", nil, `Dial("030")`},
		{"so much of one number that it is meant", "030 4477", nil, `Dial("030 4477 120")`},
		{"a name", "carol", nil, `Dial("` + modeltest.Carol + `")`},
		{"the second suggestion after Down", "e", []fyne.KeyName{fyne.KeyDown}, `Dial("` + modeltest.Erik + `")`},
		{"a suggestion for few digits after Down", "030", []fyne.KeyName{fyne.KeyDown}, `Dial("030 4477 120")`},
		{"an address", "dana@example.org", nil, `Dial("dana@example.org")`},
		{"a number with brackets, cleaned", "(555) 010-99", nil, `Dial("55501099")`},
	} {
		t.Run(c.rule, func(t *testing.T) {
			onDialpad(t, modeltest.Sample(), func(r *windowRig, p *padView) {
				r.typing(c.typed)
				for _, k := range c.keys {
					r.key(k)
				}
				r.key(fyne.KeyReturn)
				want := c.want
				if strings.Contains(want, "030 4477 120") {
					want = `Dial("0304477120")`
				}
				r.want(want)
			})
		})
	}
}

func TestDialpad_emptyEnterPutsBackTheLastNumber(t *testing.T) {
	onDialpad(t, modeltest.Sample(), func(r *windowRig, p *padView) {
		r.key(fyne.KeyReturn)
		if p.entry.Text != "bob@example.com" || len(r.phone.Called()) != 0 {
			t.Fatalf("Enter filled in %q and called %v", p.entry.Text, r.phone.Called())
		}
		r.key(fyne.KeyEnter)
		r.want(`Dial("bob@example.com")`)
	})
}

func TestDialpad_keysTypeAndSound(t *testing.T) {
	onDialpad(t, modeltest.Sample(), func(r *windowRig, p *padView) {
		r.tap(p.keys[0])
		r.tap(p.keys[9])
		p.keys[10].MouseDown(&desktop.MouseEvent{})
		r.wait(time.Second)
		p.keys[10].MouseUp(&desktop.MouseEvent{})
		r.tap(p.keys[10])
		r.tap(p.keys[11])
		if p.entry.Text != "1*+#" {
			t.Errorf("the keys typed %q, want 1*+#", p.entry.Text)
		}
		r.want(`KeyTone('1')`)
		r.tap(p.erase)
		if p.entry.Text != "1*+" {
			t.Errorf("after the erase key %q is left", p.entry.Text)
		}
	})
}

func TestDialpad_pasteIsCleanedAndSaid(t *testing.T) {
	onDialpad(t, modeltest.Sample(), func(r *windowRig, p *padView) {
		clip := test.NewClipboard()
		clip.SetContent("+49 (241)\n12-34")
		p.entry.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
		if p.entry.Text != "+492411234" {
			t.Errorf("pasted %q", p.entry.Text)
		}
		if got := p.hint.Content(); got != "cleaned from “+49 (241) 12-34”" {
			t.Errorf("the hint is %q", got)
		}
		p.Clear()
		if p.hint.Content() != padHint {
			t.Errorf("the hint stays %q", p.hint.Content())
		}
	})
}

func TestDialpad_withoutRegistrationItSaysWhy(t *testing.T) {
	s := modeltest.Sample()
	s.Accounts[0].State = phone.Connecting
	onDialpad(t, s, func(r *windowRig, p *padView) {
		if !p.call.Disabled() || p.hint.Content() != "You can call as soon as you are signed in" {
			t.Errorf("Call is enabled=%v, the hint is %q", !p.call.Disabled(), p.hint.Content())
		}
		r.typing("100")
		r.key(fyne.KeyReturn)
		if len(r.phone.Called()) != 0 {
			t.Errorf("it dialled: %v", r.phone.Called())
		}
		r.update(func(s *phone.Snapshot) { s.Accounts[0].State = phone.Registered })
		if p.call.Disabled() || p.entry.Text != "100" {
			t.Errorf("after signing in Call is enabled=%v and the entry has %q", !p.call.Disabled(), p.entry.Text)
		}
		r.tap(p.call)
		r.want(`Dial("100")`)
	})
}

func TestDialpad_refusedCallKeepsWhatWasTyped(t *testing.T) {
	onDialpad(t, modeltest.Sample(), func(r *windowRig, p *padView) {
		r.phone.Errors["Dial"] = phone.ErrNotRegistered
		r.typing("100")
		r.key(fyne.KeyReturn)
		if p.entry.Text != "100" || !r.ui.strip.passing.banner.Visible() {
			t.Errorf("the entry has %q, the strip is visible=%v", p.entry.Text, r.ui.strip.passing.banner.Visible())
		}
	})
}

func TestDialpad_escapeEmptiesTheEntry(t *testing.T) {
	onDialpad(t, modeltest.Sample(), func(r *windowRig, p *padView) {
		r.typing("123")
		r.key(fyne.KeyEscape)
		if p.entry.Text != "" {
			t.Errorf("the entry has %q", p.entry.Text)
		}
	})
}

func TestDialpad_redialAndCtrlL(t *testing.T) {
	onDialpad(t, modeltest.Sample(), func(r *windowRig, p *padView) {
		r.typing("123")
		r.ctrl(fyne.Key3)
		r.ctrl(fyne.KeyL)
		if r.ui.place != placeDialpad || p.entry.SelectedText() != "123" {
			t.Errorf("Ctrl+L leads to %s with %q selected", r.ui.place, p.entry.SelectedText())
		}
		r.ctrl(fyne.KeyR)
		r.want(`Dial("` + modeltest.Bob + `")`)
	})
}

func TestDialpad_recentRowFillsTheEntry(t *testing.T) {
	onDialpad(t, modeltest.Sample(), func(r *windowRig, p *padView) {
		r.ui.window.Canvas().Focus(r.ui.dialpad.recent)
		r.key(fyne.KeyDown)
		r.key(fyne.KeyDown)
		if p.entry.Text != "carol@example.com" {
			t.Errorf("the entry has %q", p.entry.Text)
		}
		r.key(fyne.KeyReturn)
		r.want(`Dial("` + modeltest.Carol + `")`)
	})
}

func TestDialpad_demoRingsInFiveSeconds(t *testing.T) {
	s := modeltest.Sample()
	s.Demo = true
	onDialpad(t, s, func(r *windowRig, p *padView) {
		r.tap(p.demo)
		r.want("RingMe(5s)")
		r.update(func(s *phone.Snapshot) { s.RingMeAt = time.Now().Add(5 * time.Second) })
		if p.demo.Label() != "Ringing in 5 s" || !p.demo.Disabled() {
			t.Errorf("the button says %q", p.demo.Label())
		}
		r.wait(2100 * time.Millisecond)
		if p.demo.Label() != "Ringing in 3 s" {
			t.Errorf("2 s later the button says %q", p.demo.Label())
		}
		r.update(func(s *phone.Snapshot) { s.RingMeAt = time.Time{} })
		if p.demo.Disabled() || r.ui.stopTick != nil {
			t.Error("the button or the ticker does not come to rest")
		}
	})
	onDialpad(t, modeltest.Sample(), func(_ *windowRig, p *padView) {
		if p.demo.Visible() {
			t.Error("a real account is offered the demonstration's call")
		}
	})
}

func TestDialpad_linkFillsAndDoesNotDial(t *testing.T) {
	onDialpad(t, modeltest.Sample(), func(r *windowRig, p *padView) {
		r.ctrl(fyne.Key3)
		r.ui.Dial("tel:+49-241-1234")
		r.queue.Settle()
		if r.ui.place != placeDialpad || p.entry.Text != "+492411234" || len(r.phone.Called()) > 1 {
			t.Errorf("%s with %q, asked %v", r.ui.place, p.entry.Text, r.phone.Called())
		}
	})
}

func TestDialpad_failedCallSaysWhyAndOffersMore(t *testing.T) {
	s := modeltest.Talking()
	s.Calls = s.Calls[1:]
	onDialpad(t, s, func(r *windowRig, p *padView) {
		r.update(func(s *phone.Snapshot) {
			c := &s.Calls[0]
			c.State, c.EndedAt = phone.CallEnded, time.Now()
			c.End = &ua.EndError{Cause: ua.CauseBusy, Origin: ua.Remote, Status: 486}
		})
		d := r.ui.dialpad
		if !d.OnCall() || d.call.state.Content() != "Bob Meyer is busy" {
			t.Fatalf("on call %v, says %q", d.OnCall(), d.call.state.Content())
		}
		r.wait(endShown + 200*time.Millisecond)
		if d.OnCall() {
			t.Error("the end is still shown after 2 s")
		}
		line := r.ui.strip.passing
		if !line.banner.Visible() || line.links[0].Label() != "Call again" {
			t.Fatalf("the strip says %q and offers %q", line.banner.Sentence(), line.links[0].Label())
		}
		r.tap(line.links[0])
		r.want(`Dial("` + modeltest.Bob + `")`)
	})
}
