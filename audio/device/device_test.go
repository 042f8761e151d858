package device

import (
	"errors"
	"log/slog"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gen2brain/malgo"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// libraryNull is the library's null backend. Its own constant for it is wrong:
// it means "custom", which does not exist.
const libraryNull = malgo.Backend(14)

func TestLibrary_nullBackendConstantIsOff(t *testing.T) {
	if c, err := malgo.InitContext([]malgo.Backend{malgo.BackendNull}, malgo.ContextConfig{}, nil); err == nil {
		_ = c.Uninit()
		c.Free()
		t.Error("malgo.BackendNull works now: use it in place of Backend(14)")
	}
	c, err := malgo.InitContext([]malgo.Backend{libraryNull}, malgo.ContextConfig{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Uninit(); err != nil {
		t.Error(err)
	}
	c.Free()
}

func newSystem(t *testing.T, backends ...malgo.Backend) *system {
	t.Helper()
	s := &system{name: "test", log: slog.New(slog.DiscardHandler), backends: func() (b [][]malgo.Backend) {
		for _, one := range backends {
			b = append(b, []malgo.Backend{one})
		}
		return b
	}}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// hear opens microphones, talk speakers for calls.
func hear(b Backend) func(string, func([]int16)) (Device, error) {
	return func(id string, period func([]int16)) (Device, error) { return b.OpenCapture(id, taking(period)) }
}

func talk(b Backend) func(string, func([]int16)) (Device, error) {
	return func(id string, period func([]int16)) (Device, error) {
		return b.OpenPlayback(id, Talk, giving(period))
	}
}

// taking wants each frame at once, giving gives none early.
func taking(period func([]int16)) Taker {
	return func(frame []int16) int {
		period(frame)
		return 1
	}
}

func giving(period func([]int16)) Giver {
	return func(frame []int16, early bool) bool {
		if !early {
			period(frame)
		}
		return !early
	}
}

// Both directions beat with frames of exactly 10 ms on a real-time device.
func TestSystem_framesOnLibraryNull(t *testing.T) {
	s := newSystem(t, malgo.BackendNull, libraryNull) // the first one fails and is passed over
	microphones, speakers, err := s.Devices()
	if err != nil || len(microphones) != 1 || len(speakers) != 1 {
		t.Fatalf("Devices = %v, %v, %v", microphones, speakers, err)
	}
	for _, c := range []struct {
		name string
		open func(string, func([]int16)) (Device, error)
		id   string
	}{
		{"default microphone", hear(s), ""},
		{"named microphone", hear(s), microphones[0].ID},
		{"default speaker", talk(s), ""},
		{"named speaker", talk(s), speakers[0].ID},
	} {
		var beats, wrong atomic.Int64
		enough := make(chan struct{})
		start := time.Now()
		d, err := c.open(c.id, func(frame []int16) {
			if len(frame) != FrameSamples {
				wrong.Add(1)
			}
			for _, v := range frame {
				if v != 0 {
					wrong.Add(1)
				}
			}
			if beats.Add(1) == 10 {
				close(enough)
			}
		})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		<-enough
		if took := time.Since(start); took < 50*time.Millisecond {
			t.Errorf("%s: 10 frames in %v", c.name, took)
		}
		if !d.Alive() || d.Info().Name == "" {
			t.Errorf("%s: Alive %v, Info %+v", c.name, d.Alive(), d.Info())
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		_ = d.Close() // twice is harmless
		if wrong.Load() != 0 {
			t.Errorf("%s: %d frames of another length or not silent", c.name, wrong.Load())
		}
	}
}

// A connection is freed only after its last device.
func TestSystem_retiredConnectionOutlivesItsDevices(t *testing.T) {
	s := newSystem(t, libraryNull)
	d, err := s.OpenPlayback("", Talk, giving(func([]int16) {}))
	if err != nil {
		t.Fatal(err)
	}
	old := s.current
	s.mu.Lock()
	s.retire(old)
	s.mu.Unlock()
	if _, _, err := s.Devices(); err != nil || s.current == old {
		t.Errorf("Devices after a lost connection: %v, new connection %v", err, s.current != old)
	}
	if old.ptrFreed() {
		t.Error("the connection was freed under its device")
	}
	_ = d.Close()
	if !old.ptrFreed() {
		t.Error("the connection was not freed after its last device")
	}
}

func (c *soundContext) ptrFreed() bool {
	return c.AllocatedContext.Context == (malgo.Context{})
}

func TestSystem_errors(t *testing.T) {
	none := newSystem(t, malgo.BackendNull) // always fails: a machine without sound
	if m, sp, err := none.Devices(); len(m)+len(sp) != 0 || err != nil {
		t.Errorf("without a sound system: %v, %v, %v", m, sp, err)
	}
	closed := newSystem(t, libraryNull)
	_ = closed.Close()
	for _, c := range []struct {
		name string
		s    *system
		id   string
		want Kind
	}{
		{"no sound system", none, "", NoDevice},
		{"an id that is not listed", newSystem(t, libraryNull), "ff", NoDevice},
		{"a closed backend", closed, "", Failed},
	} {
		var e *Error
		if _, err := hear(c.s)(c.id, func([]int16) {}); !errors.As(err, &e) || e.Kind != c.want {
			t.Errorf("%s: OpenCapture: %v, want %v", c.name, err, c.want)
		}
		if _, err := talk(c.s)(c.id, func([]int16) {}); !errors.As(err, &e) || e.Kind != c.want {
			t.Errorf("%s: OpenPlayback: %v, want %v", c.name, err, c.want)
		}
	}
}

// The library's device still looks as install expects, so that no callback
// enters Go.
func TestStream_nativeCallbacks(t *testing.T) {
	s := newSystem(t, libraryNull)
	for _, open := range []func(string, func([]int16)) (Device, error){hear(s), talk(s)} {
		d, err := open("", func([]int16) {})
		if err != nil {
			t.Fatal(err)
		}
		if native := d.(*stream).native; native != (runtime.GOOS == "linux") {
			t.Errorf("native callbacks: %v on %s", native, runtime.GOOS)
		}
		_ = d.Close()
	}
}

func TestQueue(t *testing.T) {
	frame := make([]int16, FrameSamples)
	for _, c := range []struct {
		rule string
		run  func(*queue) bool
		want bool
	}{
		{"a microphone rings at the mark", func(q *queue) bool {
			return !q.capture(frame[:100]) && q.capture(frame[100:])
		}, true},
		{"a full queue refuses the rest and counts it", func(q *queue) bool {
			for range queueSamples/FrameSamples + 1 {
				q.capture(frame)
			}
			return q.gaps.Load() == 1 && q.level() == queueSamples && q.lost.Load() == FrameSamples-queueSamples%FrameSamples
		}, true},
		{"a speaker rings below the mark", func(q *queue) bool {
			q.write(frame)
			q.write(frame)
			return !q.playback(frame) && q.playback(frame[:1])
		}, true},
		{"before the first whole period a speaker lacks nothing", func(q *queue) bool {
			q.playback(frame)
			return q.gaps.Load() == 0
		}, true},
		{"then a gap is counted and filled with silence", func(q *queue) bool {
			loud := slices.Repeat([]int16{7}, FrameSamples)
			q.write(loud)
			q.playback(loud)
			q.playback(loud)
			return q.gaps.Load() == 1 && loud[0] == 0 && loud[FrameSamples-1] == 0
		}, true},
		{"the lowest level is kept", func(q *queue) bool {
			q.lowest.Store(math.MaxInt64)
			q.write(frame)
			q.playback(frame[:80])
			q.playback(frame[:80])
			return q.lowest.Load() == FrameSamples-80
		}, true},
	} {
		q := new(queue)
		q.mark.Store(FrameSamples)
		if got := c.run(q); got != c.want {
			t.Errorf("%s: %v", c.rule, got)
		}
	}
}

func TestAhead(t *testing.T) {
	var a ahead
	q := new(queue)
	frame := make([]int16, FrameSamples)
	a.start(q, atOnce)
	beat := func(late bool) int32 {
		for q.level() < int(q.mark.Load()) {
			q.write(frame)
			a.calm++
		}
		q.playback(frame)
		if late {
			for q.level() > 0 {
				q.playback(frame)
			}
			q.playback(frame)
		}
		a.adapt(q)
		return int32(a.samples.Load() / FrameSamples)
	}
	beats := func(n int) (last int32) {
		for range n {
			last = beat(false)
		}
		return last
	}
	if got := beats(calmFrames - 10); got != 2 {
		t.Errorf("%d frames ahead at first", got)
	}
	if got := beats(20); got != 1 {
		t.Errorf("%d frames ahead after calm", got)
	}
	if got := beats(3 * calmFrames); got != 1 {
		t.Errorf("%d frames ahead after more calm", got)
	}
	if got := beat(true); got != 2 {
		t.Errorf("%d frames ahead after a gap", got)
	}
	if got := beats(calmFrames + 10); got != 2 {
		t.Errorf("%d frames ahead soon after a gap: the calm must last longer now", got)
	}
	for range 10 {
		beat(true)
	}
	if got := a.samples.Load(); got != mostAhead {
		t.Errorf("%d samples ahead after many gaps", got)
	}
}

func TestAhead_followsTheRequest(t *testing.T) {
	request := inPeriods.request
	var a ahead
	q := new(queue)
	frame := make([]int16, FrameSamples)
	a.start(q, inPeriods)
	for range 4 * calmFrames {
		for q.level() < int(q.mark.Load()) {
			q.write(frame)
			a.calm++
		}
		q.playback(frame[:request])
		a.adapt(q)
	}
	if got := int(a.samples.Load()); got != request {
		t.Errorf("%d samples ahead of requests for %d after calm", got, request)
	}
	if q.gaps.Load() > 0 {
		t.Errorf("%d gaps", q.gaps.Load())
	}
}

// A speaker that a beat serves does not ring as long as the beats come, however
// long it is calm.
func TestAhead_ledKeepsAStep(t *testing.T) {
	request, step := inPeriods.request, inPeriods.step
	var a ahead
	q := new(queue)
	frame := make([]int16, FrameSamples)
	a.start(q, inPeriods)
	a.follow(q, true)
	rings := 0
	for range 4 * calmFrames {
		for q.level() < int(a.samples.Load())+FrameSamples-request {
			q.write(frame)
			a.calm++
		}
		if q.playback(frame) {
			rings++
		}
		a.adapt(q)
	}
	if got := int(a.samples.Load()); got != request+step || rings > 0 {
		t.Errorf("%d samples ahead after calm, %d rings, want %d and none", got, rings, request+step)
	}
}

func TestStream_watchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stream{opened: time.Now(), queue: new(queue)}
		frame := make([]int16, FrameSamples)
		for _, c := range []struct {
			name  string
			wait  time.Duration
			beat  bool
			alive bool
		}{
			{"just opened", 0, true, true},
			{"the silent first block of a null sink", 2 * time.Second, false, true},
			{"running", 2 * time.Second, true, true},
			{"a stall", 400 * time.Millisecond, false, true},
			{"gone", 150 * time.Millisecond, false, false},
			{"back", 0, true, true},
		} {
			<-time.After(c.wait)
			if c.beat {
				s.queue.capture(frame)
			}
			if s.Alive() != c.alive {
				t.Errorf("%s: Alive = %v", c.name, s.Alive())
			}
		}
		s.ended.Store(true)
		if s.Alive() {
			t.Error("alive after the system stopped it")
		}
	})
}

func TestIsMonitor(t *testing.T) {
	for _, c := range []struct {
		name, id, title string
		want            bool
	}{
		{"by the source's name", "612e6d6f6e69746f72", "Anything", true},
		{"by its description", "61", "Monitor of Speakers", true},
		{"a microphone", "61", "Microphone", false},
		{"an id of another system", "zz", "Microphone", false},
	} {
		if got := isMonitor(c.id, c.title); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestTellApart(t *testing.T) {
	infos := []Info{{Name: "USB"}, {Name: "Built-in"}, {Name: "USB"}, {Name: "USB"}}
	tellApart(infos)
	for i, want := range []string{"USB", "Built-in", "USB (2)", "USB (3)"} {
		if infos[i].Name != want {
			t.Errorf("device %d is %q, want %q", i, infos[i].Name, want)
		}
	}
}

func TestNewSystem_survivesNoSoundServer(t *testing.T) {
	t.Setenv("PULSE_SERVER", "unix:/nonexistent")
	s, err := NewSystem(Options{Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, _, err := s.Devices(); err != nil {
		t.Errorf("Devices: %v", err)
	}
}
