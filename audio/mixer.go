package audio

import (
	"sync/atomic"
	"time"
)

// mixer is the speaker's source: the voices of all streams that receive,
// and the tones, through a limiter.
type mixer struct {
	tones     *tones
	now       func() time.Duration // the streams' clock
	receivers atomic.Pointer[[]*receiver]
	level     meter

	// The device's own.
	sum   [blockSamples]float32
	voice [blockSamples]int16
	limit limiter
}

func newMixer(t *tones, now func() time.Duration) *mixer {
	m := &mixer{tones: t, now: now}
	m.receivers.Store(new([]*receiver))
	return m
}

func (m *mixer) wanted() bool                { return len(*m.receivers.Load()) > 0 }
func (m *mixer) route(receivers []*receiver) { m.receivers.Store(&receivers) }

// mix makes the next block.
func (m *mixer) mix(block []int16) {
	clear(m.sum[:])
	for _, r := range *m.receivers.Load() {
		r.pull(m.voice[:], m.now())
		volume := float32(r.volume.value())
		for i, s := range m.voice {
			m.sum[i] += volume * float32(s)
		}
	}
	m.tones.mixSpeaker(m.sum[:])
	m.limit.apply(block, m.sum[:])
	m.level.feed(block)
}
