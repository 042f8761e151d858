package phone

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"webphone/audio"
	"webphone/audio/audiotest"
	"webphone/audio/device"
	"webphone/phone/media"
	"webphone/phone/ua"
)

// What is done to the microphone is on by default, is switched off at run time
// and stays so after a restart.
func TestSettings_processing(t *testing.T) {
	profile := t.TempDir()
	open := func() *Phone {
		t.Helper()
		p, err := New(Options{Profile: profile, Backend: device.NewNull(), Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := open()
	if got, want := p.audio.Processing(), (audio.Processing{Echo: true, Noise: true, Gain: true}); got != want {
		t.Errorf("by default %+v, want %+v", got, want)
	}
	s := p.Snapshot().Settings
	s.Audio.NoEchoCancellation, s.Audio.NoAutomaticGain = true, true
	if err := p.Apply(s); err != nil {
		t.Fatal(err)
	}
	want := audio.Processing{Noise: true}
	if got := p.audio.Processing(); got != want {
		t.Errorf("switched off: %+v, want %+v", got, want)
	}
	if err := p.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	p = open()
	if got := p.audio.Processing(); got != want {
		t.Errorf("after a restart: %+v, want %+v", got, want)
	}
	if err := p.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// shortener notes how devices are to be opened.
type shortener struct {
	device.Backend
	short atomic.Bool
}

func (s *shortener) SetShortPeriods(on bool) { s.short.Store(on) }

// Who wants the shortest delay has devices opened with short periods, asks for
// packets of 10 ms and sends them to whoever wishes nothing else, from the next
// call on and after a restart too, until it is switched off.
func TestSettings_shortDelay(t *testing.T) {
	profile := t.TempDir()
	for _, c := range []struct {
		rule   string
		change func(*Audio)
		want   bool
	}{
		{"off by itself", func(*Audio) {}, false},
		{"switched on", func(a *Audio) { a.ShortDelay = true }, true},
		{"after a restart", func(*Audio) {}, true},
		{"switched off", func(a *Audio) { a.ShortDelay = false }, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			devices := audiotest.NewDevices()
			backend := &shortener{Backend: devices}
			p, err := New(Options{Profile: profile, Backend: backend, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { p.Close(context.Background()) })
			s := p.Snapshot().Settings
			c.change(&s.Audio)
			if err := p.Apply(s); err != nil {
				t.Fatal(err)
			}
			if got := backend.short.Load(); got != c.want {
				t.Errorf("short periods: %v", got)
			}
			stream, offer := agreed(t, p)
			if asks := strings.Contains(offer, "a=ptime:10\r\n"); asks != c.want || asks != strings.Contains(offer, "a=ptime:") {
				t.Errorf("asks for packets of 10 ms: %v\n%s", asks, offer)
			}
			periods := 2
			if c.want {
				periods = 1
			}
			sends(t, p, devices, stream, periods)
		})
	}
}

// What was applied holds from then on.
func TestSettings_holdWhenApplied(t *testing.T) {
	p, err := New(Options{Profile: t.TempDir(), Backend: audiotest.NewDevices(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(context.Background()) })
	// A snapshot is due already, behind other work.
	if err := p.do("wait", func() error { p.state.publish = true; return nil }); err != nil {
		t.Fatal(err)
	}
	s := p.Snapshot().Settings
	s.Audio.ShortDelay = true
	if err := p.Apply(s); err != nil {
		t.Fatal(err)
	}
	if !p.Snapshot().Settings.Audio.ShortDelay {
		t.Error("it is not in the snapshot")
	}
}

// sends checks that each packet has so many periods of the microphone.
func sends(t *testing.T, p *Phone, devices *audiotest.Devices, stream *audio.Stream, periods int) {
	t.Helper()
	const (
		all = 80
		// So many may wait to be sent, or be thrown away when sending begins.
		spare = 8
	)
	until := func(rule string, done func() bool) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); !done(); runtime.Gosched() {
			if time.Now().After(deadline) {
				t.Fatalf("%s: %+v", rule, stream.Stats())
			}
		}
	}
	devices.Speak("mic", audiotest.Noise(0.1, 48000, 1))
	until("the microphone is not open", func() bool {
		devices.Step()
		return p.MicrophoneLevel() > 0
	})
	sent := func() int { return int(stream.Stats().Sent) }
	for heard := 2; heard <= all; heard++ {
		devices.Step()
		until("packets are missing", func() bool { return sent() >= (heard-spare)/periods })
	}
	if got := sent(); got > all/periods {
		t.Errorf("%d packets of %d periods, want one of %d", got, all, periods)
	}
}

// agreed gives a call the media that newPeer makes, connects it to a peer that
// wishes nothing, and returns the offer.
func agreed(t *testing.T, p *Phone) (stream *audio.Stream, offer string) {
	t.Helper()
	other, err := audio.New(audio.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := media.New(media.Options{Stream: other.NewStream(), Loopback: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	connected := make(chan struct{}, 1)
	ours, err := p.newPeer(Account{Servers: []string{"ws://localhost"}}, ua.PeerOptions{
		Data: &call{id: "agreed", state: CallConfirmed}, Events: ua.PeerEvents{Connected: func() { connected <- struct{}{} }},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(ours.Close(), theirs.Close(), other.Close()); err != nil {
			t.Error(err)
		}
	})
	offer, err = ours.Offer(t.Context(), ua.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := theirs.Answer(t.Context(), offer, ua.AnswerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := ours.SetAnswer(t.Context(), answer, ua.AnswerFinal); err != nil {
		t.Fatal(err)
	}
	select {
	case <-connected:
	case <-time.After(20 * time.Second):
		t.Fatal("not connected")
	}
	return p.streamOf("agreed"), offer
}

// How loud and where it rings is kept and in effect after a restart, with what
// tries it out.
func TestSettings_ring(t *testing.T) {
	profile := t.TempDir()
	ring := func(change func(*Audio)) (loud, speaker float64) {
		t.Helper()
		devices := audiotest.NewDevices()
		devices.AddSpeaker(device.Info{ID: "loud", Name: "Loud"})
		p, err := New(Options{Profile: profile, Backend: devices, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		s := p.Snapshot().Settings
		change(&s.Audio)
		if err := p.Apply(s); err != nil {
			t.Fatal(err)
		}
		on := []string{"loud"}
		if s.Audio.RingBoth {
			on = append(on, "speaker")
		}
		heard := hear(t, devices, on, 100, func() {
			if err := p.PlayRing(); err != nil {
				t.Fatal(err)
			}
		})
		if err := p.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		return audiotest.RMS(heard["loud"]), audiotest.RMS(heard["speaker"])
	}
	full, speaker := ring(func(a *Audio) { a.Ringer = "loud" })
	if full < 0.02 || speaker != 0 {
		t.Errorf("by default RMS %.3f, on the speaker %.3f", full, speaker)
	}
	quieter, speaker := ring(func(a *Audio) { a.RingQuieter, a.RingBoth = 50, true })
	if math.Abs(quieter/full-0.25) > 0.02 || speaker < 0.8*quieter {
		t.Errorf("half as loud: RMS %.4f, was %.4f, on the speaker %.4f", quieter, full, speaker)
	}
	if again, _ := ring(func(*Audio) {}); math.Abs(again/quieter-1) > 0.05 {
		t.Errorf("after a restart RMS %.4f, was %.4f", again, quieter)
	}
	for _, percent := range []int{-1, 101} {
		if err := (Settings{Audio: Audio{RingQuieter: percent}}).Validate(); err == nil {
			t.Errorf("%d %% is valid", percent)
		}
	}
}

// A key that goes in an INFO is heard as one that goes in the sound; one that
// comes is not.
func TestDTMF_infoIsHeard(t *testing.T) {
	devices := audiotest.NewDevices()
	p, err := New(Options{Profile: t.TempDir(), Backend: devices, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(context.Background())
	session := new(ua.RTCSession)
	session.Data = &call{account: &account{}, session: session, state: CallConfirmed}
	heard := hear(t, devices, []string{"speaker"}, 10, func() {
		for _, e := range []ua.NewDTMF{
			{Session: session, Originator: ua.Local, Tone: '9'},
			{Session: session, Originator: ua.Remote, Tone: '9', Info: true},
			{Session: session, Originator: ua.Local, Tone: '1', Info: true},
		} {
			turn(t, p, func() { p.onCallEvent(e) })
		}
	})["speaker"]
	for frequency, want := range map[float64]bool{697: true, 1209: true, 852: false, 1477: false} {
		if got := audiotest.Tone(heard, 48000, frequency); (got > 0.03) != want {
			t.Errorf("%.0f Hz at %.3f of full scale", frequency, got)
		}
	}
}

// A headset that is pulled out in use is told once, with what is used now.
func TestDevices_unpluggedIsTold(t *testing.T) {
	devices := audiotest.NewDevices()
	devices.Tell()
	devices.AddMicrophone(device.Info{ID: "ear-in", Name: "Ear", Headset: "ear"})
	devices.AddSpeaker(device.Info{ID: "ear-out", Name: "Ear", Headset: "ear"})
	p, err := New(Options{Profile: t.TempDir(), Backend: devices, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close(context.Background())
	changed := p.Changed(t.Context())
	s := p.Snapshot().Settings
	s.Audio.Speaker = "ear-out"
	if err := p.Apply(s); err != nil {
		t.Fatal(err)
	}
	wait := func(rule string, done func(*Snapshot) bool) {
		t.Helper()
		deadline := time.After(10 * time.Second)
		for !done(p.Snapshot()) {
			select {
			case <-changed:
			case <-deadline:
				t.Fatalf("%s: %+v, notices %v", rule, p.Snapshot().Devices, p.Snapshot().Notices)
			}
		}
	}
	wait("the headset's speaker brings its microphone", func(s *Snapshot) bool {
		return s.Devices.Speaker.ID == "ear-out" && s.Devices.Microphone.ID == "ear-in"
	})
	devices.Remove("ear-in")
	devices.Remove("ear-out")
	wait("unplugged", func(s *Snapshot) bool {
		return s.Devices.Speaker.ID == "speaker" && s.Devices.Microphone.ID == "mic" && len(s.Notices) > 0
	})
	if told := p.Snapshot().Notices; len(told) != 1 || told[0].Err.(*DeviceNotice).Gone != "Ear" {
		t.Errorf("told %v", told)
	}
}

// Who speaks while muted is told in the phone's state, and who unmutes is not.
func TestDevices_mutedSpeechIsTold(t *testing.T) {
	devices := audiotest.NewDevices()
	p, err := New(Options{Profile: t.TempDir(), Backend: devices, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(context.Background()) })
	stream, _ := agreed(t, p)
	devices.Speak("mic", audiotest.Speech(0.05, 48000, 8*48000, 2))
	for _, c := range []struct {
		rule  string
		muted bool
	}{{"muted", true}, {"not any more", false}, {"muted again", true}} {
		stream.SetMuted(c.muted)
		for deadline := time.Now().Add(10 * time.Second); p.Snapshot().Devices.MutedSpeech != c.muted; runtime.Gosched() {
			if devices.Step(); time.Now().After(deadline) {
				t.Fatalf("%s: told %v", c.rule, !c.muted)
			}
		}
	}
}

// hear is what the two speakers play in so many periods of 10 ms from play on.
// It plays again until the devices on sound from the first period: they open
// beside the test.
func hear(t *testing.T, devices *audiotest.Devices, on []string, periods int, play func()) map[string][]int16 {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
		play()
		for range periods {
			devices.Step()
		}
		heard := map[string][]int16{"loud": devices.Heard("loud"), "speaker": devices.Heard("speaker")}
		if !slices.ContainsFunc(on, func(id string) bool {
			return len(heard[id]) < 480*periods || audiotest.Peak(heard[id][:480]) == 0
		}) {
			return heard
		}
	}
	t.Fatalf("open, but not heard: %v", devices.Open())
	return nil
}
