package look

import (
	"bytes"
	"fmt"
	"image/color"
	"regexp"
	"strconv"

	"fyne.io/fyne/v2"
)

// Tinted is an icon drawn in "currentColor" on a grid of 24, in the colour
// that a role has now, to be shown size wide. Fyne's own ThemedResource
// recolours fills alone, and Fyne draws every stroke at its nominal width in
// pixels; these icons are strokes.
func Tinted(r fyne.Resource, role fyne.ThemeColorName, size float32) fyne.Resource {
	c := color.NRGBAModel.Convert(Of(role)).(color.NRGBA)
	hex := fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	pixels := size * scale()
	return &tinted{source: r, hex: hex, pixels: pixels, name: fmt.Sprintf("%s-%g-%s", hex, pixels, r.Name())}
}

type tinted struct {
	source    fyne.Resource
	hex, name string
	pixels    float32
}

var strokeWidth = regexp.MustCompile(`stroke-width="([0-9.]+)"`)

// Name differs per colour and size: Fyne caches the picture under it.
func (t *tinted) Name() string { return t.name }

// Content is the SVG with colour and stroke widths put in.
func (t *tinted) Content() []byte {
	colored := bytes.ReplaceAll(t.source.Content(), []byte("currentColor"), []byte(t.hex))
	return strokeWidth.ReplaceAllFunc(colored, func(m []byte) []byte {
		nominal, err := strconv.ParseFloat(string(strokeWidth.FindSubmatch(m)[1]), 32)
		if err != nil {
			return m
		}
		return fmt.Appendf(nil, `stroke-width="%.2f"`, float32(nominal)*t.pixels/24)
	})
}

// scale is how many pixels a unit of the window has.
func scale() float32 {
	for _, w := range fyne.CurrentApp().Driver().AllWindows() {
		return w.Canvas().Scale()
	}
	return 1
}
