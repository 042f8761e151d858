package audio

import (
	"time"

	"webphone/audio/codec"
)

// noiseMost is how long a background is made up from its last description. A
// peer need not repeat that as long as nothing changes (RFC 3389 §4).
const noiseMost = time.Minute

// makeUp is what is played while nothing is there: the background of a pause,
// or what the decoder makes up. Of a pause in Opus that is the same: libopus
// continues the background that it has heard.
func (b *jitterBuffer) makeUp() act {
	if b.noise {
		return actNoise
	}
	return actConceal
}

// rest is how long that goes on.
func (b *jitterBuffer) rest() time.Duration {
	if b.noise {
		return noiseMost
	}
	return restAfter
}

// concealed is how many ticks of what was made up before packet p, a gap
// after the one before, are for want of packets. Without a missing packet a
// gap was the peer's pause, and with one not more than that is missing.
func (b *jitterBuffer) concealed(p *bufferedPacket, gap int64) int64 {
	if gap == 0 {
		return b.covered // it came too late
	}
	missing := max(p.sequence-b.next, 0)
	return min(b.covered, missing*ticksOf(payloadDuration(p.name, p.payload), b.clock))
}

// pausing keeps packets of comfort noise away from time lines of other clocks.
func (b *jitterBuffer) pausing(name codec.Name) bool {
	return name != codec.ComfortNoise || b.clock == 0 || b.clock == name.ClockRate()
}

// comfort plays the background of a pause.
func (r *receiver) comfort(d decision) {
	if r.noise == nil || r.noise.SampleRate() != r.tape.rate {
		r.noise = codec.NewNoise(r.tape.rate)
	}
	if len(d.payload) > 0 {
		r.noise.Describe(d.payload)
	}
	n := max(int(d.ticks)*r.tape.rate/d.clock, 1)
	r.noise.Make(r.tape.room(n))
	r.tape.append(n)
}
