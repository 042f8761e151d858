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

// callsScreen is the history: all calls or the missed ones by day, and the
// calls with the chosen person beside it.
type callsScreen struct {
	host *host
	page *callPage

	column fyne.CanvasObject
	list   *widgets.List
	search *widgets.Field
	all    *widgets.Chip
	missed *widgets.Chip
	chips  *fyne.Container
	clear  *widgets.IconButton
	body   *fyne.Container // the list, or what stands in its place

	filter  callFilter
	groups  []callGroup
	newHere int // calls missed before the screen came into sight
	inSight bool
	empty   string // which text stands in place of the list; "" the list itself
}

var _ screen = (*callsScreen)(nil)

func newCalls(h *host) *callsScreen {
	s := &callsScreen{host: h, list: widgets.NewList(), body: container.NewStack()}
	s.page = newCallPage(h)
	s.search = widgets.NewSearchField("Search calls", assets.Search)
	s.search.OnChanged = func(string) { s.Apply(h.Model.Snapshot()) }
	leadTo(h, s.search, s.list)
	s.all = widgets.NewChip("All", func() { s.choose(allCalls) })
	s.missed = widgets.NewChip("Missed", func() { s.choose(missedCalls) })
	s.all.SetSelected(true)
	s.clear = widgets.NewIconButton("Delete all calls", assets.Trash, look.Muted, s.askClear)
	s.list.OnSelect = func(key string) { s.open(key) }
	s.list.OnOpen = s.enter
	s.list.OnKey = s.listKey
	s.list.OnMenu = s.listMenu
	s.chips = widgets.NewLine(8, -1, s.all, s.missed)
	head := listHead("Calls", []fyne.CanvasObject{s.clear}, s.chips, s.search)
	s.body.Objects = []fyne.CanvasObject{s.list}
	s.column = newFrame(head, s.body, nil)
	return s
}

func (s *callsScreen) List() fyne.CanvasObject { return s.column }
func (s *callsScreen) Page() fyne.CanvasObject { return s.page.content }
func (s *callsScreen) PageTitle() string       { return "Calls" }
func (s *callsScreen) Focus() fyne.Focusable   { return s.list }
func (s *callsScreen) Search() fyne.Focusable  { return s.search }

// Shown marks missed calls as seen while the screen is in sight.
func (s *callsScreen) Shown(inSight bool) {
	if inSight && !s.inSight {
		s.newHere = 0
	}
	s.inSight = inSight
	s.Apply(s.host.Model.Snapshot())
}

// Escape ends a search, then the filter.
func (s *callsScreen) Escape() bool {
	switch {
	case s.search.Text != "":
		s.search.SetText("")
	case s.filter != allCalls:
		s.choose(allCalls)
	default:
		return false
	}
	return true
}

// Apply shows the history of a snapshot.
func (s *callsScreen) Apply(snap *phone.Snapshot) {
	s.groups = groupCalls(snap.History, s.filter, s.search.Text, s.host.Now())
	s.list.SetItems(callItems(s.groups, s.host.Now()))
	if s.inSight && snap.MissedCalls > 0 {
		s.newHere += snap.MissedCalls
		s.host.Model.Do(func() error {
			s.host.Phone.MarkCallsSeen()
			return nil
		}, nil)
	}
	if label := s.missedLabel(snap); label != s.missed.Label() {
		s.missed.Set(label, nil, s.filter == missedCalls)
		s.chips.Refresh()
	}
	s.showEmpty(snap)
	if _, ok := s.group(s.list.Selected()); !ok {
		s.list.Select("")
	}
	if s.list.Selected() == "" && s.inSight && !s.host.Compact() && len(s.groups) > 0 && s.search.Text == "" {
		s.list.Select(s.groups[0].key())
		s.page.show(s.groups[0].newest().Peer)
	}
	s.page.Apply(snap)
}

// missedLabel counts the calls that were missed before the screen was opened,
// until it is left.
func (s *callsScreen) missedLabel(snap *phone.Snapshot) string {
	n := snap.MissedCalls
	if s.inSight {
		n = s.newHere
	}
	if n > 0 {
		return fmt.Sprintf("Missed %d", n)
	}
	return "Missed"
}

// showEmpty puts a text in the place of an empty list.
func (s *callsScreen) showEmpty(snap *phone.Snapshot) {
	empty := ""
	switch {
	case len(s.groups) > 0:
	case s.search.Text != "":
		empty = "search " + s.search.Text
	case s.filter == missedCalls && len(snap.History) > 0:
		empty = "missed"
	default:
		empty = "calls"
	}
	s.clear.SetEnabled(len(snap.History) > 0)
	if empty == s.empty {
		return
	}
	s.empty = empty
	var o fyne.CanvasObject = s.list
	switch empty {
	case "":
	case "missed":
		o = emptyPage(assets.Missed, "No missed calls", "Calls that nobody answered will stand here.")
	case "calls":
		o = s.firstSteps(snap)
	default:
		query := s.search.Text
		o = emptyPage(assets.Search, "Nothing matches “"+query+"”", "You can call it all the same.",
			widgets.NewSmallButton(widgets.Positive, "Call "+query, assets.Call, func() { s.host.Call(query) }))
	}
	s.body.Objects = []fyne.CanvasObject{o}
	s.body.Refresh()
}

// firstSteps is the empty history. Where there is an echo to call, that is
// the step that shows most.
func (s *callsScreen) firstSteps(snap *phone.Snapshot) fyne.CanvasObject {
	step := widgets.NewSmallButton(widgets.Primary, "Open the dialpad", nil, func() { s.host.Go(placeDialpad) })
	text := "Type a name or number on the dialpad to make the first one."
	for _, c := range snap.Contacts {
		if len(c.Addresses) > 0 && finds("echo", c.Name) {
			text = "Type a name or number on the dialpad, or call " + c.Name + " to test your sound."
			step = widgets.NewSmallButton(widgets.Positive, "Call "+c.Name, assets.Call, func() { s.host.Call(c.Addresses[0]) })
			break
		}
	}
	return emptyPage(assets.Clock, "No calls yet", text, step)
}

func (s *callsScreen) choose(f callFilter) {
	s.filter = f
	s.all.SetSelected(f == allCalls)
	s.missed.SetSelected(f == missedCalls)
	s.chips.Refresh()
	s.Apply(s.host.Model.Snapshot())
}

func (s *callsScreen) group(key string) (callGroup, bool) {
	for _, g := range s.groups {
		if g.key() == key {
			return g, true
		}
	}
	return callGroup{}, false
}

func (s *callsScreen) open(key string) {
	g, ok := s.group(key)
	if !ok {
		return
	}
	s.list.Select(key)
	s.page.show(g.newest().Peer)
	s.page.Apply(s.host.Model.Snapshot())
	s.host.TitleChanged()
	if opensPage(s.host, s.list) {
		s.host.ShowPage()
	}
}

// enter calls back; in a compact window it shows the page first.
func (s *callsScreen) enter(key string) {
	if s.host.Compact() {
		s.open(key)
		s.host.ShowPage()
		return
	}
	if g, ok := s.group(key); ok {
		s.host.CallBack(g.newest().Peer, g.newest().Account)
	}
}

func (s *callsScreen) listKey(key string, e *fyne.KeyEvent) bool {
	g, ok := s.group(key)
	if !ok || e.Name != fyne.KeyDelete {
		return false
	}
	s.askDelete(g)
	return true
}

func (s *callsScreen) listMenu(key string, at fyne.Position) {
	g, ok := s.group(key)
	if !ok {
		return
	}
	peer, account := g.newest().Peer, g.newest().Account
	showMenu(s.host, at,
		fyne.NewMenuItem("Call back", func() { s.host.CallBack(peer, account) }),
		fyne.NewMenuItem("Message", func() { s.host.Chat(peer) }),
		fyne.NewMenuItem("Copy address", func() { copyText(s.host, plainAddress(peer)) }),
		fyne.NewMenuItemSeparator(),
		fyne.NewMenuItem("Delete", func() { s.askDelete(g) }),
	)
}

// askDelete deletes a single call at once and asks before several.
func (s *callsScreen) askDelete(g callGroup) {
	remove := func() {
		s.host.Run(func() error {
			for _, h := range g.calls {
				if err := s.host.Phone.DeleteHistory(h.ID); err != nil {
					return err
				}
			}
			return nil
		}, nil)
	}
	if len(g.calls) == 1 {
		remove()
		return
	}
	name := nameOrNumber(g.newest().DisplayName, g.newest().Peer)
	s.host.Confirm(fmt.Sprintf("Delete %d calls with %s?", len(g.calls), name), "They are gone from this list only.", "Delete", remove)
}

func (s *callsScreen) askClear() {
	n := len(s.host.Model.Snapshot().History)
	s.host.Confirm(fmt.Sprintf("Delete all %d calls?", n), "This cannot be undone. Messages and contacts stay.", "Delete all", func() {
		s.host.Run(s.host.Phone.ClearHistory, nil)
	})
}
