package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"webphone/ui/look"
)

// LongPress is how long a key is held down for its second meaning.
const LongPress = 600 * time.Millisecond

// Key is a key of the dialpad: a digit with letters below.
type Key struct {
	Press
	// OnLong is called in place of OnTap when the key was held down; nil
	// means a press is a press however long.
	OnLong func()

	digit, letters string
	icon           fyne.Resource
	downAt         time.Time
	back           *canvas.Rectangle
	large, small   *canvas.Text
	image          *canvas.Image
	washes         washes
}

// NewKey is a key; icon, if not nil, is drawn in place of the digit.
func NewKey(digit, letters string, icon fyne.Resource, tapped func()) *Key {
	k := &Key{digit: digit, letters: letters, icon: icon}
	k.OnTap = tapped
	k.back, k.washes = rounded(look.KeyHeight/2), newWashes(look.KeyHeight/2)
	k.large, k.small = newText(look.KeyText), newText(look.SmallText)
	k.image = newImage(icon, look.Text, 20)
	k.large.Text, k.small.Text = digit, spaced(letters)
	k.large.Hidden = icon != nil
	k.Extend(k)
	return k
}

// spaced sets letters apart, as on a telephone.
func spaced(letters string) string {
	if letters == "" || letters == "+" {
		return letters
	}
	out := ""
	for i, r := range letters {
		if i > 0 {
			out += "\u200a"
		}
		out += string(r)
	}
	return out
}

// MouseDown begins to count.
func (k *Key) MouseDown(e *desktop.MouseEvent) {
	k.downAt = time.Now()
	k.Press.MouseDown(e)
}

// Tapped is a press, or a long one.
func (k *Key) Tapped(e *fyne.PointEvent) {
	long := !k.downAt.IsZero() && time.Since(k.downAt) >= LongPress
	k.downAt = time.Time{}
	if long && k.OnLong != nil && !k.disabled {
		k.OnLong()
		return
	}
	k.Press.Tapped(e)
}

// CreateRenderer is for Fyne.
func (k *Key) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{k.back, k.washes.wash, k.large, k.small, k.image, k.washes.ring}}
	d.layout = func(s fyne.Size) {
		radius := s.Height / 2
		k.back.CornerRadius, k.washes.wash.CornerRadius, k.washes.ring.CornerRadius = radius, radius, radius+3
		place(k.back, 0, 0, s.Width, s.Height)
		k.washes.lay(0, 0, s.Width, s.Height)
		center(k.image, fyne.NewSquareSize(20), 0, 0, s.Width, s.Height)
		k.arrange(s)
	}
	d.min = func() fyne.Size { return fyne.NewSize(44, 36) }
	d.paint = func() {
		ink, minor := look.Text, look.Muted
		if k.disabled {
			ink = look.Muted
		}
		k.back.FillColor, k.large.Color, k.small.Color = role(look.Key), role(ink), role(minor)
		setImage(k.image, k.icon, ink, 20)
		k.washes.paint(&k.Press)
	}
	d.paint()
	return d
}

// arrange puts the letters below the digit, or beside it on a low key.
func (k *Key) arrange(s fyne.Size) {
	large, small := k.large.MinSize(), k.small.MinSize()
	raised := lift(look.KeyText)
	switch {
	case k.letters == "":
		center(k.large, large, 0, -raised, s.Width, s.Height)
	case s.Height < 46:
		x := s.Width/2 - 11
		place(k.large, x-large.Width/2, (s.Height-large.Height)/2-raised, large.Width, large.Height)
		place(k.small, x+large.Width/2+5, (s.Height-small.Height)/2+1, small.Width, small.Height)
	default:
		center(k.large, large, 0, -7, s.Width, s.Height)
		center(k.small, small, 0, 13, s.Width, s.Height)
	}
}

// Round is a control of a call: a disc with an icon, a word below, on or off.
type Round struct {
	Press
	text   string
	icon   fyne.Resource
	on     bool
	fill   fyne.ThemeColorName // while on
	disc   *canvas.Rectangle
	image  *canvas.Image
	label  *canvas.Text
	washes washes
}

// NewRound is a control that is off.
func NewRound(text string, icon fyne.Resource, tapped func()) *Round {
	r := &Round{text: text, icon: icon, fill: look.Accent}
	r.OnTap = tapped
	r.disc, r.washes = rounded(look.RoundSize/2), newWashes(look.RoundSize/2)
	r.image, r.label = newImage(icon, look.Text, 24), newText(look.CaptionText)
	r.Extend(r)
	return r
}

// Filled chooses the colour of the disc while on and returns the control.
func (r *Round) Filled(fill fyne.ThemeColorName) *Round {
	r.fill = fill
	return r
}

// Set changes word, icon and state.
func (r *Round) Set(text string, icon fyne.Resource, on bool) {
	if r.text == text && r.icon == icon && r.on == on {
		return
	}
	r.text, r.icon, r.on = text, icon, on
	r.Refresh()
}

// Label is the word below.
func (r *Round) Label() string { return r.text }

// On reports the state.
func (r *Round) On() bool { return r.on }

// CreateRenderer is for Fyne.
func (r *Round) CreateRenderer() fyne.WidgetRenderer {
	const size = look.RoundSize
	d := &drawing{objects: []fyne.CanvasObject{r.disc, r.washes.wash, r.image, r.label, r.washes.ring}}
	d.layout = func(s fyne.Size) {
		x := (s.Width - size) / 2
		place(r.disc, x, 0, size, size)
		r.washes.lay(x, 0, size, size)
		center(r.image, fyne.NewSquareSize(24), x, 0, size, size)
		m := r.label.MinSize()
		place(r.label, (s.Width-m.Width)/2, size+7, m.Width, m.Height)
	}
	d.min = func() fyne.Size { return fyne.NewSize(80, size+24) }
	d.paint = func() {
		fill, ink := look.Key, look.Text
		if r.on {
			fill, ink = r.fill, look.OnFill
		}
		if r.disabled {
			fill, ink = look.Key, look.Muted
		}
		r.disc.FillColor = role(fill)
		setImage(r.image, r.icon, ink, 24)
		r.label.Text, r.label.Color = r.text, role(look.Muted)
		r.washes.paint(&r.Press)
		d.layout(r.Size())
	}
	d.paint()
	return d
}

// Nav is an item of the rail or of the bottom bar: icon, word, count.
type Nav struct {
	Press
	text     string
	icon     fyne.Resource
	selected bool
	flat     bool // in the bottom bar: no background
	back     *canvas.Rectangle
	image    *canvas.Image
	label    *canvas.Text
	badge    *Badge
	washes   washes
}

// NewNav is an item of the rail.
func NewNav(text string, icon fyne.Resource, tapped func()) *Nav {
	n := &Nav{text: text, icon: icon}
	n.OnTap = tapped
	n.back, n.washes = rounded(look.RailCorner), newWashes(look.RailCorner)
	n.image, n.label, n.badge = newImage(icon, look.Muted, 22), newText(look.SmallText), NewBadge(look.Negative)
	n.Extend(n)
	return n
}

// Flat is for the bottom bar; it returns the item.
func (n *Nav) Flat() *Nav {
	n.flat = true
	return n
}

// SetSelected marks the item of the screen in sight.
func (n *Nav) SetSelected(on bool) {
	if n.selected != on {
		n.selected = on
		n.Refresh()
	}
}

// SetCount shows a badge for a count above zero.
func (n *Nav) SetCount(count int) {
	if n.badge.count != count {
		n.badge.SetCount(count)
		n.Refresh()
	}
}

// CreateRenderer is for Fyne.
func (n *Nav) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{n.back, n.washes.wash, n.image, n.badge, n.label, n.washes.ring}}
	d.layout = func(s fyne.Size) {
		place(n.back, 0, 0, s.Width, s.Height)
		n.washes.lay(0, 0, s.Width, s.Height)
		n.washes.ring.Resize(fyne.NewSize(s.Width-2, s.Height-2))
		n.washes.ring.Move(fyne.NewPos(1, 1))
		n.washes.ring.CornerRadius = look.RailCorner
		x, y := s.Width/2, s.Height/2-8
		place(n.image, x-11, y-11, 22, 22)
		b := n.badge.MinSize()
		place(n.badge, x+4, y-9-b.Height/2+1, b.Width, b.Height)
		m := n.label.MinSize()
		place(n.label, x-m.Width/2, s.Height/2+13-m.Height/2, m.Width, m.Height)
	}
	d.min = func() fyne.Size { return fyne.NewSize(look.RailItemW, look.RailItemH) }
	d.paint = func() {
		ink, fill := look.Muted, look.Clear
		if n.selected {
			ink, fill = look.AccentText, look.AccentSoft
		}
		if n.flat {
			fill = look.Clear
		}
		n.back.FillColor, n.label.Color = role(fill), role(ink)
		n.label.Text, n.label.TextStyle.Bold = n.text, n.selected
		setImage(n.image, n.icon, ink, 22)
		n.washes.paint(&n.Press)
		d.layout(n.Size())
	}
	d.paint()
	return d
}
