package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// incomingCard asks whether to take a call. It lies in the window, over
// whatever is shown, and never takes the keyboard away from it: Ctrl+Enter
// answers, Ctrl+. declines, Escape silences and then closes the card.
type incomingCard struct {
	*fyne.Container
	host *host

	call    phone.Call
	busy    bool                  // in another call already
	closed  map[phone.CallID]bool // by Escape
	silent  map[phone.CallID]bool
	avatar  *widgets.Avatar
	head    *widgets.Text
	name    *widgets.Text
	address *widgets.Text
	answer  *widgets.Button
	decline *widgets.Button
	chat    *widgets.IconButton
	buttons *fyne.Container
}

func newIncomingCard(h *host) *incomingCard {
	c := &incomingCard{host: h, closed: map[phone.CallID]bool{}, silent: map[phone.CallID]bool{}}
	c.avatar = widgets.NewAvatar(52, "", "")
	c.head = widgets.NewText("Incoming call", look.CaptionText, look.Muted)
	c.name = widgets.NewText("", 17, look.Text).Bold()
	c.address = widgets.NewText("", look.MinorText, look.Muted)
	c.answer = widgets.NewButton(widgets.Positive, "Answer", assets.Call, c.Answer).Tall(44)
	c.decline = widgets.NewButton(widgets.Negative, "Decline", assets.Hangup, c.Decline).Tall(44)
	c.chat = widgets.NewIconButton("Message", assets.Chat, look.Text, func() {
		peer := c.call.Peer
		c.Escape()
		c.Close()
		h.Chat(peer)
	}).Filled()
	c.buttons = container.New(cardButtons{}, c.answer, c.decline, c.chat)
	text := widgets.NewColumn(1, c.head, c.name, c.address)
	c.Container = container.NewStack(widgets.NewShield(),
		widgets.NewCard(widgets.NewInset(widgets.Insets{Top: 16, Right: 16, Bottom: 16, Left: 16},
			widgets.NewColumn(14, widgets.NewLine(14, 1, c.avatar, text), c.buttons))),
	)
	c.Hide()
	return c
}

// cardButtons gives Answer and Decline the same width and the message button
// its own. Where it is narrow no word is cut: Answer may be the wider.
type cardButtons struct{}

func (cardButtons) Layout(o []fyne.CanvasObject, s fyne.Size) {
	chat, gap := float32(56), float32(10)
	if s.Width < 300 {
		chat, gap = 44, 8
	}
	const air = 22 // a button needs no more than half of what it likes to have
	both := s.Width - chat - 2*gap
	likes := o[0].MinSize().Width // more than half for "Hold & answer"
	answer := max(both/2, min(likes, both-o[1].MinSize().Width), min(likes-air, both-90))
	put(o[0], 0, 0, answer, s.Height)
	put(o[1], answer+gap, 0, both-answer, s.Height)
	put(o[2], s.Width-chat, 0, chat, s.Height)
}

func (cardButtons) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(280, 44) }

// Apply shows the oldest ringing call whose card was not closed.
func (c *incomingCard) Apply(s *phone.Snapshot, now time.Time) {
	for _, call := range ringingCalls(s) {
		if !c.closed[call.ID] {
			c.show(call, s, now)
			return
		}
	}
	c.call = phone.Call{}
	c.Hide()
}

func (c *incomingCard) show(call phone.Call, s *phone.Snapshot, now time.Time) {
	c.call, c.busy = call, false
	head := "Incoming call"
	for _, other := range liveCalls(s) {
		if other.State == phone.CallConfirmed && !other.LocalHold {
			c.busy = true
			head = "Incoming call · you are talking to " + talkName(other, s.Calls) + " (" + talkTime(other, now) + ")"
		}
	}
	if c.silent[call.ID] {
		head += " · silenced"
	}
	c.avatar.Set(call.DisplayName, call.Peer, widgets.NoPresence)
	c.head.SetText(head)
	c.name.SetText(callName(call))
	c.address.SetText(call.Peer)
	if c.busy {
		c.answer.SetText("Hold & answer")
	} else {
		c.answer.SetText("Answer")
	}
	relayout(c.buttons)
	c.Show()
}

// Ringing is the call on the card, or "".
func (c *incomingCard) Ringing() phone.CallID { return c.call.ID }

// Answer takes the call; the phone holds the others.
func (c *incomingCard) Answer() {
	if id := c.call.ID; id != "" {
		c.host.Run(func() error { return c.host.Phone.Answer(id) }, nil)
		c.host.Go(placeDialpad)
	}
}

// Decline refuses the call.
func (c *incomingCard) Decline() {
	if id := c.call.ID; id != "" {
		c.host.Run(func() error { return c.host.Phone.Decline(id) }, nil)
	}
}

// Escape silences the ringtone and, pressed again, closes the card; the call
// goes on ringing at the other side. It reports whether it did something.
func (c *incomingCard) Escape() bool {
	id := c.call.ID
	switch {
	case id == "":
		return false
	case !c.silent[id]:
		c.silent[id] = true
		c.host.Run(func() error { c.host.Phone.SilenceRinger(); return nil }, nil)
		c.head.SetText(c.head.Content() + " · silenced")
	default:
		c.Close()
	}
	return true
}

// Close puts the card away without answering.
func (c *incomingCard) Close() {
	c.closed[c.call.ID] = true
	c.call = phone.Call{}
	c.Hide()
}
