//go:build interop

package sound

import (
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"webphone/audio"
	"webphone/audio/audiotest"
	"webphone/audio/codec"
	"webphone/audio/device"
	"webphone/phone/interop/rig"
)

// tone is what is spoken in the room, in hertz.
const tone = 560

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// studio is an engine on a sound server of its own. What the room's tone
// becomes in the microphone, RTP and the speaker is recorded.
type studio struct {
	*audio.Engine
	t       *testing.T
	pulse   *rig.Pulse
	ear     *rig.Listener
	modules map[string]string // numbers of the devices plugged in
}

// servers are the sound servers that desktops have.
var servers = []struct {
	name  string
	start func(logDir string) (*rig.Pulse, error)
}{
	{"PulseAudio", rig.StartPulse},
	{"PipeWire", rig.StartPipeWire},
}

// live has the test itself be on the desktop of a sound server.
func live(t *testing.T, p *rig.Pulse) {
	t.Helper()
	for _, e := range p.Env() {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
}

// open starts server, engine and the tone in the room.
func open(t *testing.T, start func(logDir string) (*rig.Pulse, error)) *studio {
	t.Helper()
	dir := rig.Artefacts(t)
	p, err := start(dir)
	check(t, err)
	t.Cleanup(p.Stop)
	live(t, p)
	voice, err := p.Play("room", rig.Sine(tone, 5*time.Minute), dir)
	check(t, err)
	t.Cleanup(voice.Stop)
	s := &studio{t: t, pulse: p, modules: make(map[string]string)}
	s.ear, err = p.Listen("speaker.monitor", dir)
	check(t, err)
	t.Cleanup(s.ear.Stop)
	backend, err := device.NewSystem(device.Options{Name: "Studio", ID: "org.example.Studio", Icon: "studio"})
	check(t, err)
	t.Cleanup(func() { backend.Close() })
	log, err := os.Create(filepath.Join(dir, "engine.log"))
	check(t, err)
	t.Cleanup(func() { log.Close() })
	s.Engine, err = audio.New(audio.Options{Backend: backend, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	check(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// talk begins the call that sends what the microphone hears to the speaker.
func (s *studio) talk() (end func()) {
	s.t.Helper()
	from, to := s.NewStream(), s.NewStream()
	from.SetActive(true, false)
	to.SetActive(false, true)
	config := audio.StreamConfig{
		Codec: codec.Parameters{Name: codec.PCMU, Channels: 1}, SSRC: 1,
		Receive: map[uint8]codec.Parameters{0: {Name: codec.PCMU, Channels: 1}},
		Write:   func(*rtp.Header, []byte) error { return nil },
	}
	check(s.t, to.Start(config))
	config.Write = func(h *rtp.Header, payload []byte) error {
		to.Receive(&rtp.Packet{Header: *h, Payload: payload}, time.Now())
		return nil
	}
	check(s.t, from.Start(config))
	end = func() { from.Close(); to.Close() }
	s.t.Cleanup(end)
	check(s.t, s.ear.WaitTone(s.ear.Position(), 200*time.Millisecond, tone))
	return end
}

// plug brings a device of the given kind ("sink" or "source").
func (s *studio) plug(kind, name string, more ...string) {
	s.t.Helper()
	master := map[string]string{"sink": "speaker", "source": "room.monitor"}[kind]
	number, err := s.pulse.Control(append([]string{
		"load-module", "module-remap-" + kind, "master=" + master, kind + "_name=" + name, "channels=1",
	}, more...)...)
	check(s.t, err)
	s.modules[name] = number
}

func (s *studio) unplug(name string) {
	s.t.Helper()
	_, err := s.pulse.Control("unload-module", s.modules[name])
	check(s.t, err)
}

// settle is how long a change is listened for.
const settle = 1500 * time.Millisecond

// gap does something and returns the longest silence that it makes.
func (s *studio) gap(do func()) time.Duration {
	s.t.Helper()
	from := s.ear.Position()
	do()
	<-time.After(settle)
	return longestSilence(s.ear.Since(from))
}

// longestSilence is the longest stretch, to 5 ms, that has not the tone.
func longestSilence(pcm []int16) time.Duration {
	const window = rig.SampleRate / 200
	var run, longest time.Duration
	for ; len(pcm) >= window; pcm = pcm[window:] {
		if audiotest.RMS(pcm[:window]) > 0.01 {
			run = 0
			continue
		}
		run += 5 * time.Millisecond
		longest = max(longest, run)
	}
	return longest
}

// bound is the longest silence that a change of devices may make.
const bound = 200 * time.Millisecond

// rounds are how often the changes are tried: a machine with other things to
// do only ever makes a silence longer, so that the shortest is the phone's.
const rounds = 3

// TestDevices_changeWithoutGap has devices come, go and change places in a
// call.
func TestDevices_changeWithoutGap(t *testing.T) {
	for _, server := range servers {
		t.Run(server.name, func(t *testing.T) { changeDevices(t, open(t, server.start)) })
	}
}

func changeDevices(t *testing.T, s *studio) {
	s.talk()
	control := func(args ...string) func() {
		return func() {
			_, err := s.pulse.Control(args...)
			check(t, err)
		}
	}
	plug := func(kind, name string) func() { return func() { s.plug(kind, name) } }
	unplug := func(name string) func() { return func() { s.unplug(name) } }
	sink, source := hex.EncodeToString([]byte("out")), hex.EncodeToString([]byte("in"))
	speaker := func(id string) func() { return func() { _ = s.SetSpeaker(id) } }
	microphone := func(id string) func() { return func() { _ = s.SetMicrophone(id) } }
	steps := []struct {
		rule            string
		do              func()
		speaker, source string // in use afterwards
	}{
		{"a speaker is plugged in", plug("sink", "out"), "speaker", "microphone"},
		{"a microphone is plugged in", plug("source", "in"), "speaker", "microphone"},
		{"another default speaker", control("set-default-sink", "out"), "out", "microphone"},
		{"another default microphone", control("set-default-source", "in"), "out", "in"},
		{"the default speaker is unplugged", unplug("out"), "speaker", "in"},
		{"the default microphone is unplugged", unplug("in"), "speaker", "microphone"},
		{"the speaker is plugged in again", plug("sink", "out"), "out", "microphone"},
		{"the microphone is plugged in again", plug("source", "in"), "out", "in"},
		{"the first default speaker", control("set-default-sink", "speaker"), "speaker", "in"},
		{"the first default microphone", control("set-default-source", "microphone"), "speaker", "microphone"},
		{"another speaker is chosen", speaker(sink), "out", "microphone"},
		{"another microphone is chosen", microphone(source), "out", "in"},
		{"the chosen speaker is unplugged", unplug("out"), "speaker", "in"},
		{"the chosen microphone is unplugged", unplug("in"), "speaker", "microphone"},
		{"the chosen speaker is back", plug("sink", "out"), "out", "microphone"},
		{"the chosen microphone is back", plug("source", "in"), "out", "in"},
		{"the default speaker is chosen", speaker(""), "speaker", "in"},
		{"the default microphone is chosen", microphone(""), "speaker", "microphone"},
	}
	gaps := make([]time.Duration, len(steps))
	for round := range rounds {
		again := false
		for i, step := range steps {
			gap := s.gap(step.do)
			if round == 0 {
				gaps[i] = gap
			}
			gaps[i] = min(gaps[i], gap)
			again = again || gaps[i] > bound
			s.uses(step.rule, step.speaker, step.source)
		}
		s.unplug("out")
		s.unplug("in")
		if !again {
			break
		}
	}
	for i, step := range steps {
		t.Logf("%-36s %v", step.rule, gaps[i])
		if gaps[i] > bound {
			t.Errorf("%s: silent for %v, more than %v", step.rule, gaps[i], bound)
		}
	}
}

// uses asserts which devices the call has, or comes to have.
func (s *studio) uses(rule, speaker, microphone string) {
	s.t.Helper()
	err := rig.Poll(rig.Limit, func() error {
		d := s.Devices()
		for _, c := range []struct{ have, want string }{{d.Speaker.ID, speaker}, {d.Microphone.ID, microphone}} {
			if name, _ := hex.DecodeString(c.have); string(name) != c.want {
				return fmt.Errorf("%s is used, want %s", name, c.want)
			}
		}
		return nil
	})
	if err != nil {
		s.t.Errorf("%s: %v", rule, err)
	}
}
