package widgets

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"webphone/ui/look"
)

// Meter shows a level as a row of segments: green, then amber near the top.
type Meter struct {
	widget.BaseWidget
	segments []*canvas.Rectangle
	lit      int
	height   float32
}

// NewMeter has that many segments, 8 high.
func NewMeter(segments int) *Meter {
	m := &Meter{lit: 0, height: 8}
	for range segments {
		m.segments = append(m.segments, rounded(3))
	}
	m.ExtendBaseWidget(m)
	return m
}

// Thin makes the meter 4 high and returns it.
func (m *Meter) Thin() *Meter {
	m.height = 4
	for _, s := range m.segments {
		s.CornerRadius = 2
	}
	return m
}

// SetLevel shows a level of 0–1. The phone's levels are in decibels already,
// as ears have it: the scale is linear.
func (m *Meter) SetLevel(level float64) {
	lit := int(math.Round(min(max(level, 0), 1) * float64(len(m.segments))))
	if lit != m.lit {
		m.lit = lit
		m.Refresh()
	}
}

// Lit is how many segments are lit.
func (m *Meter) Lit() int { return m.lit }

// CreateRenderer is for Fyne.
func (m *Meter) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{}
	for _, s := range m.segments {
		d.objects = append(d.objects, s)
	}
	d.layout = func(s fyne.Size) {
		const gap = 3
		w := (s.Width + gap) / float32(len(m.segments))
		for i, seg := range m.segments {
			place(seg, float32(i)*w, (s.Height-m.height)/2, w-gap, m.height)
		}
	}
	d.min = func() fyne.Size { return fyne.NewSize(float32(len(m.segments))*5, m.height) }
	d.paint = func() {
		for i, seg := range m.segments {
			switch {
			case i >= m.lit:
				seg.FillColor = role(look.Line)
			case i >= len(m.segments)*11/20:
				seg.FillColor = role(look.Caution)
			default:
				seg.FillColor = role(look.Positive)
			}
		}
	}
	d.paint()
	return d
}

// Quality is four bars of growing height.
type Quality struct {
	widget.BaseWidget
	// OnTapped, if not nil, is called when it is pressed; a link beside it
	// does the same for the keyboard.
	OnTapped func()
	bars     [4]*canvas.Rectangle
	lit      int
}

var _ fyne.Tappable = (*Quality)(nil)

// Tapped implements fyne.Tappable.
func (q *Quality) Tapped(*fyne.PointEvent) {
	if q.OnTapped != nil {
		q.OnTapped()
	}
}

// NewQuality shows no bar lit.
func NewQuality() *Quality {
	q := &Quality{}
	for i := range q.bars {
		q.bars[i] = rounded(1)
	}
	q.ExtendBaseWidget(q)
	return q
}

// SetBars lights that many of the four bars.
func (q *Quality) SetBars(n int) {
	if q.lit != n {
		q.lit = n
		q.Refresh()
	}
}

// CreateRenderer is for Fyne.
func (q *Quality) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{}
	for _, b := range q.bars {
		d.objects = append(d.objects, b)
	}
	d.layout = func(s fyne.Size) {
		for i, b := range q.bars {
			h := 4 + float32(i)*3
			place(b, float32(i)*6, (s.Height+13)/2-h, 4, h)
		}
	}
	d.min = func() fyne.Size { return fyne.NewSize(22, 14) }
	d.paint = func() {
		color := look.Positive
		switch q.lit {
		case 1:
			color = look.Negative
		case 2:
			color = look.Caution
		}
		for i, b := range q.bars {
			b.FillColor = role(look.Line)
			if i < q.lit {
				b.FillColor = role(color)
			}
		}
	}
	d.paint()
	return d
}

// Slider sets a value between 0 and 1 by mouse, wheel or arrow keys.
type Slider struct {
	Press
	// OnChange is called while the user moves the slider.
	OnChange func(value float64)

	value       float64
	track, part *canvas.Rectangle
	knob        *canvas.Circle
	washes      washes
}

var (
	_ fyne.Draggable  = (*Slider)(nil)
	_ fyne.Scrollable = (*Slider)(nil)
)

// NewSlider is a slider at zero.
func NewSlider(changed func(value float64)) *Slider {
	s := &Slider{OnChange: changed, track: rounded(2), part: rounded(2), washes: newWashes(6)}
	s.knob = canvas.NewCircle(role(look.Clear))
	s.Extend(s)
	return s
}

// SetValue moves the slider without calling OnChange.
func (s *Slider) SetValue(v float64) {
	v = min(max(v, 0), 1)
	if s.value != v {
		s.value = v
		s.Refresh()
	}
}

// Value is where the slider stands.
func (s *Slider) Value() float64 { return s.value }

func (s *Slider) choose(v float64) {
	v = min(max(v, 0), 1)
	if s.disabled || v == s.value {
		return
	}
	s.SetValue(v)
	if s.OnChange != nil {
		s.OnChange(v)
	}
}

func (s *Slider) chooseAt(x float32) { s.choose(float64(x / max(1, s.Size().Width))) }

// Tapped moves the slider there.
func (s *Slider) Tapped(e *fyne.PointEvent) { s.chooseAt(e.Position.X) }

// Dragged follows the mouse.
func (s *Slider) Dragged(e *fyne.DragEvent) { s.chooseAt(e.Position.X) }

// DragEnd does nothing.
func (s *Slider) DragEnd() {}

// Scrolled moves the slider a step per notch.
func (s *Slider) Scrolled(e *fyne.ScrollEvent) {
	if e.Scrolled.DY > 0 {
		s.choose(s.value + 0.05)
	} else {
		s.choose(s.value - 0.05)
	}
}

// TypedKey moves the slider.
func (s *Slider) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyRight, fyne.KeyUp:
		s.choose(s.value + 0.05)
	case fyne.KeyLeft, fyne.KeyDown:
		s.choose(s.value - 0.05)
	case fyne.KeyHome:
		s.choose(0)
	case fyne.KeyEnd:
		s.choose(1)
	default:
		unhandledKey(s, e)
	}
}

// CreateRenderer is for Fyne.
func (s *Slider) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{s.track, s.part, s.knob, s.washes.ring}}
	d.layout = func(size fyne.Size) {
		y := size.Height / 2
		x := float32(s.value) * size.Width
		place(s.track, 0, y-2, size.Width, 4)
		place(s.part, 0, y-2, x, 4)
		place(s.knob, min(max(0, x-6), size.Width-12), y-6, 12, 12)
		s.washes.lay(0, y-9, size.Width, 18)
	}
	d.min = func() fyne.Size { return fyne.NewSize(60, 28) }
	d.paint = func() {
		s.track.FillColor = role(look.Line)
		s.part.FillColor = role(look.Accent)
		s.knob.FillColor = role(look.Clear)
		if s.hovered || s.focused {
			s.knob.FillColor = role(look.Accent)
		}
		s.washes.paint(&s.Press)
		d.layout(s.Size())
	}
	d.paint()
	return d
}

// Switch is on or off.
type Switch struct {
	Press
	// OnChange is called when the user turned it.
	OnChange func(on bool)

	on     bool
	back   *canvas.Rectangle
	knob   *canvas.Circle
	washes washes
}

// NewSwitch is off.
func NewSwitch(changed func(on bool)) *Switch {
	s := &Switch{OnChange: changed, back: rounded(11), washes: newWashes(11)}
	s.knob = canvas.NewCircle(role(look.Clear))
	s.OnTap = func() {
		s.SetOn(!s.on)
		if s.OnChange != nil {
			s.OnChange(s.on)
		}
	}
	s.Extend(s)
	return s
}

// SetOn turns the switch without calling OnChange.
func (s *Switch) SetOn(on bool) {
	if s.on != on {
		s.on = on
		s.Refresh()
	}
}

// On reports how it stands.
func (s *Switch) On() bool { return s.on }

// CreateRenderer is for Fyne.
func (s *Switch) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{s.back, s.washes.wash, s.knob, s.washes.ring}}
	d.layout = func(size fyne.Size) {
		y := (size.Height - 22) / 2
		place(s.back, 0, y, 40, 22)
		s.washes.lay(0, y, 40, 22)
		x := float32(3)
		if s.on {
			x = 40 - 16 - 3
		}
		place(s.knob, x, y+3, 16, 16)
	}
	d.min = func() fyne.Size { return fyne.NewSize(40, 22) }
	d.paint = func() {
		s.back.FillColor, s.knob.FillColor = role(look.Line), role(look.Surface)
		s.back.StrokeColor, s.back.StrokeWidth = role(look.Muted), 1
		if s.on {
			s.back.FillColor, s.knob.FillColor = role(look.Accent), role(look.OnFill)
			s.back.StrokeWidth = 0
		} else {
			s.knob.FillColor = role(look.Muted)
		}
		s.washes.paint(&s.Press)
		d.layout(s.Size())
	}
	d.paint()
	return d
}
