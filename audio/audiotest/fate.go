package audiotest

import (
	"math/rand/v2"
	"time"
)

// Impairment is what a link does to packets; the zero value does nothing.
type Impairment struct {
	Loss      float64       // share of packets lost, 0–1
	Burst     int           // packets lost in a row each time; 0 = 1
	Delay     time.Duration // of every packet
	Jitter    time.Duration // added to Delay, evenly distributed from 0 to 2×Jitter
	Keep      bool          // jitter does not change the order of packets
	Reorder   float64       // share of packets that come 25 ms later
	Duplicate float64       // share of packets that come twice
	Seed      uint64        // one seed gives one sequence of impairments
}

// Fates draws what becomes of one packet after the other on an impaired link.
// It knows no clock, so that the same packets have the same fates whatever
// carries them.
type Fates struct {
	impairment Impairment
	random     *rand.Rand
	burst      int           // packets of the present burst still to be lost
	last       time.Duration // when the packet before arrives
	stats      LinkStats
}

// NewFates begins the sequence of fates of an impairment.
func NewFates(i Impairment) *Fates {
	return &Fates{impairment: i, random: rand.New(rand.NewPCG(i.Seed, 1))}
}

// Next is when the copies of a packet that is sent at a time arrive: none if
// it is lost, two if it is doubled.
func (f *Fates) Next(sent time.Duration) (arrivals []time.Duration) {
	f.stats.Sent++
	if f.loses() {
		f.stats.Lost++
		return nil
	}
	copies := 1
	if f.random.Float64() < f.impairment.Duplicate {
		f.stats.Duplicated++
		copies++
	}
	for range copies {
		arrivals = append(arrivals, sent+f.delay(sent))
	}
	return arrivals
}

func (f *Fates) loses() bool {
	if f.burst > 0 {
		f.burst--
		return true
	}
	length := max(1, f.impairment.Burst)
	if f.random.Float64() >= f.impairment.Loss/float64(length) {
		return false
	}
	f.burst = length - 1
	return true
}

// delay draws the delay of a packet.
func (f *Fates) delay(sent time.Duration) time.Duration {
	d := f.impairment.Delay + time.Duration(f.random.Float64()*2*float64(f.impairment.Jitter))
	if f.random.Float64() < f.impairment.Reorder {
		f.stats.Reordered++
		d += 25 * time.Millisecond
	}
	if f.impairment.Keep && sent+d < f.last {
		d = f.last - sent
	}
	f.last = sent + d
	return d
}
