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

// All codecs are graded on one scale, that of the fullband E-model, G.107.2
// (06/2019) §6.2, which continues those of G.107 and G.107.1 upwards: the
// narrowband call without any fault stays at 93.2, the wideband one at 129. So
// a telephone's band costs what it is worth, and who hears Opus is told of
// something better than who hears G.711: MOS-CQEF, not three kinds of MOS that
// do not compare.
const (
	bestRating  = 148.0 // Ro − Is and what a delay of 0 leaves, with default values
	worstLoss   = 132.0 // Ie,eff of losing everything, §7.5
	toG107      = 1.48  // Annex A: from this scale to that of G.107 Annex B
	bestNarrow  = 93.2  // G.107 (06/2015) table 3
	bestWide    = 129.0 // G.107.1 (06/2019) §6.2
	wideG722    = 13.0  // Ie,wb of G.722 at 64 kbit/s: G.113 (11/2007) appendix IV
	robustG711  = 25.1  // G.711 with concealment, random loss: the same, appendix I
	opusAt31    = 16.83 // Ie,swb, see eOpus
	robustOpus  = 10.44
	robustGuess = 25.1 // of G.722, of which G.113 has none: it is concealed as G.711 is
)

// eCodec is what a codec costs on that scale.
type eCodec struct {
	ie  float64 // equipment impairment without loss
	bpl float64 // robustness to loss
}

// Opus is graded by what M. Alahmadi, P. Pocta and H. Melvin have measured (An
// Adaptive Bitrate Switching Algorithm for Speech Applications in Context of
// WebRTC, ACM TOMM 17(4), 2021, article 133, doi 10.1145/3458751): superwideband
// at 31 kbit/s with variable rate and random loss, which is what both ends of
// most calls begin with. By their figures 25 kbit/s (20.21 and 11.28) are 0.06
// of MOS less, and 40 kbit/s (10.67 and 9.79) 0.1 more. Which it is cannot be
// told by what comes: pauses take few bits. ITU-T has no values of Opus.
var (
	eG711 = eCodec{ie: bestRating - bestNarrow, bpl: robustG711}
	eG722 = eCodec{ie: bestRating - bestWide + wideG722, bpl: robustGuess}
	eOpus = eCodec{ie: opusAt31, bpl: robustOpus}
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

// R is the transmission rating, from 0 to 148 (G.107.2 §7.1).
func (c Conditions) R() float64 {
	e := eCodecOf(c.Codec)
	loss := min(max(c.Loss, 0), 100)
	effective := e.ie + (worstLoss-e.ie)*loss/(loss/c.burst()+e.bpl)
	return max(0, bestRating-delayImpairment(c.Delay)-effective)
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

// MOS is the mean opinion score that R stands for, from 1 to 4.5 (G.107.2
// Annex A, G.107 Annex B).
func (c Conditions) MOS() float64 { return mosOf(c.R() / toG107) }

func mosOf(r float64) float64 {
	switch {
	case r <= 0:
		return 1
	case r >= 100:
		return 4.5
	}
	return max(1, 1+0.035*r+r*(r-60)*(100-r)*7e-6)
}
