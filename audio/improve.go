package audio

import (
	"sync/atomic"

	"webphone/audio/device"
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

// improver works on the microphone's sound: echo, noise and level, and what is
// to be told about it.
type improver struct {
	voice     *voice.Processor
	reference *reference
	plain     atomic.Bool            // the microphone is a file
	device    atomic.Pointer[string] // ID of the microphone; nil = none yet
	silent    atomic.Bool            // it has given digital silence for long
	muted     atomic.Bool            // somebody speaks and nobody may hear it

	// The microphone's own.
	far    [blockSamples]int16
	still  still
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
	m.still.rest(m.silent.Swap(false))
}

// follow hands on what the speaker has played.
func (m *improver) follow() {
	r := m.reference
	if r.changed.CompareAndSwap(true, false) {
		r.frames.drop(r.frames.level())
		r.missed.Store(0)
		m.still.zeros = 0
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
		m.still.open()
	}
	for _, v := range block {
		if v > 1 || v < -1 {
			m.still.sound(m.id())
			m.silent.Store(false)
			return
		}
	}
	switch pauses := m.plain.Load() && m.still.gave; { // a file may be silent for long
	case !anyOpen(senders):
		m.still.zeros = 0 // what is before and after it is no gap
	case !pauses && m.still.silence(m.id()):
		m.silent.Store(true)
	}
}

// begin takes note of the microphone that was opened.
func (m *improver) begin(dev device.Info) {
	m.plain.Store(dev.File)
	m.device.Store(&dev.ID)
}

// id is that of the microphone.
func (m *improver) id() string {
	if id := m.device.Load(); id != nil {
		return *id
	}
	return ""
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
