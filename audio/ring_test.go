package audio

import (
	"math/rand/v2"
	"sync"
	"testing"

	"webphone/audio/audiotest"
)

// What is read is what was written, whatever the pieces.
func TestRing_keepsOrder(t *testing.T) {
	r := newRing(1000)
	random := rand.New(rand.NewPCG(1, 1))
	var wrote, read int16
	for range 10000 {
		p := make([]int16, random.IntN(700))
		for i := range p {
			p[i] = wrote + int16(i)
		}
		wrote += int16(r.write(p))
		q := make([]int16, random.IntN(700))
		for _, s := range q[:r.read(q)] {
			if s != read {
				t.Fatalf("read %d, want %d", s, read)
			}
			read++
		}
		if got := r.level(); got != int(wrote-read) {
			t.Fatalf("level %d, want %d", got, wrote-read)
		}
	}
}

func TestRing_fullRefusesTheRest(t *testing.T) {
	r := newRing(8)
	if n := r.write(make([]int16, 11)); n != 8 {
		t.Errorf("wrote %d", n)
	}
	if n := r.write(make([]int16, 1)); n != 0 {
		t.Errorf("wrote %d into a full ring", n)
	}
	r.drop(3)
	if r.level() != 5 {
		t.Errorf("level %d after dropping 3 of 8", r.level())
	}
	r.drop(100)
	if r.level() != 0 {
		t.Errorf("level %d after dropping all", r.level())
	}
}

// One writer and one reader need no lock.
func TestRing_twoGoroutines(t *testing.T) {
	const total = 200000
	r := newRing(960)
	var both sync.WaitGroup
	both.Go(func() {
		p := make([]int16, blockSamples)
		for n := 0; n < total; {
			for i := range p {
				p[i] = int16(n + i)
			}
			n += r.write(p)
		}
	})
	both.Go(func() {
		p := make([]int16, 333)
		for n := 0; n < total; {
			for _, s := range p[:r.read(p)] {
				if s != int16(n) {
					t.Errorf("sample %d is %d", n, s)
					return
				}
				n++
			}
		}
	})
	both.Wait()
}

func TestMeter(t *testing.T) {
	for _, c := range []struct {
		rule  string
		block []int16
		want  float64
	}{
		{"silence", make([]int16, blockSamples), 0},
		{"full scale square", square(32767), 1},
		{"−20 dB", square(3277), 2.0 / 3},
		{"−60 dB", square(33), 0},
		{"−30 dB", square(1036), 0.5},
	} {
		t.Run(c.rule, func(t *testing.T) {
			var m meter
			m.feed(c.block)
			if got := m.value(); got < c.want-0.01 || got > c.want+0.01 {
				t.Errorf("%.3f, want %.3f", got, c.want)
			}
		})
	}
	var m meter
	m.feed(square(32767))
	m.feed(make([]int16, blockSamples))
	if got := m.value(); got < 0.9 || got >= 1 {
		t.Errorf("one block after full scale: %.3f", got)
	}
	for range 60 {
		m.feed(make([]int16, blockSamples))
	}
	if got := m.value(); got != 0 {
		t.Errorf("long after full scale: %.3f", got)
	}
}

func square(amplitude int16) []int16 {
	b := make([]int16, blockSamples)
	for i := range b {
		b[i] = amplitude
		if i%2 == 1 {
			b[i] = -amplitude
		}
	}
	return b
}

func TestLimiter(t *testing.T) {
	for _, c := range []struct {
		rule      string
		amplitude float32
		want      float64 // peak, full scale 1
	}{
		{"quiet is left alone", 0.5, 0.5},
		{"twice full scale", 2, 0.891},
		{"a hundred voices", 100, 0.891},
	} {
		t.Run(c.rule, func(t *testing.T) {
			in := audiotest.Sine(440, 0.5, sampleRate, sampleRate)
			sum := make([]float32, len(in))
			for i, s := range in {
				sum[i] = float32(s) * c.amplitude * 2
			}
			out := make([]int16, len(in))
			var l limiter
			l.apply(out, sum)
			if peak := audiotest.Peak(out); peak > c.want+0.01 || peak < c.want-0.01 {
				t.Errorf("peak %.3f, want %.3f", peak, c.want)
			}
			if p := audiotest.Purity(out[sampleRate/2:], sampleRate, 440); p < 0.98 {
				t.Errorf("purity %.3f", p)
			}
		})
	}
}
