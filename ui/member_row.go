package ui

import (
	"time"

	"fyne.io/fyne/v2"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// memberRow is one member of a conference: who, how it stands, and Mute,
// Volume, Hold and Hang up of their own. The volume opens in the place of the
// words.
type memberRow struct {
	*fyne.Container
	host *host
	call phone.Call

	name                     string
	said                     *fyne.Container // the name, and the words or the volume
	words                    *widgets.Text
	slider                   *widgets.Slider
	volume                   *fyne.Container // with the slider
	mute, speaker, hold, end *widgets.IconButton
	moved                    time.Time // the slider, by the user
}

func newMemberRow(h *host, c phone.Call) *memberRow {
	r := &memberRow{host: h, call: c, name: callName(c)}
	r.words = widgets.NewText("", look.CaptionText, look.Muted)
	r.slider = widgets.NewSlider(func(value float64) {
		r.moved = h.Now()
		h.InOrder(func() error { return h.Phone.SetVolume(r.call.ID, 2*value) })
	})
	r.slider.SetValue(c.Volume / 2)
	r.volume = widgets.NewFixed(0, 16, r.slider)
	r.volume.Hide()
	r.mute = widgets.NewIconButton("", assets.Mic, look.Text, func() {
		id, muted := r.call.ID, !r.call.MemberMuted
		h.InOrder(func() error { return h.Phone.SetMemberMuted(id, muted) })
	})
	r.speaker = widgets.NewIconButton("Volume of "+r.name, assets.Speaker, look.Text, r.toggleVolume)
	r.hold = widgets.NewIconButton("", assets.Pause, look.Text, func() {
		id, held := r.call.ID, r.call.LocalHold
		h.InOrder(func() error {
			if held {
				return h.Phone.Resume(id)
			}
			return h.Phone.Hold(id)
		})
	})
	r.end = widgets.NewIconButton("Hang up "+r.name, assets.Hangup, look.NegativeText, func() {
		h.Run(func() error { return h.Phone.Hangup(c.ID) }, nil)
	})
	avatar := widgets.NewAvatar(34, r.name, c.Peer).On(look.Background)
	who := widgets.NewText(r.name, look.BodyText, look.Text).Bold()
	r.said = widgets.NewColumn(1, who, r.words, r.volume)
	r.Container = widgets.NewFixed(0, memberHeight, widgets.NewLine(12, 1, avatar, r.said, widgets.NewLine(0, -1, r.mute, r.speaker, r.hold, r.end)))
	return r
}

// Apply shows the state of the call.
func (r *memberRow) Apply(c phone.Call) {
	r.call = c
	if c.MemberMuted {
		r.mute.SetIcon("Unmute "+r.name, assets.MicOff, look.CautionText)
	} else {
		r.mute.SetIcon("Mute "+r.name, assets.Mic, look.Text)
	}
	if c.LocalHold {
		r.hold.SetIcon("Resume "+r.name, assets.Play, look.AccentText)
	} else {
		r.hold.SetIcon("Hold "+r.name, assets.Pause, look.Text)
	}
	r.hold.SetEnabled(!c.HoldPending)
	if r.host.Now().Sub(r.moved) > time.Second {
		r.slider.SetValue(c.Volume / 2)
	}
}

// Tick moves the timer.
func (r *memberRow) Tick(now time.Time) {
	if words := memberWords(r.call, now); words != r.words.Content() {
		r.words.SetText(words)
	}
	color := look.Muted
	if r.call.MemberMuted {
		color = look.CautionText
	}
	r.words.SetColor(color)
}

// toggleVolume opens the volume, for the keyboard too, or closes it.
func (r *memberRow) toggleVolume() {
	open := !r.volume.Visible()
	setVisible(r.volume, open)
	setVisible(r.words, !open)
	color := look.Text
	if open {
		color = look.AccentText
	}
	r.speaker.SetIcon(r.speaker.Name(), assets.Speaker, color)
	relayout(r.said)
}
