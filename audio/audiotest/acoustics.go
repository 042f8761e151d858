package audiotest

import (
	"math"
	"math/rand/v2"
	"time"
)

// Acoustics is a loudspeaker in a room with a microphone, and the sound system
// between them and the program.
type Acoustics struct {
	// Reverberation is the time in which sound in the room falls by 60 dB
	// (RT60).
	Reverberation time.Duration
	// Coupling is the level of the echo by that of the far end; 1 = as loud.
	Coupling float64
	// Drive is how hard the loudspeaker saturates: tanh(Drive·x)/Drive, x = 1
	// at full scale; 0 = it is linear.
	Drive float64
	// Delay of the sound system, before the direct sound.
	Delay time.Duration
	// JumpAt and Jump change the delay once; Jump 0 = never.
	JumpAt, Jump time.Duration
	// Drift is by how much the microphone's clock runs faster than the
	// loudspeaker's, in parts per million.
	Drift float64
	Seed  uint64 // of the room's reflections
}

// Echo returns what the microphone hears when far is played, as long as far.
func (a Acoustics) Echo(far []int16, rate int) []int16 {
	speaker := make([]float64, len(far))
	for i, s := range far {
		x := float64(s) / 32768
		if a.Drive > 0 {
			x = math.Tanh(a.Drive*x) / a.Drive
		}
		speaker[i] = x
	}
	late := make([]float64, len(far))
	for i := range late {
		t := time.Duration(float64(i) / float64(rate) * float64(time.Second))
		delay := a.Delay
		if a.Jump != 0 && t >= a.JumpAt {
			delay += a.Jump
		}
		late[i] = between(speaker, float64(i)*(1-a.Drift*1e-6)-delay.Seconds()*float64(rate))
	}
	heard := convolve(late, a.impulse(rate))
	samples := make([]int16, len(far))
	for i := range samples {
		samples[i] = clip(32768 * heard[i])
	}
	return samples
}

// impulse is the room's answer: a direct sound and reflections that decay.
func (a Acoustics) impulse(rate int) []float64 {
	r := rand.New(rand.NewPCG(a.Seed, 0x4004))
	n := int(1.1 * a.Reverberation.Seconds() * float64(rate))
	h := make([]float64, max(n, rate/100))
	first := rate / 500 // the way from the loudspeaker: 70 cm
	h[first] = 1
	var power float64
	for i := first + rate/1000; i < n; i++ {
		h[i] = r.NormFloat64() * math.Pow(10, -3*float64(i-first)/float64(n)*1.1)
		power += h[i] * h[i]
	}
	if power > 0 { // as much energy in the reflections as in the direct sound
		for i := first + 1; i < n; i++ {
			h[i] /= math.Sqrt(power)
		}
	}
	by := a.Coupling / math.Sqrt2
	for i := range h {
		h[i] *= by
	}
	return h
}

// between is the value of x at a fractional index, 0 outside.
func between(x []float64, at float64) float64 {
	i := int(math.Floor(at))
	if i < 8 || i+9 > len(x) {
		if i >= 0 && i < len(x) {
			return x[i]
		}
		return 0
	}
	f := at - float64(i)
	if f == 0 {
		return x[i]
	}
	var sum float64
	for k := -7; k <= 8; k++ {
		d := float64(k) - f
		sum += x[i+k] * math.Sin(math.Pi*d) / (math.Pi * d) * (0.5 + 0.5*math.Cos(math.Pi*d/8.5))
	}
	return sum
}

// convolve returns the first len(x) samples of x filtered by h.
func convolve(x, h []float64) []float64 {
	size := 2
	for size < 2*len(h) {
		size *= 2
	}
	step := size - len(h) + 1
	filter := make([]complex128, size)
	for i, v := range h {
		filter[i] = complex(v, 0)
	}
	fft(filter)
	out := make([]float64, len(x)+size)
	block := make([]complex128, size)
	for at := 0; at < len(x); at += step {
		clear(block)
		for i := 0; i < step && at+i < len(x); i++ {
			block[i] = complex(x[at+i], 0)
		}
		fft(block)
		for i := range block {
			block[i] *= filter[i]
		}
		// The inverse by the forward transform, read backwards.
		fft(block)
		for i := range block {
			out[at+i] += real(block[(size-i)%size]) / float64(size)
		}
	}
	return out[:len(x)]
}
