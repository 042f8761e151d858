package ui

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// recordingSign says in red that the call is recorded, and for how long.
type recordingSign struct {
	*fyne.Container
	words *widgets.Text
}

const recordingSignHeight = 24

func newRecordingSign() *recordingSign {
	s := &recordingSign{words: widgets.NewText("", look.CaptionText, look.NegativeText).Bold().Whole()}
	s.Container = container.NewCenter(widgets.NewPanel(look.NegativeSoft,
		widgets.NewInset(widgets.Insets{Top: 3, Right: 12, Bottom: 3, Left: 9},
			widgets.NewLine(5, -1, widgets.NewIcon(assets.Record, 16, look.NegativeText), s.words)),
	).Corner(recordingSignHeight / 2))
	s.Container.Hide()
	return s
}

// Tick moves the time; c is the call in view, calls are all of them.
func (s *recordingSign) Tick(c phone.Call, calls []phone.Call, now time.Time) {
	words := recordingWords(c, calls, now)
	setVisible(s.Container, words != "")
	if words != s.words.Content() {
		s.words.SetText(words)
		relayout(s.Container)
	}
}

// recordingWords are "Recording 00:42" while c is recorded, with the name while
// another of the calls is, and "" while none is.
func recordingWords(c phone.Call, calls []phone.Call, now time.Time) string {
	who := ""
	c = recordedAmong(c, calls)
	for _, other := range calls {
		if c.RecordingSince.IsZero() && !other.RecordingSince.IsZero() {
			c, who = other, talkName(other, calls)+" "
		}
	}
	if c.RecordingSince.IsZero() || !c.Live() {
		return ""
	}
	s := int(max(0, now.Sub(c.RecordingSince)) / time.Second)
	return fmt.Sprintf("Recording %s%02d:%02d", who, s/60, s%60)
}

// recordable reports whether the call can be recorded, or its recording ended.
func recordable(c phone.Call) bool {
	return c.State == phone.CallConfirmed || c.Live() && !c.RecordingSince.IsZero()
}

// recordedAmong is a call of a conference that is recorded, else c: the
// recording of one member is that of all.
func recordedAmong(c phone.Call, calls []phone.Call) phone.Call {
	for _, m := range membersOf(c, calls) {
		if !m.RecordingSince.IsZero() && c.RecordingSince.IsZero() {
			return m
		}
	}
	return c
}

// applyRecord shows on the control whether the call is recorded.
func (c *callControls) applyRecord(call phone.Call) {
	if call.RecordingSince.IsZero() {
		c.record.Set("Record", assets.Record, false)
	} else {
		c.record.Set("Recording", assets.Record, true)
	}
	c.record.SetEnabled(recordable(call))
}

// ToggleRecord begins or ends to record the call.
func (v *callView) ToggleRecord() {
	if c := recordedAmong(v.call, v.live); recordable(c) {
		v.host.Run(func() error { return v.host.Phone.SetRecording(c.ID, c.RecordingSince.IsZero()) }, nil)
	}
}
