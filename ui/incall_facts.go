package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// callFacts is how well a call is heard: lock, codec, quality, two meters. The
// quality leads to the figures.
type callFacts struct {
	*fyne.Container
	lock      *widgets.Icon
	encrypted *widgets.Text
	codec     *widgets.Text
	bars      *widgets.Quality
	quality   *widgets.Link
	line      *fyne.Container
	wrap      *fyne.Container
	meters    *fyne.Container
	mine      *widgets.Meter
	theirs    *widgets.Meter
	micIcon   *widgets.Icon
	shown     string // what decides on the layout
	known     bool   // codec and encryption are
	talking   bool
	tight     bool // without meters
	keypad    bool // beside an open keypad or panel
}

func newCallFacts(figures func()) *callFacts {
	f := &callFacts{}
	f.lock = widgets.NewIcon(assets.Lock, 14, look.PositiveText)
	f.encrypted = widgets.NewText("", look.CaptionText, look.PositiveText).Whole()
	f.codec = widgets.NewText("", look.CaptionText, look.Muted).Whole()
	f.bars = widgets.NewQuality()
	f.bars.OnTapped = figures
	f.quality = widgets.NewLink("", look.CaptionText, figures).In(look.Muted)
	f.line = widgets.NewLine(14, -1,
		widgets.NewLine(4, -1, f.lock, f.encrypted), f.codec, widgets.NewLine(6, -1, f.bars, f.quality))
	f.wrap = container.NewCenter(f.line)

	f.mine, f.theirs = widgets.NewMeter(12).Thin(), widgets.NewMeter(12).Thin()
	f.micIcon = widgets.NewIcon(assets.Mic, 14, look.Muted)
	f.meters = container.NewCenter(widgets.NewLine(20, -1,
		widgets.NewLine(6, 1, f.micIcon, widgets.NewFixed(90, 14, f.mine)),
		widgets.NewLine(6, 1, widgets.NewIcon(assets.Speaker, 14, look.Muted), widgets.NewFixed(90, 14, f.theirs))))
	f.Container = widgets.NewColumn(factsGap, f.wrap, f.meters)
	return f
}

// HeightFor makes the facts flow. Before they are known they take the same room:
// the keys below must not move when the other side answers.
func (f *callFacts) HeightFor(float32) (height float32) {
	if !f.tight || !f.keypad {
		height = f.wrap.MinSize().Height
	}
	if !f.tight {
		height += factsGap + f.meters.MinSize().Height
	}
	return height
}

const factsGap = 8 // between the two lines

func (f *callFacts) show(known, talking bool) {
	setVisible(f.wrap, known && !(f.tight && f.keypad))
	setVisible(f.meters, talking && !f.tight)
}

// setTight leaves the meters out, and beside an open keypad everything.
func (f *callFacts) setTight(tight, keypad bool) {
	f.tight, f.keypad = tight, keypad
	f.show(f.known, f.talking)
}

// Apply shows what is known of the call's media.
func (f *callFacts) Apply(c phone.Call) {
	talking := c.State == phone.CallConfirmed || c.State == phone.CallEarly
	known := c.Codec != "" && talking
	if c.Encrypted {
		f.lock.Set(assets.Lock, look.PositiveText)
		f.encrypted.SetText("Encrypted")
		f.encrypted.SetColor(look.PositiveText)
	} else {
		f.lock.Set(assets.LockOpen, look.CautionText)
		f.encrypted.SetText("Not encrypted yet")
		f.encrypted.SetColor(look.CautionText)
	}
	f.codec.SetText(soundWords(c.Codec))
	word, bars := qualityWord(c.Stats.MOS, c.Stats.ReceiveCodec)
	f.bars.SetBars(bars)
	f.quality.SetText(word)
	setVisible(f.bars, bars > 0)
	setVisible(f.quality, bars > 0)
	if c.Muted {
		f.micIcon.Set(assets.MicOff, look.CautionText)
	} else {
		f.micIcon.Set(assets.Mic, look.Muted)
	}
	f.known, f.talking = known, talking
	f.show(known, talking)
	if key := fmt.Sprint(known, talking, c.Encrypted, c.Codec, word); key != f.shown {
		f.shown = key
		f.Container.Refresh()
	}
}

// SetLevels moves the meters.
func (f *callFacts) SetLevels(mine, theirs float64) {
	f.mine.SetLevel(mine)
	f.theirs.SetLevel(theirs)
}
