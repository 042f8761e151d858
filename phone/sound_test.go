package phone

import (
	"context"
	"log/slog"
	"testing"

	"webphone/audio"
	"webphone/audio/device"
)

// What is done to the microphone is on by default, is switched off at run time
// and stays so after a restart.
func TestSettings_processing(t *testing.T) {
	profile := t.TempDir()
	open := func() *Phone {
		t.Helper()
		p, err := New(Options{Profile: profile, Backend: device.NewNull(), Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := open()
	if got, want := p.audio.Processing(), (audio.Processing{Echo: true, Noise: true, Gain: true}); got != want {
		t.Errorf("by default %+v, want %+v", got, want)
	}
	s := p.Snapshot().Settings
	s.Audio.NoEchoCancellation, s.Audio.NoAutomaticGain = true, true
	if err := p.Apply(s); err != nil {
		t.Fatal(err)
	}
	want := audio.Processing{Noise: true}
	if got := p.audio.Processing(); got != want {
		t.Errorf("switched off: %+v, want %+v", got, want)
	}
	if err := p.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	p = open()
	if got := p.audio.Processing(); got != want {
		t.Errorf("after a restart: %+v, want %+v", got, want)
	}
	if err := p.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}
