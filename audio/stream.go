package audio

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"webphone/audio/codec"
)

// StreamConfig is what two ends have agreed upon for the sound of a call.
type StreamConfig struct {
	Codec       codec.Parameters // of what we send
	PayloadType uint8
	// NewPath says that it is sent by another path than before.
	NewPath bool
	// Receive are the codecs the peer may send, by our payload types.
	Receive map[uint8]codec.Parameters
	// EventPayloadType is that of telephone-event (RFC 4733) in both
	// directions, EventClockRate its clock in Hz; 0 = not agreed upon.
	EventPayloadType uint8
	EventClockRate   int
	// EventSendPayloadType is that of the events we send where the peer's
	// number is another than ours; 0 = EventPayloadType.
	EventSendPayloadType uint8
	// EventReceive are the types of telephone-event that the peer may send,
	// with their clocks in Hz; nil = EventPayloadType alone. Chromium sends
	// the type of the slowest clock, whatever the clock of the sound.
	EventReceive map[uint8]int
	// RedundancyPayloadType is that of redundant audio (RFC 2198) of Codec
	// towards the peer, 0 = not agreed upon. It is sent while the peer
	// reports that much is lost. RedundancyReceive are the types under which
	// the peer may send it, of any codec in Receive.
	RedundancyPayloadType uint8
	RedundancyReceive     []uint8
	// NoiseReceive are the payload types of comfort noise (RFC 3389), of codecs
	// that count at 8 kHz, by which the peer may describe its pauses.
	NoiseReceive []uint8
	// NoisePayloadType is that of comfort noise towards the peer: with G.711
	// our pauses are described by it and else not sent. 0 = the voice goes on
	// through pauses, which is right unless somebody asks for less: a detector
	// of speech may cut into the beginnings of words, and many a gateway takes a
	// pause for a dead call. With G.722 none is sent: the noise has but the band
	// of a telephone.
	NoisePayloadType uint8
	SSRC             uint32
	// Write sends one packet. Header and payload are only valid during the
	// call. It must not block for long nor call the Stream. Errors are
	// counted; the stream goes on.
	Write func(h *rtp.Header, payload []byte) error
	// Fetch, if not nil, is called before a block of 10 ms is made of what the
	// stream has received, or would be if enough were there. It gives to
	// Receive what has come by then, and must not wait.
	Fetch func()
	// OnDTMF, if not nil, is called once for each tone heard, at its end. It
	// must return soon and not call the Stream.
	OnDTMF func(tone rune, d time.Duration)
}

// Stream is one call's sound: it codes the microphone into RTP and turns
// received RTP into the speaker's sound. All methods are safe from any
// goroutine.
type Stream struct {
	engine   *Engine
	sender   *sender
	receiver *receiver
	events   eventReceiver

	sends, receives atomic.Bool // takes part in input, in mixing
	conference      int         // by number; 0 = none; guarded by the engine's mutex

	mu      sync.Mutex // guards what follows; held while a Start or Close lasts
	started bool
	closed  bool
	send    bool // the directions that SetActive wants
	receive bool
}

func newStream(e *Engine) *Stream {
	return &Stream{
		engine: e, send: true, receive: true,
		sender: newSender(e), receiver: newReceiver(),
	}
}

// Start begins to send and receive, or goes over to other parameters; sequence
// numbers and timestamps go on. It returns ErrClosed or a *codec.Error, and
// then leaves everything as it was.
func (s *Stream) Start(c StreamConfig) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	if c.Write == nil {
		return errors.New("audio: StreamConfig without Write")
	}
	encoder, err := s.engine.encoders.NewEncoder(c.Codec)
	if err != nil {
		return err
	}
	if err := s.receiver.configure(c); err != nil {
		encoder.Close()
		return err
	}
	s.sender.configure(c, encoder)
	s.events.configure(c)
	if !s.started {
		s.started = true
		go s.sender.run()
	}
	s.activate()
	return nil
}

// activate puts the wanted directions into effect. s.mu is held.
func (s *Stream) activate() {
	send, receive := s.started && !s.closed && s.send, s.started && !s.closed && s.receive
	sends, receives := s.sends.Swap(send), s.receives.Swap(receive)
	if send && !sends {
		s.sender.resume()
	}
	if sends && !send && !s.closed {
		s.sender.abandon(ErrNotSending)
	}
	if receive && !receives {
		s.receiver.reset()
	}
	if send != sends || receive != receives {
		s.engine.route()
	}
}

// SetActive chooses the directions: a call on hold sends or receives nothing.
// Both are active in a new stream. Tones waiting to be sent fail with
// ErrNotSending when sending ends.
func (s *Stream) SetActive(send, receive bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.send, s.receive = send, receive
	s.activate()
}

// Receive takes a packet that came from the network at a time. The packet is not
// kept. What does not belong to the stream is dropped.
func (s *Stream) Receive(p *rtp.Packet, at time.Time) {
	now := at.Sub(s.engine.epoch)
	if s.events.matches(p.PayloadType) {
		s.receiver.other(p, now)
		s.events.receive(p)
		return
	}
	s.receiver.receive(p, now)
}

// SendDTMF sends one tone as RFC 4733 events in place of the voice, lets the
// user hear it, and returns when it has been sent; tones of concurrent calls
// follow one another. The duration (0 = 100 ms) is kept between 40 ms and
// 10 s, gap (0 = 70 ms) is the least pause after the tone. When ctx ends
// first, a tone that sounds is ended properly and the context's cause
// returned. Other errors: ErrTone, ErrNoTelephoneEvent, ErrNotStarted,
// ErrNotSending, ErrClosed.
func (s *Stream) SendDTMF(ctx context.Context, tone rune, duration, gap time.Duration) error {
	event, ok := eventOf(tone)
	if !ok {
		return ErrTone
	}
	s.mu.Lock()
	switch {
	case s.closed:
		s.mu.Unlock()
		return ErrClosed
	case !s.started:
		s.mu.Unlock()
		return ErrNotStarted
	case !s.send:
		s.mu.Unlock()
		return ErrNotSending
	}
	job := newEventJob(tone, event, duration, gap)
	err := s.sender.enqueue(job)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case err := <-job.done:
		return err
	case <-ctx.Done():
		job.cancelled.Store(true)
		return context.Cause(ctx)
	}
}

// SetMuted sends digital silence, from the next packet on, instead of the
// microphone.
func (s *Stream) SetMuted(muted bool) { s.sender.muted.Store(muted) }

// SetVolume amplifies what is heard of this stream; 1 changes nothing, the
// range is 0 to 2.
func (s *Stream) SetVolume(factor float64) { s.receiver.volume.set(factor, 2) }

// SetLoss tells which share of the packets that we sent lately, in percent,
// the peer reports as lost. Error correction, repetition and the bitrate
// follow the reports.
func (s *Stream) SetLoss(percent int) { s.sender.adapt.report(percent, s.engine.now()) }

// SetBandwidth tells how much the path to the peer carries, headers included,
// in bit/s, as far as it is known; 0 = as much as is ever sent.
func (s *Stream) SetBandwidth(bits int) { s.sender.adapt.limit(bits) }

// Levels returns the loudness of what is sent, after muting, and of what is
// received, before the volume, scaled as that of Engine.MicrophoneLevel.
func (s *Stream) Levels() (sent, received float64) {
	if s.sends.Load() {
		sent = s.sender.level.value()
	}
	if s.receives.Load() {
		received = s.receiver.level.value()
	}
	return sent, received
}

// Close ends the stream and joins its goroutine; neither Write nor OnDTMF is
// called afterwards. Calling it again does nothing.
func (s *Stream) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	s.activate()
	s.engine.forget(s)
	s.events.close()
	s.sender.close(s.started)
	s.receiver.close()
}

// StreamStats are counters since the stream began and present measures.
type StreamStats struct {
	Codec     codec.Name    // last received, before that the one we send
	Sent      uint64        // packets
	Received  uint64        // packets, telephone events included, duplicates not
	Lost      uint64        // packets that never came (RFC 3550 §6.4.1)
	Late      uint64        // packets that came after their time
	Concealed uint64        // blocks of 10 ms made up in place of lost or late packets
	Repaired  uint64        // lost packets recovered from those after them
	Repeating uint64        // packets that repeated others (RFC 2198)
	Gaps      uint64        // runs of lost packets that sound was made up for
	Faster    time.Duration // sound taken out to lower the delay
	Slower    time.Duration // sound put in to raise it
	Jitter    time.Duration // interarrival jitter (RFC 3550 §6.4.1)
	// LossPercent is the share of packets lost lately: in about ten seconds.
	LossPercent  float64
	Buffer       time.Duration // delay of playout behind the fastest packets, now
	Target       time.Duration // delay the jitter buffer aims at
	LastReceived time.Time     // of any packet; zero = none yet
	LastSound    time.Time     // when anything but silence was heard; zero = never
}

// Stats returns the present figures.
func (s *Stream) Stats() StreamStats {
	st := s.receiver.snapshot(s.engine.epoch)
	st.Sent = s.sender.sent.Load()
	if st.Codec == "" {
		st.Codec = s.sender.codec()
	}
	return st
}
