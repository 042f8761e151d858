package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// callPage shows one person's past calls and what can be done next.
type callPage struct {
	host    *host
	content *fyne.Container

	peer    string
	calls   []phone.HistoryEntry // shown
	known   phone.Contact        // the person, zero if not a contact
	details bool                 // codes are shown below the words
	scroll  *widgets.PageScroll
	avatar  *widgets.Avatar
	title   *widgets.Text
	address *widgets.Text
	contact *widgets.Button
	table   *fyne.Container
	toggle  *widgets.Link
	person  fyne.CanvasObject
	nobody  fyne.CanvasObject
}

func newCallPage(h *host) *callPage {
	p := &callPage{host: h, table: widgets.NewColumn(0)}
	p.avatar = widgets.NewAvatar(72, "", "").On(look.Background)
	p.title = widgets.NewText("", 21, look.Text).Bold()
	p.address = widgets.NewText("", look.BodyText, look.Muted)
	call := widgets.NewButton(widgets.Positive, "Call back", assets.Call, func() { h.CallBack(p.peer, lastCallWith(h.Model.Snapshot(), p.peer).Account) })
	message := widgets.NewButton(widgets.Outline, "Message", nil, func() { h.Chat(p.peer) })
	p.contact = widgets.NewButton(widgets.Outline, "Add to contacts", nil, p.addContact)
	p.toggle = widgets.NewLink("Show details", look.CaptionText, func() {
		p.details = !p.details
		p.fill()
	})
	names := widgets.NewColumn(2, p.title, p.address)
	column := widgets.NewColumn(0,
		widgets.NewLine(16, 1, p.avatar, names),
		widgets.Space(1, 22),
		widgets.NewWrapping(10, 10, call, message, p.contact),
		widgets.Space(1, 22),
		p.table,
		widgets.Space(1, 10),
		widgets.NewLine(0, -1, p.toggle),
	)
	p.scroll = widgets.NewPageScroll(widgets.NewInset(widgets.Insets{Top: 30, Right: 34, Bottom: 24, Left: 34}, column))
	p.person = p.scroll
	p.nobody = emptyPage(assets.Clock, "Past calls", "Choose a call in the list to see all calls with that person.")
	p.content = container.NewStack(p.nobody)
	return p
}

// show turns to another person; Apply fills the page.
func (p *callPage) show(peer string) {
	if p.peer == peer {
		return
	}
	p.peer, p.calls, p.details = peer, nil, false
	p.scroll.ScrollToTop()
}

// Apply shows what is new about the person.
func (p *callPage) Apply(s *phone.Snapshot) {
	calls := callsWith(s.History, p.peer)
	if p.peer == "" || len(calls) == 0 {
		p.calls = nil
		p.swap(p.nobody)
		return
	}
	known, isContact := phone.ContactOf(s.Contacts, p.peer)
	if slices.Equal(calls, p.calls) && known.ID == p.known.ID && known.Name == p.known.Name {
		return
	}
	p.calls, p.known = calls, known
	name := calls[0].DisplayName
	if isContact {
		name = known.Name
	}
	p.avatar.Set(nameOrNumber(name, p.peer), p.peer, widgets.NoPresence)
	p.title.SetText(nameOrNumber(name, p.peer))
	p.address.SetText(p.peer)
	if isContact {
		p.contact.SetText("Open contact")
	} else {
		p.contact.SetText("Add to contacts")
	}
	p.fill()
	p.swap(p.person)
}

func (p *callPage) swap(o fyne.CanvasObject) {
	if p.content.Objects[0] != o {
		p.content.Objects[0] = o
		p.content.Refresh()
	}
}

// addContact opens the form for a new contact, or the contact there is.
func (p *callPage) addContact() {
	name := ""
	if len(p.calls) > 0 {
		name = p.calls[0].DisplayName
	}
	p.host.AddContact(name, plainAddress(p.peer))
}

// fill builds the table.
func (p *callPage) fill() {
	p.table.Objects = nil
	for _, h := range p.calls {
		row := newPastCall(p.host, h, p.details)
		p.table.Objects = append(p.table.Objects, widgets.NewRule(), row)
	}
	p.toggle.SetText("Show details")
	if p.details {
		p.toggle.SetText("Hide details")
	}
	p.table.Refresh()
	p.scroll.Relayout()
}

// pastCall is one line of the table: when, how, how long, and how it sounded
// or why it failed. Where room is short it takes two lines.
type pastCall struct {
	widget.BaseWidget
	when, how, long, why *widgets.Text
	raw                  *widgets.Text // codes
	remove, copy         *widgets.Link
	files                *fyne.Container // links to recordings
}

var _ widgets.Flowing = (*pastCall)(nil)

func newPastCall(h *host, e phone.HistoryEntry, details bool) *pastCall {
	why := pastSoundWords(e)
	reason := explainHistory(e)
	if reason.Title != "" && !(e.Outcome == phone.OutcomeMissed && ordinaryMiss(e)) {
		why = reason.Title
	}
	long := "—"
	if e.Outcome == phone.OutcomeAnswered {
		long = duration(e.Duration)
	}
	c := &pastCall{
		when: widgets.NewText(stamp(e.At, h.Now()), look.BodyText, look.Muted),
		how:  widgets.NewText(outcomeWord(e), look.BodyText, look.Text),
		long: widgets.NewText(long, look.BodyText, look.Text).Whole(),
		why:  widgets.NewParagraph(why, look.BodyText, look.Muted),
		raw:  widgets.NewParagraph("", look.CaptionText, look.Muted),
	}
	if e.Outcome == phone.OutcomeMissed {
		c.how.SetColor(look.NegativeText)
	}
	c.remove = widgets.NewLink("Delete", look.CaptionText, func() {
		h.Run(func() error { return h.Phone.DeleteHistory(e.ID) }, nil)
	}).In(look.NegativeText)
	c.remove.Hidden = !details
	sound := pastSoundLines(e)
	c.copy = widgets.NewLink("Copy", look.CaptionText, func() {
		fyne.CurrentApp().Clipboard().SetContent(pastCallText(e, reason))
		h.Say("Copied the call’s details")
	})
	c.copy.Hidden = !details
	if details {
		c.raw.SetText(strings.TrimSpace(strings.TrimSpace(reason.Text+"\n"+strings.ReplaceAll(reason.Details, "\n", " · ")) +
			"\n" + strings.ReplaceAll(strings.TrimSpace(soundText(sound)), "\n", " · ")))
	}
	c.raw.Hidden = c.raw.Content() == ""
	c.files = widgets.NewWrapping(16, 2, recordingLinks(h, e)...)
	c.files.Hidden = len(c.files.Objects) == 0
	c.ExtendBaseWidget(c)
	return c
}

// pastCallText is a past call for the clipboard.
func pastCallText(e phone.HistoryEntry, reason Sentence) string {
	lines := []soundLine{
		{"Call", nameOrNumber(e.DisplayName, e.Peer) + ", " + e.Peer},
		{"When", e.At.Format("2006-01-02 15:04:05 -0700")},
		{"Outcome", outcomeWord(e)},
	}
	if e.Duration > 0 {
		lines = append(lines, soundLine{"Duration", duration(e.Duration)})
	}
	if details := strings.ReplaceAll(reason.Details, "\n", " · "); details != "" {
		lines = append(lines, soundLine{"Reason", details})
	}
	return soundText(append(lines, pastSoundLines(e)...))
}

// ordinaryMiss reports whether a missed call needs no further words.
func ordinaryMiss(e phone.HistoryEntry) bool {
	return e.Cause == "" || e.Cause == "Canceled" || e.Cause == "No Answer"
}

const (
	pastCallWide = 470 // from here on a call takes one line
	pastCallPad  = 12
)

// HeightFor is the height of the line or lines.
func (c *pastCall) HeightFor(width float32) float32 { return c.arrange(width, false) }

// arrange lays the parts out, if place is set, and returns the height.
func (c *pastCall) arrange(width float32, place bool) float32 {
	put := func(o fyne.CanvasObject, x, y, w, h float32) {
		if place {
			o.Move(fyne.NewPos(x, y))
			o.Resize(fyne.NewSize(w, h))
		}
	}
	line := c.when.MinSize().Height
	right := width
	if c.remove.Visible() {
		m := c.remove.MinSize()
		put(c.remove, width-m.Width, pastCallPad, m.Width, line)
		right -= m.Width + 8
		m = c.copy.MinSize()
		put(c.copy, right-m.Width, pastCallPad, m.Width, line)
		right -= m.Width + 8
	}
	y := float32(pastCallPad)
	if width >= pastCallWide {
		whyAt := float32(314)
		why := max(line, c.why.HeightFor(right-whyAt))
		put(c.when, 0, y, 124, line)
		put(c.how, 128, y, 104, line)
		put(c.long, 236, y, 74, line)
		put(c.why, whyAt, y, right-whyAt, why)
		y += why
	} else {
		put(c.when, 0, y, right-90, line)
		long := c.long.MinSize().Width
		put(c.long, right-long, y, long, line)
		y += line + 3
		howWidth := fyne.MeasureText(c.how.Content(), look.BodyText, fyne.TextStyle{}).Width + 10
		why := max(line, c.why.HeightFor(right-howWidth))
		put(c.how, 0, y, howWidth, line)
		put(c.why, howWidth, y, right-howWidth, why)
		y += why
	}
	if c.raw.Visible() {
		h := c.raw.HeightFor(right)
		put(c.raw, 0, y+3, right, h)
		y += h + 3
	}
	if c.files.Visible() {
		h := widgets.HeightFor(c.files, right)
		put(c.files, 0, y+4, right, h)
		y += h + 4
	}
	return y + pastCallPad
}

// CreateRenderer is for Fyne.
func (c *pastCall) CreateRenderer() fyne.WidgetRenderer {
	return &parts{
		objects: []fyne.CanvasObject{c.when, c.how, c.long, c.why, c.raw, c.files, c.remove, c.copy},
		layout:  func(s fyne.Size) { c.arrange(s.Width, true) },
		min:     func() fyne.Size { return fyne.NewSize(200, c.arrange(max(200, c.Size().Width), false)) },
	}
}
