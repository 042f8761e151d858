package golden_test

import (
	"image"
	"image/color"
	"testing"

	"webphone/ui/internal/golden"
)

func TestDiffering(t *testing.T) {
	plain := func(c color.NRGBA, n int) *image.NRGBA {
		img := image.NewNRGBA(image.Rect(0, 0, 10, 10))
		for i := range 100 {
			img.SetNRGBA(i%10, i/10, color.NRGBA{R: 100, G: 100, B: 100, A: 255})
			if i < n {
				img.SetNRGBA(i%10, i/10, c)
			}
		}
		return img
	}
	grey := plain(color.NRGBA{}, 0)
	other := image.NewRGBA(grey.Bounds())
	for i := range other.Pix {
		other.Pix[i] = grey.Pix[i]
	}
	for _, c := range []struct {
		rule string
		b    image.Image
		want float64
	}{
		{"the same", grey, 0},
		{"the same in another model", other, 0},
		{"five of a hundred pixels", plain(color.NRGBA{R: 200, G: 100, B: 100, A: 255}, 5), 0.05},
		{"rounding is not seen", plain(color.NRGBA{R: 103, G: 98, B: 100, A: 255}, 50), 0},
		{"darker counts as much as lighter", plain(color.NRGBA{R: 20, G: 100, B: 100, A: 255}, 5), 0.05},
		{"another size", image.NewNRGBA(image.Rect(0, 0, 5, 5)), 1},
	} {
		if got := golden.Differing(grey, c.b); got != c.want {
			t.Errorf("%s: %v, want %v", c.rule, got, c.want)
		}
	}
}
