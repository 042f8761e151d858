package record

import (
	"bytes"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"webphone/audio/audiotest"
)

// memory is a file in memory that can be slow or full.
type memory struct {
	mu        sync.Mutex // guards what follows
	b         bytes.Buffer
	delay     time.Duration // of a write
	most      int           // bytes there is room for; 0 = any number
	truncated bool
	closed    bool
}

var errFull = errors.New("no space left on device")

func (m *memory) Write(p []byte) (int, error) {
	m.mu.Lock()
	delay := m.delay
	m.mu.Unlock()
	time.Sleep(delay)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.most > 0 && m.b.Len()+len(p) > m.most {
		n, _ := m.b.Write(p[:m.most-m.b.Len()])
		return n, errFull
	}
	return m.b.Write(p)
}

func (m *memory) Truncate(size int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.b.Truncate(int(size))
	m.truncated = true
	return nil
}

func (m *memory) Sync() error { return nil }

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

func (m *memory) set(delay time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.delay = delay
}

func (m *memory) bytes() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.b.Bytes())
}

func TestRecorder_slowDiskCostsSoundAndIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(memory)
		r, told := start(t, m)
		talk(r, 2*time.Second, true, false)
		m.set(25 * time.Second)
		talk(r, 20*time.Second, true, false)
		if all := told.all(); len(all) > 0 {
			t.Fatalf("problems after 20 s of a disk that stands still: %v", all)
		}
		m.set(0)
		talk(r, 10*time.Second, true, false)
		if all := told.all(); len(all) > 0 {
			t.Fatalf("problems after a pause that the queue can bear: %v", all)
		}
		m.set(45 * time.Second)
		talk(r, 3*time.Second, true, false)
		m.set(0)
		talk(r, 50*time.Second, true, false)
		var slow *SlowError
		all := told.all()
		if len(all) == 0 || !errors.As(all[0], &slow) || slow.Lost == 0 {
			t.Fatalf("problems %v, want that the disk is slow", all)
		}
		if len(all) > 2 {
			t.Errorf("told %d times of one pause", len(all))
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		left, _ := decode(t, m.bytes())
		if got := time.Duration(len(left)) * time.Second / sampleRate; got != 85*time.Second {
			t.Errorf("the recording has %v, want all 85 s", got)
		}
		if level := audiotest.RMS(at(left, 82*time.Second, 85*time.Second)); level < 0.1 {
			t.Errorf("after the pause there is no sound: %.3f", level)
		}
	})
}

func TestRecorder_fullDiskEndsItAndKeepsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{most: 40000}
		r, told := start(t, m)
		talk(r, 20*time.Second, true, true)
		var e *Error
		all := told.all()
		if len(all) != 1 || !errors.As(all[0], &e) || e.Op != "write" || !errors.Is(e, errFull) {
			t.Fatalf("problems %v, want one of the full disk", all)
		}
		if err := r.Close(); !errors.Is(err, errFull) {
			t.Errorf("Close: %v", err)
		}
		o, err := audiotest.ParseOggOpus(m.bytes())
		if err != nil {
			t.Fatal(err)
		}
		if len(o.Packets) < 2*pagePackets || !m.truncated || !m.closed {
			t.Errorf("%d packets, cut after the last whole page: %v, closed: %v", len(o.Packets), m.truncated, m.closed)
		}
	})
}

func TestRecorder_closeDoesNotWaitForADiskThatStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{delay: time.Minute}
		r, _ := start(t, m)
		began := time.Now()
		if err := r.Close(); !errors.Is(err, ErrSlow) {
			t.Errorf("Close: %v", err)
		}
		if took := time.Since(began); took != closeWait {
			t.Errorf("Close took %v", took)
		}
		time.Sleep(10 * time.Minute)
	})
}
