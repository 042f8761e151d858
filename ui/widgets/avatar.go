package widgets

import (
	"hash/fnv"
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"webphone/ui/look"
)

// Presence is the dot at an avatar's corner.
type Presence int

// The dots: none, green, amber, red, grey.
const (
	NoPresence Presence = iota
	Available
	Away
	Failing
	Unreachable
)

func (p Presence) color() fyne.ThemeColorName {
	switch p {
	case Available:
		return look.Positive
	case Away:
		return look.Caution
	case Failing:
		return look.Negative
	case Unreachable:
		return look.Muted
	}
	return look.Clear
}

// Avatar is a disc with a person's initials, tinted by the address.
type Avatar struct {
	widget.BaseWidget
	size          float32
	name, address string
	presence      Presence
	on            fyne.ThemeColorName // what the dot's rim blends into

	disc     *canvas.Circle
	dot      *canvas.Circle
	initials *canvas.Text
}

// NewAvatar is an avatar of that diameter.
func NewAvatar(size float32, name, address string) *Avatar {
	a := &Avatar{size: size, name: name, address: address, on: look.Surface}
	a.disc, a.dot = canvas.NewCircle(role(look.Clear)), canvas.NewCircle(role(look.Clear))
	a.initials = newText(size * initialsPart(size))
	a.initials.TextStyle.Bold = true
	a.initials.Alignment = fyne.TextAlignCenter
	a.ExtendBaseWidget(a)
	return a
}

// initialsPart is the text size as a part of the diameter.
func initialsPart(size float32) float32 {
	if size <= look.AvatarList+4 {
		return 0.37
	}
	return 0.38
}

// Set shows another person.
func (a *Avatar) Set(name, address string, p Presence) {
	if a.name == name && a.address == address && a.presence == p {
		return
	}
	a.name, a.address, a.presence = name, address, p
	a.Refresh()
}

// SetSize changes the diameter.
func (a *Avatar) SetSize(size float32) {
	if a.size == size || size <= 0 {
		return
	}
	a.size = size
	a.initials.TextSize = size * initialsPart(size)
	a.Refresh()
}

// SetPresence changes the dot.
func (a *Avatar) SetPresence(p Presence) { a.Set(a.name, a.address, p) }

// On says which background the avatar lies on, for the rim of its dot.
func (a *Avatar) On(background fyne.ThemeColorName) *Avatar {
	a.on = background
	return a
}

// CreateRenderer is for Fyne.
func (a *Avatar) CreateRenderer() fyne.WidgetRenderer {
	d := &drawing{objects: []fyne.CanvasObject{a.disc, a.initials, a.dot}}
	d.layout = func(s fyne.Size) {
		x, y := (s.Width-a.size)/2, (s.Height-a.size)/2
		place(a.disc, x, y, a.size, a.size)
		center(a.initials, a.initials.MinSize(), x, y-lift(a.initials.TextSize), a.size, a.size)
		place(a.dot, x+a.size-11, y+a.size-11, 12, 12)
	}
	d.min = func() fyne.Size { return fyne.NewSquareSize(a.size) }
	d.paint = func() {
		tint := TintOf(a.address)
		a.disc.FillColor = role(tint.Fill())
		a.initials.Text, a.initials.Color = Initials(a.name, a.address), role(tint.Ink())
		a.dot.FillColor, a.dot.StrokeColor, a.dot.StrokeWidth = role(a.presence.color()), role(a.on), 2
		a.dot.Hidden = a.presence == NoPresence
		d.layout(a.Size())
	}
	d.paint()
	return d
}

// TintOf is the tint of an address: always the same for the same person.
func TintOf(address string) look.Tint {
	h := fnv.New32a()
	h.Write([]byte(strings.ToLower(address)))
	sum := h.Sum32()
	return look.Tint((sum ^ sum>>16) % look.Tints) // the low bits alone mix badly
}

// Initials are the first letters of the first and last word of the name;
// "+5" for a number; of the address's user part when there is no name.
func Initials(name, address string) string {
	if strings.TrimSpace(name) == "" {
		name = userPart(address)
	}
	words := strings.FieldsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '+'
	})
	if len(words) == 0 {
		return "?"
	}
	first, size := utf8.DecodeRuneInString(words[0])
	if first == '+' || unicode.IsDigit(first) || len(words) == 1 {
		second, _ := utf8.DecodeRuneInString(words[0][size:])
		if second == utf8.RuneError {
			return strings.ToUpper(string(first))
		}
		return strings.ToUpper(string(first)) + string(second)
	}
	last, _ := utf8.DecodeRuneInString(words[len(words)-1])
	return strings.ToUpper(string(first)) + string(last)
}

func userPart(address string) string {
	if _, rest, ok := strings.Cut(address, ":"); ok {
		address = rest
	}
	user, _, _ := strings.Cut(address, "@")
	return user
}
