package voice

import (
	"math"
	"slices"
	"testing"

	"webphone/audio/audiotest"
)

// activeLevels are the levels, in dBFS, of the seconds in which a voice is
// heard for half the time.
func activeLevels(voice, of []int16) []float64 {
	active := audiotest.ActiveFrames(voice, wideRate)
	var levels []float64
	for at := 0; at+100 <= len(active); at += 100 {
		var power, count float64
		for i := at; i < at+100; i++ {
			if active[i] {
				r := audiotest.RMS(of[i*Frame : (i+1)*Frame])
				power, count = power+r*r, count+1
			}
		}
		if count >= 50 {
			levels = append(levels, 10*math.Log10(power/count))
		}
	}
	return levels
}

// A voice at −46 dBFS is raised by 12 dB and more, one that is too loud is
// lowered, and the level does not follow the words.
func TestProcessor_evensLevel(t *testing.T) {
	for _, c := range []struct {
		name      string
		rms       float64
		low, high float64 // of the change in dB
	}{
		{"−46 dBFS", 0.005, 12, 25},
		{"−34 dBFS", 0.02, 8, 14},
		{"−22 dBFS", 0.08, -3, 3},
		{"−14 dBFS", 0.2, -10, -4},
	} {
		voice := audiotest.Speech(c.rms, wideRate, 14*wideRate, 6)
		mic := audiotest.Mix(voice, hiss(len(voice)))
		out := run(t, Switches{Gain: true}, mic, nil)
		before, after := activeLevels(seconds(voice, 8, 14), seconds(mic, 8, 14)), activeLevels(seconds(voice, 8, 14), seconds(out, 8, 14))
		var changes []float64
		for i := range before {
			changes = append(changes, after[i]-before[i])
		}
		least, most := slices.Min(changes), slices.Max(changes)
		t.Logf("%s: changed by %.1f to %.1f dB", c.name, least, most)
		if least < c.low || most > c.high {
			t.Errorf("%s: changed by %.1f to %.1f dB, want %v to %v", c.name, least, most, c.low, c.high)
		}
		if most-least > 2 {
			t.Errorf("%s: the level pumps by %.1f dB", c.name, most-least)
		}
	}
}

// Without a voice nothing is raised, and a shout after a whisper is not cut.
func TestProcessor_gainIsCareful(t *testing.T) {
	noise := audiotest.PinkNoise(0.002, 10*wideRate, 1)
	out := run(t, Switches{Gain: true}, noise, nil)
	if up := audiotest.Decibels(audiotest.RMS(out) / audiotest.RMS(noise)); up > 1 {
		t.Errorf("noise alone is raised by %.1f dB", up)
	}
	whisper := audiotest.Speech(0.005, wideRate, 10*wideRate, 6)
	shout := audiotest.Speech(0.3, wideRate, 2*wideRate, 7)
	out = run(t, Switches{Gain: true}, append(whisper, shout...), nil)
	if p := audiotest.Peak(out); p > 0.9 {
		t.Errorf("peaks of %.2f pass the limiter", p)
	}
}

// An echo is not the voice that the level follows.
func TestProcessor_echoDoesNotRaiseGain(t *testing.T) {
	far := farSpeech()[:14*wideRate]
	mic := audiotest.Mix(office(60e6, 200e6).Echo(far, wideRate), hiss(len(far)))
	out := run(t, Switches{Echo: true, Noise: true, Gain: true}, mic, far)
	if got := erle(seconds(mic, 8, 13.9), seconds(out, 8, 13.9)); got < 28 {
		t.Errorf("with the gain the echo is %.1f dB lower, want 28", got)
	}
}
