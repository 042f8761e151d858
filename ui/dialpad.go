package ui

import (
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// recentKept is how many people the Recent column shows.
const recentKept = 30

// dialpadScreen is the first screen: recent calls, and beside them the keys
// or, during a call, the call.
type dialpadScreen struct {
	host *host

	recent   *widgets.List
	empty    fyne.CanvasObject
	list     fyne.CanvasObject
	pad      *padView
	call     *callView
	page     *fyne.Container
	snapshot *phone.Snapshot

	onTurn  func()       // the call came into sight or left it; may be nil
	wanted  phone.CallID // the call chosen among several
	adding  bool         // the keys are shown although there is a call
	inSight bool
}

var _ screen = (*dialpadScreen)(nil)

func newDialpad(h *host) *dialpadScreen {
	d := &dialpadScreen{host: h, recent: widgets.NewList(), snapshot: h.Model.Snapshot()}
	d.pad = newPadView(h)
	d.call = newCallView(h, callViewActions{Choose: d.choose, Add: d.add})
	d.call.Hide()
	d.page = container.NewStack(d.pad.object, d.call)
	d.recent.OnSelect = d.fill
	d.recent.OnOpen = func(key string) { h.CallBack(key, lastCallWith(d.snapshot, key).Account) }
	d.recent.OnKey = func(key string, e *fyne.KeyEvent) bool {
		if e.Name == fyne.KeyM && key != "" {
			h.Chat(key)
			return true
		}
		return false
	}
	d.empty = widgets.NewInset(widgets.Insets{Left: 18, Right: 18, Top: 8}, widgets.NewColumn(12,
		widgets.NewParagraph("People you have talked to will be here.", look.BodyText, look.Muted),
		widgets.NewParagraph("Type a name, a number or an address and press Call.", look.BodyText, look.Muted)))
	head := widgets.NewInset(widgets.Insets{Top: 15, Bottom: 8, Left: 18, Right: 18}, widgets.NewHeading("Recent"))
	d.list = container.NewBorder(head, nil, nil, nil, container.NewStack(d.recent, d.empty))
	return d
}

// List is the Recent column.
func (d *dialpadScreen) List() fyne.CanvasObject { return d.list }

// Page is the keys or the call.
func (d *dialpadScreen) Page() fyne.CanvasObject { return d.page }

// PageTitle is not shown: a compact window has no list here.
func (d *dialpadScreen) PageTitle() string { return "Dialpad" }

// Focus is the number entry, or the call.
func (d *dialpadScreen) Focus() fyne.Focusable {
	if d.OnCall() {
		return nil
	}
	return d.pad.entry
}

// Search is the number entry: it finds people.
func (d *dialpadScreen) Search() fyne.Focusable { return d.pad.entry }

// Escape closes the keypad of the call, the keys of a second call, or empties
// the entry. It never hangs up.
func (d *dialpadScreen) Escape() bool {
	switch {
	case d.OnCall():
		return d.call.Escape()
	case d.adding:
		d.ShowCall("")
		return true
	case d.pad.entry.Text != "":
		d.pad.Clear()
		return true
	}
	return false
}

// Shown starts and stops what moves.
func (d *dialpadScreen) Shown(inSight bool) {
	d.inSight = inSight
	d.Apply(d.snapshot)
}

// OnCall reports whether the call is shown in place of the keys.
func (d *dialpadScreen) OnCall() bool { return d.call.Visible() }

// ShowCall shows the call in place of the keys.
func (d *dialpadScreen) ShowCall(id phone.CallID) {
	if id != "" {
		d.wanted = id
	}
	d.adding = false
	d.Apply(d.snapshot)
}

// follow looks at a call that was dialled, answered, resumed or left alone just
// now, wherever that was done: it is the one that is heard.
func (d *dialpadScreen) follow(s *phone.Snapshot) {
	before := liveCalls(d.snapshot)
	for _, c := range liveCalls(s) {
		if !slices.ContainsFunc(before, func(b phone.Call) bool { return b.ID == c.ID }) {
			d.wanted = c.ID
		}
	}
	if talking := talkedInstead(s, d.wanted); talking != "" && talkedInstead(d.snapshot, d.wanted) == "" {
		d.wanted = talking
	}
}

// talkedInstead is the call that is talked on while the given one is on hold;
// "" is none.
func talkedInstead(s *phone.Snapshot, held phone.CallID) (talking phone.CallID) {
	live := liveCalls(s)
	at := slices.IndexFunc(live, func(c phone.Call) bool { return c.ID == held })
	if at < 0 || !live[at].LocalHold {
		return ""
	}
	for _, c := range live {
		mate := c.Conference != "" && c.Conference == live[at].Conference // held and resumed one by one
		if c.State == phone.CallConfirmed && !c.LocalHold && !mate {
			talking = c.ID
		}
	}
	return talking
}

// Dial shows the keys with text in the entry, also in place of a call that
// has just ended.
func (d *dialpadScreen) Dial(text string) {
	d.adding = d.OnCall() || len(liveCalls(d.snapshot)) > 0
	d.Apply(d.snapshot)
	if text != "" {
		d.pad.Set(text)
	}
	d.host.Focus(d.pad.entry)
}

// choose is for the chips: the call to look at; resuming it holds the others.
func (d *dialpadScreen) choose(c phone.Call) {
	d.wanted = c.ID
	if c.LocalHold {
		conference := membersOf(c, d.snapshot.Calls) != nil
		d.host.InOrder(func() error {
			if conference {
				return d.host.Phone.ResumeConference(c.ID)
			}
			return d.host.Phone.Resume(c.ID)
		})
	}
	d.Apply(d.snapshot)
}

// add puts the call on hold and shows the keys.
func (d *dialpadScreen) add(c phone.Call) {
	switch members := membersOf(c, d.snapshot.Calls); {
	case members != nil && !allHeld(members):
		d.host.InOrder(func() error { return d.host.Phone.HoldConference(c.ID) })
	case members == nil && !c.LocalHold && c.State == phone.CallConfirmed:
		d.host.InOrder(func() error { return d.host.Phone.Hold(c.ID) })
	}
	d.pad.Clear()
	d.Dial("")
}

// fill puts the person of a row into the entry, so that Enter calls.
func (d *dialpadScreen) fill(key string) {
	if d.OnCall() {
		return
	}
	d.pad.SetAgain(lastCallWith(d.snapshot, key))
}

// readableTarget is an address as one would type it.
func readableTarget(address string) string { return plainAddress(address) }

// Apply shows a snapshot.
func (d *dialpadScreen) Apply(s *phone.Snapshot) {
	d.snapshot = s
	now := d.host.Now()
	items := withPresence(s, recentItems(s, now))
	d.recent.SetItems(items)
	setVisible(d.recent, len(items) > 0)
	setVisible(d.empty, len(items) == 0)

	c, ok := mainCall(s, d.wanted, now)
	if !ok {
		d.adding, d.wanted = false, ""
	}
	onCall := ok && !d.adding
	wasOnCall := d.OnCall()
	if onCall {
		d.call.Apply(c, s, now)
	}
	d.pad.Apply(s, now)
	setVisible(d.call, onCall)
	setVisible(d.pad.object, !onCall)
	if onCall != wasOnCall {
		d.turned(onCall)
	}
}

// turned gives the keyboard to what came into sight: digits typed in a call
// are tones.
func (d *dialpadScreen) turned(onCall bool) {
	d.page.Refresh()
	if d.onTurn != nil {
		d.onTurn()
	}
	if !d.inSight {
		return
	}
	if onCall {
		d.pad.Clear()
		d.host.Focus(nil)
	} else {
		d.host.Focus(d.pad.entry)
	}
}

// Tick moves timers and meters.
func (d *dialpadScreen) Tick(now time.Time) {
	if !d.inSight {
		return
	}
	if d.OnCall() {
		if c, ok := mainCall(d.snapshot, d.wanted, now); !ok || !c.Live() {
			d.Apply(d.snapshot) // the end was shown long enough
			return
		}
		d.call.Tick(now)
	}
	d.pad.Tick(now)
}

// TypedRune takes what is typed while nothing has the keyboard.
func (d *dialpadScreen) TypedRune(r rune) {
	if d.OnCall() {
		if len(liveCalls(d.snapshot)) > 0 {
			d.call.TypedRune(r)
			return
		}
		d.Dial("")
	}
	d.host.Focus(d.pad.entry)
	d.pad.entry.TypedRune(r)
}

// TypedKey takes keys while nothing has the keyboard.
func (d *dialpadScreen) TypedKey(e *fyne.KeyEvent) {
	if d.OnCall() {
		return
	}
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeyBackspace:
		d.host.Focus(d.pad.entry)
		d.pad.entry.TypedKey(e)
	}
}

// recentItems are the people of the history, each once, the last call first.
func recentItems(s *phone.Snapshot, now time.Time) []widgets.Item {
	var items []widgets.Item
	seen := map[string]bool{}
	for _, h := range s.History {
		if seen[h.Peer] || len(items) >= recentKept {
			continue
		}
		seen[h.Peer] = true
		items = append(items, widgets.Item{Key: h.Peer, Row: historyRow(h, nameOrNumber(h.DisplayName, h.Peer), whenWord(h.At, now))})
	}
	return items
}

// historyRow is how a past call looks in a list.
func historyRow(h phone.HistoryEntry, title, when string) widgets.RowData {
	row := widgets.RowData{
		Title: title, Subtitle: outcomeWords(h), Icon: assets.Outgoing,
		Name: nameOrNumber(h.DisplayName, h.Peer), Address: h.Peer, Right: when,
	}
	if h.Direction == phone.Incoming {
		row.Icon = assets.Incoming
	}
	if h.Outcome == phone.OutcomeMissed {
		row.TitleColor, row.Icon, row.IconColor = look.NegativeText, assets.Missed, look.NegativeText
	}
	return row
}
