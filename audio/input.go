package audio

import (
	"math"
	"sync/atomic"
)

// inputRing bounds the delay a stalled input pump can cause to 170 ms; what
// the microphone brings beyond that is lost and counted.
const inputRing = 8192

// input is the microphone's side: the device writes periods into the ring,
// the pump hands blocks to every sender.
type input struct {
	frames   *ring
	wake     chan struct{}
	overruns atomic.Uint64 // periods
	missed   atomic.Uint64 // samples lost since the pump last looked
	absent   atomic.Bool   // no microphone: the pump puts a soft tone in its place
	gain     factor
	level    meter
	senders  atomic.Pointer[[]*sender]

	// The pump's own.
	block [blockSamples]int16
	soft  player
}

func newInput() *input {
	in := &input{frames: newRing(inputRing), wake: make(chan struct{}, 1)}
	in.senders.Store(new([]*sender))
	in.gain.set(1, 8)
	in.soft = newCadence(softTone)
	return in
}

func (in *input) wanted() bool            { return len(*in.senders.Load()) > 0 }
func (in *input) route(senders []*sender) { in.senders.Store(&senders) }

// period is called on the device's thread.
func (in *input) period(frame []int16) {
	if n := in.frames.write(frame); n < len(frame) {
		in.missed.Add(uint64(len(frame) - n))
		in.overruns.Add(1)
	}
	signal(in.wake)
}

// starting is called while no device is running.
func (in *input) starting(null bool) {
	in.absent.Store(null)
	in.level.reset()
}

// stopped is called when no device is running any more.
func (in *input) stopped() { in.level.reset() }

// run is the input pump.
func (in *input) run(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-in.wake:
		}
		for in.frames.level() >= blockSamples {
			in.pass()
		}
	}
}

// pass moves one block on.
func (in *input) pass() {
	missed := in.missed.Swap(0)
	block := in.block[:]
	in.frames.read(block)
	senders := *in.senders.Load()
	if in.absent.Load() && len(senders) > 0 {
		soften(block, in.soft)
	}
	amplify(block, in.gain.value())
	in.level.feed(block)
	for _, s := range senders {
		s.offer(block, missed)
	}
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
