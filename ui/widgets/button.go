package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"webphone/ui/look"
)

// Kind is how a button looks.
type Kind int

// The kinds of button.
const (
	Primary  Kind = iota // accent, rounded corners
	Outline              // surface with a line
	Quiet                // a pill in the key colour
	Positive             // a green pill: call, answer
	Negative             // a red pill: hang up, decline
)

type kindLook struct {
	fill, ink, line fyne.ThemeColorName
	pill            bool
}

func (k Kind) look() kindLook {
	switch k {
	case Primary:
		return kindLook{fill: look.Accent, ink: look.OnFill, line: look.Clear}
	case Positive:
		return kindLook{fill: look.Positive, ink: look.OnFill, line: look.Clear, pill: true}
	case Negative:
		return kindLook{fill: look.Negative, ink: look.OnFill, line: look.Clear, pill: true}
	case Quiet:
		return kindLook{fill: look.Key, ink: look.Text, line: look.Clear, pill: true}
	}
	return kindLook{fill: look.Surface, ink: look.Text, line: look.Line}
}

// Button is a labelled button with an optional icon.
type Button struct {
	Press
	kind     Kind
	text     string
	icon     fyne.Resource
	height   float32
	textSize float32

	fill   *canvas.Rectangle
	label  *canvas.Text
	image  *canvas.Image
	washes washes
}

// NewButton is a button 40 high; icon may be nil.
func NewButton(kind Kind, text string, icon fyne.Resource, tapped func()) *Button {
	b := &Button{kind: kind, text: text, icon: icon, height: look.FieldHeight, textSize: look.BodyText}
	b.OnTap = tapped
	b.fill, b.label, b.image = rounded(0), newText(b.textSize), newImage(nil, "", 0)
	b.label.TextStyle.Bold = true
	b.washes = newWashes(0)
	b.Extend(b)
	return b
}

// NewSmallButton is a button 26 high with small text, for headings of lists.
func NewSmallButton(kind Kind, text string, icon fyne.Resource, tapped func()) *Button {
	b := NewButton(kind, text, icon, tapped)
	b.height, b.textSize = 26, look.CaptionText
	b.label.TextSize, b.label.TextStyle.Bold = b.textSize, false
	return b
}

// Tall sets the height and returns the button; the text of one of 50 or more
// is larger.
func (b *Button) Tall(height float32) *Button {
	b.height = height
	if height >= 50 {
		b.textSize = 16
		b.label.TextSize = b.textSize
	}
	return b
}

// Label is the text on the button.
func (b *Button) Label() string { return b.text }

// Set changes what the button says and looks like.
func (b *Button) Set(kind Kind, text string, icon fyne.Resource) {
	if b.kind == kind && b.text == text && b.icon == icon {
		return
	}
	b.kind, b.text, b.icon = kind, text, icon
	b.Refresh()
}

// SetText changes the text.
func (b *Button) SetText(text string) { b.Set(b.kind, text, b.icon) }

// CreateRenderer is for Fyne.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{b.fill, b.washes.wash, b.image, b.label, b.washes.ring}}
	d.layout, d.min, d.paint = b.arrange, b.minimum, b.paint
	b.paint()
	return d
}

func (b *Button) gaps() (side, between, iconSize float32) {
	switch {
	case b.height < 30:
		return 11, 5, 13
	case b.kind.look().pill:
		return 22, 12, 20
	}
	return 16, 8, 16
}

func (b *Button) minimum() fyne.Size {
	side, between, iconSize := b.gaps()
	w := b.label.MinSize().Width + 2*side
	if b.icon != nil {
		w += iconSize
		if b.text != "" {
			w += between
		}
	}
	return fyne.NewSize(w, b.height)
}

func (b *Button) arrange(s fyne.Size) {
	radius := look.FieldCorner
	if b.kind.look().pill {
		radius = s.Height / 2
	}
	b.fill.CornerRadius, b.washes.wash.CornerRadius, b.washes.ring.CornerRadius = radius, radius, radius+3
	place(b.fill, 0, 0, s.Width, s.Height)
	b.washes.lay(0, 0, s.Width, s.Height)

	side, between, iconSize := b.gaps()
	room := s.Width - side
	icon := b.icon != nil
	if icon && b.text != "" {
		// The word says more than the icon.
		whole := fyne.MeasureText(b.text, b.textSize, b.label.TextStyle).Width
		icon = whole <= room-iconSize-between
	}
	b.image.Hidden = !icon
	if icon {
		room -= iconSize + between
	}
	b.label.Text = Ellipsis(b.text, room, b.textSize, b.label.TextStyle)
	text := b.label.MinSize()
	total := text.Width
	if icon {
		total += iconSize
		if b.text != "" {
			total += between
		}
	}
	x := (s.Width - total) / 2
	if icon {
		place(b.image, x, (s.Height-iconSize)/2, iconSize, iconSize)
		x += iconSize + between
	}
	place(b.label, x, (s.Height-text.Height)/2-lift(b.textSize), text.Width, text.Height)
}

func (b *Button) paint() {
	k := b.kind.look()
	ink := k.ink
	b.fill.FillColor = role(k.fill)
	if b.disabled {
		ink = look.Muted
		b.fill.FillColor = role(look.Key)
	}
	b.fill.StrokeColor, b.fill.StrokeWidth = role(k.line), 1
	b.label.Text, b.label.Color = b.text, role(ink)
	_, _, iconSize := b.gaps()
	setImage(b.image, b.icon, ink, iconSize)
	b.washes.paint(&b.Press)
	b.arrange(b.Size())
}

// IconButton is an icon without a background until the mouse is over it.
// Its name is what a tooltip or a screen reader would say.
type IconButton struct {
	Press
	name   string
	icon   fyne.Resource
	color  fyne.ThemeColorName
	size   float32 // of the icon
	fill   *canvas.Rectangle
	image  *canvas.Image
	washes washes
	filled bool
}

// NewIconButton is a 40×40 button with an icon of 22.
func NewIconButton(name string, icon fyne.Resource, color fyne.ThemeColorName, tapped func()) *IconButton {
	b := &IconButton{name: name, icon: icon, color: color, size: 22}
	b.OnTap = tapped
	b.fill, b.image, b.washes = rounded(20), newImage(icon, color, 22), newWashes(20)
	b.Extend(b)
	return b
}

// Filled gives the button the key colour as background and returns it.
func (b *IconButton) Filled() *IconButton {
	b.filled = true
	return b
}

// Name is what the button is called.
func (b *IconButton) Name() string { return b.name }

// SetIcon changes what the button shows.
func (b *IconButton) SetIcon(name string, icon fyne.Resource, color fyne.ThemeColorName) {
	if b.name == name && b.icon == icon && b.color == color {
		return
	}
	b.name, b.icon, b.color = name, icon, color
	b.Refresh()
}

// CreateRenderer is for Fyne.
func (b *IconButton) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{b.fill, b.washes.wash, b.image, b.washes.ring}}
	d.layout = func(s fyne.Size) {
		radius := min(s.Height, s.Width) / 2
		b.fill.CornerRadius, b.washes.wash.CornerRadius, b.washes.ring.CornerRadius = radius, radius, radius+3
		place(b.fill, 0, 0, s.Width, s.Height)
		b.washes.lay(0, 0, s.Width, s.Height)
		center(b.image, fyne.NewSquareSize(b.size), 0, 0, s.Width, s.Height)
	}
	d.min = func() fyne.Size { return fyne.NewSquareSize(40) }
	d.paint = func() {
		color := b.color
		if b.disabled {
			color = look.Muted
		}
		b.fill.FillColor = role(look.Clear)
		if b.filled {
			b.fill.FillColor = role(look.Key)
		}
		setImage(b.image, b.icon, color, b.size)
		b.washes.paint(&b.Press)
	}
	d.paint()
	return d
}
