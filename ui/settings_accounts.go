package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// accountsPage lists the accounts with their state, and has the form for one.
type accountsPage struct {
	host    *host
	content *fyne.Container // the list or the form

	page  *widgets.PageScroll
	cards *fyne.Container
	shown []accountCard

	form     *accountForm
	formPage *widgets.PageScroll
	heading  *widgets.Text
	save     *widgets.Button
	test     *widgets.Button
	anyway   *widgets.Link
	editing  bool
}

// accountCard is what the card of an account shows.
type accountCard struct {
	id, uri, name, state, sentence string
	tone                           fyne.ThemeColorName
	retry, disabled                bool
	demo                           bool // cannot be changed, only left
}

func newAccountsPage(h *host) *accountsPage {
	p := &accountsPage{host: h, cards: widgets.NewColumn(12)}
	add := widgets.NewButton(widgets.Primary, "Add an account", nil, func() { p.open(phone.Account{}) })
	p.page = settingsPageOf("Accounts", p.cards, widgets.NewWrapping(10, 10, add))
	p.makeForm()
	p.content = container.NewStack(p.page)
	return p
}

func (p *accountsPage) makeForm() {
	relayout := func() {
		if p.formPage != nil {
			p.formPage.Relayout()
		}
	}
	p.form = newAccountForm(p.host, false, relayout)
	p.form.onSubmit(p.submit)
	p.form.onBusy = p.busy
	p.heading = widgets.NewHeading("")
	p.save = widgets.NewButton(widgets.Primary, "Save", nil, p.submit)
	p.test = widgets.NewButton(widgets.Outline, "Test", nil, p.try)
	cancel := widgets.NewButton(widgets.Outline, "Cancel", nil, p.close)
	p.anyway = widgets.NewLink("Save all the same", look.MinorText, func() { p.form.save(p.close) })
	p.anyway.Hide()
	p.formPage = widgets.NewPageScroll(widgets.NewInset(widgets.Insets{Top: 24, Right: 34, Bottom: 24, Left: 34},
		widgets.NewMiddle(640, false, widgets.NewColumn(14, p.heading, p.form.fields,
			widgets.NewWrapping(10, 10, p.save, p.test, cancel), widgets.NewWrapping(10, 4, p.anyway)))))
}

func (p *accountsPage) Content() fyne.CanvasObject { return p.content }

// Shown ends a check when the page goes.
func (p *accountsPage) Shown(inSight bool) {
	if !inSight {
		p.form.cancel()
	}
}

// Escape ends a check, then leaves a form in which nothing would be lost.
func (p *accountsPage) Escape() bool {
	switch {
	case p.form.stop != nil:
		p.form.cancel()
	case p.editing && !p.form.touched():
		p.close()
	default:
		return false
	}
	return true
}

// Focus is the first field of the form.
func (p *accountsPage) Focus() fyne.Focusable {
	if p.editing {
		return p.form.address
	}
	return nil
}

// edit opens the form of an account.
func (p *accountsPage) edit(id string) {
	for _, a := range p.host.Phone.Snapshot().Settings.Accounts {
		if a.ID == id {
			p.open(a)
			return
		}
	}
}

func (p *accountsPage) open(a phone.Account) {
	p.heading.SetText("Edit account")
	if a.ID == "" {
		p.heading.SetText("Add an account")
	}
	p.anyway.Hide()
	p.editing = true
	p.form.begin(a)
	p.swap(p.formPage)
	p.formPage.ScrollToTop()
	p.host.Focus(p.form.address)
}

func (p *accountsPage) close() {
	p.form.cancel()
	p.editing = false
	p.swap(p.page)
}

func (p *accountsPage) swap(o fyne.CanvasObject) {
	p.content.Objects = []fyne.CanvasObject{o}
	p.content.Refresh()
}

// submit checks the account and keeps it when everything works.
func (p *accountsPage) submit() {
	if p.form.stop != nil {
		return
	}
	p.anyway.Hide()
	p.form.check(func(ok bool) {
		if ok {
			p.form.save(p.close)
			return
		}
		p.anyway.Show()
		p.formPage.Relayout()
	})
}

// try only checks, or stops the check that runs.
func (p *accountsPage) try() {
	if p.form.stop != nil {
		p.form.cancel()
		return
	}
	p.form.check(func(bool) {})
}

func (p *accountsPage) busy(on bool) {
	p.save.SetEnabled(!on)
	p.test.SetText("Test")
	if on {
		p.test.SetText("Stop")
	}
}

// Apply shows the state of each account.
func (p *accountsPage) Apply(s *phone.Snapshot) {
	cards := make([]accountCard, len(s.Accounts))
	for i, a := range s.Accounts {
		cards[i] = p.card(s, a)
	}
	if len(cards) == len(p.shown) && (len(cards) == 0 || equalCards(cards, p.shown)) && p.cards.Objects != nil {
		return
	}
	p.shown = cards
	p.cards.Objects = nil
	for _, c := range cards {
		p.cards.Add(p.cardObject(c))
	}
	if len(cards) == 0 {
		p.cards.Add(widgets.NewParagraph("No account yet. With one you can call and be called.", look.BodyText, look.Muted))
	}
	p.cards.Refresh()
	p.page.Relayout()
}

func equalCards(a, b []accountCard) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (p *accountsPage) card(s *phone.Snapshot, a phone.AccountState) accountCard {
	c := accountCard{id: a.ID, uri: a.URI, name: a.DisplayName, state: connectionWord(a), tone: look.Muted, demo: s.Demo}
	switch {
	case a.Changing: // whatever it is until then
		c.sentence = "What you changed takes effect when your calls have ended."
		if a.State == phone.Registered {
			c.tone = look.PositiveText
		}
	case a.State == phone.Registered:
		c.tone, c.sentence = look.PositiveText, "You are online and reachable."
	case a.Problem != nil:
		c.tone, c.retry = look.NegativeText, true
		c.sentence = ExplainAccount(a, p.host.Now()).String()
	}
	for _, set := range s.Settings.Accounts {
		if set.ID != a.ID {
			continue
		}
		c.demo = false
		if set.Disabled {
			c.disabled, c.retry = true, false
			c.state, c.tone, c.sentence = "Switched off", look.Muted, "No calls and messages come in."
		}
	}
	if c.demo {
		c.sentence = "This account belongs to the demo in this program; nobody else can reach it."
	}
	return c
}

func (p *accountsPage) cardObject(c accountCard) fyne.CanvasObject {
	title := plainAddress(c.uri)
	if c.name != "" {
		title = c.name
	}
	names := widgets.NewColumn(1, widgets.NewText(title, look.BodyText, look.Text).Bold(), widgets.NewText(plainAddress(c.uri), look.MinorText, look.Muted))
	head := []fyne.CanvasObject{widgets.NewAvatar(look.AvatarList, title, c.uri), names}
	if !c.demo {
		var on *widgets.Switch
		on = widgets.NewSwitch(func(to bool) { p.turn(c, to, on) })
		on.SetOn(!c.disabled)
		head = append(head, on)
	}
	column := widgets.NewColumn(8, widgets.NewLine(12, 1, head...),
		widgets.NewText("● "+c.state, look.MinorText, c.tone))
	if c.sentence != "" {
		column.Add(widgets.NewParagraph(c.sentence, look.MinorText, look.Text))
	}
	column.Add(widgets.NewWrapping(18, 6, p.cardLinks(c)...))
	return widgets.NewCard(widgets.NewInset(widgets.Insets{Top: 14, Right: 16, Bottom: 14, Left: 16}, column))
}

func (p *accountsPage) cardLinks(c accountCard) []fyne.CanvasObject {
	if c.demo {
		return []fyne.CanvasObject{widgets.NewLink("Leave the demo", look.MinorText, func() {
			p.host.Run(func() error { return p.host.Phone.RemoveAccount(c.id) }, nil)
		})}
	}
	links := []fyne.CanvasObject{widgets.NewLink("Edit", look.MinorText, func() { p.edit(c.id) })}
	if c.retry {
		links = append(links, widgets.NewLink("Connect now", look.MinorText, func() {
			p.host.Run(func() error { p.host.Phone.ReconnectNow(c.id); return nil }, nil)
		}))
	}
	return append(links, widgets.NewLink("Remove", look.MinorText, func() { p.askRemove(c) }).In(look.NegativeText))
}

// turn switches an account on or off, and asks before calls end by that.
func (p *accountsPage) turn(c accountCard, on bool, by *widgets.Switch) {
	calls := p.calls(c.id)
	if on || len(calls) == 0 {
		p.setEnabled(c.id, on)
		return
	}
	by.SetOn(true) // until that is answered
	p.host.Confirm("Switch off "+plainAddress(c.uri)+"?", callsWillEnd(calls), "Switch off", func() { p.setEnabled(c.id, false) })
}

// calls are those of an account that have not ended.
func (p *accountsPage) calls(id string) []phone.Call {
	calls := slices.Clone(p.host.Phone.Snapshot().Calls)
	return slices.DeleteFunc(calls, func(c phone.Call) bool { return c.Account != id || !c.Live() || c.Successor != "" })
}

func (p *accountsPage) setEnabled(id string, on bool) {
	p.host.Run(func() error {
		for _, a := range p.host.Phone.Snapshot().Settings.Accounts {
			if a.ID == id {
				a.Disabled = !on
				return p.host.Phone.SetAccount(a, "")
			}
		}
		return phone.ErrNoAccount
	}, nil)
}

func (p *accountsPage) askRemove(c accountCard) {
	explanation := "The password is forgotten. Calls, messages and contacts stay."
	if calls := p.calls(c.id); len(calls) > 0 {
		explanation = callsWillEnd(calls) + " The password is forgotten. Past calls, messages and contacts stay."
	}
	p.host.Confirm("Remove "+plainAddress(c.uri)+"?", explanation, "Remove", func() {
		p.host.Run(func() error { return p.host.Phone.RemoveAccount(c.id) }, nil)
	})
}
