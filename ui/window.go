// Package ui is the window: its frame, the screens in it, and the sentences.
package ui

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"fyne.io/fyne/v2"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/desktop"
	"webphone/ui/look"
	"webphone/ui/model"
	"webphone/ui/widgets"
)

// Options say how the window meets its surroundings. The zero value is a
// window without a desktop around it, as tests want it.
type Options struct {
	// Post runs work on the UI goroutine; nil means fyne.Do.
	Post model.Dispatcher
	// Desktop shows notifications and a tray icon where there is a tray.
	Desktop bool
	// Log receives what a developer wants to know; nil means slog.Default.
	Log *slog.Logger
	// Profile is the directory of all state and Version the program's; the
	// settings show them.
	Profile, Version string
}

// The size of the window at the first start.
const (
	firstWidth  = 1000
	firstHeight = 680
)

// UI is the window of a phone. The UI goroutine owns it; Show, Dial and Quit
// are safe from any goroutine.
type UI struct {
	app     fyne.App
	window  fyne.Window
	phone   model.Phone
	model   *model.Model
	log     *slog.Logger
	options Options

	host    *host
	shell   *shell
	strip   *strip
	card    *incomingCard
	callBar *callBar
	first   firstRun

	dialpad  *dialpadScreen
	calls    screen
	chats    chatScreen
	contacts contactScreen
	settings settingsScreen
	place    place

	ended     map[phone.CallID]bool // calls whose end was told
	recorded  map[string]bool       // files that calls are written into
	stopTick  func()                // nil while nothing moves
	ticks     time.Duration         // the interval of the ticker while it runs
	failed    map[phone.CallID]bool // the calls that lived when a failure was told; nil = none was
	modal     *modal                // the question in sight, or nil
	inFront   bool
	hasTray   bool
	trayTold  bool
	quitting  bool
	notifier  *desktop.Notifier
	watch     *desktop.Watch
	tray      *desktop.Tray // nil without one
	pump      sync.WaitGroup
	cancel    context.CancelFunc
	shortcuts []command
}

// New makes the window of p in the application a. Nothing is shown yet.
func New(a fyne.App, p model.Phone, o Options) *UI {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	u := &UI{
		app: a, phone: p, model: model.New(p, o.Post), log: o.Log, options: o,
		ended: map[phone.CallID]bool{}, inFront: true,
	}
	s := u.model.Snapshot()
	a.Settings().SetTheme(look.Theme{Choice: look.Choice(s.Settings.Appearance.Theme)})
	a.SetIcon(assets.App)
	u.window = a.NewWindow("Webphone")
	u.window.SetPadded(false)
	u.window.SetMaster()
	u.makeHost()
	u.makeScreens()
	u.makeShell()
	u.bindKeys()
	u.window.SetContent(u.shell)
	u.window.Resize(windowSize(s.Settings.Appearance))
	u.window.SetCloseIntercept(u.hideOrQuit)
	u.joinDesktop()
	u.followFront()
	u.Go(placeOf(s.Settings.Appearance.Page))
	u.model.Listen(u.apply)
	return u
}

func windowSize(a phone.Appearance) fyne.Size {
	if a.Width <= 0 || a.Height <= 0 {
		return fyne.NewSize(firstWidth, firstHeight)
	}
	return fyne.NewSize(max(a.Width, 340), max(a.Height, 520))
}

// placeOf is the place that was shown last; settings are not returned to.
func placeOf(page string) place {
	switch p := place(page); p {
	case placeCalls, placeChats, placeContacts:
		return p
	}
	return placeDialpad
}

func (u *UI) makeHost() {
	u.host = &host{
		Model: u.model, Phone: u.phone, Now: time.Now, Window: u.window,
		Run:     u.run,
		InOrder: u.runInOrder,
		Say: func(sentence string) {
			u.strip.Say(widgets.Info, sentence)
			u.relayout()
		},
		Call:       u.call,
		CallBack:   u.callBack,
		Chat:       u.chat,
		AddContact: u.addContact,
		Go:         u.Go,
		ShowPage:   func() { u.shell.SetPage(true); u.titlePage() },
		ShowList:   func() { u.shell.SetPage(false) },
		Compact:    func() bool { return u.shell.compact },
		Lowered:    func() float32 { return u.shell.lowered },
		Focus:      u.focus,
		Confirm:    u.confirm,
		TitleChanged: func() {
			u.titlePage()
		},
		PageInSight: func() bool {
			return u.inFront && (!u.shell.compact || u.shell.onPage())
		},
		Profile: u.options.Profile, Version: u.options.Version,
	}
}

func (u *UI) makeScreens() {
	u.dialpad = newDialpad(u.host)
	u.calls = newCalls(u.host)
	u.chats = newChats(u.host)
	u.contacts = newContacts(u.host)
	u.settings = newSettings(u.host)
	u.first = newFirstRun(u.host)
}

func (u *UI) makeShell() {
	u.strip = newStrip(u.host, u.act)
	u.card = newIncomingCard(u.host)
	u.callBar = newCallBar(u.host, func() {
		u.dialpad.ShowCall(u.callBar.id)
		u.Go(placeDialpad)
	})
	u.shell = newShell(shellParts{
		Strip: u.strip.Container, CallBar: u.callBar, Card: u.card.Container,
		Go:      u.Go,
		Back:    u.host.ShowList,
		Account: u.accountMenu,
		Mail:    u.callMailbox,
	})
	u.dialpad.onTurn = func() { u.applyCallBar(u.model.Snapshot()) }
	u.shell.onCompact = func() {
		u.titlePage()
		u.strip.Apply(u.model.Snapshot())
		u.shell.Relayout() // other sentences, another height
	}
}

func (u *UI) screenAt(p place) screen {
	switch p {
	case placeCalls:
		return u.calls
	case placeChats:
		return u.chats
	case placeContacts:
		return u.contacts
	case placeSettings:
		return u.settings
	}
	return u.dialpad
}

func (u *UI) screen() screen { return u.screenAt(u.place) }

// Go shows a place. Going to where one is already returns to its list.
func (u *UI) Go(p place) {
	same := u.place == p
	if !same && u.place != "" {
		u.screen().Shown(false)
	}
	u.place = p
	s := u.screen()
	u.shell.SetPage(false)
	u.shell.ShowScreen(p, s.List(), s.Page(), p == placeDialpad)
	if !same {
		s.Shown(true)
	}
	u.applyCallBar(u.model.Snapshot())
	u.titlePage()
	if f, ok := s.Focus().(*widgets.Field); ok {
		u.focus(f)
	} else {
		u.focus(nil) // a list gets the keyboard with the first arrow
	}
}

// focus gives the keyboard to w when it is in sight; nil takes it from all.
func (u *UI) focus(w fyne.Focusable) {
	if u.modal != nil {
		return
	}
	if w == nil {
		u.window.Canvas().Unfocus()
		return
	}
	u.window.Canvas().Focus(w)
}

func (u *UI) titlePage() {
	if u.place != "" {
		u.shell.top.title.SetText(u.screen().PageTitle())
	}
}

func (u *UI) relayout() {
	u.shell.Relayout()
	u.keepTicking()
}

// apply shows a snapshot everywhere.
func (u *UI) apply(s *phone.Snapshot) {
	now := u.host.Now()
	u.applyTheme(s)
	u.dialpad.follow(s)
	for _, d := range destinations {
		u.screenAt(d.place).Apply(s)
	}
	u.shell.self.Apply(s)
	u.shell.top.Apply(s)
	u.strip.Apply(s)
	u.card.Apply(s, now)
	u.applyCallBar(s)
	u.applyCounts(s)
	u.tellRecordings(s)
	u.tellEnds(s, now)
	u.applyFirst(s)
	if u.watch != nil {
		u.watch.Apply(s)
	}
	if u.tray != nil {
		u.tray.Apply(s)
	}
	u.relayout()
}

func (u *UI) applyTheme(s *phone.Snapshot) {
	want := look.Theme{Choice: look.Choice(s.Settings.Appearance.Theme)}
	if u.app.Settings().Theme() != fyne.Theme(want) {
		u.app.Settings().SetTheme(want)
	}
}

func (u *UI) applyCounts(s *phone.Snapshot) {
	for p, n := range map[place]int{placeCalls: s.MissedCalls, placeChats: s.UnreadMessages} {
		u.shell.items[p].SetCount(n)
		u.shell.tabs[p].SetCount(n)
	}
	mail, waiting := waitingMail(s)
	u.shell.mail.SetCount(mailCount(mail))
	setVisible(u.shell.mail, waiting)
	title := "Webphone"
	if n := s.MissedCalls + s.UnreadMessages; n > 0 {
		title = fmt.Sprintf("(%d) Webphone", n)
	}
	if u.window.Title() != title {
		u.window.SetTitle(title)
	}
}

// applyCallBar shows the bar while a call is out of sight.
func (u *UI) applyCallBar(s *phone.Snapshot) {
	c, ok := mainCall(s, u.dialpad.wanted, u.host.Now())
	inView := u.place == placeDialpad && u.dialpad.OnCall()
	u.shell.barred = inView && u.dialpad.call.chipBar.Visible()
	show := ok && c.Live() && !inView
	if u.strip.call.follow(c, show); u.strip.call.changed(s, u.host.Now()) {
		u.strip.Apply(s)
		u.shell.Relayout()
	}
	if show {
		u.callBar.Set(c, s.Calls, u.host.Now())
	}
	if u.callBar.Visible() != show || u.shell.onCall != inView {
		u.shell.onCall = inView
		setVisible(u.callBar, show)
		u.shell.Relayout()
	}
}

// applyFirst fills the window with the first-run page while there is no
// account.
func (u *UI) applyFirst(s *phone.Snapshot) {
	u.first.Apply(s)
	want := len(s.Settings.Accounts) == 0 && !s.Demo
	shown := len(u.shell.first.Objects) > 0
	switch {
	case want && !shown:
		u.shell.ShowFirst(u.first.Page())
		u.first.Shown(true)
		u.focus(u.first.Focus())
	case !want && shown:
		u.shell.ShowFirst(nil)
		u.first.Shown(false)
		u.focus(u.screen().Focus())
	}
}

// tellEnds says why a call failed, with what may help, after the call view
// has shown it.
func (u *UI) tellEnds(s *phone.Snapshot, now time.Time) {
	for _, c := range s.Calls {
		if c.Live() || u.ended[c.ID] {
			continue
		}
		u.ended[c.ID] = true
		end := callEnd(c)
		if c.End == nil || end.Calm || !shownWhenEnded(c) || now.Sub(c.EndedAt) > phone.EndedCallKept {
			continue
		}
		var actions []stripAction
		for _, a := range end.Actions {
			actions = append(actions, stripAction{a.String(), func() { u.actOnCall(a, c) }})
		}
		u.strip.Say(widgets.Problem, end.String(), actions...)
		u.failed = liveIDs(s)
	}
	// Another call has begun: the failure of an earlier one is history.
	if u.failed != nil && slices.ContainsFunc(liveCalls(s), func(c phone.Call) bool { return !u.failed[c.ID] }) {
		u.failed = nil
		u.strip.Hush()
	}
}

func liveIDs(s *phone.Snapshot) map[phone.CallID]bool {
	ids := map[phone.CallID]bool{}
	for _, c := range liveCalls(s) {
		ids[c.ID] = true
	}
	return ids
}
