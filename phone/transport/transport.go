package transport

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"webphone/phone/sip"
)

// Handler is told what happens. Its methods are called one at a time, in
// order, from a goroutine of the Transport, and must not block.
type Handler interface {
	// Connecting: an attempt starts. attempt counts from 1 since the start
	// or the last connection.
	Connecting(server string, attempt int)
	// Connected: Send works from now on.
	Connected(server string)
	// Disconnected: a connection or an attempt has ended; err is an *Error
	// and the next attempt follows in retryIn. After Close it is called
	// once more, with nil and 0, if there was a connection.
	Disconnected(err error, retryIn time.Duration)
	// Receive: a message came.
	Receive(m sip.Message)
	// NetworkChanged: this machine's addresses are others now. It may be
	// called beside another method, and with or without a connection.
	NetworkChanged()
	// Woke: the machine slept, or its clock was set forward, and the
	// connection has outlived it, as far as is known: all timers here are
	// late. It may be called beside another method.
	Woke()
	// Invalid: something came that is not a SIP message.
	Invalid(err *sip.ParseError)
}

// Transport holds the connection to one of several servers. All methods are
// safe from any goroutine and none but Wait blocks.
//
//	idle ──Start──▶ connecting ──▶ connected
//	                  ▲     │ failed    │ lost
//	                  │     ▼           ▼
//	                  └── waiting (backoff, or Retry)
//
// From every state Close leads to closed, for good.
type Transport struct {
	c       Config // with defaults
	handler Handler
	log     *slog.Logger
	random  func() float64 // [0,1); a seam for tests

	ctx    context.Context // until Close; the job's lifetime
	cancel context.CancelFunc
	once   sync.Once
	joined sync.WaitGroup

	endpoints []*endpoint              // run alone writes their failed fields
	current   atomic.Pointer[endpoint] // last connected, else the first
	live      atomic.Pointer[connection]
	retry     chan struct{} // one slot
	urgent    atomic.Bool   // the next wait is left out
	last      *endpoint     // that failed; run's own
	dialing   atomic.Pointer[context.CancelCauseFunc]
	around    surroundings
	tracing   sync.Mutex // keeps calls of c.Trace apart
}

// New returns a Transport that does nothing before Start. h may be nil if
// SetHandler is called before Start. An error is a *ConfigError.
func New(c Config, h Handler) (*Transport, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	t := &Transport{
		c:       c.withDefaults(),
		handler: h,
		random:  rand.Float64,
		retry:   make(chan struct{}, 1),
		around:  system(),
	}
	if c.Dial != nil { // where that leads the kernel does not know
		t.around.changes = noChanges
	}
	t.log = t.c.Log.With("component", "JsSIP:Transport")
	for _, s := range c.Servers {
		e, err := parseServer(s)
		if err != nil {
			return nil, err
		}
		t.endpoints = append(t.endpoints, e)
	}
	t.current.Store(t.endpoints[0])
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t, nil
}

// SetHandler replaces the handler. It must not be called after Start.
func (t *Transport) SetHandler(h Handler) { t.handler = h }

// Start begins to connect. Only its first call has an effect, and none after
// Close.
func (t *Transport) Start() {
	t.once.Do(func() {
		t.joined.Go(t.run)
		t.joined.Go(t.watch)
	})
}

// Close ends the connection and all attempts, without waiting: what is queued
// is still sent, for a second at most. See Wait.
func (t *Transport) Close() {
	t.once.Do(func() {}) // a later Start does nothing
	t.cancel()
}

// Wait returns when every goroutine of a closed Transport has ended. It must
// not be called from a Handler.
func (t *Transport) Wait() { t.joined.Wait() }

// Send queues m. It returns ErrNotConnected or ErrQueueFull; m may be changed
// as soon as it returns. That m was written is not known afterwards, as with
// any socket; a lost connection is told to the Handler.
func (t *Transport) Send(m sip.Message) error {
	c := t.live.Load()
	if c == nil {
		return ErrNotConnected
	}
	return c.send(m.Bytes())
}

// Connected reports whether there is a connection now.
func (t *Transport) Connected() bool { return t.live.Load() != nil }

// Via returns "WS" or "WSS": the transport that Via header fields name
// (RFC 7118 §5), of the server last connected to, else of the first.
func (t *Transport) Via() string { return t.current.Load().via() }

// ServerURI returns sip:host[:port];transport=ws;lr of the server last
// connected to, else of the first.
func (t *Transport) ServerURI() sip.URI { return t.current.Load().uri() }

// Retry connects now instead of at the end of the backoff. With a connection
// it checks that it is alive: the server has three seconds to answer a ping.
// The Transport does so by itself when the network has changed or the machine
// has woken.
func (t *Transport) Retry() {
	if c := t.live.Load(); c != nil {
		c.check()
		return
	}
	select {
	case t.retry <- struct{}{}:
	default:
	}
}

// Failover leaves the connected server for another one that has not failed
// for a minute, at once: what is queued is not sent. It reports false, and does
// nothing, if there is no connection or no such server.
func (t *Transport) Failover() bool {
	c := t.live.Load()
	if c == nil {
		return false
	}
	for _, e := range t.endpoints {
		if e != c.e && !e.failedLately() {
			c.fail(OpFailover, ErrFailover)
			return true
		}
	}
	return false
}

// KeepAlive has the present connection send a double CRLF at random times, at
// most interval apart, and end unless each is answered within ten seconds
// (RFC 5626 §4.4.1), once one was. 0 ends it, as does the end of the
// connection. It comes on top of the WebSocket pings, for servers that have
// agreed to it.
func (t *Transport) KeepAlive(interval time.Duration) {
	if c := t.live.Load(); c != nil {
		c.keepAlive(interval)
	}
}

// run is the goroutine of the Transport: it connects, reads and waits, over
// and over.
func (t *Transport) run() {
	for attempt := 1; ; attempt++ {
		e := t.pick()
		t.handler.Connecting(e.raw, attempt)
		connected, err := t.connect(e)
		if t.ctx.Err() != nil {
			if connected {
				t.handler.Disconnected(nil, 0)
			}
			return
		}
		e.fail()
		t.last = e
		wait := t.backoff(attempt)
		if connected {
			t.forgive()
			wait, attempt = t.backoff(1), 0
		}
		if errors.Is(err, ErrFailover) {
			wait = failoverWait
		}
		if t.urgent.Swap(false) { // other things are to be tried in another network
			wait, attempt = 0, 0
			e.failed.Store(nil)
		}
		t.log.Debug("disconnected", "server", e.raw, "err", err, "retry_in", wait)
		t.handler.Disconnected(err, wait)
		if !t.sleep(wait) {
			return
		}
	}
}

// connect makes one attempt and stays with the connection until it ends.
func (t *Transport) connect(e *endpoint) (connected bool, err error) {
	ctx, cancel := context.WithCancelCause(t.ctx)
	t.dialing.Store(&cancel)
	ws, conn, err := t.c.dial(ctx, e, nil)
	t.dialing.Store(nil)
	cancel(nil)
	if err != nil {
		return false, err
	}
	c := newConnection(t, e, ws, conn)
	if t.ctx.Err() != nil {
		ws.Close()
		return false, t.ctx.Err()
	}
	t.current.Store(e)
	t.live.Store(c)
	t.log.Debug("connected", "server", e.raw)
	t.handler.Connected(e.raw)
	err = c.serve(t.ctx)
	return true, err
}

// forgive forgets the failures of long ago. That is done at the end of a
// connection only: while one attempt fails after another, a round goes on until
// every server had its turn, however long that takes.
func (t *Transport) forgive() {
	for _, e := range t.endpoints {
		if !e.failedLately() {
			e.failed.Store(nil)
		}
	}
}

// pick chooses among the servers that have not failed. When all have failed,
// all get another chance, the one that failed last not at once.
func (t *Transport) pick() *endpoint {
	if e := t.heaviest(nil); e != nil {
		return e
	}
	for _, e := range t.endpoints {
		e.failed.Store(nil)
	}
	if len(t.endpoints) == 1 {
		return t.endpoints[0]
	}
	return t.heaviest(t.last)
}

// heaviest chooses at random among the servers of highest weight, but for those
// that have failed and one more; nil = there is none.
func (t *Transport) heaviest(except *endpoint) *endpoint {
	var best []*endpoint
	for _, e := range t.endpoints {
		switch {
		case e.failed.Load() != nil, e == except:
		case len(best) == 0 || e.weight > best[0].weight:
			best = []*endpoint{e}
		case e.weight == best[0].weight:
			best = append(best, e)
		}
	}
	if best == nil {
		return nil
	}
	return best[int(t.random()*float64(len(best)))]
}

// backoff is the wait after the nth failure in a row, counted from 1: random,
// so that a server that comes back does not meet all its clients at once.
func (t *Transport) backoff(n int) time.Duration {
	seconds := t.random()*float64(int64(1)<<min(n, 20)) + 1
	return min(max(time.Duration(seconds*float64(time.Second)), t.c.Min), t.c.Max)
}

// sleep waits for d, Retry or Close; after Close it reports false.
func (t *Transport) sleep(d time.Duration) bool {
	select { // a Retry that came while there was something else to do is stale
	case <-t.retry:
	default:
	}
	if d == 0 || t.urgent.Swap(false) {
		return t.ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.retry:
	case <-t.ctx.Done():
		return false
	}
	return true
}

// receive hands on one message from the server.
func (t *Transport) receive(data []byte) {
	m, err := sip.Parse(data)
	if err == nil {
		t.handler.Receive(m)
		return
	}
	var invalid *sip.ParseError
	if !errors.As(err, &invalid) {
		invalid = &sip.ParseError{Err: err}
	}
	t.handler.Invalid(invalid)
}

// trace tells of a message, with its secrets masked, if anybody listens.
func (t *Transport) trace(d Direction, data []byte) {
	logged := t.log.Enabled(t.ctx, LevelTrace)
	if t.c.Trace == nil && !logged {
		return
	}
	masked := sip.MaskSecrets(data)
	if logged {
		t.log.Log(t.ctx, LevelTrace, d.String(), "message", string(masked))
	}
	if t.c.Trace == nil {
		return
	}
	t.tracing.Lock()
	defer t.tracing.Unlock()
	t.c.Trace(d, masked)
}
