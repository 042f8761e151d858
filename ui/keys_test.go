package ui

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"webphone/phone"
	"webphone/phone/transport"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
	"webphone/ui/widgets"
)

func TestWindow_shortcutsWorkWhileTyping(t *testing.T) {
	inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
		for key, want := range map[fyne.KeyName]place{
			fyne.Key2: placeCalls, fyne.Key3: placeChats, fyne.Key4: placeContacts,
			fyne.KeyComma: placeSettings, fyne.KeySlash: placeSettings, fyne.Key1: placeDialpad,
		} {
			r.ui.Go(placeDialpad)
			if _, ok := r.ui.window.Canvas().Focused().(*widgets.Field); !ok {
				t.Fatal("the number entry has not the keyboard")
			}
			r.ctrl(key)
			if r.ui.place != want {
				t.Errorf("Ctrl+%s in the number entry leads to %s, want %s", key, r.ui.place, want)
			}
		}
	})
}

func TestWindow_everyShortcutIsListed(t *testing.T) {
	inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
		lines := shortcutLines()
		for _, c := range r.ui.shortcuts {
			listed := false
			for _, l := range lines {
				listed = listed || strings.HasSuffix(l.Keys, c.label) && l.What == c.what
			}
			if !listed || c.what == "" || c.do == nil {
				t.Errorf("Ctrl+%s (%q) is not in the list of shortcuts", c.label, c.what)
			}
			for _, reserved := range "ACVXYZ" {
				if c.label == string(reserved) {
					t.Errorf("Ctrl+%s belongs to text fields", c.label)
				}
			}
		}
	})
}

func TestWindow_digitsGoToTheEntryWhereverTheFocusIs(t *testing.T) {
	inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
		r.ui.window.Canvas().Unfocus()
		r.typing("0")
		r.ui.window.Canvas().Focus(r.ui.dialpad.pad.call)
		r.typing("3")
		if got := r.ui.dialpad.pad.entry.Text; got != "03" {
			t.Errorf("the entry has %q, want 03", got)
		}
	})
}

func TestWindow_titleCountsWhatIsNew(t *testing.T) {
	inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
		if got := r.ui.window.Title(); got != "(5) Webphone" {
			t.Errorf("title is %q, want (5) Webphone", got)
		}
		r.update(func(s *phone.Snapshot) { s.MissedCalls, s.UnreadMessages = 0, 0 })
		if got := r.ui.window.Title(); got != "Webphone" {
			t.Errorf("title is %q, want Webphone", got)
		}
	})
}

func TestWindow_quitAsksDuringACall(t *testing.T) {
	inWindow(t, modeltest.Talking(), look.Light, 1000, 680, func(r *windowRig) {
		r.ctrl(fyne.KeyQ)
		if r.ui.modal == nil || r.ui.quitting {
			t.Fatal("Ctrl+Q during a call did not ask")
		}
		r.ctrl(fyne.Key2)
		if r.ui.place != placeDialpad {
			t.Error("a shortcut worked behind the question")
		}
		r.key(fyne.KeyEscape)
		if r.ui.modal != nil || r.ui.quitting {
			t.Error("Escape did not mean no")
		}
		r.ctrl(fyne.KeyQ)
		r.key(fyne.KeyReturn) // Cancel has the keyboard
		if r.ui.quitting {
			t.Error("Enter quit, but the safe answer should have the keyboard")
		}
	})
}

func TestWindow_closingRemembersSizeAndPage(t *testing.T) {
	inWindow(t, modeltest.Sample(), look.Light, 820, 640, func(r *windowRig) {
		r.ctrl(fyne.Key2)
		r.ctrl(fyne.KeyQ)
		if !r.ui.quitting {
			t.Fatal("Ctrl+Q without a call asked")
		}
		found := false
		for _, c := range r.phone.Called() {
			found = found || strings.HasPrefix(c, "Apply(") && strings.Contains(c, "Width:820 Height:640 Page:calls")
		}
		if !found {
			t.Errorf("size and page were not kept: %v", r.phone.Called())
		}
	})
}

func TestWindow_opensAsItWasLeft(t *testing.T) {
	s := modeltest.Sample()
	s.Settings.Appearance.Page = "contacts"
	inWindow(t, s, look.Light, 1000, 680, func(r *windowRig) {
		if r.ui.place != placeContacts {
			t.Errorf("opens on %s, want contacts", r.ui.place)
		}
	})
	for _, c := range []struct {
		appearance phone.Appearance
		want       fyne.Size
	}{
		{phone.Appearance{}, fyne.NewSize(1000, 680)},
		{phone.Appearance{Width: 800, Height: 600}, fyne.NewSize(800, 600)},
		{phone.Appearance{Width: 10, Height: 10}, fyne.NewSize(340, 520)},
	} {
		if got := windowSize(c.appearance); got != c.want {
			t.Errorf("size for %+v is %v, want %v", c.appearance, got, c.want)
		}
	}
}

func TestWindow_compactShowsOneColumnAndGoesBack(t *testing.T) {
	inWindow(t, modeltest.Sample(), look.Light, 360, 680, func(r *windowRig) {
		s := r.ui.shell
		if !s.compact || s.rail.Visible() || !s.bottom.Visible() {
			t.Fatal("360 wide has a rail")
		}
		if s.list.Visible() {
			t.Error("the dialpad shows its list in a compact window")
		}
		r.ctrl(fyne.Key2)
		if !s.list.Visible() || s.page.Visible() {
			t.Error("Calls does not begin with its list")
		}
		r.ui.host.ShowPage()
		if s.list.Visible() || !s.page.Visible() || s.bottom.Visible() {
			t.Error("ShowPage does not show the page alone")
		}
		r.ui.window.Canvas().Unfocus()
		r.key(fyne.KeyEscape)
		if !s.list.Visible() || s.page.Visible() {
			t.Error("Escape does not go back to the list")
		}
		r.ui.window.Resize(fyne.NewSize(900, 680))
		if s.compact || !s.rail.Visible() || s.bottom.Visible() || !s.list.Visible() || !s.page.Visible() {
			t.Error("a wider window is still compact")
		}
	})
}

func TestWindow_firstRunFillsItUntilThereIsAnAccount(t *testing.T) {
	inWindow(t, modeltest.Empty(), look.Light, 1000, 680, func(r *windowRig) {
		if !r.ui.onFirst() || r.ui.shell.rail.Visible() {
			t.Fatal("a phone without an account does not show the first-run page alone")
		}
		r.ctrl(fyne.Key2)
		if r.ui.place != placeDialpad {
			t.Error("a shortcut left the first-run page")
		}
		r.update(func(s *phone.Snapshot) { *s = *modeltest.Sample() })
		if r.ui.onFirst() || !r.ui.shell.rail.Visible() {
			t.Error("the first-run page stays although there is an account")
		}
	})
}

func TestWindow_themeFollowsTheSettings(t *testing.T) {
	inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
		r.update(func(s *phone.Snapshot) { s.Settings.Appearance.Theme = "dark" })
		if got := r.ui.app.Settings().Theme(); got != fyne.Theme(look.Theme{Choice: look.Dark}) {
			t.Errorf("theme is %v after dark was chosen", got)
		}
	})
}

func TestWindow_troubleIsSaidAndCountedDown(t *testing.T) {
	s := modeltest.Sample()
	refused := &transport.Error{
		Op: transport.OpTCP, Server: s.Accounts[0].Server, Host: "example.com:8089", Err: syscall.ECONNREFUSED,
	}
	inWindow(t, s, look.Light, 1000, 680, func(r *windowRig) {
		if r.ui.stopTick != nil {
			t.Error("the ticker runs although nothing moves")
		}
		r.update(func(s *phone.Snapshot) {
			s.Accounts[0].State, s.Accounts[0].Problem = phone.Connecting, refused
			s.Accounts[0].RetryAt = time.Now().Add(8 * time.Second)
		})
		line := r.ui.strip.account
		if !line.banner.Visible() || !strings.Contains(line.banner.Sentence(), "8 s") {
			t.Errorf("the strip says %q, want the next try in 8 s", line.banner.Sentence())
		}
		r.wait(3100 * time.Millisecond)
		if !strings.Contains(line.banner.Sentence(), "5 s") {
			t.Errorf("3 s later it says %q", line.banner.Sentence())
		}
		r.update(func(s *phone.Snapshot) {
			s.Accounts[0].State, s.Accounts[0].Problem = phone.Registered, nil
			s.Accounts[0].RetryAt = time.Time{}
		})
		if line.banner.Visible() || r.ui.stopTick != nil {
			t.Error("the trouble is over but the strip or its ticker is not")
		}
	})
}

func TestWindow_passingSentencePasses(t *testing.T) {
	inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
		r.ui.host.Say("Copied")
		if !r.ui.strip.passing.banner.Visible() {
			t.Fatal("nothing is said")
		}
		top := r.ui.shell.list.Position().Y
		if top <= 0 {
			t.Error("the strip covers the list")
		}
		r.wait(said + time.Second)
		if r.ui.strip.passing.banner.Visible() || r.ui.stopTick != nil {
			t.Error("the sentence or its ticker stays")
		}
		if r.ui.shell.list.Position().Y != 0 {
			t.Error("the list did not get its room back")
		}
	})
}

func TestWindow_noticeIsDismissed(t *testing.T) {
	s := modeltest.Sample()
	s.Notices = []phone.Notice{{ID: 7, Err: &phone.StorageError{What: "call", Err: os.ErrPermission}}}
	inWindow(t, s, look.Light, 1000, 680, func(r *windowRig) {
		if !r.ui.strip.notice.banner.Visible() {
			t.Fatal("the notice is not shown")
		}
		r.ui.strip.dismissNotice()
		r.queue.Settle()
		r.want("Dismiss(7)")
	})
}

// That the sound has moved to another device is told for a while, once.
func TestWindow_deviceNoticePasses(t *testing.T) {
	inWindow(t, talking(), look.Light, 1000, 680, func(r *windowRig) {
		r.update(func(s *phone.Snapshot) {
			s.Notices = []phone.Notice{{ID: 7, Err: &phone.DeviceNotice{Gone: "Jabra", Now: "Built-in"}}}
		})
		passing := r.ui.strip.passing.banner
		if !passing.Visible() || !strings.Contains(passing.Sentence(), "Built-in") || r.ui.strip.notice.banner.Visible() {
			t.Errorf("it says %q, for a while: %v", passing.Sentence(), passing.Visible())
		}
		r.queue.Settle()
		r.want("Dismiss(7)")
		r.wait(said + time.Second)
		r.update(func(s *phone.Snapshot) { s.Calls[0].Muted = true }) // with the notice still there
		if passing.Visible() {
			t.Error("it stays, or is told again")
		}
	})
}

func TestWindow_tabReachesEveryControl(t *testing.T) {
	states := map[string]struct {
		state func() *phone.Snapshot
		key   fyne.KeyName
	}{
		"dialpad":  {modeltest.Sample, fyne.Key1},
		"call":     {modeltest.Talking, ""},
		"history":  {modeltest.Talking, fyne.Key2},
		"chats":    {modeltest.Ringing, fyne.Key3},
		"contacts": {modeltest.Sample, fyne.Key4},
		"settings": {modeltest.Sample, fyne.KeyComma},
	}
	for name, s := range states {
		t.Run(name, func(t *testing.T) {
			inWindow(t, s.state(), look.Light, 1000, 680, func(r *windowRig) {
				if s.key != "" {
					r.ctrl(s.key)
				}
				c := r.ui.window.Canvas()
				c.Unfocus()
				reached := map[fyne.CanvasObject]bool{}
				for range 200 {
					c.FocusNext()
					if o, ok := c.Focused().(fyne.CanvasObject); ok {
						reached[o] = true
					}
				}
				var found []control
				visibleControls(r.ui.window.Content(), 0, 0, false, &found)
				for _, f := range found {
					if d, ok := f.object.(fyne.Disableable); ok && d.Disabled() {
						continue
					}
					if !reached[f.object] {
						t.Errorf("Tab does not reach %s", f.what)
					}
				}
			})
		})
	}
}

func TestWindow_mouseReachesWhatLiesOnTop(t *testing.T) {
	s := modeltest.Talking()
	s.Calls = append(s.Calls, modeltest.Ringing().Calls...)
	inWindow(t, s, look.Light, 1000, 680, func(r *windowRig) {
		c := r.ui.window.Canvas()
		r.ctrl(fyne.Key2)
		at := func(o fyne.CanvasObject, x, y float32) fyne.Position {
			p := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
			return p.AddXY(x, y)
		}
		test.TapCanvas(c, at(r.ui.card.Container, 8, 8))
		r.queue.Settle()
		if r.ui.place != placeCalls || len(r.phone.Called()) > 1 {
			t.Errorf("a press on the card's edge went through: %s, %v", r.ui.place, r.phone.Called())
		}
		test.TapCanvas(c, at(r.ui.card.answer, 20, 20))
		r.queue.Settle()
		r.want(`Answer("c3")`)
		r.ctrl(fyne.Key2)
		test.TapCanvas(c, at(r.ui.callBar, 200, 20))
		r.queue.Settle()
		if r.ui.place != placeDialpad {
			t.Error("a press on the call bar does not lead to the call")
		}
	})
}
