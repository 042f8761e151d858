package ui

import (
	"math"
	"time"

	"fyne.io/fyne/v2"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// The slider must stand still for so many beats before the volume is kept:
// each keeping writes a file.
const (
	ringBeat   = 100 * time.Millisecond
	ringSettle = 3
)

// ringVolume sets how loud it rings, and lets that be heard.
type ringVolume struct {
	host   *host
	slider *widgets.Slider
	line   fyne.CanvasObject
	test   *widgets.Button
	moved  time.Time // by the user: the snapshot may still be older
	still  int       // beats since then
	settle func()    // ends the beats; nil while the slider stands still
}

func newRingVolume(h *host) *ringVolume {
	r := &ringVolume{host: h}
	r.slider = widgets.NewSlider(func(float64) { r.turned() })
	r.line = widgets.NewLine(12, 1, widgets.NewIcon(assets.Bell, 20, look.Muted), r.slider)
	r.test = widgets.NewButton(widgets.Outline, "Test ring", nil, func() { r.keep(h.Phone.PlayRing) })
	return r
}

// Apply shows the volume, unless the user is changing it.
func (r *ringVolume) Apply(a phone.Audio) {
	if r.settle == nil && r.host.Now().Sub(r.moved) > time.Second {
		r.slider.SetValue(1 - float64(a.RingQuieter)/100)
	}
}

// turned keeps the volume once the slider stands still.
func (r *ringVolume) turned() {
	r.moved, r.still = r.host.Now(), 0
	if r.settle != nil {
		return
	}
	r.settle = r.host.Model.Every(ringBeat, func() {
		if r.still++; r.still == ringSettle && r.settle != nil {
			r.keep(func() error { return nil })
		}
	})
}

// keep applies what the slider shows, then does what it is to be in effect for.
func (r *ringVolume) keep(then func() error) {
	if r.settle != nil {
		r.settle()
		r.settle = nil
	}
	quieter := 100 - int(math.Round(100*r.slider.Value()))
	r.host.Run(func() error {
		s := r.host.Phone.Snapshot().Settings
		if s.Audio.RingQuieter != quieter {
			s.Audio.RingQuieter = quieter
			if err := r.host.Phone.Apply(s); err != nil {
				return err
			}
		}
		return then()
	}, nil)
}
