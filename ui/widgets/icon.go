package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"webphone/ui/look"
)

// Icon is an SVG in the colour of a role.
type Icon struct {
	widget.BaseWidget
	resource fyne.Resource
	color    fyne.ThemeColorName
	size     float32
	image    *canvas.Image
}

// NewIcon is the icon r, size×size, in that colour.
func NewIcon(r fyne.Resource, size float32, color fyne.ThemeColorName) *Icon {
	i := &Icon{resource: r, size: size, color: color, image: newImage(r, color, size)}
	i.ExtendBaseWidget(i)
	return i
}

// Set replaces icon and colour.
func (i *Icon) Set(r fyne.Resource, color fyne.ThemeColorName) {
	if i.resource == r && i.color == color {
		return
	}
	i.resource, i.color = r, color
	setImage(i.image, r, color, i.size)
}

// CreateRenderer is for Fyne.
func (i *Icon) CreateRenderer() fyne.WidgetRenderer {
	return &drawing{
		objects: []fyne.CanvasObject{i.image},
		layout: func(s fyne.Size) {
			center(i.image, fyne.NewSquareSize(i.size), 0, 0, s.Width, s.Height)
		},
		min:   func() fyne.Size { return fyne.NewSquareSize(i.size) },
		paint: func() { setImage(i.image, i.resource, i.color, i.size) },
	}
}

func newImage(r fyne.Resource, color fyne.ThemeColorName, size float32) *canvas.Image {
	img := &canvas.Image{FillMode: canvas.ImageFillContain}
	setImage(img, r, color, size)
	return img
}

// setImage shows r in that colour, to be size wide; a nil r hides the image.
func setImage(img *canvas.Image, r fyne.Resource, color fyne.ThemeColorName, size float32) {
	img.Hidden = r == nil
	if r == nil {
		return
	}
	tinted := look.Tinted(r, color, size)
	if img.Resource != nil && img.Resource.Name() == tinted.Name() {
		return
	}
	img.Resource = tinted
	img.Refresh()
}
