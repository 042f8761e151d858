package voice

import "math"

// The suppressor's frame: 32 ms of the past are looked at, 10 ms are put out,
// with a cross-fade of 4 ms, which is all the delay there is.
const (
	frameSize = 512
	fade      = 64
	bins      = frameSize/2 + 1
	support   = lowBlock + fade
)

// suppressor weighs the frequencies of what the canceller leaves by how much
// of them is voice. It belongs to one goroutine.
type suppressor struct {
	transform *transform
	analysis  [frameSize]float32
	synthesis [support]float32
	past      [frameSize]float32 // what the canceller leaves
	echo      [frameSize]float32 // what it took away
	work      [frameSize]complex64
	tail      [fade]float32

	noise  noiseTracker
	leak   leakTracker
	power  [bins]float32 // of the frame
	echoes [bins]float32 // power of what was taken away, and its aftermath
	gain   [bins]float32
	high   float32 // gain for what is above the band
	duck   bool    // all that is heard may be echo
}

func newSuppressor() *suppressor {
	s := &suppressor{transform: newTransform(frameSize), high: 1}
	rise := frameSize - support
	for i := range s.analysis {
		s.analysis[i] = 1
		if i < rise {
			s.analysis[i] = float32(math.Sin(math.Pi / 2 * (float64(i) + 0.5) / float64(rise)))
		}
	}
	for i := range fade {
		x := math.Pi / 2 * (float64(i) + 0.5) / fade
		s.synthesis[i] = float32(math.Sin(x) * math.Sin(x))
		s.analysis[frameSize-fade+i] = float32(math.Cos(x))
		s.synthesis[support-fade+i] = float32(math.Cos(x))
	}
	for i := fade; i < support-fade; i++ {
		s.synthesis[i] = 1
	}
	s.leak.reset()
	return s
}

// reset starts a new signal.
func (s *suppressor) reset() {
	clear(s.past[:])
	clear(s.echo[:])
	clear(s.echoes[:])
	clear(s.tail[:])
	s.noise.reset()
	s.leak.reset()
	s.high = 1
}

// process takes a block of what the canceller leaves and of what it took away
// and gives a block that is late by fade samples.
func (s *suppressor) process(out, left, taken []float32, noise bool) {
	copy(s.past[:], s.past[lowBlock:])
	copy(s.past[frameSize-lowBlock:], left)
	copy(s.echo[:], s.echo[lowBlock:])
	copy(s.echo[frameSize-lowBlock:], taken)
	for i, w := range s.analysis {
		s.work[i] = complex(w*s.past[i], w*s.echo[i])
	}
	s.transform.forward(s.work[:])
	s.separate()
	s.weigh(noise)
	s.transform.backward(s.work[:])
	const from = frameSize - support
	for i := range support {
		v := real(s.work[from+i]) * s.synthesis[i] / frameSize
		switch {
		case i < fade:
			out[i] = s.tail[i] + v
		case i < lowBlock:
			out[i] = v
		default:
			s.tail[i-lowBlock] = v
		}
	}
}

// separate takes the two spectra apart: work keeps that of what is left.
func (s *suppressor) separate() {
	for k := range bins {
		z, m := s.work[k], s.work[(frameSize-k)%frameSize]
		er, ei := 0.5*(real(z)+real(m)), 0.5*(imag(z)-imag(m))
		yr, yi := 0.5*(imag(z)+imag(m)), 0.5*(real(m)-real(z))
		s.power[k] = er*er + ei*ei
		s.echoes[k] = max(echoKept*s.echoes[k], yr*yr+yi*yi)
		s.work[k] = complex(er, ei)
		if k > 0 && k < bins-1 {
			s.work[frameSize-k] = complex(er, -ei)
		}
	}
}

// duckGain is the gain while all may be echo: −22 dB.
const duckGain = 0.08

// echoFloor is how far what is left of an echo is turned down by the noise
// around it, where that is to stay: by 4.4 dB less than it, which is hardly a
// hole, since the estimate of the noise has some of the echo in it.
const echoFloor = 0.6

// weigh multiplies the spectrum by the gains.
func (s *suppressor) weigh(noise bool) {
	s.leak.update(&s.power, &s.echoes, &s.noise.power)
	s.noise.update(&s.power)
	floor := float32(echoFloor)
	if noise {
		floor = noiseFloor
		s.gain = s.noise.gain
	} else {
		for k := range s.gain {
			s.gain[k] = 1
		}
	}
	if s.duck {
		for k := range s.gain {
			s.gain[k] = min(s.gain[k], duckGain)
		}
	}
	s.leak.apply(&s.gain, &s.power, &s.echoes, &s.noise.power, floor)
	for k, g := range s.gain {
		s.work[k] = complex(g*real(s.work[k]), g*imag(s.work[k]))
		if k > 0 && k < bins-1 {
			m := s.work[frameSize-k]
			s.work[frameSize-k] = complex(g*real(m), g*imag(m))
		}
	}
	const from, to = 5500 * frameSize / lowRate, 7200 * frameSize / lowRate
	var sum float32
	for _, g := range s.gain[from:to] {
		sum += g
	}
	s.high = 0.5*s.high + 0.5*sum/(to-from)
}
