package demo

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/pion/rtp"

	"webphone/audio"
	"webphone/audio/codec"
)

// line is what the streams of robots share: the sending end of a call. It
// implements media.Stream but for Receive and Close.
type line struct {
	mu       sync.Mutex // guards what follows; not held while Write is called
	config   audio.StreamConfig
	started  bool
	send     bool // not on hold
	sequence uint16
	stamp    uint32 // RTP timestamp of the first packet
}

func newLine() line {
	return line{send: true, sequence: uint16(rand.Uint32()), stamp: rand.Uint32()}
}

// Start goes over to what the call has agreed upon.
func (l *line) Start(c audio.StreamConfig) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.config, l.started = c, true
	return nil
}

// SetActive obeys a hold.
func (l *line) SetActive(send, _ bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.send = send
}

// now returns the configuration; ok is false when nothing may be sent.
func (l *line) now() (c audio.StreamConfig, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.config, l.started && l.send
}

// SetMuted does nothing: a robot is never muted.
func (l *line) SetMuted(bool) {}

// SetLoss does nothing: robots live on the same machine.
func (l *line) SetLoss(int) {}

// SetBandwidth does nothing, as SetLoss.
func (l *line) SetBandwidth(int) {}

// SendDTMF fails: robots have no keys.
func (l *line) SendDTMF(context.Context, rune, time.Duration, time.Duration) error {
	return audio.ErrNoTelephoneEvent
}

// echoDelay is how much later the caller hears himself.
const echoDelay = 500 * time.Millisecond

// echoQueue holds the packets of the delay, and as many again.
const echoQueue = 128

// echo sends what it receives, half a second later, packet by packet: losses
// and jitter come back as they came.
type echo struct {
	line
	packets chan heard
	done    chan struct{}
	once    sync.Once
	ended   sync.WaitGroup
}

// heard is a packet on its way back.
type heard struct {
	due     time.Time
	header  rtp.Header
	payload []byte
}

func newEcho() *echo {
	e := &echo{line: newLine(), packets: make(chan heard, echoQueue), done: make(chan struct{})}
	e.ended.Go(e.run)
	return e
}

// Receive takes a packet; with too many under way it is lost.
func (e *echo) Receive(p *rtp.Packet, at time.Time) {
	select {
	case e.packets <- heard{time.Now().Add(echoDelay), p.Header, append([]byte(nil), p.Payload...)}:
	default:
	}
}

func (e *echo) run() {
	wait := time.NewTimer(0)
	defer wait.Stop()
	var back returning
	for {
		var h heard
		select {
		case h = <-e.packets:
		case <-e.done:
			return
		}
		wait.Reset(time.Until(h.due))
		select {
		case <-wait.C:
		case <-e.done:
			return
		}
		c, ok := e.now()
		if !ok {
			back.apart = true
			continue
		}
		if header, ok := back.header(&e.line, c, h.header); ok {
			_ = c.Write(header, h.payload) // a call that is ending
		}
	}
}

// returning renumbers packets for the way back. The distances between them
// stay, so that the far end sees the losses and pauses that were.
type returning struct {
	begun    bool
	apart    bool   // something was left out on purpose: go on without a gap
	source   uint32 // SSRC
	sequence uint16 // added to the sequence number
	stamp    uint32 // added to the timestamp
	last     rtp.Header
}

// header returns the header of a packet that was received with in. ok is false
// for a codec that is not spoken in the other direction.
func (r *returning) header(l *line, c audio.StreamConfig, in rtp.Header) (*rtp.Header, bool) {
	payloadType, ok := answerType(c, in.PayloadType)
	if !ok {
		r.apart = true
		return nil, false
	}
	switch {
	case !r.begun:
		r.sequence, r.stamp = l.sequence-in.SequenceNumber, l.stamp-in.Timestamp
	case r.source != in.SSRC || r.apart:
		step := uint32(c.Codec.Name.ClockRate() / 50) // one packet
		r.sequence = r.last.SequenceNumber + 1 - in.SequenceNumber
		r.stamp = r.last.Timestamp + step - in.Timestamp
	}
	r.begun, r.apart, r.source = true, false, in.SSRC
	r.last = rtp.Header{
		Version: 2, Marker: in.Marker, PayloadType: payloadType, SSRC: c.SSRC,
		SequenceNumber: in.SequenceNumber + r.sequence, Timestamp: in.Timestamp + r.stamp,
	}
	out := r.last
	return &out, true
}

// answerType is the payload type under which the peer takes what it sent
// under another.
func answerType(c audio.StreamConfig, received uint8) (uint8, bool) {
	if c.EventClockRate != 0 && received == c.EventPayloadType {
		if c.EventSendPayloadType != 0 {
			return c.EventSendPayloadType, true
		}
		return c.EventPayloadType, true
	}
	if slices.Contains(c.NoiseReceive, received) {
		return received, c.Codec.Name.ClockRate() == codec.ComfortNoise.ClockRate()
	}
	if slices.Contains(c.RedundancyReceive, received) {
		// What is inside keeps its numbers: they must mean the same to both.
		same := c.Receive[c.PayloadType].Name == c.Codec.Name
		return c.RedundancyPayloadType, same && c.RedundancyPayloadType != 0
	}
	p, ok := c.Receive[received]
	return c.PayloadType, ok && p.Name == c.Codec.Name
}

// Close ends the echo and waits for it.
func (e *echo) Close() {
	e.once.Do(func() { close(e.done) })
	e.ended.Wait()
}
