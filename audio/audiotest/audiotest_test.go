package audiotest

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

const rate = 48000

func TestTone_amplitudeOfOneFrequency(t *testing.T) {
	both := Mix(Sine(440, 0.2, rate, rate), Sine(1000, 0.1, rate, rate))
	for _, c := range []struct{ frequency, want float64 }{{440, 0.2}, {1000, 0.1}, {700, 0}} {
		if got := Tone(both, rate, c.frequency); math.Abs(got-c.want) > 0.002 {
			t.Errorf("%.0f Hz: %.4f, want %.1f", c.frequency, got, c.want)
		}
	}
}

func TestPurity(t *testing.T) {
	sine := Sine(440, 0.3, rate, rate)
	for _, c := range []struct {
		rule      string
		samples   []int16
		low, high float64
	}{
		{"a sine", sine, 0.999, 1},
		{"with noise of the same power", Mix(sine, Noise(0.212, rate, 1)), 0.65, 0.75},
		{"noise", Noise(0.2, rate, 2), 0, 0.05},
		{"another tone", Sine(500, 0.3, rate, rate), 0, 0.01},
		{"silence", make([]int16, rate), 0, 0},
	} {
		if got := Purity(c.samples, rate, 440); got < c.low || got > c.high {
			t.Errorf("%s: %.4f, want %v to %v", c.rule, got, c.low, c.high)
		}
	}
}

func TestDominant(t *testing.T) {
	for _, want := range []float64{120, 440, 3123} {
		if got := Dominant(Mix(Sine(want, 0.2, 8000, 8000), Noise(0.02, 8000, 3)), 8000); math.Abs(got-want) > 1 {
			t.Errorf("%.1f Hz, want %.1f", got, want)
		}
	}
	if got := Dominant(make([]int16, 800), 8000); got != 0 {
		t.Errorf("silence has %.1f Hz", got)
	}
}

func TestGaps(t *testing.T) {
	tone := Sine(440, 0.3, rate, rate/10)
	tone = tone[1:] // a sine starts with 0
	samples := slices.Concat(make([]int16, 900), tone, make([]int16, 480), tone, make([]int16, 100), tone, make([]int16, 900))
	if got := Gaps(samples, 480); got != 1 {
		t.Errorf("%d gaps of 10 ms, want 1", got)
	}
	if got := Gaps(samples, 96); got != 2 {
		t.Errorf("%d gaps of 2 ms, want 2", got)
	}
}

func TestWAV_roundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.wav")
	want := Sine(440, 0.5, 16000, 1600)
	if err := WriteWAV(path, 16000, want); err != nil {
		t.Fatal(err)
	}
	got, gotRate, err := ReadWAV(path)
	if err != nil || gotRate != 16000 || !slices.Equal(got, want) {
		t.Errorf("%d samples at %d Hz, %v", len(got), gotRate, err)
	}
	if err := os.WriteFile(path, []byte("RIFF????WAVEnothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadWAV(path); err == nil {
		t.Error("read a file that is no WAV")
	}
}

// send puts n packets on a link, one every 20 ms, and returns what arrives.
func send(t *testing.T, n int, i Impairment) (numbers []uint16, delays []time.Duration, s LinkStats) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		l := NewLink(i, func(p *rtp.Packet, _ time.Time) {
			numbers = append(numbers, p.SequenceNumber)
			delays = append(delays, time.Since(begin)-time.Duration(p.SequenceNumber)*20*time.Millisecond)
		})
		for i := range n {
			if err := l.Write(&rtp.Header{SequenceNumber: uint16(i)}, []byte{1}); err != nil {
				t.Fatal(err)
			}
			<-time.After(20 * time.Millisecond)
		}
		<-time.After(time.Second)
		s = l.Stats()
		l.Close()
	})
	return numbers, delays, s
}

func TestLink(t *testing.T) {
	numbers, delays, _ := send(t, 100, Impairment{Delay: 30 * time.Millisecond})
	if len(numbers) != 100 || slices.Max(delays) != 30*time.Millisecond || !slices.IsSorted(numbers) {
		t.Errorf("delay: %d packets, up to %v", len(numbers), slices.Max(delays))
	}
	numbers, _, stats := send(t, 2000, Impairment{Loss: 0.1, Seed: 1})
	if lost := 2000 - len(numbers); lost < 150 || lost > 250 || lost != stats.Lost {
		t.Errorf("loss: %d of 2000", lost)
	}
	numbers, _, stats = send(t, 2000, Impairment{Loss: 0.1, Burst: 3, Seed: 1})
	if lost := 2000 - len(numbers); lost < 120 || lost > 280 || lost%3 != 0 || lost != stats.Lost {
		t.Errorf("bursts: %d of 2000", lost)
	}
	_, delays, _ = send(t, 500, Impairment{Jitter: 20 * time.Millisecond, Seed: 1})
	if slices.Max(delays) < 38*time.Millisecond || slices.Max(delays) > 40*time.Millisecond || slices.Min(delays) > 2*time.Millisecond {
		t.Errorf("jitter: %v to %v", slices.Min(delays), slices.Max(delays))
	}
	numbers, _, _ = send(t, 500, Impairment{Jitter: 40 * time.Millisecond, Keep: true, Seed: 1})
	if !slices.IsSorted(numbers) || len(numbers) != 500 {
		t.Error("jitter that keeps the order does not")
	}
	numbers, _, stats = send(t, 500, Impairment{Reorder: 0.1, Duplicate: 0.1, Seed: 1})
	if len(numbers) != 500+stats.Duplicated || slices.IsSorted(numbers) || stats.Reordered < 25 {
		t.Errorf("%d packets, %+v", len(numbers), stats)
	}
}
