package audio

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
	"webphone/audio/device"
)

func (r *room) expectOpen(rule string, s *site, want ...string) {
	r.t.Helper()
	synctest.Wait()
	if d := cmp.Diff(want, s.devices.Open()); d != "" {
		r.t.Errorf("%s: open devices: %s", rule, d)
	}
}

// expectTone asserts that a speaker now plays a tone and little else.
func (r *room) expectTone(rule string, s *site, speaker string, frequency float64) {
	r.t.Helper()
	s.devices.Heard(speaker)
	r.pass(500 * time.Millisecond)
	heard := s.devices.Heard(speaker)
	if p := audiotest.Purity(heard, sampleRate, frequency); p < 0.9 {
		r.t.Errorf("%s: %s plays %.0f Hz with purity %.2f", rule, speaker, frequency, p)
	}
}

// New tells of nothing: its caller can not use the Engine yet. A device that
// comes or goes later is told once.
func TestDevices_changesAreTold(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		s := r.sites[0]
		r.pass(3 * time.Second)
		if s.changes != 0 {
			t.Errorf("%d changes told without any", s.changes)
		}
		s.devices.AddSpeaker(device.Info{ID: "second", Name: "Second"})
		r.pass(5 * time.Second)
		if n := len(s.Devices().Speakers); s.changes != 1 || n != 2 {
			t.Errorf("%d changes told, %d speakers listed", s.changes, n)
		}
		s.devices.Remove("second")
		r.pass(5 * time.Second)
		if s.changes != 2 {
			t.Errorf("%d changes told", s.changes)
		}
	})
}

// Devices are open while something needs them and closed afterwards: the
// microphone at once.
func TestDevices_openOnlyWhileNeeded(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		s := r.sites[0]
		r.expectOpen("idle", s)
		s.Monitor(true)
		r.expectOpen("monitor", s, "mic")
		s.Monitor(false)
		r.expectOpen("monitor off", s)

		stream := s.NewStream()
		r.expectOpen("stream not started", s)
		if err := stream.Start(agreed(codec.PCMU, new(wire).write)); err != nil {
			t.Fatal(err)
		}
		r.expectOpen("stream", s, "mic", "speaker")
		stream.SetActive(false, true)
		r.expectOpen("on hold by us", s, "speaker")
		stream.SetActive(false, false)
		r.pass(2 * time.Second)
		r.expectOpen("on hold both ways", s)
		stream.SetActive(true, true)
		r.expectOpen("resumed", s, "mic", "speaker")
		stream.Close()
		r.expectOpen("closed: the speaker lingers", s, "speaker")
		r.pass(2 * time.Second)
		r.expectOpen("closed", s)

		s.CallTone(ToneBusy)
		r.expectOpen("tone", s, "speaker")
		s.CallTone(ToneNone)
		s.KeyTone('1')
		r.pass(2 * time.Second)
		r.expectOpen("tones over", s)
	})
}

// A microphone that vanishes in a call is replaced by the default and taken
// again when it is back; the call goes on.
func TestDevices_vanishedMicrophoneFallsBackAndReturns(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		headset := device.Info{ID: "headset", Name: "Headset"}
		a.devices.AddMicrophone(headset)
		a.devices.Speak("mic", audiotest.Sine(440, 0.3, sampleRate, sampleRate))
		a.devices.Speak("headset", audiotest.Sine(800, 0.3, sampleRate, sampleRate))
		r.pass(3 * time.Second) // until it is listed
		if err := a.SetMicrophone("headset"); err != nil {
			t.Fatal(err)
		}
		r.call(a, b, codec.PCMU, audiotest.Impairment{})
		r.pass(time.Second)
		r.expectTone("chosen", b, "speaker", 800)
		if d := a.Devices(); d.Microphone != headset || d.Problem != nil {
			t.Errorf("in use %+v, problem %v", d.Microphone, d.Problem)
		}

		changes := a.changes
		a.devices.Remove("headset")
		r.pass(time.Second)
		r.expectTone("vanished", b, "speaker", 440)
		var problem *DeviceError
		var cause *device.Error
		d := a.Devices()
		if !errors.As(d.Problem, &problem) || !errors.As(d.Problem, &cause) {
			t.Fatalf("problem %v", d.Problem)
		}
		if problem.Role != Microphone || problem.ID != "headset" || problem.Using != "Microphone" || cause.Kind != device.Vanished {
			t.Errorf("problem %+v, cause %+v", problem, cause)
		}
		if d.Microphone.ID != "mic" || a.changes == changes {
			t.Errorf("in use %+v, %d changes told", d.Microphone, a.changes-changes)
		}

		a.devices.AddMicrophone(headset)
		r.pass(3 * time.Second)
		r.expectTone("back", b, "speaker", 800)
		if d := a.Devices(); d.Microphone != headset || d.Problem != nil {
			t.Errorf("in use %+v, problem %v", d.Microphone, d.Problem)
		}
	})
}

// A speaker that vanishes in a call is replaced by the default and taken again.
func TestDevices_vanishedSpeakerFallsBackAndReturns(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		headset := device.Info{ID: "headset", Name: "Headset"}
		b.devices.AddSpeaker(headset)
		a.devices.Speak("mic", audiotest.Sine(440, 0.3, sampleRate, sampleRate))
		r.pass(3 * time.Second)
		if err := b.SetSpeaker("headset"); err != nil {
			t.Fatal(err)
		}
		r.call(a, b, codec.PCMU, audiotest.Impairment{})
		r.pass(time.Second)
		r.expectTone("chosen", b, "headset", 440)
		b.devices.Remove("headset")
		r.pass(time.Second)
		r.expectTone("vanished", b, "speaker", 440)
		b.devices.AddSpeaker(headset)
		r.pass(3 * time.Second)
		r.expectTone("back", b, "headset", 440)
		r.expectOpen("back", b, "headset", "mic")
	})
}

// A device is changed in a call without a break of more than two periods.
func TestDevices_changeInCall(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		a.devices.AddMicrophone(device.Info{ID: "second", Name: "Second"})
		b.devices.AddSpeaker(device.Info{ID: "second", Name: "Second"})
		a.devices.Speak("mic", audiotest.Sine(440, 0.3, sampleRate, sampleRate))
		a.devices.Speak("second", audiotest.Sine(800, 0.3, sampleRate, sampleRate))
		r.pass(3 * time.Second)
		r.call(a, b, codec.PCMU, audiotest.Impairment{})
		r.pass(time.Second)
		before := len(b.devices.Heard("speaker"))
		if before == 0 {
			t.Fatal("nothing played")
		}
		if err := a.SetMicrophone("second"); err != nil {
			t.Fatal(err)
		}
		if err := b.SetSpeaker("second"); err != nil {
			t.Fatal(err)
		}
		r.pass(200 * time.Millisecond)
		r.expectTone("second", b, "second", 800)
		if err := a.SetMicrophone(""); err != nil {
			t.Fatal(err)
		}
		r.pass(200 * time.Millisecond)
		r.expectTone("default again", b, "second", 440)

		var problem *DeviceError
		if err := a.SetMicrophone("third"); !errors.As(err, &problem) || problem.Using != "Microphone" {
			t.Errorf("absent device: %v", err)
		}
		r.pass(200 * time.Millisecond)
		r.expectTone("absent: the default stays", b, "second", 440)
	})
}

// Where the system tells of it, a device that leaves is replaced at once.
func TestDevices_toldOfLeaving(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		headset := device.Info{ID: "headset", Name: "Headset"}
		a.devices.AddMicrophone(headset)
		b.devices.AddSpeaker(headset)
		a.devices.Speak("mic", audiotest.Sine(440, 0.3, sampleRate, sampleRate))
		a.devices.Speak("headset", audiotest.Sine(800, 0.3, sampleRate, sampleRate))
		for _, s := range r.sites {
			s.devices.Tell()
		}
		r.pass(3 * time.Second)
		r.call(a, b, codec.PCMU, audiotest.Impairment{})
		a.SetMicrophone("headset")
		b.SetSpeaker("headset")
		r.pass(time.Second)
		r.expectTone("chosen", b, "headset", 800)
		a.devices.Remove("headset")
		r.pass(20 * time.Millisecond)
		r.expectOpen("the microphone left", a, "mic", "speaker")
		b.devices.Remove("headset")
		r.pass(20 * time.Millisecond)
		r.expectOpen("the speaker left", b, "mic", "speaker")
		r.pass(200 * time.Millisecond)
		r.expectTone("replaced", b, "speaker", 440)
		a.devices.AddMicrophone(headset)
		r.pass(20 * time.Millisecond)
		r.expectOpen("back", a, "headset", "speaker")
	})
}

// A device that cannot be opened is told, tried again later, and meanwhile
// replaced.
func TestDevices_busyMicrophone(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		a.devices.Speak("mic", audiotest.Sine(800, 0.3, sampleRate, sampleRate))
		a.devices.Fail("mic", &device.Error{Kind: device.Busy, Device: "mic"})
		from, _ := r.call(a, b, codec.PCMU, audiotest.Impairment{})
		r.pass(3 * time.Second)
		var cause *device.Error
		if d := a.Devices(); !errors.As(d.Problem, &cause) || cause.Kind != device.Busy || d.Microphone != (device.Info{}) {
			t.Errorf("problem %v, in use %+v", d.Problem, d.Microphone)
		}
		b.devices.Heard("speaker")
		r.pass(2 * time.Second)
		if p := audiotest.Tone(b.devices.Heard("speaker"), sampleRate, 440); p < 0.02 {
			t.Errorf("the soft tone is heard with amplitude %.3f", p)
		}
		var microphone, sent float64
		for range 10 { // the tone comes and goes
			r.pass(100 * time.Millisecond)
			now, _ := from.Levels()
			microphone, sent = max(microphone, a.MicrophoneLevel()), max(sent, now)
		}
		if microphone < 0.4 || sent < 0.4 {
			t.Errorf("meters of microphone %.2f, stream %.2f", microphone, sent)
		}
		a.devices.Fail("mic", nil)
		r.pass(6 * time.Second)
		r.expectTone("free again", b, "speaker", 800)
		if d := a.Devices(); d.Problem != nil {
			t.Errorf("problem %v", d.Problem)
		}
	})
}

// Time passes for the other side while a microphone that died unnoticed is
// replaced: nothing is made up, and nothing waited for afterwards.
func TestDevices_deadMicrophone(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		a.devices.AddMicrophone(device.Info{ID: "other", Name: "Other"})
		r.pass(3 * time.Second)
		_, to := r.call(a, b, codec.PCMU, audiotest.Impairment{})
		r.pass(3 * time.Second)
		before := to.Stats()
		a.devices.Remove("mic")
		r.pass(2 * time.Second)
		after := to.Stats()
		if made := after.Concealed - before.Concealed; made > 5 || after.Late > before.Late {
			t.Errorf("%d blocks made up, %d packets late", made, after.Late-before.Late)
		}
		if after.Buffer > before.Buffer+30*time.Millisecond {
			t.Errorf("delay %v, before it %v", after.Buffer, before.Buffer)
		}
	})
}

// Without any device calls work and Problem says so.
func TestDevices_none(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		a.devices.Remove("mic")
		a.devices.Remove("speaker")
		r.pass(3 * time.Second)
		d := a.Devices()
		var cause *device.Error
		if !errors.As(d.Problem, &cause) || cause.Kind != device.NoDevice || d.Microphone != d.Speaker {
			t.Errorf("idle: %+v", d)
		}
		if err := a.PlayTest(); !errors.As(err, &cause) {
			t.Errorf("PlayTest: %v", err)
		}
		b.devices.Speak("mic", audiotest.Sine(800, 0.3, sampleRate, sampleRate))
		from, _ := r.call(a, b, codec.Opus, audiotest.Impairment{})
		r.pass(2 * time.Second)
		b.devices.Heard("speaker")
		r.pass(2 * time.Second)
		if p := audiotest.Tone(b.devices.Heard("speaker"), sampleRate, 440); p < 0.02 {
			t.Errorf("the soft tone is heard with amplitude %.3f", p)
		}
		if st := from.Stats(); st.Received < 150 || st.Buffer > 100*time.Millisecond {
			t.Errorf("the null clock does not play: %+v", st)
		}
		if _, received := from.Levels(); received < 0.5 || a.SpeakerLevel() < 0.5 {
			t.Errorf("levels %.2f, %.2f", received, a.SpeakerLevel())
		}
	})
}

// The ringtone goes to the ringer, and to the speaker where none is chosen.
func TestRing_onItsDevice(t *testing.T) {
	for _, c := range []struct{ ringer, plays, silent string }{
		{"", "speaker", "loud"},
		{"loud", "loud", "speaker"},
		{"absent", "speaker", "loud"},
	} {
		t.Run("ringer "+c.ringer, func(t *testing.T) {
			enter(t, 1, func(t *testing.T, r *room) {
				s := r.sites[0]
				s.devices.AddSpeaker(device.Info{ID: "loud", Name: "Loud"})
				r.pass(3 * time.Second)
				s.SetRinger(c.ringer)
				s.Ring(true)
				r.pass(4 * time.Second)
				if rms := audiotest.RMS(s.devices.Heard(c.plays)); rms < 0.02 {
					t.Errorf("%s: RMS %.3f", c.plays, rms)
				}
				if rms := audiotest.RMS(s.devices.Heard(c.silent)); rms != 0 {
					t.Errorf("%s: RMS %.3f", c.silent, rms)
				}
				s.Ring(false)
				r.pass(100 * time.Millisecond)
				s.devices.Heard(c.plays)
				r.pass(2 * time.Second)
				if rms := audiotest.RMS(s.devices.Heard(c.plays)); rms != 0 {
					t.Errorf("%s after the end: RMS %.3f", c.plays, rms)
				}
				r.expectOpen("over", s)
			})
		})
	}
}

// Who chooses one side of a headset has the other too, for as long as it is
// there and nothing else is chosen.
func TestDevices_headsetIsAPair(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		s := r.sites[0]
		s.devices.Tell()
		plug := func() {
			s.devices.AddMicrophone(device.Info{ID: "ear-in", Name: "Ear", Headset: "ear"})
			s.devices.AddSpeaker(device.Info{ID: "ear-out", Name: "Ear", Headset: "ear"})
			r.pass(3 * time.Second)
		}
		s.devices.AddMicrophone(device.Info{ID: "desk-in", Name: "Desk"})
		plug()
		stream := s.NewStream()
		defer stream.Close()
		if err := stream.Start(agreed(codec.PCMU, new(wire).write)); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			rule string
			do   func()
			want []string
		}{
			{"the system's defaults", func() {}, []string{"mic", "speaker"}},
			{"the headset's speaker brings its microphone", func() { s.SetSpeaker("ear-out") }, []string{"ear-in", "ear-out"}},
			{"another microphone is meant so", func() { s.SetMicrophone("desk-in") }, []string{"desk-in", "ear-out"}},
			{"and given up", func() { s.SetMicrophone("") }, []string{"ear-in", "ear-out"}},
			{"the headset leaves", func() { s.devices.Remove("ear-in"); s.devices.Remove("ear-out") }, []string{"mic", "speaker"}},
			{"and is back", plug, []string{"ear-in", "ear-out"}},
			{"its microphone alone leaves", func() { s.devices.Remove("ear-in") }, []string{"ear-out", "mic"}},
			{"it is given up", func() { s.SetSpeaker("") }, []string{"mic", "speaker"}},
			{"its microphone brings its speaker", func() {
				s.devices.AddMicrophone(device.Info{ID: "ear-in", Name: "Ear", Headset: "ear"})
				r.pass(time.Second)
				s.SetMicrophone("ear-in")
			}, []string{"ear-in", "ear-out"}},
			{"what is no headset brings nothing", func() { s.SetMicrophone("desk-in") }, []string{"desk-in", "speaker"}},
		} {
			step.do()
			r.pass(2 * time.Second)
			r.expectOpen(step.rule, s, step.want...)
		}
		if p := s.Devices().Problem; p != nil {
			t.Errorf("problem %v", p)
		}
	})
}

// What the system does not let us use is told as that, for the list as a whole
// and for one device.
func TestDevices_forbidden(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		s := r.sites[0]
		expect := func(rule string, want device.Kind) {
			t.Helper()
			var cause *device.Error
			if err := s.Devices().Problem; !errors.As(err, &cause) || cause.Kind != want {
				t.Errorf("%s: %v", rule, err)
			}
		}
		s.devices.Refuse(&device.Error{Kind: device.Denied})
		r.pass(3 * time.Second)
		expect("no device may be seen", device.Denied)
		s.Monitor(true)
		r.pass(3 * time.Second)
		expect("nor used", device.Denied)
		s.devices.Refuse(nil)
		r.pass(8 * time.Second)
		if p := s.Devices().Problem; p != nil {
			t.Errorf("allowed again: %v", p)
		}
		s.Monitor(false)
		r.pass(time.Second)
		s.devices.Fail("mic", &device.Error{Kind: device.Denied})
		s.Monitor(true)
		r.pass(time.Second)
		expect("this one may not be used", device.Denied)
	})
}
