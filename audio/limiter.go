package audio

import "math"

// The limiter keeps the speaker below limiterCeiling: about 1 dB under full
// scale.
const (
	limiterCeiling = 29200
	// limiterRelease is the factor per sample by which the envelope decays:
	// to a tenth within a quarter of a second at 48 kHz.
	limiterRelease = 0.99981
	// limiterLoudest is the RMS that lasts: 9 dB under full scale. Speech is
	// not as loud as that when its peaks reach the ceiling; noise that a
	// decoder makes of garbage is.
	limiterLoudest = 11600
	// limiterWeight is what a block of 10 ms counts in that: blasts of more
	// than a tenth of a second are turned down.
	limiterWeight = 0.1
)

// limiter stands before the speaker: the sum of several voices and tones, or
// whatever the network sent, never clips and does not stay loud. Below both
// limits it changes nothing. The zero value is ready; it belongs to one
// goroutine.
type limiter struct {
	envelope float32
	power    float32 // mean square
	less     float32 // what the loudness takes: 1 − its factor
}

// apply writes the limited sum to dst.
func (l *limiter) apply(dst []int16, sum []float32) {
	for dst = dst[:len(sum)]; len(sum) > blockSamples; {
		l.block(dst[:blockSamples], sum[:blockSamples])
		dst, sum = dst[blockSamples:], sum[blockSamples:]
	}
	l.block(dst, sum)
}

// block limits a block at most. The gain falls at once with a peak and comes
// back slowly, so that it does not ride on the waveform.
func (l *limiter) block(dst []int16, sum []float32) {
	if len(sum) == 0 {
		return
	}
	envelope, energy := l.envelope, float32(0)
	for i, s := range sum {
		envelope = max(envelope*limiterRelease, s, -s)
		if envelope > limiterCeiling {
			s *= limiterCeiling / envelope
		}
		energy += s * s
		dst[i] = int16(s)
	}
	l.envelope = envelope
	n := float32(len(sum))
	l.power += (energy/n - l.power) * limiterWeight * n / blockSamples
	less := float32(0)
	if l.power > limiterLoudest*limiterLoudest {
		less = 1 - limiterLoudest/float32(math.Sqrt(float64(l.power)))
	}
	if less == 0 && l.less == 0 {
		return
	}
	by, step := 1-l.less, (l.less-less)/n
	for i, s := range dst {
		by += step
		dst[i] = int16(by * float32(s))
	}
	l.less = less
}
