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

// PulseAudio needs two requests of a speaker waiting, and what its sink takes at
// once beside. Each is worth a waking of two processes, so it is a whole period
// of three. Left to itself the server asks for a quarter of its buffer at a
// time: then that is of two periods, so that sound waits no longer.
const pulseRequests = 3

var (
	inPeriods  = portions{buffer: pulseRequests * FrameSamples, request: FrameSamples, step: FrameSamples / 2}
	inQuarters = portions{buffer: 2 * FrameSamples, request: FrameSamples / 2, step: FrameSamples / 2}
	atOnce     = portions{buffer: FrameSamples, request: FrameSamples, step: FrameSamples}
)

// portions are those of a device in samples: of its buffer, asked for at once,
// and by which the distance that it is served ahead changes.
type portions struct{ buffer, request, step int }

// The watchdog's patience. A PulseAudio null sink plays nothing in its first
// two seconds.
const (
	aliveTimeout = 500 * time.Millisecond
	startTimeout = 3 * time.Second
)

// stream is one running device of the system. The system's thread moves
// samples between the device and the queue and rings the bell; a goroutine
// takes or gives.
type stream struct {
	taker    Taker  // of a microphone
	giver    Giver  // of a speaker; nil = it is a microphone
	queue    *queue // pinned while the device runs
	pin      runtime.Pinner
	bell     *bell
	frame    [FrameSamples]int16
	pump     sync.WaitGroup
	native   bool                   // no callback enters Go
	follower atomic.Pointer[stream] // the speaker that its goroutine serves

	// Of a speaker: it is served by its own goroutine or a microphone's.
	serving sync.Mutex // guards what follows, and frame
	ahead   ahead
	silent  bool // giver must not be called any more

	opened  time.Time
	ended   atomic.Bool // the system stopped the device
	alive   sync.Mutex  // guards what follows
	calls   uint64      // of the system, when Alive last looked
	changed time.Time   // when Alive found more of them

	info    Info
	device  *malgo.Device
	context *soundContext
	system  *system
	close   sync.Once
}

func (s *system) OpenCapture(id string, take Taker) (Device, error) {
	return s.open(malgo.Capture, id, Talk, take, nil)
}

func (s *system) OpenPlayback(id string, use Use, give Giver) (Device, error) {
	return s.open(malgo.Playback, id, use, nil, give)
}

func (s *system) open(kind malgo.DeviceType, id string, use Use, take Taker, give Giver) (Device, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.connect()
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, &Error{Kind: s.fault(kind == malgo.Playback), Device: id}
	}
	infos, err := s.list(c, kind)
	if err != nil {
		s.retire(c)
		return nil, &Error{Kind: Failed, Device: id, Err: err}
	}
	at := slices.IndexFunc(infos, func(i Info) bool { return i.ID == id || id == "" && i.Default })
	if at < 0 && (id != "" || len(infos) == 0) {
		return nil, &Error{Kind: NoDevice, Device: id}
	}
	by := s.portions(c, kind == malgo.Playback)
	st, err := newStream(by, take, give)
	if err != nil {
		return nil, &Error{Kind: Failed, Device: id, Err: err}
	}
	st.system, st.context = s, c
	if at >= 0 {
		st.info = infos[at]
	}
	if err := st.start(kind, id, use, by.buffer); err != nil {
		st.end()
		return nil, err
	}
	c.devices++
	return st, nil
}

// newStream returns a stream whose goroutine waits for a device: a microphone
// with a taker or a speaker with a giver.
func newStream(by portions, take Taker, give Giver) (*stream, error) {
	bell, err := newBell()
	if err != nil {
		return nil, err
	}
	st := &stream{
		taker: take, giver: give, bell: bell, opened: time.Now(),
		queue: &queue{bell: bell.fd},
	}
	st.pin.Pin(st.queue)
	st.ahead.start(st.queue, by)
	run := st.speak
	if give == nil {
		run = st.hear
		st.queue.mark.Store(FrameSamples)
	}
	st.pump.Go(run)
	return st, nil
}

// end joins the goroutine and takes what a microphone was still waiting with.
// The device does not run any more.
func (st *stream) end() {
	st.serving.Lock()
	st.silent = true
	st.serving.Unlock()
	st.bell.close()
	st.pump.Wait()
	if st.giver == nil {
		lost := st.queue.lost.Load()
		st.take(&lost)
	}
	st.pin.Unpin()
}

func (st *stream) start(kind malgo.DeviceType, id string, use Use, period int) error {
	config := malgo.DefaultDeviceConfig(kind)
	config.SampleRate = SampleRate
	config.PeriodSizeInFrames = uint32(period)
	config.Periods = devicePeriods
	config.PUserData = (*byte)(unsafe.Pointer(st.queue))
	config.Pulse.StreamNameCapture, config.Pulse.StreamNamePlayback = use.String(), use.String()
	side, data := &config.Capture, st.captured
	if st.giver != nil {
		side, data = &config.Playback, st.played
		if st.context.pulse {
			config.NoFixedSizedCallback = 1
		}
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
		return st.libraryError(id, err)
	}
	if st.native = install(dev, st.queue, st.giver != nil); !st.native {
		st.system.log.Debug("sound device calls into Go")
	}
	if err := dev.Start(); err != nil {
		dev.Uninit()
		return st.libraryError(id, err)
	}
	st.device = dev
	return nil
}

// captured is the system's callback where install failed.
func (st *stream) captured(_, heard []byte, _ uint32) {
	if st.queue.capture(samples(heard)) {
		st.bell.ring()
	}
}

// played is captured's counterpart.
func (st *stream) played(room, _ []byte, _ uint32) {
	if st.queue.playback(samples(room)) {
		st.bell.ring()
	}
}

// hear is the goroutine of a microphone.
func (st *stream) hear() {
	var lost uint64
	heard := func(uintptr) bool { return int64(st.queue.level()) >= st.queue.mark.Load() }
	for st.bell.wait(heard) {
		st.beat(&lost)
	}
}

// beat takes what a microphone has heard, serves the speaker that it leads and
// sets when the next beat comes.
func (st *stream) beat(lost *uint64) {
	patience := st.take(lost)
	if beats := st.follower.Load().serve(true, patience > 1); beats > 0 {
		patience = min(patience, beats)
	}
	st.queue.mark.Store(int64(max(patience, 1)) * FrameSamples)
}

// take brings all that waits, and silence for what was lost beyond lost, so that
// time goes on. It returns the patience for what comes.
func (st *stream) take(lost *uint64) (patience int) {
	for st.queue.level() >= FrameSamples {
		st.queue.read(st.frame[:])
		patience = st.taker(st.frame[:])
	}
	for ; *lost+FrameSamples <= st.queue.lost.Load(); *lost += FrameSamples {
		clear(st.frame[:])
		patience = st.taker(st.frame[:])
	}
	return patience
}

// speak is the goroutine of a speaker. Where a microphone's serves it, it only
// stands by.
func (st *stream) speak() {
	lacking := func(uintptr) bool { return int64(st.queue.level()) < st.queue.mark.Load() }
	for st.serve(false, true) > 0 && st.bell.wait(lacking) {
	}
}

// serve gives a speaker what it lacks; in a beat of a microphone so much more
// that it need not ask until the next one. Where that saves a waking it asks for
// one frame early. It returns for how many beats all that will do; 0 means that
// the speaker is closed, or that there is none.
func (st *stream) serve(beat, early bool) (beats int) {
	if st == nil {
		return 0
	}
	st.serving.Lock()
	defer st.serving.Unlock()
	if st.silent {
		return 0
	}
	st.ahead.adapt(st.queue)
	enough := st.ahead.samples.Load()
	if beat {
		enough += FrameSamples - st.ahead.request
	}
	for int64(st.queue.level()) < enough {
		st.give(false)
	}
	if early && int64(st.queue.level()) < enough+FrameSamples {
		st.give(true)
	}
	return 1 + int(int64(st.queue.level())-enough)/FrameSamples
}

// give puts a frame into a speaker's queue, if it can be had early. st.serving
// is held.
func (st *stream) give(early bool) {
	clear(st.frame[:])
	if st.giver(st.frame[:], early) || !early {
		st.queue.write(st.frame[:])
		st.ahead.calm++
	}
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
	st.alive.Lock()
	defer st.alive.Unlock()
	now := time.Now()
	if calls := st.queue.calls.Load(); calls != st.calls {
		st.calls, st.changed = calls, now
	}
	return now.Sub(st.opened) < startTimeout || now.Sub(st.changed) < aliveTimeout
}

func (st *stream) Lead(speaker Device) {
	next, _ := speaker.(*stream)
	if before := st.follower.Swap(next); before != next {
		before.follow(false)
		next.follow(true)
		st.queue.mark.Store(FrameSamples) // it needs the next beat
	}
}

// follow has a speaker rely on a microphone's beat. A nil stream does nothing.
func (st *stream) follow(on bool) {
	if st == nil {
		return
	}
	st.serving.Lock()
	defer st.serving.Unlock()
	st.ahead.follow(st.queue, on)
}

func (st *stream) Counters() Counters {
	c := Counters{Gaps: st.queue.gaps.Load()}
	if st.giver != nil {
		c.Ahead = time.Duration(st.ahead.samples.Load()) * time.Second / SampleRate
	}
	return c
}

func (st *stream) Close() error {
	st.close.Do(func() {
		// Uninit alone does not wake the library's thread, and waits for ever
		// for that of a vanished device. Stop does; that it cannot be stopped
		// in order any more is no news.
		st.Lead(nil)
		_ = st.device.Stop()
		st.device.Uninit()
		st.end()
		st.system.release(st.context)
	})
	return nil
}

// libraryError asks the cards where the library does not say why.
func (st *stream) libraryError(id string, err error) *Error {
	e := libraryError(id, err)
	if errors.Is(err, malgo.ErrFailedToOpenBackendDevice) {
		e.Kind = st.system.fault(st.giver != nil)
	}
	return e
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
