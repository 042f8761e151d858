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
// dismiss it. Where it is told to be lower than all it says it cuts the
// sentence and has a key that asks for the rest.
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
	fold    *Fold
	limit   float32 // of the height; 0 = none
}

// Fold is how a banner that cuts its sentence looks.
type Fold struct {
	Down, Up fyne.Resource // on the key while words are left out, and while all are shown
	Toggled  func()
	key      *IconButton
	open     bool
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

// Foldable lets Limit cut the sentence and returns the banner.
func (b *Banner) Foldable(f Fold) *Banner {
	_, ink := b.tone.colors()
	f.key = NewIconButton("", f.Down, ink, f.Toggled)
	f.key.size = 16
	b.fold = &f
	return b
}

// Limit is how high the banner may be, 0 = as high as it asks for; open says
// that the user wants to read all of it, which the key then ends. It never
// becomes lower than one line with the links beside it.
func (b *Banner) Limit(height float32, open bool) { b.limit, b.fold.open = height, open }

// Least is the height of one line with the links below it.
func (b *Banner) Least() float32 {
	least := b.text.lineHeight() + 2*bannerPad
	for _, a := range b.actions {
		if a.Visible() {
			return least + bannerLinks
		}
	}
	return least
}

// Cut reports whether words are left out at that width.
func (b *Banner) Cut(width float32) bool { return b.flow(width).cut }

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
	bannerSide  = 14
	bannerPad   = 9
	bannerLinks = 24 // a line of links with the gap above it
	bannerKey   = 24 // of the width, for a key at the end
)

// bannerFlow is how a banner is filled.
type bannerFlow struct {
	left, text float32 // where the sentence begins, and its width
	lines      int     // of the sentence
	below      bool    // the links are below the sentence, not beside it
	cut        bool    // not all of the sentence is there
	foldable   bool    // there is the key that folds
}

// height of the lines, without the room around them.
func (f bannerFlow) height(line float32) float32 {
	h := float32(f.lines) * line
	if f.below {
		h += bannerLinks
	}
	return h
}

// flow fills the banner at that width and within the limit.
func (b *Banner) flow(width float32) bannerFlow {
	f := b.flowWhole(width, b.fold != nil && b.fold.open)
	line, room := b.text.lineHeight(), b.limit-2*bannerPad
	if b.limit == 0 || f.height(line) <= room+0.5 {
		return f
	}
	f = b.flowWhole(width, true)
	whole := f.lines
	if f.below {
		if f.lines = int((room - bannerLinks + 0.5) / line); f.lines < 1 {
			f.below = false
			f.text -= b.links()
		}
	}
	if !f.below {
		f.lines = max(1, int((room+0.5)/line))
	}
	f.cut = f.lines < whole || len(b.text.broken(f.text)) > f.lines
	return f
}

// flowWhole fills the banner with all of the sentence. The links go below when
// beside them too little room is left.
func (b *Banner) flowWhole(width float32, key bool) bannerFlow {
	f := bannerFlow{left: bannerSide, foldable: key}
	if b.icon != nil {
		f.left += 18 + 8
	}
	f.text = width - f.left - bannerSide
	if b.close != nil || key {
		f.text -= bannerKey
	}
	links := b.links()
	whole := fyne.MeasureText(b.text.text, look.MinorText, fyne.TextStyle{}).Width
	if f.below = links > 0 && f.text-links < min(whole, 220); !f.below {
		f.text -= links
	}
	f.lines = len(b.text.broken(f.text))
	return f
}

// links is the width of the links beside the sentence.
func (b *Banner) links() (width float32) {
	for _, a := range b.actions {
		if a.Visible() {
			width += a.MinSize().Width + 16
		}
	}
	return width
}

// HeightFor is the height with the sentence wrapped.
func (b *Banner) HeightFor(width float32) float32 {
	return b.flow(width).height(b.text.lineHeight()) + 2*bannerPad
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
	if b.fold != nil {
		d.objects = append(d.objects, b.fold.key)
	}
	d.layout = b.fill
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

// fill places the parts in a banner of that size.
func (b *Banner) fill(s fyne.Size) {
	place(b.back, 0, 0, s.Width, s.Height)
	f := b.flow(s.Width)
	h := float32(f.lines) * b.text.lineHeight()
	if most := f.lines; b.text.most != most && b.fold != nil {
		b.text.most = most
		b.text.Refresh()
	}
	place(b.text, f.left, bannerPad, f.text, h)
	place(b.image, bannerSide, bannerPad, 18, 18)
	x, y := f.left+f.text+16, float32(bannerPad)
	if f.below {
		x, y = f.left, bannerPad+h+4
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
	if b.fold != nil {
		b.placeFold(s, f)
	}
}

// placeFold places the key that folds, while there is something to fold.
func (b *Banner) placeFold(s fyne.Size, f bannerFlow) {
	_, ink := b.tone.colors()
	if key := b.fold.key; !f.foldable {
		key.Hide()
	} else {
		if b.fold.open {
			key.SetIcon("Show less", b.fold.Up, ink)
		} else {
			key.SetIcon("Show all of it", b.fold.Down, ink)
		}
		key.Show()
		place(key, s.Width-34, 4, 28, 28)
	}
}
