package ui

import (
	"slices"

	"fyne.io/fyne/v2"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// contactPage shows one contact and what can be done with it.
type contactPage struct {
	host    *host
	content *widgets.PageScroll
	contact phone.Contact

	avatar    *widgets.Avatar
	name      *widgets.Text
	reached   *widgets.Text // "Available – back at three"
	star      *widgets.IconButton
	addresses *fyne.Container
	actions   *fyne.Container
	change    *widgets.Button
	del       *widgets.Link
	note      *widgets.Labelled
	noteText  *widgets.Text
}

func newContactPage(h *host, edit, remove func(c phone.Contact)) *contactPage {
	p := &contactPage{host: h, addresses: widgets.NewColumn(0)}
	p.avatar = widgets.NewAvatar(72, "", "").On(look.Background)
	p.name = widgets.NewText("", 21, look.Text).Bold()
	p.reached = widgets.NewText("", look.MinorText, look.Muted)
	p.reached.Hide()
	p.star = widgets.NewIconButton("Favourite", assets.Star, look.Muted, p.toggleFavourite)
	call := widgets.NewButton(widgets.Positive, "Call", assets.Call, func() { h.Call(p.first()) })
	message := widgets.NewButton(widgets.Outline, "Message", nil, func() { h.Chat(p.first()) })
	p.change = widgets.NewButton(widgets.Outline, "Edit", nil, func() { edit(p.contact) })
	p.del = widgets.NewLink("Delete this contact", look.MinorText, func() { remove(p.contact) }).In(look.NegativeText)
	p.actions = widgets.NewWrapping(10, 10, call, message, p.change)
	p.noteText = widgets.NewParagraph("", look.BodyText, look.Text)
	p.note = widgets.NewLabelled("Note", p.noteText)
	p.content = widgets.NewPageScroll(widgets.NewInset(widgets.Insets{Top: 30, Right: 34, Bottom: 24, Left: 34}, widgets.NewColumn(0,
		widgets.NewLine(16, 1, p.avatar, widgets.NewColumn(2, p.name, p.reached), p.star),
		widgets.Space(1, 22),
		p.actions,
		widgets.Space(1, 22),
		p.addresses,
		widgets.NewRule(), widgets.Space(1, 14),
		p.note,
		widgets.Space(1, 18),
		widgets.NewLine(0, -1, p.del),
	)))
	return p
}

func (p *contactPage) first() string {
	if len(p.contact.Addresses) == 0 {
		return ""
	}
	return p.contact.Addresses[0]
}

func (p *contactPage) show(c phone.Contact) {
	same := c.ID == p.contact.ID && c.Name == p.contact.Name && c.Note == p.contact.Note &&
		c.Favourite == p.contact.Favourite && c.Watched == p.contact.Watched && slices.Equal(c.Addresses, p.contact.Addresses)
	if same {
		return
	}
	if c.ID != p.contact.ID {
		p.content.ScrollToTop()
	}
	p.contact = c
	p.avatar.Set(c.Name, fullAddress(p.first()), widgets.NoPresence)
	for _, o := range []fyne.CanvasObject{p.star, p.change, p.del} {
		setVisible(o, c.Own())
	}
	p.actions.Refresh()
	p.name.SetText(c.Name)
	if c.Favourite {
		p.star.SetIcon("No longer a favourite", assets.StarFilled, look.CautionText)
	} else {
		p.star.SetIcon("Make a favourite", assets.Star, look.Muted)
	}
	p.noteText.SetText(c.Note)
	p.note.Hidden = c.Note == ""
	p.addresses.Objects = nil
	for _, a := range c.Addresses {
		p.addresses.Objects = append(p.addresses.Objects, widgets.NewRule(), p.addressLine(a))
	}
	p.addresses.Refresh()
	p.content.Relayout()
}

// setPresence says how the contact can be reached, if that is known.
func (p *contactPage) setPresence(s *phone.Snapshot) {
	at := contactPresence(s, p.contact)
	words := presenceWord(s, at)
	if note := s.PresenceOf(at).Note; words != "" && note != "" {
		words += " – " + oneLine(note)
	}
	p.avatar.SetPresence(presenceDot(s, at))
	if words == p.reached.Content() {
		return
	}
	p.reached.SetText(words)
	setVisible(p.reached, words != "")
	p.content.Relayout()
}

func (p *contactPage) addressLine(a string) fyne.CanvasObject {
	kind := "Address"
	if isNumber(plainAddress(a)) {
		kind = "Number"
	}
	text := widgets.NewColumn(1, widgets.NewText(readable(a), look.BodyText, look.Text), widgets.NewText(kind, look.CaptionText, look.Muted))
	chat := widgets.NewIconButton("Message "+a, assets.Chat, look.Muted, func() { p.host.Chat(a) })
	call := widgets.NewIconButton("Call "+a, assets.Call, look.PositiveText, func() { p.host.Call(a) })
	return widgets.NewInset(widgets.Insets{Top: 6, Bottom: 6}, widgets.NewLine(4, 0, text, chat, call))
}

func (p *contactPage) toggleFavourite() {
	c := p.contact
	c.Favourite = !c.Favourite
	p.host.Run(func() error { return p.host.Phone.SaveContact(c) }, nil)
}
