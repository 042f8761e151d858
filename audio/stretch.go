package audio

import "math"

// The time scale of speech is changed by whole pitch periods, so that it does
// not change its pitch. All lengths are in seconds⁻¹.
const (
	shortestLag = 400 // 1/400 s = 2.5 ms
	longestLag  = 66  // 15 ms
	fadeLength  = 200 // 5 ms: the joint
	matchBefore = 100 // 10 ms: so much before the joint must look alike too

	// The least correlation at which a joint is made in a signal that is not
	// quiet: of one that can wait for a good place, of one that has waited for
	// patience, and when much is to be done.
	matchBest  = 0.97
	matchLeast = 0.85
	matchHurry = 0.6
	// quietEnergy is the mean square below which any joint is inaudible, and
	// quietShare the share of that of the loudest sound before it.
	quietEnergy = 60 * 60
	quietShare  = 1.0 / 1000
	// loudForget is the share of its energy that the loudest sound keeps with
	// each frame: 30 dB in seven seconds.
	loudForget = 0.98
)

// tape is decoded sound at one rate: what has been played, as far as a joint
// needs it, and what waits. It belongs to one goroutine.
type tape struct {
	rate    int
	samples []int16
	head    int     // index of the next sample to be played
	end     int     // index behind the last one
	loud    float32 // mean square of the loudest sound lately
	coarse  [800]float32
}

// tapeKeep is how much of the played sound is kept, in ms; tapeRoom how much
// can wait: two of the longest frames.
const (
	tapeKeep = 30
	tapeRoom = 260
)

// reset begins a tape of another rate, or empties it.
func (t *tape) reset(rate int) {
	if t.rate != rate {
		t.rate = rate
		t.samples = make([]int16, rate*(tapeKeep+tapeRoom)/1000)
	}
	t.end = rate * tapeKeep / 1000
	t.head = t.end
	clear(t.samples[:t.end])
}

// waiting is the number of samples not yet played.
func (t *tape) waiting() int { return t.end - t.head }

// room returns space for n samples behind the end, to be kept by append.
func (t *tape) room(n int) []int16 {
	if t.end+n > len(t.samples) {
		keep := t.rate * tapeKeep / 1000
		from := t.head - keep
		copy(t.samples, t.samples[from:t.end])
		t.head, t.end = keep, t.end-from
	}
	return t.samples[t.end:min(t.end+n, len(t.samples))]
}

// append keeps the first n samples of room.
func (t *tape) append(n int) { t.end += n }

// hear takes note of how loud the last n samples are.
func (t *tape) hear(n int) {
	const every = 4
	var sum float32
	for i := t.end - n; i < t.end; i += every {
		s := float32(t.samples[i])
		sum += s * s
	}
	t.loud = max(t.loud*loudForget, sum*every/float32(max(n, 1)))
}

// play returns the next n samples, which must be waiting. They are valid
// until the tape changes.
func (t *tape) play(n int) []int16 {
	t.head += n
	return t.samples[t.head-n : t.head]
}

// shorten takes out at most limit samples from what waits, at a place where it
// is not heard, and returns their number, often 0.
func (t *tape) shorten(limit int, least float32) int {
	fade := t.rate / fadeLength
	limit = min(limit, t.waiting()-fade)
	lag := t.match(limit, +1, least)
	if lag == 0 {
		return 0
	}
	old, young := t.samples[t.head:], t.samples[t.head+lag:]
	fade = min(fade, lag)
	crossFade(young[:fade], old[:fade])
	t.head += lag
	return lag
}

// lengthen repeats at most limit samples of what was just played and returns
// their number, often 0.
func (t *tape) lengthen(limit int, least float32) int {
	fade := t.rate / fadeLength
	if t.waiting() < fade {
		return 0
	}
	lag := t.match(limit, -1, least)
	if lag == 0 {
		return 0
	}
	old, young := t.samples[t.head:], t.samples[t.head-lag:]
	fade = min(fade, lag)
	crossFade(young[:fade], old[:fade])
	t.head -= lag
	return lag
}

// crossFade leads over from old to young, in young.
func crossFade(young, old []int16) {
	step := 1 / float32(len(young)+1)
	w := step
	for i, o := range old {
		young[i] = int16(w*float32(young[i]) + (1-w)*float32(o))
		w += step
	}
}

// match finds the lag, up to limit, at which the sound around the head is most
// like that lag samples after (direction +1) or before it (−1); 0 if there is
// none that will do. It searches at 8 kHz and refines at the tape's rate.
func (t *tape) match(limit, direction int, least float32) int {
	shortest, longest := t.rate/shortestLag, min(limit, t.rate/longestLag)
	if longest < shortest {
		return 0
	}
	by := t.rate / 8000
	before, after := t.rate/matchBefore, t.rate/fadeLength
	from, to := t.head-before, t.head+after
	if direction > 0 {
		to += longest
	} else {
		from -= longest
	}
	if from < 0 || to > t.end {
		return 0
	}
	coarse := t.thin(t.samples[from:to], by)
	window := (before + after) / by
	at := 0
	if direction < 0 {
		at = len(coarse) - window
	}
	if energy(coarse[at:at+window]) < max(quietEnergy, quietShare*t.loud)*float32(window) {
		return longest
	}
	best, score := 0, least
	for lag := shortest / by; lag <= longest/by; lag++ {
		if s := likeness(coarse[at:at+window], coarse[at+direction*lag:][:window]); s > score {
			best, score = lag, s
		}
	}
	if best == 0 || by == 1 {
		return best
	}
	return t.refine(best*by, by, shortest, longest, direction)
}

// refine looks around a lag that is right to a few samples.
func (t *tape) refine(lag, by, shortest, longest, direction int) int {
	window := t.rate / fadeLength
	here := t.samples[t.head:][:window]
	best, score := lag, float32(-1)
	for l := max(shortest, lag-by); l <= min(longest, lag+by); l++ {
		var dot, square float32
		for i, s := range t.samples[t.head+direction*l:][:window] {
			dot += float32(s) * float32(here[i])
			square += float32(s) * float32(s)
		}
		if s := dot / float32(math.Sqrt(float64(square+1))); s > score {
			best, score = l, s
		}
	}
	return best
}

// thin returns the means of every by samples.
func (t *tape) thin(samples []int16, by int) []float32 {
	n := min(len(samples)/by, len(t.coarse))
	for i := range n {
		var sum int
		for _, s := range samples[i*by : (i+1)*by] {
			sum += int(s)
		}
		t.coarse[i] = float32(sum) / float32(by)
	}
	return t.coarse[:n]
}

func energy(a []float32) float32 {
	var sum float32
	for _, v := range a {
		sum += v * v
	}
	return sum
}

// likeness is the normalised correlation of two signals of one length.
func likeness(a, b []float32) float32 {
	var dot, square float32
	for i, v := range a {
		dot += v * b[i]
		square += b[i] * b[i]
	}
	return dot / float32(math.Sqrt(float64(energy(a)*square)+1))
}
