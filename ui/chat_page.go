package ui

import (
	"net/url"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/desktop"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// chatPage is one conversation: who, what was said, and the field to answer.
// While the other party of a new one is not chosen it asks for it.
type chatPage struct {
	host    *host
	chats   *chatsScreen
	content *fyne.Container

	peer string // of the conversation; "" while choosing or when none is open
	open bool   // there is a conversation, or one is being begun

	avatar  *widgets.Avatar
	name    *widgets.Text
	address *widgets.Text
	view    *threadView
	entry   *widgets.Field
	rows    int // of the entry
	sending bool
	send    *widgets.IconButton
	first   fyne.CanvasObject // in an empty conversation
	middle  *fyne.Container
	thread  *fyne.Container // the conversation as a whole
	bottom  *widgets.Panel
	chooser *chatChooser
	nothing fyne.CanvasObject
}

func newChatPage(h *host, s *chatsScreen) *chatPage {
	p := &chatPage{host: h, chats: s, rows: 1}
	p.avatar = widgets.NewAvatar(40, "", "")
	p.name = widgets.NewText("", look.BodyText, look.Text).Bold()
	p.address = widgets.NewText("", look.CaptionText, look.Muted)
	call := widgets.NewIconButton("Call", assets.Call, look.PositiveText, func() { h.CallBack(p.peer, h.Model.Snapshot().AccountOf(p.peer)) })
	head := widgets.NewLine(12, 1, p.avatar, widgets.NewColumn(1, p.name, p.address), call)
	top := widgets.NewPanel(look.Surface, widgets.NewColumn(0,
		widgets.NewInset(widgets.Insets{Top: 12, Right: 14, Bottom: 11, Left: 18}, head), widgets.NewRule()))

	p.view = newThreadView()
	p.view.onRetry = func(id int64) { h.Run(func() error { return h.Phone.RetryMessage(id) }, nil) }
	p.view.onLink = p.openLink
	p.view.onMenu = p.bubbleMenu
	p.first = widgets.NewMiddle(300, true, widgets.NewParagraph("No messages yet. What you write is kept until it can be sent.", look.BodyText, look.Muted).Centered())
	p.middle = container.NewStack(p.view)

	p.entry = widgets.NewMessageField("Message")
	p.entry.OnSubmitted = func(string) { p.submit() }
	p.entry.OnChanged = p.typed
	p.entry.OnKey = p.entryKey
	p.send = widgets.NewIconButton("Send", assets.Send, look.AccentText, p.submit)
	p.send.Disable()
	line := widgets.NewLine(8, 0, p.entry, p.send)
	p.bottom = widgets.NewPanel(look.Surface, widgets.NewColumn(0, widgets.NewRule(),
		widgets.NewInset(widgets.Insets{Top: 12, Right: 10, Bottom: 12, Left: 16}, line)))
	p.thread = newFrame(top, p.middle, p.bottom)
	p.chooser = newChatChooser(h, s.Open)
	p.nothing = emptyPage(assets.Chat, "Messages", "Choose a conversation in the list, or begin a new one.")
	p.content = container.NewStack(p.nothing)
	return p
}

// title names the page in a compact window.
func (p *chatPage) title() string {
	if p.choosing() {
		return "New message"
	}
	return "Chats"
}

// choosing reports whether the page asks for whom a new message is.
func (p *chatPage) choosing() bool { return p.open && p.peer == "" }

// inSight reports whether the conversation is before the user's eyes.
func (p *chatPage) inSight() bool {
	return p.peer != "" && (p.host.PageInSight == nil || p.host.PageInSight())
}

// Focus is what one types into.
func (p *chatPage) Focus() fyne.Focusable {
	if p.choosing() {
		return p.chooser.field
	}
	return p.entry
}

// show turns to the conversation with peer; "" asks for whom.
func (p *chatPage) show(peer string) {
	if p.open && p.peer == peer {
		return
	}
	p.open, p.peer = true, peer
	if peer == "" {
		p.chooser.begin()
		p.swap(p.chooser.content)
		return
	}
	p.view.clear()
	p.entry.SetText(p.chats.drafts[peer])
	p.swap(p.thread)
}

// close leaves the conversation.
func (p *chatPage) close() {
	p.open, p.peer = false, ""
	p.chats.list.Select("")
	p.swap(p.nothing)
	p.host.TitleChanged()
}

func (p *chatPage) swap(o fyne.CanvasObject) {
	if p.content.Objects[0] != o {
		p.content.Objects[0] = o
		p.content.Refresh()
	}
}

// chatWords is what stands below the name: how the other party can be reached,
// or the address, and whether they type.
func chatWords(s *phone.Snapshot, peer string) string {
	words := presenceWord(s, peer)
	if words == "" {
		words = readable(peer)
	}
	if slices.ContainsFunc(s.Threads, func(t phone.Thread) bool { return t.Peer == peer && t.Typing }) {
		words += " · typing…"
	}
	return words
}

// nameOf is the name of the other party, if it has one.
func (p *chatPage) nameOf(s *phone.Snapshot, peer string) string {
	for _, t := range s.Threads {
		if t.Peer == peer && t.DisplayName != "" {
			return t.DisplayName
		}
	}
	c, _ := phone.ContactOf(s.Contacts, peer)
	return c.Name
}

// Apply shows what is new in the conversation.
func (p *chatPage) Apply(s *phone.Snapshot) {
	if p.peer == "" {
		p.chooser.Apply(s)
		return
	}
	name := nameOrNumber(p.nameOf(s, p.peer), p.peer)
	p.avatar.Set(name, p.peer, presenceDot(s, p.peer))
	p.name.SetText(name)
	p.address.SetText(chatWords(s, p.peer))
	if hint := "Message " + strings.Fields(name + " ")[0]; p.entry.PlaceHolder != hint {
		p.entry.SetPlaceHolder(hint)
	}
	var messages []phone.Message
	for _, t := range s.Threads {
		if t.Peer == p.peer {
			messages = t.Messages
		}
	}
	p.view.setMessages(messages, name, p.host.Now())
	var o fyne.CanvasObject = p.view
	if len(messages) == 0 {
		o = p.first
	}
	if p.middle.Objects[0] != o {
		p.middle.Objects[0] = o
		p.middle.Refresh()
	}
}

// typed keeps the draft and lets the entry grow to five lines.
func (p *chatPage) typed(text string) {
	if p.peer != "" {
		p.chats.drafts[p.peer] = text
		if text == "" {
			delete(p.chats.drafts, p.peer)
		}
		if p.host.Window.Canvas().Focused() == p.entry && !p.sending {
			p.host.Phone.Typing(p.peer, text != "")
		}
	}
	p.send.SetEnabled(strings.TrimSpace(text) != "")
	width := p.entry.Size().Width - 24
	rows := 1
	if width > 0 {
		head, _ := widgets.FirstRunes(text, shownRunes)
		rows = min(5, len(widgets.WrapText(head, width, look.BodyText, fyne.TextStyle{})))
	}
	if rows != p.rows {
		p.rows = rows
		p.entry.SetMinRowsVisible(rows)
		p.thread.Refresh()
	}
}

// entryKey scrolls the conversation from the entry.
func (p *chatPage) entryKey(e *fyne.KeyEvent) bool {
	page := p.view.Size().Height - 40
	switch e.Name {
	case fyne.KeyPageUp:
		p.view.scrollBy(-page)
	case fyne.KeyPageDown:
		p.view.scrollBy(page)
	default:
		return false
	}
	return true
}

// submit sends what was typed. The entry is empty at once; a refusal puts
// the text back, unless something else was typed meanwhile.
func (p *chatPage) submit() {
	text, peer := strings.TrimSpace(p.entry.Text), p.peer
	if text == "" || peer == "" {
		return
	}
	p.sending = true // which ends the typing by itself
	p.entry.SetText("")
	p.sending = false
	p.view.toBottom()
	p.host.Model.InOrder(func() error {
		_, err := p.host.Phone.Send(peer, text)
		return err
	}, func(err error) {
		if err == nil {
			return
		}
		p.host.Run(func() error { return err }, nil) // says it
		switch {
		case p.peer == peer && p.entry.Text == "":
			p.entry.SetText(text)
		case p.chats.drafts[peer] == "":
			p.chats.drafts[peer] = text
		default:
			p.chats.drafts[peer] = text + "\n" + p.chats.drafts[peer]
		}
	})
}

// openLink opens a page in the browser; an address is called after a
// question, because a message must not be able to dial.
func (p *chatPage) openLink(target string) {
	if !isWeb(target) {
		account := p.host.Model.Snapshot().AccountOf(p.peer) // whose domain a bare number is in
		p.host.Confirm("Call "+readable(target)+"?", "The number stands in a message.", "Call", func() { p.host.CallBack(target, account) })
		return
	}
	p.host.Model.Do(func() error {
		u, err := url.Parse(target)
		if err != nil {
			return err
		}
		return desktop.OpenURL(p.host.Model.Context(), u)
	}, func(err error) {
		if err != nil {
			p.host.Say("The link could not be opened")
		}
	})
}

func (p *chatPage) bubbleMenu(b bubbleData, at fyne.Position) {
	items := []*fyne.MenuItem{fyne.NewMenuItem("Copy", func() {
		fyne.CurrentApp().Clipboard().SetContent(b.body)
		p.host.Say("Message copied")
	})}
	if b.failed {
		items = append(items, fyne.NewMenuItem("Send again", func() { p.view.onRetry(b.id) }))
		if text := p.whyFailed(b.id); text != "" {
			items = append(items, fyne.NewMenuItem("Why?", func() { p.host.Say(text) }))
		}
	}
	showMenu(p.host, at, items...)
}

// whyFailed is the whole reason for which a message was not sent.
func (p *chatPage) whyFailed(id int64) string {
	for _, t := range p.host.Model.Snapshot().Threads {
		for _, m := range t.Messages {
			if m.ID == id {
				s := explainFailedMessage(m, p.name.Content())
				return s.String() + " (" + strings.ReplaceAll(s.Details, "\n", ", ") + ")"
			}
		}
	}
	return ""
}
