package codec

import "math"

// The concealer's time constants, after ITU-T G.711 Appendix I but without its
// delay of 3.75 ms: the step at the start of a gap is smoothed inside the gap.
const (
	plcMinPitch = 400 // Hz: periods from 2.5 ms
	plcMaxPitch = 66  // Hz: to 15 ms
	plcWindow   = 125 // windows of 1/125 s are compared to find the period
	plcHold     = 50  // for 1/50 s a gap sounds at full level
	plcFade     = 25  // and has faded to silence 1/25 s later
	plcRepeats  = 3   // so many past periods are repeated at most
	plcSeen     = 50  // 1/50 s of what follows a gap is looked at
	plcMatch    = 250 // in windows of 1/250 s, to find its period
	plcJoint    = 200 // joints take 1/200 s
	plcExpected = 400 // and those to what was expected 1/400 s
)

// concealer continues the speech before a gap by repeating its last pitch
// periods, more of them as the gap grows so that it does not buzz, and fades
// out. After the gap it leads over into the real signal, and where that is known
// before the gap ends, continues it backwards into the gap.
type concealer struct {
	history []int16 // the newest samples that were heard, oldest first
	rate    int

	lost      int     // samples of the present gap filled so far; 0 = no gap
	period    int     // samples
	overlap   int     // samples over which pieces are cross-faded
	repeats   int     // periods in the loop being played
	following int     // periods in the loop after it
	next      int     // index into history of the next sample
	step      float32 // difference to smooth at the start of the gap

	unsure   int     // samples after a gap that the decoder gets wrong
	expected []int16 // how the signal after the gap should begin; empty = not known
}

func newConcealer(rate, unsure int) concealer {
	longest := rate / plcMaxPitch
	return concealer{
		rate:     rate,
		history:  make([]int16, (plcRepeats+1)*longest),
		unsure:   unsure,
		expected: make([]int16, 0, rate/plcJoint),
	}
}

// heard notes decoded samples and, after a gap, blends their start with what
// was expected there, or else with the continuation of what was made up.
func (c *concealer) heard(pcm []int16) {
	if c.lost > 0 {
		if len(c.expected) == 0 {
			c.expected = c.expected[:min(cap(c.expected), c.rate/plcJoint)]
			c.fill(c.expected)
		}
		n := min(len(pcm), len(c.expected))
		for i, s := range c.expected[:n] {
			w := float32(i+1) / float32(n+1)
			pcm[i] = int16(w*float32(pcm[i]) + (1-w)*float32(s))
		}
		c.lost, c.expected = 0, c.expected[:0]
	}
	c.note(pcm)
}

// fill writes the continuation of the last samples to pcm.
func (c *concealer) fill(pcm []int16) {
	if c.lost == 0 {
		c.begin()
	}
	for i := range pcm {
		pcm[i] = int16(c.synthesise())
	}
}

// bridge writes the rest of a gap that the samples next follow: it continues
// them backwards, and fades from what is made up to that in half of the time.
func (c *concealer) bridge(pcm, next []int16) {
	if c.lost == 0 {
		c.begin()
	}
	sure := next[min(c.unsure, len(next)):]
	if len(sure) < c.rate/plcMatch+c.rate/plcMinPitch {
		c.fill(pcm)
		return
	}
	period := c.periodOf(sure)
	before := func(n int) int16 { return sure[period-1-(n-1)%period] }
	for i := range pcm {
		left := len(pcm) - i
		w := min(1, 2*float32(i+1)/float32(len(pcm)+1))
		pcm[i] = int16(w*float32(before(left+c.unsure)) + (1-w)*c.synthesise())
	}
	c.expected = append(c.expected[:0], next[:max(c.unsure, c.rate/plcExpected)]...)
	for i := range c.unsure {
		c.expected[i] = before(c.unsure - i)
	}
}

// periodOf is the lag at which the signal after a gap looks most like its
// start.
func (c *concealer) periodOf(next []int16) int {
	window, best, period := c.rate/plcMatch, float32(-1), c.rate/plcMinPitch
	for l := period; l <= min(c.rate/plcMaxPitch, len(next)-window); l++ {
		var dot, energy float32
		for i, s := range next[:window] {
			later := float32(next[l+i])
			dot += float32(s) * later
			energy += later * later
		}
		if score := dot / float32(math.Sqrt(float64(energy)+1)); score > best {
			best, period = score, l
		}
	}
	return period
}

func (c *concealer) note(pcm []int16) {
	if len(pcm) >= len(c.history) {
		copy(c.history, pcm[len(pcm)-len(c.history):])
		return
	}
	copy(c.history, c.history[len(pcm):])
	copy(c.history[len(c.history)-len(pcm):], pcm)
}

// begin finds the pitch period and sets the loop to one period.
func (c *concealer) begin() {
	end := len(c.history)
	c.period = c.pitch()
	c.overlap = c.period / 4
	c.loop(1)
	c.step = float32(c.history[end-1]) - float32(c.history[end-c.period-1])
}

// loop starts to play the last periods of the history.
func (c *concealer) loop(periods int) {
	c.repeats, c.following = periods, periods
	if c.lost+periods*c.period > c.rate/plcHold && periods < plcRepeats {
		c.following++
	}
	c.next = len(c.history) - periods*c.period
}

// pitch is the lag at which the end of the history looks most like itself.
func (c *concealer) pitch() int {
	end, window := len(c.history), c.rate/plcWindow
	shortest, longest := c.rate/plcMinPitch, c.rate/plcMaxPitch
	newest := c.history[end-window:]
	best, lag := float32(-1), longest
	for l := shortest; l <= longest; l++ {
		past := c.history[end-window-l : end-l]
		var dot, energy float32
		for i, s := range newest {
			dot += float32(s) * float32(past[i])
			energy += float32(past[i]) * float32(past[i])
		}
		if energy == 0 {
			continue
		}
		if score := dot / float32(math.Sqrt(float64(energy))); score > best {
			best, lag = score, l
		}
	}
	return lag
}

// synthesise makes the next sample of the gap. The end of a loop is faded into
// the samples before the start of the next one, which is a period longer once
// the gap lasts longer than 20 ms.
func (c *concealer) synthesise() float32 {
	end := len(c.history)
	s := float32(c.history[c.next])
	if left := end - c.next; left <= c.overlap {
		w := float32(c.overlap-left+1) / float32(c.overlap+1)
		s = (1-w)*s + w*float32(c.history[end-c.following*c.period-left])
	}
	if c.lost < c.overlap {
		s += c.step * float32(c.overlap-c.lost) / float32(c.overlap+1)
	}
	c.next++
	if c.next == end {
		c.loop(c.following)
	}
	s *= c.gain()
	c.lost++
	return min(max(s, -32768), 32767)
}

// gain falls from 1 to 0 in a straight line once the gap is older than 20 ms.
func (c *concealer) gain() float32 {
	late := c.lost - c.rate/plcHold
	if late <= 0 {
		return 1
	}
	return max(0, 1-float32(late*plcFade)/float32(c.rate))
}
