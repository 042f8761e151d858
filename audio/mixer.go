package audio

import (
	"sync/atomic"
	"time"
)

// mixer is the speaker's source: the voices of all streams that receive,
// and the tones, through a limiter. Whoever is in a conference it lets hear
// the others' voices too.
type mixer struct {
	tones   *tones
	now     func() time.Duration // the streams' clock
	hearing atomic.Pointer[hearing]
	level   meter

	// The device's own.
	sum   [blockSamples]float32
	limit limiter
}

// hearing is who is heard. What its parts hold is the device's own.
type hearing struct {
	parties     []*party
	conferences []*conference
	tapings     []listened
}

// party is the other end of a stream, as it is heard.
type party struct {
	receiver *receiver
	others   *bridge // to the same party; nil = it is in no conference
	block    [blockSamples]int16
}

func newMixer(t *tones, now func() time.Duration) *mixer {
	m := &mixer{tones: t, now: now}
	m.route(hearing{})
	return m
}

func (m *mixer) wanted() bool    { return len(m.hearing.Load().parties) > 0 }
func (m *mixer) route(h hearing) { m.hearing.Store(&h) }

// settled reports whether the next block of all voices is known before its time.
func (h *hearing) settled() bool {
	for _, p := range h.parties {
		if !p.receiver.settled() {
			return false
		}
	}
	return true
}

// mix makes the next block, early only if the voices in it are settled; a tone
// may begin a block later for that. Conferences and recordings want all in time:
// they bring together what comes in the beats of both devices.
func (m *mixer) mix(block []int16, early bool) (given bool) {
	h := m.hearing.Load()
	if early && len(h.conferences)+len(h.tapings) > 0 {
		return false
	}
	for _, p := range h.parties {
		p.receiver.collect()
	}
	due := m.now()
	if early {
		if !h.settled() {
			return false
		}
		due += blockDuration
	}
	clear(m.sum[:])
	for _, p := range h.parties {
		p.receiver.pull(p.block[:], due, early)
		volume := float32(p.receiver.volume.value())
		for i, s := range p.block {
			m.sum[i] += volume * float32(s)
		}
	}
	for _, c := range h.conferences {
		c.pass()
	}
	for i := range h.tapings {
		h.tapings[i].take()
	}
	m.tones.mixSpeaker(m.sum[:])
	m.limit.apply(block, m.sum[:])
	m.level.feed(block)
	return true
}
