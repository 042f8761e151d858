package ui

import (
	"time"

	"fyne.io/fyne/v2"

	"webphone/phone"
	"webphone/ui/model"
)

// place is one destination of the rail.
type place string

// The places, in the order of Ctrl+1…4; their texts are those of
// phone.Appearance.Page.
const (
	placeDialpad  place = "dialpad"
	placeCalls    place = "calls"
	placeChats    place = "chats"
	placeContacts place = "contacts"
	placeSettings place = "settings"
)

// screen is what one place shows: a list column and a page beside it. In a
// compact window only one of the two is in sight. The UI goroutine owns it.
type screen interface {
	// List is the list column, 330 wide beside the rail.
	List() fyne.CanvasObject
	// Page is the rest of the window. When compact it is shown in the place
	// of the list once host.ShowPage was called, under a bar with Back and
	// PageTitle.
	Page() fyne.CanvasObject
	// PageTitle names the page in the bar of a compact window.
	PageTitle() string
	// Apply shows a snapshot. It is called while the screen is hidden too;
	// nothing may be lost that the user has typed or selected.
	Apply(s *phone.Snapshot)
	// Shown tells that the screen came into sight or left it: tickers start
	// and end here.
	Shown(inSight bool)
	// Focus is what gets the keyboard when the screen comes into sight; nil
	// means nothing.
	Focus() fyne.Focusable
	// Search is what Ctrl+F focuses; nil means there is nothing to search.
	Search() fyne.Focusable
	// Escape undoes the innermost temporary thing (a search, a form, a
	// keypad) and reports whether there was one.
	Escape() bool
}

// host is what a screen may ask of the window around it.
type host struct {
	// Model has the newest snapshot and runs work beside the window.
	Model *model.Model
	// Phone takes commands; those that may be slow go through Run.
	Phone model.Phone
	// Now is the time; tests fix it.
	Now func() time.Time
	// Window is the parent of dialogs and the owner of focus and clipboard.
	Window fyne.Window

	// Run runs work beside the window and shows its error, in words, in the
	// strip at the top. then, if not nil, follows on the UI goroutine.
	Run func(work func() error, then func(error))
	// InOrder is Run for commands that must reach the phone in the order they
	// were given: tones, mute on and off, the steps of a volume.
	InOrder func(work func() error)
	// Say shows one sentence in the strip for a few seconds.
	Say func(sentence string)
	// Call dials and shows the call; "" is ignored.
	Call func(target string)
	// CallBack is Call from an account, an Account.ID of a past call or of a
	// conversation; from the usual one if that is gone or "".
	CallBack func(target, account string)
	// Chat opens the conversation with peer, which may be new.
	Chat func(peer string)
	// AddContact opens the form for a new contact.
	AddContact func(name, address string)
	// Go shows another place.
	Go func(place)
	// ShowPage shows the screen's page in the place of its list when the
	// window is compact; ShowList goes back.
	ShowPage func()
	ShowList func()
	// Compact reports whether the window has one column.
	Compact func() bool
	// Lowered is how much lower the page begins than without the strip.
	Lowered func() float32
	// Focus gives the keyboard to w, if the window shows it.
	Focus func(w fyne.Focusable)
	// Confirm asks before something that cannot be undone.
	Confirm func(question, explanation, yes string, then func())
	// TitleChanged tells that PageTitle has another answer.
	TitleChanged func()
	// PageInSight reports whether the user has the screen's page before their
	// eyes: the window is active and, when compact, does not show the list.
	// What came in there counts as read. nil means always.
	PageInSight func() bool
	// Profile is the directory of all state and Version the program's, for
	// the page about it; "" is left out.
	Profile, Version string
}

// The screens beside the dialpad are made by newCalls, newChats, newContacts
// and newSettings, each given the host; some can be asked for more.

// chatScreen can show one conversation.
type chatScreen interface {
	screen
	// Open shows the conversation with peer, which may be new; "" begins a
	// new one by asking for the address.
	Open(peer string)
	// OpenNextUnread shows the next conversation with unread messages.
	OpenNextUnread()
}

// contactScreen can begin a new contact.
type contactScreen interface {
	screen
	Add(name, address string)
}

// settingsPage is one page of the settings.
type settingsPage string

// The pages.
const (
	pageAccounts   settingsPage = "accounts"
	pageAudio      settingsPage = "audio"
	pageCalls      settingsPage = "calls"
	pageNetwork    settingsPage = "network"
	pageAppearance settingsPage = "appearance"
	pageShortcuts  settingsPage = "shortcuts"
)

// settingsScreen can show one of its pages.
type settingsScreen interface {
	screen
	// OpenPage shows a page; account is that whose form is wanted, or "".
	OpenPage(p settingsPage, account string)
}

// firstRun is the page of a phone without an account, made by newFirstRun;
// it fills the window.
type firstRun interface {
	Page() fyne.CanvasObject
	Apply(s *phone.Snapshot)
	Shown(inSight bool)
	Focus() fyne.Focusable
}
