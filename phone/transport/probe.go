package transport

import (
	"context"
	"time"

	"github.com/gorilla/websocket"
)

// Step is one finished step of a Probe: OpDNS, OpTCP, OpTLS (wss only), then
// OpHTTP for the upgrade. A failed step may instead be OpProxy or
// OpSubprotocol.
type Step struct {
	Op   Op
	Err  error // an *Error; nil: the step succeeded
	Took time.Duration
}

// Probe connects to url once, as a Transport with configuration c would, and
// closes the connection again. It calls onStep, which may be nil, at the end
// of each step from its own goroutine, and stops at the first that fails,
// returning the *Error (a *ConfigError if url is not understood, the cause of
// ctx if that is cancelled). c.Servers is not looked at.
//
// Behind a proxy OpDNS and OpTCP are about the way to and through the proxy.
func Probe(ctx context.Context, c Config, url string, onStep func(Step)) error {
	c.Servers = []Server{{URL: url}}
	if err := c.Validate(); err != nil {
		return err
	}
	c = c.withDefaults()
	e, err := parseServer(c.Servers[0])
	if err != nil {
		return err
	}
	ws, _, err := c.dial(ctx, e, onStep)
	if err != nil {
		return err
	}
	bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	// The server learns that this was on purpose; it matters to nobody if
	// that fails.
	_ = ws.WriteControl(websocket.CloseMessage, bye, time.Now().Add(flushTimeout))
	ws.Close()
	return nil
}
