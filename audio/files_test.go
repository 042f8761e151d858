package audio

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
	"webphone/audio/device"
)

// Files in the place of devices carry a call: what one phone reads the other
// writes, paced as devices are.
func TestEngine_fileDevices(t *testing.T) {
	dir := t.TempDir()
	spoken, written := filepath.Join(dir, "spoken.wav"), filepath.Join(dir, "written.wav")
	if err := audiotest.WriteWAV(spoken, 16000, audiotest.Sine(440, 0.3, 16000, 16000)); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r := &room{t: t}
		var backends []device.Backend
		for _, files := range [][2]string{{spoken, ""}, {"", written}} {
			b, err := device.NewFiles(files[0], files[1], device.NewNull())
			if err != nil {
				t.Fatal(err)
			}
			backends = append(backends, b)
			r.add(Options{Backend: b})
		}
		r.call(r.sites[0], r.sites[1], codec.Opus, audiotest.Impairment{Delay: 20 * time.Millisecond})
		<-time.After(5 * time.Second)
		for i, s := range r.sites {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			backends[i].Close()
		}
	})
	heard, rate, err := audiotest.ReadWAV(written)
	if err != nil || rate != sampleRate {
		t.Fatalf("%d Hz, %v", rate, err)
	}
	if d := durationOf(int64(len(heard)), rate); d < 4900*time.Millisecond || d > 5100*time.Millisecond {
		t.Errorf("%v written in 5 s", d)
	}
	if p := audiotest.Purity(heard[rate:], rate, 440); p < 0.98 {
		t.Errorf("purity %.3f", p)
	}
}
