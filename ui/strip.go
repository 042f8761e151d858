package ui

import (
	"errors"
	"fmt"
	"time"

	"fyne.io/fyne/v2"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// said is how long a passing sentence stays.
const said = 6 * time.Second

// twoLines is how long a sentence may be, in bytes, to leave a compact window
// the room for a call.
const twoLines = 75

// strip shows sentences across the top of the window: what is wrong with the
// account, the sound or a call that is out of sight, what the user must be told
// once, and what just happened. At most two at a time.
type strip struct {
	*fyne.Container
	host *host
	do   func(Action, phone.AccountState)

	account, device, notice, passing *stripLine
	call                             *callLine
	passingUntil                     time.Time
	passingActions                   []stripAction
	noticeID                         int64
	movedID                          int64  // of the newest notice of a device that has passed
	deviceSays                       string // the device problem in full
	dismissed                        string // the one that was closed
}

type stripAction struct {
	label string
	do    func()
}

// stripLine is one banner of the strip that can be told anew.
type stripLine struct {
	banner *widgets.Banner
	links  []*widgets.Link
}

func newStripLine(closed func(), acts ...func()) *stripLine {
	l := &stripLine{}
	for _, act := range acts {
		l.links = append(l.links, widgets.NewLink("", look.MinorText, act))
	}
	l.banner = widgets.NewBanner(widgets.Info, nil, "", l.links...).Square()
	if closed != nil {
		l.banner.Closable(assets.Cross, closed)
	}
	l.banner.Hide()
	return l
}

func (l *stripLine) set(tone widgets.Tone, icon fyne.Resource, sentence string, labels ...string) {
	for i, link := range l.links {
		text := ""
		if i < len(labels) {
			text = labels[i]
		}
		link.SetText(text)
		setVisible(link, text != "")
	}
	l.banner.Set(tone, icon, sentence)
	l.banner.Show()
}

func newStrip(h *host, do func(Action, phone.AccountState)) *strip {
	s := &strip{host: h, do: do}
	act := func(i int) func() {
		return func() {
			if a, ok := troubledAccount(h.Model.Snapshot()); ok {
				if sentence := ExplainAccount(a, h.Now()); i < len(sentence.Actions) {
					do(sentence.Actions[i], a)
				}
			}
		}
	}
	s.account = newStripLine(nil, act(0), act(1))
	s.device = newStripLine(func() {
		s.dismissed = s.deviceSays
		s.Apply(h.Model.Snapshot())
	}, func() { do(ActionAudio, phone.AccountState{}) })
	s.notice = newStripLine(s.dismissNotice)
	pass := func(i int) func() {
		return func() {
			if i < len(s.passingActions) {
				s.passingUntil = time.Time{}
				s.passingActions[i].do()
				s.Tick(h.Now())
			}
		}
	}
	s.passing = newStripLine(func() {
		s.passingUntil = time.Time{}
		s.Tick(h.Now())
	}, pass(0), pass(1))
	s.call = newCallLine(h)
	s.Container = widgets.NewColumn(1, s.passing.banner, s.call.banner, s.account.banner, s.notice.banner, s.device.banner)
	return s
}

// troubledAccount is the first account that has a problem to tell.
func troubledAccount(s *phone.Snapshot) (phone.AccountState, bool) {
	for _, a := range s.Accounts {
		if a.State != phone.Registered && a.Problem != nil {
			return a, true
		}
	}
	return phone.AccountState{}, false
}

// Say shows a sentence for a while.
func (s *strip) Say(tone widgets.Tone, sentence string, actions ...stripAction) {
	icon := assets.Info
	if tone == widgets.Problem || tone == widgets.Warning {
		icon = assets.Warning
	}
	labels := make([]string, len(actions))
	for i, a := range actions {
		labels[i] = a.label
	}
	s.passingActions = actions
	s.passingUntil = s.host.Now().Add(said)
	if len(actions) > 0 {
		s.passingUntil = s.passingUntil.Add(said)
	}
	s.passing.set(tone, icon, sentence, labels...)
	s.limit()
}

// Hush takes the passing sentence away.
func (s *strip) Hush() {
	if s.passing.banner.Visible() {
		s.passingUntil = time.Time{}
		s.Tick(s.host.Now())
	}
}

// Apply shows what the snapshot tells; it reports whether anything changed
// its size.
func (s *strip) Apply(snapshot *phone.Snapshot) {
	s.applyAccount(snapshot)
	s.call.apply(snapshot, s.host.Now())
	s.applyDevice(snapshot)
	s.applyNotice(snapshot)
	s.limit()
}

func (s *strip) applyAccount(snapshot *phone.Snapshot) {
	a, ok := troubledAccount(snapshot)
	if !ok {
		s.account.banner.Hide()
		return
	}
	sentence := ExplainAccount(a, s.host.Now())
	tone := widgets.Problem
	if a.State != phone.Failed || !a.RetryAt.IsZero() {
		tone = widgets.Warning
	}
	var labels []string
	for _, action := range sentence.Actions {
		labels = append(labels, action.String())
	}
	s.account.set(tone, assets.Warning, sentence.String(), labels...)
}

func (s *strip) applyDevice(snapshot *phone.Snapshot) {
	problem := snapshot.Devices.Problem
	if problem == nil {
		s.dismissed = ""
		s.device.banner.Hide()
		return
	}
	explained := Explain(problem, Subject{})
	sentence := explained.String()
	s.deviceSays = sentence
	if sentence == s.dismissed {
		s.device.banner.Hide()
		return
	}
	if s.host.Compact() && len(sentence) > twoLines && explained.Title != "" {
		sentence = explained.Title + "." // the page that it leads to says the rest
	}
	s.device.set(widgets.Warning, assets.Headset, sentence, ActionAudio.String())
}

func (s *strip) dismissNotice() { s.dismiss(s.noticeID) }

func (s *strip) dismiss(id int64) {
	s.host.Run(func() error { s.host.Phone.Dismiss(id); return nil }, nil)
}

// applyNotice shows what must be told until it is closed. That the sound has
// moved to another device passes by itself: there is nothing to do about it.
func (s *strip) applyNotice(snapshot *phone.Snapshot) {
	var lasting []phone.Notice
	for _, n := range snapshot.Notices {
		var moved *phone.DeviceNotice
		switch {
		case !errors.As(n.Err, &moved):
			lasting = append(lasting, n)
		case n.ID > s.movedID:
			s.movedID = n.ID
			s.Say(widgets.Info, Explain(n.Err, Subject{}).String())
			s.dismiss(n.ID)
		}
	}
	if len(lasting) == 0 {
		s.noticeID = 0
		s.notice.banner.Hide()
		return
	}
	s.noticeID = lasting[0].ID
	sentence := Explain(lasting[0].Err, Subject{}).String()
	if more := len(lasting); more > 1 {
		sentence = fmt.Sprintf("1 of %d: %s", more, sentence) // closing it shows the next
	}
	s.notice.set(widgets.Info, assets.Info, sentence)
}

// Tick ends the passing sentence, counts the next attempt down and follows the
// call that is out of sight. It reports whether the strip may have another
// height.
func (s *strip) Tick(now time.Time) bool {
	was := s.passing.banner.Visible()
	setVisible(s.passing.banner, now.Before(s.passingUntil))
	if a, ok := troubledAccount(s.host.Model.Snapshot()); ok && !a.RetryAt.IsZero() {
		s.applyAccount(s.host.Model.Snapshot())
	}
	if was == s.passing.banner.Visible() && !s.call.changed(s.host.Model.Snapshot(), now) {
		return false
	}
	s.Apply(s.host.Model.Snapshot())
	return true
}

// Busy reports whether Tick has something to do.
func (s *strip) Busy() bool {
	a, ok := troubledAccount(s.host.Model.Snapshot())
	return s.passing.banner.Visible() || ok && !a.RetryAt.IsZero()
}

// limit shows the two most pressing lines, or one where room is short.
func (s *strip) limit() {
	room := 2
	if s.host.Compact() {
		room = 1
	}
	for _, l := range []*stripLine{s.passing, s.call.stripLine, s.account, s.notice, s.device} {
		if l.banner.Visible() {
			room--
		}
		if room < 0 {
			l.banner.Hide()
		}
	}
	relayout(s.Container)
}
