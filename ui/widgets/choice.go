package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"webphone/ui/look"
)

// Option is one thing a Select offers.
type Option struct {
	Key   string // "" is a key like any other
	Label string
}

// Select is a field that offers options in a menu. Enter, Space and Down open
// it.
type Select struct {
	Press
	// OnChange is called when the user chose another option.
	OnChange func(key string)

	options []Option
	key     string
	chevron fyne.Resource

	back   *canvas.Rectangle
	label  *canvas.Text
	image  *canvas.Image
	washes washes
}

// NewSelect is a select without options; chevron points down.
func NewSelect(chevron fyne.Resource, changed func(key string)) *Select {
	s := &Select{OnChange: changed, chevron: chevron}
	s.OnTap = s.open
	s.back, s.label, s.image = rounded(look.FieldCorner), newText(look.BodyText), newImage(chevron, look.Text, 16)
	s.washes = newWashes(look.FieldCorner)
	s.Extend(s)
	return s
}

// Set replaces the options and the chosen one without calling OnChange.
func (s *Select) Set(options []Option, key string) {
	s.options, s.key = options, key
	s.Refresh()
}

// Key is the chosen option's.
func (s *Select) Key() string { return s.key }

// Choose chooses as the user does.
func (s *Select) Choose(key string) {
	if s.key == key {
		return
	}
	s.key = key
	s.Refresh()
	if s.OnChange != nil {
		s.OnChange(key)
	}
}

// TypedKey opens for Down too.
func (s *Select) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyDown {
		s.tap()
		return
	}
	s.Press.TypedKey(e)
}

func (s *Select) open() {
	items := make([]*fyne.MenuItem, len(s.options))
	for i, o := range s.options {
		items[i] = fyne.NewMenuItem(o.Label, func() { s.Choose(o.Key) })
		items[i].Checked = o.Key == s.key
	}
	PopUp(s, items, fyne.NewPos(0, s.Size().Height+4), s.Size().Width)
}

// PopUp shows a menu at a place relative to o, at least width wide.
func PopUp(o fyne.CanvasObject, items []*fyne.MenuItem, at fyne.Position, width float32) {
	c := canvasOf(o)
	if c == nil || len(items) == 0 {
		return
	}
	menu := widget.NewPopUpMenu(fyne.NewMenu("", items...), c)
	menu.ShowAtRelativePosition(at, o)
	menu.Resize(menu.MinSize().Max(fyne.NewSize(width, 0)))
}

// CreateRenderer is for Fyne.
func (s *Select) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{s.back, s.washes.wash, s.label, s.image, s.washes.ring}}
	d.layout = func(size fyne.Size) {
		place(s.back, 0, 0, size.Width, size.Height)
		s.washes.lay(0, 0, size.Width, size.Height)
		s.label.Text = Ellipsis(s.text(), size.Width-13-34, look.BodyText, s.label.TextStyle)
		m := s.label.MinSize()
		place(s.label, 13, (size.Height-m.Height)/2, m.Width, m.Height)
		place(s.image, size.Width-27, (size.Height-16)/2, 16, 16)
	}
	d.min = func() fyne.Size { return fyne.NewSize(120, look.FieldHeight) }
	d.paint = func() {
		s.back.FillColor, s.back.StrokeColor, s.back.StrokeWidth = role(look.Background), role(look.Line), 1
		ink := look.Text
		if s.disabled {
			ink = look.Muted
		}
		s.label.Color = role(ink)
		setImage(s.image, s.chevron, ink, 16)
		s.washes.paint(&s.Press)
		d.layout(s.Size())
	}
	d.paint()
	return d
}

func (s *Select) text() string {
	for _, o := range s.options {
		if o.Key == s.key {
			return o.Label
		}
	}
	return ""
}

// Chip is a small pill: a filter that is on or off, a call to swap to, or a
// mere label when OnTap is nil.
type Chip struct {
	Press
	text     string
	icon     fyne.Resource
	selected bool
	back     *canvas.Rectangle
	label    *canvas.Text
	image    *canvas.Image
	washes   washes
}

// NewChip is a chip that is not selected.
func NewChip(text string, tapped func()) *Chip {
	c := &Chip{text: text, back: rounded(12), label: newText(look.CaptionText), image: newImage(nil, "", 12), washes: newWashes(12)}
	c.OnTap = tapped
	c.Extend(c)
	return c
}

// Set changes text, icon (nil for none) and selection.
func (c *Chip) Set(text string, icon fyne.Resource, selected bool) {
	if c.text == text && c.icon == icon && c.selected == selected {
		return
	}
	c.text, c.icon, c.selected = text, icon, selected
	c.Refresh()
}

// SetSelected changes the selection.
func (c *Chip) SetSelected(on bool) { c.Set(c.text, c.icon, on) }

// Label is what the chip says.
func (c *Chip) Label() string { return c.text }

// Selected reports whether the chip is on.
func (c *Chip) Selected() bool { return c.selected }

// CreateRenderer is for Fyne.
func (c *Chip) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{c.back, c.washes.wash, c.image, c.label, c.washes.ring}}
	d.layout = func(s fyne.Size) {
		place(c.back, 0, 0, s.Width, s.Height)
		c.washes.lay(0, 0, s.Width, s.Height)
		x := float32(10)
		if c.icon != nil {
			place(c.image, x, (s.Height-12)/2, 12, 12)
			x += 17
		}
		c.label.Text = Ellipsis(c.text, s.Width-x-9, look.CaptionText, c.label.TextStyle)
		m := c.label.MinSize()
		place(c.label, x, (s.Height-m.Height)/2, m.Width, m.Height)
	}
	d.min = func() fyne.Size {
		w := fyne.MeasureText(c.text, look.CaptionText, c.label.TextStyle).Width + 20
		if c.icon != nil {
			w += 17
		}
		return fyne.NewSize(w, 24)
	}
	d.paint = func() {
		fill, ink := look.Key, look.Muted
		if c.selected {
			fill, ink = look.AccentSoft, look.AccentText
		}
		c.back.FillColor, c.label.Color = role(fill), role(ink)
		c.label.TextStyle.Bold = c.selected
		setImage(c.image, c.icon, ink, 12)
		c.washes.paint(&c.Press)
		d.layout(c.Size())
	}
	d.paint()
	return d
}

// Link is text that can be pressed.
type Link struct {
	Press
	text   string
	label  *canvas.Text
	line   *canvas.Rectangle
	washes washes
	color  fyne.ThemeColorName
}

// NewLink is a link with text of that size.
func NewLink(text string, size float32, tapped func()) *Link {
	l := &Link{text: text, label: newText(size), line: rounded(0), washes: newWashes(4), color: look.AccentText}
	l.OnTap = tapped
	l.Extend(l)
	return l
}

// In gives the link another colour and returns it.
func (l *Link) In(color fyne.ThemeColorName) *Link {
	l.color = color
	return l
}

// SetText changes the words.
func (l *Link) SetText(text string) {
	if l.text != text {
		l.text = text
		l.Refresh()
	}
}

// Label is what the link says.
func (l *Link) Label() string { return l.text }

// CreateRenderer is for Fyne.
func (l *Link) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{l.label, l.line, l.washes.ring}}
	d.layout = func(s fyne.Size) {
		l.label.Text = Ellipsis(l.text, s.Width, l.label.TextSize, l.label.TextStyle)
		m := l.label.MinSize()
		y := (s.Height - m.Height) / 2
		place(l.label, 0, y, m.Width, m.Height)
		place(l.line, 0, y+m.Height-2, m.Width, 1)
		l.washes.lay(0, 0, m.Width, s.Height)
	}
	d.min = func() fyne.Size { return fyne.MeasureText(l.text, l.label.TextSize, l.label.TextStyle) }
	d.paint = func() {
		color := l.color
		if l.disabled {
			color = look.Muted
		}
		l.label.Color = role(color)
		l.line.FillColor, l.line.Hidden = role(color), !l.hovered || l.disabled
		l.washes.paint(&l.Press)
		d.layout(l.Size())
	}
	d.paint()
	return d
}
