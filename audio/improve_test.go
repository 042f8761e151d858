package audio

import (
	"errors"
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
	"webphone/audio/device"
)

// everything is all that can be done to a microphone.
var everything = Processing{Echo: true, Noise: true, Gain: true}

// The other side does not hear itself, as soon as the canceller is on.
func TestEngine_cancelsEcho(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		voice := audiotest.Speech(0.1, sampleRate, 18*sampleRate, 1)
		b.devices.Speak("mic", voice)
		a.devices.Speak("mic", audiotest.Noise(0.0002, sampleRate, 1))
		a.devices.Echo("speaker", "mic", 6, 0.5)
		r.call(a, b, codec.Opus, audiotest.Impairment{})
		level := func(d time.Duration) float64 {
			b.devices.Heard("speaker")
			r.pass(d)
			return audiotest.Decibels(audiotest.RMS(b.devices.Heard("speaker")))
		}
		r.pass(time.Second)
		before := level(3 * time.Second)
		if _, ok := a.EchoDelay(); ok {
			t.Error("the delay of an echo is known with the canceller off")
		}
		a.SetProcessing(Processing{Echo: true, Noise: true})
		if a.Processing() != (Processing{Echo: true, Noise: true}) {
			t.Errorf("processing %+v", a.Processing())
		}
		r.pass(6 * time.Second)
		after := level(4 * time.Second)
		if after > before-25 {
			t.Errorf("echo at %.1f dBFS, %.1f without the canceller", after, before)
		}
		if d, ok := a.EchoDelay(); !ok || d < 40*time.Millisecond || d > 120*time.Millisecond {
			t.Errorf("delay of the echo %v, %v", d, ok)
		}
		a.SetProcessing(Processing{})
		r.pass(200 * time.Millisecond)
		if again := level(3 * time.Second); again < before-6 {
			t.Errorf("echo at %.1f dBFS with the canceller off again, was %.1f", again, before)
		}
	})
}

// Who speaks while muted is told, and who unmutes is not.
func TestEngine_mutedSpeech(t *testing.T) {
	for _, p := range []Processing{{}, everything} {
		enter(t, 2, func(t *testing.T, r *room) {
			a, b := r.sites[0], r.sites[1]
			a.SetProcessing(p)
			s, _ := r.call(a, b, codec.PCMU, audiotest.Impairment{})
			a.devices.Speak("mic", audiotest.Noise(0.0005, sampleRate, 1))
			s.SetMuted(true)
			r.pass(2 * time.Second)
			if a.Devices().MutedSpeech {
				t.Error("told though nobody speaks")
			}
			changes := a.changes
			a.devices.Speak("mic", audiotest.Speech(0.05, sampleRate, 8*sampleRate, 2))
			told := false
			for range 20 {
				r.pass(100 * time.Millisecond)
				told = told || a.Devices().MutedSpeech
			}
			if !told || a.changes == changes {
				t.Errorf("%+v: not told that somebody speaks, %d changes", p, a.changes-changes)
			}
			s.SetMuted(false)
			r.pass(time.Second)
			if a.Devices().MutedSpeech {
				t.Error("told though not muted any more")
			}
		})
	}
}

// A microphone that gives nothing but zeros is a problem, while somebody
// should hear it. It is told within five seconds, and late of a microphone that
// has shown a gate, which gives zeros in every pause.
func TestEngine_silentMicrophone(t *testing.T) {
	const ms, s = time.Millisecond, time.Second
	for _, c := range []struct {
		name   string
		pauses []time.Duration // of zeros between sounds; nil = no sound
		apart  time.Duration   // of sound after each; 0 = 1 s
		muted  bool            // by us, in them
		around time.Duration   // of zeros before and after that
		hold   bool            // and then a hold, for which the microphone is closed
		fine   time.Duration   // not told yet
		told   time.Duration   // after that, told; 0 = not told
	}{
		{name: "never heard", fine: 3 * s, told: 900 * ms},
		{name: "heard before", pauses: []time.Duration{}, fine: 3 * s, told: 900 * ms},
		{name: "zeros too short for a gate", pauses: []time.Duration{50 * ms, 50 * ms, 50 * ms, 50 * ms}, fine: 3 * s, told: 900 * ms},
		{name: "a button pressed twice", pauses: []time.Duration{s, 2 * s}, fine: 3 * s, told: 900 * ms},
		{name: "a button pressed now and then", pauses: []time.Duration{s, s, s, s}, apart: 31 * s, fine: 3 * s, told: 900 * ms},
		{name: "zeros while we are muted", pauses: []time.Duration{s, s, s, s}, muted: true, fine: 3 * s, told: 900 * ms},
		{name: "zeros before and after we are muted", pauses: []time.Duration{s, s, s, s}, muted: true, around: 80 * ms, fine: 3 * s, told: 900 * ms},
		{name: "a gate", pauses: []time.Duration{200 * ms, 150 * ms, s}, fine: 19 * s, told: 1900 * ms},
		{name: "a gate, known since before a hold", pauses: []time.Duration{200 * ms, 150 * ms, s}, hold: true, fine: 19 * s, told: 1900 * ms},
		{name: "told once, it waits longer", pauses: []time.Duration{5 * s}, fine: 19 * s, told: 1900 * ms},
		{name: "told once, however long it was", pauses: []time.Duration{25 * s}, fine: 19 * s, told: 1900 * ms},
		{name: "told twice, one knows", pauses: []time.Duration{5 * s, 25 * s}, fine: 60 * s},
		{name: "told once of a gate, one knows", pauses: []time.Duration{s, s, s, 25 * s}, fine: 60 * s},
	} {
		t.Run(c.name, func(t *testing.T) {
			enter(t, 2, func(t *testing.T, r *room) {
				a := r.sites[0]
				tone := audiotest.Sine(440, 0.3, sampleRate, sampleRate)
				if c.pauses != nil {
					a.devices.Speak("mic", tone)
				}
				stream, _ := r.call(a, r.sites[1], codec.PCMU, audiotest.Impairment{})
				if c.pauses != nil {
					r.pass(s)
				}
				for _, pause := range c.pauses {
					a.devices.Speak("mic", nil)
					r.pass(c.around)
					stream.SetMuted(c.muted)
					r.pass(pause)
					stream.SetMuted(false)
					r.pass(c.around)
					a.devices.Speak("mic", tone)
					if r.pass(max(s, c.apart)); a.silent() {
						t.Error("told while it is heard")
					}
				}
				stream.SetMuted(true)
				a.devices.Speak("mic", nil)
				if len(c.pauses) == 0 {
					r.pass(20 * s)
				}
				if r.pass(s); a.silent() {
					t.Error("told while muted")
				}
				if stream.SetMuted(false); c.hold {
					stream.SetActive(false, true)
					r.pass(s)
					stream.SetActive(true, true)
				}
				if r.pass(c.fine); a.silent() {
					t.Error("told too soon")
				}
				if r.pass(c.told); a.silent() != (c.told > 0) {
					t.Errorf("told: %v", a.silent())
				}
				a.devices.Speak("mic", tone)
				if r.pass(s); a.Devices().Problem != nil {
					t.Errorf("heard again: %v", a.Devices().Problem)
				}
			})
		})
	}
	t.Run("before a hold and after it, with the meter of the microphone on", func(t *testing.T) {
		enter(t, 2, func(t *testing.T, r *room) {
			a, b := r.sites[0], r.sites[1]
			a.devices.Speak("mic", audiotest.Sine(440, 0.3, sampleRate, sampleRate))
			s, _ := r.call(a, b, codec.PCMU, audiotest.Impairment{})
			a.Monitor(true)
			r.pass(time.Second)
			a.devices.Speak("mic", nil)
			if r.pass(21 * time.Second); !a.silent() {
				t.Fatal("not told")
			}
			s.SetActive(false, true)
			if r.pass(time.Second); a.silent() {
				t.Error("told while nobody should hear it")
			}
			s.SetActive(true, true)
			if r.pass(5 * time.Second); !a.silent() {
				t.Error("not told again")
			}
		})
	})
}

// A gate is the headset's: another microphone is told of as soon as ever.
func TestEngine_silentMicrophoneChanged(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a := r.sites[0]
		tone := audiotest.Sine(440, 0.3, sampleRate, sampleRate)
		a.devices.AddMicrophone(device.Info{ID: "other", Name: "Other"})
		r.pass(3 * time.Second)
		r.call(a, r.sites[1], codec.PCMU, audiotest.Impairment{})
		falls := func(mic string, gaps int, fine, told time.Duration) {
			t.Helper()
			if err := a.SetMicrophone(mic); err != nil {
				t.Fatal(err)
			}
			for range gaps {
				a.devices.Speak(mic, tone)
				r.pass(time.Second)
				a.devices.Speak(mic, nil)
				r.pass(200 * time.Millisecond)
			}
			a.devices.Speak(mic, tone)
			r.pass(time.Second)
			a.devices.Speak(mic, nil)
			if r.pass(fine); a.silent() {
				t.Errorf("%s: told too soon", mic)
			}
			if r.pass(told); !a.silent() {
				t.Errorf("%s: not told", mic)
			}
		}
		falls("mic", gateGaps, 19*time.Second, 1900*time.Millisecond)
		falls("other", gateGaps-1, 3*time.Second, 900*time.Millisecond)
		falls("mic", 0, 19*time.Second, 1900*time.Millisecond)
	})
}

// A file in a microphone's place may be silent for as long as it likes, once it
// has been heard.
func TestEngine_silentFile(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a := r.sites[0]
		a.devices.AddMicrophone(device.Info{ID: "file", Name: "tone.wav", File: true})
		a.devices.Speak("file", audiotest.Sine(440, 0.3, sampleRate, sampleRate))
		r.pass(3 * time.Second)
		if err := a.SetMicrophone("file"); err != nil {
			t.Fatal(err)
		}
		r.call(a, r.sites[1], codec.PCMU, audiotest.Impairment{})
		r.pass(time.Second)
		a.devices.Speak("file", nil)
		if r.pass(25 * time.Second); a.silent() {
			t.Error("told of a pause")
		}
	})
}

// silent reports whether the microphone is told to give nothing.
func (s *site) silent() bool {
	var fault *device.Error
	return errors.As(s.Devices().Problem, &fault) && fault.Kind == device.Silent
}

// Who speaks after a second of digital silence is heard, with everything on as
// it is by default.
func TestEngine_voiceAfterDigitalSilence(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		a.SetProcessing(everything)
		a.devices.Speak("mic", nil)
		r.call(a, b, codec.Opus, audiotest.Impairment{})
		r.pass(time.Second)
		a.devices.Speak("mic", audiotest.Speech(0.1, sampleRate, 4*sampleRate, 2))
		b.devices.Heard("speaker")
		r.pass(4 * time.Second)
		if rms := audiotest.RMS(b.devices.Heard("speaker")); rms < 0.05 {
			t.Errorf("RMS %.3f", rms)
		}
	})
}

// A file in a microphone's place is sent as it is: a tone that does not end is
// no noise there.
func TestEngine_fileIsSentAsItIs(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		a.SetProcessing(everything)
		a.devices.AddMicrophone(device.Info{ID: "file", Name: "tone.wav", File: true})
		a.devices.Speak("file", audiotest.Sine(440, 0.1, sampleRate, sampleRate))
		r.pass(3 * time.Second)
		if err := a.SetMicrophone("file"); err != nil {
			t.Fatal(err)
		}
		r.call(a, b, codec.PCMU, audiotest.Impairment{})
		r.pass(5 * time.Second)
		b.devices.Heard("speaker")
		r.pass(2 * time.Second)
		heard := b.devices.Heard("speaker")
		if level := audiotest.RMS(heard); level < 0.065 || level > 0.075 {
			t.Errorf("level %.3f, want 0.071", level)
		}
		if p := audiotest.Purity(heard, sampleRate, 440); p < 0.98 {
			t.Errorf("purity %.3f", p)
		}
	})
}
