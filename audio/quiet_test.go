package audio

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// restful is agreed with comfort noise both ways.
func restful(name codec.Name, write func(*rtp.Header, []byte) error) StreamConfig {
	c := agreed(name, write)
	c.NoiseReceive, c.NoisePayloadType = []uint8{typeNoise}, typeNoise
	return c
}

// Of somebody who speaks before a background packets go in speech alone; what
// is heard is the same speech, and in its pauses such a background.
func TestQuiet_pausesAreDescribed(t *testing.T) {
	// After five seconds somebody draws breath for three.
	speech := audiotest.Speech(0.1, sampleRate, 8*sampleRate, 2)
	clear(speech[5*sampleRate:])
	speech = append(speech, speech[:3*sampleRate]...)
	background := audiotest.PinkNoise(0.001, len(speech), 3) // −60 dBFS
	for i := range speech {
		speech[i] += background[i]
	}
	breath := [2]int{6 * sampleRate, 15 * sampleRate / 2}
	for _, name := range []codec.Name{codec.PCMU, codec.PCMA} {
		var heard [2][]int16
		var sent [2]uint64
		for i, config := range []StreamConfig{agreed(name, nil), restful(name, nil)} {
			enter(t, 2, func(t *testing.T, r *room) {
				a, b := r.sites[0], r.sites[1]
				a.devices.Speak("mic", speech)
				from, to := a.NewStream(), b.NewStream()
				link := audiotest.NewLink(audiotest.Impairment{}, to.Receive)
				config.Write = link.Write
				for s, c := range map[*Stream]StreamConfig{from: config, to: restful(name, new(wire).write)} {
					if err := s.Start(c); err != nil {
						t.Fatal(err)
					}
				}
				r.pass(11 * time.Second)
				heard[i], sent[i] = b.devices.Heard("speaker"), from.Stats().Sent
				if got := to.Stats(); got.Concealed > 0 || got.Lost > 0 {
					t.Errorf("%s: pauses count as loss: %+v", name, got)
				}
				link.Close()
			})
		}
		all, less := heard[0], heard[1]
		if sent[1] > sent[0]*8/10 {
			t.Errorf("%s: %d packets of %d", name, sent[1], sent[0])
		}
		if got := audiotest.STOI(all, less, sampleRate); got < 0.998 {
			t.Errorf("%s: the speech is hurt: STOI %.4f", name, got)
		}
		want, got := all[breath[0]:breath[1]], less[breath[0]:breath[1]]
		same, _ := audiotest.Likeness(want, got)
		if ratio := audiotest.Decibels(rms(got) / rms(want)); math.Abs(ratio) > 2 || same > 0.2 {
			t.Errorf("%s: in the pause the noise is %.1f dB louder than the background, and like it by %.2f", name, ratio, same)
		}
		if w, g := smoothness(want), smoothness(got); math.Abs(w-g) > 0.1 {
			t.Errorf("%s: in the pause neighbouring samples are like each other by %.2f, in the background by %.2f", name, g, w)
		}
	}
}

// smoothness is the correlation of samples that are 1/8000 s apart.
func smoothness(pcm []int16) float64 {
	const apart = sampleRate / quietRate
	c, _ := audiotest.Likeness(pcm[apart:], pcm[:len(pcm)-apart])
	return c
}

// The stream of packets keeps to RFC 3389 §4 and RFC 3551 §4.1.
func TestQuiet_packets(t *testing.T) {
	speech := audiotest.Speech(0.1, sampleRate, 2*sampleRate, 2)
	noise := func(rms float64) []int16 { return audiotest.Noise(rms, 3*sampleRate, 1) }
	quiet := append(append(speech[:len(speech):len(speech)], make([]int16, 3*sampleRate)...), speech...)
	for i, v := range audiotest.Noise(0.002, len(quiet), 1) {
		quiet[i] += v
	}
	tone := audiotest.Sine(440, 0.2, sampleRate, 8*sampleRate)
	for _, c := range []struct {
		rule  string
		name  codec.Name
		sound []int16
		muted bool
		noise bool // packets of comfort noise are to be there
		level byte
	}{
		{"speech, a pause, speech", codec.PCMA, quiet, false, true, 62},
		{"a tone is no background, however long", codec.PCMA, tone, false, false, 0},
		{"nor is a loud noise", codec.PCMA, noise(0.05), false, false, 0},
		{"muted", codec.PCMA, tone, true, true, 127},
		{"not with G.722", codec.G722, quiet, false, false, 0},
		{"not with Opus", codec.Opus, quiet, false, false, 0},
	} {
		t.Run(c.rule, func(t *testing.T) {
			enter(t, 1, func(t *testing.T, r *room) {
				a, w := r.sites[0], new(wire)
				a.devices.Speak("mic", c.sound)
				s := a.NewStream()
				if err := s.Start(restful(c.name, w.write)); err != nil {
					t.Fatal(err)
				}
				s.SetMuted(c.muted)
				r.pass(7 * time.Second)
				described, first := 0, true
				for i, p := range w.packets[1:] {
					before := w.packets[i]
					step := p.Timestamp - before.Timestamp
					rests := p.PayloadType == typeNoise
					switch {
					case p.SequenceNumber != before.SequenceNumber+1:
						t.Errorf("packet %d follows %d", p.SequenceNumber, before.SequenceNumber)
					case rests && p.Marker:
						t.Error("a pause begins with a marker")
					case !rests && p.Marker != (before.PayloadType == typeNoise):
						t.Errorf("marker %v after type %d", p.Marker, before.PayloadType)
					case before.PayloadType != typeNoise && step != uint32(c.name.ClockRate()/50):
						t.Errorf("%d ticks after a packet of sound", step)
					case step > quietRate+160:
						t.Errorf("nothing is told for %d ticks", step)
					case rests && before.PayloadType == typeNoise && step < quietRate/5:
						t.Errorf("descriptions %d ticks apart", step)
					}
					if !rests {
						continue
					}
					described++
					if level := int(p.Payload[0]); first && max(level-int(c.level), int(c.level)-level) > 3 {
						t.Errorf("level %d, want %d", level, c.level)
					}
					first = false
				}
				if c.noise != (described > 0) || described > 8 {
					t.Errorf("%d descriptions in %d packets", described, len(w.packets))
				}
			})
		})
	}
}
