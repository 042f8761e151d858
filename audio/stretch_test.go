package audio

import (
	"math"
	"testing"

	"webphone/audio/audiotest"
)

// fillTape puts a signal on an empty tape, 20 ms at a time, and lets change do
// something after each; it returns what is played.
func fillTape(rate int, signal []int16, change func(tp *tape)) []int16 {
	var tp tape
	tp.reset(rate)
	var out []int16
	frame := rate / 50
	for ; len(signal) >= frame; signal = signal[frame:] {
		copy(tp.room(frame), signal[:frame])
		tp.append(frame)
		change(&tp)
		for tp.waiting() >= rate/100 {
			out = append(out, tp.play(rate/100)...)
		}
	}
	return out
}

func TestTape_playsWhatCameUnchanged(t *testing.T) {
	in := audiotest.Noise(0.3, sampleRate, 1)
	out := fillTape(sampleRate, in, func(*tape) {})
	if len(out) != len(in) {
		t.Fatalf("%d samples of %d", len(out), len(in))
	}
	for i := range in {
		if in[i] != out[i] {
			t.Fatalf("sample %d is %d, want %d", i, out[i], in[i])
		}
	}
}

// Shorter and longer speech keeps its pitch: the tone is where it was, and no
// joint steps further than the signal itself does.
func TestTape_stretchesWithoutBeingHeard(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for _, frequency := range []float64{110, 220, 440} {
			in := audiotest.Sine(frequency, 0.3, rate, 2*rate)
			for name, change := range map[string]func(*tape){
				"shorter": func(tp *tape) { tp.shorten(rate/longestLag, matchLeast) },
				"longer":  func(tp *tape) { tp.lengthen(rate/longestLag, matchLeast) },
			} {
				out := fillTape(rate, in, change)
				switch ratio := float64(len(out)) / float64(len(in)); {
				case name == "shorter" && ratio > 0.85, name == "longer" && ratio < 1.1:
					t.Errorf("%d Hz, %.0f Hz %s: ratio %.2f", rate, frequency, name, ratio)
				}
				if got := audiotest.Purity(out, rate, frequency); got < 0.9 {
					t.Errorf("%d Hz, %.0f Hz %s: purity %.3f", rate, frequency, name, got)
				}
				step := 2 * math.Pi * frequency / float64(rate) * 0.3 * 32768
				for i := range out[1:] {
					if d := math.Abs(float64(out[i+1]) - float64(out[i])); d > 1.5*step+2 {
						t.Errorf("%d Hz, %.0f Hz %s: step of %.0f at %d, the sine's is %.0f", rate, frequency, name, d, i, step)
						break
					}
				}
			}
		}
	}
}

// Noise has no pitch: nothing is cut out of it unless there is a hurry.
func TestTape_leavesNoiseAlone(t *testing.T) {
	in := audiotest.Noise(0.2, 2*sampleRate, 7)
	out := fillTape(sampleRate, in, func(tp *tape) { tp.shorten(sampleRate/longestLag, matchLeast) })
	if len(out) != len(in) {
		t.Errorf("%d samples of %d", len(out), len(in))
	}
}

// In silence any joint will do.
func TestTape_silenceGivesWay(t *testing.T) {
	in := make([]int16, sampleRate)
	out := fillTape(sampleRate, in, func(tp *tape) { tp.shorten(sampleRate/longestLag, matchLeast) })
	if len(out) > len(in)/2 {
		t.Errorf("%d samples of %d are left", len(out), len(in))
	}
}

// No more is taken out than was asked for.
func TestTape_limit(t *testing.T) {
	in := audiotest.Voice(0.3, sampleRate, 2*sampleRate)
	fillTape(sampleRate, in, func(tp *tape) {
		const limit = 300
		before := tp.waiting()
		if n := tp.shorten(limit, matchHurry); n > limit || tp.waiting() != before-n {
			t.Fatalf("%d taken out, %d left of %d", n, tp.waiting(), before)
		}
		before = tp.waiting()
		if n := tp.lengthen(limit, matchHurry); n > limit || tp.waiting() != before+n {
			t.Fatalf("%d put in, %d of %d", n, tp.waiting(), before)
		}
	})
}

func BenchmarkTape_shorten(b *testing.B) {
	in := audiotest.Voice(0.3, sampleRate, sampleRate)
	var tp tape
	for b.Loop() {
		tp.reset(sampleRate)
		copy(tp.room(sampleRate/50), in[sampleRate/10:])
		tp.append(sampleRate / 50)
		tp.shorten(sampleRate/longestLag, matchLeast)
	}
}
