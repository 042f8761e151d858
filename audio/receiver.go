package audio

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/codec"
)

// receiver is a stream's way in: packets go into the jitter buffer, the mixer
// pulls blocks out of the tape that the decoders fill.
type receiver struct {
	volume factor
	level  meter
	hush   hush
	// sounded is when there was anything else than silence, in engine time; 0 = never.
	sounded atomic.Int64
	fetch   atomic.Pointer[func()] // StreamConfig.Fetch; nil = none yet

	mu     sync.Mutex // guards what follows; held only for moments
	buffer jitterBuffer
	types  [128]codec.Name // by payload type; "" = not agreed upon
	red    [128]bool       // by payload type: redundant audio
	last   time.Duration   // arrival of the last packet
	faster time.Duration
	slower time.Duration

	pulling   sync.Mutex // guards what follows; held while a block is made
	decoders  map[uint8]decoder
	decoder   codec.Decoder // of the last payload; nil = none yet
	tape      tape
	resampler *codec.Resampler // from the tape's rate to 48 kHz; nil = the same
	noise     *codec.Noise     // nil = none yet
	memory    [bufferPayload]byte
	content   time.Duration // when the delay was not too long last
	closed    bool
}

// decoder is one of the codecs the peer may send.
type decoder struct {
	codec.Decoder
	parameters codec.Parameters
}

func newReceiver() *receiver {
	r := new(receiver)
	r.volume.set(1, 2)
	r.tape.reset(sampleRate)
	return r
}

// configure goes over to other codecs; those that stay keep their state. On
// an error nothing changes.
func (r *receiver) configure(c StreamConfig) error {
	r.pulling.Lock()
	defer r.pulling.Unlock()
	decoders := make(map[uint8]decoder, len(c.Receive))
	var types [128]codec.Name
	for payloadType, p := range c.Receive {
		if payloadType >= 128 {
			continue
		}
		if d, ok := r.decoders[payloadType]; ok && d.parameters == p {
			decoders[payloadType] = d
		} else {
			d, err := codec.NewDecoder(p)
			if err != nil {
				closeDecoders(decoders, r.decoders)
				return err
			}
			decoders[payloadType] = decoder{Decoder: d, parameters: p}
		}
		types[payloadType] = p.Name
	}
	for _, payloadType := range c.NoiseReceive {
		types[payloadType&0x7F] = codec.ComfortNoise
	}
	closeDecoders(r.decoders, decoders)
	r.decoders = decoders
	r.fetch.Store(&c.Fetch)
	var red [128]bool
	for _, payloadType := range c.RedundancyReceive {
		red[payloadType&0x7F] = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.types, r.red = types, red
	return nil
}

// closeDecoders closes those that are not among others.
func closeDecoders(decoders, others map[uint8]decoder) {
	for payloadType, d := range decoders {
		if others[payloadType].Decoder != d.Decoder {
			d.Close()
		}
	}
}

// receive takes a packet of sound.
func (r *receiver) receive(p *rtp.Packet, now time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.red[p.PayloadType&0x7F] {
		r.last = now
		r.unpack(p, now)
		return
	}
	name := r.types[p.PayloadType&0x7F]
	if name == "" {
		return
	}
	r.last = now
	if !r.buffer.pausing(name) {
		r.buffer.other(&p.Header, now)
		return
	}
	r.buffer.insert(&p.Header, p.Payload, name, now)
}

// other takes a packet that belongs to the stream and has no sound.
func (r *receiver) other(p *rtp.Packet, now time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = now
	r.buffer.other(&p.Header, now)
}

// reset forgets what waits to be played.
func (r *receiver) reset() {
	r.pulling.Lock()
	defer r.pulling.Unlock()
	r.tape.reset(r.tape.rate)
	r.level.reset()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.buffer.flush()
}

// close frees the decoders.
func (r *receiver) close() {
	r.pulling.Lock()
	defer r.pulling.Unlock()
	r.closed = true
	closeDecoders(r.decoders, nil)
}

// collect has what has come from the network given to receive.
func (r *receiver) collect() {
	if fetch := r.fetch.Load(); fetch != nil && *fetch != nil {
		(*fetch)()
	}
}

// pull makes the next block, early only if it is settled.
func (r *receiver) pull(block []int16, now time.Duration, early bool) {
	r.pulling.Lock()
	defer r.pulling.Unlock()
	if r.closed {
		clear(block)
		return
	}
	for r.tape.waiting() < r.tape.rate/100 {
		r.fill(now, early)
	}
	pcm := r.tape.play(r.tape.rate / 100)
	if r.resampler == nil {
		copy(block, pcm)
	} else {
		n := r.resampler.Process(block, pcm)
		clear(block[n:])
	}
	r.level.feed(block)
	if audible(block) {
		r.sounded.Store(int64(now))
	}
	r.hush.apply(block)
}

// settled reports whether the next block is on the tape, or the packet with it
// is here.
func (r *receiver) settled() bool {
	r.pulling.Lock()
	defer r.pulling.Unlock()
	if r.tape.waiting() >= r.tape.rate/100 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buffer.settled(blockDuration - durationOf(int64(r.tape.waiting()), r.tape.rate))
}

// fill puts more sound on the tape: at least one block, or a frame; both early
// too.
func (r *receiver) fill(now time.Duration, early bool) {
	r.mu.Lock()
	d := r.buffer.fetch(now, r.memory[:])
	r.mu.Unlock()
	switch d.act {
	case actSilence:
		r.silence(r.tape.rate / 100)
	case actConceal:
		r.conceal(d)
	case actNoise:
		r.comfort(d)
	case actRepair:
		if !r.use(d.payloadType) {
			r.conceal(d)
			return
		}
		pcm := r.tape.room(int(d.ticks) * r.tape.rate / d.clock)
		if n, err := r.decoder.DecodeFEC(pcm, d.payload); err == nil && n > 0 {
			r.tape.append(n)
			return
		}
		r.conceal(d)
	case actBridge:
		r.bridge(d)
	case actDecode:
		if !r.use(d.payloadType) {
			r.conceal(d)
			return
		}
		if r.noise != nil {
			r.noise.Pause()
		}
		n, err := r.decoder.Decode(r.tape.room(codec.MaxFrame*r.tape.rate/sampleRate), d.payload)
		if err != nil || n == 0 {
			r.conceal(d)
			return
		}
		r.tape.append(n)
		r.stretch(&d, n, now, early)
	}
}

// use makes the decoder of a payload type the present one. It reports false
// for a type that is not agreed upon any more.
func (r *receiver) use(payloadType uint8) bool {
	next, ok := r.decoders[payloadType]
	if !ok || next.Decoder == r.decoder {
		return ok
	}
	r.decoder = next.Decoder
	rate := r.decoder.SampleRate()
	if rate == r.tape.rate {
		return true
	}
	r.tape.reset(rate)
	r.resampler = nil
	if rate != sampleRate {
		r.resampler = codec.NewResampler(rate, sampleRate)
	}
	return true
}

func (r *receiver) silence(n int) {
	clear(r.tape.room(n))
	r.tape.append(n)
}

// bridge lets the decoder make up sound that leads over to the next payload.
func (r *receiver) bridge(d decision) {
	if next, ok := r.decoders[d.payloadType]; !ok || next.Decoder != r.decoder {
		r.conceal(d)
		return
	}
	n := r.samples(d)
	pcm := r.tape.room(n)
	if made, err := r.decoder.DecodeFEC(pcm, d.payload); err != nil || made != len(pcm) {
		r.conceal(d)
		return
	}
	r.tape.append(n)
}

// samples is how many are made up: libopus does it in multiples of 2.5 ms.
func (r *receiver) samples(d decision) int {
	step := r.tape.rate / 400
	n := (int(d.ticks)*r.tape.rate/d.clock + step - 1) / step * step
	return max(n, step)
}

// conceal lets the decoder make up sound.
func (r *receiver) conceal(d decision) {
	n := r.samples(d)
	if r.decoder == nil {
		r.silence(n)
		return
	}
	pcm := r.tape.room(n)
	made, err := r.decoder.Conceal(pcm)
	if err != nil {
		made = 0
	}
	clear(pcm[made:])
	r.tape.append(n)
}

const (
	// patience is how long a delay that is a little too long waits for a place
	// where shortening it is heard the least.
	patience = time.Second
	// largeFrom is the excess of delay from which on it does not wait, and
	// hurryFrom that from which on joints may be heard.
	largeFrom = 25 * time.Millisecond
	hurryFrom = 60 * time.Millisecond
)

// stretch shortens or lengthens what waits after a frame of n samples, as the
// buffer asks; early a block is left.
func (r *receiver) stretch(d *decision, n int, now time.Duration, early bool) {
	rate := r.tape.rate
	r.tape.hear(n)
	before := durationOf(int64(r.tape.waiting()), rate)
	change := d.change(before, durationOf(int64(n), rate))
	least := r.care(change, now)
	switch {
	case change > 0:
		limit := int(ticksOf(change, rate))
		if early { // the next packet may not be here
			limit = min(limit, r.tape.waiting()-rate/100)
		}
		r.tape.shorten(limit, least)
	case change < 0:
		r.tape.lengthen(rate/longestLag, least)
	}
	after := durationOf(int64(r.tape.waiting()), rate)
	if after == before {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.buffer.stretched(before, after)
	r.faster += max(0, before-after)
	r.slower += max(0, after-before)
}

// care is the least likeness at the joint of a change of the delay. What is
// too long waits for a good place; what is too short would soon be a gap.
func (r *receiver) care(change, now time.Duration) float32 {
	if change <= 0 {
		r.content = now
	}
	switch {
	case change.Abs() > hurryFrom:
		return matchHurry
	case change < 0, change > largeFrom, now-r.content > patience:
		return matchLeast
	}
	return matchBest
}

// snapshot is the receiver's part of the statistics.
func (r *receiver) snapshot(epoch time.Time) StreamStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := &r.buffer
	s := StreamStats{
		Codec: b.stats.name, Received: b.source.received, Lost: b.source.lost(),
		Late: b.stats.late, Concealed: b.stats.concealed, Repaired: b.stats.repaired, Repeating: b.red.packets,
		Gaps:   b.stats.gaps,
		Faster: r.faster, Slower: r.slower,
		Jitter: time.Duration(b.stats.jitter), LossPercent: b.source.lossPercent(),
	}
	if b.playing {
		s.Buffer, s.Target = b.slack.last(), b.target()
	}
	if r.last > 0 {
		s.LastReceived = epoch.Add(r.last)
	}
	if sounded := r.sounded.Load(); sounded > 0 {
		s.LastSound = epoch.Add(time.Duration(sounded))
	}
	return s
}
