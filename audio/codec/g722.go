package codec

// ITU-T G.722 at 64 kbit/s: a quadrature mirror filter splits 16 kHz speech
// into two bands of 8 kHz; the lower is coded with 6 bits a sample, the upper
// with 2, each by an adaptive predictor and quantiser (ADPCM). The names of
// the blocks are those of the recommendation.

// g722QMF is one half of the symmetric 24-tap filter (G.722 table 11).
var g722QMF = [12]int32{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}

// Tables 14 to 18 of the recommendation: decision levels, codes, output levels
// of the inverse quantisers, and the multipliers of the scale factors.
var (
	g722Levels6 = [29]int32{
		35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714,
		786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
	}
	g722Output6 = [64]int32{
		-136, -136, -136, -136, -24808, -21904, -19008, -16704,
		-14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
		-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576,
		-3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
		24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192,
		10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
		4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032,
		1688, 1360, 1040, 728, 432, 136, -432, -136,
	}
	g722Output4 = [16]int32{
		0, -20456, -12896, -8968, -6288, -4240, -2584, -1200,
		20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
	}
	g722Output2 = [4]int32{-7408, -1616, 7408, 1616}
	g722Scale4  = [16]int32{
		-60, 3042, 1198, 538, 334, 172, 58, -30,
		3042, 1198, 538, 334, 172, 58, -30, -60,
	}
	g722Scale2 = [4]int32{798, -214, 798, -214}
	g722Log    = [32]int32{
		2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383,
		2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
		2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371,
		3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
	}
)

const g722Level2 = 564 // the upper band's only decision level

// g722Side is what differs between the two bands.
type g722Side struct {
	maxScale int32 // of the logarithmic scale factor
	shift    int32 // of the linear one
	minimum  int32 // linear scale factor at the start
}

var (
	lowBand  = g722Side{maxScale: 18432, shift: 8, minimum: 32}
	highBand = g722Side{maxScale: 22528, shift: 10, minimum: 8}
)

// g722Band is the adaptive predictor and the scale factor of one band. Index 0
// of the histories is the newest value.
type g722Band struct {
	side     g722Side
	estimate int32    // s: pole plus zero section, the prediction
	zeroes   int32    // sz: zero section
	poleCoef [2]int32 // a
	zeroCoef [6]int32 // b
	output   [2]int32 // r: reconstructed signal
	partial  [2]int32 // p: partially reconstructed signal
	diff     [6]int32 // d: quantised differences
	logScale int32    // nb
	scale    int32    // det
}

func newG722Band(side g722Side) g722Band {
	return g722Band{side: side, scale: side.minimum}
}

// adapt takes the quantised difference and the multiplier of its code: blocks
// LOGSCL, SCALEL and 4 (RECONS to PREDIC) in one.
func (b *g722Band) adapt(diff, multiplier int32) {
	b.logScale = min(max(b.logScale*127>>7+multiplier, 0), b.side.maxScale)
	scale := g722Log[b.logScale>>6&31]
	if shift := b.side.shift - b.logScale>>11; shift < 0 {
		scale <<= -shift
	} else {
		scale >>= shift
	}
	b.scale = scale << 2

	output := clip16(b.estimate + diff)
	partial := clip16(b.zeroes + diff)
	b.adaptPoles(partial)
	b.adaptZeroes(diff)

	b.output[1], b.output[0] = b.output[0], output
	b.partial[1], b.partial[0] = b.partial[0], partial
	copy(b.diff[1:], b.diff[:5])
	b.diff[0] = diff
	b.predict()
}

// adaptPoles is UPPOL2 and UPPOL1.
func (b *g722Band) adaptPoles(partial int32) {
	same1 := negative(partial) == negative(b.partial[0])
	same2 := negative(partial) == negative(b.partial[1])

	cross := clip16(b.poleCoef[0] << 2)
	if same1 {
		cross = min(-cross, 32767)
	}
	step := int32(-128)
	if same2 {
		step = 128
	}
	second := step + cross>>7 + b.poleCoef[1]*32512>>15
	second = min(max(second, -12288), 12288)

	step = -192
	if same1 {
		step = 192
	}
	first := clip16(step + b.poleCoef[0]*32640>>15)
	limit := clip16(15360 - second)
	b.poleCoef = [2]int32{min(max(first, -limit), limit), second}
}

// adaptZeroes is UPZERO.
func (b *g722Band) adaptZeroes(diff int32) {
	step := int32(128)
	if diff == 0 {
		step = 0
	}
	for i, past := range b.diff {
		s := step
		if negative(past) != negative(diff) {
			s = -step
		}
		b.zeroCoef[i] = clip16(s + b.zeroCoef[i]*32640>>15)
	}
}

// predict is FILTEP, FILTEZ and PREDIC.
func (b *g722Band) predict() {
	poles := clip16(b.poleCoef[0]*clip16(2*b.output[0])>>15 + b.poleCoef[1]*clip16(2*b.output[1])>>15)
	var zeroes int32
	for i, coef := range b.zeroCoef {
		zeroes += coef * clip16(2*b.diff[i]) >> 15
	}
	b.zeroes = clip16(zeroes)
	b.estimate = clip16(poles + b.zeroes)
}

type g722Encoder struct {
	low, high g722Band
	history   [24]int32 // the newest samples, oldest first
	closed    bool
}

func (e *g722Encoder) Encode(dst []byte, pcm []int16) (int, error) {
	switch {
	case e.closed:
		return 0, ErrClosed
	case len(pcm)%2 != 0:
		return 0, ErrFrame
	case len(dst) < len(pcm)/2:
		return 0, ErrShortBuffer
	}
	for i := 0; i < len(pcm); i += 2 {
		copy(e.history[:], e.history[2:])
		e.history[22], e.history[23] = int32(pcm[i]), int32(pcm[i+1])
		var even, odd int32
		for j, coef := range g722QMF {
			even += e.history[2*j] * coef
			odd += e.history[2*j+1] * g722QMF[11-j]
		}
		dst[i/2] = e.encodeLow((even+odd)>>14) | e.encodeHigh((odd-even)>>14)<<6
	}
	return len(pcm) / 2, nil
}

func (e *g722Encoder) encodeLow(sample int32) byte {
	b := &e.low
	diff := clip16(sample - b.estimate)
	magnitude := diff
	if diff < 0 {
		magnitude = ^diff
	}
	interval := 0
	for interval < len(g722Levels6) && magnitude >= g722Levels6[interval]*b.scale>>12 {
		interval++
	}
	// Positive codes run down from 61, negative ones from 63, 62 and then 31.
	code := 61 - interval
	if diff < 0 {
		code = 63 - interval
		if interval >= 2 {
			code = 33 - interval
		}
	}
	b.adapt(b.scale*g722Output4[code>>2]>>15, g722Scale4[code>>2])
	return byte(code)
}

func (e *g722Encoder) encodeHigh(sample int32) byte {
	b := &e.high
	diff := clip16(sample - b.estimate)
	code, magnitude := 3, diff
	if diff < 0 {
		code, magnitude = 1, ^diff
	}
	if magnitude >= g722Level2*b.scale>>12 {
		code--
	}
	b.adapt(b.scale*g722Output2[code]>>15, g722Scale2[code])
	return byte(code)
}

func (e *g722Encoder) exert(int) {}

// clone returns an encoder that goes on from the same state.
func (e *g722Encoder) clone() (cloner, error) {
	other := *e
	return &other, nil
}

func (e *g722Encoder) SampleRate() int { return 16000 }
func (e *g722Encoder) SetLoss(int)     {}
func (e *g722Encoder) SetFEC(bool)     {}
func (e *g722Encoder) SetBitrate(int)  {}
func (e *g722Encoder) Close()          { e.closed = true }

// g722Unsure is for how long after a gap the predictors, which do not know
// what was lost, are far off: 5 ms, in samples.
const g722Unsure = 16000 / 200

// g722Bands is the state of a decoder.
type g722Bands struct {
	low, high g722Band
	history   [24]int32 // the newest band pairs (sum, difference), oldest first
}

type g722Decoder struct {
	g722Bands
	plc    concealer
	next   [16000 / plcSeen]int16 // what follows a gap
	closed bool
}

func newG722Decoder() *g722Decoder {
	return &g722Decoder{
		g722Bands: g722Bands{low: newG722Band(lowBand), high: newG722Band(highBand)},
		plc:       newConcealer(16000, g722Unsure),
	}
}

func (d *g722Decoder) Decode(pcm []int16, payload []byte) (int, error) {
	switch {
	case d.closed:
		return 0, ErrClosed
	case len(payload) == 0:
		return 0, ErrPayload
	case len(pcm) < 2*len(payload):
		return 0, ErrShortBuffer
	}
	d.decode(pcm, payload)
	d.plc.heard(pcm[:2*len(payload)])
	return 2 * len(payload), nil
}

// decode writes two samples for each octet to pcm.
func (d *g722Bands) decode(pcm []int16, payload []byte) {
	for i, octet := range payload {
		code := octet & 63
		low := clip15(d.low.estimate + d.low.scale*g722Output6[code]>>15)
		d.low.adapt(d.low.scale*g722Output4[code>>2]>>15, g722Scale4[code>>2])

		code = octet >> 6
		diff := d.high.scale * g722Output2[code] >> 15
		high := clip15(d.high.estimate + diff)
		d.high.adapt(diff, g722Scale2[code])

		copy(d.history[:], d.history[2:])
		d.history[22], d.history[23] = low+high, low-high
		var first, second int32
		for j, coef := range g722QMF {
			second += d.history[2*j] * coef
			first += d.history[2*j+1] * g722QMF[11-j]
		}
		pcm[2*i], pcm[2*i+1] = int16(clip16(first>>11)), int16(clip16(second>>11))
	}
}

func (d *g722Decoder) Conceal(pcm []int16) (int, error) {
	if d.closed {
		return 0, ErrClosed
	}
	d.plc.fill(pcm)
	return len(pcm), nil
}

// DecodeFEC leads over to the next payload.
func (d *g722Decoder) DecodeFEC(pcm []int16, next []byte) (int, error) {
	if d.closed {
		return 0, ErrClosed
	}
	n := min(len(next), len(d.next)/2)
	ahead := d.g722Bands
	ahead.decode(d.next[:], next[:n])
	d.plc.bridge(pcm, d.next[:2*n])
	return len(pcm), nil
}

func (d *g722Decoder) SampleRate() int { return 16000 }
func (d *g722Decoder) Close()          { d.closed = true }

// negative is the sign bit as G.722 compares it: zero counts as positive.
func negative(v int32) bool { return v < 0 }

func clip16(v int32) int32 { return min(max(v, -32768), 32767) }
func clip15(v int32) int32 { return min(max(v, -16384), 16383) }
