package ui

import (
	"errors"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// transferable reports whether a call can be given to somebody else now.
func transferable(c phone.Call) bool {
	return c.State == phone.CallConfirmed && !c.Transfer.State.Pending()
}

// transferPanel asks to whom a call is to be given: another call, whose party
// is then joined with this one's, or somebody who is called. A press or an
// arrow only marks a line; Enter in the field and the button do it.
type transferPanel struct {
	*fyne.Container
	host  *host
	close func()
	again func() // opens it for the call in view

	call  phone.Call
	snap  *phone.Snapshot
	title *widgets.Text
	field *widgets.Field
	list  *widgets.List
	room  *listRoom
	do    *widgets.Button
}

// callKey is the key of a line that stands for a call.
const callKey = "call "

func newTransferPanel(h *host, closed, again func()) *transferPanel {
	p := &transferPanel{host: h, close: closed, again: again, snap: &phone.Snapshot{}, list: widgets.NewList()}
	p.title = widgets.NewText("", look.BodyText, look.Text).Bold()
	p.field = widgets.NewField("Name, number or address")
	p.field.OnChanged = func(string) { p.fill(); p.list.Select(""); p.label() }
	p.field.OnSubmitted = func(string) { p.submit() }
	p.field.OnKey = p.key
	p.list.OnSelect = func(string) { p.label() }
	p.list.OnOpen = func(string) { p.submit() }
	p.room = &listRoom{}
	p.do = widgets.NewButton(widgets.Primary, "Transfer", assets.Transfer, p.submit)
	cancel := widgets.NewButton(widgets.Outline, "Cancel", nil, closed)
	p.Container = widgets.NewColumn(8, p.title, p.field,
		container.New(p.room, p.list), widgets.NewLine(8, 1, cancel, p.do))
	return p
}

// listRoom gives the lines a fixed height.
type listRoom struct{ height float32 }

func (l *listRoom) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objects {
		put(o, 0, 0, s.Width, s.Height)
	}
}

func (l *listRoom) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(200, l.height) }

// HeightFor makes the panel flow.
func (p *transferPanel) HeightFor(width float32) float32 {
	return widgets.HeightFor(p.Container, width)
}

// setTight shows fewer lines.
func (p *transferPanel) setTight(tight bool) {
	p.room.height = 3 * widgets.RowHeight
	if tight {
		p.room.height = 2 * widgets.RowHeight
	}
}

// begin empties the panel.
func (p *transferPanel) begin() {
	p.field.SetText("")
	p.fill()
	p.list.Select("")
	p.label()
}

// Apply offers the calls and people of a snapshot for the call c.
func (p *transferPanel) Apply(c phone.Call, s *phone.Snapshot) {
	p.call, p.snap = c, s
	if p.Visible() {
		p.fill()
		p.label()
	}
}

// fill lists the other calls, then whom the text may mean; without a text the
// favourites and those talked to lately.
func (p *transferPanel) fill() {
	p.title.SetText("Transfer " + callName(p.call) + " to")
	text := strings.TrimSpace(p.field.Text)
	var items []widgets.Item
	for _, c := range liveCalls(p.snap) {
		if c.ID == p.call.ID || !transferable(c) || text != "" && !matchName(text, callName(c)) && !matchAddress(text, c.Peer) {
			continue
		}
		items = append(items, widgets.Item{Key: callKey + string(c.ID), Row: widgets.RowData{
			Title: callName(c), Subtitle: firstUpper(shortCallWords(c, p.host.Now())), Icon: assets.Call,
			Name: callName(c), Address: c.Peer, Right: "Join them",
		}})
	}
	p.list.SetItems(withPresence(p.snap, append(items, p.people(text)...)))
}

// people are those of the suggestions with whom there is no call now.
func (p *transferPanel) people(text string) []widgets.Item {
	var items []widgets.Item
	add := func(name, address, detail string) {
		same := func(it widgets.Item) bool { return it.Key == address }
		calling := func(c phone.Call) bool { return c.Peer == fullAddress(address) }
		if len(items) < 12 && !slices.ContainsFunc(liveCalls(p.snap), calling) && !slices.ContainsFunc(items, same) {
			items = append(items, personItem(name, address, detail))
		}
	}
	if text != "" {
		for _, s := range suggest(text, p.snap, 12) {
			add(s.Name, s.Address, s.Detail)
		}
		return items
	}
	for _, c := range p.snap.Contacts {
		if c.Favourite && len(c.Addresses) > 0 {
			add(c.Name, c.Addresses[0], readable(c.Addresses[0]))
		}
	}
	for _, h := range p.snap.History {
		add(nameOrNumber(h.DisplayName, h.Peer), h.Peer, readable(h.Peer))
	}
	return items
}

// chosen is what Enter does: the marked line, a person whose name was typed,
// else what was typed; "" for nothing.
func (p *transferPanel) chosen() string {
	if key := p.list.Selected(); key != "" {
		return key
	}
	text, _ := cleanTarget(p.field.Text)
	if text != "" && isName(text) {
		if items := p.list.Items(); len(items) > 0 {
			return items[0].Key
		}
	}
	return text
}

// label says on the button what it does.
func (p *transferPanel) label() {
	chosen := p.chosen()
	if strings.HasPrefix(chosen, callKey) {
		p.do.Set(widgets.Primary, "Join them", assets.Transfer)
	} else {
		p.do.Set(widgets.Primary, "Transfer", assets.Transfer)
	}
	p.do.SetEnabled(chosen != "")
}

func (p *transferPanel) submit() {
	chosen, id, typed := p.chosen(), p.call.ID, p.field.Text
	if chosen == "" {
		return
	}
	p.close()
	p.host.Run(func() error {
		if other, ok := strings.CutPrefix(chosen, callKey); ok {
			return p.host.Phone.TransferTo(id, phone.CallID(other))
		}
		return p.host.Phone.Transfer(id, chosen)
	}, func(err error) { p.refused(err, id, typed) })
}

// refused asks again after the phone itself did not take what was typed.
func (p *transferPanel) refused(err error, id phone.CallID, typed string) {
	var target *phone.TargetError
	if !errors.As(err, &target) || id != p.call.ID || p.Visible() {
		return
	}
	if p.again(); p.Visible() {
		p.field.SetText(typed)
		p.field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
		p.field.OnChanged(typed)
	}
}

// key marks a line, which changes what the button does.
func (p *transferPanel) key(e *fyne.KeyEvent) bool {
	arrow := p.list.Arrow(e)
	if arrow {
		p.label()
	}
	return arrow
}
