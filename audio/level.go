package audio

import (
	"math"
	"sync/atomic"
)

// levelFloor is the level, in dB below full scale, at which a meter stands at
// zero. A quiet room is near it, ordinary speech in the upper half.
const levelFloor = -60.0

// meterFall is how much a meter falls in each block of 10 ms: from full to
// zero in half a second, so that the eye can follow.
const meterFall = 0.02

// meter is a level for display: 0 at levelFloor or below, 1 at full scale, in
// between linear in decibels of the RMS. It rises at once and falls slowly.
// One goroutine feeds it; any may read it.
type meter struct {
	bits atomic.Uint64 // of a float64
}

// feed takes one block of 10 ms.
func (m *meter) feed(block []int16) {
	m.bits.Store(math.Float64bits(max(scaleLevel(rms(block)), m.value()-meterFall)))
}

func (m *meter) reset()         { m.bits.Store(0) }
func (m *meter) value() float64 { return math.Float64frombits(m.bits.Load()) }

// rms is the root mean square of a block; full scale is 1.
func rms(block []int16) float64 {
	if len(block) == 0 {
		return 0
	}
	var sum int64
	for _, s := range block {
		sum += int64(s) * int64(s)
	}
	return math.Sqrt(float64(sum)/float64(len(block))) / 32768
}

func scaleLevel(rms float64) float64 {
	if rms <= 0 {
		return 0
	}
	db := 20 * math.Log10(rms)
	return min(1, max(0, 1-db/levelFloor))
}

// audible reports whether a block holds anything but digital silence: 8 is what
// A-law makes of 0 (ITU-T G.711 table 1a).
func audible(block []int16) bool {
	for _, s := range block {
		if s > 8 || s < -8 {
			return true
		}
	}
	return false
}
