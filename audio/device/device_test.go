package device

import (
	"errors"
	"log/slog"
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
		{"default microphone", s.OpenCapture, ""},
		{"named microphone", s.OpenCapture, microphones[0].ID},
		{"default speaker", s.OpenPlayback, ""},
		{"named speaker", s.OpenPlayback, speakers[0].ID},
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
	d, err := s.OpenPlayback("", func([]int16) {})
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
		if _, err := c.s.OpenCapture(c.id, func([]int16) {}); !errors.As(err, &e) || e.Kind != c.want {
			t.Errorf("%s: OpenCapture: %v, want %v", c.name, err, c.want)
		}
		if _, err := c.s.OpenPlayback(c.id, func([]int16) {}); !errors.As(err, &e) || e.Kind != c.want {
			t.Errorf("%s: OpenPlayback: %v, want %v", c.name, err, c.want)
		}
	}
}

// Whatever sizes the system asks for, the callbacks see whole frames and no
// sample is lost, doubled or moved.
func TestStream_reblocks(t *testing.T) {
	sizes := []int{480, 441, 1024, 1, 479, 960, 240, 240, 7, 513}
	total := 0
	for _, n := range sizes {
		total += n
	}
	var next int16
	out := &stream{opened: time.Now(), period: func(frame []int16) {
		if len(frame) != FrameSamples {
			t.Fatalf("a frame of %d samples", len(frame))
		}
		for i := range frame {
			frame[i] = next
			next++
		}
	}}
	var heard []int16
	in := &stream{opened: time.Now(), period: func(frame []int16) {
		if len(frame) != FrameSamples {
			t.Fatalf("a frame of %d samples", len(frame))
		}
		heard = append(heard, frame...)
	}}
	for _, n := range sizes {
		buffer := make([]byte, 2*n)
		out.playback(buffer, nil, uint32(n))
		in.capture(nil, buffer, uint32(n))
	}
	if want := total / FrameSamples * FrameSamples; len(heard) != want {
		t.Errorf("%d samples heard of %d, want %d", len(heard), total, want)
	}
	for i, v := range heard {
		if v != int16(i) {
			t.Fatalf("sample %d is %d", i, v)
		}
	}
}

func TestStream_callbackDoesNotAllocate(t *testing.T) {
	s := &stream{opened: time.Now(), period: func([]int16) {}}
	buffer := make([]byte, 2*441)
	if got := testing.AllocsPerRun(100, func() {
		s.playback(buffer, nil, 441)
		s.capture(nil, buffer, 441)
	}); got != 0 {
		t.Errorf("%.0f allocations", got)
	}
}

func TestStream_watchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stream{opened: time.Now(), period: func([]int16) {}}
		buffer := make([]byte, 960)
		for _, c := range []struct {
			name  string
			wait  time.Duration
			beat  bool
			alive bool
		}{
			{"just opened", 0, true, true},
			{"the silent first block of a null sink", 2 * time.Second, true, true},
			{"running", 2 * time.Second, true, true},
			{"a stall", 400 * time.Millisecond, false, true},
			{"gone", 150 * time.Millisecond, false, false},
			{"back", 0, true, true},
		} {
			<-time.After(c.wait)
			if c.beat {
				s.capture(nil, buffer, 480)
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

func TestNewSystem_survivesNoSoundServer(t *testing.T) {
	t.Setenv("PULSE_SERVER", "unix:/nonexistent")
	t.Setenv("PULSE_PROP", "media.role=phone") // restored after the test
	s, err := NewSystem(Options{Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, _, err := s.Devices(); err != nil {
		t.Errorf("Devices: %v", err)
	}
}
