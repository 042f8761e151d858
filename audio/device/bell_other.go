//go:build !linux

package device

// bell wakes the goroutine of a stream.
type bell struct {
	rung chan struct{}
	fd   int64
}

func newBell() (*bell, error) { return &bell{rung: make(chan struct{}, 1), fd: -1}, nil }

// ring never waits.
func (b *bell) ring() {
	select {
	case b.rung <- struct{}{}:
	default:
	}
}

// wait returns true as soon as there is something to do, which ready tells
// before the first stroke and after each, and false after close.
func (b *bell) wait(ready func(uintptr) bool) bool {
	for !ready(0) {
		if _, open := <-b.rung; !open {
			return false
		}
	}
	return true
}

// close is called when nobody rings any more.
func (b *bell) close() { close(b.rung) }
