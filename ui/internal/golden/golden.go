// Package golden compares pictures of screens with those kept in testdata.
// "go test ./ui -update" draws them anew.
package golden

import (
	"errors"
	"flag"
	"image"
	"image/draw"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"webphone/ui/look"
)

var update = flag.Bool("update", false, "draw the pictures in testdata anew")

const (
	// levels is how far a channel may be off, 0–255: floating point differs
	// a little between processors.
	levels = 12
	// share is how many pixels may be further off than that.
	share = 0.0005
)

// App is an application in the theme of the design, for one test.
func App(t *testing.T, choice look.Choice) fyne.App {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.Theme{Choice: choice})
	return a
}

// Check compares the window with testdata/<name>.png. A picture that differs
// is kept among the test's artifacts.
func Check(t *testing.T, w fyne.Window, name string) {
	t.Helper()
	got := w.Canvas().Capture()
	path := filepath.Join("testdata", name+".png")
	if *update {
		write(t, path, got)
		return
	}
	want, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s does not exist; run with -update and look at it", path)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if off := Differing(got, want); off > share {
		kept := filepath.Join(t.ArtifactDir(), name+".png")
		write(t, kept, got)
		t.Errorf("%.3f %% of the pixels differ from %s; see %s", off*100, path, kept)
	}
}

// Differing is the share of pixels, 0–1, in which two opaque pictures differ
// visibly; 1 when their sizes differ.
func Differing(a, b image.Image) float64 {
	size := a.Bounds().Size()
	if size != b.Bounds().Size() || size.X*size.Y == 0 {
		return 1
	}
	pa, pb := pixels(a), pixels(b)
	off := 0
	for i := 0; i < len(pa); i += 4 {
		if distant(pa[i], pb[i]) || distant(pa[i+1], pb[i+1]) || distant(pa[i+2], pb[i+2]) {
			off++
		}
	}
	return float64(off) / float64(size.X*size.Y)
}

// pixels are the picture's channels, four bytes a pixel without gaps. Opaque
// pictures have the same in every model.
func pixels(img image.Image) []uint8 {
	switch img := img.(type) {
	case *image.NRGBA:
		return img.Pix
	case *image.RGBA:
		return img.Pix
	}
	plain := image.NewRGBA(image.Rectangle{Max: img.Bounds().Size()})
	draw.Draw(plain, plain.Bounds(), img, img.Bounds().Min, draw.Src)
	return plain.Pix
}

func distant(a, b uint8) bool { return max(a, b)-min(a, b) > levels }

func read(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return png.Decode(f)
}

func write(t *testing.T, path string, img image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(f, img), f.Close()); err != nil {
		t.Fatal(err)
	}
}
