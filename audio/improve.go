package audio

import (
	"sync/atomic"

	"webphone/audio/voice"
)

// Processing chooses what is done to the microphone before it is sent; the
// zero value sends it as it is. What comes from a file in a microphone's place
// is always sent as it is.
type Processing struct {
	Echo  bool // take out what the speaker plays
	Noise bool // turn noise down
	Gain  bool // bring the voice to an even level
}

const (
	// silentBlocks of nothing but zeros make a microphone that is switched off
	// somewhere else: with the looks at it, what follows from it is told within
	// five seconds.
	silentBlocks = 350
	// pauseBlocks are as many for one with a gate, as many headsets have: it
	// gives zeros while nobody speaks. Who has been told so once and was heard
	// again knows, until the microphone is opened anew.
	pauseBlocks = 2000
	// gateBlocks of zeros between two sounds show a gate. Without one there is
	// always some noise.
	gateBlocks = 10
)

// improver works on the microphone's sound: echo, noise and level, and what is
// to be told about it.
type improver struct {
	voice     *voice.Processor
	reference *reference
	plain     atomic.Bool // the microphone is a file
	silent    atomic.Bool // it has given digital silence for long
	muted     atomic.Bool // somebody speaks and nobody may hear it

	// The microphone's own.
	far    [blockSamples]int16
	zeros  int         // blocks
	gave   bool        // sound, since it was opened
	gap    int         // blocks of zeros, those that nobody should hear too
	gates  bool        // it gives zeros in pauses
	told   bool        // that it gives none, after it gave some
	opened atomic.Bool // since the last look
}

func newImprover(p Processing) (*improver, error) {
	v, err := voice.New(voice.Options{Switches: voice.Switches(p)})
	if err != nil {
		return nil, err
	}
	return &improver{voice: v, reference: newReference()}, nil
}

func (m *improver) set(p Processing)       { m.voice.SetSwitches(voice.Switches(p)) }
func (m *improver) processing() Processing { return Processing(m.voice.Switches()) }

// process improves a block for those who send.
func (m *improver) process(block []int16, senders []*sender) {
	m.follow()
	m.listen(block, senders)
	if m.plain.Load() {
		m.muted.Store(false)
		return
	}
	m.voice.Near(block)
	m.muted.Store(m.voice.Speaking() && !anyOpen(senders))
}

// rest is called in place of process while nobody sends.
func (m *improver) rest() {
	m.reference.frames.drop(m.reference.frames.level())
	m.reference.changed.Store(true)
	m.muted.Store(false)
	m.zeros = 0
	if m.silent.Swap(false) { // it is to be told again where it matters again
		m.gave, m.told = false, false
	}
}

// follow hands on what the speaker has played.
func (m *improver) follow() {
	r := m.reference
	if r.changed.CompareAndSwap(true, false) {
		r.frames.drop(r.frames.level())
		r.missed.Store(0)
		m.zeros = 0
		m.voice.Restart()
	}
	m.voice.Lost(0, int(r.missed.Swap(0)))
	for r.frames.level() >= blockSamples {
		r.frames.read(m.far[:])
		m.voice.Far(m.far[:])
	}
}

// listen notices a microphone that gives nothing, where somebody should hear
// it.
func (m *improver) listen(block []int16, senders []*sender) {
	if m.opened.CompareAndSwap(true, false) {
		m.zeros, m.gap, m.gave, m.gates, m.told = 0, 0, false, false, false
	}
	for _, v := range block {
		if v > 1 || v < -1 {
			m.gates = m.gates || m.gave && m.gap >= gateBlocks
			m.zeros, m.gap, m.gave = 0, 0, true
			m.silent.Store(false)
			return
		}
	}
	m.gap++
	if !anyOpen(senders) {
		return
	}
	m.zeros++
	most := silentBlocks
	if m.gates {
		most = pauseBlocks
	}
	switch {
	case !m.gave:
		m.silent.Store(m.zeros >= silentBlocks)
	case m.zeros == most && !m.told:
		m.told = true
		m.silent.Store(true)
	}
}

// anyOpen tells whether one of the senders is not muted.
func anyOpen(senders []*sender) bool {
	for _, s := range senders {
		if !s.muted.Load() {
			return true
		}
	}
	return false
}

// stopped forgets what was noticed.
func (m *improver) stopped() {
	m.opened.Store(true)
	m.muted.Store(false)
	m.silent.Store(false)
}
