package audio

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// straight is a call whose stages run on the test's goroutine: microphone
// period → sender → packet → receiver → mixer → speaker period.
type straight struct {
	in       *input
	mix      func([]int16)
	mixer    *mixer
	sender   *sender
	receiver *receiver
	now      time.Duration
	drop     func(sequence uint16) bool
	frame    [blockSamples]int16
}

func newStraight(t testing.TB, name codec.Name) *straight {
	t.Helper()
	s := new(straight)
	e := &Engine{epoch: time.Now(), tones: new(tones)}
	e.tones.ended = func() {}
	improver, err := newImprover(Processing{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(improver.voice.Close)
	s.in = newInput(improver)
	improver.reference.microphone(true)
	improver.reference.speaker(false)
	m := newMixer(e.tones, func() time.Duration { return s.now })
	s.mixer = m
	s.mix = func(block []int16) {
		m.mix(block, false)
		improver.reference.played(block)
	}
	in := newReceiver()
	s.receiver = in
	s.sender = newSender(e)
	var p rtp.Packet
	config := agreed(name, func(h *rtp.Header, payload []byte) error {
		if s.drop != nil && s.drop(h.SequenceNumber) {
			return nil
		}
		p.Header, p.Payload = *h, payload
		in.receive(&p, s.now)
		return nil
	})
	if name == codec.Opus {
		config.RedundancyPayloadType, config.RedundancyReceive = typeRed, []uint8{typeRed}
	}
	if err := in.configure(config); err != nil {
		t.Fatal(err)
	}
	coder, err := codec.NewEncoder(config.Codec)
	if err != nil {
		t.Fatal(err)
	}
	s.sender.configure(config, coder)
	t.Cleanup(func() {
		in.close()
		coder.Close()
	})
	s.in.route([]*sender{s.sender})
	m.route(hearing{parties: []*party{{receiver: in}}})
	return s
}

// step lets 10 ms pass.
func (s *straight) step(microphone []int16) []int16 {
	s.now += blockDuration
	s.mix(s.frame[:])
	s.sender.slow.Store(false) // there is no goroutine that would send instead
	s.in.period(microphone)
	return s.frame[:]
}

// In the steady state nothing allocates, from the microphone's period to the
// speaker's, with and without loss.
func TestPipeline_doesNotAllocate(t *testing.T) {
	for _, name := range []codec.Name{codec.Opus, codec.G722, codec.PCMU, codec.PCMA} {
		for _, lossy := range []bool{false, true} {
			s := newStraight(t, name)
			s.in.improver.set(Processing{Echo: true, Noise: lossy, Gain: lossy})
			if lossy {
				s.drop = func(sequence uint16) bool { return sequence%10 == 3 }
				s.sender.adapt.report(20, 0) // Opus is repeated
			}
			voice := audiotest.Voice(0.3, sampleRate, sampleRate)
			at := 0
			step := func() {
				s.step(voice[at : at+blockSamples])
				at = (at + blockSamples) % len(voice)
			}
			for range 300 {
				step()
			}
			if n := testing.AllocsPerRun(300, step); n != 0 {
				t.Errorf("%s, loss %v: %.2f allocations in 10 ms", name, lossy, n)
			}
		}
	}
}

// BenchmarkPipeline is the cost of 10 ms of a call in both directions, without
// network and devices.
func BenchmarkPipeline(b *testing.B) {
	for _, c := range []struct {
		name       string
		codec      codec.Name
		processing Processing
	}{
		{"opus", codec.Opus, Processing{}},
		{"G722", codec.G722, Processing{}},
		{"PCMU", codec.PCMU, Processing{}},
		{"opus-processed", codec.Opus, everything},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := newStraight(b, c.codec)
			s.in.improver.set(c.processing)
			voice := audiotest.Voice(0.3, sampleRate, 4*sampleRate)
			at := 0
			b.ReportAllocs()
			for b.Loop() {
				s.step(voice[at : at+blockSamples])
				at = (at + blockSamples) % len(voice)
			}
		})
	}
}
