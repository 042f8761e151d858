package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"webphone/phone"
	"webphone/ui/desktop"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
	"webphone/ui/widgets"
)

// atHome is the sample with a second account, which all past calls and all
// messages came to or left from.
func atHome() *phone.Snapshot {
	s := modeltest.Sample()
	s.Accounts = append(s.Accounts, phone.AccountState{ID: "home", URI: "sip:alice@home.example", State: phone.Registered})
	s.History, s.Threads = slices.Clone(s.History), slices.Clone(s.Threads)
	for i := range s.History {
		s.History[i].Account = "home"
	}
	for i := range s.Threads {
		s.Threads[i].Account = "home"
	}
	return s
}

func TestCallBack_leavesFromTheAccountThatItBelongsTo(t *testing.T) {
	bob, carol := `Dial("`+modeltest.Bob+`"`, `Dial("`+modeltest.Carol+`"`
	const home, usual = `, {Account:home})`, `)`
	for _, c := range []struct {
		rule string
		do   func(r *windowRig)
		want string
	}{
		{"a recent call filled in", func(r *windowRig) {
			r.ui.window.Canvas().Focus(r.ui.dialpad.recent)
			r.key(fyne.KeyDown)
			r.key(fyne.KeyDown)
			r.key(fyne.KeyReturn)
		}, carol + home},
		{"a recent call", func(r *windowRig) {
			r.ui.dialpad.recent.OnOpen(modeltest.Carol)
			r.queue.Settle()
		}, carol + home},
		{"the last number again", func(r *windowRig) {
			r.key(fyne.KeyReturn)
			r.key(fyne.KeyReturn)
		}, `Dial("bob@example.com"` + home},
		{"redial", func(r *windowRig) { r.ctrl(fyne.KeyR) }, bob + home},
		{"something else in the place of the last number", func(r *windowRig) {
			r.key(fyne.KeyReturn)
			r.key(fyne.KeyEscape)
			r.typing("bob@example.com")
			r.key(fyne.KeyReturn)
		}, `Dial("bob@example.com"` + usual},
		{"the list of calls", func(r *windowRig) {
			r.ctrl(fyne.Key2)
			calls := r.ui.calls.(*callsScreen)
			calls.enter(calls.groups[0].key())
			r.queue.Settle()
		}, bob + home},
		{"the page of a call", func(r *windowRig) {
			r.ctrl(fyne.Key2)
			r.tap(r.button(r.ui.calls.Page(), "Call back"))
		}, bob + home},
		{"an older call, from another account than the last", func(r *windowRig) {
			r.update(func(s *phone.Snapshot) { s.History[0].Account = "a1" })
			calls := r.ui.calls.(*callsScreen)
			i := slices.IndexFunc(calls.groups, func(g callGroup) bool {
				return g.newest().Peer == modeltest.Bob && g.newest().Account == "home"
			})
			calls.enter(calls.groups[i].key())
			r.queue.Settle()
		}, bob + home},
		{"a conversation", func(r *windowRig) {
			r.ui.chat(modeltest.Carol)
			r.queue.Settle()
			r.tap(r.button(r.ui.chats.Page(), "Call"))
		}, carol + home},
		{"the notification of a missed call", func(r *windowRig) {
			r.ui.pressed(desktop.Press{Button: desktop.CallBack, Peer: modeltest.Carol})
			r.queue.Settle()
		}, carol + home},
		{"a call that failed", func(r *windowRig) {
			r.ui.actOnCall(ActionCallAgain, phone.Call{Peer: modeltest.Bob, Account: "home"})
			r.queue.Settle()
		}, bob + home},
		{"the mailbox", func(r *windowRig) {
			r.update(func(s *phone.Snapshot) {
				s.Accounts[1].Voicemail = phone.Voicemail{Waiting: true, Address: "sip:voicemail@home.example"}
			})
			r.tap(r.ui.shell.mail)
		}, `Dial("sip:voicemail@home.example"` + home},
		{"a contact, from the usual one", func(r *windowRig) {
			r.ui.host.Call(modeltest.Bob)
			r.queue.Settle()
		}, bob + usual},
		{"the account is gone", func(r *windowRig) {
			r.update(func(s *phone.Snapshot) { s.Accounts[1].ID = "another" })
			r.ctrl(fyne.KeyR)
		}, bob + usual},
		{"the account is switched off", func(r *windowRig) {
			r.update(func(s *phone.Snapshot) { s.Accounts[1].Disabled = true })
			r.ctrl(fyne.KeyR)
		}, bob + usual},
		{"there is one account alone", func(r *windowRig) {
			r.update(func(s *phone.Snapshot) { s.Accounts = s.Accounts[1:] })
			r.ctrl(fyne.KeyR)
		}, bob + usual},
	} {
		t.Run(c.rule, func(t *testing.T) {
			inWindow(t, atHome(), look.Light, 1000, 680, func(r *windowRig) {
				r.ui.Go(placeDialpad)
				c.do(r)
				r.want(c.want)
			})
		})
	}
}

// button finds a button with a text, or an icon with a name.
func (r *windowRig) button(in fyne.CanvasObject, name string) fyne.Tappable {
	r.t.Helper()
	for _, o := range test.LaidOutObjects(in) {
		switch b := o.(type) {
		case *widgets.Button:
			if b.Label() == name {
				return b
			}
		case *widgets.IconButton:
			if b.Name() == name {
				return b
			}
		}
	}
	r.t.Fatalf("there is no %q", name)
	return nil
}

// Of several accounts the menu of the user's own picture has the one that calls
// leave from, and it can be chosen there.
func TestAccountMenu_chooses(t *testing.T) {
	labels := func(items []*fyne.MenuItem) (all []string, checked string) {
		for _, i := range items {
			if i.IsSeparator {
				continue
			}
			all = append(all, i.Label)
			if i.Checked {
				checked = i.Label
			}
		}
		return all, checked
	}
	const alice, home = "alice@example.com · Ready", "alice@home.example · Ready"
	inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
		all, checked := labels(r.ui.accountItems(r.phone.Snapshot()))
		if !slices.Equal(all, []string{alice}) || checked != "" {
			t.Errorf("with one account the menu has %q, checked %q", all, checked)
		}
		if got := r.ui.dialpad.pad.hint.Content(); got != padHint {
			t.Errorf("the hint is %q", got)
		}
	})
	inWindow(t, atHome(), look.Light, 1000, 680, func(r *windowRig) {
		items := r.ui.accountItems(r.phone.Snapshot())
		all, checked := labels(items)
		if !slices.Equal(all, []string{alice, home, "Accounts…"}) || checked != alice {
			t.Errorf("with two accounts the menu has %q, checked %q", all, checked)
		}
		items[1].Action()
		r.queue.Settle()
		r.update(func(s *phone.Snapshot) { s.Settings.Calls.Account = "home" })
		if _, checked := labels(r.ui.accountItems(r.phone.Snapshot())); checked != home {
			t.Errorf("chosen, %q is checked", checked)
		}
		applied := func(call string) bool { return strings.Contains(call, "Calls:{Account:home ") }
		if got := r.phone.Called(); !slices.ContainsFunc(got, applied) {
			t.Errorf("the choice is not kept: %q", got)
		}
		if got, want := r.ui.dialpad.pad.hint.Content(), "From alice@home.example · Enter calls · Ctrl+R redials"; got != want {
			t.Errorf("the hint is %q, want %q", got, want)
		}
		r.update(func(s *phone.Snapshot) { s.Settings.Calls.Account = "" })
		r.ui.dialpad.pad.SetAgain(lastDialled(r.phone.Snapshot()))
		if got := r.ui.dialpad.pad.hint.Content(); !strings.HasPrefix(got, "From alice@home.example") {
			t.Errorf("with a past call put in the hint is %q", got)
		}
		r.ui.dialpad.pad.Clear()
		if got := r.ui.dialpad.pad.hint.Content(); !strings.HasPrefix(got, "From alice@example.com") {
			t.Errorf("with nothing put in the hint is %q", got)
		}
		r.update(func(s *phone.Snapshot) { s.Settings.Calls.Account = "home" })
		r.update(func(s *phone.Snapshot) { s.Accounts[1].State = phone.Connecting })
		r.typing("bob")
		r.ui.dialpad.pad.submit()
		r.queue.Settle()
		if slices.ContainsFunc(r.phone.Called(), func(call string) bool { return strings.HasPrefix(call, "Dial(") }) {
			t.Error("a call leaves from another account than the chosen one")
		}
	})
}
