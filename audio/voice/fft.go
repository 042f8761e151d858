package voice

import (
	"math"
	"math/bits"
)

// transform is a discrete Fourier transform of a fixed length, a power of two.
type transform struct {
	turns   []complex64 // e^(−2πik/n), k < n/2
	reverse []int32
}

func newTransform(n int) *transform {
	t := &transform{turns: make([]complex64, n/2), reverse: make([]int32, n)}
	for k := range t.turns {
		sin, cos := math.Sincos(-2 * math.Pi * float64(k) / float64(n))
		t.turns[k] = complex(float32(cos), float32(sin))
	}
	shift := 64 - bits.Len(uint(n-1))
	for i := range t.reverse {
		t.reverse[i] = int32(bits.Reverse64(uint64(i)) >> shift)
	}
	return t
}

// forward transforms x in place.
func (t *transform) forward(x []complex64) {
	n := len(x)
	for i, j := range t.reverse[:n] {
		if i < int(j) {
			x[i], x[j] = x[j], x[i]
		}
	}
	for i := 0; i+3 < n; i += 4 { // the first two stages need no multiplication
		a, b, c, d := x[i], x[i+1], x[i+2], x[i+3]
		s, m, u, v := a+b, a-b, c+d, c-d
		v = complex(imag(v), -real(v))
		x[i], x[i+1], x[i+2], x[i+3] = s+u, m+v, s-u, m-v
	}
	for size := 8; size <= n; size *= 2 {
		half, stride := size/2, n/size
		for from := 0; from < n; from += size {
			low, high := x[from:from+half], x[from+half:from+size]
			high = high[:len(low)]
			for k, at := 0, 0; k < len(low); k, at = k+1, at+stride {
				w, h := t.turns[at], high[k]
				re := real(w)*real(h) - imag(w)*imag(h)
				im := real(w)*imag(h) + imag(w)*real(h)
				a := low[k]
				low[k] = complex(real(a)+re, imag(a)+im)
				high[k] = complex(real(a)-re, imag(a)-im)
			}
		}
	}
}

// backward is the inverse of forward times the length, in place.
func (t *transform) backward(x []complex64) {
	t.forward(x)
	for i, j := 1, len(x)-1; i < j; i, j = i+1, j-1 {
		x[i], x[j] = x[j], x[i]
	}
}
