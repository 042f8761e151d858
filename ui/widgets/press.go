package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"webphone/ui/look"
)

// Press is what every control that can be pressed shares: it is pressed by
// mouse, Enter or Space, takes part in Tab order, shows hover and focus, and
// can be disabled. Pressing with the mouse leaves the keyboard where it was.
type Press struct {
	widget.BaseWidget
	// OnTap is called for each press; nil ignores it.
	OnTap func()

	self                             fyne.Widget
	hovered, focused, down, disabled bool
}

var (
	_ fyne.Tappable      = (*Press)(nil)
	_ fyne.Focusable     = (*Press)(nil)
	_ fyne.Disableable   = (*Press)(nil)
	_ desktop.Hoverable  = (*Press)(nil)
	_ desktop.Mouseable  = (*Press)(nil)
	_ desktop.Cursorable = (*Press)(nil)
)

// Extend makes the press part of w, which embeds it.
func (p *Press) Extend(w fyne.Widget) {
	p.self = w
	p.ExtendBaseWidget(w)
}

// Tapped presses.
func (p *Press) Tapped(*fyne.PointEvent) { p.tap() }

func (p *Press) tap() {
	if !p.disabled && p.OnTap != nil {
		p.OnTap()
	}
}

// TypedKey presses for Enter, keypad Enter and Space.
func (p *Press) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		p.tap()
	default:
		unhandledKey(p.self, e)
	}
}

// TypedRune passes the text on to the window: typing a number works wherever
// the focus is.
func (p *Press) TypedRune(r rune) {
	if r != ' ' {
		unhandledRune(p.self, r)
	}
}

// FocusGained and FocusLost draw the ring.
func (p *Press) FocusGained() { p.set(&p.focused, true) }

// FocusLost takes the ring away.
func (p *Press) FocusLost() { p.set(&p.focused, false) }

// MouseIn lights the control up.
func (p *Press) MouseIn(*desktop.MouseEvent) { p.set(&p.hovered, true) }

// MouseMoved does nothing.
func (p *Press) MouseMoved(*desktop.MouseEvent) {}

// MouseOut ends the light.
func (p *Press) MouseOut() {
	p.down = false
	p.set(&p.hovered, false)
}

// MouseDown shows at once that the press was felt.
func (p *Press) MouseDown(*desktop.MouseEvent) { p.set(&p.down, true) }

// MouseUp ends that.
func (p *Press) MouseUp(*desktop.MouseEvent) { p.set(&p.down, false) }

// Cursor is a hand while a press would do something.
func (p *Press) Cursor() desktop.Cursor {
	if p.disabled {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// Disable greys the control out.
func (p *Press) Disable() { p.set(&p.disabled, true) }

// Enable undoes Disable.
func (p *Press) Enable() { p.set(&p.disabled, false) }

// Disabled reports whether presses are ignored.
func (p *Press) Disabled() bool { return p.disabled }

// SetEnabled is Enable or Disable.
func (p *Press) SetEnabled(on bool) { p.set(&p.disabled, !on) }

func (p *Press) set(what *bool, v bool) {
	if *what != v {
		*what = v
		p.Refresh()
	}
}

// washes are the layers over a control's fill: what the mouse does, and the
// ring of the focus, which lies outside so that it is seen on any fill.
type washes struct {
	wash, ring *canvas.Rectangle
	radius     float32
}

func newWashes(radius float32) washes {
	w := washes{wash: rounded(radius), ring: rounded(radius + 3), radius: radius}
	w.ring.StrokeWidth = look.FocusRing
	return w
}

// lay puts the layers over the area.
func (w washes) lay(x, y, width, height float32) {
	place(w.wash, x, y, width, height)
	place(w.ring, x-3, y-3, width+6, height+6)
}

// layInside is lay for controls that fill a clipped area, such as rows.
func (w washes) layInside(x, y, width, height float32) {
	place(w.wash, x, y, width, height)
	place(w.ring, x+1, y+1, width-2, height-2)
	w.ring.CornerRadius = w.radius
}

func (w washes) paint(p *Press) {
	w.wash.FillColor, w.ring.StrokeColor = role(look.Clear), role(look.Clear)
	if !p.disabled {
		switch {
		case p.down:
			w.wash.FillColor = look.Fade(role(look.Text), 0x22)
		case p.hovered:
			w.wash.FillColor = look.Fade(role(look.Text), 0x0f)
		}
	}
	if p.focused {
		w.ring.StrokeColor = role(look.Accent)
	}
}

// Ringed is the renderer of a control that is made of other objects: it lays
// hover and focus over o.
func (p *Press) Ringed(o fyne.CanvasObject, radius float32) fyne.WidgetRenderer {
	w := newWashes(radius)
	d := &drawing{objects: []fyne.CanvasObject{o, w.wash, w.ring}}
	d.layout = func(s fyne.Size) {
		place(o, 0, 0, s.Width, s.Height)
		w.layInside(0, 0, s.Width, s.Height)
	}
	d.min = o.MinSize
	d.paint = func() { w.paint(p) }
	d.paint()
	return d
}

// unhandledKey gives a key that the focused control has no use for to the
// window, as if nothing had the focus.
func unhandledKey(o fyne.CanvasObject, e *fyne.KeyEvent) {
	if c := canvasOf(o); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(e)
	}
}

func unhandledRune(o fyne.CanvasObject, r rune) {
	if c := canvasOf(o); c != nil && c.OnTypedRune() != nil {
		c.OnTypedRune()(r)
	}
}

// forwardShortcut gives a shortcut that a text field does not know to the
// window; Fyne itself would drop it.
func forwardShortcut(o fyne.CanvasObject, s fyne.Shortcut) {
	if c, ok := canvasOf(o).(fyne.Shortcutable); ok {
		c.TypedShortcut(s)
	}
}

func canvasOf(o fyne.CanvasObject) fyne.Canvas {
	return fyne.CurrentApp().Driver().CanvasForObject(o)
}
