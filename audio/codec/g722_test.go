package codec

import (
	"bufio"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the goldens again")

// TestG722_bitExact compares both directions with testdata/g722.txt, whose
// digests were taken from ffmpeg's coder and decoder for the same samples.
func TestG722_bitExact(t *testing.T) {
	signals := []struct {
		name string
		pcm  []int16
	}{
		{"noise", noise(16000)},
		{"voice", voice(16000, 16000)},
		{"tone", sine(16000, 16000, 1000, 30000)},
	}
	var got strings.Builder
	fmt.Fprintln(&got, "# signal, first octets, digest of the code, digest of the decoded samples")
	for _, s := range signals {
		e, err := NewEncoder(Parameters{Name: G722})
		if err != nil {
			t.Fatal(err)
		}
		code := make([]byte, len(s.pcm)/2)
		if n, err := e.Encode(code, s.pcm); n != len(code) || err != nil {
			t.Fatalf("%s: Encode = %d, %v", s.name, n, err)
		}
		pcm := make([]int16, len(s.pcm))
		if n, err := newG722Decoder().Decode(pcm, code); n != len(pcm) || err != nil {
			t.Fatalf("%s: Decode = %d, %v", s.name, n, err)
		}
		fmt.Fprintln(&got, s.name, hex.EncodeToString(code[:16]), digest(code), digestPCM(pcm))
	}
	const golden = "testdata/g722.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	g, w := bufio.NewScanner(strings.NewReader(got.String())), bufio.NewScanner(strings.NewReader(string(want)))
	for w.Scan() {
		if !g.Scan() || g.Text() != w.Text() {
			t.Errorf("got  %s\nwant %s", g.Text(), w.Text())
		}
	}
}

// The predictor keeps its state between calls: cutting a signal into frames
// changes nothing.
func TestG722_framesJoin(t *testing.T) {
	pcm := voice(3200, 16000)
	whole, pieces := make([]byte, 1600), make([]byte, 0, 1600)
	one, _ := NewEncoder(Parameters{Name: G722})
	if _, err := one.Encode(whole, pcm); err != nil {
		t.Fatal(err)
	}
	many, _ := NewEncoder(Parameters{Name: G722})
	for frame := pcm; len(frame) > 0; frame = frame[320:] {
		var code [160]byte
		n, err := many.Encode(code[:], frame[:320])
		if err != nil {
			t.Fatal(err)
		}
		pieces = append(pieces, code[:n]...)
	}
	if string(pieces) != string(whole) {
		t.Error("frames of 20 ms give another code than the whole signal")
	}
}
