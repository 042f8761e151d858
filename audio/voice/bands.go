package voice

// The rates: the devices' and that of the lower band, in which everything but
// the gain works.
const (
	wideRate   = 48000
	lowRate    = 16000
	wideBlock  = wideRate / 100
	lowBlock   = lowRate / 100
	ratio      = wideRate / lowRate
	bandFilter = 2 // quality of the resamplers: 1 ms each
)

// bands takes the band under 8 kHz out of the microphone and puts it back. What
// lies above, up to 24 kHz, waits meanwhile: a microphone is not limited to the
// band in which the echo is cancelled.
type bands struct {
	down, up *speexResampler
	delay    int // of down and up together, in wide samples

	raised [wideBlock]float32
	past   []float32 // the newest wide samples, the oldest first
}

// newBands makes the pair for a process that delays by so many low samples.
func newBands(inner int) (*bands, error) {
	down, err := newSpeexResampler(wideRate, lowRate, bandFilter)
	if err != nil {
		return nil, err
	}
	up, err := newSpeexResampler(lowRate, wideRate, bandFilter)
	if err != nil {
		down.close()
		return nil, err
	}
	b := &bands{down: down, up: up, delay: down.delay() + ratio*up.delay()}
	b.past = make([]float32, b.delay+ratio*inner+wideBlock)
	return b, nil
}

// split takes a block in and gives its lower band.
func (b *bands) split(low []float32, frame []int16) {
	copy(b.past, b.past[wideBlock:])
	newest := b.past[len(b.past)-wideBlock:]
	for i, s := range frame {
		newest[i] = float32(s)
	}
	b.down.process(low, newest)
}

// merge gives the block whose lower band has changed by so much, and whose
// whole is amplified by gain before.
func (b *bands) merge(out, change []float32, gain float32) {
	b.up.process(b.raised[:], change)
	for i, v := range b.raised {
		out[i] = gain*b.past[i] + v
	}
}

func (b *bands) reset() {
	b.down.reset()
	b.up.reset()
	clear(b.past)
}

func (b *bands) close() {
	b.down.close()
	b.up.close()
}
