package audio

import (
	"fmt"
	"math"
	"time"
)

// Tone is a tone of a call's progress, heard on the speaker.
type Tone int

// The tones. Frequencies and rhythm are those of most European networks
// (ITU-T E.180, ETSI TR 101 041).
const (
	ToneNone       Tone = iota
	ToneRingback        // the other phone rings: 425 Hz, 1 s every 5 s
	ToneBusy            // 425 Hz, 0.5 s every second
	ToneCongestion      // no way through: 425 Hz, 0.25 s twice a second
	ToneWaiting         // a second caller: soft, once every 4 s
	ToneEnded           // the other side hung up: three short tones, once
)

// String returns the tone's name.
func (t Tone) String() string {
	switch t {
	case ToneNone:
		return "none"
	case ToneRingback:
		return "ringback"
	case ToneBusy:
		return "busy"
	case ToneCongestion:
		return "congestion"
	case ToneWaiting:
		return "waiting"
	case ToneEnded:
		return "ended"
	}
	return fmt.Sprintf("tone %d", int(t))
}

// step is a part of a rhythm: the sum of two sines of one amplitude, or
// silence where both frequencies are 0.
type step struct {
	low, high float64 // Hz; 0 = none
	amplitude float64 // of each sine, in units of a sample
	length    time.Duration
}

// rhythm is what a cadence plays.
type rhythm struct {
	steps []step
	once  bool // play it once instead of for ever
}

const keyToneDuration = 100 * time.Millisecond

var (
	ringbackTone = rhythm{steps: []step{
		{low: 425, amplitude: 3300, length: time.Second},
		{length: 4 * time.Second},
	}}
	busyTone = rhythm{steps: []step{
		{low: 425, amplitude: 3300, length: 500 * time.Millisecond},
		{length: 500 * time.Millisecond},
	}}
	congestionTone = rhythm{steps: []step{
		{low: 425, amplitude: 3300, length: 250 * time.Millisecond},
		{length: 250 * time.Millisecond},
	}}
	waitingTone = rhythm{steps: []step{
		{low: 425, amplitude: 900, length: 200 * time.Millisecond},
		{length: 3800 * time.Millisecond},
	}}
	endedTone = rhythm{once: true, steps: []step{
		{low: 425, amplitude: 3300, length: 150 * time.Millisecond},
		{length: 150 * time.Millisecond},
		{low: 425, amplitude: 3300, length: 150 * time.Millisecond},
		{length: 150 * time.Millisecond},
		{low: 425, amplitude: 3300, length: 150 * time.Millisecond},
	}}
	// softTone stands for the voice where there is no microphone.
	softTone = rhythm{steps: []step{
		{low: 440, amplitude: 2000, length: 500 * time.Millisecond},
		{length: 500 * time.Millisecond},
	}}
)

// keyTone is the tone of a DTMF key (ITU-T Q.23); ok is false for other
// characters.
func keyTone(digit rune, length time.Duration) (r rhythm, ok bool) {
	event, ok := eventOf(digit)
	if !ok {
		return rhythm{}, false
	}
	low, high := keyFrequencies(event)
	return rhythm{once: true, steps: []step{{low: low, high: high, amplitude: 2300, length: length}}}, true
}

// keyFrequencies are the two frequencies of RFC 4733 event 0–15, in Hz.
func keyFrequencies(event uint8) (low, high float64) {
	rows := [...]float64{697, 770, 852, 941}
	columns := [...]float64{1209, 1336, 1477, 1633}
	const layout = "123A456B789C*0#D"
	for i, tone := range layout {
		if tone == toneOf(event) {
			return rows[i/4], columns[i%4]
		}
	}
	return 0, 0
}

// player makes sound block by block. It belongs to one goroutine at a time.
type player interface {
	// add adds the next samples to sum and reports whether more will come.
	add(sum []float32) bool
}

// rampSamples is the time a tone takes to fade in and out, so that it does
// not click: 5 ms.
const rampSamples = sampleRate / 200

// cadence plays a rhythm.
type cadence struct {
	rhythm
	at   int // index of the present step
	done int // samples of it already played
}

func newCadence(r rhythm) *cadence { return &cadence{rhythm: r} }

func (c *cadence) add(sum []float32) bool {
	for len(sum) > 0 && c.at < len(c.steps) {
		s := &c.steps[c.at]
		length := int(s.length * sampleRate / time.Second)
		n := min(len(sum), length-c.done)
		s.add(sum[:n], c.done, length)
		sum = sum[n:]
		c.done += n
		if c.done < length {
			break
		}
		c.at, c.done = c.at+1, 0
		if c.at == len(c.steps) && !c.once {
			c.at = 0
		}
	}
	return c.at < len(c.steps)
}

// add adds the samples from number from of a step of length samples.
func (s *step) add(sum []float32, from, length int) {
	if s.low == 0 && s.high == 0 {
		return
	}
	for i := range sum {
		at := from + i
		t := 2 * math.Pi * float64(at) / sampleRate
		v := math.Sin(s.low*t) + math.Sin(s.high*t)
		fade := min(1, float64(at)/rampSamples, float64(length-at)/rampSamples)
		sum[i] += float32(v * s.amplitude * fade)
	}
}
