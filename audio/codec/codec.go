// Package codec turns frames of 16-bit mono PCM into RTP payloads and back:
// Opus through libopus, G.722, PCMU and PCMA in Go, each with packet loss
// concealment, and a resampler between their sampling rates and the 48 kHz of
// the sound devices.
//
// An Encoder or a Decoder belongs to one goroutine at a time. Coding a frame
// does not allocate.
package codec

import (
	"errors"
	"fmt"
	"time"
)

// Name is a codec's name, in lower case. In SDP names are compared without
// regard to case (RFC 4566 §6).
type Name string

// The codecs of this package.
const (
	Opus Name = "opus" // RFC 6716, RFC 7587
	G722 Name = "G722" // ITU-T G.722 at 64 kbit/s
	PCMU Name = "PCMU" // ITU-T G.711 µ-law
	PCMA Name = "PCMA" // ITU-T G.711 A-law
)

// ComfortNoise is a payload that is no codec's (RFC 3389): Noise plays it. It
// counts at 8 kHz.
const ComfortNoise Name = "CN"

// String returns the name as SDP writes it.
func (n Name) String() string { return string(n) }

// Rate is the rate, in samples a second, at which the codec takes and gives
// PCM; 0 for an unknown codec.
func (n Name) Rate() int {
	switch n {
	case Opus:
		return 48000
	case G722:
		return 16000
	case PCMU, PCMA:
		return 8000
	}
	return 0
}

// ClockRate is the rate of the codec's RTP timestamps; 0 for an unknown
// codec. G.722 runs at 16 kHz but counts at 8 kHz (RFC 3551 §4.5.2).
func (n Name) ClockRate() int {
	if n == G722 || n == ComfortNoise {
		return 8000
	}
	return n.Rate()
}

// Values used where Parameters leave them zero, and the limits of one frame.
const (
	DefaultPTime   = 20 * time.Millisecond
	DefaultBitrate = 32000 // bit/s, Opus: below it libopus 1.3 sends little FEC

	// MaxFrame is the longest frame a Decoder gives: 120 ms at 48 kHz.
	MaxFrame = 5760
	// MaxPayload is room for any payload an Encoder writes, in bytes: the
	// longest Opus frame; 120 ms of G.711 or G.722 take 960.
	MaxPayload = 1275
)

// Parameters say how one direction of a stream is coded.
type Parameters struct {
	Name      Name
	ClockRate int // of RTP timestamps, 48000 or 8000; 0 = Name.ClockRate()
	// Channels is what the rtpmap says (2 for Opus always, RFC 7587 §7). PCM
	// is mono here whatever it is: Opus mixes a stereo stream down.
	Channels        int
	PTime           time.Duration // duration of a packet; 0 = DefaultPTime
	Bitrate         int           // Opus: average bit/s to begin with; 0 = DefaultBitrate
	MaxBitrate      int           // Opus: the most the peer wants, bit/s; 0 = not said
	FEC             bool          // Opus: in-band forward error correction
	DTX             bool          // Opus: stop sending in pauses of speech
	CBR             bool          // Opus: all packets of one length
	MaxPlaybackRate int           // Opus: the peer's highest useful rate, Hz; 0 = 48000
}

// FrameSamples is the number of PCM samples in one packet.
func (p Parameters) FrameSamples() int {
	ptime := p.PTime
	if ptime == 0 {
		ptime = DefaultPTime
	}
	return int(ptime * time.Duration(p.Name.Rate()) / time.Second)
}

// Encoder turns PCM frames into payloads.
type Encoder interface {
	// Encode writes one payload for pcm to dst and returns its length in
	// bytes. An Opus frame has 2.5, 5, 10, 20, 40 or 60 ms; G.711 takes any
	// number of samples and G.722 any even one. A length of 0 with a nil error
	// means that nothing needs to be sent (discontinuous transmission).
	Encode(dst []byte, pcm []int16) (n int, err error)
	// SampleRate is the rate of the PCM: 48000, 16000 or 8000.
	SampleRate() int
	// SetLoss tells the share of packets, in percent, that the far end loses.
	SetLoss(percent int)
	// SetFEC tells whether in-band FEC is worth its bits, as it is at first. It
	// changes nothing where there is none or the far end does not take it.
	SetFEC(on bool)
	// SetBitrate changes the average bit/s of Opus within what libopus can do;
	// the other codecs have one rate.
	SetBitrate(bitrate int)
	// Close frees the encoder; Encode fails afterwards.
	Close()
}

// Decoder turns payloads into PCM frames and fills in lost ones.
type Decoder interface {
	// Decode writes the samples of one payload to pcm and returns their
	// number. It fails with ErrShortBuffer when pcm is too short (MaxFrame is
	// always enough) and with ErrPayload for bytes that no encoder made.
	Decode(pcm []int16, payload []byte) (n int, err error)
	// Conceal fills pcm with what probably was in the lost packet before the
	// next Decode. For Opus the length of pcm is a multiple of 2.5 ms.
	Conceal(pcm []int16) (n int, err error)
	// DecodeFEC fills pcm, as long as the lost packet was, from the packet
	// after it; without redundancy in there it conceals. Decode of that packet
	// follows.
	DecodeFEC(pcm []int16, next []byte) (n int, err error)
	// SampleRate is the rate of the PCM: 48000, 16000 or 8000.
	SampleRate() int
	// Close frees the decoder; decoding fails afterwards.
	Close()
}

// Causes of an Error. They can be compared with errors.Is.
var (
	ErrUnknown     = errors.New("unknown codec")
	ErrParameter   = errors.New("parameter out of range")
	ErrFrame       = errors.New("frame length not possible")
	ErrShortBuffer = errors.New("buffer too short")
	ErrPayload     = errors.New("malformed payload")
	ErrClosed      = errors.New("closed")
	ErrMemory      = errors.New("out of memory")
	ErrInternal    = errors.New("internal error of the codec library")
)

// Error is a failure to make an encoder or a decoder. The methods for single
// frames return the plain causes, so that a bad packet costs no allocation.
type Error struct {
	Codec Name
	Op    string // "encoder" or "decoder"
	Err   error
}

// Error describes the failure in one line.
func (e *Error) Error() string {
	return fmt.Sprintf("%s %s: %v", e.Codec, e.Op, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// NewEncoder makes an encoder. Its errors are *Error with ErrUnknown or
// ErrParameter.
func NewEncoder(p Parameters) (Encoder, error) {
	if err := p.validate(); err != nil {
		return nil, &Error{Codec: p.Name, Op: "encoder", Err: err}
	}
	switch p.Name {
	case G722:
		return &g722Encoder{low: newG722Band(lowBand), high: newG722Band(highBand)}, nil
	case PCMU:
		return &g711Encoder{encode: encodeULaw}, nil
	case PCMA:
		return &g711Encoder{encode: encodeALaw}, nil
	}
	e, err := newOpusEncoder(p)
	if err != nil {
		return nil, &Error{Codec: p.Name, Op: "encoder", Err: err}
	}
	return e, nil
}

// NewDecoder makes a decoder. Its errors are *Error with ErrUnknown or
// ErrParameter.
func NewDecoder(p Parameters) (Decoder, error) {
	if err := p.validate(); err != nil {
		return nil, &Error{Codec: p.Name, Op: "decoder", Err: err}
	}
	switch p.Name {
	case G722:
		return newG722Decoder(), nil
	case PCMU:
		return newG711Decoder(&uLaw), nil
	case PCMA:
		return newG711Decoder(&aLaw), nil
	}
	d, err := newOpusDecoder()
	if err != nil {
		return nil, &Error{Codec: p.Name, Op: "decoder", Err: err}
	}
	return d, nil
}

func (p Parameters) validate() error {
	switch {
	case p.Name.Rate() == 0:
		return ErrUnknown
	case p.ClockRate != 0 && p.ClockRate != p.Name.ClockRate(),
		p.PTime < 0 || p.PTime > 120*time.Millisecond,
		p.Bitrate < 0 || p.Bitrate > 510000,
		p.MaxBitrate < 0,
		p.MaxPlaybackRate < 0:
		return ErrParameter
	}
	return nil
}
