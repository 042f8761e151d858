package voice

import (
	"math"
	"sync/atomic"
	"time"
)

// tailSamples is how long an echo may last beyond its first sound: 120 ms.
const tailSamples = 1920

// unknownDelay is no delay of an echo.
const unknownDelay = math.MinInt64

// Until the delay of the echo is found, or so many looks saw none, and for so
// many blocks after that, the microphone is turned down while the far end
// sounds.
const (
	duckLooks  = 5
	duckBlocks = 100
)

// Canceller is an adaptive filter that takes an echo out of blocks of 10 ms at
// 16 kHz. It belongs to one goroutine.
type Canceller interface {
	// Cancel writes to out what is left of near when the echo of far is taken
	// away. far is aligned: the echo of its first sample comes 4 ms after near's
	// first.
	Cancel(out, near, far []int16)
	// Reset forgets the echo's path.
	Reset()
	// Close frees the filter; nothing may be called afterwards.
	Close()
}

// Switches choose what is done; the zero value is nothing.
type Switches struct {
	Echo  bool // take the loudspeaker's echo out
	Noise bool // turn noise down
	Gain  bool // bring the voice to an even level
}

// Options configures a Processor; the zero value is a Processor that does
// nothing yet.
type Options struct {
	Switches Switches
	// Canceller makes the filter; nil means that of speexdsp.
	Canceller func() (Canceller, error)
}

// Frame is the number of samples in a block: 10 ms at 48 kHz.
const Frame = wideBlock

// Processor works on one microphone.
type Processor struct {
	switches atomic.Uint32 // of Switches
	speaking atomic.Bool
	delay    atomic.Int64 // of the echo, in low samples; unknownDelay = not known

	// What follows belongs to the goroutine that calls Far and Near.
	bands     *bands
	far       *farEnd
	aligner   *aligner
	canceller Canceller
	suppress  *suppressor
	level     leveller
	activity  activity

	near    int64   // low samples ever
	lead    float64 // how far before the echo the canceller's far end begins
	idle    int     // blocks of the microphone since the far end's last
	split   bool    // the last block went through the bands
	cancels bool    // and the canceller was on
	young   int     // blocks of echo since the far end was moved
	blocks
}

// blocks are the signals on their way through a Processor.
type blocks struct {
	low     [lowBlock]float32        // the microphone's lower band
	left    [lowBlock]float32        // low after the canceller
	taken   [lowBlock]float32        // low − left
	aligned [lowBlock]float32        // the far end
	late    [lowBlock + fade]float32 // low, as late as what the suppressor gives
	change  [lowBlock]float32        // what the suppressor gives less late
	wide    [wideBlock]float32       // the whole
	near16  [lowBlock]int16          // low, aligned and left as the canceller has them
	far16   [lowBlock]int16
	left16  [lowBlock]int16
}

// New returns a Processor, to be ended with Close. It fails only where memory
// is short, or as o.Canceller does.
func New(o Options) (*Processor, error) {
	p := &Processor{aligner: newAligner(), suppress: newSuppressor()}
	p.level.reset()
	p.delay.Store(unknownDelay)
	p.SetSwitches(o.Switches)
	if o.Canceller == nil {
		o.Canceller = func() (Canceller, error) { return newSpeexEcho(lowBlock, tailSamples, lowRate) }
	}
	var err error
	if p.bands, err = newBands(fade); err == nil {
		if p.far, err = newFarEnd(); err == nil {
			p.canceller, err = o.Canceller()
		}
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Close frees what New made.
func (p *Processor) Close() {
	if p.bands != nil {
		p.bands.close()
	}
	if p.far != nil {
		p.far.close()
	}
	if p.canceller != nil {
		p.canceller.Close()
	}
	p.bands, p.far, p.canceller = nil, nil, nil
}

// SetSwitches changes what is done from the next block on. Any goroutine may
// call it.
func (p *Processor) SetSwitches(s Switches) {
	var bits uint32
	for i, on := range [...]bool{s.Echo, s.Noise, s.Gain} {
		if on {
			bits |= 1 << i
		}
	}
	p.switches.Store(bits)
}

// Switches are what is done now. Any goroutine may call it.
func (p *Processor) Switches() Switches {
	bits := p.switches.Load()
	return Switches{Echo: bits&1 != 0, Noise: bits&2 != 0, Gain: bits&4 != 0}
}

// Speaking tells whether somebody is speaking into the microphone. Any
// goroutine may call it.
func (p *Processor) Speaking() bool { return p.speaking.Load() }

// EchoDelay is by how much the echo is later than what the loudspeaker was
// given, false while none is known. Any goroutine may call it.
func (p *Processor) EchoDelay() (time.Duration, bool) {
	d := p.delay.Load()
	return time.Duration(d) * time.Second / lowRate, d != unknownDelay
}

// Far takes a block that the loudspeaker has just been given. Blocks of far
// and near end come in the order of time, as well as it is known.
func (p *Processor) Far(frame []int16) {
	p.idle = 0
	if !p.Switches().Echo {
		return
	}
	p.far.add(frame)
	p.aligner.finder.far.add(p.far.low[:])
}

// Lost tells that so many samples of either side at 48 kHz never came.
func (p *Processor) Lost(near, far int) {
	if !p.Switches().Echo {
		return
	}
	// Both counts of a side are kept in step.
	near, far = near/ratio/coarse, far/ratio/coarse
	p.near += int64(coarse * near)
	p.aligner.finder.near.skip(near)
	p.far.skip(coarse * far)
	p.aligner.finder.far.skip(far)
}

// Restart tells that a device has been changed or was stopped for a while: the
// delay has to be found anew.
func (p *Processor) Restart() {
	p.aligner.reset()
	p.delay.Store(unknownDelay)
}

// Near improves a block of the microphone in place.
func (p *Processor) Near(frame []int16) {
	s := p.Switches()
	p.keepPace()
	power, near := power(frame), true
	if s.Echo || s.Noise {
		p.inBands(frame, s)
		near = !p.suppress.leak.echoing
		power = meanPower(p.wide[:])
	} else {
		p.split, p.cancels = false, false
		if s.Gain {
			for i, v := range frame {
				p.wide[i] = float32(v)
			}
		}
	}
	p.activity.feed(power, near)
	p.speaking.Store(p.activity.speaking())
	before := p.level.gain
	if s.Gain {
		p.level.adapt(power, math.Pow(10, p.activity.floor/10), p.activity.voice)
		p.level.apply(p.wide[:], before)
	} else {
		p.level.reset()
	}
	if s != (Switches{}) {
		for i, v := range p.wide {
			frame[i] = int16(min(max(v, -32768), 32767))
		}
	}
}

// keepPace counts the far end on while it does not come: its device is closed.
func (p *Processor) keepPace() {
	const patience = 20
	p.idle++
	switch {
	case p.idle == patience:
		p.Lost(0, patience*wideBlock)
	case p.idle > patience:
		p.Lost(0, wideBlock)
	}
}

// inBands does what is done in the lower band; wide is the result.
func (p *Processor) inBands(frame []int16, s Switches) {
	if !p.split {
		p.split = true
		p.bands.reset()
		p.suppress.reset()
		clear(p.late[:])
	}
	p.bands.split(p.low[:], frame)
	p.cancel(s.Echo)
	p.suppress.process(p.change[:], p.left[:], p.taken[:], s.Noise)
	copy(p.late[:], p.late[lowBlock:])
	copy(p.late[fade:], p.low[:])
	high := p.suppress.high
	for i := range p.change {
		p.change[i] -= high * p.late[i]
	}
	p.bands.merge(p.wide[:], p.change[:], high)
}

// cancel takes the echo out of low.
func (p *Processor) cancel(on bool) {
	copy(p.left[:], p.low[:])
	clear(p.taken[:])
	p.suppress.duck = false
	if on && !p.cancels {
		p.Restart()
	}
	p.cancels = on
	if !on {
		return
	}
	p.suppress.duck = p.raw()
	a, begin := p.aligner, p.near
	p.near += lowBlock
	a.finder.near.add(p.low[:])
	if !p.far.sounds() {
		a.next()
		return
	}
	a.step(p.near, p.suppress.leak.together())
	if !a.locked {
		p.delay.Store(unknownDelay)
		return
	}
	if a.moved {
		a.moved = false
		p.suppress.leak.reset()
		p.young = 0
		late := p.far.written - p.near + int64(a.shift)
		p.delay.Store(late)
		p.lead = min(lead, max(float64(late), 0)) // the future is not known
	}
	p.far.read(p.aligned[:], float64(begin)-a.shift+p.lead, 1-a.drift.rate)
	a.next()
	whole(p.near16[:], p.low[:])
	whole(p.far16[:], p.aligned[:])
	p.canceller.Cancel(p.left16[:], p.near16[:], p.far16[:])
	for i, v := range p.left16 {
		p.left[i] = float32(v)
		p.taken[i] = float32(p.near16[i]) - float32(v)
	}
}

// raw tells whether the far end may be heard that the canceller does not know
// yet how to take out.
func (p *Processor) raw() bool {
	if !p.far.echoes() {
		return false
	}
	if !p.aligner.locked {
		return p.aligner.looks < duckLooks
	}
	p.young++
	return p.young <= duckBlocks
}

func whole(to []int16, from []float32) {
	for i, v := range from {
		to[i] = int16(min(max(v, -32768), 32767))
	}
}

// power is the mean square of a block; full scale is 1.
func power(frame []int16) float64 {
	var sum int64
	for _, v := range frame {
		sum += int64(v) * int64(v)
	}
	return float64(sum) / float64(len(frame)) / (32768 * 32768)
}

func meanPower(block []float32) float64 {
	var sum float32
	for _, v := range block {
		sum += v * v
	}
	return float64(sum) / float64(len(block)) / (32768 * 32768)
}
