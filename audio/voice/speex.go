package voice

/*
#cgo pkg-config: speexdsp
#cgo noescape speex_echo_cancellation
#cgo nocallback speex_echo_cancellation
#cgo noescape speex_resampler_process_float
#cgo nocallback speex_resampler_process_float
#include <speex/speex_echo.h>
#include <speex/speex_resampler.h>

static void webphone_echo_rate(SpeexEchoState *s, spx_int32_t rate) {
	speex_echo_ctl(s, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
}
*/
import "C"

import (
	"errors"
	"unsafe"
)

// errMemory means that the library could not make its state.
var errMemory = errors.New("voice: out of memory")

// speexEcho is the adaptive filter of speexdsp, a multi-delay block filter in
// the frequency domain.
type speexEcho struct {
	state *C.SpeexEchoState
}

// newSpeexEcho makes a Canceller for blocks of the given length and echoes of
// at most tail samples.
func newSpeexEcho(block, tail, rate int) (*speexEcho, error) {
	state := C.speex_echo_state_init(C.int(block), C.int(tail))
	if state == nil {
		return nil, errMemory
	}
	C.webphone_echo_rate(state, C.spx_int32_t(rate))
	return &speexEcho{state: state}, nil
}

func (s *speexEcho) Cancel(out, near, far []int16) {
	C.speex_echo_cancellation(s.state,
		(*C.spx_int16_t)(unsafe.SliceData(near)), (*C.spx_int16_t)(unsafe.SliceData(far)),
		(*C.spx_int16_t)(unsafe.SliceData(out)))
}

func (s *speexEcho) Reset() { C.speex_echo_state_reset(s.state) }

func (s *speexEcho) Close() {
	if s.state != nil {
		C.speex_echo_state_destroy(s.state)
		s.state = nil
	}
}

// speexResampler converts between two rates.
type speexResampler struct {
	state *C.SpeexResamplerState
}

func newSpeexResampler(from, to, quality int) (*speexResampler, error) {
	var code C.int
	state := C.speex_resampler_init(1, C.spx_uint32_t(from), C.spx_uint32_t(to), C.int(quality), &code)
	if state == nil {
		return nil, errMemory
	}
	return &speexResampler{state: state}, nil
}

// process fills out with what src makes.
func (r *speexResampler) process(out, src []float32) {
	in, made := C.spx_uint32_t(len(src)), C.spx_uint32_t(len(out))
	C.speex_resampler_process_float(r.state, 0,
		(*C.float)(unsafe.SliceData(src)), &in, (*C.float)(unsafe.SliceData(out)), &made)
	clear(out[made:])
}

// delay is that of the filter, in samples of the source.
func (r *speexResampler) delay() int {
	return int(C.speex_resampler_get_input_latency(r.state))
}

func (r *speexResampler) reset() { C.speex_resampler_reset_mem(r.state) }

func (r *speexResampler) close() {
	if r.state != nil {
		C.speex_resampler_destroy(r.state)
		r.state = nil
	}
}
