package codec

import "math"

// The resampler's filter: a Kaiser-windowed sinc with this many taps on each
// side of a sample at the lower of the two rates. Its delay is as long: 3 ms at
// 8 kHz, 0.5 ms at 44.1 kHz.
const (
	resamplerTaps   = 24
	resamplerBeta   = 9.0  // window: stop band at about -90 dB
	resamplerCutoff = 0.93 // share of the lower Nyquist rate that passes (-6 dB)
)

// Resampler converts a stream of samples from one rate to another: a polyphase
// filter for any rational ratio. It belongs to one goroutine at a time.
type Resampler struct {
	up, down int         // ratio in lowest terms: out = in·up/down
	phases   [][]float32 // up filters, each over the newest taps inputs
	history  []float32   // the newest taps inputs, written twice so that any window is contiguous
	position int         // where in the first half the next input goes
	phase    int         // numerator of the time until the next output, in 1/up inputs
}

// NewResampler makes a resampler between two rates in Hz, both above 0. Equal
// rates give a plain copy.
func NewResampler(from, to int) *Resampler {
	divisor := gcd(from, to)
	r := &Resampler{up: to / divisor, down: from / divisor}
	if r.up == r.down {
		return r
	}
	lower := min(from, to)
	// Every output looks at as many inputs as cover the filter's width.
	half := float64(resamplerTaps) * float64(from) / float64(lower)
	taps := int(2 * math.Ceil(half))
	cutoff := resamplerCutoff * float64(lower) / float64(from)
	r.phases = make([][]float32, r.up)
	for phase := range r.phases {
		r.phases[phase] = sincFilter(taps, half, cutoff, float64(phase)/float64(r.up))
	}
	r.history = make([]float32, 2*taps)
	return r
}

// sincFilter is the filter for outputs that lie the given share of an input
// behind the middle of the window; cutoff is relative to the input's Nyquist
// rate. Each phase is scaled to a gain of exactly 1 at 0 Hz, without which a
// constant would come out with a ripple.
func sincFilter(taps int, half, cutoff, share float64) []float32 {
	filter := make([]float64, taps)
	var sum float64
	for i := range filter {
		t := float64(i) - float64(taps/2-1) - share
		filter[i] = cutoff * sinc(cutoff*t) * kaiser(t/half)
		sum += filter[i]
	}
	scaled := make([]float32, taps)
	for i, v := range filter {
		scaled[i] = float32(v / sum)
	}
	return scaled
}

// Process converts all of src and returns the number of samples written to
// dst, len(src)·to/from on the average and exactly that whenever it is a whole
// number in every call. What does not fit into dst is lost: Room tells how long
// it has to be.
func (r *Resampler) Process(dst, src []int16) int {
	if r.up == r.down {
		return copy(dst, src)
	}
	taps, n := len(r.history)/2, 0
	for _, sample := range src {
		r.history[r.position], r.history[r.position+taps] = float32(sample), float32(sample)
		r.position++
		if r.position == taps {
			r.position = 0
		}
		for ; r.phase < r.up; r.phase += r.down {
			if n < len(dst) {
				dst[n] = dot(r.phases[r.phase], r.history[r.position:])
				n++
			}
		}
		r.phase -= r.up
	}
	return n
}

// Room is the most samples that Process makes of n.
func (r *Resampler) Room(n int) int { return (n*r.up + r.down - 1) / r.down }

// Reset forgets the past: the next sample starts a new signal.
func (r *Resampler) Reset() {
	clear(r.history)
	r.position, r.phase = 0, 0
}

// dot sums in four lanes, which the processor runs beside each other.
func dot(filter, signal []float32) int16 {
	signal = signal[:len(filter)]
	var a, b, c, d float32
	i := 0
	for ; i+4 <= len(filter); i += 4 {
		a += filter[i] * signal[i]
		b += filter[i+1] * signal[i+1]
		c += filter[i+2] * signal[i+2]
		d += filter[i+3] * signal[i+3]
	}
	for ; i < len(filter); i++ {
		a += filter[i] * signal[i]
	}
	sum := a + b + c + d
	if sum < 0 {
		return int16(max(sum-0.5, -32768))
	}
	return int16(min(sum+0.5, 32767))
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the window for x from -1 to 1, 0 outside.
func kaiser(x float64) float64 {
	if x < -1 || x > 1 {
		return 0
	}
	return bessel(resamplerBeta*math.Sqrt(1-x*x)) / bessel(resamplerBeta)
}

// bessel is the modified Bessel function of the first kind and order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= x / (2 * k) * x / (2 * k)
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
