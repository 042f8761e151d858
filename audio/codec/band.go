package codec

import "math"

// What counts as an empty band. Rounding to 16 bits leaves 1/12 of a step
// squared in all bands together, hiss at −75 dBFS 17 above 12 kHz.
const (
	bandEmpty  = 1.0       // most mean square of a frame, in steps of 16 bits squared
	bandFar    = 1e-6      // and most share of a voice
	bandProof  = 4 * 48000 // samples of speech that have to be so
	bandAloud  = 16.0      // power of speech over that of the background, at least
	bandRising = 1.01      // a frame: how fast the background is taken to be louder
)

// The filters that look at the bands: high-passes whose stop band at −90 dB
// ends where the narrower band of Opus does.
const (
	bandTaps  = 127
	bandScale = 30   // bits of a coefficient behind the point
	bandSlope = 1100 // Hz from the end of the stop band to −6 dB
	bandStep  = 31   // samples between two looks: a power needs no more
)

var above8, above12 = highPass(8000 + bandSlope), highPass(12000 + bandSlope)

// highPass is the first half of a symmetric filter for 48 kHz, its middle last.
func highPass(hz float64) *[bandTaps/2 + 1]int64 {
	const middle = bandTaps / 2
	filter, cutoff := new([middle + 1]int64), hz/24000
	for i := range filter {
		t := float64(i - middle)
		low := cutoff * sinc(cutoff*t) * kaiser(t/(middle+1))
		filter[i] = int64(math.Round(-low * (1 << bandScale)))
	}
	filter[middle] += 1 << bandScale
	return filter
}

// bandMeter finds out how much of the band a microphone fills: those of
// telephony headsets and what was recorded at 24 kHz leave the rest empty. It
// takes seconds of speech to find a band empty and one frame to see that it is
// not. The zero value is ready and takes the band for full. It may be copied.
type bandMeter struct {
	background float64 // mean square; 0 = not known
	over8      vacancy
	over12     vacancy
}

// vacancy is what is known of one band.
type vacancy struct {
	empty        bool
	proof        int     // samples of speech since there was something
	speech, band float64 // energy in them
}

// hear takes a frame of 48 kHz. One of 2.5 ms is taken to fill the band. The last
// millisecond hardly counts, which libopus codes in the next packet anyway.
func (m *bandMeter) hear(pcm []int16) {
	level := power(pcm)
	if m.background == 0 {
		m.background = level
	}
	m.background = max(bandEmpty, min(level, m.background*bandRising))
	if level <= bandEmpty {
		return
	}
	speech := 0.0
	if level > bandAloud*m.background {
		speech = level
	}
	band := powerAbove(above8, pcm)
	m.over8.learn(len(pcm), speech, band)
	if band > bandEmpty {
		band = powerAbove(above12, pcm)
	}
	m.over12.learn(len(pcm), speech, band)
}

// learn takes the power of a frame in the band, and in all where somebody
// talks.
func (v *vacancy) learn(samples int, speech, band float64) {
	switch {
	case band > bandEmpty:
		*v = vacancy{}
	case speech > 0 && !v.empty:
		v.proof += samples
		v.speech += float64(samples) * speech
		v.band += float64(samples) * band
		v.empty = v.proof >= bandProof && v.band <= bandFar*v.speech
	}
}

// power is the mean square of a frame; 0 of none.
func power(pcm []int16) float64 {
	var sum int64
	for _, s := range pcm {
		sum += int64(s) * int64(s)
	}
	return float64(sum) / float64(max(len(pcm), 1))
}

// powerAbove is the mean square of what passes a filter, or infinite where that
// is more than bandEmpty, or the frame too short to tell.
func powerAbove(filter *[bandTaps/2 + 1]int64, pcm []int16) float64 {
	const middle, unit = bandTaps / 2, 1.0 / (1 << bandScale)
	if len(pcm) < bandTaps {
		return math.Inf(1)
	}
	looks := (len(pcm)-bandTaps)/bandStep + 1
	sum, most := 0.0, bandEmpty*float64(looks)
	for at := 0; at+bandTaps <= len(pcm); at += bandStep {
		window := (*[bandTaps]int16)(pcm[at:])
		a, b := int64(window[middle])*filter[middle], int64(0)
		a += (int64(window[0]) + int64(window[bandTaps-1])) * filter[0]
		for i := 1; i < middle; i += 2 {
			a += (int64(window[i]) + int64(window[bandTaps-1-i])) * filter[i]
			b += (int64(window[i+1]) + int64(window[bandTaps-2-i])) * filter[i+1]
		}
		y := float64(a+b) * unit
		if sum += y * y; sum > most {
			return math.Inf(1)
		}
	}
	return sum / float64(looks)
}
