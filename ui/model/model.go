// Package model brings the phone's state to the UI goroutine: it holds the
// newest snapshot, tells listeners of each new one, and runs slow work beside
// the window. It is the only caller of fyne.Do.
package model

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"

	"webphone/phone"
)

// Dispatcher runs f on the UI goroutine, later, in the order of the calls.
type Dispatcher func(f func())

// Model is the window's view of the phone. The UI goroutine owns it: apart
// from Post, Do, Every and Run, its methods are called there alone.
type Model struct {
	phone Phone
	post  Dispatcher

	snapshot  *phone.Snapshot
	listeners []*listener
	last      chan struct{} // closed when the last work of InOrder has ended

	pending atomic.Bool // an Apply is queued and not yet begun

	mu     sync.Mutex // guards the end against jobs.Add
	jobs   sync.WaitGroup
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
}

type listener struct{ f func(*phone.Snapshot) }

// New returns a model that shows p's present snapshot. A nil post means
// fyne.Do.
func New(p Phone, post Dispatcher) *Model {
	if post == nil {
		post = fyne.Do
	}
	m := &Model{phone: p, post: post, snapshot: p.Snapshot()}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	return m
}

// Phone is the phone behind the model.
func (m *Model) Phone() Phone { return m.phone }

// Snapshot is the state that the window shows at present. It is never nil.
func (m *Model) Snapshot() *phone.Snapshot { return m.snapshot }

// Listen calls f at once with the present snapshot and again after each
// change, until stop is called.
func (m *Model) Listen(f func(*phone.Snapshot)) (stop func()) {
	l := &listener{f: f}
	m.listeners = append(m.listeners, l)
	f(m.snapshot)
	return func() {
		l.f = nil
		kept := make([]*listener, 0, len(m.listeners))
		for _, other := range m.listeners {
			if other != l {
				kept = append(kept, other)
			}
		}
		m.listeners = kept
	}
}

// Apply makes s the state that the window shows and tells every listener. A
// listener stopped by an earlier one in the same turn is not called.
func (m *Model) Apply(s *phone.Snapshot) {
	m.snapshot = s
	for _, l := range m.listeners {
		if l.f != nil {
			l.f(s)
		}
	}
}

// Run carries changes from the phone to the window until ctx ends. It blocks,
// so it has a goroutine of its own. However fast the phone changes, at most
// one Apply waits in the UI's queue.
func (m *Model) Run(ctx context.Context) {
	changed := m.phone.Changed(ctx)
	m.renew() // the phone has worked since New took its snapshot
	for range changed {
		m.renew()
	}
}

// renew has the phone's newest state shown, unless that is to come already.
func (m *Model) renew() {
	if m.pending.Swap(true) {
		return
	}
	m.post(func() {
		m.pending.Store(false) // before the read: a later change queues anew
		m.Apply(m.phone.Snapshot())
	})
}

// Post runs f on the UI goroutine. It is safe from any goroutine.
func (m *Model) Post(f func()) { m.post(f) }

// Do runs work on a goroutine of its own and then, when then is not nil, then
// with its error on the UI goroutine. After Close it does nothing.
func (m *Model) Do(work func() error, then func(error)) {
	m.start(func() {
		err := work()
		if then != nil {
			m.post(func() { then(err) })
		}
	})
}

// InOrder is Do for work whose order matters, such as digits that were typed:
// it begins when the work given to InOrder before has ended. It is called on
// the UI goroutine.
func (m *Model) InOrder(work func() error, then func(error)) {
	before, done := m.last, make(chan struct{})
	m.last = done
	m.Do(func() error {
		defer close(done)
		if before != nil {
			<-before
		}
		return work()
	}, then)
}

// Every calls f on the UI goroutine once per interval until stop is called or
// the model closes. A tick is left out while the one before it still waits.
func (m *Model) Every(interval time.Duration, f func()) (stop func()) {
	done := make(chan struct{})
	var waiting atomic.Bool
	m.start(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
			case <-done:
				return
			case <-m.ctx.Done():
				return
			}
			if waiting.Swap(true) {
				continue
			}
			m.post(func() {
				waiting.Store(false)
				select {
				case <-done: // stopped while queued
				default:
					f()
				}
			})
		}
	})
	return sync.OnceFunc(func() { close(done) })
}

// Context ends with Close: the parent of work that can be cut short.
func (m *Model) Context() context.Context { return m.ctx }

// Close ends the tickers and the model's context, lets no new work begin and
// waits for what runs.
func (m *Model) Close() {
	m.mu.Lock()
	m.cancel()
	m.mu.Unlock()
	m.jobs.Wait()
}

func (m *Model) start(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ctx.Err() != nil {
		return
	}
	m.jobs.Go(f)
}
