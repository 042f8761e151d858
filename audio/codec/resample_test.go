package codec

import (
	"math"
	"strconv"
	"testing"
)

func TestResampler_tones(t *testing.T) {
	for _, c := range []struct {
		name     string
		from, to int
		hz       float64
		ratio    float64 // dB over everything else
		gain     float64 // dB, at least
	}{
		{"8k to 48k", 8000, 48000, 1000, 75, -0.1},
		{"8k to 48k at the band's end", 8000, 48000, 3400, 60, -1},
		{"16k to 48k", 16000, 48000, 1000, 75, -0.1},
		{"48k to 8k", 48000, 8000, 1000, 75, -0.1},
		{"48k to 8k at the band's end", 48000, 8000, 3400, 60, -1},
		{"48k to 16k", 48000, 16000, 6800, 60, -1},
		{"44.1k to 48k", 44100, 48000, 10000, 75, -0.1},
		{"48k to 44.1k", 48000, 44100, 10000, 75, -0.1},
		{"22.05k to 48k", 22050, 48000, 1000, 75, -0.1},
		{"equal rates", 48000, 48000, 1000, 75, -0.1},
	} {
		r := NewResampler(c.from, c.to)
		in := sine(2*c.from, c.from, c.hz, 10000)
		out := make([]int16, r.Room(len(in)))
		n := r.Process(out, in)
		if n != 2*c.to {
			t.Errorf("%s: %d samples, want %d", c.name, n, 2*c.to)
		}
		out = out[c.to/2 : c.to/2+c.to]
		if got := toneRatio(out, c.to, c.hz); got < c.ratio {
			t.Errorf("%s: tone %.1f dB over the rest, want %.0f", c.name, got, c.ratio)
		}
		if got := 20 * math.Log10(rms(out)/(10000/math.Sqrt2)); got < c.gain || got > 0.1 {
			t.Errorf("%s: gain %.2f dB, want %.1f", c.name, got, c.gain)
		}
	}
}

// What the lower rate cannot carry must vanish, not come back as an alias.
func TestResampler_noAlias(t *testing.T) {
	r := NewResampler(48000, 8000)
	in := sine(48000, 48000, 5000, 10000)
	out := make([]int16, 8000)
	r.Process(out, in)
	if level := rms(out[1000:]); level > 2 {
		t.Errorf("5 kHz comes out of 8 kHz with an rms of %.1f", level)
	}
}

// Frames give the same samples as one long call, and the same number each.
func TestResampler_framesJoin(t *testing.T) {
	for _, c := range [][3]int{{8000, 48000, 80}, {48000, 8000, 480}, {48000, 16000, 480}, {44100, 48000, 441}} {
		from, to, frame := c[0], c[1], c[2]
		in := voice(10*frame, from)
		whole := make([]int16, 10*frame*to/from)
		NewResampler(from, to).Process(whole, in)
		r, out := NewResampler(from, to), make([]int16, 2*frame*to/from)
		for i := range 10 {
			n := r.Process(out, in[i*frame:(i+1)*frame])
			if n != frame*to/from {
				t.Fatalf("%d to %d: frame %d gives %d samples", from, to, i, n)
			}
			for j, s := range out[:n] {
				if s != whole[i*n+j] {
					t.Fatalf("%d to %d: frame %d differs at %d", from, to, i, j)
				}
			}
		}
		r.Reset()
		r.Process(out, in[:frame])
		if out[5] != whole[5] {
			t.Errorf("%d to %d: Reset leaves something of the past", from, to)
		}
	}
}

func TestResampler_fullScale(t *testing.T) {
	r := NewResampler(8000, 48000)
	in, out := make([]int16, 800), make([]int16, 4800)
	for i := range in {
		in[i] = 32767
		if i/20%2 == 1 {
			in[i] = -32768
		}
	}
	r.Process(out, in)
	if step := largestStep(out[600:]); step > 40000 {
		t.Errorf("a step of %d: the overshoot of a square wave wrapped around", step)
	}
}

func TestResampler_noAllocations(t *testing.T) {
	r := NewResampler(8000, 48000)
	in, out := voice(160, 8000), make([]int16, 960)
	if got := testing.AllocsPerRun(100, func() { r.Process(out, in) }); got != 0 {
		t.Errorf("Process allocates %.0f times", got)
	}
}

func BenchmarkResampler(b *testing.B) {
	for _, c := range [][2]int{{8000, 48000}, {48000, 8000}, {16000, 48000}, {48000, 16000}, {44100, 48000}} {
		b.Run(strconv.Itoa(c[0])+"to"+strconv.Itoa(c[1]), func(b *testing.B) {
			r := NewResampler(c[0], c[1])
			in, out := voice(c[0]/50, c[0]), make([]int16, c[1]/50)
			b.ReportAllocs()
			for b.Loop() {
				r.Process(out, in)
			}
		})
	}
}
