// Package widgets holds the parts that screens are made of. They are dumb:
// they show what they were given and call back; they know nothing of calls.
// Every control can be reached and used by keyboard. Like all of Fyne they
// belong to the UI goroutine.
package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"webphone/ui/look"
)

// drawing is a WidgetRenderer made of functions.
type drawing struct {
	objects []fyne.CanvasObject
	layout  func(fyne.Size)
	min     func() fyne.Size
	paint   func() // sets colours and texts; nil means nothing to set
}

func (d *drawing) Layout(s fyne.Size)           { d.layout(s) }
func (d *drawing) MinSize() fyne.Size           { return d.min() }
func (d *drawing) Objects() []fyne.CanvasObject { return d.objects }
func (d *drawing) Destroy()                     {}

func (d *drawing) Refresh() {
	if d.paint != nil {
		d.paint()
	}
	for _, o := range d.objects {
		o.Refresh()
	}
}

// place moves and resizes in one line.
func place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}

// center places o, of size s, in the middle of a w×h area at x, y.
func center(o fyne.CanvasObject, s fyne.Size, x, y, w, h float32) {
	place(o, x+(w-s.Width)/2, y+(h-s.Height)/2, s.Width, s.Height)
}

func rounded(radius float32) *canvas.Rectangle {
	r := canvas.NewRectangle(color.Transparent)
	r.CornerRadius = radius
	return r
}

func newText(size float32) *canvas.Text {
	t := canvas.NewText("", color.Transparent)
	t.TextSize = size
	return t
}

// lift is by how much text must be raised for its capitals to stand in the
// middle of its line, which is measured with room for accents and descenders.
func lift(size float32) float32 { return size * 0.07 }

// role is the colour of a role, now.
func role(n fyne.ThemeColorName) color.Color { return look.Of(n) }
