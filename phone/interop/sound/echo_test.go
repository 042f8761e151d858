//go:build interop

package sound

import (
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"webphone/audio"
	"webphone/audio/audiotest"
	"webphone/audio/codec"
	"webphone/audio/device"
	"webphone/phone/interop/rig"
)

// leastERLE is by how many decibels the echo is lower on a sound server, whose
// threads come when the machine lets them. What the canceller does in rooms is
// measured without one.
const leastERLE = 25

// TestEcho_throughTheSoundServer has the microphone hear what the speaker plays.
// The other side hears little of itself, and the user as before.
func TestEcho_throughTheSoundServer(t *testing.T) {
	dir := rig.Artefacts(t)
	p, err := rig.StartPulse(dir)
	check(t, err)
	t.Cleanup(p.Stop)
	for _, e := range p.Env() {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
	_, err = p.Control("load-module", "module-remap-source", "master=speaker.monitor", "source_name=ear", "channels=1")
	check(t, err)
	backend, err := device.NewSystem(device.Options{Name: "Echo", Log: slog.New(slog.DiscardHandler)})
	check(t, err)
	t.Cleanup(func() { backend.Close() })
	engine, err := audio.New(audio.Options{
		Backend: backend, Microphone: hex.EncodeToString([]byte("ear")), Log: slog.New(slog.DiscardHandler),
	})
	check(t, err)
	t.Cleanup(func() { engine.Close() })
	f := startFar(t, engine)
	f.say()
	before := f.say()
	if before < -45 {
		t.Fatalf("there is no echo: %.1f dBFS", before)
	}
	engine.SetProcessing(audio.Processing{Echo: true, Noise: true, Gain: true})
	f.say()
	after := f.say()
	for tries := 0; tries < 8 && before-after < leastERLE; tries++ {
		after = f.say() // a stall of the machine moves the echo
	}
	t.Logf("echo at %.1f dBFS, %.1f without the canceller", after, before)
	if before-after < leastERLE {
		t.Errorf("it is %.1f dB lower, want %d", before-after, leastERLE)
	}
	voice, err := p.Play("speaker", audiotest.Speech(0.1, rig.SampleRate, 10*rig.SampleRate, 2), dir)
	check(t, err)
	t.Cleanup(voice.Stop)
	check(t, rig.Poll(rig.Limit, func() error {
		if level := f.level(rig.SampleRate / 6); level < -35 {
			return fmt.Errorf("the user is heard at %.1f dBFS", level)
		}
		return nil
	}))
}

// far is the other side of a call: what it says and hears.
type far struct {
	t       *testing.T
	stream  *audio.Stream
	packets [][]byte // what it says, 20 ms each
	next    rtp.Packet

	mu    sync.Mutex // guards what follows
	heard []int16    // 8 kHz
}

func startFar(t *testing.T, engine *audio.Engine) *far {
	t.Helper()
	const rate, packet = 8000, 160
	pcmu := codec.Parameters{Name: codec.PCMU, Channels: 1}
	f := &far{t: t, stream: engine.NewStream()}
	t.Cleanup(f.stream.Close)
	coder, err := codec.NewEncoder(pcmu)
	check(t, err)
	defer coder.Close()
	decoder, err := codec.NewDecoder(pcmu)
	check(t, err)
	t.Cleanup(decoder.Close)
	speech := audiotest.Speech(0.1, rate, 5*rate, 1)
	for ; len(speech) >= packet; speech = speech[packet:] {
		b := make([]byte, packet)
		_, err := coder.Encode(b, speech[:packet])
		check(t, err)
		f.packets = append(f.packets, b)
	}
	pcm := make([]int16, codec.MaxFrame)
	f.next.Header = rtp.Header{Version: 2, SSRC: 7}
	check(t, f.stream.Start(audio.StreamConfig{
		Codec: pcmu, SSRC: 1, Receive: map[uint8]codec.Parameters{0: pcmu},
		Write: func(_ *rtp.Header, payload []byte) error {
			n, err := decoder.Decode(pcm, payload)
			f.mu.Lock()
			f.heard = append(f.heard, pcm[:n]...)
			f.mu.Unlock()
			return err
		},
	}))
	return f
}

// say speaks for five seconds and returns how loud what came back was.
func (f *far) say() float64 {
	f.mu.Lock()
	f.heard = f.heard[:0]
	f.mu.Unlock()
	beat := time.NewTicker(20 * time.Millisecond)
	defer beat.Stop()
	for _, f.next.Payload = range f.packets {
		f.next.SequenceNumber++
		f.next.Timestamp += 160
		f.stream.Receive(&f.next, time.Now())
		<-beat.C
	}
	return f.level(0)
}

// level is how loud what came last was, or all of it, in dB under full scale.
func (f *far) level(last int) float64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	heard := f.heard
	if last > 0 {
		heard = heard[max(0, len(heard)-last):]
	}
	return audiotest.Decibels(audiotest.RMS(heard))
}
