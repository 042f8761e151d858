package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// pageAbout is the page with version, profile and diagnostics.
const pageAbout settingsPage = "about"

// settingsScreenView has a list of pages; what is changed there takes effect
// at once, but in forms, which have a button to save.
type settingsScreenView struct {
	host   *host
	column fyne.CanvasObject
	list   *widgets.List
	right  *fyne.Container

	page    settingsPage
	pages   map[settingsPage]settingsView
	inSight bool
}

// settingsView is one page of the settings.
type settingsView interface {
	// Content is the page, which scrolls by itself.
	Content() fyne.CanvasObject
	Apply(s *phone.Snapshot)
	// Shown tells that the page came into sight or left it.
	Shown(inSight bool)
	// Escape leaves a form and reports whether there was one.
	Escape() bool
	// Focus is what gets the keyboard; nil means nothing.
	Focus() fyne.Focusable
}

var _ settingsScreen = (*settingsScreenView)(nil)

func newSettings(h *host) *settingsScreenView {
	s := &settingsScreenView{host: h, list: widgets.NewList(), page: pageAccounts}
	s.pages = map[settingsPage]settingsView{
		pageAccounts:   newAccountsPage(h),
		pageAudio:      newAudioPage(h),
		pageCalls:      newCallPolicyPage(h),
		pageNetwork:    newNetworkPage(h),
		pageAppearance: newAppearancePage(h),
		pageShortcuts:  newShortcutsPage(),
		pageAbout:      newAboutPage(h),
	}
	s.list.OnSelect = func(key string) {
		s.turnTo(settingsPage(key))
		if opensPage(h, s.list) {
			h.ShowPage()
		}
	}
	s.list.OnOpen = func(key string) {
		s.turnTo(settingsPage(key))
		h.ShowPage()
		if f := s.pages[s.page].Focus(); f != nil {
			h.Focus(f)
		}
	}
	s.column = newFrame(listHead("Settings", nil), s.list, nil)
	s.right = container.NewStack(s.pages[s.page].Content())
	s.list.Select(string(s.page))
	return s
}

func (s *settingsScreenView) List() fyne.CanvasObject { return s.column }
func (s *settingsScreenView) Page() fyne.CanvasObject { return s.right }
func (s *settingsScreenView) PageTitle() string       { return "Settings" }
func (s *settingsScreenView) Focus() fyne.Focusable   { return s.list }
func (s *settingsScreenView) Search() fyne.Focusable  { return nil }

// Escape leaves a form.
func (s *settingsScreenView) Escape() bool { return s.pages[s.page].Escape() }

// Shown starts and ends what moves on the page.
func (s *settingsScreenView) Shown(inSight bool) {
	s.inSight = inSight
	s.pages[s.page].Shown(inSight)
}

// OpenPage shows a page, or the form of one account.
func (s *settingsScreenView) OpenPage(p settingsPage, account string) {
	s.turnTo(p)
	s.list.Select(string(p))
	if account != "" {
		if accounts, ok := s.pages[pageAccounts].(*accountsPage); ok {
			accounts.edit(account)
		}
	}
	if s.host.Compact() {
		s.host.ShowPage()
	}
	if f := s.pages[s.page].Focus(); f != nil {
		s.host.Focus(f)
	}
}

func (s *settingsScreenView) turnTo(p settingsPage) {
	view, ok := s.pages[p]
	if !ok || p == s.page {
		return
	}
	s.pages[s.page].Shown(false)
	s.page = p
	s.right.Objects = []fyne.CanvasObject{view.Content()}
	s.right.Refresh()
	view.Apply(s.host.Model.Snapshot())
	view.Shown(s.inSight)
	s.host.TitleChanged()
}

// Apply shows the settings of a snapshot.
func (s *settingsScreenView) Apply(snap *phone.Snapshot) {
	items := make([]widgets.Item, len(settingsPages))
	for i, p := range settingsPages {
		items[i] = widgets.Item{Key: string(p), Row: widgets.RowData{
			Title: settingsTitles[p], Subtitle: s.summary(p, snap), RightIcon: assets.ChevronRight,
		}}
	}
	s.list.SetItems(items)
	s.pages[s.page].Apply(snap)
}

var settingsPages = []settingsPage{pageAccounts, pageAudio, pageCalls, pageNetwork, pageAppearance, pageShortcuts, pageAbout}

var settingsTitles = map[settingsPage]string{
	pageAccounts: "Accounts", pageAudio: "Audio", pageCalls: "Calls", pageNetwork: "Network",
	pageAppearance: "Appearance", pageShortcuts: "Shortcuts", pageAbout: "About and diagnostics",
}

// summary is the second line of a page's row: how it stands.
func (s *settingsScreenView) summary(p settingsPage, snap *phone.Snapshot) string {
	set := snap.Settings
	switch p {
	case pageAccounts:
		return accountsSummary(snap)
	case pageAudio:
		if snap.Devices.Microphone.Name == "" {
			return "No microphone"
		}
		return snap.Devices.Microphone.Name
	case pageCalls:
		if set.Calls.DoNotDisturb {
			return "Do not disturb is on"
		}
		return fmt.Sprintf("Rings for %d seconds", ringSeconds(set.Calls))
	case pageNetwork:
		if n := len(set.Network.STUN) + len(set.Network.TURN); n > 0 {
			return fmt.Sprintf("STUN and TURN: %s", count(n, "server", "servers"))
		}
		return "STUN and TURN: none"
	case pageAppearance:
		return themeWord(set.Appearance.Theme)
	case pageShortcuts:
		return "What the keyboard does"
	case pageAbout:
		return "Version, data, report"
	}
	return ""
}

func accountsSummary(snap *phone.Snapshot) string {
	switch len(snap.Accounts) {
	case 0:
		return "None yet"
	case 1:
		if snap.Demo {
			return "The demo"
		}
		return plainAddress(snap.Accounts[0].URI)
	}
	return count(len(snap.Accounts), "account", "accounts")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// changeSettings applies a change to the newest settings. The change replaces
// slices, it does not alter them.
func changeSettings(h *host, change func(s *phone.Settings)) {
	h.Run(func() error {
		s := h.Phone.Snapshot().Settings
		change(&s)
		return h.Phone.Apply(s)
	}, nil)
}

// settingsPageOf is a page with a heading; it returns the scrolling page.
func settingsPageOf(title string, parts ...fyne.CanvasObject) *widgets.PageScroll {
	column := append([]fyne.CanvasObject{widgets.NewHeading(title)}, parts...)
	return widgets.NewPageScroll(widgets.NewInset(widgets.Insets{Top: 24, Right: 34, Bottom: 24, Left: 34},
		widgets.NewMiddle(640, false, widgets.NewColumn(14, column...))))
}

// settingRow is a line with a switch or a button at its end.
func settingRow(title, text string, control fyne.CanvasObject) fyne.CanvasObject {
	words := widgets.NewPanel(look.Clear, widgets.NewColumn(2,
		widgets.NewText(title, look.BodyText, look.Text).Bold(), widgets.NewParagraph(text, look.MinorText, look.Muted)))
	return widgets.NewColumn(12, widgets.NewRule(), widgets.NewLine(16, 0, words, control))
}
