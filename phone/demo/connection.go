package demo

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"webphone/phone/sip"
)

const (
	pingInterval = 20 * time.Second
	pongWait     = 10 * time.Second // silence allowed beyond a ping interval
	writeWait    = 10 * time.Second
	queueLength  = 256     // messages
	readLimit    = 1 << 20 // bytes
)

// connection is one WebSocket. Its reader and writer share it with the loop;
// what is written goes through out.
type connection struct {
	ws   *websocket.Conn
	host string // the peer's address, for "received"
	port int
	out  chan []byte
	done chan struct{} // closed when the connection is to end
	end  sync.Once
}

// send queues a message. A peer that reads too slowly loses its connection.
func (c *connection) send(m sip.Message) {
	select {
	case c.out <- m.Bytes():
	default:
		c.cut()
	}
}

// alive reports whether messages can still be sent.
func (c *connection) alive() bool {
	select {
	case <-c.done:
		return false
	default:
		return true
	}
}

// cut ends the connection without a farewell.
func (c *connection) cut() {
	c.end.Do(func() {
		close(c.done)
		c.ws.NetConn().Close()
	})
}

// handler takes WebSocket connections until ctx ends.
func (s *Server) handler(ctx context.Context) http.Handler {
	upgrader := websocket.Upgrader{
		Subprotocols: []string{"sip"},
		CheckOrigin:  func(*http.Request) bool { return true }, // not a web server: there is nothing to forge
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", ServerName)
		switch {
		case !websocket.IsWebSocketUpgrade(r):
			w.Header().Set("Upgrade", "websocket")
			http.Error(w, "SIP over WebSocket only; "+ServerName, http.StatusUpgradeRequired)
			return
		case !slices.Contains(websocket.Subprotocols(r), "sip"): // RFC 7118 §4.1
			w.Header().Set("Sec-WebSocket-Protocol", "sip")
			http.Error(w, "the subprotocol sip is missing", http.StatusBadRequest)
			return
		}
		ws, err := upgrader.Upgrade(w, r, http.Header{"Server": {ServerName}})
		if err != nil {
			return // Upgrade has answered
		}
		c := &connection{ws: ws, out: make(chan []byte, queueLength), done: make(chan struct{})}
		if host, port, err := net.SplitHostPort(r.RemoteAddr); err == nil {
			c.host = host
			c.port, _ = strconv.Atoi(port)
		}
		s.tasks.Go(func() { s.serve(ctx, c) })
	})
}

// serve reads from c until it ends.
func (s *Server) serve(ctx context.Context, c *connection) {
	s.loop.Post("connected", func() { s.connections[c] = struct{}{} })
	var writer sync.WaitGroup
	writer.Go(func() { c.write(ctx) })
	c.ws.SetReadLimit(readLimit)
	c.ws.SetPongHandler(func(string) error { return c.extend() })
	for c.extend() == nil {
		_, data, err := c.ws.ReadMessage()
		if err != nil {
			break
		}
		s.take(c, data)
	}
	c.cut()
	writer.Wait()
	s.loop.Post("disconnected", func() {
		delete(s.connections, c)
		s.lost(c)
	})
}

// extend allows the peer to be silent for another while.
func (c *connection) extend() error {
	return c.ws.SetReadDeadline(time.Now().Add(pingInterval + pongWait))
}

// take hands one frame to the loop.
func (s *Server) take(c *connection, data []byte) {
	if len(bytes.Trim(data, "\r\n")) == 0 { // RFC 5626 §3.5.1
		if bytes.Equal(data, []byte("\r\n\r\n")) {
			select {
			case c.out <- []byte("\r\n"):
			default:
			}
		}
		return
	}
	m, err := sip.Parse(data)
	var bad *sip.ParseError
	switch {
	case err == nil:
		s.loop.Post("receive", func() { s.receive(c, m) })
	case errors.As(err, &bad):
		s.log.Info("malformed message", "err", err)
		if answer := bad.Response(); answer != nil {
			answer.Headers.Set("Server", ServerName)
			s.loop.Post("refuse", func() { c.send(answer) })
		}
	}
}

// write sends what is queued until the connection or ctx ends.
func (c *connection) write(ctx context.Context) {
	ping := time.NewTicker(pingInterval)
	defer ping.Stop()
	for {
		kind, data := websocket.TextMessage, []byte(nil)
		select {
		case data = <-c.out:
			if !utf8.Valid(data) {
				kind = websocket.BinaryMessage // RFC 6455 §5.6
			}
		case <-ping.C:
			kind, data = websocket.PingMessage, []byte("demo")
		case <-ctx.Done():
			_ = c.ws.WriteControl(websocket.CloseMessage,
				websocket.FormatCloseMessage(websocket.CloseGoingAway, "the demonstration is over"), time.Now().Add(time.Second))
			c.cut()
			return
		case <-c.done:
			return
		}
		_ = c.ws.SetWriteDeadline(time.Now().Add(writeWait))
		if c.ws.WriteMessage(kind, data) != nil {
			c.cut()
			return
		}
	}
}
