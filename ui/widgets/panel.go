package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"webphone/ui/look"
)

// Panel is a filled area, perhaps with a line around it, behind an object.
type Panel struct {
	widget.BaseWidget
	fill, line fyne.ThemeColorName
	radius     float32
	content    fyne.CanvasObject
	back       *canvas.Rectangle
}

var _ Flowing = (*Panel)(nil)

// NewPanel fills the area behind content; content may be nil.
func NewPanel(fill fyne.ThemeColorName, content fyne.CanvasObject) *Panel {
	p := &Panel{fill: fill, line: look.Clear, content: content, back: rounded(0)}
	p.ExtendBaseWidget(p)
	return p
}

// NewCard is a surface with a line and large corners.
func NewCard(content fyne.CanvasObject) *Panel {
	return NewPanel(look.Surface, content).Line(look.Line).Corner(look.CardCorner)
}

// Line draws a line around the panel and returns it.
func (p *Panel) Line(color fyne.ThemeColorName) *Panel {
	p.line = color
	return p
}

// Corner rounds the corners and returns the panel.
func (p *Panel) Corner(radius float32) *Panel {
	p.radius = radius
	return p
}

// SetFill changes the colour.
func (p *Panel) SetFill(c fyne.ThemeColorName) {
	if p.fill != c {
		p.fill = c
		p.Refresh()
	}
}

// HeightFor is the height of the content at that width.
func (p *Panel) HeightFor(width float32) float32 {
	if p.content == nil {
		return 0
	}
	return HeightFor(p.content, width)
}

// CreateRenderer is for Fyne.
func (p *Panel) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{p.back}}
	if p.content != nil {
		d.objects = append(d.objects, p.content)
	}
	d.layout = func(s fyne.Size) {
		for _, o := range d.objects {
			place(o, 0, 0, s.Width, s.Height)
		}
	}
	d.min = func() fyne.Size {
		if p.content == nil {
			return fyne.Size{}
		}
		return p.content.MinSize()
	}
	d.paint = func() {
		p.back.FillColor, p.back.CornerRadius = role(p.fill), p.radius
		p.back.StrokeColor, p.back.StrokeWidth = role(p.line), 0
		if p.line != look.Clear {
			p.back.StrokeWidth = 1
		}
	}
	d.paint()
	return d
}

// Shield shows nothing; it keeps presses and the light of the mouse from what
// lies beneath.
type Shield struct{ widget.BaseWidget }

var (
	_ fyne.Tappable     = (*Shield)(nil)
	_ desktop.Hoverable = (*Shield)(nil)
)

// NewShield is put behind the content of what lies over other things.
func NewShield() *Shield {
	s := &Shield{}
	s.ExtendBaseWidget(s)
	return s
}

// Tapped swallows the press.
func (s *Shield) Tapped(*fyne.PointEvent) {}

// MouseIn does nothing.
func (s *Shield) MouseIn(*desktop.MouseEvent) {}

// MouseMoved does nothing.
func (s *Shield) MouseMoved(*desktop.MouseEvent) {}

// MouseOut does nothing.
func (s *Shield) MouseOut() {}

// CreateRenderer is for Fyne.
func (s *Shield) CreateRenderer() fyne.WidgetRenderer {
	return &drawing{layout: func(fyne.Size) {}, min: func() fyne.Size { return fyne.Size{} }}
}

// Rule is a thin line across.
type Rule struct {
	widget.BaseWidget
	vertical bool
	line     *canvas.Rectangle
}

// NewRule is a horizontal line.
func NewRule() *Rule {
	r := &Rule{line: rounded(0)}
	r.ExtendBaseWidget(r)
	return r
}

// NewVerticalRule is a vertical line.
func NewVerticalRule() *Rule {
	r := NewRule()
	r.vertical = true
	return r
}

// CreateRenderer is for Fyne.
func (r *Rule) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{r.line}}
	d.layout = func(s fyne.Size) {
		if r.vertical {
			place(r.line, 0, 0, 1, s.Height)
		} else {
			place(r.line, 0, 0, s.Width, 1)
		}
	}
	d.min = func() fyne.Size { return fyne.NewSquareSize(1) }
	d.paint = func() { r.line.FillColor = role(look.Line) }
	d.paint()
	return d
}

// Space is an object of that size which shows nothing.
func Space(width, height float32) fyne.CanvasObject {
	r := rounded(0)
	r.SetMinSize(fyne.NewSize(width, height))
	return r
}
