package voice

import "math"

// The level control's aim and pace. It moves only while there is voice, slower
// than words change, so that nobody hears it work.
const (
	levelAim   = 0.08   // RMS of voice: −22 dBFS
	levelUp    = 1.0069 // factor in a block of voice while it is far from its aim: 6 dB a second
	levelDown  = 0.986  // 12 dB a second
	levelCreep = 1.0017 // near its aim, up and down: 1.5 dB a second
	levelFar   = 1.5    // 3.5 dB
	levelPace  = 0.004  // weight of a block of voice in its power: 2.5 s
	levelMost  = 16     // 24 dB
	levelLeast = 0.35   // −9 dB
	levelClose = 1.2    // within 1.6 dB of its aim it rests
	// levelNoise is what the background is raised to at most: −52 dBFS.
	levelNoise = 0.0025
	// The limiter's ceiling, 1 dB under full scale, and its release per sample:
	// to a tenth in a quarter of a second.
	limitCeiling = 29200
	limitRelease = 0.99981
)

// leveller brings the voice to an even level. It belongs to one goroutine.
type leveller struct {
	power    float64 // of the voice, smoothed
	heard    float64 // blocks of voice
	gain     float64
	envelope float32
}

func (l *leveller) reset() { *l = leveller{gain: 1} }

// adapt moves the gain after a block of that power; voice tells whether there
// was any in it, background is the power of the noise.
func (l *leveller) adapt(power, background float64, voice bool) {
	if !voice {
		return
	}
	l.heard++
	l.power += max(levelPace, 1/l.heard) * (power - l.power)
	aim := min(levelAim/math.Sqrt(l.power), levelMost)
	if background > 0 {
		aim = min(aim, max(levelNoise/math.Sqrt(background), 1))
	}
	aim = max(aim, levelLeast)
	switch {
	case aim > l.gain*levelFar:
		l.gain *= levelUp
	case aim > l.gain*levelClose:
		l.gain *= levelCreep
	case aim < l.gain/levelFar:
		l.gain *= levelDown
	case aim < l.gain/levelClose:
		l.gain /= levelCreep
	}
}

// apply amplifies a block, from the gain before to the present one, and keeps
// it under the ceiling.
func (l *leveller) apply(block []float32, before float64) {
	gain, step := float32(before), float32((l.gain-before)/float64(len(block)))
	envelope := l.envelope
	for i, v := range block {
		gain += step
		v *= gain
		envelope = max(envelope*limitRelease, v, -v)
		if envelope > limitCeiling {
			v *= limitCeiling / envelope
		}
		block[i] = v
	}
	l.envelope = envelope
}
