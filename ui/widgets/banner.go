package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"webphone/ui/look"
)

// Tone says how serious a banner is.
type Tone int

// The tones.
const (
	Info Tone = iota
	Good
	Warning
	Problem
)

func (t Tone) colors() (fill, ink fyne.ThemeColorName) {
	switch t {
	case Good:
		return look.PositiveSoft, look.PositiveText
	case Warning:
		return look.CautionSoft, look.CautionText
	case Problem:
		return look.NegativeSoft, look.NegativeText
	}
	return look.AccentSoft, look.AccentText
}

// Banner is a strip with a sentence, up to two links, and perhaps a cross to
// dismiss it.
type Banner struct {
	widget.BaseWidget
	tone    Tone
	square  bool
	icon    fyne.Resource
	back    *canvas.Rectangle
	image   *canvas.Image
	text    *Text
	actions []*Link
	close   *IconButton
}

var _ Flowing = (*Banner)(nil)

// NewBanner is a strip in that tone; icon may be nil.
func NewBanner(tone Tone, icon fyne.Resource, sentence string, actions ...*Link) *Banner {
	b := &Banner{tone: tone, icon: icon, back: rounded(look.FieldCorner), image: newImage(nil, "", 18), actions: actions}
	_, ink := tone.colors()
	b.text = NewParagraph(sentence, look.MinorText, ink)
	for _, a := range actions {
		a.In(ink).label.TextStyle.Bold = true
	}
	b.ExtendBaseWidget(b)
	return b
}

// Square takes the corners off, for a strip across the window, and returns
// the banner.
func (b *Banner) Square() *Banner {
	b.square = true
	return b
}

// Closable adds a cross and returns the banner.
func (b *Banner) Closable(cross fyne.Resource, closed func()) *Banner {
	_, ink := b.tone.colors()
	b.close = NewIconButton("Dismiss", cross, ink, closed)
	b.close.size = 16
	return b
}

// Set changes tone, icon and sentence.
func (b *Banner) Set(tone Tone, icon fyne.Resource, sentence string) {
	if b.tone == tone && b.icon == icon && b.text.text == sentence {
		return
	}
	b.tone, b.icon = tone, icon
	_, ink := tone.colors()
	b.text.text, b.text.color = sentence, ink
	for _, a := range b.actions {
		a.color = ink
	}
	if b.close != nil {
		b.close.color = ink
	}
	b.Refresh()
}

// Sentence is what the banner says.
func (b *Banner) Sentence() string { return b.text.text }

const (
	bannerSide = 14
	bannerPad  = 9
)

// room is the width of the sentence and the width of what is right of it.
// The links go below when beside them too little room is left.
func (b *Banner) room(width float32) (left, text, links float32, below bool) {
	left = bannerSide
	if b.icon != nil {
		left += 18 + 8
	}
	text = width - left - bannerSide
	if b.close != nil {
		text -= 24
	}
	for _, a := range b.actions {
		if a.Visible() {
			links += a.MinSize().Width + 16
		}
	}
	whole := fyne.MeasureText(b.text.text, look.MinorText, fyne.TextStyle{}).Width
	if links > 0 && text-links < min(whole, 220) {
		return left, text, links, true
	}
	return left, text - links, links, false
}

// HeightFor is the height with the sentence wrapped.
func (b *Banner) HeightFor(width float32) float32 {
	_, text, _, below := b.room(width)
	h := b.text.HeightFor(text) + 2*bannerPad
	if below {
		h += 24
	}
	return h
}

// CreateRenderer is for Fyne.
func (b *Banner) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{b.back, b.image, b.text}}
	for _, a := range b.actions {
		d.objects = append(d.objects, a)
	}
	if b.close != nil {
		d.objects = append(d.objects, b.close)
	}
	d.layout = func(s fyne.Size) {
		place(b.back, 0, 0, s.Width, s.Height)
		left, text, _, below := b.room(s.Width)
		h := b.text.HeightFor(text)
		place(b.text, left, bannerPad, text, h)
		place(b.image, bannerSide, bannerPad, 18, 18)
		x, y := left+text+16, float32(bannerPad)
		if below {
			x, y = left, bannerPad+h+4
		}
		for _, a := range b.actions {
			if !a.Visible() {
				continue
			}
			m := a.MinSize()
			place(a, x, y, m.Width, m.Height)
			x += m.Width + 16
		}
		if b.close != nil {
			place(b.close, s.Width-34, 4, 28, 28)
		}
	}
	d.min = func() fyne.Size { return fyne.NewSize(120, b.HeightFor(max(120, b.Size().Width))) }
	d.paint = func() {
		fill, ink := b.tone.colors()
		b.back.FillColor = role(fill)
		b.back.CornerRadius = look.FieldCorner
		if b.square {
			b.back.CornerRadius = 0
		}
		setImage(b.image, b.icon, ink, 18)
		d.layout(b.Size())
	}
	d.paint()
	return d
}
