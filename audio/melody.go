package audio

import "math"

// note is one stroke on a bar of wood: partials that die away.
type note struct {
	at        float64 // s from the start of the tune
	frequency float64 // Hz
	amplitude float64 // of the first partial, in units of a sample
}

// tune is a melody of struck notes in order of time.
type tune struct {
	notes  []note
	length float64 // s; the tune repeats after it
	once   bool
}

// The bar's partials: a marimba's are tuned to 1 : 4 : 9.2, of which the upper
// ones are weaker and shorter.
var partials = [...]struct{ ratio, strength, decay float64 }{
	{1, 1, 0.35},
	{4, 0.25, 0.12},
	{9.2, 0.06, 0.05},
}

var (
	// ringTune is the ringtone: a rising figure twice, then a rest.
	ringTune = tune{length: 3.2, notes: []note{
		{0.00, 587.33, 6500},
		{0.15, 739.99, 6500},
		{0.30, 880.00, 6500},
		{0.45, 1174.66, 7000},
		{0.75, 587.33, 6000},
		{0.90, 739.99, 6000},
		{1.05, 880.00, 6000},
		{1.20, 1108.73, 6500},
		{1.50, 880.00, 5500},
	}}
	// testTune tells whether the speaker plays.
	testTune = tune{length: 1, once: true, notes: []note{
		{0.00, 523.25, 6500}, {0.15, 659.26, 6500}, {0.30, 783.99, 6500}, {0.45, 1046.50, 7000},
	}}
)

// ringing is one partial dying away: y[n] = a·y[n-1] − b·y[n-2].
type ringing struct {
	a, b, y1, y2 float64
}

// melody plays a tune.
type melody struct {
	tune
	at     int // samples since the tune began
	next   int // index of the next note
	voices [4 * len(partials)]ringing
	voice  int // index of the voice that the next partial takes over
}

func newMelody(t tune) *melody { return &melody{tune: t} }

func (m *melody) add(sum []float32) bool {
	length := int(m.length * sampleRate)
	for i := range sum {
		if m.at == length {
			if m.once {
				return false
			}
			m.at, m.next = 0, 0
		}
		for m.next < len(m.notes) && m.at >= int(m.notes[m.next].at*sampleRate) {
			m.strike(m.notes[m.next])
			m.next++
		}
		var s float64
		for v := range m.voices {
			r := &m.voices[v]
			y := r.a*r.y1 - r.b*r.y2
			r.y1, r.y2 = y, r.y1
			s += y
		}
		if m.once { // the end must not click
			s *= min(1, float64(length-m.at)/(10*rampSamples))
		}
		sum[i] += float32(s)
		m.at++
	}
	return true
}

// strike starts a note on the voices that were used longest ago.
func (m *melody) strike(n note) {
	for _, p := range partials {
		w := 2 * math.Pi * n.frequency * p.ratio / sampleRate
		r := math.Exp(-1 / (p.decay * sampleRate))
		m.voices[m.voice] = ringing{
			a: 2 * r * math.Cos(w), b: r * r,
			y2: -n.amplitude * p.strength * math.Sin(w) / (r * r),
		}
		m.voice = (m.voice + 1) % len(m.voices)
	}
}
