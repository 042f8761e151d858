package voice

import "math"

const (
	// noiseFloor is the least gain: noise is turned down, not off, because a
	// background that comes and goes with the voice is worse than the noise.
	noiseFloor = 0.16 // −16 dB
	// noiseSure is the ratio of voice to noise, in power, that voice is taken
	// to have where there is some: 15 dB.
	noiseSure = 31.6
	// noisePace is how fast the noise is followed where there is no voice, per
	// block.
	noisePace = 0.05
	// noiseWindow is the number of blocks in whose least power noise alone is
	// expected; noise is at most noiseCap times the least of two windows.
	noiseWindow = 100
	noiseSmooth = 0.12
	noiseCap    = 2

	// The weight of the last block in the estimate of voice by noise, and
	// between which ratios of power to noise a bin, with its neighbours, and a
	// block as a whole go from noise to voice.
	priorKept             = 0.2
	presencePace          = 0.4
	presenceLow           = 1.6
	presenceHigh          = 2.5
	blockFirst, blockLast = 6, 130 // bins: 0.2 to 4 kHz
	blockLow, blockHigh   = 1.15, 1.4
	mostPost              = 1000
)

// noiseTracker follows the power of the noise by the probability that there is
// voice in a bin (Gerkmann and Hendriks, 2012), held down by the least power
// of the last two seconds, and derives gains from it: a Wiener filter where
// voice is likely, the floor elsewhere.
type noiseTracker struct {
	power  [bins]float32 // of the noise
	voiced [bins]float32 // the probability of voice, smoothed
	clean  [bins]float32 // power of the voice in the last block
	post   [bins]float32 // power by that of the noise
	around [bins]float32 // post, smoothed over time and neighbours
	slow   [bins]float32 // power, smoothed
	least  [bins]float32 // of slow in this window
	before [bins]float32 // of slow in the window before
	gain   [bins]float32
	block  float32 // post of the whole block
	count  int     // blocks
}

func (n *noiseTracker) reset() { *n = noiseTracker{} }

func (n *noiseTracker) update(power *[bins]float32) {
	n.count++
	if n.count <= 8 {
		for k, p := range power {
			n.power[k] += (p - n.power[k]) / float32(n.count)
			n.slow[k], n.least[k], n.before[k] = n.power[k], n.power[k], math.MaxFloat32
			n.gain[k] = 1
		}
		return
	}
	turn := n.count%noiseWindow == 0
	for k, p := range power {
		n.slow[k] += noiseSmooth * (p - n.slow[k])
		n.least[k] = min(n.least[k], n.slow[k])
		noise := max(n.power[k], 1) // a microphone may begin with digital silence
		post := min(p/noise, mostPost)
		likely := 1 / (1 + (1+noiseSure)*float32(math.Exp(float64(-post*noiseSure/(1+noiseSure)))))
		n.voiced[k] = 0.9*n.voiced[k] + 0.1*likely
		if n.voiced[k] > 0.99 { // or it would never follow noise that has grown
			likely = min(likely, 0.99)
		}
		noise += noisePace * (1 - likely) * (p - noise)
		noise = max(min(noise, noiseCap*min(n.least[k], n.before[k])), 1)
		if turn {
			n.before[k], n.least[k] = n.least[k], n.slow[k]
		}
		n.power[k] = noise
		n.post[k] = min(p/noise, mostPost)
	}
	n.weigh(power)
}

// weigh sets the gains.
func (n *noiseTracker) weigh(power *[bins]float32) {
	var sum float32
	for _, post := range n.post[blockFirst:blockLast] {
		sum += min(post, 20)
	}
	sum /= blockLast - blockFirst
	n.block = max(sum, n.block+0.3*(sum-n.block))
	voice := share(n.block, blockLow, blockHigh)
	for k, p := range power {
		post := n.post[k]
		mean := (n.post[max(k-1, 0)] + post + n.post[min(k+1, bins-1)]) / 3
		n.around[k] += presencePace * (mean - n.around[k])
		prior := priorKept*n.clean[k]/n.power[k] + (1-priorKept)*max(post-1, 0)
		g := prior / (1 + prior)
		n.clean[k] = g * g * p
		n.gain[k] = max(voice*share(n.around[k], presenceLow, presenceHigh)*g, noiseFloor)
	}
}

// share is 0 for x up to low, 1 from high on, and linear between.
func share(x, low, high float32) float32 { return min(max((x-low)/(high-low), 0), 1) }
