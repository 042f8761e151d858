package audio

import (
	"math"
	"testing"
	"time"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
	"webphone/audio/device"
)

// loud is how loud a speaker plays for a time, as RMS.
func (r *room) loud(s *site, speaker string, d time.Duration) float64 {
	s.devices.Heard(speaker)
	r.pass(d)
	return audiotest.RMS(s.devices.Heard(speaker))
}

// The ringtone is turned down where and while it rings; the call is not.
func TestRing_volume(t *testing.T) {
	const tune = 3200 * time.Millisecond // the tune once
	for _, ringer := range []string{"", "loud"} {
		t.Run("ringer "+ringer, func(t *testing.T) {
			enter(t, 1, func(t *testing.T, r *room) {
				s, plays := r.sites[0], "speaker"
				s.devices.AddSpeaker(device.Info{ID: "loud", Name: "Loud"})
				r.pass(3 * time.Second)
				if ringer != "" {
					plays = ringer
				}
				s.SetRinger(ringer)
				s.Ring(true)
				r.pass(tune)
				full := r.loud(s, plays, tune)
				s.SetRingVolume(0.25)
				if quarter := r.loud(s, plays, tune); math.Abs(quarter/full-0.25) > 0.02 {
					t.Errorf("a quarter of RMS %.4f is %.4f", full, quarter)
				}
				s.SetRingVolume(0)
				if rms := r.loud(s, plays, tune); rms != 0 {
					t.Errorf("turned off: RMS %.4f", rms)
				}
				s.CallTone(ToneBusy)
				if rms := r.loud(s, "speaker", tune); rms < 0.02 {
					t.Errorf("the call's tone is turned down too: RMS %.4f", rms)
				}
			})
		})
	}
}

func TestRing_both(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		s := r.sites[0]
		s.devices.AddSpeaker(device.Info{ID: "loud", Name: "Loud"})
		r.pass(3 * time.Second)
		s.SetRinger("loud")
		s.SetRingBoth(true)
		s.Ring(true)
		r.pass(time.Second)
		for _, speaker := range []string{"speaker", "loud"} {
			if rms := r.loud(s, speaker, 2*time.Second); rms < 0.02 {
				t.Errorf("%s: RMS %.3f", speaker, rms)
			}
		}
		full := r.loud(s, "loud", 3200*time.Millisecond)
		s.devices.Remove("loud")
		r.pass(3 * time.Second)
		// One of two streams is silent; what is heard has the blocks of both.
		if rms := r.loud(s, "speaker", 3200*time.Millisecond); rms < 0.6*full || rms > 0.8*full {
			t.Errorf("both on one device: RMS %.3f, %.3f on one of them", rms, full)
		}
		s.devices.AddSpeaker(device.Info{ID: "loud", Name: "Loud"})
		r.pass(3 * time.Second)
		s.SetRinger("")
		r.pass(100 * time.Millisecond)
		if rms := r.loud(s, "loud", 2*time.Second); rms != 0 {
			t.Errorf("loud is no ringer any more: RMS %.3f", rms)
		}
		s.Ring(false)
		r.pass(2 * time.Second)
		r.expectOpen("over", s)
	})
}

// What tries the ringtone out is heard once, and does not end a call's.
func TestPlayRing(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		s := r.sites[0]
		s.devices.AddSpeaker(device.Info{ID: "loud", Name: "Loud"})
		r.pass(3 * time.Second)
		s.SetRinger("loud")
		if err := s.PlayRing(); err != nil {
			t.Error(err)
		}
		r.pass(time.Second)
		if rms := r.loud(s, "loud", time.Second); rms < 0.02 {
			t.Errorf("RMS %.3f", rms)
		}
		r.pass(4 * time.Second)
		r.expectOpen("heard once", s)
		s.Ring(true)
		if err := s.PlayRing(); err != nil {
			t.Error(err)
		}
		r.pass(5 * time.Second)
		if rms := r.loud(s, "loud", 2*time.Second); rms < 0.02 {
			t.Errorf("it rings no more: RMS %.3f", rms)
		}
		s.Ring(false)
		s.devices.Remove("loud")
		s.devices.Remove("speaker")
		r.pass(3 * time.Second)
		if err := s.PlayRing(); err == nil {
			t.Error("rang without any device")
		}
	})
}

// Where the ringtone is tried out it ends everywhere, also on a speaker that it
// was not, or is no more, to be heard on.
func TestPlayRing_leavesNothing(t *testing.T) {
	for _, c := range []struct {
		name, ringer string
		both         bool // while it is tried out
	}{
		{"ringer and speaker are one", "", true},
		{"on the ringer alone", "loud", false},
		{"on both", "loud", true},
		{"on what has turned out to be the speaker", "speaker", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			enter(t, 1, func(t *testing.T, r *room) {
				s := r.sites[0]
				s.devices.AddSpeaker(device.Info{ID: "loud", Name: "Loud"})
				r.pass(3 * time.Second)
				s.SetRinger(c.ringer)
				s.SetRingBoth(c.both)
				if err := s.PlayRing(); err != nil {
					t.Fatal(err)
				}
				r.pass(6 * time.Second)
				s.devices.Heard("speaker")
				s.SetRingBoth(true)
				if rms := r.loud(s, "speaker", 4*time.Second); rms != 0 {
					t.Errorf("heard again: RMS %.3f", rms)
				}
				r.expectOpen("over", s)
			})
		})
	}
}

// A second caller is a soft tone in the ear: the ringer stays closed, the other
// side and the recording have none of it, and the canceller knows it.
func TestWaitingTone_inTheEarOnly(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		a.devices.AddSpeaker(device.Info{ID: "loud", Name: "Loud"})
		r.pass(3 * time.Second)
		a.SetRinger("loud")
		r.call(a, b, codec.Opus, audiotest.Impairment{})
		r.pass(time.Second)
		a.CallTone(ToneWaiting)
		a.devices.Heard("speaker")
		b.devices.Heard("speaker")
		r.pass(4 * time.Second)
		ear, far := a.devices.Heard("speaker"), b.devices.Heard("speaker")
		if tone := audiotest.Tone(ear[:sampleRate/5], sampleRate, 425); tone < 0.01 || tone > 0.05 {
			t.Errorf("in the ear at %.3f of full scale: not soft", tone)
		}
		if rms := audiotest.RMS(far); rms > 1e-4 {
			t.Errorf("the other side hears RMS %.5f", rms)
		}
		r.expectOpen("waiting", a, "mic", "speaker")
	})
}

func TestWaitingTone_isNotRecorded(t *testing.T) {
	enterRecorded(t, codec.Opus, false, func(r *recorded) {
		r.sites[0].CallTone(ToneWaiting)
		r.pass(2 * time.Second)
		left, right := r.end()
		r.expect("mine", left[:sampleRate/5], 425, 0)
		r.expect("theirs", right[:sampleRate/5], 425, 0)
	})
}

// What the microphone hears of the tone is taken out as the others' voices are.
func TestWaitingTone_echoIsCancelled(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		a, b := r.sites[0], r.sites[1]
		b.devices.Speak("mic", audiotest.Speech(0.1, sampleRate, 18*sampleRate, 1))
		a.devices.Speak("mic", audiotest.Noise(0.0002, sampleRate, 1))
		a.devices.Echo("speaker", "mic", 6, 0.5)
		r.call(a, b, codec.Opus, audiotest.Impairment{})
		returned := func() float64 {
			b.devices.Heard("speaker")
			a.CallTone(ToneWaiting)
			r.pass(time.Second)
			a.CallTone(ToneNone)
			loudest := 0.0
			for heard := b.devices.Heard("speaker"); len(heard) >= sampleRate/20; heard = heard[sampleRate/20:] {
				loudest = max(loudest, audiotest.Tone(heard[:sampleRate/20], sampleRate, 425))
			}
			return loudest
		}
		r.pass(time.Second)
		b.devices.Speak("mic", nil)
		r.pass(500 * time.Millisecond)
		without := returned()
		a.SetProcessing(Processing{Echo: true})
		b.devices.Speak("mic", audiotest.Speech(0.1, sampleRate, 18*sampleRate, 1))
		r.pass(8 * time.Second)
		b.devices.Speak("mic", nil)
		r.pass(500 * time.Millisecond)
		if with := returned(); without < 0.005 || with > without/8 {
			t.Errorf("the other side hears the tone with amplitude %.4f, %.4f without the canceller", with, without)
		}
	})
}
