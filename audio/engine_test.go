package audio

import (
	"fmt"
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// A tone spoken on one side is heard on the other, in both directions, and
// the level is kept.
func TestStreams_toneComesThrough(t *testing.T) {
	for _, name := range []codec.Name{codec.Opus, codec.G722, codec.PCMU, codec.PCMA} {
		for _, c := range []struct {
			i      audiotest.Impairment
			purity float64
		}{
			{audiotest.Impairment{}, 0.98},
			{audiotest.Impairment{Loss: 0.05, Seed: 3}, 0.9},
			{audiotest.Impairment{Delay: 40 * time.Millisecond, Jitter: 20 * time.Millisecond, Seed: 5}, 0.9},
		} {
			t.Run(fmt.Sprintf("%s loss %.0f%% jitter %v", name, 100*c.i.Loss, c.i.Jitter), func(t *testing.T) {
				enter(t, 2, func(t *testing.T, r *room) {
					a, b := r.sites[0], r.sites[1]
					a.devices.Speak("mic", audiotest.Sine(440, 0.3, sampleRate, sampleRate))
					b.devices.Speak("mic", audiotest.Sine(800, 0.3, sampleRate, sampleRate))
					from, to := r.call(a, b, name, c.i)
					r.pass(1500 * time.Millisecond)
					a.devices.Heard("speaker")
					b.devices.Heard("speaker")
					r.pass(2500 * time.Millisecond)
					for _, side := range []struct {
						heard     []int16
						frequency float64
						stream    *Stream
					}{{b.devices.Heard("speaker"), 440, to}, {a.devices.Heard("speaker"), 800, from}} {
						purity := audiotest.Purity(side.heard, sampleRate, side.frequency)
						level := audiotest.RMS(side.heard)
						t.Logf("%v Hz: purity %.4f rms %.3f %+v", side.frequency, purity, level, side.stream.Stats())
						if purity < c.purity {
							t.Errorf("%v Hz: purity %.3f, want %.3f", side.frequency, purity, c.purity)
						}
						if level < 0.17 || level > 0.25 {
							t.Errorf("%v Hz: RMS %.3f, want about 0.212", side.frequency, level)
						}
						if got := side.stream.Stats().Codec; got != name {
							t.Errorf("codec %q", got)
						}
					}
				})
			})
		}
	}
}
