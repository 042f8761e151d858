package codec

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

var all = []Parameters{
	{Name: Opus, ClockRate: 48000, Channels: 2, FEC: true},
	{Name: G722, ClockRate: 8000},
	{Name: PCMU, ClockRate: 8000},
	{Name: PCMA, ClockRate: 8000},
}

func pair(t testing.TB, p Parameters) (Encoder, Decoder) {
	t.Helper()
	e, err := NewEncoder(p)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	t.Cleanup(d.Close)
	return e, d
}

// through codes and decodes pcm in packets; lost(i) packets are concealed, and
// with fec repaired from the next one where that arrives.
func through(t *testing.T, p Parameters, pcm []int16, lost func(int) bool, fec bool) []int16 {
	t.Helper()
	e, d := pair(t, p)
	e.SetLoss(10)
	size := p.FrameSamples()
	var packets [][]byte
	for ; len(pcm) >= size; pcm = pcm[size:] {
		payload := make([]byte, MaxPayload)
		n, err := e.Encode(payload, pcm[:size])
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, payload[:n])
	}
	var out []int16
	for i, packet := range packets {
		frame := make([]int16, size)
		var n int
		var err error
		switch {
		case !lost(i):
			n, err = d.Decode(frame, packet)
		case fec && i+1 < len(packets) && !lost(i+1):
			n, err = d.DecodeFEC(frame, packets[i+1])
		default:
			n, err = d.Conceal(frame)
		}
		if err != nil || n != size {
			t.Fatalf("packet %d: %d samples, %v", i, n, err)
		}
		out = append(out, frame...)
	}
	return out
}

func never(int) bool         { return false }
func oneInTwenty(i int) bool { return i%20 == 10 }

func TestCodec_sineComesOut(t *testing.T) {
	for _, c := range []struct {
		name string
		lost func(int) bool
		fec  bool
		// level of the tone over everything else, dB
		opus, g722, g711 float64
	}{
		{"without loss", never, false, 25, 30, 30},
		{"5 % loss concealed", oneInTwenty, false, 10, 15, 15},
		{"5 % loss, FEC asked for", oneInTwenty, true, 10, 15, 15},
	} {
		for _, p := range all {
			want := c.g711
			switch p.Name {
			case Opus:
				want = c.opus
			case G722:
				want = c.g722
			}
			rate := p.Name.Rate()
			out := through(t, p, sine(2*rate, rate, 440, 10000), c.lost, c.fec)
			out = out[rate/2 : rate+rate/2] // the coder has settled
			if got := toneRatio(out, rate, 440); got < want {
				t.Errorf("%s, %s: tone %.1f dB over the rest, want %.0f", p.Name, c.name, got, want)
			}
			if level := rms(out) / (10000 / math.Sqrt2); level < 0.85 || level > 1.15 {
				t.Errorf("%s, %s: level changed by the factor %.2f", p.Name, c.name, level)
			}
		}
	}
}

// What FEC is for: lost frames of speech come nearer to the original decode
// than by concealment.
func TestOpus_fecRepairs(t *testing.T) {
	p := Parameters{Name: Opus, FEC: true}
	speech := voice(4*48000, 48000)
	whole := through(t, p, speech, never, false)
	far := func(out []int16) (energy float64) {
		for i := range out {
			d := float64(out[i]) - float64(whole[i])
			energy += d * d
		}
		return energy
	}
	concealed := far(through(t, p, speech, oneInTwenty, false))
	repaired := far(through(t, p, speech, oneInTwenty, true))
	if repaired > concealed/2 {
		t.Errorf("error energy %.3g repaired, %.3g concealed: want half at most", repaired, concealed)
	}
}

// The gap of a lost packet joins both neighbours without a click: no step
// between samples is far above those of the signal itself.
func TestConceal_noClick(t *testing.T) {
	for _, p := range all[1:] {
		rate := p.Name.Rate()
		signal := sine(rate, rate, 200, 10000)
		clean := largestStep(through(t, p, signal, never, false)[rate/4:])
		gappy := largestStep(through(t, p, signal, oneInTwenty, false)[rate/4:])
		if float64(gappy) > 2*float64(clean) {
			t.Errorf("%s: a step of %d at a gap, %d without", p.Name, gappy, clean)
		}
	}
}

func largestStep(pcm []int16) (largest int) {
	for i := 1; i < len(pcm); i++ {
		step := int(pcm[i]) - int(pcm[i-1])
		largest = max(largest, step, -step)
	}
	return largest
}

// A long gap must not hum on: after 20 ms at full level it fades and is silent
// from 60 ms on.
func TestConceal_fades(t *testing.T) {
	for _, p := range all[1:] {
		e, d := pair(t, p)
		rate := p.Name.Rate()
		payload, frame := make([]byte, MaxPayload), make([]int16, rate/100)
		for i := range 20 {
			n, err := e.Encode(payload, voice(rate, rate)[i*rate/100:(i+1)*rate/100])
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Decode(frame, payload[:n]); err != nil {
				t.Fatal(err)
			}
		}
		heard := rms(frame)
		for i := range 8 {
			if _, err := d.Conceal(frame); err != nil {
				t.Fatal(err)
			}
			switch level := rms(frame) / heard; {
			case i == 0 && level < 0.3, i >= 6 && level != 0, i > 1 && level > 1.5:
				t.Errorf("%s: %d ms into the gap the level is %.2f of the speech", p.Name, 10*i, level)
			}
		}
	}
}

func TestCodec_noAllocations(t *testing.T) {
	for _, p := range all {
		e, d := pair(t, p)
		pcm := voice(p.FrameSamples(), p.Name.Rate())
		payload, out := make([]byte, MaxPayload), make([]int16, MaxFrame)
		for _, c := range []struct {
			name string
			run  func()
		}{
			{"Encode and Decode", func() {
				n, err := e.Encode(payload, pcm)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := d.Decode(out, payload[:n]); err != nil {
					t.Fatal(err)
				}
			}},
			{"Conceal", func() {
				if _, err := d.Conceal(out[:p.FrameSamples()]); err != nil {
					t.Fatal(err)
				}
			}},
			{"DecodeFEC", func() {
				if _, err := d.DecodeFEC(out[:p.FrameSamples()], payload[:160]); err != nil {
					t.Fatal(err)
				}
			}},
			{"a malformed payload", func() { _, _ = d.Decode(out[:1], payload[:2]) }},
		} {
			if got := testing.AllocsPerRun(100, c.run); got != 0 {
				t.Errorf("%s: %s allocates %.0f times", p.Name, c.name, got)
			}
		}
	}
}

// Whatever arrives, a decoder answers with samples or an error, and works on.
func TestDecode_randomPackets(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, p := range all {
		_, d := pair(t, p)
		out := make([]int16, MaxFrame)
		for range 5000 {
			packet := make([]byte, random.IntN(200))
			for i := range packet {
				packet[i] = byte(random.Uint32())
			}
			n, err := d.Decode(out, packet)
			if err == nil && (n <= 0 || n > MaxFrame) || err != nil && n != 0 {
				t.Fatalf("%s: %d samples, %v for % x", p.Name, n, err, packet)
			}
			if _, err := d.DecodeFEC(out[:p.FrameSamples()], packet); err != nil &&
				!errors.Is(err, ErrPayload) && !errors.Is(err, ErrShortBuffer) && !errors.Is(err, ErrInternal) {
				t.Fatalf("%s: DecodeFEC: %v for % x", p.Name, err, packet)
			}
		}
		if n, err := d.Conceal(out[:p.FrameSamples()]); n != p.FrameSamples() || err != nil {
			t.Errorf("%s: Conceal = %d, %v", p.Name, n, err)
		}
	}
}

func TestNew_refuses(t *testing.T) {
	for _, c := range []struct {
		name string
		p    Parameters
		want error
	}{
		{"no name", Parameters{}, ErrUnknown},
		{"a codec we lack", Parameters{Name: "AMR"}, ErrUnknown},
		{"a clock rate that is not the codec's", Parameters{Name: Opus, ClockRate: 8000}, ErrParameter},
		{"packets of a second", Parameters{Name: PCMU, PTime: time.Second}, ErrParameter},
		{"a negative bit rate", Parameters{Name: Opus, Bitrate: -1}, ErrParameter},
	} {
		var typed *Error
		if _, err := NewEncoder(c.p); !errors.Is(err, c.want) || !errors.As(err, &typed) {
			t.Errorf("encoder, %s: %v, want %v", c.name, err, c.want)
		}
		if _, err := NewDecoder(c.p); !errors.Is(err, c.want) {
			t.Errorf("decoder, %s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestCodec_misuse(t *testing.T) {
	for _, p := range all {
		e, d := pair(t, p)
		pcm, payload := make([]int16, p.FrameSamples()), make([]byte, MaxPayload)
		n, err := e.Encode(payload, pcm)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Encode(nil, pcm); !errors.Is(err, ErrShortBuffer) {
			t.Errorf("%s: Encode into nothing: %v", p.Name, err)
		}
		if _, err := d.Decode(pcm[:40], payload[:n]); !errors.Is(err, ErrShortBuffer) {
			t.Errorf("%s: Decode into too little: %v", p.Name, err)
		}
		if _, err := d.Decode(pcm, nil); !errors.Is(err, ErrPayload) {
			t.Errorf("%s: Decode of nothing: %v", p.Name, err)
		}
		e.Close()
		d.Close()
		d.Close() // twice is harmless
		if _, err := e.Encode(payload, pcm); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: Encode after Close: %v", p.Name, err)
		}
		if _, err := d.Decode(pcm, payload[:n]); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: Decode after Close: %v", p.Name, err)
		}
		if _, err := d.Conceal(pcm); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: Conceal after Close: %v", p.Name, err)
		}
	}
}

// Digital silence needs no packets under DTX.
func TestOpus_dtxPauses(t *testing.T) {
	e, _ := pair(t, Parameters{Name: Opus, DTX: true})
	payload, silence := make([]byte, MaxPayload), make([]int16, 960)
	unsent := 0
	for range 100 {
		n, err := e.Encode(payload, silence)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			unsent++
		}
	}
	if unsent < 50 {
		t.Errorf("%d of 100 frames of silence left out, want most", unsent)
	}
}

// A peer that plays 8 kHz gets a narrow band: 3.9 kHz is gone, 1 kHz is there.
func TestOpus_maxPlaybackRate(t *testing.T) {
	const rate = 48000
	p := Parameters{Name: Opus, MaxPlaybackRate: 8000}
	high := through(t, p, sine(rate, rate, 6000, 10000), never, false)[rate/2:]
	low := through(t, p, sine(rate, rate, 1000, 10000), never, false)[rate/2:]
	if rms(high) > rms(low)/10 {
		t.Errorf("6 kHz comes out at %.0f, 1 kHz at %.0f", rms(high), rms(low))
	}
}

func BenchmarkCodec(b *testing.B) {
	for _, p := range all {
		e, d := pair(b, p)
		pcm := voice(p.FrameSamples(), p.Name.Rate())
		payload, out := make([]byte, MaxPayload), make([]int16, MaxFrame)
		var n int
		b.Run(p.Name.String()+"/Encode", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n, _ = e.Encode(payload, pcm)
			}
		})
		b.Run(p.Name.String()+"/Decode", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = d.Decode(out, payload[:n])
			}
		})
		b.Run(p.Name.String()+"/Conceal", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = d.Conceal(out[:p.FrameSamples()])
			}
		})
	}
}
