package transport

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

var errTooLarge = errors.New("the server sent a message that is too large")

// liveConn allows idle between two reads and no more.
type liveConn struct {
	net.Conn
	idle time.Duration
}

func (c *liveConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.idle)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// frame is something to write: a message, or a pong.
type frame struct {
	kind int // websocket.TextMessage, BinaryMessage, PongMessage
	data []byte
}

// connection is an open WebSocket. serve reads on its caller's goroutine; one
// more goroutine writes, so that reading never waits for writing.
type connection struct {
	t    *Transport
	e    *endpoint
	ws   *websocket.Conn
	conn *liveConn

	out    chan frame
	probe  chan struct{} // one slot: prove that the server is alive
	crlf   crlfSettings
	ended  chan struct{} // closed when reading has ended
	failed struct {      // the first failure; later ones follow from it
		sync.Mutex
		err *Error
	}
}

func newConnection(t *Transport, e *endpoint, ws *websocket.Conn, conn *liveConn) *connection {
	return &connection{
		t: t, e: e, ws: ws, conn: conn,
		out:   make(chan frame, queueLength),
		probe: make(chan struct{}, 1),
		ended: make(chan struct{}),
		crlf:  newCRLFSettings(),
	}
}

// send queues data as one message.
func (c *connection) send(data []byte) error {
	kind := websocket.TextMessage
	if !utf8.Valid(data) {
		kind = websocket.BinaryMessage // RFC 6455 §5.6: text is UTF-8
	}
	select {
	case c.out <- frame{kind, data}:
		return nil
	default:
		return ErrQueueFull
	}
}

func (c *connection) check() {
	select {
	case c.probe <- struct{}{}:
	default:
	}
}

// fail remembers the first failure and ends the connection.
func (c *connection) fail(op Op, err error) {
	c.failed.Lock()
	if c.failed.err == nil {
		c.failed.err = &Error{Op: op, Server: c.e.raw, Host: c.e.addr, Err: err}
	}
	c.failed.Unlock()
	c.ws.Close()
}

// serve reads until the connection ends and returns why. ctx ends it in good
// order.
func (c *connection) serve(ctx context.Context) error {
	c.ws.SetPingHandler(func(data string) error { // RFC 6455 §5.5.3: the same data
		select {
		case c.out <- frame{websocket.PongMessage, []byte(data)}:
		default: // the server does not read; pings are then the least concern
		}
		return nil
	})
	var writer sync.WaitGroup
	writer.Go(func() { c.write(ctx) })
	c.read(ctx)
	c.t.live.Store(nil)
	close(c.ended)
	writer.Wait()
	c.failed.Lock()
	defer c.failed.Unlock()
	return c.failed.err
}

func (c *connection) read(ctx context.Context) {
	for {
		_, data, err := c.ws.ReadMessage()
		if ctx.Err() != nil && err == nil {
			continue // closed: nobody is told any more
		}
		switch {
		case errors.Is(err, websocket.ErrReadLimit):
			c.fail(OpRead, errTooLarge)
			return
		case err != nil && isTimeout(err):
			c.discard()
			c.fail(OpPing, err)
			return
		case err != nil:
			c.fail(OpRead, err)
			return
		}
		switch {
		case string(data) == doubleCRLF: // RFC 5626 §3.5.1
			_ = c.send([]byte("\r\n")) // a full queue has worse to report
		case len(bytes.TrimRight(data, "\r\n")) == 0: // an answer to a keep-alive
			c.crlf.pong()
		default:
			c.t.trace(Received, data)
			c.t.receive(data)
		}
	}
}

// write sends what is queued, and pings, until reading has ended or ctx has.
func (c *connection) write(ctx context.Context) {
	ping := time.NewTicker(c.t.c.PingInterval)
	defer ping.Stop()
	keep := newCRLFKeepAlive(c)
	defer keep.stop()
	for {
		select {
		case f := <-c.out:
			c.put(f, writeTimeout)
		case interval := <-c.crlf.interval:
			keep.every(interval)
		case <-c.crlf.pongs:
			keep.answered()
		case <-keep.timer.C:
			keep.due()
		case <-ping.C:
			c.ping()
		case <-c.probe:
			c.prove()
		case <-c.ended:
			return
		case <-ctx.Done():
			c.finish()
			return
		}
	}
}

func (c *connection) put(f frame, timeout time.Duration) {
	if f.kind != websocket.PongMessage && len(f.data) > len(doubleCRLF) {
		c.t.trace(Sent, f.data) // before its answer can be
	}
	deadline := time.Now().Add(timeout)
	var err error
	if f.kind == websocket.PongMessage {
		err = c.ws.WriteControl(f.kind, f.data, deadline)
	} else if err = c.ws.SetWriteDeadline(deadline); err == nil {
		err = c.ws.WriteMessage(f.kind, f.data)
	}
	if err != nil {
		c.fail(OpWrite, err)
	}
}

func (c *connection) ping() {
	if err := c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout)); err != nil {
		c.fail(OpWrite, err)
	}
}

// prove gives the server a short time to show that it is there.
func (c *connection) prove() {
	if err := c.conn.SetReadDeadline(time.Now().Add(checkWait)); err != nil {
		c.fail(OpRead, err)
		return
	}
	c.ping()
}

// finish sends what is queued, says goodbye and closes.
func (c *connection) finish() {
	deadline := time.Now().Add(flushTimeout)
	for {
		select {
		case f := <-c.out:
			c.put(f, time.Until(deadline))
			continue
		default:
		}
		break
	}
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	_ = c.ws.WriteControl(websocket.CloseMessage, bye, deadline) // a courtesy
	c.ws.Close()
}
