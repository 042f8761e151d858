package ui

import (
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// accountButton is the user's own avatar with the state of the account: a
// dot and, when it is not well, a word.
type accountButton struct {
	widgets.Press
	avatar *widgets.Avatar
	word   *widgets.Text
	box    *fyne.Container
}

func newAccountButton(size float32, on fyne.ThemeColorName) *accountButton {
	b := &accountButton{
		avatar: widgets.NewAvatar(size, "", "").On(on),
		word:   widgets.NewText("", 10, look.Muted).Centered(),
	}
	b.word.Hide()
	b.box = widgets.NewColumn(2, b.avatar, b.word)
	b.Extend(b)
	return b
}

// CreateRenderer is for Fyne.
func (b *accountButton) CreateRenderer() fyne.WidgetRenderer {
	return b.Ringed(b.box, 12)
}

// Apply shows the account; more tells whether the word may be shown.
func (b *accountButton) Apply(s *phone.Snapshot) {
	a, ok := s.Usual()
	if !ok {
		return
	}
	b.avatar.Set(a.DisplayName, a.URI, accountPresence(s, a))
	word := ""
	switch {
	case a.State != phone.Registered:
		word = "Offline"
		if a.State != phone.Failed && a.State != phone.Offline {
			word = "Connecting"
		}
	case s.Settings.Calls.DoNotDisturb:
		word = "Silent"
	}
	b.word.SetText(word)
	setVisible(b.word, word != "")
	relayout(b.box)
}

// accountPresence is the dot of the user's own avatar.
func accountPresence(s *phone.Snapshot, a phone.AccountState) widgets.Presence {
	switch {
	case a.State == phone.Registered && s.Settings.Calls.DoNotDisturb:
		return widgets.Away
	case a.State == phone.Registered:
		return widgets.Available
	case a.State == phone.Failed:
		return widgets.Failing
	}
	return widgets.Unreachable
}

// topBar is the bar of a compact window: the account, or Back and the title
// of a page.
type topBar struct {
	*fyne.Container
	account  *accountButton
	name     *widgets.Text
	state    *widgets.Text
	title    *widgets.Text
	mail     *widgets.IconButton
	mails    *widgets.Text
	settings *widgets.IconButton
	home     *fyne.Container
	inner    *fyne.Container
}

func newTopBar(p shellParts) *topBar {
	t := &topBar{
		account: newAccountButton(30, look.Surface),
		name:    widgets.NewText("", look.BodyText, look.Text).Bold().Whole(),
		state:   widgets.NewText("", look.CaptionText, look.Muted),
		title:   widgets.NewText("", 16, look.Text).Bold(),
	}
	t.account.OnTap = func() { p.Account(t.account) }
	t.settings = widgets.NewIconButton("Settings", assets.Settings, look.Text, func() { p.Go(placeSettings) })
	back := widgets.NewIconButton("Back", assets.Back, look.Text, p.Back)
	t.mail = widgets.NewIconButton("Voicemail", assets.Voicemail, look.AccentText, p.Mail)
	t.mails = widgets.NewText("", look.CaptionText, look.AccentText).Bold().Whole()
	t.mail.Hide()
	t.mails.Hide()
	t.home = widgets.NewLine(10, 2, t.account, t.name, t.state, t.mails, t.mail, t.settings)
	t.inner = widgets.NewLine(6, 1, back, t.title)
	t.inner.Hide()
	side := widgets.Insets{Left: 14, Right: 6}
	t.Container = container.NewStack(
		widgets.NewPanel(look.Surface, nil),
		widgets.NewInset(side, t.home),
		widgets.NewInset(widgets.Insets{Left: 6, Right: 14}, t.inner),
		container.NewBorder(nil, widgets.NewRule(), nil, nil),
	)
	return t
}

func (t *topBar) setBack(on bool) {
	setVisible(t.inner, on)
	setVisible(t.home, !on)
}

func (t *topBar) setSettings(on bool) {
	color := look.Text
	if on {
		color = look.AccentText
	}
	t.settings.SetIcon("Settings", assets.Settings, color)
}

// Apply shows the account and its state.
func (t *topBar) Apply(s *phone.Snapshot) {
	a, ok := s.Usual()
	if !ok {
		return
	}
	t.account.Apply(s)
	t.account.word.Hide()
	user := nameOrNumber("", a.URI)
	word := connectionWord(a)
	if a.State == phone.Registered && s.Settings.Calls.DoNotDisturb {
		word = "Do not disturb"
	}
	mail, waiting := waitingMail(s)
	t.mails.SetText(strconv.Itoa(mailCount(mail)))
	setVisible(t.mail, waiting)
	setVisible(t.mails, waiting)
	t.name.SetText(user)
	t.state.SetText(word)
	relayout(t.home)
}

// callBar is the strip that shows a call while another screen is in sight:
// who, how long, mute, end. Pressing it goes to the call.
type callBar struct {
	widgets.Press
	host *host

	id    phone.CallID
	call  phone.Call
	calls []phone.Call // all there are: it may be in a conference, another be recorded
	icon  *widgets.Icon
	name  *widgets.Text
	state *widgets.Text
	sign  *fyne.Container // that the call is recorded
	said  *widgets.Text   // the same in words, where there is room
	mute  *widgets.IconButton
	end   *widgets.Button
	row   *fyne.Container
	box   fyne.CanvasObject
}

func newCallBar(h *host, show func()) *callBar {
	b := &callBar{host: h}
	b.OnTap = show
	b.icon = widgets.NewIcon(assets.Call, 18, look.PositiveText)
	b.name = widgets.NewText("", look.BodyText, look.Text).Bold()
	b.state = widgets.NewText("", look.MinorText, look.Muted).Whole()
	b.mute = widgets.NewIconButton("Mute", assets.Mic, look.Text, func() {
		call := b.call
		h.InOrder(func() error { return h.Phone.SetMuted(call.ID, !call.Muted) })
	})
	b.end = widgets.NewButton(widgets.Negative, "End", assets.Hangup, func() {
		h.hangup(b.call, b.calls)
	}).Tall(32)
	b.said = widgets.NewText("Recording", look.MinorText, look.NegativeText).Bold().Whole()
	b.sign = widgets.NewLine(5, -1, widgets.NewIcon(assets.Record, 18, look.NegativeText), b.said)
	b.sign.Hide()
	row := widgets.NewLine(10, 1, b.icon, b.name, b.sign, b.state, b.mute, b.end)
	b.row = row
	b.box = container.NewStack(
		widgets.NewPanel(look.PositiveSoft, nil),
		widgets.NewInset(widgets.Insets{Left: 18, Right: 14}, row),
	)
	b.Extend(b)
	b.Hide()
	return b
}

// CreateRenderer is for Fyne.
func (b *callBar) CreateRenderer() fyne.WidgetRenderer {
	return b.Ringed(widgets.NewFixed(0, 44, b.box), 0)
}

// Set shows a call of those that there are.
func (b *callBar) Set(c phone.Call, calls []phone.Call, now time.Time) {
	b.id, b.call, b.calls = c.ID, c, calls
	b.name.SetText(callName(c))
	members := membersOf(c, calls)
	if members != nil {
		b.name.SetText("Conference with " + talkName(c, calls))
	}
	b.Tick(now)
	if c.Muted {
		b.mute.SetIcon("Unmute", assets.MicOff, look.AccentText)
	} else {
		b.mute.SetIcon("Mute", assets.Mic, look.Text)
	}
	icon := assets.Call
	if c.LocalHold && (members == nil || allHeld(members)) {
		icon = assets.Pause
	}
	b.icon.Set(icon, look.PositiveText)
}

// Tick moves the timer.
func (b *callBar) Tick(now time.Time) {
	words := callWords(b.call, now)
	if members := membersOf(b.call, b.calls); members != nil {
		words = conferenceWords(members, now)
	}
	recorded := recordingWords(b.call, b.calls, now) != ""
	if said := !b.host.Compact(); recorded != b.sign.Visible() || said != b.said.Visible() {
		setVisible(b.sign, recorded)
		setVisible(b.said, said)
		relayout(b.row)
	}
	if words != b.state.Content() {
		b.state.SetText(words)
		relayout(b.row)
	}
}
