package widgets

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"webphone/ui/look"
)

// Badge is a small disc with a count; it is not there for a count of zero.
type Badge struct {
	widget.BaseWidget
	count int
	fill  fyne.ThemeColorName
	back  *canvas.Rectangle
	label *canvas.Text
}

// NewBadge is a badge in the colour of a fill: Accent or Negative.
func NewBadge(fill fyne.ThemeColorName) *Badge {
	b := &Badge{fill: fill, back: rounded(8), label: newText(look.SmallText)}
	b.label.TextStyle.Bold = true
	b.ExtendBaseWidget(b)
	return b
}

// SetCount changes the number; more than 99 is shown as "99+".
func (b *Badge) SetCount(n int) {
	if b.count != n {
		b.count = n
		b.Refresh()
	}
}

// CreateRenderer is for Fyne.
func (b *Badge) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{b.back, b.label}}
	d.layout = func(s fyne.Size) {
		place(b.back, 0, 0, s.Width, s.Height)
		b.back.CornerRadius = s.Height / 2
		center(b.label, b.label.MinSize(), 0, 0, s.Width, s.Height)
	}
	d.min = func() fyne.Size {
		if b.count == 0 {
			return fyne.Size{}
		}
		return fyne.NewSize(max(16, b.label.MinSize().Width+8), 16)
	}
	d.paint = func() {
		b.back.Hidden, b.label.Hidden = b.count == 0, b.count == 0
		b.label.Text = strconv.Itoa(b.count)
		if b.count > 99 {
			b.label.Text = "99+"
		}
		b.back.FillColor, b.label.Color = role(b.fill), role(look.OnFill)
		d.layout(b.Size())
	}
	d.paint()
	return d
}
