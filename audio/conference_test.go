package audio

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"webphone/audio/audiotest"
	"webphone/audio/codec"
	"webphone/audio/device"
)

// meeting is a conference: site 0 has the streams, the others are members.
type meeting struct {
	*room
	streams []*Stream // of site 0, by member
	far     []*Stream // of the members
}

// pitch is the tone that a site speaks: no two have a harmonic in common.
func pitch(site int) float64 { return []float64{400, 610, 860, 1130, 1370, 1690}[site] }

const spoken = 0.1 // amplitude of each tone

// Codecs by member. Opus takes a sum of tones for speech now and then, and then
// its noise is not far below what the plain ones are held to.
var (
	anyCodecs   = []codec.Name{codec.Opus, codec.PCMU, codec.G722, codec.PCMA, codec.Opus}
	plainCodecs = []codec.Name{codec.PCMU, codec.G722, codec.PCMA}
)

// meet calls all sites from the first and joins them.
func meet(r *room, codecs []codec.Name) *meeting {
	m := &meeting{room: r}
	for i, s := range r.sites {
		s.devices.Speak("mic", audiotest.Sine(pitch(i), spoken, sampleRate, sampleRate))
		if i > 0 {
			near, far := r.call(r.sites[0], s, codecs[i-1], audiotest.Impairment{})
			m.streams, m.far = append(m.streams, near), append(m.far, far)
		}
	}
	r.sites[0].SetConferences(m.streams)
	return m
}

// expect lets the conference go on and checks whom each site hears: hears[i]
// has a digit for each site that site i hears.
func (m *meeting) expect(rule string, hears ...string) {
	m.t.Helper()
	m.pass(500 * time.Millisecond)
	for _, s := range m.sites {
		s.devices.Heard("speaker")
	}
	m.pass(time.Second)
	for i, s := range m.sites {
		heard := s.devices.Heard("speaker")
		if hears[i] == "?" {
			continue
		}
		for j := range m.sites {
			level := audiotest.Decibels(audiotest.Tone(heard, sampleRate, pitch(j)) / spoken)
			switch audible := containsSite(hears[i], j); {
			case audible && (level < -2 || level > 1):
				m.t.Errorf("%s: site %d hears %d at %.1f dB", rule, i, j, level)
			case !audible && level > -40:
				m.t.Errorf("%s: site %d hears %d, at %.1f dB", rule, i, j, level)
			}
		}
	}
}

func containsSite(sites string, site int) bool {
	for _, c := range sites {
		if int(c-'0') == site {
			return true
		}
	}
	return false
}

// Everybody hears all the others at the level they speak with, and not
// themselves, whatever their codecs.
func TestConference_eachHearsTheOthers(t *testing.T) {
	for _, sites := range []int{3, 4, 6} {
		t.Run(fmt.Sprint(sites-1, " members"), func(t *testing.T) {
			enter(t, sites, func(t *testing.T, r *room) {
				m := meet(r, anyCodecs)
				hears := make([]string, sites)
				for i := range sites {
					for j := range sites {
						if i != j {
							hears[i] += fmt.Sprint(j)
						}
					}
				}
				m.expect("all", hears...)
			})
		})
	}
}

func TestConference_whoHearsWhom(t *testing.T) {
	enter(t, 4, func(t *testing.T, r *room) {
		m := meet(r, plainCodecs)
		me := r.sites[0]
		for _, step := range []struct {
			rule  string
			do    func()
			hears []string
		}{
			{"all", func() {}, []string{"123", "023", "013", "012"}},
			{"I am muted: the others go on", func() {
				for _, s := range m.streams {
					s.SetMuted(true)
				}
			}, []string{"123", "23", "13", "12"}},
			{"I am heard again by all but one", func() {
				m.streams[0].SetMuted(false)
				m.streams[2].SetMuted(false)
			}, []string{"123", "023", "13", "012"}},
			{"the volume is mine alone", func() {
				m.streams[1].SetMuted(false)
				m.streams[0].SetVolume(0)
			}, []string{"23", "023", "013", "012"}},
			{"one is hushed: nobody hears them, and they hear all", func() {
				m.streams[0].SetVolume(1)
				m.streams[1].SetHushed(true)
			}, []string{"13", "03", "013", "01"}},
			{"one on hold hears nobody and is not heard", func() {
				m.streams[1].SetHushed(false)
				m.streams[1].SetActive(false, false)
			}, []string{"13", "03", "?", "01"}},
			{"one who plays music while we are on hold keeps it from the others", func() {
				m.streams[1].SetActive(false, true)
			}, []string{"123", "03", "?", "01"}},
			{"back from hold", func() { m.streams[1].SetActive(true, true) }, []string{"123", "023", "013", "012"}},
			{"out of the conference, still in a call with me", func() {
				me.SetConferences([]*Stream{m.streams[0], m.streams[1]})
			}, []string{"123", "02", "01", "0"}},
			{"two conferences do not hear each other", func() {
				me.SetConferences([]*Stream{m.streams[0]}, []*Stream{m.streams[1], m.streams[2]})
			}, []string{"123", "0", "03", "02"}},
			{"in again", func() { me.SetConferences(m.streams) }, []string{"123", "023", "013", "012"}},
			{"one leaves", func() { m.streams[0].Close(); m.far[0].Close() }, []string{"23", "?", "03", "02"}},
			{"the last one is a call", func() { m.streams[1].Close(); m.far[1].Close() }, []string{"3", "?", "?", "0"}},
			{"no conference", func() { me.SetConferences() }, []string{"3", "?", "?", "0"}},
		} {
			step.do()
			m.expect(step.rule, step.hears...)
		}
		if others := m.streams[2].sender.others.Load(); others != nil {
			t.Error("a single call still has a bridge")
		}
	})
}

// Mute stays digital silence of the microphone although others are heard, and
// is none of what they say.
func TestConference_muteMixesNothingOfMine(t *testing.T) {
	enter(t, 3, func(t *testing.T, r *room) {
		m := meet(r, anyCodecs)
		r.sites[1].devices.Speak("mic", nil)
		m.pass(time.Second)
		for _, s := range m.streams {
			s.SetMuted(true)
		}
		m.pass(200 * time.Millisecond)
		r.sites[2].devices.Heard("speaker")
		m.pass(time.Second)
		if level := audiotest.RMS(r.sites[2].devices.Heard("speaker")); level > 1e-4 {
			t.Errorf("a silent conference is heard at %.6f", level)
		}
	})
}

// Without any device the null device beats, and the members hear each other.
func TestConference_withoutDevices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &room{t: t}
		r.add(Options{Backend: device.NewNull()})
		for range 2 {
			r.add(Options{})
		}
		defer func() {
			for _, s := range r.sites {
				s.Close()
			}
		}()
		m := meet(r, anyCodecs)
		m.expect("no devices", "?", "2", "1")
	})
}

// Loud members are limited, not clipped, on the way to each other.
func TestConference_limits(t *testing.T) {
	enter(t, 5, func(t *testing.T, r *room) {
		m := meet(r, anyCodecs)
		for i, s := range r.sites {
			s.devices.Speak("mic", audiotest.Sine(pitch(i), 0.9, sampleRate, sampleRate))
		}
		m.pass(time.Second)
		others := m.streams[0].sender.others.Load()
		frame := make([]int16, 2*blockSamples)
		for i := range frame {
			frame[i] = 32767
		}
		others.add(frame)
		if peak := audiotest.Peak(frame); peak > float64(limiterCeiling+1)/32768 {
			t.Errorf("peak %.3f before the encoder", peak)
		}
	})
}

// Who is heard over the speaker does not come back to them through the
// microphone, while the conference brings what they say to the others.
func TestConference_echoIsTakenOut(t *testing.T) {
	enter(t, 3, func(t *testing.T, r *room) {
		m := meet(r, anyCodecs)
		me, talker, listener := r.sites[0], r.sites[1], r.sites[2]
		speech := audiotest.Speech(0.1, sampleRate, 9*sampleRate, 5)
		me.SetProcessing(Processing{Echo: true})
		me.devices.Speak("mic", nil)
		listener.devices.Speak("mic", nil)
		talker.devices.Speak("mic", speech)
		me.devices.Echo("speaker", "mic", 6, 0.3)
		m.pass(6 * time.Second)
		for _, s := range r.sites {
			s.devices.Heard("speaker")
		}
		m.pass(3 * time.Second)
		heard := listener.devices.Heard("speaker")
		back := talker.devices.Heard("speaker")
		if loss := audiotest.Decibels(audiotest.RMS(back) / audiotest.RMS(heard)); loss > -30 {
			t.Errorf("the talker hears themselves at %.1f dB of what the listener hears", loss)
		}
		t.Logf("listener %.4f, talker %.4f", audiotest.RMS(heard), audiotest.RMS(back))
	})
}

// What one member says reaches another through two calls and the bridge, which
// adds no more than the beats of the devices lie apart: less than a block and
// the reserve.
func TestConference_delay(t *testing.T) {
	enter(t, 3, func(t *testing.T, r *room) {
		m := meet(r, plainCodecs)
		for _, s := range r.sites {
			s.devices.Speak("mic", nil)
		}
		m.pass(2 * time.Second)
		speech := audiotest.Speech(0.1, sampleRate, sampleRate, 3)
		// late lets one speak and tells by how much later each hears it.
		late := func(speaker int, listeners ...int) (delays []time.Duration) {
			for _, l := range listeners {
				r.sites[l].devices.Heard("speaker")
			}
			r.sites[speaker].devices.Speak("mic", speech)
			m.pass(time.Second)
			r.sites[speaker].devices.Speak("mic", nil)
			for _, l := range listeners {
				heard := r.sites[l].devices.Heard("speaker")
				lag := audiotest.Align(speech[sampleRate/4:sampleRate/2], heard[sampleRate/4:], sampleRate/5)
				delays = append(delays, durationOf(int64(lag), sampleRate))
			}
			m.pass(time.Second)
			return delays
		}
		mine := late(0, 2)
		theirs := late(1, 0, 2)
		added := theirs[1] - theirs[0] - mine[0]
		t.Logf("from me %v, to me %v, through me %v: the bridge adds %v", mine[0], theirs[0], theirs[1], added)
		if most := blockDuration + 5*time.Millisecond; added > most || added < -blockDuration {
			t.Errorf("the bridge adds %v, want at most %v", added, most)
		}
	})
}

// Who is hushed is silent for a listener at once, without a click, and their
// meter goes on.
func TestStream_hushed(t *testing.T) {
	enter(t, 2, func(t *testing.T, r *room) {
		me, other := r.sites[0], r.sites[1]
		other.devices.Speak("mic", audiotest.Sine(400, spoken, sampleRate, sampleRate))
		near, _ := r.call(me, other, codec.PCMU, audiotest.Impairment{})
		r.pass(time.Second)
		for _, step := range []struct {
			hushed bool
			want   float64
		}{{true, 0}, {false, spoken}} {
			me.devices.Heard("speaker")
			near.SetHushed(step.hushed)
			r.pass(time.Second)
			heard := me.devices.Heard("speaker")
			steepest := 0
			for i := range heard[1:] {
				steepest = max(steepest, int(heard[i+1])-int(heard[i]), int(heard[i])-int(heard[i+1]))
			}
			// A sine of 400 Hz climbs by 171 a sample, and PCMU steps by 256 at its top.
			if steepest > 600 {
				t.Errorf("hushed %v: a click of %d", step.hushed, steepest)
			}
			rest := heard[3*blockSamples:]
			if got := audiotest.Tone(rest, sampleRate, 400); got > step.want+0.01 || got < step.want-0.01 {
				t.Errorf("hushed %v: heard at %.3f, want %.3f", step.hushed, got, step.want)
			}
			if !step.hushed {
				continue
			}
			if peak := audiotest.Peak(rest); peak != 0 {
				t.Errorf("hushed, yet the peak is %.5f", peak)
			}
			if _, received := near.Levels(); received < 0.3 || time.Since(near.Stats().LastSound) > 100*time.Millisecond {
				t.Errorf("the meter shows %.2f, the last sound was at %v", received, near.Stats().LastSound)
			}
		}
	})
}
