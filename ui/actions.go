package ui

import (
	"fyne.io/fyne/v2"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// run does work beside the window and tells its error in words.
func (u *UI) run(work func() error, then func(error)) {
	u.model.Do(work, func(err error) {
		u.tell(err)
		if then != nil {
			then(err)
		}
	})
}

// runInOrder is run for commands whose order matters.
func (u *UI) runInOrder(work func() error) { u.model.InOrder(work, u.tell) }

// tell says an error in words; nil is not told.
func (u *UI) tell(err error) {
	if err != nil {
		u.strip.Say(widgets.Problem, Explain(err, Subject{}).String())
		u.relayout()
	}
}

// call dials from the usual account and shows the call.
func (u *UI) call(target string) { u.callBack(target, "") }

// callBack dials from an account, if it is there, and shows the call.
func (u *UI) callBack(target, account string) {
	target, _ = cleanTarget(target)
	if target == "" {
		return
	}
	var id phone.CallID
	from := u.model.Snapshot().From(account)
	u.model.Do(func() (err error) {
		id, err = u.phone.Dial(target, from)
		return err
	}, func(err error) {
		if err != nil {
			u.strip.Say(widgets.Problem, Explain(err, Subject{Topic: TopicCall, Name: nameOrNumber("", target)}).String())
			u.relayout()
			return
		}
		u.dialpad.ShowCall(id)
		u.Go(placeDialpad)
	})
}

func (u *UI) chat(peer string) {
	u.Go(placeChats)
	u.chats.Open(peer)
}

func (u *UI) addContact(name, address string) {
	u.Go(placeContacts)
	u.contacts.Add(name, address)
}

func (u *UI) openSettings(p settingsPage, account string) {
	u.Go(placeSettings)
	u.settings.OpenPage(p, account)
}

// act does what an account's or a device's sentence offered.
func (u *UI) act(a Action, account phone.AccountState) {
	switch a {
	case ActionRetry:
		u.run(func() error { u.phone.ReconnectNow(account.ID); return nil }, nil)
	case ActionAudio:
		u.openSettings(pageAudio, "")
	case ActionNetwork:
		u.openSettings(pageNetwork, "")
	default: // editing, and trusting, which the account's form does
		u.openSettings(pageAccounts, account.ID)
	}
}

// actOnCall does what the sentence about a call's end offered.
func (u *UI) actOnCall(a Action, ended phone.Call) {
	switch a {
	case ActionRetry, ActionCallAgain:
		u.callBack(ended.Peer, ended.Account)
	case ActionMessage:
		u.chat(ended.Peer)
	case ActionAudio:
		u.openSettings(pageAudio, "")
	case ActionNetwork:
		u.openSettings(pageNetwork, "")
	default:
		u.openSettings(pageAccounts, "")
	}
}

// setDoNotDisturb turns it on or off.
func (u *UI) setDoNotDisturb(on bool) {
	settings := u.model.Snapshot().Settings
	settings.Calls.DoNotDisturb = on
	u.run(func() error { return u.phone.Apply(settings) }, nil)
	if on {
		u.strip.Say(widgets.Info, "Do not disturb: calls do not ring and are listed as missed")
	} else {
		u.strip.Say(widgets.Info, "Calls ring again")
	}
	u.relayout()
}

// accountMenu is what the user's own avatar offers.
func (u *UI) accountMenu(from fyne.CanvasObject) {
	s := u.model.Snapshot()
	items := u.accountItems(s)
	quiet := fyne.NewMenuItem("Do not disturb", func() { u.setDoNotDisturb(!s.Settings.Calls.DoNotDisturb) })
	quiet.Checked = s.Settings.Calls.DoNotDisturb
	items = append(items, quiet,
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem("Settings", func() { u.Go(placeSettings) }),
		fyne.NewMenuItem("Keyboard shortcuts", func() { u.openSettings(pageShortcuts, "") }),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem("Quit", u.askQuit))
	at := fyne.NewPos(look.RailItemW, from.Size().Height-float32(len(items))*34)
	if u.shell.compact {
		at = fyne.NewPos(0, from.Size().Height+4)
	}
	widgets.PopUp(from, items, at, 0)
}

// accountItems are the accounts: one is opened, of several the one is chosen
// that calls leave from.
func (u *UI) accountItems(s *phone.Snapshot) []*fyne.MenuItem {
	several := severalAccounts(s)
	from, _ := s.Usual()
	var items []*fyne.MenuItem
	for _, a := range s.Accounts {
		item := fyne.NewMenuItem(plainAddress(a.URI)+" · "+connectionWord(a), func() {
			if several && !a.Disabled && !a.Demo() {
				u.callFrom(a)
				return
			}
			u.openSettings(pageAccounts, a.ID)
		})
		item.Checked = several && a.ID == from.ID
		items = append(items, item)
	}
	if several {
		items = append(items, fyne.NewMenuItem("Accounts…", func() { u.openSettings(pageAccounts, "") }), fyne.NewMenuItemSeparator())
	}
	return items
}

// severalAccounts reports whether there is a choice; the demonstration's is
// none.
func severalAccounts(s *phone.Snapshot) bool {
	on := 0
	for _, a := range s.Accounts {
		if !a.Disabled && !a.Demo() {
			on++
		}
	}
	return on > 1
}

// callFrom chooses the account that calls leave from.
func (u *UI) callFrom(a phone.AccountState) {
	settings := u.model.Snapshot().Settings
	settings.Calls.Account = a.ID
	u.runInOrder(func() error { return u.phone.Apply(settings) })
	u.strip.Say(widgets.Info, "Calls leave from "+plainAddress(a.URI)+" now")
	u.relayout()
}

// modal is a question over the window; everything else waits.
type modal struct {
	hide func()
	was  fyne.Focusable
}

// confirm asks before something that cannot be undone. Escape is no.
func (u *UI) confirm(question, explanation, yes string, then func()) {
	if u.modal != nil {
		return
	}
	c := u.window.Canvas()
	m := &modal{was: c.Focused()}
	no := widgets.NewButton(widgets.Outline, "Cancel", nil, u.closeModal)
	do := widgets.NewButton(widgets.Primary, yes, nil, func() {
		u.closeModal()
		then()
	})
	m.hide = showQuestion(c, question, explanation, no, do)
	u.modal = m
	c.Focus(no)
}

func (u *UI) closeModal() {
	if u.modal == nil {
		return
	}
	m := u.modal
	u.modal = nil
	m.hide()
	if m.was != nil {
		u.focus(m.was)
	}
}
