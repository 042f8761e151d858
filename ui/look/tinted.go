package look

import (
	"bytes"
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
)

// Tinted is an SVG drawn in "currentColor" in the colour that a role has now.
// Fyne's own ThemedResource recolours fills alone; these icons are strokes.
func Tinted(r fyne.Resource, role fyne.ThemeColorName) fyne.Resource {
	c := color.NRGBAModel.Convert(Of(role)).(color.NRGBA)
	return tinted{source: r, hex: fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)}
}

type tinted struct {
	source fyne.Resource
	hex    string
}

// Name differs per colour: Fyne caches the picture under it.
func (t tinted) Name() string { return t.hex + t.source.Name() }

func (t tinted) Content() []byte {
	return bytes.ReplaceAll(t.source.Content(), []byte("currentColor"), []byte(t.hex))
}
