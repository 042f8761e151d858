package codec

import "math"

// The concealer's time constants, after ITU-T G.711 Appendix I but without its
// delay of 3.75 ms: the step at the start of a gap is smoothed inside the gap.
const (
	plcMinPitch = 400 // Hz: periods from 2.5 ms
	plcMaxPitch = 66  // Hz: to 15 ms
	plcWindow   = 50  // windows of 1/50 s are compared to find the period
	plcHold     = 100 // for 1/100 s a gap sounds at full level
	plcFade     = 20  // and has faded to silence 1/20 s later
	plcRepeats  = 3   // so many past periods are repeated at most
)

// concealer continues the speech before a gap by repeating its last pitch
// periods, more of them as the gap grows so that it does not buzz, and fades
// out. After the gap it leads over into the real signal.
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
}

func newConcealer(rate int) concealer {
	longest := rate / plcMaxPitch
	return concealer{rate: rate, history: make([]int16, (plcRepeats+1)*longest)}
}

// heard notes decoded samples and, after a gap, blends their start with the
// continuation of what was made up.
func (c *concealer) heard(pcm []int16) {
	if c.lost > 0 {
		n := min(len(pcm), c.rate/200)
		for i := range n {
			w := float32(i+1) / float32(n+1)
			pcm[i] = int16(w*float32(pcm[i]) + (1-w)*c.synthesise())
		}
		c.lost = 0
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
// the gap lasts longer than 10 ms.
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

// gain falls from 1 to 0 in a straight line once the gap is older than 10 ms.
func (c *concealer) gain() float32 {
	late := c.lost - c.rate/plcHold
	if late <= 0 {
		return 1
	}
	return max(0, 1-float32(late*plcFade)/float32(c.rate))
}
