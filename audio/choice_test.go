package audio

import (
	"errors"
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
	"webphone/audio/device"
)

// What a speaker plays is never taken for a microphone unless it is chosen:
// the others would hear themselves.
func TestDevices_monitorIsNoMicrophone(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		s := r.sites[0]
		s.devices.AddMicrophone(device.Info{ID: "monitor", Name: "Monitor of Speaker", Monitor: true})
		s.devices.SetDefault("monitor")
		r.pass(3 * time.Second)
		s.Monitor(true)
		r.expectOpen("the default is a monitor", s, "mic")
		s.devices.Remove("mic")
		r.pass(3 * time.Second)
		var cause *device.Error
		if d := s.Devices(); !errors.As(d.Problem, &cause) || cause.Kind != device.NoDevice || d.Microphone != (device.Info{}) {
			t.Errorf("only a monitor: problem %v, in use %+v", d.Problem, d.Microphone)
		}
		r.expectOpen("only a monitor", s)
		if err := s.SetMicrophone("monitor"); err != nil {
			t.Error(err)
		}
		r.pass(time.Second)
		r.expectOpen("chosen", s, "monitor")
		if err := s.SetMicrophone(""); err == nil {
			t.Error("the default is there, though there is only a monitor")
		}
		s.devices.AddMicrophone(device.Info{ID: "headset", Name: "Headset"})
		r.pass(8 * time.Second)
		r.expectOpen("plugged in", s, "headset")
		if d := s.Devices(); d.Problem != nil || d.Microphone.ID != "headset" {
			t.Errorf("plugged in: problem %v, in use %+v", d.Problem, d.Microphone)
		}
	})
}

// Where the default does not open, any other device is better than none.
func TestDevices_anotherThanTheDefault(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		b.devices.Speak("mic", audiotest.Sine(800, 0.3, sampleRate, sampleRate))
		a.devices.Speak("mic", audiotest.Sine(440, 0.3, sampleRate, sampleRate))
		a.devices.AddSpeaker(device.Info{ID: "second", Name: "Second"})
		r.pass(3 * time.Second)
		a.devices.Fail("speaker", &device.Error{Kind: device.Failed})
		r.call(a, b, codec.PCMU, audiotest.Impairment{})
		r.pass(time.Second)
		r.expectTone("the default fails", a, "second", 800)
		var problem *DeviceError
		if d := a.Devices(); !errors.As(d.Problem, &problem) || problem.Using != "Second" || d.Speaker.ID != "second" {
			t.Errorf("problem %v, in use %+v", d.Problem, d.Speaker)
		}
		a.devices.Fail("speaker", nil)
		r.pass(6 * time.Second)
		r.expectTone("it works again", a, "speaker", 800)
		if d := a.Devices(); d.Problem != nil {
			t.Errorf("it works again: problem %v", d.Problem)
		}
	})
}

// A default that vanishes is replaced without a word of trouble.
func TestDevices_vanishedDefault(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		b.devices.Speak("mic", audiotest.Sine(800, 0.3, sampleRate, sampleRate))
		a.devices.AddSpeaker(device.Info{ID: "second", Name: "Second"})
		r.pass(3 * time.Second)
		r.call(a, b, codec.PCMU, audiotest.Impairment{})
		r.pass(time.Second)
		a.devices.Remove("speaker")
		r.pass(time.Second)
		r.expectTone("the default vanished", a, "second", 800)
		if d := a.Devices(); d.Problem != nil || d.Speaker.ID != "second" {
			t.Errorf("problem %v, in use %+v", d.Problem, d.Speaker)
		}
	})
}

// A system that moves what plays on the default to another device is followed
// in name.
func TestDevices_followTheDefault(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		s := r.sites[0]
		s.devices.AddSpeaker(device.Info{ID: "second", Name: "Second"})
		s.CallTone(ToneRingback)
		r.pass(3 * time.Second)
		opened := s.devices.Opened()
		s.devices.SetDefault("second")
		r.pass(3 * time.Second)
		if d := s.Devices(); d.Speaker.ID != "second" || s.devices.Opened() != opened {
			t.Errorf("in use %+v, opened %d times", d.Speaker, s.devices.Opened()-opened)
		}
		s.CallTone(ToneNone)
	})
}
