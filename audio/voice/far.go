package voice

import "math"

// farMemory is how much of the far end is kept, in low samples: 1.02 s.
const farMemory = 16384

// farWhisper is the peak below which nobody minds an echo: −46 dBFS.
const farWhisper = 160

// The filter that reads the far end between its samples.
const (
	farTaps   = 16
	farPhases = 128
)

// farEnd is what the speaker has played, at the lower rate.
type farEnd struct {
	down    *speexResampler
	wide    [wideBlock]float32
	low     [lowBlock]float32
	written int64              // low samples ever
	quiet   int                // blocks of digital silence in a row
	calm    int                // blocks below a whisper in a row
	ring    [farMemory]float32 // by index modulo its length
	phases  [farPhases + 1][farTaps]float32
}

func newFarEnd() (*farEnd, error) {
	down, err := newSpeexResampler(wideRate, lowRate, bandFilter)
	if err != nil {
		return nil, err
	}
	f := &farEnd{down: down, quiet: farMemory, calm: farMemory}
	for p := range f.phases {
		var sum float64
		for k := range farTaps {
			d := float64(k-farTaps/2+1) - float64(p)/farPhases
			v := 1.0
			if d != 0 {
				v = math.Sin(math.Pi*d) / (math.Pi * d)
			}
			v *= 0.5 + 0.5*math.Cos(math.Pi*d/(farTaps/2+0.5))
			f.phases[p][k] = float32(v)
			sum += v
		}
		for k := range f.phases[p] {
			f.phases[p][k] /= float32(sum)
		}
	}
	return f, nil
}

// add appends a block.
func (f *farEnd) add(frame []int16) {
	silent, loud := true, false
	for i, s := range frame {
		f.wide[i] = float32(s)
		silent = silent && s == 0
		loud = loud || s > farWhisper || s < -farWhisper
	}
	f.calm++
	if loud {
		f.calm = 0
	}
	if !silent {
		f.quiet = 0
	} else if f.quiet < farMemory {
		f.quiet++
	}
	if f.quiet > 2 { // the filter has forgotten
		clear(f.low[:])
	} else {
		f.down.process(f.low[:], f.wide[:])
	}
	f.append(f.low[:])
}

// skip leaves out so many low samples, of which nothing is known.
func (f *farEnd) skip(n int) {
	clear(f.low[:])
	for n = min(n, farMemory); n > 0; n -= lowBlock {
		f.append(f.low[:min(n, lowBlock)])
	}
}

func (f *farEnd) append(low []float32) {
	for _, v := range low {
		f.ring[f.written&(farMemory-1)] = v
		f.written++
	}
}

// sounds tells whether anything was played in the last half second or so.
func (f *farEnd) sounds() bool { return f.quiet < 80 }

// echoes tells whether what was played may still be heard in the room, if the
// sound system is slow.
func (f *farEnd) echoes() bool { return f.calm < 45 }

// read fills to with what was played from index at on, in steps of step
// samples; what is not known is silence.
func (f *farEnd) read(to []float32, at, step float64) {
	if start := math.Floor(at); start == at && step == 1 {
		for i := range to {
			to[i] = f.sample(int64(start) + int64(i))
		}
		return
	}
	for i := range to {
		position := at + float64(i)*step
		whole := math.Floor(position)
		share := float32(position-whole) * farPhases
		p := int(share)
		share -= float32(p)
		first, second := &f.phases[p], &f.phases[min(p+1, farPhases)]
		from := int64(whole) - farTaps/2 + 1
		var a, b float32
		for k := range farTaps {
			s := f.sample(from + int64(k))
			a += first[k] * s
			b += second[k] * s
		}
		to[i] = a + share*(b-a)
	}
}

func (f *farEnd) sample(at int64) float32 {
	if at < 0 || at >= f.written || at < f.written-farMemory {
		return 0
	}
	return f.ring[at&(farMemory-1)]
}

func (f *farEnd) close() { f.down.close() }
