package audio

import (
	"math/rand/v2"
	"testing"

	"webphone/audio/audiotest"
)

// crossing is a bridge between two clocks that a test lets beat.
type crossing struct {
	*bridge
	sound []int16
	at    int
	heard []int16
	frame [2 * blockSamples]int16
}

func newCrossing(sound []int16) *crossing { return &crossing{bridge: newBridge(), sound: sound} }

// speak lets the speaker's goroutine make a block.
func (c *crossing) speak() {
	var sum [blockSamples]float32
	var own [blockSamples]int16
	for i := range sum {
		sum[i] = float32(c.sound[c.at])
		c.at = (c.at + 1) % len(c.sound)
	}
	c.offer(sum[:], own[:])
}

// packet lets the microphone's make a packet of 20 ms.
func (c *crossing) packet() {
	clear(c.frame[:])
	c.add(c.frame[:])
	c.heard = append(c.heard, c.frame[:]...)
}

func (c *crossing) waiting() int { return c.frames.level() + c.tape.waiting() }

// Clocks that differ by far more than two crystals do leave neither gaps nor
// delay.
func TestBridge_followsDrift(t *testing.T) {
	for _, c := range []struct {
		name  string
		every int // packets in which one block more or less is spoken
		more  bool
	}{
		{"speaker 500 ppm fast", 1000, true},
		{"speaker 500 ppm slow", 1000, false},
		{"equal", 1 << 30, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newCrossing(audiotest.Voice(0.3, sampleRate, 5*sampleRate))
			most := 0
			for n := range 6000 { // two minutes
				blocks := 2
				if n%c.every == c.every-1 {
					blocks = 1
					if c.more {
						blocks = 3
					}
				}
				for range blocks {
					x.speak()
				}
				x.packet()
				if n > 100 {
					most = max(most, x.waiting())
				}
			}
			if most > 3*blockSamples {
				t.Errorf("%d samples waited", most)
			}
			if sounding, spoken := active(x.heard), active(x.sound); sounding < spoken-0.02 {
				t.Errorf("sound in %.3f of the time, was spoken in %.3f", sounding, spoken)
			}
		})
	}
}

// active is the share of time in which a signal sounds.
func active(samples []int16) float64 {
	frames := audiotest.ActiveFrames(samples, sampleRate)
	n := 0
	for _, a := range frames {
		if a {
			n++
		}
	}
	return float64(n) / float64(len(frames))
}

// Devices that beat unevenly cost a few gaps, not one again and again, and the
// delay stays within what they are uneven by.
func TestBridge_learnsUnevenness(t *testing.T) {
	x := newCrossing(audiotest.Sine(440, 0.3, sampleRate, sampleRate))
	random := rand.New(rand.NewPCG(1, 2))
	due, gaps := 0, 0
	for n := range 3000 { // a minute
		due += 2
		late := random.IntN(3) // blocks
		for ; due > late; due-- {
			x.speak()
		}
		x.packet()
		if x.dry && n > 10 {
			gaps++
		}
		if n > 500 && x.waiting() > 5*blockSamples {
			t.Fatalf("%d samples wait", x.waiting())
		}
	}
	if gaps > 10 {
		t.Errorf("%d gaps", gaps)
	}
}

// After either side stood still the delay is as before within two seconds.
func TestBridge_stall(t *testing.T) {
	for _, c := range []struct {
		name              string
		silent, unfetched int // blocks not spoken, packets not made
	}{
		{"the speaker stood still", 30, 0},
		{"the microphone stood still", 0, 30},
		{"both", 30, 15},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newCrossing(audiotest.Voice(0.3, sampleRate, 5*sampleRate))
			for n := range 400 {
				stalled := n >= 200 && n < 215
				if !stalled || c.silent == 0 {
					x.speak()
					x.speak()
				}
				if stalled && c.unfetched > 0 {
					continue
				}
				x.packet()
			}
			if got := x.waiting(); got > 2*blockSamples {
				t.Errorf("%d samples wait", got)
			}
			if x.dry {
				t.Error("nothing is heard")
			}
		})
	}
}

func TestBridge_doesNotAllocate(t *testing.T) {
	x := newCrossing(audiotest.Voice(0.3, sampleRate, 5*sampleRate))
	x.heard = make([]int16, 0, sampleRate*60)
	if n := testing.AllocsPerRun(1000, func() {
		x.speak()
		x.speak()
		x.packet()
	}); n != 0 {
		t.Errorf("%.2f allocations for each packet", n)
	}
	parties := []*party{{others: newBridge()}, {others: newBridge()}, {others: newBridge()}}
	talk := conference{members: parties}
	if n := testing.AllocsPerRun(1000, func() {
		talk.pass()
		talk.pass()
		for _, p := range parties {
			p.others.add(x.frame[:])
		}
	}); n != 0 {
		t.Errorf("%.2f allocations for each packet of a conference", n)
	}
}

// BenchmarkConference is what a packet of 20 ms costs in a conference of three
// others, beside what their calls cost: the sums, the bridges and the mixes.
func BenchmarkConference(b *testing.B) {
	x := newCrossing(audiotest.Voice(0.3, sampleRate, 5*sampleRate))
	parties := []*party{{others: newBridge()}, {others: newBridge()}, {others: newBridge()}}
	for i, p := range parties {
		copy(p.block[:], x.sound[i*blockSamples:])
	}
	talk := conference{members: parties}
	b.ReportAllocs()
	for b.Loop() {
		talk.pass()
		talk.pass()
		for _, p := range parties {
			p.others.add(x.frame[:])
		}
	}
}
