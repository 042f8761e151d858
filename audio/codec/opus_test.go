package codec

import (
	"encoding/hex"
	"math"
	"os"
	"strings"
	"testing"
)

// Stereo is mixed down: both sides are heard, each at half its amplitude.
func TestOpus_stereoIsMixedDown(t *testing.T) {
	text, err := os.ReadFile("testdata/opus-stereo.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, d := pair(t, Parameters{Name: Opus})
	var pcm []int16
	frame := make([]int16, MaxFrame)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		payload, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		if payload[0]&4 == 0 {
			t.Fatal("a packet is not stereo (RFC 6716 §3.1)")
		}
		n, err := d.Decode(frame, payload)
		if err != nil {
			t.Fatal(err)
		}
		pcm = append(pcm, frame[:n]...)
	}
	pcm = pcm[len(pcm)-4800:] // 100 ms: whole periods of both
	for _, hz := range []float64{440, 1000} {
		var re, im float64
		for i, s := range pcm {
			at := 2 * math.Pi * hz * float64(i) / 48000
			re += float64(s) * math.Cos(at)
			im += float64(s) * math.Sin(at)
		}
		if got := 2 * math.Hypot(re, im) / float64(len(pcm)) / 32768; math.Abs(got-0.25) > 0.03 {
			t.Errorf("%.0f Hz has amplitude %.3f, want 0.25", hz, got)
		}
	}
}

// lengths are those of the packets of two seconds of speech with some hiss,
// without which most of the band would be empty.
func lengths(t *testing.T, e Encoder) (each []int, sum int) {
	t.Helper()
	payload, pcm := make([]byte, MaxPayload), voice(2*48000, 48000)
	for i, hiss := range noise(len(pcm)) {
		pcm[i] += hiss / 2048
	}
	for ; len(pcm) >= 960; pcm = pcm[960:] {
		n, err := e.Encode(payload, pcm[:960])
		if err != nil {
			t.Fatal(err)
		}
		each, sum = append(each, n), sum+n
	}
	return each, sum
}

// The bitrate changes while a call goes on, and is what is asked for.
func TestOpus_bitrate(t *testing.T) {
	e, _ := pair(t, Parameters{Name: Opus, FEC: true})
	for _, bitrate := range []int{32000, 64000, 24000, 48000} {
		e.SetBitrate(bitrate)
		lengths(t, e) // to settle
		if _, sum := lengths(t, e); math.Abs(float64(sum*4)/float64(bitrate)-1) > 0.2 {
			t.Errorf("%d bit/s asked for, %d sent", bitrate, sum*4)
		}
	}
}

// A packet has what makes up for the one before it as long as that is worth its
// bits: in the middle of a call it ends and begins again.
func TestOpus_fecComesAndGoes(t *testing.T) {
	for _, bitrate := range []int{48000, 64000} {
		e, d := pair(t, Parameters{Name: Opus, FEC: true})
		e.SetBitrate(bitrate)
		for i, on := range []bool{true, false, true} {
			e.SetFEC(on)
			lengths(t, e) // to settle
			if got := repaired(t, e, d); (got > 0.5) != on || !on && got > 0.3 {
				t.Errorf("%d bit/s, step %d, FEC %v: a lost packet made up for is like it by %.2f", bitrate, i, on, got)
			}
		}
	}
}

// Below opusFullFEC the band is what FEC needs, also while something else
// repairs what is lost; without any loss it is all there is.
func TestOpusEncoder_band(t *testing.T) {
	all := new(opusEncoder).band()
	for _, c := range []struct {
		rule       string
		bits, loss int
		fec, on    bool // the far end takes it; it is worth it
		wide       bool // all there is
	}{
		{"FEC and few bits", 24000, 0, true, true, false},
		{"it is set aside under loss", 24000, 5, true, false, false},
		{"and without", 24000, 0, true, false, true},
		{"bits for both", 32000, 5, true, true, true},
		{"never FEC", 24000, 5, false, true, true},
	} {
		e, err := newOpusEncoder(Parameters{Name: Opus, Bitrate: c.bits, FEC: c.fec})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		e.SetLoss(c.loss)
		e.SetFEC(c.on)
		if got := e.band() == all; got != c.wide {
			t.Errorf("%s: all of the band = %v, want %v", c.rule, got, c.wide)
		}
	}
}

// repaired is the share of what is wrong with single lost packets of speech
// without FEC that FEC makes good.
func repaired(t *testing.T, e Encoder, d Decoder) float64 {
	t.Helper()
	_, concealing := pair(t, Parameters{Name: Opus})
	_, whole := pair(t, Parameters{Name: Opus})
	payload := make([]byte, MaxPayload)
	lost, made, heard := make([]int16, 960), make([]int16, 960), make([]int16, 960)
	must := func(_ int, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var with, without float64
	pcm := voice(4*48000, 48000)
	for i := 0; len(pcm) >= 960; i, pcm = i+1, pcm[960:] {
		n, err := e.Encode(payload, pcm[:960])
		must(n, err)
		must(whole.Decode(heard, payload[:n]))
		if i%10 == 8 {
			copy(lost, heard)
			continue
		}
		if i%10 == 9 {
			must(d.DecodeFEC(made, payload[:n]))
			with += distance(made, lost)
			must(concealing.Conceal(made))
			without += distance(made, lost)
		}
		must(d.Decode(heard, payload[:n]))
		must(concealing.Decode(heard, payload[:n]))
	}
	return 1 - with/without
}

// distance is the energy of the difference.
func distance(a, b []int16) (sum float64) {
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	return sum
}

// A peer that wants a constant rate gets packets of one length.
func TestOpus_constantRate(t *testing.T) {
	for _, cbr := range []bool{true, false} {
		e, _ := pair(t, Parameters{Name: Opus, CBR: cbr})
		each, _ := lengths(t, e)
		same := true
		for _, n := range each {
			same = same && n == each[0]
		}
		if same != cbr {
			t.Errorf("CBR %v: packets of %v bytes", cbr, each)
		}
	}
}

// The first packet of a pause is sent, so that the far end knows of it, and
// what comes between the refreshes is not.
func TestOpus_pauseIsTold(t *testing.T) {
	e, _ := pair(t, Parameters{Name: Opus, DTX: true})
	payload, silence := make([]byte, MaxPayload), make([]int16, 960)
	lengths(t, e)
	told, unsent := 0, 0
	for range 100 {
		n, err := e.Encode(payload, silence)
		switch {
		case err != nil:
			t.Fatal(err)
		case n == 0 && told == 0:
			t.Fatal("a pause began without a packet that tells of it")
		case n == 0:
			unsent++
		case n <= 2:
			told++
		}
	}
	if unsent < 50 || told == 0 || told > 6 {
		t.Errorf("in 2 s of silence %d frames unsent, pauses told of %d times", unsent, told)
	}
}

// Effort goes where it is heard: into what is left of lost packets, and no more
// of it than there is for all encoders.
func TestOpusEncoder_complexity(t *testing.T) {
	for _, c := range []struct {
		rule             string
		loss, most, want int
		bare, none       bool // FEC is not worth it, not taken
	}{
		{"little while all arrives", 0, opusComplexity, opusEase, false, false},
		{"less where it does without FEC", 0, opusComplexity, opusBare, true, false},
		{"no less where there never is any", 0, opusComplexity, opusEase, true, true},
		{"all where packets are lost", 1, opusComplexity, opusComplexity, false, false},
		{"less when there is much to encode", 10, 4, 4, false, false},
		{"none at all then", 0, 0, 0, true, false},
	} {
		e, err := newOpusEncoder(Parameters{Name: Opus, Channels: 2, FEC: !c.none})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		e.SetLoss(c.loss)
		e.SetFEC(!c.bare)
		e.exert(c.most)
		if got := e.complexity(); got != c.want {
			t.Errorf("%s: complexity %d, want %d", c.rule, got, c.want)
		}
	}
}
