package audio

import (
	"math"
	"sync/atomic"
	"time"
)

// input is the microphone's side: each period of the device is a block for
// every sender.
type input struct {
	absent   atomic.Bool // no microphone: the pump puts a soft tone in its place
	gain     factor
	level    meter
	senders  atomic.Pointer[[]*sender]
	tapings  atomic.Pointer[[]taped]
	improver *improver

	// The device's own.
	block [blockSamples]int16
	soft  player
}

func newInput(m *improver) *input {
	in := &input{improver: m}
	in.senders.Store(new([]*sender))
	in.tapings.Store(new([]taped))
	in.gain.set(1, 8)
	in.soft = newCadence(softTone)
	return in
}

func (in *input) wanted() bool            { return len(*in.senders.Load()) > 0 }
func (in *input) route(senders []*sender) { in.senders.Store(&senders) }

// patienceMost is for how many blocks a microphone may wait: those of a packet
// of 20 ms.
const patienceMost = 2

// sendingMost is how long a microphone's goroutine sends in one period.
const sendingMost = blockDuration / 4

// period is called on the device's goroutine, which sends too: what is encoded
// once for all calls is not worth waking a goroutine for each. Those that it
// has no time left for send on their own, so that the processors share the
// work, and so does one whose network is slow. It returns for how many blocks
// all of them wait.
func (in *input) period(frame []int16) (patience int) {
	block := in.block[:]
	copy(block, frame)
	senders := *in.senders.Load()
	switch {
	case len(senders) == 0:
		in.improver.rest()
	case in.absent.Load():
		in.improver.rest()
		soften(block, in.soft)
	default:
		in.improver.process(block, senders)
	}
	amplify(block, in.gain.value())
	in.level.feed(block)
	tapings := *in.tapings.Load()
	for i := range tapings {
		tapings[i].take(block)
	}
	begun := time.Now()
	patience = patienceMost
	for _, s := range senders {
		s.offer(block)
		switch {
		case !s.due():
		case !s.slow.Load() && time.Since(begun) < sendingMost:
			s.packets()
		default:
			signal(s.wake)
		}
		patience = min(patience, s.lacks())
	}
	return patience
}

// starting is called while no device is running. The time since the last one
// has passed for who listens.
func (in *input) starting(null bool) {
	in.absent.Store(null)
	for _, s := range *in.senders.Load() {
		s.resumed.Store(true)
	}
	in.level.reset()
	in.improver.stopped()
	in.improver.reference.microphone(true)
}

// stopped is called when no device is running any more.
func (in *input) stopped() {
	in.level.reset()
	in.improver.stopped()
	in.improver.reference.microphone(false)
}

// soften replaces the block by the next one of the tone.
func soften(block []int16, tone player) {
	var sum [blockSamples]float32
	tone.add(sum[:])
	for i := range block {
		block[i] = int16(sum[i])
	}
}

// amplify multiplies in place and clips.
func amplify(block []int16, by float64) {
	if by == 1 {
		return
	}
	for i, s := range block {
		block[i] = int16(min(max(float32(s)*float32(by), -32768), 32767))
	}
}

// factor is an amplification that any goroutine may change.
type factor struct {
	bits atomic.Uint64 // of a float64
}

func (f *factor) set(v, most float64) {
	if math.IsNaN(v) {
		v = 1
	}
	f.bits.Store(math.Float64bits(min(max(v, 0), most)))
}

func (f *factor) value() float64 { return math.Float64frombits(f.bits.Load()) }
