package voice

import "math"

// What a voice is for the purposes of the level control and of the hint to who
// speaks while muted.
const (
	voiceAbove   = 9.0   // dB over the background
	voiceLeast   = -52.0 // dBFS
	floorRise    = 0.02  // dB that the background may rise in a block
	floorLeast   = -90.0 // dBFS
	speechBlocks = 40    // of voice, within about a second, are speech
	speechKept   = 60    // so long does speech outlast itself, in half blocks
)

// activity tells voice from background by its level. The zero value is ready.
type activity struct {
	floor float64 // dBFS; 0 = not known yet
	score float64
	voice bool // in the last block
}

// feed takes the power of a block, 1 = that of a full-scale square wave. near
// is false where what sounds may be an echo.
func (a *activity) feed(power float64, near bool) {
	level := max(10*math.Log10(power+1e-12), floorLeast)
	switch {
	case a.floor == 0 || level < a.floor-20:
		a.floor = level
	case level < a.floor:
		a.floor += 0.2 * (level - a.floor)
	default:
		a.floor = min(a.floor+floorRise, level)
	}
	a.voice = near && level > voiceLeast && level > a.floor+voiceAbove
	if a.voice {
		a.score = min(a.score+1, speechKept)
	} else {
		a.score = max(a.score-0.5, 0)
	}
}

// speaking tells whether somebody has been speaking for a while.
func (a *activity) speaking() bool { return a.score >= speechBlocks }

// Activity follows the background behind the sound of one microphone. The
// zero value is ready; it belongs to one goroutine.
type Activity struct{ activity activity }

// Feed takes the next 10 ms at any rate and returns their level and that of
// the background, in dBFS.
func (a *Activity) Feed(block []int16) (level, background float64) {
	sum := 0.0
	for _, v := range block {
		sum += float64(v) * float64(v)
	}
	power := sum / float64(max(len(block), 1)) / (1 << 30)
	a.activity.feed(power, true)
	return max(10*math.Log10(power+1e-12), floorLeast), a.activity.floor
}
