package widgets

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"webphone/ui/look"
)

// Flowing is an object whose height depends on its width. Column asks it.
type Flowing interface {
	fyne.CanvasObject
	// HeightFor is the height needed at that width.
	HeightFor(width float32) float32
}

// Text is one line that ends in "…" where room is short, or, with Wrap, a
// paragraph.
type Text struct {
	widget.BaseWidget

	text  string
	size  float32
	color fyne.ThemeColorName
	style fyne.TextStyle
	align fyne.TextAlign
	wrap  bool
	min   float32 // width reserved although the text could be cut
	most  int     // lines shown of a paragraph; 0 = all

	lines []*canvas.Text
	shown []string
	box   *drawing
}

var _ Flowing = (*Text)(nil)

// NewText is a line of text.
func NewText(text string, size float32, color fyne.ThemeColorName) *Text {
	t := &Text{text: text, size: size, color: color}
	t.ExtendBaseWidget(t)
	return t
}

// NewParagraph is text that wraps at spaces.
func NewParagraph(text string, size float32, color fyne.ThemeColorName) *Text {
	t := NewText(text, size, color)
	t.wrap = true
	return t
}

// NewHeading is the title of a list column or a page.
func NewHeading(text string) *Text {
	return NewText(text, look.HeadingText, look.Text).Bold()
}

// Bold makes the text bold and returns it.
func (t *Text) Bold() *Text {
	t.style.Bold = true
	return t
}

// Mono makes the text monospaced and returns it.
func (t *Text) Mono() *Text {
	t.style.Monospace = true
	return t
}

// Centered centres the text and returns it.
func (t *Text) Centered() *Text {
	t.align = fyne.TextAlignCenter
	return t
}

// Trailing aligns the text at the end of the line and returns it.
func (t *Text) Trailing() *Text {
	t.align = fyne.TextAlignTrailing
	return t
}

// Whole makes the text ask for the width of all of it, so that layouts do
// not cut it, and returns it.
func (t *Text) Whole() *Text {
	t.min = -1
	return t
}

// Content is the text as it was set.
func (t *Text) Content() string { return t.text }

// SetText replaces the text.
func (t *Text) SetText(text string) {
	if t.text != text {
		t.text = text
		t.Refresh()
	}
}

// SetColor replaces the colour's role.
func (t *Text) SetColor(c fyne.ThemeColorName) {
	if t.color != c {
		t.color = c
		t.Refresh()
	}
}

// SetBold makes the text bold or plain.
func (t *Text) SetBold(bold bool) {
	if t.style.Bold != bold {
		t.style.Bold = bold
		t.Refresh()
	}
}

// HeightFor is the height of the wrapped text.
func (t *Text) HeightFor(width float32) float32 {
	return float32(len(t.broken(width))) * t.lineHeight()
}

func (t *Text) lineHeight() float32 { return fyne.MeasureText("M", t.size, t.style).Height }

func (t *Text) width(s string) float32 { return fyne.MeasureText(s, t.size, t.style).Width }

// broken is the text as lines of at most width.
func (t *Text) broken(width float32) []string {
	if !t.wrap {
		return []string{Ellipsis(t.text, width, t.size, t.style)}
	}
	return WrapText(t.text, width, t.size, t.style)
}

// CreateRenderer is for Fyne.
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	t.box = &drawing{layout: t.flow, min: t.minimum, paint: t.paint}
	t.flow(t.Size())
	return t.box
}

func (t *Text) minimum() fyne.Size {
	switch {
	case t.wrap && t.Size().Width > 0:
		return fyne.NewSize(20, t.HeightFor(t.Size().Width))
	case t.wrap:
		return fyne.NewSize(20, t.lineHeight())
	case t.min < 0:
		return fyne.NewSize(t.width(t.text), t.lineHeight())
	}
	head, _ := FirstRunes(t.text, lineRunes(20))
	return fyne.NewSize(min(t.width(head), 20), t.lineHeight())
}

func (t *Text) paint() {
	t.flow(t.Size())
	for _, l := range t.lines {
		l.Color, l.TextSize, l.TextStyle, l.Alignment = role(t.color), t.size, t.style, t.align
	}
}

// flow breaks the text for the size and places the lines.
func (t *Text) flow(s fyne.Size) {
	t.shown = t.broken(s.Width)
	if t.most > 0 && len(t.shown) > t.most {
		last := strings.Join(t.shown[t.most-1:], " ")
		t.shown = append(t.shown[:t.most-1:t.most-1], Ellipsis(last, s.Width, t.size, t.style))
	}
	for len(t.lines) < len(t.shown) {
		l := newText(t.size)
		l.Color = role(t.color)
		l.TextStyle, l.Alignment = t.style, t.align
		t.lines = append(t.lines, l)
	}
	t.lines = t.lines[:len(t.shown)]
	t.box.objects = t.box.objects[:0]
	height := t.lineHeight()
	top := float32(0)
	if !t.wrap {
		top = max(0, (s.Height-height)/2)
	}
	for i, l := range t.lines {
		if l.Text != t.shown[i] {
			l.Text = t.shown[i]
			l.Refresh()
		}
		place(l, 0, top+float32(i)*height, s.Width, height)
		t.box.objects = append(t.box.objects, l)
	}
}
