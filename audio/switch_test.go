package audio

import (
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// longestSilence is the longest run of 5 ms without sound.
func longestSilence(heard []int16) time.Duration {
	longest, run := 0, 0
	for ; len(heard) >= sampleRate/200; heard = heard[sampleRate/200:] {
		run++
		if rms(heard[:sampleRate/200]) > 0.01 {
			run = 0
		}
		longest = max(longest, run)
	}
	return time.Duration(longest) * 5 * ms
}

// Both ends go over to another codec in the middle of a call, one somewhat
// later than the other, as with a re-INVITE. Nobody hears a gap of 100 ms.
func TestStream_switchWithoutGap(t *testing.T) {
	for _, c := range []struct {
		rule string
		link audiotest.Impairment
	}{
		{"clean", audiotest.Impairment{Delay: 30 * ms}},
		{"jitter", audiotest.Impairment{Delay: 10 * ms, Jitter: 20 * ms, Seed: 3}},
		{"more jitter, in order", audiotest.Impairment{Delay: 10 * ms, Jitter: 40 * ms, Keep: true, Seed: 4}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			enter(t, 2, func(t *testing.T, r *room) {
				a, b := r.sites[0], r.sites[1]
				for _, s := range r.sites {
					s.devices.Speak("mic", audiotest.Sine(440, 0.3, sampleRate, sampleRate))
				}
				from, to := a.NewStream(), b.NewStream()
				there, back := audiotest.NewLink(c.link, to.Receive), audiotest.NewLink(c.link, from.Receive)
				start := func(s *Stream, l *audiotest.Link, name codec.Name, ptime time.Duration) {
					config := agreed(name, l.Write)
					config.Codec.PTime = ptime
					if err := s.Start(config); err != nil {
						t.Fatal(err)
					}
				}
				start(from, there, codec.Opus, 20*ms)
				start(to, back, codec.Opus, 20*ms)
				r.pass(5 * time.Second)
				for i, next := range []struct {
					codec.Name
					ptime time.Duration
				}{{codec.PCMU, 20 * ms}, {codec.G722, 30 * ms}, {codec.Opus, 60 * ms}, {codec.PCMA, 10 * ms}, {codec.Opus, 10 * ms}, {codec.Opus, 40 * ms}} {
					for _, s := range r.sites {
						s.devices.Heard("speaker")
					}
					start(to, back, next.Name, next.ptime)
					r.pass(60 * ms)
					start(from, there, next.Name, next.ptime)
					r.pass(2 * time.Second)
					for j, s := range r.sites {
						if gap := longestSilence(s.devices.Heard("speaker")); gap > 100*ms {
							t.Errorf("switch %d, to %s: site %d hears nothing for %v", i, next.Name, j, gap)
						}
					}
				}
			})
		})
	}
}
