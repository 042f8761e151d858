package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
	"webphone/ui/widgets"
)

// inSettings runs f in a bubble with the settings of a phone in state s.
func inSettings(t *testing.T, s *phone.Snapshot, f func(r *rig, v *settingsScreenView)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var v *settingsScreenView
		r := newRig(t, s, look.Light, false, func(h *host) screen { v = newSettings(h); return v })
		defer func() {
			v.Shown(false)
			r.queue.Settle()
			r.host.Model.Close()
		}()
		f(r, v)
	})
}

func TestSettings_listSaysHowEachPageStands(t *testing.T) {
	s := modeltest.Sample()
	s.Settings.Calls = phone.CallPolicy{DoNotDisturb: true}
	s.Settings.Network.STUN = []string{"stun:stun.example.com"}
	s.Settings.Appearance.Theme = "dark"
	inSettings(t, s, func(_ *rig, v *settingsScreenView) {
		var got []string
		for _, it := range v.list.Items() {
			got = append(got, it.Row.Title+" | "+it.Row.Subtitle)
		}
		want := []string{
			"Accounts | alice@example.com", "Audio | Jabra Evolve2 40 Mono", "Calls | Do not disturb is on",
			"Network | STUN and TURN: 1 server", "Appearance | Dark", "Shortcuts | What the keyboard does",
			"About and diagnostics | Version, data, report",
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

func TestSettings_everyPageOpensAndHasATitle(t *testing.T) {
	inSettings(t, modeltest.Sample(), func(_ *rig, v *settingsScreenView) {
		for _, p := range settingsPages {
			v.OpenPage(p, "")
			if v.right.Objects[0] != v.pages[p].Content() || settingsTitles[p] == "" || v.list.Selected() != string(p) {
				t.Errorf("%s does not open", p)
			}
		}
	})
}

// applied is what the last Apply was given.
func applied(t *testing.T, r *rig) string {
	t.Helper()
	calls := r.phone.Called()
	for _, c := range slices.Backward(calls) {
		if strings.HasPrefix(c, "Apply(") {
			return c
		}
	}
	t.Fatalf("nothing was applied: %q", calls)
	return ""
}

func TestSettings_changesApplyAtOnce(t *testing.T) {
	for _, c := range []struct {
		rule   string
		page   settingsPage
		change func(v settingsView)
		want   string
	}{
		{"microphone", pageAudio, func(v settingsView) { v.(*audioPage).microphone.Choose("builtin-in") }, "Microphone:builtin-in"},
		{"ringer", pageAudio, func(v settingsView) { v.(*audioPage).ringer.Choose("builtin-out") }, "Ringer:builtin-out"},
		{"echo cancellation", pageAudio, func(v settingsView) { test.Tap(v.(*audioPage).echo) }, "NoEchoCancellation:true"},
		{"noise suppression", pageAudio, func(v settingsView) { test.Tap(v.(*audioPage).noise) }, "NoNoiseSuppression:true"},
		{"automatic gain", pageAudio, func(v settingsView) { test.Tap(v.(*audioPage).gain) }, "NoAutomaticGain:true"},
		{"shortest delay", pageAudio, func(v settingsView) { test.Tap(v.(*audioPage).delay) }, "ShortDelay:true"},
		{"pauses", pageAudio, func(v settingsView) { test.Tap(v.(*audioPage).pauses) }, "SkipPauses:true"},
		{"preferred codec", pageAudio, func(v settingsView) { test.Tap(v.(*audioPage).codecs.Objects[2].(*widgets.Chip)) }, "Codecs:[PCMU opus G722 PCMA]"},
		{"do not disturb", pageCalls, func(v settingsView) { test.Tap(v.Focus().(*widgets.Switch)) }, "DoNotDisturb:true"},
		{"theme", pageAppearance, func(v settingsView) { test.Tap(v.Focus().(*widgets.Chip)) }, "Theme:system"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			inSettings(t, modeltest.Sample(), func(r *rig, v *settingsScreenView) {
				v.OpenPage(c.page, "")
				c.change(v.pages[c.page])
				if got := applied(t, r); !strings.Contains(got, c.want) {
					t.Errorf("applied %s, want %s in it", got, c.want)
				}
			})
		})
	}
}

func TestNetworkPage_savesServersAndKeepsThePasswordApart(t *testing.T) {
	inSettings(t, modeltest.Sample(), func(r *rig, v *settingsScreenView) {
		v.OpenPage(pageNetwork, "")
		r.typeIn("stun:a.example:3478, stun:b.example:3478")
		for _, text := range []string{"turn:t.example:3478", "alice", "secret"} {
			r.window.Canvas().FocusNext()
			r.typeIn(text)
		}
		r.press(fyne.KeyReturn)
		r.queue.Settle()
		if !r.phone.Was(`SetTURNPassword("turn:t.example:3478", "alice", "secret")`) {
			t.Errorf("called %q", r.phone.Called())
		}
		got := applied(t, r)
		if !strings.Contains(got, "STUN:[stun:a.example:3478 stun:b.example:3478] TURN:[{URL:turn:t.example:3478 Username:alice}]") || strings.Contains(got, "secret") {
			t.Errorf("applied %s", got)
		}
	})
}

func TestNetworkPage_aWrongAddressIsRefusedAndStays(t *testing.T) {
	inSettings(t, modeltest.Sample(), func(r *rig, v *settingsScreenView) {
		v.OpenPage(pageNetwork, "")
		r.typeIn("example.com")
		r.press(fyne.KeyReturn)
		r.queue.Settle()
		if slices.ContainsFunc(r.phone.Called(), func(c string) bool { return strings.HasPrefix(c, "Apply(") }) {
			t.Error("a wrong address was applied")
		}
		if f := v.pages[pageNetwork].Focus().(*widgets.Field); f.Text != "example.com" {
			t.Errorf("the field has %q", f.Text)
		}
		r.golden("settings-network-refused")
	})
}

func TestAccountsPage_stateEditRemoveAndSwitch(t *testing.T) {
	s := modeltest.Sample()
	s.Accounts[0].State, s.Accounts[0].Problem = phone.Failed, wrongPassword
	inSettings(t, s, func(r *rig, v *settingsScreenView) {
		page := v.pages[pageAccounts].(*accountsPage)
		if got := page.shown[0]; got.state != "Not signed in" || got.sentence != "Wrong user name or password. The server example.com refused alice@example.com." || !got.retry {
			t.Errorf("card %+v", got)
		}
		v.OpenPage(pageAccounts, "a1")
		if !page.editing || page.form.address.Text != "alice@example.com" || page.form.password.Text != "" {
			t.Fatal("the form does not show the account")
		}
		if !v.Escape() || page.editing {
			t.Error("Escape does not leave an untouched form")
		}
		page.edit("a1")
		page.form.password.SetText("new")
		if v.Escape() {
			t.Error("Escape throws a typed password away")
		}
		r.phone.Test = tries("/ws", "", nil)
		test.Tap(page.save)
		r.queue.Settle()
		if !r.phone.Was(`SetAccount("a1", "sip:alice@example.com", [wss://example.com:8089/ws], "new")`) || page.editing {
			t.Errorf("called %q, editing %v", r.phone.Called(), page.editing)
		}
		page.setEnabled("a1", false)
		if !r.phone.Was(`SetAccount("a1", "sip:alice@example.com", [wss://example.com:8089/ws], "")`) {
			t.Errorf("called %q", r.phone.Called())
		}
		page.askRemove(page.shown[0])
		r.asked()
		if !r.phone.Was(`RemoveAccount("a1")`) {
			t.Errorf("called %q", r.phone.Called())
		}
	})
}

func TestAccountsPage_theDemoCanOnlyBeLeft(t *testing.T) {
	s := modeltest.Sample()
	s.Demo, s.Settings.Accounts = true, nil
	inSettings(t, s, func(r *rig, v *settingsScreenView) {
		page := v.pages[pageAccounts].(*accountsPage)
		links := page.cardLinks(page.shown[0])
		if len(links) != 1 || !page.shown[0].demo {
			t.Fatalf("%d links on the demo's card", len(links))
		}
		test.Tap(links[0].(*widgets.Link))
		if !r.phone.Was(`RemoveAccount("a1")`) {
			t.Errorf("called %q", r.phone.Called())
		}
	})
}

func TestAccountsPage_testOnlyTellsAndCanBeStopped(t *testing.T) {
	inSettings(t, modeltest.Sample(), func(r *rig, v *settingsScreenView) {
		v.OpenPage(pageAccounts, "a1")
		page := v.pages[pageAccounts].(*accountsPage)
		r.phone.Test = func(ctx context.Context, _ phone.Account, _ string, _ func(phone.TestStep)) error {
			<-ctx.Done()
			return ctx.Err()
		}
		test.Tap(page.test)
		r.queue.Settle()
		if page.test.Label() != "Stop" || !page.save.Disabled() {
			t.Error("a running test cannot be stopped")
		}
		test.Tap(page.test)
		r.queue.Settle()
		if page.test.Label() != "Test" || page.form.steps.outcome.Title != "Stopped" || !page.editing {
			t.Errorf("after stopping: %q, %+v", page.test.Label(), page.form.steps.outcome)
		}
	})
}

func TestCheckAccount_whichServerIsTried(t *testing.T) {
	servers := []string{"wss://h:8089/ws", "wss://h/ws", "wss://h:7443/"}
	broken := errors.New("broken")
	for _, c := range []struct {
		rule   string
		answer map[string]phone.TestStep // by server: the step that fails, none for one that works
		want   string
		err    bool
		tried  int
	}{
		{"the first that works", map[string]phone.TestStep{servers[0]: {Name: phone.StepTCP, Err: broken}}, servers[1], false, 2},
		{"a name that does not exist ends the search", map[string]phone.TestStep{servers[0]: {Name: phone.StepDNS, Err: broken}}, servers[0], true, 1},
		{"a wrong password ends the search", map[string]phone.TestStep{servers[0]: {Name: phone.StepTLS, Err: broken}, servers[1]: {Name: phone.StepRegister, Err: broken}}, servers[1], true, 2},
		{"none: the one that came furthest is told", map[string]phone.TestStep{
			servers[0]: {Name: phone.StepTCP, Err: broken}, servers[1]: {Name: phone.StepTLS, Err: broken}, servers[2]: {Name: phone.StepTLS, Err: broken},
		}, servers[1], true, 3},
	} {
		t.Run(c.rule, func(t *testing.T) {
			p := modeltest.NewPhone(modeltest.Empty())
			tried := 0
			p.Test = func(_ context.Context, a phone.Account, _ string, onStep func(phone.TestStep)) error {
				tried++
				step := c.answer[a.Servers[0]]
				if step.Err != nil {
					onStep(step)
				}
				return step.Err
			}
			got, err := checkAccount(context.Background(), p, phone.Account{URI: "sip:a@h"}, "", servers, func(string) {}, func(phone.TestStep) {})
			if got != c.want || (err != nil) != c.err || tried != c.tried {
				t.Errorf("server %s, error %v, %d tried; want %s, %v, %d", got, err, tried, c.want, c.err, c.tried)
			}
		})
	}
}

func TestDiagnosis_hasNoSecretsAndNoMessages(t *testing.T) {
	inSettings(t, modeltest.Sample(), func(r *rig, v *settingsScreenView) {
		r.host.Version, r.host.Profile = "1.0", "/profile"
		text := diagnosis(r.host, r.host.Model.Snapshot())
		for _, want := range []string{"Webphone 1.0, ", "Data is kept in: /profile", "Account: alice@example.com at wss://example.com:8089/ws, registered", "Microphone: Jabra", "Codecs: Opus, G.722, PCMU, PCMA"} {
			if !strings.Contains(text, want) {
				t.Errorf("the report lacks %q:\n%s", want, text)
			}
		}
		if strings.Contains(text, "trunk") || strings.Contains(text, "Bob") {
			t.Error("the report has what people said")
		}
		v.OpenPage(pageAbout, "")
		test.Tap(v.pages[pageAbout].Focus().(*widgets.Button))
		if got := fyne.CurrentApp().Clipboard().Content(); got != text {
			t.Errorf("on the clipboard: %q", got)
		}
	})
}
