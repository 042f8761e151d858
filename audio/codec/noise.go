package codec

import "math"

// The bounds of comfort noise.
const (
	noiseRate    = 8000 // Hz, at which it is described
	noiseOrder   = 12   // coefficients; what is described more finely is left out
	noiseLoudest = 30   // dB below full scale; louder is no background
	noiseSilent  = 100  // from here on it is silence
	noiseSteep   = 0.99 // greatest coefficient: beyond, the filter rings
	noiseGlide   = noiseRate / 20
)

// Noise makes the background noise of a pause in which the peer sends nothing
// but a description of it (RFC 3389). It belongs to one goroutine at a time.
type Noise struct {
	rate      int
	resampler *Resampler // from noiseRate; nil = the same
	raw       [noiseRate / 50]int16

	described bool
	level     float32 // standard deviation, as it is
	target    float32 // as it is described
	order     int
	reflect   [noiseOrder]float32 // coefficients
	gain      float32             // of the filter
	memory    [noiseOrder + 1]float32
	seed      uint32
}

// NewNoise returns silence at a rate in Hz, until Describe.
func NewNoise(rate int) *Noise {
	n := &Noise{rate: rate, gain: 1, seed: 1}
	if rate != noiseRate {
		n.resampler = NewResampler(noiseRate, rate)
	}
	return n
}

// SampleRate is the rate of the PCM.
func (n *Noise) SampleRate() int { return n.rate }

// Describe takes the payload of a packet of comfort noise: its level and, if
// it goes on, its spectrum. It reports false if there is nothing in it.
func (n *Noise) Describe(payload []byte) bool {
	if len(payload) == 0 {
		return false
	}
	// RFC 3389 §3.1: in −dB of full scale.
	n.target = 0
	if level := payload[0] & 0x7F; level < noiseSilent {
		n.target = 32768 * float32(math.Pow(10, -float64(max(level, noiseLoudest))/20))
	}
	if !n.described {
		n.described, n.level = true, n.target
	}
	// RFC 3389 §3.2: 127 stands for 0. The white noise that goes into the
	// filter is softer by as much as the filter makes it louder.
	n.order = min(len(payload)-1, noiseOrder)
	power := float32(1)
	for i, b := range payload[1 : 1+n.order] {
		k := float32(int(b)-127) * 258 / 32768
		k = min(max(k, -noiseSteep), noiseSteep)
		n.reflect[i] = k
		power *= 1 - k*k
	}
	n.gain = float32(math.Sqrt(float64(power)))
	return true
}

// Pause begins another pause: its level has nothing to do with the last one's.
func (n *Noise) Pause() { n.described = false }

// Make fills pcm.
func (n *Noise) Make(pcm []int16) {
	if n.resampler == nil {
		n.synthesise(pcm)
		return
	}
	for len(pcm) > 0 {
		want := min(len(pcm)*noiseRate/n.rate, len(n.raw))
		if want == 0 { // less than one sample
			clear(pcm)
			return
		}
		n.synthesise(n.raw[:want])
		made := n.resampler.Process(pcm, n.raw[:want])
		pcm = pcm[min(made, len(pcm)):]
	}
}

// synthesise makes noise at 8 kHz: white noise through a lattice filter.
func (n *Noise) synthesise(pcm []int16) {
	for i := range pcm {
		n.level += (n.target - n.level) / noiseGlide
		forward := n.gain * n.level * n.white()
		for k := n.order - 1; k >= 0; k-- {
			forward -= n.reflect[k] * n.memory[k]
			n.memory[k+1] = n.memory[k] + n.reflect[k]*forward
		}
		n.memory[0] = forward
		pcm[i] = int16(min(max(forward, -32768), 32767))
	}
}

// white is a sample of noise of variance 1, from two evenly distributed ones.
func (n *Noise) white() float32 {
	next := func() float32 {
		n.seed ^= n.seed << 13
		n.seed ^= n.seed >> 17
		n.seed ^= n.seed << 5
		return float32(int32(n.seed)) / (1 << 31)
	}
	return (next() + next()) * 1.2247449 // √1.5
}
