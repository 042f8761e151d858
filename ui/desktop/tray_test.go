package desktop

import (
	"bytes"
	"image/png"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/google/go-cmp/cmp"

	"webphone/phone"
	"webphone/ui/model/modeltest"
)

type trayHost struct {
	menus []*fyne.Menu
	icons []string
}

func (h *trayHost) SetSystemTrayMenu(m *fyne.Menu)       { h.menus = append(h.menus, m) }
func (h *trayHost) SetSystemTrayIcon(icon fyne.Resource) { h.icons = append(h.icons, icon.Name()) }

func (h *trayHost) labels() []string {
	var l []string
	for _, i := range h.menus[len(h.menus)-1].Items {
		if !i.IsSeparator {
			l = append(l, i.Label)
		}
	}
	return l
}

func (h *trayHost) press(t *testing.T, label string) {
	t.Helper()
	items := h.menus[len(h.menus)-1].Items
	i := slices.IndexFunc(items, func(i *fyne.MenuItem) bool { return i.Label == label })
	if i < 0 {
		t.Fatalf("no %q in the menu", label)
	}
	items[i].Action()
}

func TestTrayStateOf_theMostUrgentWins(t *testing.T) {
	quietly := func(change func(s *phone.Snapshot)) *phone.Snapshot {
		s := modeltest.Sample()
		s.MissedCalls, s.UnreadMessages = 0, 0
		change(s)
		return s
	}
	for _, c := range []struct {
		rule string
		s    *phone.Snapshot
		want TrayState
	}{
		{"a call", modeltest.Talking(), TrayCall},
		{"a call that has ended is none", quietly(func(s *phone.Snapshot) { s.Calls = []phone.Call{{State: phone.CallEnded}} }), TrayReady},
		{"missed calls", modeltest.Sample(), TrayMissed},
		{"an unread message", quietly(func(s *phone.Snapshot) { s.UnreadMessages = 1 }), TrayMissed},
		{"signed in", quietly(func(*phone.Snapshot) {}), TrayReady},
		{"do not disturb", quietly(func(s *phone.Snapshot) { s.Settings.Calls.DoNotDisturb = true }), TrayQuiet},
		{"not signed in says more than do not disturb", quietly(func(s *phone.Snapshot) {
			s.Settings.Calls.DoNotDisturb = true
			s.Accounts[0].State = phone.Failed
		}), TrayOffline},
		{"no account", modeltest.Empty(), TrayOffline},
	} {
		t.Run(c.rule, func(t *testing.T) {
			if got := TrayStateOf(c.s); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestTray_menuActsAndIsSetOnlyWhenItChanges(t *testing.T) {
	var did []string
	h := &trayHost{}
	note := func(what string) func(phone.CallID) {
		return func(id phone.CallID) { did = append(did, what+" "+string(id)) }
	}
	tray := NewTray(h, TrayActions{
		Show: func() { did = append(did, "show") }, Quit: func() { did = append(did, "quit") },
		Answer: note("answer"), Decline: note("decline"), Hangup: note("hang up"),
		SetQuiet: func(on bool) {
			if on {
				did = append(did, "quiet")
			}
		},
		Account: func(a phone.AccountState) string { return a.URI + " " + string(a.State) },
		Name:    func(c phone.Call) string { return c.DisplayName },
	}, modeltest.Sample())
	tray.Apply(modeltest.Sample())
	if len(h.menus) != 1 || len(h.icons) != 1 {
		t.Errorf("%d menus and %d icons for one state", len(h.menus), len(h.icons))
	}
	want := []string{"Show Webphone", "sip:alice@example.com registered", "Do not disturb", "Quit"}
	if d := cmp.Diff(want, h.labels()); d != "" {
		t.Error(d)
	}
	h.press(t, "Do not disturb")
	tray.Apply(modeltest.Ringing())
	h.press(t, "Answer Carol Ruiz")
	h.press(t, "Decline Carol Ruiz")
	tray.Apply(modeltest.Talking())
	h.press(t, "Hang up Bob Meyer")
	h.press(t, "Show Webphone")
	h.press(t, "Quit")
	if d := cmp.Diff([]string{"quiet", "answer c3", "decline c3", "hang up c2", "show", "quit"}, did); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"tray-missed.png", "tray-call.png"}, h.icons); d != "" {
		t.Error(d)
	}
	if items := h.menus[0].Items; !items[len(items)-1].IsQuit {
		t.Error("Fyne would add a second Quit")
	}
}

func TestTrayIcon_eachStateIsADifferentPNG(t *testing.T) {
	seen := map[string]TrayState{}
	for _, s := range []TrayState{TrayOffline, TrayReady, TrayQuiet, TrayMissed, TrayCall} {
		content := TrayIcon(s).Content()
		img, err := png.Decode(bytes.NewReader(content))
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if _, _, _, a := img.At(0, 63).RGBA(); a != 0 {
			t.Errorf("%s: the corner is not transparent", s)
		}
		if _, _, _, a := img.At(32, 14).RGBA(); a != 0xFFFF {
			t.Errorf("%s: the disc is not opaque", s)
		}
		if other, twice := seen[string(content)]; twice {
			t.Errorf("%s looks like %s", s, other)
		}
		seen[string(content)] = s
	}
}
