package assets_test

import (
	"bytes"
	"flag"
	"image"
	"image/draw"
	"image/png"
	"os"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"webphone/assets"
)

var update = flag.Bool("update", false, "draw the application's icon anew")

func render(t *testing.T, r fyne.Resource, size float32) *image.NRGBA {
	t.Helper()
	test.NewTempApp(t)
	img := canvas.NewImageFromResource(r)
	w := test.NewTempWindow(t, img)
	w.SetPadded(false)
	w.Resize(fyne.NewSquareSize(size))
	img.Refresh()
	if img.Image == nil {
		t.Fatalf("%s cannot be drawn", r.Name())
	}
	out := image.NewNRGBA(img.Image.Bounds())
	draw.Draw(out, out.Bounds(), img.Image, image.Point{}, draw.Src)
	return out
}

func TestApp_pngIsWhatTheSVGDraws(t *testing.T) {
	svg, err := os.ReadFile("webphone.svg")
	if err != nil {
		t.Fatal(err)
	}
	var drawn bytes.Buffer
	if err := png.Encode(&drawn, render(t, fyne.NewStaticResource("webphone.svg", svg), 512)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("webphone.png", drawn.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(drawn.Bytes(), assets.App.Content()) {
		t.Error("webphone.png is not what webphone.svg draws; run with -update")
	}
}

func TestIcons_haveInkAndTakeAColour(t *testing.T) {
	entries, err := os.ReadDir("icons")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Run(e.Name(), func(t *testing.T) {
			content, err := os.ReadFile("icons/" + e.Name())
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(content, []byte("currentColor")) {
				t.Error("does not use currentColor")
			}
			red := bytes.ReplaceAll(content, []byte("currentColor"), []byte("#ff0000"))
			ink := 0
			img := render(t, fyne.NewStaticResource(e.Name(), red), 48)
			for i := 0; i < len(img.Pix); i += 4 {
				if img.Pix[i+3] > 128 {
					if img.Pix[i] < 200 || img.Pix[i+1] > 60 {
						t.Fatalf("has ink of another colour: %v", img.Pix[i:i+4])
					}
					ink++
				}
			}
			if ink < 60 {
				t.Errorf("has %d opaque pixels of 48×48", ink)
			}
		})
	}
}
