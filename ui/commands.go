package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"webphone/phone"
)

// command is something the keyboard can do wherever the focus is. The
// window has no menu bar: Fyne would draw one across the top. Its canvas gets
// every shortcut instead, since our text fields hand on those they do not
// know.
type command struct {
	keys  []fyne.KeyName
	label string // "Ctrl+Enter"
	what  string
	do    func()
}

// ShortcutLine is one line of the list of shortcuts.
type ShortcutLine struct{ Keys, What string }

// commandsOf are the shortcuts of the window u.
func commandsOf(u *UI) []command {
	key := func(k fyne.KeyName, label, what string, do func()) command {
		return command{keys: []fyne.KeyName{k}, label: label, what: what, do: do}
	}
	return []command{
		key(fyne.Key1, "1", "Dialpad", func() { u.Go(placeDialpad) }),
		key(fyne.Key2, "2", "Calls", func() { u.Go(placeCalls) }),
		key(fyne.Key3, "3", "Chats", func() { u.Go(placeChats) }),
		key(fyne.Key4, "4", "Contacts", func() { u.Go(placeContacts) }),
		{keys: []fyne.KeyName{fyne.KeyReturn, fyne.KeyEnter}, label: "Enter", what: "Answer, holding the other call", do: u.answer},
		key(fyne.KeyPeriod, ".", "Hang up or decline", u.hangupOrDecline),
		key(fyne.KeyM, "M", "Mute or unmute", func() { u.withCall(u.dialpad.call.ToggleMute) }),
		key(fyne.KeyH, "H", "Hold or resume", func() { u.withCall(u.dialpad.call.ToggleHold) }),
		key(fyne.KeyE, "E", "Record the call or stop recording", func() { u.withCall(u.dialpad.call.ToggleRecord) }),
		key(fyne.KeyK, "K", "Keypad of the call", u.keypad),
		key(fyne.KeyT, "T", "Transfer the call", u.transfer),
		key(fyne.KeyJ, "J", "Swap calls", func() { u.withCall(u.dialpad.call.Swap) }),
		key(fyne.KeyG, "G", "Merge the calls", u.merge),
		key(fyne.KeyL, "L", "Type a number", u.dialEntry),
		key(fyne.KeyR, "R", "Redial the last number", u.redial),
		key(fyne.KeyN, "N", "New message", func() { u.chat("") }),
		key(fyne.KeyU, "U", "Next unread message", func() { u.Go(placeChats); u.chats.OpenNextUnread() }),
		key(fyne.KeyF, "F", "Search this page", u.search),
		key(fyne.KeyD, "D", "Do not disturb", func() {
			u.setDoNotDisturb(!u.model.Snapshot().Settings.Calls.DoNotDisturb)
		}),
		key(fyne.KeyComma, ",", "Settings", func() { u.Go(placeSettings) }),
		key(fyne.KeySlash, "/", "This list", func() { u.openSettings(pageShortcuts, "") }),
		key(fyne.KeyW, "W", "Close the window", u.hideOrQuit),
		key(fyne.KeyQ, "Q", "Quit", u.askQuit),
	}
}

// shortcutLines is the list of all shortcuts, for the page that shows it.
func shortcutLines() []ShortcutLine {
	lines := []ShortcutLine{}
	for _, c := range commandsOf(&UI{dialpad: &dialpadScreen{}}) {
		lines = append(lines, ShortcutLine{Keys: modifierWord() + c.label, What: c.what})
	}
	return append(lines,
		ShortcutLine{"Esc", "Silence the ringtone, then close the card, keypad or search"},
		ShortcutLine{"0–9 * #", "In a call: send the tone"},
		ShortcutLine{"↑ ↓", "Move in a list or through suggestions"},
		ShortcutLine{"Tab", "Next control"},
		ShortcutLine{"Enter, Space", "Press the control"},
	)
}

func modifierWord() string {
	if fyne.KeyModifierShortcutDefault == fyne.KeyModifierSuper {
		return "⌘"
	}
	return "Ctrl+"
}

// bindKeys makes the window listen.
func (u *UI) bindKeys() {
	u.shortcuts = commandsOf(u)
	c := u.window.Canvas()
	for _, cmd := range u.shortcuts {
		for _, k := range cmd.keys {
			sc := &desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierShortcutDefault}
			c.AddShortcut(sc, func(fyne.Shortcut) { u.do(cmd) })
		}
	}
	c.SetOnTypedKey(u.typedKey)
	c.SetOnTypedRune(u.typedRune)
}

// do runs a command unless a question or the first-run page is in the way.
func (u *UI) do(c command) {
	if u.modal != nil || u.onFirst() && c.label != "Q" && c.label != "W" {
		return
	}
	c.do()
}

func (u *UI) onFirst() bool { return len(u.shell.first.Objects) > 0 }

// typedKey gets keys that nothing focused had a use for.
func (u *UI) typedKey(e *fyne.KeyEvent) {
	switch {
	case e.Name == fyne.KeyEscape:
		u.escape()
	case u.modal != nil || u.onFirst():
	case u.place == placeDialpad:
		u.dialpad.TypedKey(e)
	case u.window.Canvas().Focused() == nil:
		u.wakeList(e)
	}
}

// wakeList gives the keyboard to the list in sight when a key that moves in it
// is pressed while nothing has it.
func (u *UI) wakeList(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyDown, fyne.KeyUp, fyne.KeyHome, fyne.KeyEnd, fyne.KeyPageDown, fyne.KeyPageUp, fyne.KeyReturn, fyne.KeyEnter:
		if f := u.screen().Focus(); f != nil {
			u.focus(f)
			f.TypedKey(e)
		}
	}
}

func (u *UI) typedRune(r rune) {
	if u.modal == nil && !u.onFirst() && u.place == placeDialpad {
		u.dialpad.TypedRune(r)
	}
}

// escape undoes the innermost temporary thing. It never hangs up.
func (u *UI) escape() {
	switch {
	case u.modal != nil:
		u.closeModal()
	case u.card.Escape():
		u.relayout()
	case u.onFirst():
	case u.screen().Escape():
	case u.shell.onPage():
		u.host.ShowList()
	default:
		u.window.Canvas().Unfocus()
	}
}

func (u *UI) answer() {
	if u.card.Ringing() != "" {
		u.card.Answer()
		return
	}
	// The card may have been closed while the call still rings.
	if ringing := ringingCalls(u.model.Snapshot()); len(ringing) > 0 {
		id := ringing[0].ID
		u.run(func() error { return u.phone.Answer(id) }, nil)
		u.Go(placeDialpad)
	}
}

func (u *UI) hangupOrDecline() {
	s := u.model.Snapshot()
	if ringing := ringingCalls(s); len(ringing) > 0 {
		id := ringing[0].ID
		u.run(func() error { return u.phone.Decline(id) }, nil)
		return
	}
	u.withMain(func(c phone.Call) {
		u.host.hangup(c, s.Calls)
	})
}

// merge makes a conference of the calls and shows it.
func (u *UI) merge() {
	u.withMain(func(c phone.Call) {
		if can, merging := mergeable(liveCalls(u.model.Snapshot())); can && !merging {
			u.dialpad.ShowCall(c.ID)
			u.Go(placeDialpad)
			u.dialpad.call.merge()
		}
	})
}

// withMain does something to the call that the call view shows or would show.
func (u *UI) withMain(do func(phone.Call)) {
	if c, ok := mainCall(u.model.Snapshot(), u.dialpad.wanted, u.host.Now()); ok && c.Live() {
		do(c)
	}
}

// withCall runs a control of the call view, wherever the user is.
func (u *UI) withCall(do func()) {
	u.withMain(func(c phone.Call) {
		u.dialpad.call.Apply(c, u.model.Snapshot(), u.host.Now())
		do()
	})
}

func (u *UI) keypad() {
	u.withMain(func(c phone.Call) {
		u.dialpad.ShowCall(c.ID)
		u.Go(placeDialpad)
		u.dialpad.call.toggleKeypad()
	})
}

func (u *UI) transfer() {
	u.withMain(func(c phone.Call) {
		u.dialpad.ShowCall(c.ID)
		u.Go(placeDialpad)
		u.dialpad.call.ToggleTransfer()
	})
}

// dialEntry shows the keys and selects what is in the entry.
func (u *UI) dialEntry() {
	u.Go(placeDialpad)
	u.dialpad.Dial("")
	u.dialpad.pad.entry.TypedShortcut(&fyne.ShortcutSelectAll{})
}

func (u *UI) redial() {
	if last := lastDialled(u.model.Snapshot()); last.Peer != "" {
		u.callBack(last.Peer, last.Account)
		return
	}
	u.host.Say("There is no number to redial yet")
}

func (u *UI) search() {
	f := u.screen().Search()
	if f == nil {
		return
	}
	if u.shell.onPage() {
		u.host.ShowList()
	}
	if u.place == placeDialpad && u.dialpad.OnCall() {
		return
	}
	u.focus(f)
}
