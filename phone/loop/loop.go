// Package loop is the owner goroutine of the signalling world: everything
// that package ua and package phone keep as state is touched on it alone, one
// turn at a time, and therefore needs no lock.
//
// A turn never blocks. Work that may (sockets, disk, pion, sound devices) is a
// job: it runs on a goroutine of its own and its result comes back as a turn.
//
//	l := loop.New(loop.Options{})
//	l.Post("dial", func() { … })                    // any goroutine
//	t := l.After(32*time.Second, "timer B", func() { … })
//	loop.Go(l, ctx, "offer", peer.Offer, func(sdp string, err error) { … })
//	l.Close()
package loop

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// DefaultSlowTurn is the length of a turn above which it is reported: the
// window and every call share this goroutine.
const DefaultSlowTurn = 50 * time.Millisecond

// ErrClosed is returned by Do when the loop has stopped before the turn ran.
var ErrClosed = errors.New("loop: closed")

// Options configures a Loop; the zero value is ready to use.
type Options struct {
	// Log receives slow turns; nil means slog.Default.
	Log *slog.Logger
	// SlowTurn is the length above which a turn is reported; 0 means
	// DefaultSlowTurn, negative means never.
	SlowTurn time.Duration
	// OnSlow, if not nil, is called on the loop for every slow turn.
	OnSlow func(name string, took time.Duration)
}

type turn struct {
	name string
	run  func()
}

// Loop runs posted functions one after the other, in the order of posting.
type Loop struct {
	log      *slog.Logger
	slowTurn time.Duration
	onSlow   func(string, time.Duration)

	queue struct { // guarded by its mutex; the only lock of the signalling world
		sync.Mutex
		turns  []turn
		closed bool
	}
	wake chan struct{} // one slot
	done chan struct{} // closed when the goroutine has ended
	jobs sync.WaitGroup
}

// New returns a running Loop. End it with Close.
func New(o Options) *Loop {
	l := &Loop{
		log:      o.Log,
		slowTurn: o.SlowTurn,
		onSlow:   o.OnSlow,
		wake:     make(chan struct{}, 1),
		done:     make(chan struct{}),
	}
	if l.log == nil {
		l.log = slog.Default()
	}
	if l.slowTurn == 0 {
		l.slowTurn = DefaultSlowTurn
	}
	go l.run()
	return l
}

// Post queues f as a turn and returns at once. It reports false, and f never
// runs, once the loop is closed. Any goroutine may call it, turns included.
func (l *Loop) Post(name string, f func()) bool {
	l.queue.Lock()
	if l.queue.closed {
		l.queue.Unlock()
		return false
	}
	l.queue.turns = append(l.queue.turns, turn{name, f})
	l.queue.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
	return true
}

// Do runs f as a turn and waits for its end. It returns ErrClosed if the loop
// stopped first and the context's cause if ctx ended first; f may then still
// run. It must not be called from a turn: that would wait for itself.
func (l *Loop) Do(ctx context.Context, name string, f func()) error {
	ran := make(chan struct{})
	if !l.Post(name, func() { defer close(ran); f() }) {
		return ErrClosed
	}
	select {
	case <-ran:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-l.done:
		select {
		case <-ran:
			return nil
		default:
			return ErrClosed
		}
	}
}

// Close runs the turns already queued, refuses new ones, and waits for the
// goroutine and for every job to end. Jobs are not cancelled: end their
// contexts first. A second Close waits for the first.
func (l *Loop) Close() {
	l.queue.Lock()
	l.queue.closed = true
	l.queue.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
	<-l.done
	l.jobs.Wait()
}

func (l *Loop) run() {
	defer close(l.done)
	var batch []turn
	for {
		l.queue.Lock()
		batch, l.queue.turns = l.queue.turns, batch[:0]
		closed := l.queue.closed
		l.queue.Unlock()
		if len(batch) == 0 {
			if closed {
				return
			}
			<-l.wake
			continue
		}
		for i := range batch {
			l.take(batch[i])
			batch[i] = turn{}
		}
	}
}

func (l *Loop) take(t turn) {
	if l.slowTurn < 0 {
		t.run()
		return
	}
	start := time.Now()
	t.run()
	if took := time.Since(start); took > l.slowTurn {
		l.log.Warn("slow turn", "turn", t.name, "took", took)
		if l.onSlow != nil {
			l.onSlow(t.name, took)
		}
	}
}

// Timer is one pending After. Only turns may use it.
type Timer struct {
	t       *time.Timer
	stopped bool
}

// Stop prevents the turn from running and reports whether it did: unlike with
// time.Timer, a turn already queued when Stop is called does not run either.
// A nil Timer may be stopped.
func (t *Timer) Stop() bool {
	if t == nil || t.stopped {
		return false
	}
	t.stopped = true
	t.t.Stop()
	return true
}

// After runs f as a turn once d has passed. Only turns may call it.
func (l *Loop) After(d time.Duration, name string, f func()) *Timer {
	t := new(Timer)
	t.t = time.AfterFunc(d, func() {
		l.Post(name, func() {
			if !t.stopped {
				t.stopped = true
				f()
			}
		})
	})
	return t
}

// Go runs work on a goroutine of its own and then, as a turn, with its
// result. If ctx has ended by the time that turn comes, then does not run:
// what asked for the work is gone. then may be nil.
func Go[T any](ctx context.Context, l *Loop, name string, work func(context.Context) (T, error), then func(T, error)) {
	l.jobs.Add(1)
	go func() {
		defer l.jobs.Done()
		v, err := work(ctx)
		if then == nil {
			return
		}
		l.Post(name, func() {
			if ctx.Err() == nil {
				then(v, err)
			}
		})
	}()
}
