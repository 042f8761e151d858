package desktop

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"

	"fyne.io/fyne/v2"
)

// traySize is the side of an icon in pixels; desktops scale it down.
const traySize = 64

// TrayIcon is a PNG for the tray: a disc with a handset; offline crosses it
// out, a call draws a ring around it, what waits adds a red dot, and do not
// disturb shows a bar in its place.
func TrayIcon(s TrayState) fyne.Resource {
	img := image.NewNRGBA(image.Rect(0, 0, traySize, traySize))
	for y := range traySize {
		for x := range traySize {
			p := point{float64(x) + 0.5 - traySize/2, float64(y) + 0.5 - traySize/2}
			img.SetNRGBA(x, y, trayPixel(s, p))
		}
	}
	var b bytes.Buffer
	// Encoding into memory cannot fail for an image of this kind.
	_ = png.Encode(&b, img)
	return fyne.NewStaticResource("tray-"+string(s)+".png", b.Bytes())
}

var (
	trayGreen = color.NRGBA{0x16, 0x88, 0x4A, 0xFF}
	trayBlue  = color.NRGBA{0x25, 0x63, 0xEB, 0xFF}
	trayRed   = color.NRGBA{0xD0, 0x34, 0x2C, 0xFF}
	trayAmber = color.NRGBA{0xB2, 0x6A, 0x00, 0xFF}
	trayGrey  = color.NRGBA{0x6B, 0x78, 0x88, 0xFF}
	trayWhite = color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF}
)

// point is a place in pixels from the middle of the icon.
type point struct{ x, y float64 }

// trayPixel paints the layers of an icon at one place. Every shape is given
// by the distance to its edge, negative inside; that makes smooth edges.
func trayPixel(s TrayState, p point) color.NRGBA {
	var c color.NRGBA
	fill, radius := trayGreen, 30.0
	switch s {
	case TrayOffline:
		fill = trayGrey
	case TrayQuiet:
		fill = trayAmber
	case TrayCall:
		fill, radius = trayBlue, 24
		c = over(c, fill, math.Abs(math.Hypot(p.x, p.y)-29)-2)
	case TrayReady, TrayMissed:
	}
	c = over(c, fill, math.Hypot(p.x, p.y)-radius)
	if s == TrayQuiet {
		return over(c, trayWhite, capsule(p, point{-14, 0}, point{14, 0}, 5))
	}
	c = over(c, trayWhite, handset(p, radius/30))
	switch s {
	case TrayOffline:
		c = over(c, fill, capsule(p, point{-17, 17}, point{17, -17}, 6))
		c = over(c, trayWhite, capsule(p, point{-17, 17}, point{17, -17}, 2.5))
	case TrayMissed:
		dot := math.Hypot(p.x-19, p.y+19)
		c.A = uint8(float64(c.A) * (1 - coverage(dot-15))) // a gap around the dot
		c = over(c, trayRed, dot-12)
	default:
	}
	return c
}

// handset is the distance to a telephone receiver that lies from the upper
// left to the lower right, as on the Call button.
func handset(p point, scale float64) float64 {
	const turn = math.Pi / 4
	x := (p.x*math.Cos(turn) + p.y*math.Sin(turn)) / scale
	y := (-p.x*math.Sin(turn) + p.y*math.Cos(turn)) / scale
	q := point{x, y - 2}
	handle := capsule(q, point{-12, 4}, point{12, 4}, 4)
	ear := capsule(q, point{-13, 2}, point{-13, -4}, 5.5)
	mouth := capsule(q, point{13, 2}, point{13, -4}, 5.5)
	return min(handle, ear, mouth) * scale
}

// capsule is the distance to a line from a to b with round ends.
func capsule(p, a, b point, radius float64) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	along := ((p.x-a.x)*dx + (p.y-a.y)*dy) / (dx*dx + dy*dy)
	along = min(max(along, 0), 1)
	return math.Hypot(p.x-a.x-along*dx, p.y-a.y-along*dy) - radius
}

// coverage is how much of a pixel a shape covers whose edge is at distance d.
func coverage(d float64) float64 { return min(max(0.5-d, 0), 1) }

// over paints ink over c where the shape at distance d covers it.
func over(c, ink color.NRGBA, d float64) color.NRGBA {
	part := coverage(d)
	if part == 0 {
		return c
	}
	below := float64(c.A) / 0xFF * (1 - part)
	alpha := part + below
	mix := func(under, ink uint8) uint8 {
		return uint8(math.Round((float64(ink)*part + float64(under)*below) / alpha))
	}
	return color.NRGBA{mix(c.R, ink.R), mix(c.G, ink.G), mix(c.B, ink.B), uint8(math.Round(alpha * 0xFF))}
}
