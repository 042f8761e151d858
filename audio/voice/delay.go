package voice

import "math"

// The delay between the far end and its echo is looked for at a quarter of the
// lower rate, where most of the power of speech is.
const (
	coarse       = 4                // low samples in a coarse one
	coarseRate   = lowRate / coarse // 4 kHz
	coarseBlock  = lowBlock / coarse
	coarseMemory = 8192 // samples kept: 2 s
	spanSamples  = 2048 // of the microphone that one look compares, and lags it tries: 0.51 s
	lookSize     = 2 * spanSamples
	// aheadSamples is by how much an echo may seem to come before its far end,
	// because both are counted at the wake-ups of different threads: 40 ms.
	aheadSamples = 160
	// slackSamples is by how much the two counts may wander before the look is
	// moved along: 30 ms.
	slackSamples = 120
	lowestBin    = 150 * lookSize / coarseRate
	highestBin   = 1800 * lookSize / coarseRate
)

// coarseSignal is a low signal decimated, with its past.
type coarseSignal struct {
	filter  [32]float32
	past    [32 + lowBlock]float32
	ring    [coarseMemory]float32
	written int64
}

func newCoarseSignal() *coarseSignal {
	c := new(coarseSignal)
	n := len(c.filter)
	var sum float64
	for i := range c.filter {
		d := float64(i) - float64(n-1)/2
		v := math.Sin(math.Pi*d*0.23) / (math.Pi * d) * (0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(n)))
		c.filter[i] = float32(v)
		sum += v
	}
	for i := range c.filter {
		c.filter[i] /= float32(sum)
	}
	return c
}

func (c *coarseSignal) add(low []float32) {
	n := len(c.filter)
	copy(c.past[:n], c.past[len(c.past)-n:])
	copy(c.past[n:], low)
	for i := 0; i < lowBlock; i += coarse {
		part := c.past[i+coarse : i+coarse+n]
		var sum float32
		for k, v := range c.filter {
			sum += v * part[k]
		}
		c.ring[c.written&(coarseMemory-1)] = sum
		c.written++
	}
}

// skip leaves out so many samples.
func (c *coarseSignal) skip(n int) {
	for range min(n, coarseMemory) {
		c.ring[c.written&(coarseMemory-1)] = 0
		c.written++
	}
	clear(c.past[:])
}

// at returns a sample; 0 where none is known.
func (c *coarseSignal) at(i int64) float32 {
	if i < 0 || i >= c.written || i < c.written-coarseMemory {
		return 0
	}
	return c.ring[i&(coarseMemory-1)]
}

// delayFinder finds by how much the count of the microphone's samples is ahead
// of that of the far end's samples that are heard in them: the generalised
// cross-correlation with phase transform, over several looks.
type delayFinder struct {
	near, far *coarseSignal
	transform *transform
	base      int64 // least shift looked for, coarse
	based     bool
	cross     [highestBin]complex64 // sum of the looks, older ones faded
	work      [lookSize]complex64
	lags      [spanSamples]float32
}

func newDelayFinder() *delayFinder {
	return &delayFinder{
		near: newCoarseSignal(), far: newCoarseSignal(),
		transform: newTransform(lookSize),
	}
}

// forget drops all looks.
func (d *delayFinder) forget() { d.based = false }

// look compares what has come last. It returns the shift in low samples and
// how much its peak stands out of the rest, 0 when there was nothing to see.
// keep is the weight of the looks before.
func (d *delayFinder) look(keep float32) (shift, clarity float64) {
	now := d.near.written - d.far.written - aheadSamples
	if !d.based || now < d.base-slackSamples || now > d.base+slackSamples {
		d.base, d.based = now, true
		clear(d.cross[:])
	}
	begin := d.near.written - aheadSamples - slackSamples - spanSamples
	farBegin := begin - d.base - (spanSamples - 1)
	var nearPower, farPower float32
	for i := range d.work {
		n, f := float32(0), d.far.at(farBegin+int64(i))
		if i < spanSamples {
			n = d.near.at(begin + int64(i))
		}
		nearPower += n * n
		farPower += f * f
		d.work[i] = complex(n, f)
	}
	// Less than −66 dBFS of one or less than −80 dBFS of the other is nothing.
	if farPower < lookSize*16*16 || nearPower < spanSamples*3*3 {
		return 0, 0
	}
	d.accumulate(keep)
	return d.peak()
}

// accumulate adds the cross-spectrum of what is in work, its phases almost
// alone, to the sum.
func (d *delayFinder) accumulate(keep float32) {
	d.transform.forward(d.work[:])
	for k := lowestBin; k < highestBin; k++ {
		z, m := d.work[k], d.work[lookSize-k]
		nr, ni := real(z)+real(m), imag(z)-imag(m)
		fr, fi := imag(z)+imag(m), real(m)-real(z)
		re, im := nr*fr+ni*fi, nr*fi-ni*fr
		if power := re*re + im*im; power > 0 {
			weight := 1 / float32(math.Pow(float64(power), 0.4))
			re, im = re*weight, im*weight
		}
		d.cross[k] = complex(keep*real(d.cross[k])+re, keep*imag(d.cross[k])+im)
	}
}

// peak is the shift at which the sum correlates best.
func (d *delayFinder) peak() (shift, clarity float64) {
	clear(d.work[:])
	copy(d.work[lowestBin:], d.cross[lowestBin:])
	d.transform.backward(d.work[:])
	var power float64
	best := 0
	for i := range d.lags {
		v := real(d.work[i])
		if v < 0 {
			v = -v // a loudspeaker may be connected the other way round
		}
		d.lags[i] = v
		power += float64(v) * float64(v)
		if v > d.lags[best] {
			best = i
		}
	}
	if power == 0 {
		return 0, 0
	}
	top := float64(d.lags[best])
	at := float64(best)
	if best > 0 && best < spanSamples-1 {
		left, right := float64(d.lags[best-1]), float64(d.lags[best+1])
		if curve := left - 2*top + right; curve < 0 {
			at += 0.5 * (left - right) / curve
		}
	}
	clarity = top / math.Sqrt(power/spanSamples)
	return coarse * (float64(d.base) + spanSamples - 1 - at), clarity
}
