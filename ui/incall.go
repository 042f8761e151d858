package ui

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// callViewActions is what the call view asks of the screen around it.
type callViewActions struct {
	Choose func(phone.Call) // look at another call and talk there
	Add    func(phone.Call) // dial somebody else meanwhile
}

// callView is a call: who, how long, how well, what can be done, Hang up.
// Digits typed while nothing has the keyboard are sent as tones.
type callView struct {
	widget.BaseWidget
	host *host
	act  callViewActions

	call     phone.Call
	live     []phone.Call
	renderer *callViewRenderer
	count    *widgets.Text
	chipsFor string // which calls, in which state, the chips show
	chips    *fyne.Container
	chipBar  *fyne.Container
	chipRow  *fyne.Container

	mergeLink *widgets.Link
	members   *memberList // of the conference, else hidden

	avatar   *widgets.Avatar
	name     *widgets.Text
	address  *widgets.Text
	state    *widgets.Text
	sign     *recordingSign
	facts    *callFacts
	warning  *widgets.Banner
	controls *callControls
	keypad   *callKeypad
	transfer *transferPanel
	sound    *soundPanel
	mend     *widgets.Link // of warning: looks for a new path
	volume   *volumeRow
	end      *widgets.Button
	demo     bool
	talked   mutedSpeech
	keys     keysHeard
	alarm    alarm  // what keeps the two from hearing each other
	warned   string // what the warning says; "" for none
	unfolded bool   // all of it is to be read where room is short
}

func newCallView(h *host, act callViewActions) *callView {
	v := &callView{host: h, act: act}
	v.avatar = widgets.NewAvatar(look.AvatarCall, "", "").On(look.Background)
	v.name = widgets.NewText("", look.NameText, look.Text).Bold().Centered()
	v.address = widgets.NewText("", look.BodyText, look.Muted).Centered()
	v.state = widgets.NewText("", 18, look.Text).Centered()
	v.sign = newRecordingSign()
	v.facts = newCallFacts(v.ToggleFigures)
	v.mend = widgets.NewLink(mendLabel, look.MinorText, func() { v.alarm.renew(h) })
	v.mend.Hide()
	v.warning = widgets.NewBanner(widgets.Warning, assets.Warning, "", v.mend).Foldable(widgets.Fold{
		Down: assets.ChevronDown, Up: assets.ChevronUp, Toggled: v.toggleWarning,
	})
	v.warning.Hide()
	v.controls = newCallControls(v)
	v.keypad = newCallKeypad(func(r rune) { v.TypedRune(r) }, v.toggleKeypad)
	v.keypad.Hide()
	v.transfer = newTransferPanel(h, v.closeTransfer, v.ToggleTransfer)
	v.transfer.Hide()
	v.sound = newSoundPanel(h, v.ToggleFigures)
	v.sound.Hide()
	v.volume = newVolumeRow(h)
	v.end = widgets.NewButton(widgets.Negative, "Hang up", assets.Hangup, v.hangup).Tall(look.CallHeight)

	v.count = widgets.NewText("", look.CaptionText, look.Text).Bold().Whole()
	v.chips = widgets.NewLine(14, -1)
	v.mergeLink = widgets.NewLink("Merge", look.BodyText, v.merge)
	v.members = newMemberList(h)
	v.chipRow = widgets.NewLine(14, 1, v.count, container.NewHScroll(v.chips), v.mergeLink)
	v.chipBar = container.NewStack(widgets.NewPanel(look.Surface, nil),
		widgets.NewInset(widgets.Insets{Left: 18, Right: 18}, v.chipRow),
		container.NewBorder(nil, widgets.NewRule(), nil, nil))
	v.chipBar.Hide()
	v.renderer = newCallViewRenderer(v)
	v.ExtendBaseWidget(v)
	return v
}

// Apply shows the call c among those of s.
func (v *callView) Apply(c phone.Call, s *phone.Snapshot, now time.Time) {
	if v.call.ID != c.ID {
		v.keypad.Hide()
		v.keypad.SetDigits("")
		v.talked = mutedSpeech{}
	}
	if v.transfer.Visible() && (v.call.ID != c.ID || !transferable(c) || c.Conference != "") {
		v.closeTransfer()
	}
	v.call, v.live = c, liveCalls(s)
	if v.applyMerge(s, now); v.inConference() {
		v.keypad.Hide()
	}
	v.controls.setKeypad(v.keypad.Visible())
	v.transfer.Apply(c, s)
	v.avatar.Set(c.DisplayName, c.Peer, widgets.NoPresence)
	v.name.SetText(talkName(c, s.Calls))
	v.address.SetText(c.Peer)
	v.facts.Apply(c)
	if v.sound.Apply(c); !c.Live() || v.inConference() {
		v.sound.Hide()
	}
	v.controls.Apply(c, len(talks(c, v.live)))
	v.controls.confer(v.members.members)
	v.controls.applyRecord(recordedAmong(c, v.live))
	if !strings.HasPrefix(v.keypad.Digits(), c.DTMFSent) || !c.Live() {
		v.keypad.SetDigits(c.DTMFSent) // else more is on the way
	}
	v.volume.Apply(c, s)
	setVisible(v.end, c.Live())
	v.end.SetText("Hang up")
	if v.inConference() {
		v.end.SetText("Hang up all")
	}
	v.demo = s.Demo
	v.applyChips(now)
	v.Tick(now)
	v.relayout()
}

// applyChips shows the other calls when there are several.
func (v *callView) applyChips(now time.Time) {
	all := talks(v.call, v.live)
	setVisible(v.chipBar, len(all) > 1)
	if len(all) < 2 {
		return
	}
	key := string(v.call.ID)
	for _, c := range v.live {
		key += fmt.Sprint(" ", c.ID, callName(c), c.LocalHold, c.State, c.Conference, c.RecordingSince.IsZero())
	}
	key += v.mergeLink.Label() + fmt.Sprint(v.mergeLink.Visible())
	if v.chipsFor == key {
		return
	}
	v.chipsFor = key
	v.count.SetText(countWords(len(v.live), "call"))
	var objects []fyne.CanvasObject
	for _, c := range all {
		if c.ID != v.call.ID {
			continue
		}
		chip := widgets.NewChip("", nil)
		chip.Set(talkName(c, v.live)+" "+shortCallWords(c, now), nil, true)
		objects = append(objects, chip)
	}
	for _, c := range all {
		if c.ID == v.call.ID {
			continue
		}
		chip := widgets.NewChip("", func() { v.act.Choose(c) })
		icon := assets.Call
		if c.LocalHold {
			icon = assets.Pause
		}
		if !c.RecordingSince.IsZero() {
			icon = assets.Record
		}
		chip.Set(talkName(c, v.live)+" "+shortCallWords(c, now), icon, false)
		objects = append(objects, chip)
	}
	v.chips.Objects = objects
	v.chips.Refresh()
	v.chipRow.Refresh()
}

// Swap goes to the next of the other calls.
func (v *callView) Swap() {
	for _, c := range talks(v.call, v.live) {
		if c.ID != v.call.ID {
			v.act.Choose(c)
			return
		}
	}
}

// Tick moves timer and meters and watches for somebody who speaks while
// muted.
func (v *callView) Tick(now time.Time) {
	words := callWords(v.call, now)
	if v.inConference() {
		words = conferenceWords(v.members.members, now)
		v.members.Tick(now)
	}
	if words != v.state.Content() {
		v.state.SetText(words)
	}
	color := look.Text
	if !v.call.Live() && !callEnd(v.call).Calm && v.call.End != nil {
		color = look.NegativeText
	}
	v.state.SetColor(color)
	v.sign.Tick(v.call, v.live, now)
	mine, theirs := v.host.Phone.CallLevels(v.call.ID)
	v.facts.SetLevels(mine, theirs)
	v.warn(now)
	if chips := v.chips.Objects; len(chips) > 1 && len(v.live) > 1 {
		if chip, ok := chips[0].(*widgets.Chip); ok {
			text := talkName(v.call, v.live) + " " + shortCallWords(v.call, now)
			if text != chip.Label() {
				chip.Set(text, nil, true)
			}
		}
	}
}

// TypedRune sends a tone; '+' and letters are not tones.
func (v *callView) TypedRune(r rune) {
	if !strings.ContainsRune("0123456789*#ABCDabcd", r) || !v.call.Live() || v.inConference() {
		return
	}
	call := v.call
	v.keypad.SetDigits(v.keypad.Digits() + strings.ToUpper(string(r)))
	if !v.keypad.Visible() {
		v.toggleKeypad() // so that one sees what was sent
	}
	v.host.InOrder(func() error {
		err := v.host.Phone.SendDTMF(call.ID, strings.ToUpper(string(r)))
		if err != nil {
			v.host.Model.Post(func() {
				if v.call.ID == call.ID {
					v.keypad.SetDigits(v.call.DTMFSent)
				}
			})
		}
		return err
	})
}

// Escape closes the keypad, a panel or the volume of a member and reports
// whether one was open.
func (v *callView) Escape() bool {
	if v.transfer.Visible() {
		v.closeTransfer()
		return true
	}
	if v.sound.Visible() {
		v.ToggleFigures()
		return true
	}
	if !v.keypad.Visible() {
		return v.members.closeVolume()
	}
	v.toggleKeypad()
	return true
}

// ToggleMute, ToggleHold and toggleKeypad are the first three controls.
func (v *callView) ToggleMute() {
	c := v.call
	v.host.InOrder(func() error { return v.host.Phone.SetMuted(c.ID, !c.Muted) })
}

// ToggleHold puts the call on hold or takes it back.
func (v *callView) ToggleHold() {
	c := v.call
	conference, held := v.inConference(), v.members.allHeld()
	v.host.InOrder(func() error {
		switch {
		case conference && held:
			return v.host.Phone.ResumeConference(c.ID)
		case conference:
			return v.host.Phone.HoldConference(c.ID)
		case c.LocalHold:
			return v.host.Phone.Resume(c.ID)
		}
		return v.host.Phone.Hold(c.ID)
	})
}

// ToggleTransfer asks to whom the call is to be given, or no longer does.
func (v *callView) ToggleTransfer() {
	switch {
	case v.transfer.Visible():
		v.closeTransfer()
	case transferable(v.call) && !v.inConference():
		v.keypad.Hide()
		v.sound.Hide()
		v.controls.setKeypad(false)
		v.transfer.begin()
		v.transfer.Show()
		v.relayout()
		v.host.Focus(v.transfer.field)
	}
}

func (v *callView) closeTransfer() {
	if !v.transfer.Visible() {
		return
	}
	v.transfer.Hide()
	v.relayout()
	v.host.Focus(nil)
}

func (v *callView) toggleKeypad() {
	if v.inConference() && !v.keypad.Visible() {
		return // to whom?
	}
	v.closeTransfer()
	v.sound.Hide()
	setVisible(v.keypad, !v.keypad.Visible())
	v.controls.setKeypad(v.keypad.Visible())
	v.relayout()
}

func (v *callView) hangup() {
	v.host.hangup(v.call, v.live)
}

// countWords is "2 calls", "1 call".
func countWords(n int, what string) string {
	words := []string{"No", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
	count := "Many"
	if n < len(words) {
		count = words[n]
	}
	if n == 1 {
		return count + " " + what
	}
	return count + " " + what + "s"
}
