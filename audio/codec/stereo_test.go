package codec

import (
	"errors"
	"math"
	"testing"
)

// A tone that only one channel has stays there.
func TestStereo_channelsStayApart(t *testing.T) {
	e, err := NewStereoEncoder(64000)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	d, err := NewStereoDecoder()
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	const frame = 960
	pcm, out := make([]int16, 2*frame), make([]int16, 2*MaxFrame)
	var payload [MaxPayload]byte
	var left, right float64
	for i := range 50 {
		for k := range frame {
			pcm[2*k] = int16(10000 * math.Sin(2*math.Pi*700*float64(i*frame+k)/48000))
		}
		n, err := e.Encode(payload[:], pcm)
		if err != nil {
			t.Fatal(err)
		}
		if n, err = d.Decode(out, payload[:n]); err != nil || n != frame {
			t.Fatalf("%d samples, %v", n, err)
		}
		for k := range n {
			left += float64(out[2*k]) * float64(out[2*k])
			right += float64(out[2*k+1]) * float64(out[2*k+1])
		}
	}
	if left = math.Sqrt(left / (50 * frame)); left < 6500 {
		t.Errorf("the tone has %.0f", left)
	}
	if right = math.Sqrt(right / (50 * frame)); right > 70 {
		t.Errorf("the silent channel has %.0f", right)
	}
}

func TestStereo_refusesWhatItCannotDo(t *testing.T) {
	var ce *Error
	if _, err := NewStereoEncoder(100); !errors.As(err, &ce) || !errors.Is(err, ErrParameter) {
		t.Errorf("100 bit/s: %v", err)
	}
	e, err := NewStereoEncoder(64000)
	if err != nil {
		t.Fatal(err)
	}
	var payload [MaxPayload]byte
	for _, c := range []struct {
		name string
		dst  []byte
		pcm  []int16
		want error
	}{
		{"no room", nil, make([]int16, 1920), ErrShortBuffer},
		{"no sound", payload[:], nil, ErrFrame},
		{"half a sample", payload[:], make([]int16, 1919), ErrFrame},
		{"no such frame", payload[:], make([]int16, 1000), ErrFrame},
	} {
		if _, err := e.Encode(c.dst, c.pcm); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	e.Close()
	if _, err := e.Encode(payload[:], make([]int16, 1920)); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	d, err := NewStereoDecoder()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Decode(make([]int16, 2*MaxFrame), nil); !errors.Is(err, ErrPayload) {
		t.Errorf("empty payload: %v", err)
	}
	if _, err := d.Decode(nil, []byte{1}); !errors.Is(err, ErrShortBuffer) {
		t.Errorf("no room: %v", err)
	}
	d.Close()
	if _, err := d.Decode(make([]int16, 2*MaxFrame), []byte{0xFC}); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
