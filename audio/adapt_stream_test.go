package audio

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

// What the peer reports changes what goes into the packets: the bit rate rises
// while nothing is lost, falls with loss, stays below what the path carries
// and below what the peer wants.
func TestStream_bitrateFollowsReports(t *testing.T) {
	for _, c := range []struct {
		rule        string
		loss        int
		bandwidth   int
		most        int // maxaveragebitrate
		least, high float64
	}{
		{rule: "nothing is lost", least: 57, high: 66},
		{rule: "a quarter is lost", loss: 25, least: 20, high: 26},
		{rule: "the path carries 56 kbit/s with headers", bandwidth: 56000, least: 26, high: 34},
		{rule: "the peer wants 40 kbit/s at most", most: 40000, least: 34, high: 42},
	} {
		enter(t, 1, func(t *testing.T, r *room) {
			a := r.sites[0]
			a.devices.Speak("mic", audiotest.Mix(audiotest.Voice(0.3, sampleRate, 4*sampleRate), audiotest.PinkNoise(0.05, 4*sampleRate, 1)))
			octets := 0
			config := agreed(codec.Opus, func(_ *rtp.Header, payload []byte) error { octets += len(payload); return nil })
			config.Codec.MaxBitrate = c.most
			s := a.NewStream()
			if err := s.Start(config); err != nil {
				t.Fatal(err)
			}
			s.SetBandwidth(c.bandwidth)
			for range 40 {
				s.SetLoss(c.loss)
				r.pass(100 * time.Millisecond)
				<-time.After(900 * time.Millisecond) // without sound, which has no part in it
			}
			r.pass(time.Second)
			octets = 0
			r.pass(4 * time.Second)
			if got := float64(octets) * 8 / 4 / 1000; got < c.least || got > c.high {
				t.Errorf("%s: %.1f kbit/s, want %v to %v", c.rule, got, c.least, c.high)
			}
		})
	}
}

// told is an encoder that notes what it is told.
type told struct {
	codec.Encoder
	loss, bitrate int
	bare          bool
}

func (e *told) SetLoss(percent int) { e.loss = percent }
func (e *told) SetFEC(on bool)      { e.bare = !on }
func (e *told) SetBitrate(rate int) { e.bitrate = rate }

// The encoder learns of the loss with the next packet, for its FEC, and no more
// of it than serves the sound where packets are repeated.
func TestSender_tellsTheEncoder(t *testing.T) {
	for _, c := range []struct {
		name     codec.Name
		redCoded bool
		loss     int
	}{{codec.Opus, false, 12}, {codec.Opus, true, redundantLoss}, {codec.PCMU, false, 12}} {
		synctest.Test(t, func(t *testing.T) {
			s := newStraight(t, c.name)
			coder, err := codec.NewEncoder(s.sender.config.Codec)
			if err != nil {
				t.Fatal(err)
			}
			e := &told{Encoder: coder}
			config := s.sender.config
			if !c.redCoded {
				config.RedundancyPayloadType = 0
			}
			s.sender.configure(config, e)
			defer coder.Close()
			s.sender.adapt.report(12, 0)
			for range 4 {
				s.step(make([]int16, blockSamples))
			}
			if e.loss != c.loss {
				t.Errorf("%s, repeated %v: told of %d %% loss, want %d", c.name, c.redCoded, e.loss, c.loss)
			}
			for i := range 2 + int(bareAfter/time.Second) {
				s.sender.adapt.report(0, time.Duration(1+i)*time.Second)
			}
			for range 2 {
				s.step(make([]int16, blockSamples))
			}
			if e.bare != (c.name == codec.Opus) {
				t.Errorf("%s: long without loss, FEC off = %v", c.name, e.bare)
			}
			if (e.bitrate > 0) != (c.name == codec.Opus) {
				t.Errorf("%s: told %d bit/s", c.name, e.bitrate)
			}
		})
	}
}
