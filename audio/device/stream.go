package device

import (
	"encoding/hex"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/gen2brain/malgo"
)

// How the library is asked to run a device. Two periods give even callbacks at
// 10 ms; its default of three does not.
const devicePeriods = 2

// The watchdog's patience. A PulseAudio null sink plays nothing in its first
// two seconds.
const (
	aliveTimeout = 500 * time.Millisecond
	startTimeout = 3 * time.Second
)

// stream is one running device of the system. The thread of the sound system
// owns block and filled.
type stream struct {
	period func([]int16)
	block  [FrameSamples]int16 // pieces of frames, when the system cuts them otherwise
	filled int                 // samples of block that are used (capture) or left (playback)

	opened time.Time
	last   atomic.Int64 // time of the newest callback, in ns since opened
	ended  atomic.Bool  // the system stopped the device

	info    Info
	device  *malgo.Device
	context *soundContext
	system  *system
	close   sync.Once
}

func (s *system) OpenCapture(id string, period func([]int16)) (Device, error) {
	return s.open(malgo.Capture, id, period)
}

func (s *system) OpenPlayback(id string, period func([]int16)) (Device, error) {
	return s.open(malgo.Playback, id, period)
}

func (s *system) open(kind malgo.DeviceType, id string, period func([]int16)) (Device, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.connect()
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, &Error{Kind: NoDevice, Device: id}
	}
	infos, err := list(c, kind)
	if err != nil {
		s.retire(c)
		return nil, &Error{Kind: Failed, Device: id, Err: err}
	}
	at := slices.IndexFunc(infos, func(i Info) bool { return i.ID == id || id == "" && i.Default })
	if at < 0 && (id != "" || len(infos) == 0) {
		return nil, &Error{Kind: NoDevice, Device: id}
	}
	st := &stream{period: period, system: s, context: c, opened: time.Now()}
	if at >= 0 {
		st.info = infos[at]
	}
	if err := st.start(kind, id); err != nil {
		return nil, err
	}
	c.devices++
	return st, nil
}

func (st *stream) start(kind malgo.DeviceType, id string) error {
	config := malgo.DefaultDeviceConfig(kind)
	config.SampleRate = SampleRate
	config.PeriodSizeInFrames = FrameSamples
	config.Periods = devicePeriods
	side, data := &config.Capture, st.capture
	if kind == malgo.Playback {
		side, data = &config.Playback, st.playback
	}
	side.Format, side.Channels = malgo.FormatS16, 1
	if id != "" {
		var pin runtime.Pinner
		defer pin.Unpin()
		raw := new(malgo.DeviceID)
		if _, err := hex.Decode(raw[:], []byte(id)); err != nil {
			return &Error{Kind: NoDevice, Device: id, Err: err}
		}
		pin.Pin(raw)
		side.DeviceID = unsafe.Pointer(raw)
	}
	dev, err := malgo.InitDevice(st.context.Context, config, malgo.DeviceCallbacks{
		Data: data,
		Stop: func() { st.ended.Store(true) },
	})
	if err != nil {
		return libraryError(id, err)
	}
	if err := dev.Start(); err != nil {
		dev.Uninit()
		return libraryError(id, err)
	}
	st.device = dev
	return nil
}

// capture cuts what the system heard into frames.
func (st *stream) capture(_, input []byte, _ uint32) {
	st.beat()
	heard := samples(input)
	for len(heard) > 0 {
		if st.filled == 0 && len(heard) >= FrameSamples {
			st.period(heard[:FrameSamples:FrameSamples])
			heard = heard[FrameSamples:]
			continue
		}
		n := copy(st.block[st.filled:], heard)
		st.filled, heard = st.filled+n, heard[n:]
		if st.filled == FrameSamples {
			st.period(st.block[:])
			st.filled = 0
		}
	}
}

// playback joins frames to what the system asks for.
func (st *stream) playback(output, _ []byte, _ uint32) {
	st.beat()
	room := samples(output)
	for len(room) > 0 {
		if st.filled == 0 && len(room) >= FrameSamples {
			frame := room[:FrameSamples:FrameSamples]
			clear(frame)
			st.period(frame)
			room = room[FrameSamples:]
			continue
		}
		if st.filled == 0 {
			clear(st.block[:])
			st.period(st.block[:])
			st.filled = FrameSamples
		}
		n := copy(room, st.block[FrameSamples-st.filled:])
		st.filled, room = st.filled-n, room[n:]
	}
}

func (st *stream) beat() {
	st.last.Store(int64(time.Since(st.opened)))
}

// samples looks at the system's buffer as what it holds.
func samples(octets []byte) []int16 {
	if len(octets) < 2 {
		return nil
	}
	return unsafe.Slice((*int16)(unsafe.Pointer(unsafe.SliceData(octets))), len(octets)/2)
}

func (st *stream) Info() Info { return st.info }

func (st *stream) Alive() bool {
	if st.ended.Load() {
		return false
	}
	now := time.Since(st.opened)
	return now < startTimeout || now-time.Duration(st.last.Load()) < aliveTimeout
}

func (st *stream) Close() error {
	st.close.Do(func() {
		// Uninit alone does not wake the library's thread, and waits for ever
		// for that of a vanished device. Stop does; that it cannot be stopped
		// in order any more is no news.
		_ = st.device.Stop()
		st.device.Uninit()
		st.system.release(st.context)
	})
	return nil
}

// libraryError sorts the library's results into kinds.
func libraryError(id string, err error) *Error {
	kind := Failed
	switch {
	case errors.Is(err, malgo.ErrBusy), errors.Is(err, malgo.ErrAlreadyInUse):
		kind = Busy
	case errors.Is(err, malgo.ErrAccessDenied):
		kind = Denied
	case errors.Is(err, malgo.ErrNoDevice), errors.Is(err, malgo.ErrDoesNotExist),
		errors.Is(err, malgo.ErrFailedToOpenBackendDevice):
		kind = NoDevice
	}
	return &Error{Kind: kind, Device: id, Err: err}
}
