package audio

// The limiter keeps the speaker below this value: about 1 dB under full scale.
const (
	limiterCeiling = 29200
	// limiterRelease is the factor per sample by which the envelope decays:
	// to a tenth within a quarter of a second at 48 kHz.
	limiterRelease = 0.99981
)

// limiter stands before the speaker: the sum of several voices and tones, or
// whatever the network sent, never clips. Below the ceiling it changes
// nothing. The zero value is ready; it belongs to one goroutine.
type limiter struct {
	envelope float32
}

// apply writes the limited sum to dst. The gain falls at once with a peak and
// comes back slowly, so that it does not ride on the waveform.
func (l *limiter) apply(dst []int16, sum []float32) {
	envelope := l.envelope
	for i, s := range sum[:len(dst)] {
		envelope = max(envelope*limiterRelease, s, -s)
		if envelope > limiterCeiling {
			s *= limiterCeiling / envelope
		}
		dst[i] = int16(s)
	}
	l.envelope = envelope
}
