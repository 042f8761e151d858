package media

import (
	"math"
	"strings"
	"time"
)

// Conditions are what the E-model grades a conversation by.
type Conditions struct {
	Codec string // of what is heard: "opus", "G722", "PCMU", "PCMA"
	// Loss is the share of packets whose sound was not there in its time, in
	// percent: what redundancy repaired does not count.
	Loss float64
	// Burst is BurstR of ITU-T G.107 §7.5: how much longer the runs of losses
	// are than those of losses by chance; less than 1 counts as 1.
	Burst float64
	// Delay is one way, from mouth to ear.
	Delay time.Duration
}

// eScale is one of the three scales of the E-model. R of a call without any
// fault is its best; Annex A of G.107.1 and of G.107.2 bring R back to the
// scale of G.107, where 100 is the top, before Annex B of G.107 makes it MOS.
type eScale struct {
	best   float64 // Ro − Is and what a delay of 0 leaves, with default values
	worst  float64 // impairment of losing everything: Ie,eff at 100 % loss
	divide float64 // from this scale to that of G.107
}

// The scales: G.107 (06/2015) table 3 and §7.5, G.107.1 (06/2019) §6.2 and
// §7.5, G.107.2 (06/2019) §6.2 and §7.5. Each codec is graded against what its
// own band can give, as its users expect: MOS-CQEN, MOS-CQEW, MOS-CQEF.
var (
	narrowband = eScale{best: 93.2, worst: 95, divide: 1}
	wideband   = eScale{best: 129, worst: 95, divide: 1.29}
	fullband   = eScale{best: 148, worst: 132, divide: 1.48}
)

// eCodec is what a codec costs on its scale.
type eCodec struct {
	scale eScale
	ie    float64 // equipment impairment without loss
	bpl   float64 // robustness to loss
}

// The values of G.711 with concealment are those of G.113 (11/2007) appendix I,
// Ie of G.722 at 64 kbit/s is that of appendix IV. G.113 has no robustness of
// G.722, and nothing of Opus: those are our own estimates. G.722 is concealed
// as G.711 is; Opus at the bit rates of a call is all but transparent, and its
// concealment fills a packet less well than that of a waveform codec, whose
// packets do not depend on each other.
var (
	eG711 = eCodec{scale: narrowband, ie: 0, bpl: 25.1}
	eG722 = eCodec{scale: wideband, ie: 13, bpl: 25.1}
	eOpus = eCodec{scale: fullband, ie: 8, bpl: 20}
)

func eCodecOf(name string) eCodec {
	switch strings.ToLower(name) {
	case "opus":
		return eOpus
	case "g722":
		return eG722
	}
	return eG711
}

// R is the transmission rating, on the scale of G.107 (0–100) whatever the
// codec's band.
func (c Conditions) R() float64 {
	e := eCodecOf(c.Codec)
	loss := min(max(c.Loss, 0), 100)
	effective := e.ie + (e.scale.worst-e.ie)*loss/(loss/c.burst()+e.bpl)
	return max(0, (e.scale.best-delayImpairment(c.Delay)-effective)/e.scale.divide)
}

// burst keeps BurstR within what the model was made from: runs of up to eight
// times chance, and of twice from 2 % of loss on (G.107 table 2 and §7.5).
func (c Conditions) burst() float64 {
	most := 8.0
	if c.Loss >= 2 {
		most = 2
	}
	return min(max(c.Burst, 1), most)
}

// delayImpairment is Idd of G.107 §7.4, which G.107.1 and G.107.2 take over:
// what even a delay without echo costs, from 100 ms on. The echo's own part is
// left out: an echo canceller stands at either end.
func delayImpairment(oneWay time.Duration) float64 {
	const noticed = 100 * time.Millisecond // mT of the default class
	if oneWay <= noticed {
		return 0
	}
	x := math.Log2(float64(oneWay) / float64(noticed))
	return 25 * (math.Pow(1+math.Pow(x, 6), 1.0/6) - 3*math.Pow(1+math.Pow(x/3, 6), 1.0/6) + 2)
}

// MOS is the mean opinion score that R stands for, from 1 to 4.5 (G.107
// Annex B).
func (c Conditions) MOS() float64 { return mosOf(c.R()) }

func mosOf(r float64) float64 {
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	}
	return max(1, 1+0.035*r+r*(r-60)*(100-r)*7e-6)
}
