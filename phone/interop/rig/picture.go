package rig

import (
	"fmt"
	"image"
	_ "image/png" // screenshots are PNG files
	"os"
	"path/filepath"
	"time"
)

// Picture is a screenshot.
type Picture struct {
	Name string // file
	image.Image
}

// Shoot takes a picture of the window once two shots 150 ms apart are the
// same, or after two seconds: meters and timers never rest.
func (w *Window) Shoot(name string) (*Picture, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, err
	}
	var last *Picture
	err := Poll(2*time.Second, func() error {
		<-time.After(150 * time.Millisecond)
		p, err := w.shoot(name)
		if err != nil {
			return Final(err)
		}
		same := last != nil && Difference(last, p) == 0
		last = p
		if !same {
			return fmt.Errorf("the window is changing")
		}
		return nil
	})
	if last == nil {
		return nil, err
	}
	return last, nil
}

// WaitDrawn waits until the window shows something and returns when the first
// such picture was begun.
func (w *Window) WaitDrawn(name string) (time.Time, error) {
	var at time.Time
	err := Poll(2*Limit, func() error {
		at = time.Now()
		p, err := w.shoot(name)
		if err != nil {
			return err
		}
		if n, _ := p.Colours(); n < 32 {
			return fmt.Errorf("the window has %d colours", n)
		}
		return nil
	})
	return at, err
}

func (w *Window) shoot(name string) (*Picture, error) {
	if _, err := w.desktop.tool("import", "-window", w.id, "-strip", name); err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, _, err := image.Decode(f)
	return &Picture{Name: name, Image: img}, err
}

// Difference returns the share of pixels in which two pictures differ; 1 when
// their sizes do.
func Difference(a, b *Picture) float64 {
	if a.Bounds() != b.Bounds() {
		return 1
	}
	different := 0
	r := a.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			if r1>>9 != r2>>9 || g1>>9 != g2>>9 || b1>>9 != b2>>9 {
				different++
			}
		}
	}
	return float64(different) / float64(r.Dx()*r.Dy())
}

// Colours returns how many colours the picture has, and its mean brightness
// from 0 to 1.
func (p *Picture) Colours() (colours int, brightness float64) {
	seen := map[[3]uint32]bool{}
	r := p.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			red, green, blue, _ := p.At(x, y).RGBA()
			seen[[3]uint32{red >> 8, green >> 8, blue >> 8}] = true
			brightness += float64(red+green+blue) / (3 * 0xffff)
		}
	}
	return len(seen), brightness / float64(r.Dx()*r.Dy())
}
