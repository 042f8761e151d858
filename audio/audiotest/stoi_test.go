package audiotest

import (
	"math"
	"slices"
	"testing"
	"time"
)

// The values are those that the authors' algorithm, as published in Python,
// gives for the same samples.
func TestSTOI_ofNoisySpeech(t *testing.T) {
	speech := Speech(0.1, 16000, 5*16000, 3)
	for _, c := range []struct{ noise, want float64 }{
		{0.3, 0.4430}, {0.1, 0.7291}, {0.03, 0.9440}, {0.01, 0.9925},
	} {
		got := STOI(speech, Mix(speech, Noise(c.noise, len(speech), 9)), 16000)
		if math.Abs(got-c.want) > 0.0005 {
			t.Errorf("noise of %v: %.4f, want %.4f", c.noise, got, c.want)
		}
	}
}

func TestSTOI_ends(t *testing.T) {
	speech := Speech(0.1, rate, 3*rate, 5)
	quiet := slices.Clone(speech)
	for i := range quiet {
		quiet[i] /= 4
	}
	for _, c := range []struct {
		rule      string
		want, got []int16
		low, high float64
	}{
		{"the same", speech, speech, 0.9999, 1.0001},
		{"the same, quieter", speech, quiet, 0.999, 1.0001},
		{"silence", speech, make([]int16, len(speech)), -0.001, 0.001},
		{"another's speech", speech, Speech(0.1, rate, 3*rate, 6), -0.3, 0.4},
		{"nothing to be heard", make([]int16, rate), make([]int16, rate), 0, 0},
		{"too short", speech[:rate/10], speech[:rate/10], 0, 0},
	} {
		if got := STOI(c.want, c.got, rate); got < c.low || got > c.high {
			t.Errorf("%s: %.4f, want %v to %v", c.rule, got, c.low, c.high)
		}
	}
}

// What a band has of a signal in noise is known: the ratio.
func TestSegmentalSNR_growsWithTheSignal(t *testing.T) {
	speech := Speech(0.1, 16000, 3*16000, 3)
	last := -10.0
	for _, noise := range []float64{0.1, 0.03, 0.01, 0.003} {
		got := SegmentalSNR(speech, Mix(speech, Noise(noise, len(speech), 9)), 16000)
		if got < last+3 {
			t.Errorf("noise of %v: %.1f dB after %.1f", noise, got, last)
		}
		last = got
	}
	if got := SegmentalSNR(speech, speech, 16000); got < 34.9 {
		t.Errorf("the same: %.1f dB, want 35", got)
	}
}

// delayed plays a signal late, and later by more from a moment on.
func delayed(samples []int16, first, then time.Duration, at int) []int16 {
	a, b := int(first*rate/time.Second), int(then*rate/time.Second)
	out := append(make([]int16, a), samples[:at]...)
	if b > a {
		out = append(out, make([]int16, b-a)...)
		return append(out, samples[at:]...)
	}
	return append(out, samples[at+a-b:]...)
}

func TestTiming_followsTheDelay(t *testing.T) {
	speech := Speech(0.1, rate, 6*rate, 11)
	for _, c := range []struct{ first, then time.Duration }{
		{0, 0},
		{37 * time.Millisecond, 37 * time.Millisecond},
		{40 * time.Millisecond, 90 * time.Millisecond},
		{120 * time.Millisecond, 25 * time.Millisecond},
	} {
		got := delayed(speech, c.first, c.then, 3*rate)
		delays := Timing(speech, got, rate, 300*time.Millisecond)
		wrong := 0
		for i, d := range delays {
			want := c.first
			if i >= len(delays)/2 {
				want = c.then
			}
			if (d - want).Abs() > time.Millisecond {
				wrong++
			}
		}
		if wrong > 15 {
			t.Errorf("%v then %v: %d of %d wrong", c.first, c.then, wrong, len(delays))
		}
		want := (c.first + c.then) / 2
		if mean := MeanDelay(delays); (mean - want).Abs() > 4*time.Millisecond {
			t.Errorf("%v then %v: mean %v", c.first, c.then, mean)
		}
	}
}

// Sound that was played in pieces with different delays is put back as it was.
func TestStraighten_undoesTheDelay(t *testing.T) {
	speech := Speech(0.1, rate, 4*rate, 12)
	got := delayed(speech, 30*time.Millisecond, 75*time.Millisecond, 2*rate)
	if s := STOI(speech, got[:len(speech)], rate); s > 0.9 {
		t.Fatalf("STOI %.3f of delayed speech", s)
	}
	straight := Straighten(speech, got, rate, Timing(speech, got, rate, 200*time.Millisecond))
	if s := STOI(speech, straight, rate); s < 0.985 {
		t.Errorf("STOI %.3f", s)
	}
	if s := SegmentalSNR(speech, straight, rate); s < 30 {
		t.Errorf("%.1f dB", s)
	}
}

func TestLongestQuiet(t *testing.T) {
	const rate = 48000
	loud := Sine(440, 0.5, rate, rate)
	pcm := append(append(append([]int16{}, loud...), make([]int16, rate/10)...), loud...)
	if got := LongestQuiet(pcm, rate, 0.01); got != 100*time.Millisecond {
		t.Errorf("a hole of 100 ms: %v", got)
	}
	if got := LongestQuiet(loud, rate, 0.01); got != 0 {
		t.Errorf("no hole: %v", got)
	}
}

func TestLongestSilence(t *testing.T) {
	const ms = rate / 1000
	tone, onTime := Sine(440, 0.3, rate, rate), make([]time.Duration, 50)
	for _, want := range []time.Duration{0, 30 * time.Millisecond, 100 * time.Millisecond} {
		holed := slices.Clone(tone)
		clear(holed[rate/2:][:int(want*rate/time.Second)])
		if got := LongestSilence(tone, holed, rate, onTime); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
	if got := LongestSilence(make([]int16, rate), make([]int16, rate), rate, onTime); got != 0 {
		t.Errorf("silence of a silent signal: %v", got)
	}
	// A pause of 100 ms that is 20 ms shorter where it is heard.
	spoken := slices.Concat(tone, make([]int16, 100*ms), tone)
	short := slices.Concat(make([]int16, 40*ms), tone, make([]int16, 80*ms), tone)
	for _, moved := range []int{53, 54, 55, 56, 57} { // by which 20 ms the delay has moved
		delays := slices.Concat(slices.Repeat([]time.Duration{40 * time.Millisecond}, moved), slices.Repeat([]time.Duration{20 * time.Millisecond}, 105-moved))
		if got := LongestSilence(spoken, short, rate, delays); got != 0 {
			t.Errorf("a shortened pause, told at %d: %v", moved, got)
		}
		holed := slices.Clone(short)
		clear(holed[1200*ms:][:60*ms]) // soon after the second tone has begun
		if got := LongestSilence(spoken, holed, rate, delays); got < 60*time.Millisecond || got > 80*time.Millisecond {
			t.Errorf("60 ms after a shortened pause, told at %d: %v", moved, got)
		}
	}
}

// The same packets have the same fates, and they are those asked for.
func TestFates(t *testing.T) {
	const n = 20000
	draw := func(i Impairment) (arrivals [][]time.Duration, lost, late int) {
		f := NewFates(i)
		var last time.Duration
		for k := range n {
			a := f.Next(time.Duration(k) * 20 * time.Millisecond)
			arrivals = append(arrivals, a)
			if len(a) == 0 {
				lost++
				continue
			}
			if a[0] < last {
				late++
			}
			last = a[0]
		}
		return arrivals, lost, late
	}
	runs := func(arrivals [][]time.Duration) (runs int) {
		for k, a := range arrivals {
			if len(a) == 0 && (k == 0 || len(arrivals[k-1]) > 0) {
				runs++
			}
		}
		return runs
	}
	first, lost, late := draw(Impairment{Loss: 0.1, Jitter: 40 * time.Millisecond, Seed: 5})
	again, _, _ := draw(Impairment{Loss: 0.1, Jitter: 40 * time.Millisecond, Seed: 5})
	for k := range first {
		if !slices.Equal(first[k], again[k]) {
			t.Fatalf("packet %d: %v, then %v", k, first[k], again[k])
		}
	}
	if lost < n*9/100 || lost > n*11/100 || late < n/5 {
		t.Errorf("%d lost, %d late", lost, late)
	}
	if r := runs(first); lost > r*12/10 {
		t.Errorf("random loss comes in runs: %d in %d", lost, r)
	}
	burst, lost, _ := draw(Impairment{Loss: 0.1, Burst: 3, Seed: 5})
	if r := runs(burst); lost < r*3 || lost > r*7/2 || lost < n*85/1000 || lost > n*11/100 {
		t.Errorf("runs of 3: %d lost in %d", lost, r)
	}
	_, _, late = draw(Impairment{Jitter: 40 * time.Millisecond, Keep: true, Seed: 5})
	if late > 0 {
		t.Errorf("%d out of order", late)
	}
}
