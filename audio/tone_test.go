package audio

import (
	"math"
	"testing"
	"time"

	"webphone/audio/audiotest"
)

// play renders a player for a time, or until it ends.
func play(p player, d time.Duration) (out []int16, ended bool) {
	for range d / blockDuration {
		sum := make([]float32, blockSamples)
		more := p.add(sum)
		for _, s := range sum {
			out = append(out, int16(s))
		}
		if !more {
			return out, true
		}
	}
	return out, false
}

// rhythmOf returns the lengths of sound and silence in turn, in ms to 10 ms.
func rhythmOf(samples []int16) []int {
	var lengths []int
	sounds := true
	for at := 0; at+blockSamples <= len(samples); at += blockSamples {
		loud := audiotest.RMS(samples[at:at+blockSamples]) > 0.0005
		if len(lengths) == 0 || loud != sounds {
			lengths = append(lengths, 0)
			sounds = loud
		}
		lengths[len(lengths)-1] += 10
	}
	return lengths
}

func TestTones_rhythm(t *testing.T) {
	for _, c := range []struct {
		tone  rhythm
		d     time.Duration
		want  []int // ms
		level float64
		ends  bool
	}{
		{ringbackTone, 11 * time.Second, []int{1000, 4000, 1000, 4000, 1000}, 0.1, false},
		{busyTone, 2 * time.Second, []int{500, 500, 500, 500}, 0.1, false},
		{congestionTone, time.Second, []int{250, 250, 250, 250}, 0.1, false},
		{waitingTone, 5 * time.Second, []int{200, 3800, 200, 800}, 0.03, false},
		{endedTone, 5 * time.Second, []int{150, 150, 150, 150, 150}, 0.1, true},
		{softTone, 2 * time.Second, []int{500, 500, 500, 500}, 0.06, false},
	} {
		out, ended := play(newCadence(c.tone), c.d)
		if ended != c.ends {
			t.Errorf("%v: ended %v", c.want, ended)
		}
		if got := rhythmOf(out); len(got) < len(c.want) {
			t.Errorf("rhythm %v, want %v", got, c.want)
		} else {
			for i, want := range c.want {
				if got[i] != want {
					t.Errorf("rhythm %v, want %v", got, c.want)
					break
				}
			}
		}
		frequency := c.tone.steps[0].low
		part := out[:samples(100*time.Millisecond)]
		if p := audiotest.Purity(part, sampleRate, frequency); p < 0.95 {
			t.Errorf("purity of %.0f Hz: %.3f", frequency, p)
		}
		if peak := audiotest.Peak(out); math.Abs(peak-c.level) > 0.01 {
			t.Errorf("peak %.3f, want %.2f", peak, c.level)
		}
	}
}

// Nothing starts or ends with a click: no step between two samples is larger
// than the tone itself makes.
func TestTones_doNotClick(t *testing.T) {
	key, _ := keyTone('D', 100*time.Millisecond)
	for name, c := range map[string]struct {
		p     player
		steps float64 // of full scale
	}{
		"busy":     {newCadence(busyTone), 0.007},
		"key":      {newCadence(key), 0.03},
		"ringtone": {newMelody(ringTune), 0.12},
		"test":     {newMelody(testTune), 0.12},
	} {
		out, _ := play(c.p, 4*time.Second)
		for i := range out[1:] {
			if step := math.Abs(float64(out[i+1])-float64(out[i])) / 32768; step > c.steps {
				t.Errorf("%s: step of %.3f at %v", name, step, durationOf(int64(i), sampleRate))
				break
			}
		}
		if start := math.Abs(float64(out[0])) / 32768; start > c.steps {
			t.Errorf("%s starts at %.3f", name, start)
		}
	}
}

func TestKeyTone_frequencies(t *testing.T) {
	const keys = "123A456B789C*0#D"
	var all []int16
	for _, k := range keys {
		r, ok := keyTone(k, keyToneDuration)
		if !ok {
			t.Fatalf("%c is no key", k)
		}
		out, ended := play(newCadence(r), time.Second)
		if got := durationOf(int64(len(out)), sampleRate); !ended || got != keyToneDuration {
			t.Errorf("%c lasts %v", k, got)
		}
		all = append(append(all, out...), make([]int16, blockSamples*5)...)
	}
	if got := audiotest.Keys(all, sampleRate); got != keys {
		t.Errorf("keys %q", got)
	}
	if _, ok := keyTone('x', keyToneDuration); ok {
		t.Error("x has a tone")
	}
}

// The ringtone repeats, rests, and is neither silent nor too loud.
func TestMelody_ringtone(t *testing.T) {
	out, ended := play(newMelody(ringTune), 6400*time.Millisecond)
	if ended {
		t.Error("the ringtone ended")
	}
	half := len(out) / 2
	if peak := audiotest.Peak(out); peak < 0.2 || peak > 0.7 {
		t.Errorf("peak %.2f", peak)
	}
	first, second := audiotest.RMS(out[:half]), audiotest.RMS(out[half:])
	if math.Abs(first-second) > 0.001 {
		t.Errorf("first time RMS %.4f, second %.4f", first, second)
	}
	if rest := audiotest.RMS(out[half-samples(200*time.Millisecond) : half]); rest > 0.005 {
		t.Errorf("RMS %.4f in the rest", rest)
	}
	if f := audiotest.Dominant(out[:samples(140*time.Millisecond)], sampleRate); math.Abs(f-587.33) > 5 {
		t.Errorf("first note %.1f Hz", f)
	}
	test, ended := play(newMelody(testTune), 2*time.Second)
	if d := durationOf(int64(len(test)), sampleRate); !ended || d < time.Second || d > 1020*time.Millisecond {
		t.Errorf("test melody: ended %v after %v", ended, d)
	}
}

// loudest is the greatest amplitude of a tone in any tenth of a second.
func loudest(heard []int16, frequency float64) float64 {
	var most float64
	for window := sampleRate / 10; len(heard) >= window; heard = heard[window:] {
		most = max(most, audiotest.Tone(heard[:window], sampleRate, frequency))
	}
	return most
}

// Call tones replace one another on the speaker; ToneEnded ends by itself.
func TestEngine_callTones(t *testing.T) {
	enter(t, 1, func(t *testing.T, r *room) {
		s := r.sites[0]
		for _, c := range []struct {
			tone Tone
			want bool
		}{
			{ToneRingback, true},
			{ToneBusy, true},
			{ToneCongestion, true},
			{ToneWaiting, true},
			{ToneEnded, true},
			{ToneNone, false},
		} {
			s.CallTone(c.tone)
			r.pass(100 * time.Millisecond)
			s.devices.Heard("speaker")
			r.pass(4 * time.Second)
			heard := s.devices.Heard("speaker")
			if got := loudest(heard, 425) > 0.02; got != c.want {
				t.Errorf("%v: heard %v", c.tone, got)
			}
		}
		s.CallTone(ToneEnded)
		r.pass(3 * time.Second)
		r.expectOpen("ended by itself", s)
		if err := s.PlayTest(); err != nil {
			t.Error(err)
		}
		r.pass(1200 * time.Millisecond)
		if rms := audiotest.RMS(s.devices.Heard("speaker")); rms < 0.02 {
			t.Errorf("test melody: RMS %.3f", rms)
		}
		s.KeyTone('7')
		r.pass(300 * time.Millisecond)
		if keys := audiotest.Keys(s.devices.Heard("speaker"), sampleRate); keys != "7" {
			t.Errorf("key tone %q", keys)
		}
	})
}
