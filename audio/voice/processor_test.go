package voice

import (
	"math"
	"math/cmplx"
	"slices"
	"testing"
	"time"

	"webphone/audio/audiotest"
)

// In the steady state no block allocates.
func TestProcessor_doesNotAllocate(t *testing.T) {
	far := farSpeech()[:4*wideRate]
	mic := audiotest.Mix(office(60*time.Millisecond, 150*time.Millisecond).Echo(far, wideRate), hiss(len(far)))
	for _, s := range []Switches{{}, {Echo: true}, {Noise: true}, {Gain: true}, {Echo: true, Noise: true, Gain: true}} {
		p, err := New(Options{Switches: s})
		if err != nil {
			t.Fatal(err)
		}
		var frame [Frame]int16
		at := 0
		step := func() {
			copy(frame[:], mic[at:])
			p.Far(far[at : at+Frame])
			p.Near(frame[:])
			at = (at + Frame) % len(mic)
		}
		for range 100 {
			step()
		}
		if n := testing.AllocsPerRun(250, step); n != 0 {
			t.Errorf("%+v: %.2f allocations in 10 ms", s, n)
		}
		p.Close()
	}
}

// With every switch off the samples are those of the microphone.
func TestProcessor_offChangesNothing(t *testing.T) {
	noise := audiotest.Noise(0.1, wideRate, 1)
	if !slices.Equal(run(t, Switches{}, noise, noise), noise) {
		t.Error("the microphone's samples are changed")
	}
}

// The switches may be turned at any time.
func TestProcessor_switchesAtRunTime(t *testing.T) {
	p, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	voice := farSpeech()[:6*wideRate]
	out := slices.Clone(voice)
	all := []Switches{{}, {Echo: true}, {Noise: true, Gain: true}, {Gain: true}, {Echo: true, Noise: true, Gain: true}}
	for i := 0; i*Frame+Frame <= len(out); i++ {
		s := all[i/40%len(all)]
		p.SetSwitches(s)
		if p.Switches() != s {
			t.Fatalf("%+v, want %+v", p.Switches(), s)
		}
		p.Near(out[i*Frame : (i+1)*Frame])
	}
	if in, got := audiotest.RMS(voice), audiotest.RMS(out); got < in/2 || got > 2*in {
		t.Errorf("level %.3f, was %.3f", got, in)
	}
}

// Switched off and on again, the canceller finds the echo again.
func TestProcessor_echoSwitchedOn(t *testing.T) {
	far := farSpeech()[:14*wideRate]
	mic := audiotest.Mix(office(60*time.Millisecond, 200*time.Millisecond).Echo(far, wideRate), hiss(len(far)))
	p, err := New(Options{Switches: Switches{Echo: true, Noise: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	out := slices.Clone(mic)
	for i := 0; (i+1)*Frame <= len(mic); i++ {
		switch i {
		case 300:
			p.SetSwitches(Switches{Noise: true})
		case 400:
			p.SetSwitches(Switches{})
		case 500:
			p.SetSwitches(Switches{Echo: true, Noise: true})
		}
		p.Far(far[i*Frame : (i+1)*Frame])
		p.Near(out[i*Frame : (i+1)*Frame])
	}
	out = append(out[wholeDelay:], make([]int16, wholeDelay)...)
	if got := erle(seconds(mic, 9, 13.9), seconds(out, 9, 13.9)); got < 28 {
		t.Errorf("the echo is %.1f dB lower, want 28", got)
	}
}

// Speech is told from noise and pauses, and from the echo of the far end.
func TestProcessor_speaking(t *testing.T) {
	voice := audiotest.Speech(0.03, wideRate, 6*wideRate, 2)
	far := farSpeech()[:10*wideRate]
	echo := office(60*time.Millisecond, 150*time.Millisecond).Echo(far, wideRate)
	for _, c := range []struct {
		rule     string
		mic, far []int16
		from, to int // blocks looked at
		want     bool
	}{
		{"a voice", voice, nil, 150, 600, true},
		{"a voice in noise", audiotest.Mix(voice, audiotest.PinkNoise(0.002, len(voice), 1)), nil, 150, 600, true},
		{"noise", audiotest.PinkNoise(0.02, len(voice), 1), nil, 0, 600, false},
		{"silence", make([]int16, len(voice)), nil, 0, 600, false},
		{"a cough", append(slices.Clone(voice[:wideRate/5]), make([]int16, 2*wideRate)...), nil, 0, 220, false},
		{"the echo of the far end", echo, far, 200, 1000, false},
	} {
		p, err := New(Options{Switches: Switches{Echo: true, Noise: true, Gain: true}})
		if err != nil {
			t.Fatal(err)
		}
		mic := slices.Clone(c.mic)
		got := false
		for i := 0; (i+1)*Frame <= len(mic); i++ {
			if c.far != nil {
				p.Far(c.far[i*Frame : (i+1)*Frame])
			}
			p.Near(mic[i*Frame : (i+1)*Frame])
			got = got || p.Speaking() && i >= c.from && i < c.to
		}
		p.Close()
		if got != c.want {
			t.Errorf("%s: speaking %v, want %v", c.rule, got, c.want)
		}
	}
}

// The difference of two clocks is measured to a few parts in a million.
func TestAligner_measuresDrift(t *testing.T) {
	far := farSpeech()[:12*wideRate]
	for _, want := range []float64{100, -40} {
		room := office(80*time.Millisecond, 200*time.Millisecond)
		room.Drift = want
		mic := room.Echo(far, wideRate)
		p, err := New(Options{Switches: Switches{Echo: true}})
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at+Frame <= len(mic); at += Frame {
			p.Far(far[at : at+Frame])
			p.Near(mic[at : at+Frame])
		}
		if got := 1e6 * p.aligner.drift.rate; math.Abs(got-want) > 5 {
			t.Errorf("%.1f ppm, want %v", got, want)
		}
		p.Close()
	}
}

// Samples that never came, of either side, do not put the two out of step.
func TestProcessor_lostSamples(t *testing.T) {
	const length = 14
	far := farSpeech()[:length*wideRate]
	mic := audiotest.Mix(office(60*time.Millisecond, 200*time.Millisecond).Echo(far, wideRate), hiss(len(far)))
	p, err := New(Options{Switches: Switches{Echo: true, Noise: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var heard, out []int16
	for i := 0; (i+1)*Frame <= len(mic); i++ {
		f, n := far[i*Frame:(i+1)*Frame], slices.Clone(mic[i*Frame:(i+1)*Frame])
		if i == 800 || i == 801 {
			p.Lost(0, Frame)
		} else {
			p.Far(f)
		}
		if i >= 850 && i < 860 {
			p.Lost(Frame, 0)
			continue
		}
		heard = append(heard, n...)
		p.Near(n)
		out = append(out, n...)
	}
	out = append(out[wholeDelay:], make([]int16, wholeDelay)...)
	if got := erle(seconds(heard, 9, length-0.2), seconds(out, 9, length-0.2)); got < 28 {
		t.Errorf("the echo is %.1f dB lower, want 28", got)
	}
}

func TestTransform(t *testing.T) {
	for _, n := range []int{8, 64, 512} {
		x := make([]complex64, n)
		for i := range x {
			x[i] = complex(float32(math.Sin(float64(i*i))), float32(math.Cos(float64(3*i))))
		}
		want := make([]complex128, n)
		for k := range want {
			for i, v := range x {
				want[k] += complex128(v) * cmplx.Rect(1, -2*math.Pi*float64(i*k%n)/float64(n))
			}
		}
		tr, got := newTransform(n), slices.Clone(x)
		tr.forward(got)
		for k := range want {
			if cmplx.Abs(complex128(got[k])-want[k]) > 1e-4*float64(n) {
				t.Fatalf("length %d: bin %d is %v, want %v", n, k, got[k], want[k])
			}
		}
		tr.backward(got)
		for i := range x {
			if cmplx.Abs(complex128(got[i])/complex(float64(n), 0)-complex128(x[i])) > 1e-5 {
				t.Fatalf("length %d: %d comes back as %v, was %v", n, i, got[i], x[i])
			}
		}
	}
}

// BenchmarkProcessor is the cost of 10 ms of the microphone.
func BenchmarkProcessor(b *testing.B) {
	far := farSpeech()[:10*wideRate]
	mic := audiotest.Mix(office(60*time.Millisecond, 200*time.Millisecond).Echo(far, wideRate), hiss(len(far)))
	silent := make([]int16, len(far))
	for _, c := range []struct {
		name     string
		s        Switches
		mic, far []int16
	}{
		{"off", Switches{}, mic, far},
		{"gain", Switches{Gain: true}, mic, far},
		{"noise", Switches{Noise: true}, mic, far},
		{"all", Switches{Echo: true, Noise: true, Gain: true}, mic, far},
		{"all-far-silent", Switches{Echo: true, Noise: true, Gain: true}, mic, silent},
		{"all-headset", Switches{Echo: true, Noise: true, Gain: true}, audiotest.Speech(0.1, wideRate, len(far), 2), far},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, err := New(Options{Switches: c.s})
			if err != nil {
				b.Fatal(err)
			}
			defer p.Close()
			var frame [Frame]int16
			at := 0
			step := func() {
				copy(frame[:], c.mic[at:])
				p.Far(c.far[at : at+Frame])
				p.Near(frame[:])
				at = (at + Frame) % len(c.mic)
			}
			for range 1200 {
				step()
			}
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
		})
	}
}
