package codec

/*
#cgo noescape opus_decode
#cgo nocallback opus_decode
#include <opus.h>

// The ctl function is variadic, which Go cannot call.
static int webphone_stereo_lookahead(OpusEncoder *e, opus_int32 *samples) {
	return opus_encoder_ctl(e, OPUS_GET_LOOKAHEAD(samples));
}
*/
import "C"

import "unsafe"

// stereoComplexity is enough for speech at the bit rate of a recording; more
// costs the processor and nobody hears it.
const stereoComplexity = 5

// Version is the name and version of the Opus library.
func Version() string { return C.GoString(C.opus_get_version_string()) }

// StereoEncoder codes two independent channels of 48 kHz as one Opus stream,
// for files. It belongs to one goroutine at a time.
type StereoEncoder struct {
	state     *C.OpusEncoder
	lookahead int
}

// NewStereoEncoder makes an encoder with a mean rate in bit/s, 6000 to
// 510000. Its errors are *Error.
func NewStereoEncoder(bitrate int) (*StereoEncoder, error) {
	if bitrate < 6000 || bitrate > 510000 {
		return nil, &Error{Codec: Opus, Op: "encoder", Err: ErrParameter}
	}
	var code C.int
	state := C.opus_encoder_create(48000, 2, C.OPUS_APPLICATION_AUDIO, &code)
	if state == nil {
		return nil, &Error{Codec: Opus, Op: "encoder", Err: opusError(code)}
	}
	e := &StereoEncoder{state: state}
	for _, s := range []struct{ request, value C.int }{
		{C.OPUS_SET_COMPLEXITY_REQUEST, stereoComplexity},
		{C.OPUS_SET_BITRATE_REQUEST, C.int(bitrate)},
		// Who speaks must stay apart, whatever both have in common.
		{C.OPUS_SET_FORCE_CHANNELS_REQUEST, 2},
	} {
		if err := opusSet(state, s.request, s.value); err != nil {
			e.Close()
			return nil, &Error{Codec: Opus, Op: "encoder", Err: err}
		}
	}
	var lookahead C.opus_int32
	C.webphone_stereo_lookahead(state, &lookahead)
	e.lookahead = int(lookahead)
	return e, nil
}

// Lookahead is how many samples of each channel what a decoder gives is later
// than what was encoded: the pre-skip of RFC 7845 §4.2.
func (e *StereoEncoder) Lookahead() int { return e.lookahead }

// Encode writes one payload to dst and returns its length in bytes. The
// samples of the channels alternate; a frame has 2.5, 5, 10, 20, 40 or 60 ms.
func (e *StereoEncoder) Encode(dst []byte, pcm []int16) (int, error) {
	return opusEncode(e.state, dst, pcm, 2)
}

// Close frees the encoder; Encode fails afterwards.
func (e *StereoEncoder) Close() {
	if e.state != nil {
		C.opus_encoder_destroy(e.state)
		e.state = nil
	}
}

// StereoDecoder is the way back.
type StereoDecoder struct {
	state *C.OpusDecoder
}

// NewStereoDecoder makes a decoder. Its errors are *Error.
func NewStereoDecoder() (*StereoDecoder, error) {
	var code C.int
	state := C.opus_decoder_create(48000, 2, &code)
	if state == nil {
		return nil, &Error{Codec: Opus, Op: "decoder", Err: opusError(code)}
	}
	return &StereoDecoder{state: state}, nil
}

// Decode writes the samples of one payload, alternating between the channels,
// to pcm and returns the number for each channel. 2·MaxFrame samples are
// always room enough.
func (d *StereoDecoder) Decode(pcm []int16, payload []byte) (int, error) {
	switch {
	case d.state == nil:
		return 0, ErrClosed
	case len(payload) == 0:
		return 0, ErrPayload
	case len(pcm) < 2:
		return 0, ErrShortBuffer
	}
	n := C.opus_decode(d.state,
		(*C.uchar)(unsafe.SliceData(payload)), C.opus_int32(len(payload)),
		(*C.opus_int16)(unsafe.SliceData(pcm)), C.int(min(len(pcm)/2, MaxFrame)), 0)
	if n < 0 {
		return 0, opusError(n)
	}
	return int(n), nil
}

// Close frees the decoder; Decode fails afterwards.
func (d *StereoDecoder) Close() {
	if d.state != nil {
		C.opus_decoder_destroy(d.state)
		d.state = nil
	}
}
