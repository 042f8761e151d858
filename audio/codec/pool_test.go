package codec

import (
	"bytes"
	"math"
	"sync"
	"testing"
)

// talk is frame number i of a voice: something else every time.
func talk(voice, i int) []int16 {
	pcm := make([]int16, 960)
	for n := range pcm {
		t := float64(i*960 + n)
		pcm[n] = int16(6000 * math.Sin(t*float64(voice+3)*(0.01+1e-8*t)))
	}
	return pcm
}

func poolOf(t testing.TB, n int, p Parameters) (*Pool, []Encoder) {
	t.Helper()
	pool := new(Pool)
	encoders := make([]Encoder, n)
	for i := range encoders {
		e, err := pool.NewEncoder(p)
		if err != nil {
			t.Fatal(err)
		}
		encoders[i] = e
		t.Cleanup(e.Close)
	}
	return pool, encoders
}

func encode(t testing.TB, e Encoder, pcm []int16) []byte {
	t.Helper()
	dst := make([]byte, MaxPayload)
	n, err := e.Encode(dst, pcm)
	if err != nil {
		t.Fatal(err)
	}
	return dst[:n]
}

// Those that are given the same get what an encoder of their own would have
// made, from one.
func TestPool_encodesTheSameOnce(t *testing.T) {
	for _, parameters := range all[:2] {
		pool, encoders := poolOf(t, 5, parameters)
		alone, err := NewEncoder(parameters)
		if err != nil {
			t.Fatal(err)
		}
		defer alone.Close()
		for i := range 50 {
			want := encode(t, alone, talk(0, i))
			for n, e := range encoders {
				if got := encode(t, e, talk(0, i)); !bytes.Equal(got, want) {
					t.Fatalf("%s: frame %d of encoder %d differs", parameters.Name, i, n)
				}
			}
		}
		if len(pool.choirs) != 1 || pool.choirs[0].sung != 50 {
			t.Errorf("%s: %d choirs, the first sung %d frames, want one with 50", parameters.Name, len(pool.choirs), pool.choirs[0].sung)
		}
	}
}

// One that is given something else parts with the sound going on, and the
// others do not notice; later they come together again.
func TestPool_differentSoundParts(t *testing.T) {
	for foremost := range 3 {
		pool, encoders := poolOf(t, 3, all[0])
		var likeness [3]struct{ difference, energy float64 }
		var pairs [3]struct {
			alone         Encoder
			shared, whole Decoder
		}
		for i := range pairs {
			pairs[i].alone, pairs[i].shared = pair(t, all[0])
			_, pairs[i].whole = pair(t, all[0])
		}
		for i := range 100 {
			for n, e := range encoders {
				voice := 0
				if n == foremost && i >= 20 && i < 60 {
					voice = 1
				}
				a := decode(t, pairs[n].shared, encode(t, e, talk(voice, i)))
				b := decode(t, pairs[n].whole, encode(t, pairs[n].alone, talk(voice, i)))
				for j := range a {
					likeness[n].difference += float64(a[j]-b[j]) * float64(a[j]-b[j])
					likeness[n].energy += float64(b[j]) * float64(b[j])
				}
			}
			want := 1
			if i >= 20 && i < 60+poolLook {
				want = 2
			}
			if got := len(pool.choirs); got != want && (i < 60 || i > 60+poolLook*(poolLooks+1)) {
				t.Fatalf("frame %d: %d choirs, want %d", i, got, want)
			}
		}
		for n, l := range likeness {
			if l.difference > 0.02*l.energy {
				t.Errorf("encoder %d: %.1f %% of its energy is not what it would be alone", n, 100*l.difference/l.energy)
			}
		}
	}
}

func decode(t testing.TB, d Decoder, payload []byte) []int16 {
	t.Helper()
	pcm := make([]int16, MaxFrame)
	n, err := d.Decode(pcm, payload)
	if err != nil {
		t.Fatal(err)
	}
	return pcm[:n]
}

// The loss that one peer reports changes nothing for the others.
func TestPool_differentLossParts(t *testing.T) {
	pool, encoders := poolOf(t, 3, all[0])
	for i := range 80 {
		switch i {
		case 10:
			encoders[1].SetLoss(12)
			encoders[2].SetLoss(0)
		case 30:
			encoders[2].SetLoss(15) // of one step with 12
		case 40:
			encoders[0].SetLoss(14)
		}
		for _, e := range encoders {
			encode(t, e, talk(0, i))
		}
		want := 1
		if i >= 10 && i < 40 {
			want = 2
		}
		if i < 10 && len(pool.choirs) != 1 || len(pool.choirs) > 2 || i >= 30 && i < 40 && len(pool.choirs) != 2 || i > 40+poolLook*(poolLooks+1) && len(pool.choirs) != 1 {
			t.Errorf("frame %d: %d choirs, want %d", i, len(pool.choirs), want)
		}
	}
}

// One that comes late, or paused, joins at once; one that is behind keeps its
// place.
func TestPool_behind(t *testing.T) {
	pool, encoders := poolOf(t, 3, all[0])
	for i := range 40 {
		encode(t, encoders[0], talk(0, i))
		if behind := i - poolFrames + 1; behind >= 0 {
			encode(t, encoders[1], talk(0, behind))
		}
		if i%20 < 5 {
			encode(t, encoders[2], talk(0, i))
		}
		if n := len(pool.choirs); n != 1 {
			t.Fatalf("frame %d: %d choirs, want 1", i, n)
		}
	}
	for _, e := range encoders {
		e.Close()
	}
	if len(pool.choirs) != 0 {
		t.Errorf("%d choirs after the last has gone", len(pool.choirs))
	}
	if _, err := encoders[0].Encode(make([]byte, MaxPayload), talk(0, 0)); err != ErrClosed {
		t.Errorf("a closed encoder: %v", err)
	}
}

// From many goroutines every payload is whole, and no encoder is lost.
func TestPool_manyGoroutines(t *testing.T) {
	pool, encoders := poolOf(t, 12, all[0])
	var wg sync.WaitGroup
	for n, e := range encoders {
		wg.Go(func() {
			dst := make([]byte, MaxPayload)
			for i := range 100 {
				voice := 0
				if i/10%12 == n {
					voice = n
				}
				if length, err := e.Encode(dst, talk(voice, i)); err != nil || length == 0 {
					t.Errorf("encoder %d, frame %d: %d bytes, %v", n, i, length, err)
				}
				if i%30 == n {
					e.SetLoss(n)
				}
			}
			e.Close()
		})
	}
	wg.Wait()
	if len(pool.choirs) != 0 {
		t.Errorf("%d choirs are left", len(pool.choirs))
	}
}

func TestPool_doesNotAllocate(t *testing.T) {
	_, encoders := poolOf(t, 3, all[0])
	frames := make([][]int16, 2*poolFrames)
	for i := range frames {
		frames[i] = talk(0, i)
	}
	dst, i := make([]byte, MaxPayload), 0
	step := func() {
		for _, e := range encoders {
			if _, err := e.Encode(dst, frames[i%len(frames)]); err != nil {
				t.Fatal(err)
			}
		}
		i++
	}
	for range frames {
		step()
	}
	if n := testing.AllocsPerRun(100, step); n != 0 {
		t.Errorf("%.1f allocations for a frame", n)
	}
}

// BenchmarkPool is the cost of a frame of 20 ms for each of so many encoders of
// one microphone.
func BenchmarkPool(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(map[int]string{1: "1", 10: "10", 100: "100"}[n], func(b *testing.B) {
			_, encoders := poolOf(b, n, all[0])
			dst, i := make([]byte, MaxPayload), 0
			for b.Loop() {
				pcm := talk(0, i)
				for _, e := range encoders {
					if _, err := e.Encode(dst, pcm); err != nil {
						b.Fatal(err)
					}
				}
				i++
			}
		})
	}
}

// The more there is to encode, the less effort is made, and again more when
// there is less.
func TestPool_effort(t *testing.T) {
	pool, encoders := poolOf(t, 20, all[0])
	for i := range 60 {
		different := 20
		if i >= 10 {
			different = 1 // the others say what the first says
		}
		for n, e := range encoders {
			encode(t, e, talk(min(n, different-1), i))
		}
		want, choirs := 0, 20
		if i >= 10+poolLook*(poolLooks+2) {
			want, choirs = opusComplexity, 1
		} else if i >= 9 {
			continue
		}
		if len(pool.choirs) != choirs || i > 0 && pool.choirs[0].exerts != want {
			t.Fatalf("frame %d: effort %d with %d choirs, want %d with %d", i, pool.choirs[0].exerts, len(pool.choirs), want, choirs)
		}
	}
}
