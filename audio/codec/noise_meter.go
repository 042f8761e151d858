package codec

import "math"

const (
	meterOrder  = 5         // coefficients that are told
	meterForget = 1.0 / 16  // weight of a new block
	meterWhite  = 1 + 1./64 // keeps the filter from ringing
)

// NoiseMeter measures a background at 8 kHz to describe it (RFC 3389). The
// zero value is ready; it belongs to one goroutine.
type NoiseMeter struct {
	correlation [meterOrder + 1]float64 // of a sample, smoothed
	fed         bool
}

// Feed takes a block.
func (m *NoiseMeter) Feed(pcm []int16) {
	if len(pcm) <= meterOrder {
		return
	}
	weight := meterForget
	if !m.fed {
		m.fed, weight = true, 1
	}
	for lag := range m.correlation {
		sum := 0.0
		for i := lag; i < len(pcm); i++ {
			sum += float64(pcm[i]) * float64(pcm[i-lag])
		}
		m.correlation[lag] += weight * (sum/float64(len(pcm)) - m.correlation[lag])
	}
}

// Level is how far the background is below full scale, in dB; 127 is silence.
func (m *NoiseMeter) Level() int {
	level := -10 * math.Log10(m.correlation[0]/(1<<30)+1e-13)
	return int(math.Round(min(max(level, 0), 127)))
}

// Describe writes the payload of a packet of comfort noise and returns its
// length.
func (m *NoiseMeter) Describe(payload []byte) int {
	payload[0] = byte(m.Level()) // RFC 3389 §3.1
	if m.correlation[0] < 1 {    // nothing has a spectrum
		return 1
	}
	for i, k := range m.reflections() {
		payload[1+i] = byte(math.Round(127 + k*32768/258)) // RFC 3389 §3.2
	}
	return 1 + meterOrder
}

// reflections are the coefficients of the lattice filter that colours white
// noise like the background (Levinson and Durbin).
func (m *NoiseMeter) reflections() (k [meterOrder]float64) {
	var a, before [meterOrder + 1]float64
	r := m.correlation
	r[0] *= meterWhite
	a[0] = 1
	rest := r[0]
	for n := 1; n <= meterOrder; n++ {
		sum := 0.0
		for i := range n {
			sum += a[i] * r[n-i]
		}
		k[n-1] = min(max(-sum/rest, -noiseSteep), noiseSteep)
		before = a
		for i := 1; i <= n; i++ {
			a[i] = before[i] + k[n-1]*before[n-i]
		}
		rest *= 1 - k[n-1]*k[n-1]
	}
	return k
}
