package audio

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/codec"
)

const (
	// senderRing bounds what a stalled sender keeps: 170 ms; more is skipped.
	senderRing = 8192
	// A sender that has been behind by more than two packets for this long
	// will not catch up by itself: it skips what waits, so that the delay does
	// not stay.
	behindMost = 200 * time.Millisecond
	// standingPackets is for how many packets in a row a block may stay behind
	// each of them: it is delay for nothing, left from how the blocks came at
	// the beginning, and is cut out.
	standingPackets = 50
)

// sender is a stream's way out: the input offers blocks; packets, called by
// the input or by the sender's own pump, packs, encodes and writes them.
type sender struct {
	engine *Engine
	frames *ring
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}

	others  atomic.Pointer[bridge] // what the other members of a conference say; nil = there are none
	toned   reminding              // the recording tone for the other side
	muted   atomic.Bool
	keying  atomic.Bool // a key is being sent
	slow    slowness
	adapt   adapter
	ptime   atomic.Int64 // of a packet, a time.Duration
	sent    atomic.Uint64
	missed  atomic.Uint64 // samples that never came into the ring
	skip    int           // blocks that are not to come into it; the input's own
	resumed atomic.Bool   // what waits in the ring is from before a pause
	level   meter

	mu     sync.Mutex // guards what follows; held while a packet is made and written
	config StreamConfig
	coder  codec.Encoder // nil until configured
	events eventSender
	pack   packer
}

// packer is the state of RTP packets and the buffers they are made in.
type packer struct {
	header    rtp.Header
	timestamp uint32        // of the next packet
	talking   bool          // false: the next packet begins a talkspurt
	last      time.Duration // engine time of the last packet
	behind    time.Duration // since when more than two packets wait; 0 = they do not
	standing  int           // least samples that a packet has left lately
	left      int           // packets that have left some
	told      coding        // by what the encoder codes
	failing   bool          // Write has failed last time
	reminding bool          // the recording tone is in the frame
	red       redSender
	quiet     quiet

	frame     []int16 // one packet at 48 kHz
	pcm       []int16 // the same at the codec's rate
	resampler *codec.Resampler
	payload   [codec.MaxPayload]byte
}

func newSender(e *Engine) *sender {
	s := &sender{
		engine: e, frames: newRing(senderRing), wake: make(chan struct{}, 1),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	// RFC 3550 §5.1: both start at random.
	s.pack.header = rtp.Header{Version: 2, SequenceNumber: uint16(rand.Uint32())}
	s.pack.timestamp = rand.Uint32()
	s.pack.frame = make([]int16, codec.MaxFrame)
	s.pack.pcm = make([]int16, codec.MaxFrame)
	return s
}

// configure goes over to other parameters with the next packet.
func (s *sender) configure(c StreamConfig, coder codec.Encoder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.coder != nil {
		s.coder.Close()
	}
	if c.EventSendPayloadType == 0 {
		c.EventSendPayloadType = c.EventPayloadType
	}
	if c.Codec.PTime == 0 {
		c.Codec.PTime = codec.DefaultPTime
	}
	s.config, s.coder = c, coder
	s.ptime.Store(int64(c.Codec.PTime))
	p := &s.pack
	p.header.SSRC = c.SSRC
	p.talking = false
	p.told = coding{}
	p.red.forget()
	p.quiet = quiet{}
	s.adapt.configure(c)
	p.resampler = nil
	if coder.SampleRate() != sampleRate {
		p.resampler = codec.NewResampler(sampleRate, coder.SampleRate())
	}
	if c.EventClockRate == 0 {
		s.events.abandon(ErrNoTelephoneEvent)
	}
}

func (s *sender) codec() codec.Name {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config.Codec.Name
}

// offer is called by the input with each block.
func (s *sender) offer(block []int16) {
	if s.muted.Load() {
		block = silence[:]
	}
	// Whole packets: so what several streams are offered is cut into the same
	// ones, which are encoded once.
	if s.skip == 0 && len(s.frames.samples)-s.frames.level() < len(block) {
		s.skip = max(1, int(time.Duration(s.ptime.Load())/blockDuration))
	}
	if s.skip > 0 {
		s.skip--
		s.missed.Add(uint64(len(block)))
		return
	}
	s.frames.write(block)
}

// due reports whether there is sound for a packet, or something to be thrown
// away: nobody is to be woken before.
func (s *sender) due() bool {
	return s.resumed.Load() || int64(s.frames.level()) >= ticksOf(time.Duration(s.ptime.Load()), sampleRate)
}

// lacks is how many blocks that are still to come make the next packet.
func (s *sender) lacks() int {
	frame := int(ticksOf(time.Duration(s.ptime.Load()), sampleRate))
	return (frame - s.frames.level()%frame) / blockSamples
}

// silence is one block; it is never written to.
var silence [blockSamples]int16

// resume is called before blocks are offered again after a pause.
func (s *sender) resume() {
	s.mu.Lock()
	s.resumed.Store(true)
	s.slow.forget()
	s.mu.Unlock()
}

// enqueue appends a tone to those to be sent.
func (s *sender) enqueue(job *eventJob) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.config.EventClockRate == 0 {
		return ErrNoTelephoneEvent
	}
	s.events.queue = append(s.events.queue, job)
	return nil
}

// abandon fails all tones.
func (s *sender) abandon(err error) {
	s.mu.Lock()
	s.events.abandon(err)
	s.mu.Unlock()
}

// close joins the pump, if it runs.
func (s *sender) close(running bool) {
	close(s.stop)
	if running {
		<-s.done
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events.abandon(ErrClosed)
	if s.coder != nil {
		s.coder.Close()
	}
}

// run is the sender's pump.
func (s *sender) run() {
	defer close(s.done)
	for {
		select {
		case <-s.stop:
			return
		case <-s.wake:
		}
		s.packets()
	}
}

// packets makes and writes what there is sound for.
func (s *sender) packets() {
	for s.packet() {
	}
}

// packet makes and writes one packet if there is sound for it.
func (s *sender) packet() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &s.pack
	if s.resumed.Load() {
		s.begin()
	}
	begun := s.engine.now()
	ptime := s.config.Codec.PTime
	frame := p.frame[:ticksOf(ptime, sampleRate)]
	if s.frames.level() < len(frame) {
		return false
	}
	s.frames.read(frame)
	s.catchUp(len(frame))
	s.cutStanding()
	clock := s.config.Codec.Name.ClockRate()
	p.timestamp += uint32(int64(s.missed.Swap(0)) * int64(clock) / sampleRate)
	if s.muted.Load() {
		clear(frame)
	}
	for b := frame; len(b) >= blockSamples; b = b[blockSamples:] {
		s.level.feed(b[:blockSamples])
	}
	if others := s.others.Load(); others != nil {
		others.add(frame)
	}
	p.reminding = s.toned.add(frame)
	e, first, ok := s.events.next(p.timestamp, ptime, s.config.EventClockRate, clock)
	if s.keying.Store(ok); ok {
		s.event(e, first)
	} else {
		s.voice(frame)
	}
	p.timestamp += uint32(ticksOf(ptime, clock))
	p.last = s.engine.now()
	s.slow.took(p.last - begun)
	return true
}

// catchUp skips what waits if the sender is behind for too long.
func (s *sender) catchUp(frame int) {
	p, waiting, now := &s.pack, s.frames.level(), s.engine.now()
	switch {
	case waiting <= 2*frame:
		p.behind = 0
	case p.behind == 0:
		p.behind = now
	case now-p.behind > behindMost:
		waiting -= waiting % frame
		s.frames.drop(waiting)
		s.missed.Add(uint64(waiting))
		p.behind = 0
	}
}

// cutStanding cuts out what stays behind every packet.
func (s *sender) cutStanding() {
	p, waiting := &s.pack, s.frames.level()
	switch {
	case waiting < blockSamples:
		p.left = 0
	case p.left == 0 || waiting < p.standing:
		p.left, p.standing = max(p.left, 1), waiting
	default:
		p.left++
	}
	if p.left >= standingPackets {
		s.frames.drop(p.standing)
		p.left = 0
	}
}

// begin throws away what waited during a pause and lets the timestamp pass it.
func (s *sender) begin() {
	p := &s.pack
	s.resumed.Store(false)
	p.talking = false
	s.frames.drop(s.frames.level())
	s.missed.Store(0)
	if p.resampler != nil {
		p.resampler.Reset()
	}
	if p.last > 0 {
		p.timestamp += uint32(ticksOf(s.engine.now()-p.last, s.config.Codec.Name.ClockRate()))
	}
}

// voice encodes and writes a frame of 48 kHz.
func (s *sender) voice(frame []int16) {
	p := &s.pack
	how := s.adapt.now()
	s.tell(how)
	pcm := frame
	if p.resampler != nil {
		pcm = p.pcm[:p.resampler.Process(p.pcm, frame)]
		if s.muted.Load() && s.others.Load() == nil && !p.reminding {
			clear(pcm) // the resampler's memory too
		}
	}
	if s.pause(pcm) {
		return
	}
	n, err := s.coder.Encode(p.payload[:], pcm)
	if err != nil || n == 0 {
		p.talking = false // the next packet comes after a pause
		return
	}
	p.header.PayloadType = s.config.PayloadType
	p.header.Timestamp = p.timestamp
	p.header.Marker = !p.talking // RFC 3551 §4.1
	p.talking = true
	s.write(s.protected(p.payload[:n], how.depth))
}

// tell has the encoder code as it should from now on.
func (s *sender) tell(how coding) {
	p := &s.pack
	if how.loss != p.told.loss {
		s.coder.SetLoss(how.loss)
	}
	if how.bare != p.told.bare {
		s.coder.SetFEC(!how.bare)
	}
	if how.bitrate != p.told.bitrate {
		s.coder.SetBitrate(how.bitrate)
	}
	p.told = how
}

// protected returns what is to be sent of a packet of sound: itself, or
// behind the packets before it, with the payload type of that.
func (s *sender) protected(payload []byte, depth int) []byte {
	p := &s.pack
	if s.config.RedundancyPayloadType == 0 {
		return payload
	}
	packed, ok := p.red.pack(s.config.PayloadType, p.timestamp, payload, depth)
	p.red.keep(p.timestamp, payload)
	if !ok {
		return payload
	}
	p.header.PayloadType = s.config.RedundancyPayloadType
	return packed
}

// event writes a packet of a tone in place of the voice.
func (s *sender) event(e telephoneEvent, first bool) {
	p := &s.pack
	if first {
		s.engine.tones.key(toneOf(e.event), s.events.job.duration)
		s.engine.desk.poke()
	}
	p.talking = false
	p.red.forget() // repetitions are counted by packets
	e.put(p.payload[:eventLength])
	p.header.PayloadType = s.config.EventSendPayloadType
	p.header.Timestamp = s.events.timestamp
	p.header.Marker = first // RFC 4733 §2.3.2
	s.write(p.payload[:eventLength])
}

func (s *sender) write(payload []byte) {
	p := &s.pack
	err := s.config.Write(&p.header, payload)
	p.header.SequenceNumber++
	if err == nil {
		s.sent.Add(1)
	} else if !p.failing {
		s.engine.log.Warn("audio packet not sent", "err", err)
	}
	p.failing = err != nil
}
