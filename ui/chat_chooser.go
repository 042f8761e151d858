package ui

import (
	"strings"

	"fyne.io/fyne/v2"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// chatChooser asks for whom a new message is: a field, and below it the
// people it may mean.
type chatChooser struct {
	host    *host
	open    func(peer string)
	content fyne.CanvasObject
	field   *widgets.Field
	list    *widgets.List
	snap    *phone.Snapshot
}

func newChatChooser(h *host, open func(peer string)) *chatChooser {
	c := &chatChooser{host: h, open: open, list: widgets.NewList(), snap: &phone.Snapshot{}}
	c.field = widgets.NewField("Name, number or address")
	c.field.OnChanged = func(string) { c.fill() }
	c.field.OnSubmitted = func(text string) { c.submit(text) }
	c.field.OnKey = c.list.Arrow
	c.list.OnSelect = c.choose
	to := widgets.NewLine(12, 1, widgets.NewText("To", look.BodyText, look.Muted).Whole(), c.field)
	top := widgets.NewPanel(look.Surface, widgets.NewColumn(0,
		widgets.NewInset(widgets.Insets{Top: 12, Right: 16, Bottom: 11, Left: 18}, to), widgets.NewRule()))
	c.content = newFrame(top, widgets.NewInset(widgets.Insets{Top: 8}, c.list), nil)
	return c
}

// begin empties the field for a new message.
func (c *chatChooser) begin() {
	c.field.SetText("")
	c.fill()
}

// Apply offers the people of a snapshot.
func (c *chatChooser) Apply(s *phone.Snapshot) {
	c.snap = s
	c.fill()
}

// fill lists whom the text may mean; without a text, all contacts.
func (c *chatChooser) fill() {
	text := strings.TrimSpace(c.field.Text)
	var items []widgets.Item
	if text == "" {
		for _, p := range c.snap.Contacts {
			if len(p.Addresses) > 0 {
				items = append(items, personItem(p.Name, p.Addresses[0], readable(p.Addresses[0])))
			}
		}
	}
	for _, s := range suggest(text, c.snap, 20) {
		items = append(items, personItem(s.Name, s.Address, s.Detail))
	}
	if text != "" && (len(items) == 0 || strings.ContainsAny(text, "@") || isNumber(text)) {
		clean, _ := cleanTarget(text)
		items = append(items, widgets.Item{Key: clean, Row: widgets.RowData{
			Title: "Message " + text, Subtitle: "as you typed it", Name: text, Address: clean, RightIcon: assets.Enter,
		}})
	}
	c.list.SetItems(withPresence(c.snap, items))
	c.list.Select("")
}

func personItem(name, address, detail string) widgets.Item {
	return widgets.Item{Key: address, Row: widgets.RowData{Title: name, Subtitle: detail, Name: name, Address: fullAddress(address)}}
}

func (c *chatChooser) choose(address string) {
	if address != "" {
		c.open(address)
	}
}

// submit takes the person marked with the arrows, else the first one offered.
func (c *chatChooser) submit(text string) {
	switch items := c.list.Items(); {
	case c.list.Selected() != "":
		c.choose(c.list.Selected())
	case strings.TrimSpace(text) != "" && len(items) > 0:
		c.choose(items[0].Key)
	}
}
