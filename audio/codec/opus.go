package codec

/*
#cgo pkg-config: opus
#cgo noescape opus_encode
#cgo nocallback opus_encode
#cgo noescape opus_decode
#cgo nocallback opus_decode
#include <opus.h>
#include <string.h>

// The ctl function is variadic, which Go cannot call.
static int webphone_encoder_set(OpusEncoder *e, int request, opus_int32 value) {
	return opus_encoder_ctl(e, request, value);
}

// An encoder's state is one block without pointers into itself.
static OpusEncoder *webphone_encoder_clone(const OpusEncoder *e) {
	OpusEncoder *copy = opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, NULL);
	if (copy)
		memcpy(copy, e, opus_encoder_get_size(1));
	return copy;
}
*/
import "C"

import (
	"cmp"
	"unsafe"
)

// What we ask of libopus beside the negotiated parameters.
const (
	opusComplexity = 9     // 10 costs half as much again for nothing measurable
	opusEase       = 6     // as good as 9 while nothing is lost, for 0.6 of the work
	opusBare       = 4     // without FEC better than 6 with it, for 0.7 of that
	opusMinLoss    = 5     // percent told while FEC is on: at 0 libopus sends none
	opusPLCUnit    = 120   // samples: concealment comes in steps of 2.5 ms
	opusFullFEC    = 32000 // bit/s from which FEC fits beside fullband speech
	opusFullVoice  = 24000 // bit/s from which libopus codes speech fullband
)

type opusEncoder struct {
	state *C.OpusEncoder
	fec   bool  // the far end takes it
	bare  bool  // it is not worth its bits
	dtx   bool  // then a second packet of at most two bytes is not sent
	quiet bool  // the last one was such a packet
	rate  int   // the peer's highest useful sampling rate, Hz; 0 = 48000
	loss  int   // percent
	bits  int   // bit/s
	most  int   // complexity
	told  C.int // the widest band
	heard bandMeter
}

func newOpusEncoder(p Parameters) (*opusEncoder, error) {
	var code C.int
	state := C.opus_encoder_create(48000, 1, C.OPUS_APPLICATION_VOIP, &code)
	if state == nil {
		return nil, opusError(code)
	}
	e := &opusEncoder{
		state: state, fec: p.FEC, dtx: p.DTX, rate: p.MaxPlaybackRate, bits: cmp.Or(p.Bitrate, DefaultBitrate), most: opusComplexity,
	}
	for _, s := range []struct{ request, value C.int }{
		{C.OPUS_SET_SIGNAL_REQUEST, C.OPUS_SIGNAL_VOICE},
		{C.OPUS_SET_COMPLEXITY_REQUEST, opusComplexity},
		{C.OPUS_SET_BITRATE_REQUEST, C.int(e.bits)},
		{C.OPUS_SET_DTX_REQUEST, truth(p.DTX)},
		{C.OPUS_SET_VBR_REQUEST, truth(!p.CBR)},
	} {
		if err := opusSet(state, s.request, s.value); err != nil {
			e.Close()
			return nil, err
		}
	}
	e.SetLoss(0)
	return e, nil
}

// opusSet changes one parameter of an encoder.
func opusSet(state *C.OpusEncoder, request, value C.int) error {
	if code := C.webphone_encoder_set(state, request, C.opus_int32(value)); code != C.OPUS_OK {
		return opusError(code)
	}
	return nil
}

// opusEncode writes one payload of so many channels, whose samples alternate,
// to dst and returns its length in bytes.
func opusEncode(state *C.OpusEncoder, dst []byte, pcm []int16, channels int) (int, error) {
	switch {
	case state == nil:
		return 0, ErrClosed
	case len(dst) == 0:
		return 0, ErrShortBuffer
	case len(pcm) == 0 || len(pcm)%channels != 0:
		return 0, ErrFrame
	}
	n := C.opus_encode(state,
		(*C.opus_int16)(unsafe.SliceData(pcm)), C.int(len(pcm)/channels),
		(*C.uchar)(unsafe.SliceData(dst)), C.opus_int32(len(dst)))
	switch {
	case n == C.OPUS_BAD_ARG:
		return 0, ErrFrame
	case n < 0:
		return 0, opusError(C.int(n))
	}
	return int(n), nil
}

// band is the widest audio band worth coding where the microphone fills it.
// Under 32 kbit/s FEC only happens when the band is wideband at most, and it
// stays so where something else repairs what is lost.
func (e *opusEncoder) band() C.int {
	band := C.int(C.OPUS_BANDWIDTH_FULLBAND)
	switch rate := e.rate; {
	case rate == 0 || rate > 24000:
	case rate > 16000:
		band = C.OPUS_BANDWIDTH_SUPERWIDEBAND
	case rate > 12000:
		band = C.OPUS_BANDWIDTH_WIDEBAND
	case rate > 8000:
		band = C.OPUS_BANDWIDTH_MEDIUMBAND
	default:
		band = C.OPUS_BANDWIDTH_NARROWBAND
	}
	if (e.protects() || e.fec && e.loss > 0) && e.bits < opusFullFEC {
		band = min(band, C.OPUS_BANDWIDTH_WIDEBAND)
	}
	return band
}

// worth is how much of band there is something in.
func (e *opusEncoder) worth() C.int {
	switch {
	case e.heard.over8.empty:
		return min(e.band(), C.OPUS_BANDWIDTH_WIDEBAND)
	case e.heard.over12.empty:
		return min(e.band(), C.OPUS_BANDWIDTH_SUPERWIDEBAND)
	}
	return e.band()
}

// setBand tells libopus what has changed.
func (e *opusEncoder) setBand() {
	if band := e.worth(); band != e.told {
		e.told = band
		C.webphone_encoder_set(e.state, C.OPUS_SET_MAX_BANDWIDTH_REQUEST, C.opus_int32(band))
	}
}

// hear looks at how much of the band a frame fills. It reports whether it has
// forced a wider band on libopus, which otherwise waits for a pause: for this
// frame, after which it keeps to it.
func (e *opusEncoder) hear(pcm []int16) (forced bool) {
	if e.state == nil || e.band() <= C.OPUS_BANDWIDTH_WIDEBAND {
		return false
	}
	before := e.told
	e.heard.hear(pcm)
	e.setBand()
	if e.told <= before || e.bits < opusFullVoice {
		return false
	}
	e.force(e.told)
	return true
}

// force sets the band, which is else chosen by libopus (OPUS_AUTO).
func (e *opusEncoder) force(band C.int) {
	C.webphone_encoder_set(e.state, C.OPUS_SET_BANDWIDTH_REQUEST, C.opus_int32(band))
}

func (e *opusEncoder) Encode(dst []byte, pcm []int16) (int, error) {
	forced := e.hear(pcm)
	n, err := opusEncode(e.state, dst, pcm, 1)
	if forced {
		e.force(C.OPUS_AUTO)
	}
	if err != nil {
		return 0, err
	}
	// The first one tells the far end that a pause begins.
	again := e.quiet
	e.quiet = e.dtx && n <= 2
	if e.quiet && again {
		return 0, nil
	}
	return n, nil
}

func (e *opusEncoder) SampleRate() int { return 48000 }

func (e *opusEncoder) SetLoss(percent int) {
	if e.state == nil {
		return
	}
	e.loss = min(max(percent, 0), 100)
	e.protect()
}

func (e *opusEncoder) SetFEC(on bool) {
	if e.state == nil {
		return
	}
	e.bare = !on
	e.protect()
}

func (e *opusEncoder) protects() bool { return e.fec && !e.bare }

// protect tells libopus what it is to do against loss.
func (e *opusEncoder) protect() {
	loss := e.loss
	if e.protects() {
		loss = max(loss, opusMinLoss)
	}
	e.setComplexity()
	C.webphone_encoder_set(e.state, C.OPUS_SET_INBAND_FEC_REQUEST, C.opus_int32(truth(e.protects())))
	C.webphone_encoder_set(e.state, C.OPUS_SET_PACKET_LOSS_PERC_REQUEST, C.opus_int32(loss))
	e.setBand()
}

func (e *opusEncoder) SetBitrate(bitrate int) {
	if e.state == nil {
		return
	}
	e.bits = bitrate
	C.webphone_encoder_set(e.state, C.OPUS_SET_BITRATE_REQUEST, C.opus_int32(bitrate))
	e.protect()
}

func (e *opusEncoder) Close() {
	if e.state != nil {
		C.opus_encoder_destroy(e.state)
		e.state = nil
	}
}

// exert implements cloner.
func (e *opusEncoder) exert(complexity int) {
	e.most = complexity
	e.setComplexity()
}

// setComplexity tells libopus.
func (e *opusEncoder) setComplexity() {
	C.webphone_encoder_set(e.state, C.OPUS_SET_COMPLEXITY_REQUEST, C.opus_int32(e.complexity()))
}

// complexity is more where packets are lost, as more of it is heard then: with
// opusEase the STOI of speech falls by 0.01 at 5 % of loss.
func (e *opusEncoder) complexity() int {
	switch {
	case e.loss > 0:
		return min(opusComplexity, e.most)
	case e.fec && e.bare:
		return min(opusBare, e.most)
	}
	return min(opusEase, e.most)
}

// clone returns an encoder that goes on from the same state.
func (e *opusEncoder) clone() (cloner, error) {
	if e.state == nil {
		return nil, ErrClosed
	}
	state := C.webphone_encoder_clone(e.state)
	if state == nil {
		return nil, ErrMemory
	}
	other := *e
	other.state = state
	return &other, nil
}

type opusDecoder struct {
	state *C.OpusDecoder
}

func newOpusDecoder() (*opusDecoder, error) {
	var code C.int
	state := C.opus_decoder_create(48000, 1, &code)
	if state == nil {
		return nil, opusError(code)
	}
	return &opusDecoder{state: state}, nil
}

func (d *opusDecoder) Decode(pcm []int16, payload []byte) (int, error) {
	if len(payload) == 0 {
		return 0, ErrPayload
	}
	return d.decode(pcm, payload, 0)
}

func (d *opusDecoder) Conceal(pcm []int16) (int, error) {
	if len(pcm) == 0 || len(pcm)%opusPLCUnit != 0 {
		return 0, ErrFrame
	}
	return d.decode(pcm, nil, 0)
}

func (d *opusDecoder) DecodeFEC(pcm []int16, next []byte) (int, error) {
	if len(pcm) == 0 || len(pcm)%opusPLCUnit != 0 {
		return 0, ErrFrame
	}
	return d.decode(pcm, next, 1)
}

// decode hands len(pcm) to libopus as the frame size: the room there is for a
// packet, but the exact duration to make up for a lost one.
func (d *opusDecoder) decode(pcm []int16, payload []byte, fec C.int) (int, error) {
	switch {
	case d.state == nil:
		return 0, ErrClosed
	case len(pcm) == 0:
		return 0, ErrShortBuffer
	}
	n := C.opus_decode(d.state,
		(*C.uchar)(unsafe.SliceData(payload)), C.opus_int32(len(payload)),
		(*C.opus_int16)(unsafe.SliceData(pcm)), C.int(min(len(pcm), MaxFrame)), fec)
	if n < 0 {
		return 0, opusError(n)
	}
	return int(n), nil
}

func (d *opusDecoder) SampleRate() int { return 48000 }

func (d *opusDecoder) Close() {
	if d.state != nil {
		C.opus_decoder_destroy(d.state)
		d.state = nil
	}
}

func opusError(code C.int) error {
	switch code {
	case C.OPUS_BUFFER_TOO_SMALL:
		return ErrShortBuffer
	case C.OPUS_INVALID_PACKET:
		return ErrPayload
	case C.OPUS_BAD_ARG:
		return ErrParameter
	case C.OPUS_ALLOC_FAIL:
		return ErrMemory
	}
	return ErrInternal
}

func truth(on bool) C.int {
	if on {
		return 1
	}
	return 0
}
