//go:build !race

// Drawing under the race detector takes minutes and proves nothing more: the
// tests of behaviour run the same code there.
package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
)

// TestPictures_screens draws the whole window with each screen beside the
// dialpad and the call.
func TestPictures_screens(t *testing.T) {
	const wide, narrow, high = 1000, 360, 680
	open := func(p place, then func(r *windowRig)) func(r *windowRig) {
		return func(r *windowRig) {
			r.ui.Go(p)
			r.queue.Settle()
			r.update(func(s *phone.Snapshot) {
				if p == placeCalls {
					s.MissedCalls = 0
				}
			})
			if then != nil {
				then(r)
				r.queue.Settle()
			}
		}
	}
	chat := open(placeChats, func(r *windowRig) { r.ui.chats.Open(modeltest.Bob) })
	settings := func(p settingsPage) func(r *windowRig) {
		return open(placeSettings, func(r *windowRig) {
			r.ui.settings.OpenPage(p, "")
			r.wait(200 * time.Millisecond)
		})
	}
	type shot struct {
		name          string
		choice        look.Choice
		width, height float32
		state         *phone.Snapshot
		do            func(r *windowRig)
	}
	without := func(change func(s *phone.Snapshot)) *phone.Snapshot {
		s := modeltest.Sample()
		change(s)
		return s
	}
	shots := []shot{
		{"calls-empty", look.Light, wide, high, without(func(s *phone.Snapshot) { s.History, s.MissedCalls = nil, 0 }), open(placeCalls, nil)},
		{"calls-none-found", look.Light, wide, high, modeltest.Sample(), open(placeCalls, func(r *windowRig) { r.ctrl(fyne.KeyF); r.typing("zora") })},
		{"chats-empty", look.Light, wide, high, without(func(s *phone.Snapshot) { s.Threads, s.UnreadMessages = nil, 0 }), open(placeChats, nil)},
		{"chats-new", look.Dark, wide, high, modeltest.Sample(), open(placeChats, func(r *windowRig) { r.ui.chats.Open(""); r.typing("e") })},
		{"chats-compact-page", look.Dark, narrow, high, modeltest.Sample(), chat},
		{"dialpad-accounts", look.Light, wide, high, atHome(), func(r *windowRig) {
			r.update(func(s *phone.Snapshot) { s.Settings.Calls.Account = "home" })
			r.ui.accountMenu(r.ui.shell.self)
		}},
		{"calls-call-unheard", look.Light, wide, high, unheard(), open(placeCalls, nil)},
		{"calls-call-unheard-compact", look.Dark, narrow, high, unheard(), open(placeCalls, nil)},
		{"calls-compact-page", look.Light, narrow, high, modeltest.Sample(), open(placeCalls, func(r *windowRig) { r.ui.calls.(*callsScreen).list.OnOpen("20") })},
		{"contacts-empty", look.Light, wide, high, without(func(s *phone.Snapshot) { s.Contacts = nil }), open(placeContacts, nil)},
		{"contacts-form", look.Light, wide, high, modeltest.Sample(), open(placeContacts, func(r *windowRig) { r.ui.contacts.Add("Fred Olsen", "fred@example.com") })},
		{"contacts-compact-page", look.Light, narrow, high, modeltest.Sample(), open(placeContacts, func(r *windowRig) { r.ui.contacts.(*contactsScreen).enter("1") })},
		{"settings-audio-light", look.Light, wide, high, modeltest.Sample(), settings(pageAudio)},
		{"settings-audio-dark", look.Dark, wide, high, modeltest.Sample(), settings(pageAudio)},
		{"settings-audio-none", look.Light, wide, high, without(func(s *phone.Snapshot) {
			s.Devices = phone.Devices{Problem: noMicrophone}
		}), settings(pageAudio)},
		{"settings-audio-ringer", look.Light, wide, high, without(func(s *phone.Snapshot) {
			s.Settings.Audio.Ringer, s.Settings.Audio.RingQuieter, s.Settings.Audio.RingBoth = "builtin-out", 40, true
		}), settings(pageAudio)},
		{"settings-accounts", look.Light, wide, high, modeltest.Sample(), settings(pageAccounts)},
		{"settings-account-form", look.Light, wide, high, modeltest.Sample(), open(placeSettings, func(r *windowRig) { r.ui.settings.OpenPage(pageAccounts, "a1") })},
		{"settings-account-advanced", look.Light, wide, high, modeltest.Sample(), open(placeSettings, func(r *windowRig) {
			r.ui.settings.OpenPage(pageAccounts, "a1")
			if s, ok := r.ui.settings.(*settingsScreenView); ok {
				if accounts, ok := s.pages[pageAccounts].(*accountsPage); ok {
					accounts.form.showAdvanced(true, "Advanced: display name, authorization user")
				}
			}
		})},
		{"settings-calls", look.Light, wide, high, modeltest.Sample(), settings(pageCalls)},
		{"settings-network", look.Light, wide, high, modeltest.Sample(), settings(pageNetwork)},
		{"settings-appearance", look.Light, wide, high, modeltest.Sample(), settings(pageAppearance)},
		{"settings-shortcuts", look.Light, wide, high, modeltest.Sample(), settings(pageShortcuts)},
		{"settings-about", look.Light, wide, high, modeltest.Sample(), settings(pageAbout)},
		{"settings-compact-page", look.Light, narrow, high, modeltest.Sample(), settings(pageAudio)},
		{"first-light", look.Light, wide, high, modeltest.Empty(), func(r *windowRig) { r.typing("alice@example.com") }},
		{"first-dark", look.Dark, wide, high, modeltest.Empty(), func(r *windowRig) { r.typing("alice@example.com") }},
		{"first-compact", look.Light, narrow, high, modeltest.Empty(), func(r *windowRig) { r.typing("alice@example.com") }},
	}
	for _, p := range []struct {
		name string
		do   func(r *windowRig)
	}{
		{"calls", open(placeCalls, nil)},
		{"chats", chat},
		{"contacts", open(placeContacts, nil)},
	} {
		shots = append(
			shots,
			shot{p.name + "-light", look.Light, wide, high, modeltest.Sample(), p.do},
			shot{p.name + "-dark", look.Dark, wide, high, modeltest.Sample(), p.do},
		)
	}
	for name, p := range map[string]place{"calls": placeCalls, "chats": placeChats, "contacts": placeContacts, "settings": placeSettings} {
		shots = append(shots, shot{name + "-compact", look.Light, narrow, high, modeltest.Sample(), open(p, nil)})
	}
	for _, s := range shots {
		t.Run(s.name, func(t *testing.T) {
			inWindow(t, s.state, s.choice, s.width, s.height, func(r *windowRig) {
				s.do(r)
				r.golden(s.name)
			})
		})
	}
}
