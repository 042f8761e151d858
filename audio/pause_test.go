package audio

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
)

const typeNoise = 13

// paused is trace with a pause in every two seconds: of the second one only
// the packets come that describe its noise, one each interval; 0 = only the
// first one.
func paused(length, interval time.Duration, delay func(i int) time.Duration) []arrival {
	var packets []arrival
	sequence := uint16(65000)
	for i, p := range trace(length, func(int) time.Duration { return 0 }) {
		at := i % 100
		if at > 50 && (interval == 0 || (at-50)%int(interval/(20*ms)) != 0) {
			continue
		}
		if at >= 50 {
			p.PayloadType, p.Payload = typeNoise, []byte{50}
		}
		sequence++
		p.SequenceNumber = sequence
		d := delay(i)
		if d < 0 {
			continue
		}
		p.at += d
		packets = append(packets, p)
	}
	return inOrder(packets)
}

// A peer that describes its pauses loses nothing by them, and the delay stays
// what the network needs; a loss around a pause is no longer than it is.
func TestJitterBuffer_comfortNoise(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		rule      string
		interval  time.Duration
		delay     func(i int) time.Duration
		lost      bool
		concealed float64 // most of the blocks
		highest   time.Duration
	}{
		{"described once", 0, func(int) time.Duration { return 30 * ms }, false, 0, 40 * ms},
		{"described again and again", 100 * ms, func(int) time.Duration { return 30 * ms }, false, 0, 40 * ms},
		{"with jitter", 200 * ms, func(int) time.Duration { return time.Duration(random.IntN(40)) * ms }, false, 0.02, 90 * ms},
		{"a description is lost", 200 * ms, func(i int) time.Duration {
			if i%100 == 60 {
				return -1
			}
			return 30 * ms
		}, true, 0.011, 60 * ms},
	} {
		o := replayWith(t, paused(40*time.Second, c.interval, c.delay), []uint8{typeNoise})
		if share := float64(o.Concealed) / 4000; o.Lost != 0 != c.lost || share > c.concealed || o.highest > c.highest || o.Codec != codec.PCMU {
			t.Errorf("%s: %+v, %.3f of it made up, highest delay %v", c.rule, o.StreamStats, share, o.highest)
		}
	}
}

// What is heard in a pause is the noise that was told, for as long as it
// lasts, and the voice after it is heard at once.
func TestReceiver_comfortNoise(t *testing.T) {
	for _, name := range []codec.Name{codec.PCMU, codec.G722} {
		p, payloadType := parameters(name)
		r := newReceiver()
		if err := r.configure(StreamConfig{Receive: map[uint8]codec.Parameters{payloadType: p}, NoiseReceive: []uint8{typeNoise}}); err != nil {
			t.Fatal(err)
		}
		coder, err := codec.NewEncoder(p)
		if err != nil {
			t.Fatal(err)
		}
		tone := audiotest.Sine(440, 0.3, coder.SampleRate(), coder.SampleRate()/50*4)
		var now time.Duration
		packet := rtp.Packet{Header: rtp.Header{SSRC: 1}}
		var payload [320]byte
		send := func(voice bool) {
			packet.PayloadType = typeNoise
			packet.Payload = []byte{40, 127 - 64}
			if voice {
				n, err := coder.Encode(payload[:], tone[:coder.SampleRate()/50])
				if err != nil {
					t.Fatal(err)
				}
				packet.PayloadType, packet.Payload = payloadType, payload[:n]
			}
			packet.SequenceNumber++
			r.receive(&packet, now)
		}
		block := make([]int16, blockSamples)
		pass := func(each func(i int)) {
			packet.Timestamp += 160
			for i := range 2 {
				now += blockDuration
				r.pull(block, now, false)
				each(i)
			}
		}
		for range 50 {
			send(true)
			pass(func(int) {})
		}
		send(false)
		want := math.Pow(10, -40./20)
		for i := range 50 * 30 { // half a minute
			pass(func(int) {
				if got := rms(block); i > 10 && (got < want/2 || got > want*2) {
					t.Fatalf("%s: %v in the pause the sound has %.4f, want %.4f", name, time.Duration(i)*20*ms, got, want)
				}
			})
		}
		silent := 0
		for range 25 {
			send(true)
			pass(func(int) {
				if rms(block) < 0.1 {
					silent++
				}
			})
		}
		if silent > 5 {
			t.Errorf("%s: the voice is heard after %d ms", name, 10*silent)
		}
		if st := r.snapshot(time.Time{}); st.Concealed != 0 || st.Lost != 0 || st.Codec != name {
			t.Errorf("%s: %+v", name, st)
		}
		coder.Close()
		r.close()
	}
}

// Noise is no sound of a stream in Opus, which counts otherwise.
func TestReceiver_comfortNoiseOfAnotherClock(t *testing.T) {
	r := newReceiver()
	if err := r.configure(StreamConfig{
		Receive: map[uint8]codec.Parameters{typeOpus: {Name: codec.Opus}}, NoiseReceive: []uint8{typeNoise},
	}); err != nil {
		t.Fatal(err)
	}
	defer r.close()
	sound := []byte{0xF8, 1, 2, 3}
	for i := range uint16(20) {
		p := rtp.Packet{Header: rtp.Header{SequenceNumber: i, Timestamp: uint32(i) * 960, PayloadType: typeOpus}, Payload: sound}
		if i%5 == 4 {
			p.PayloadType, p.Payload = typeNoise, []byte{40}
		}
		r.receive(&p, time.Duration(i)*20*ms)
	}
	if st := r.snapshot(time.Time{}); r.buffer.held != 16 || st.Lost != 0 || st.Received != 20 {
		t.Errorf("%d packets held: %+v", r.buffer.held, st)
	}
}

// A pause in Opus (usedtx) is filled with the background that was heard
// before, without end; its packets come seldom and none of it counts as lost.
func TestStream_pausesOfOpus(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		const background = 30
		a, b := r.sites[0], r.sites[1]
		random := rand.New(rand.NewPCG(1, 2))
		said := append(audiotest.Voice(0.3, sampleRate, 3*sampleRate), make([]int16, 9*sampleRate)...)
		for i := range said {
			said[i] += int16(random.NormFloat64() * background)
		}
		a.devices.Speak("mic", said)
		from, to := a.NewStream(), b.NewStream()
		sent := 0
		config := agreed(codec.Opus, func(h *rtp.Header, payload []byte) error {
			sent++
			to.Receive(&rtp.Packet{Header: *h, Payload: payload}, time.Now())
			return nil
		})
		config.Codec.DTX = true
		if err := from.Start(config); err != nil {
			t.Fatal(err)
		}
		if err := to.Start(agreed(codec.Opus, new(wire).write)); err != nil {
			t.Fatal(err)
		}
		r.pass(5 * time.Second)
		before := sent
		b.devices.Heard("speaker")
		r.pass(6 * time.Second)
		if n := sent - before; n < 20 || n > 60 {
			t.Errorf("%d packets in a pause of 6 s", n)
		}
		heard := b.devices.Heard("speaker")
		for at := 0; at+sampleRate/10 <= len(heard); at += sampleRate / 10 {
			if got := 32768 * rms(heard[at:at+sampleRate/10]); got < background/3 || got > background*2 {
				t.Errorf("%v in the pause: %.1f, want about %d", durationOf(int64(at), sampleRate), got, background)
			}
		}
		r.pass(10 * time.Second)
		if st := to.Stats(); st.Lost != 0 || st.Concealed != 0 || st.Late != 0 || st.Buffer > 40*ms {
			t.Errorf("%+v", st)
		}
	})
}
