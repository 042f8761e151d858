package audio

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// What is said while muted goes in no packet of any codec, nor in its
// redundancy, with everything on that is done to the microphone.
func TestStream_mutedSpeechGoesNowhere(t *testing.T) {
	const before, during = 440, 1700
	for _, c := range []struct {
		codec.Name
		lossy bool
	}{{codec.Opus, false}, {codec.Opus, true}, {codec.G722, false}, {codec.PCMU, false}, {codec.PCMA, false}} {
		enter(t, 1, func(t *testing.T, r *room) {
			a, w := r.sites[0], new(wire)
			a.SetProcessing(Processing{Echo: true})
			a.devices.Speak("mic", audiotest.Sine(before, 0.3, sampleRate, sampleRate))
			s := a.NewStream()
			config := agreed(c.Name, w.write)
			if c.lossy {
				config.RedundancyPayloadType = typeRed
			}
			if err := s.Start(config); err != nil {
				t.Fatal(err)
			}
			if c.lossy {
				s.SetLoss(20)
			}
			r.pass(time.Second)
			a.devices.Speak("mic", audiotest.Sine(during, 0.3, sampleRate, sampleRate))
			s.SetMuted(true)
			muted := len(w.packets)
			r.pass(time.Second)
			a.devices.Speak("mic", audiotest.Sine(before, 0.3, sampleRate, sampleRate))
			r.pass(20 * time.Millisecond)
			again := len(w.packets)
			s.SetMuted(false)
			r.pass(time.Second)
			for i, pcm := range decoded(t, c.Name, w.packets) {
				tone := audiotest.Tone(pcm, sampleRate, during)
				switch {
				// 20 ms of a tone are heard a little at the other frequency too.
				case i <= muted || i >= again:
					if tone > 0.05 {
						t.Errorf("%s, lossy %v: packet %d of %d and %d has what was said while muted: %.3f", c.Name, c.lossy, i, muted, again, tone)
					}
				case audiotest.Peak(pcm) > 0.001 && i > muted+1:
					t.Errorf("%s, lossy %v: packet %d of %d and %d is no silence: %.4f", c.Name, c.lossy, i, muted, again, audiotest.Peak(pcm))
				}
			}
			if c.lossy && w.packets[again-1].PayloadType != typeRed {
				t.Error("nothing is repeated")
			}
			if len(w.packets) < again+45 {
				t.Errorf("%s: %d packets after muting", c.Name, len(w.packets)-again)
			}
		})
	}
}

// decoded is what packets have, each at 48 kHz. What they repeat must be what
// was sent before.
func decoded(t *testing.T, name codec.Name, packets []rtp.Packet) (sounds [][]int16) {
	t.Helper()
	parameters, _ := parameters(name)
	d, err := codec.NewDecoder(parameters)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	up := codec.NewResampler(d.SampleRate(), sampleRate)
	pcm := make([]int16, codec.MaxFrame)
	var sent [][]byte
	for _, p := range packets {
		payload := p.Payload
		if p.PayloadType == typeRed {
			var red redPacket
			if !red.parse(payload) {
				t.Fatal("no redundant audio")
			}
			for i, block := range red.repeated[:red.n] {
				if !bytes.Equal(block.payload, sent[len(sent)-red.n+i]) {
					t.Errorf("packet %d repeats what was not sent", len(sent))
				}
			}
			payload = red.payload
		}
		sent = append(sent, payload)
		n, err := d.Decode(pcm, payload)
		if err != nil {
			t.Fatal(err)
		}
		sound := slices.Clone(pcm[:n])
		if d.SampleRate() != sampleRate {
			sound = make([]int16, n*sampleRate/d.SampleRate()+blockSamples)
			sound = sound[:up.Process(sound, pcm[:n])]
		}
		sounds = append(sounds, sound)
	}
	return sounds
}
