package audio

import (
	"math"

	"webphone/audio/codec"
	"webphone/audio/voice"
)

// When a pause of ours is described instead of sent.
const (
	quietRate  = 8000 // Hz
	quietBlock = quietRate / 100

	// What is so much above the background is sent, and for quietHang after it:
	// words end softly. What is louder than quietLoudest is no background.
	quietAbove   = 5    // dB
	quietLoudest = 1300 // of 32768
	quietHang    = 40   // blocks
	quietFirst   = 150  // blocks until the background is known

	// The background is described at the beginning of a pause, when it has
	// changed by quietChange, and every second: more would hardly be heard, and
	// less be taken for a dead call.
	quietChange = 3   // dB
	quietSoon   = 20  // blocks between descriptions at least
	quietLate   = 100 // and at most
)

// quiet looks for the pauses in what we send. The zero value is ready.
type quiet struct {
	activity voice.Activity
	last     int16 // sample
	bright   [quietBlock]int16
	fed      int // blocks
	hang     int // blocks still to be sent
	noise    codec.NoiseMeter
	pausing  bool
	level    int // that was told last, in dB below full scale
	since    int // blocks since then
}

// feed takes the next packet's sound and tells whether it need not be sent.
func (q *quiet) feed(pcm []int16) bool {
	voice := false
	for ; len(pcm) >= quietBlock; pcm = pcm[quietBlock:] {
		loudest := q.brighten(pcm[:quietBlock])
		level, background := q.activity.Feed(q.bright[:])
		q.fed++
		q.since++
		if level > background+quietAbove || loudest > quietLoudest || q.fed < quietFirst {
			voice = true
			continue
		}
		q.hang = max(q.hang-1, 0)
		q.noise.Feed(pcm[:quietBlock])
	}
	if voice {
		q.hang = quietHang
	}
	if voice || q.hang > 0 {
		q.pausing = false
		return false
	}
	return true
}

// brighten takes the rumble out of a block, which comes and goes in any
// background, and returns the block's greatest sample.
func (q *quiet) brighten(pcm []int16) (loudest int16) {
	for i, v := range pcm {
		d := int(v) - int(q.last) + int(q.last)>>4
		q.bright[i] = int16(min(max(d, math.MinInt16), math.MaxInt16))
		q.last = v
		loudest = max(loudest, v, -max(v, -math.MaxInt16))
	}
	return loudest
}

// describe writes what is to be told of the background, in a pause; 0 bytes
// for nothing.
func (q *quiet) describe(payload []byte) int {
	level := q.noise.Level()
	changed := max(level-q.level, q.level-level) >= quietChange
	if q.pausing && q.since < quietLate && (!changed || q.since < quietSoon) {
		return 0
	}
	q.pausing, q.level, q.since = true, level, 0
	return q.noise.Describe(payload)
}

// pause reports whether a frame belongs to a pause, of which the peer is told.
func (s *sender) pause(pcm []int16) bool {
	p := &s.pack
	if s.config.NoisePayloadType == 0 || s.coder.SampleRate() != quietRate || !p.quiet.feed(pcm) {
		return false
	}
	p.talking = false // the next packet of sound begins a talkspurt
	if n := p.quiet.describe(p.payload[:]); n > 0 {
		p.header.PayloadType, p.header.Timestamp, p.header.Marker = s.config.NoisePayloadType, p.timestamp, false
		s.write(p.payload[:n])
	}
	return true
}
