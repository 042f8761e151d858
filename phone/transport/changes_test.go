package transport

import (
	"errors"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// told are changes that a test tells of.
type told struct {
	changes chan error // an error is the last
	closed  chan struct{}
}

func newTold() *told { return &told{make(chan error), make(chan struct{})} }

func (c *told) wait() error {
	select {
	case err := <-c.changes:
		return err
	case <-c.closed:
		return os.ErrClosed
	}
}

func (c *told) Close() error { close(c.closed); return nil }

// looked counts the looks since it was last called.
func (m *machine) looked() int {
	m.Lock()
	defer m.Unlock()
	n := m.looks
	m.looks = 0
	return n
}

func TestChanges(t *testing.T) {
	const moved = "network changed\ndisconnected read retry in 0s\n" + up
	for _, c := range []struct {
		name   string
		happen func(*machine)
		looks  int // within watchInterval
		soon   string
		more   int // looks in the ten intervals after that
		later  string
	}{
		{"nothing happens: nobody looks", func(*machine) {}, 0, "", 0, ""},
		{
			"a change is told: one look", func(m *machine) {
				m.move("198.51.100.7")
				m.told.changes <- nil
			}, 1, moved, 0, "",
		},
		{
			"a burst is told: one look, another for what came later", func(m *machine) {
				for range 100 {
					m.told.changes <- nil
				}
				time.AfterFunc(3*watchInterval/2, func() {
					m.move("198.51.100.7")
					m.told.changes <- nil
				})
			}, 1, "", 1, moved,
		},
		{"a false alarm", func(m *machine) { m.told.changes <- nil }, 1, "", 0, ""},
		{
			"the look at a change fails: again until it succeeds", func(m *machine) {
				m.Lock()
				m.broken = errors.New("no memory")
				m.Unlock()
				m.told.changes <- nil
				time.AfterFunc(7*watchInterval/2, func() {
					m.Lock()
					m.broken = nil
					m.Unlock()
					m.move("198.51.100.7")
				})
			}, 1, "", 3, moved,
		},
		{
			"the machine slept: a look without a word", func(m *machine) {
				m.sleep(time.Hour)
				m.move("198.51.100.7")
			}, 1, moved, 0, "",
		},
		{
			"nothing is told any more: a look every time", func(m *machine) {
				m.told.changes <- io.ErrUnexpectedEOF
				time.AfterFunc(7*watchInterval/2, func() { m.move("198.51.100.7") })
			}, 1, "", 10, moved,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n pipeNet
				n.serve(t, "a.test:80", upgraded(drain))
				m := &machine{told: newTold()}
				m.move("192.0.2.1")
				j, _ := watched(t, m, &n, Config{PingInterval: time.Minute})
				j.expect(t, up)
				if n := m.looked(); n != 1 {
					t.Errorf("%d looks at the start, want 1", n)
				}
				c.happen(m)
				time.Sleep(watchInterval)
				synctest.Wait()
				j.expectSet(t, c.soon)
				if n := m.looked(); n != c.looks {
					t.Errorf("%d looks at once, want %d", n, c.looks)
				}
				time.Sleep(10 * watchInterval)
				synctest.Wait()
				j.expectSet(t, c.later)
				if n := m.looked(); n != c.more {
					t.Errorf("%d looks later, want %d", n, c.more)
				}
			})
		})
	}
}

// What the system keeps to itself is found nevertheless.
func TestChanges_untold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n pipeNet
		n.serve(t, "a.test:80", upgraded(drain))
		m := &machine{told: newTold()}
		m.move("192.0.2.1")
		j, _ := watched(t, m, &n, Config{PingInterval: time.Minute})
		j.expect(t, up)
		m.move("192.0.2.1", "198.51.100.7")
		time.Sleep(lookInterval - time.Nanosecond)
		synctest.Wait()
		j.expectSet(t, "")
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		j.expectSet(t, "network changed")
		if n := m.looked(); n != 2 {
			t.Errorf("%d looks, want the first and one more", n)
		}
	})
}

func TestChanges_closed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &machine{told: newTold()}
		_, tr := watched(t, m, &pipeNet{}, Config{})
		tr.Close()
		tr.Wait()
		select {
		case <-m.told.closed:
		default:
			t.Error("the source of changes is still open")
		}
	})
}
