package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// attempt is one run from DNS to upgraded WebSocket. It belongs to its caller.
type attempt struct {
	c      *Config // with defaults
	e      *endpoint
	onStep func(Step) // nil: nobody watches
	since  time.Time  // start of the running step
}

// dial connects to e. Its error is an *Error, or the cause of ctx if the
// caller cancelled it. The returned conn is the one below the WebSocket.
func (c *Config) dial(ctx context.Context, e *endpoint, onStep func(Step)) (*websocket.Conn, *liveConn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.DialTimeout, os.ErrDeadlineExceeded)
	defer cancel()
	a := &attempt{c: c, e: e, onStep: onStep, since: time.Now()}

	conn, err := a.reach(ctx)
	if err != nil {
		return nil, nil, err
	}
	if e.secure {
		secured, err := a.secure(ctx, conn)
		if err != nil {
			conn.Close()
			return nil, nil, err
		}
		conn = secured
	}
	live := &liveConn{Conn: conn, idle: c.PingInterval + pongWait}
	ws, err := a.upgrade(ctx, live)
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	ws.SetReadLimit(c.ReadLimit)
	return ws, live, nil
}

// done reports the end of a step and starts the next.
func (a *attempt) done(op Op, err error) {
	now := time.Now()
	if a.onStep != nil {
		a.onStep(Step{Op: op, Err: err, Took: now.Sub(a.since)})
	}
	a.since = now
}

// fail reports the failed step and returns its error. When ctx is over, the
// error that its end provoked on the connection says less than its cause.
func (a *attempt) fail(ctx context.Context, op Op, status int, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
		if errors.Is(err, context.Canceled) {
			return err
		}
	}
	failure := &Error{Op: op, Server: a.e.raw, Host: a.e.addr, Status: status, Err: err}
	a.done(op, failure)
	return failure
}

// reach opens the TCP connection, through a proxy where one is configured.
func (a *attempt) reach(ctx context.Context) (net.Conn, error) {
	resolved := false
	finishDNS := func() {
		if !resolved {
			resolved = true
			a.done(OpDNS, nil)
		}
	}
	dial, addr := a.c.Dial, a.e.addr
	var proxy *url.URL
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
		var err error
		if proxy, err = a.proxy(); err != nil {
			return nil, a.fail(ctx, OpProxy, 0, err)
		}
		if proxy != nil {
			addr = proxy.Host
		}
		if host, _, _ := net.SplitHostPort(addr); isAddress(host) {
			finishDNS() // there is nothing to look up
		}
	}
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSDone: func(info httptrace.DNSDoneInfo) {
			if info.Err == nil {
				finishDNS()
			}
		},
	})
	conn, err := dial(traced, "tcp", addr)
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) && !resolved {
		return nil, a.fail(ctx, OpDNS, 0, err)
	}
	finishDNS()
	if err != nil {
		return nil, a.fail(ctx, OpTCP, 0, err)
	}
	if proxy != nil {
		if status, err := connectThrough(ctx, conn, proxy, a.e.addr); err != nil {
			conn.Close()
			return nil, a.fail(ctx, OpProxy, status, fmt.Errorf("proxy %s: %w", proxy.Host, err))
		}
	}
	a.done(OpTCP, nil)
	return conn, nil
}

// proxy returns the proxy for the server, with a port, or nil.
func (a *attempt) proxy() (*url.URL, error) {
	// Proxies are configured for http and https, not for ws and wss.
	u := *a.e.url
	u.Scheme = "http"
	if a.e.secure {
		u.Scheme = "https"
	}
	proxy, err := a.c.Proxy(&http.Request{URL: &u})
	if err != nil || proxy == nil {
		return nil, err
	}
	if proxy.Scheme != "http" {
		return nil, fmt.Errorf("proxies of kind %q cannot be used", proxy.Scheme)
	}
	if proxy.Port() == "" {
		proxy = &url.URL{Scheme: proxy.Scheme, User: proxy.User, Host: net.JoinHostPort(proxy.Hostname(), "80")}
	}
	return proxy, nil
}

// connectThrough asks the proxy at the other end of conn for a tunnel to addr
// (RFC 9110 §9.3.6). The status is 0 if there was no answer.
func connectThrough(ctx context.Context, conn net.Conn, proxy *url.URL, addr string) (status int, err error) {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	req := &http.Request{
		Method: http.MethodConnect,
		URL:    &url.URL{Opaque: addr},
		Host:   addr,
		Header: make(http.Header),
	}
	if u := proxy.User; u != nil {
		password, _ := u.Password()
		basic := &http.Request{Header: make(http.Header)}
		basic.SetBasicAuth(u.Username(), password)
		req.Header.Set("Proxy-Authorization", basic.Header.Get("Authorization"))
	}
	if err := req.Write(conn); err != nil {
		return 0, err
	}
	// One byte at a time: what follows the answer belongs to the tunnel.
	resp, err := http.ReadResponse(bufio.NewReaderSize(oneByte{conn}, 16), req)
	if err != nil {
		return 0, err
	}
	if resp.StatusCode/100 != 2 {
		return resp.StatusCode, errors.New(resp.Status)
	}
	return resp.StatusCode, nil
}

// oneByte reads single bytes, so that a bufio.Reader above it never reads
// ahead.
type oneByte struct{ io.Reader }

func (r oneByte) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(len(p), 1)]) }

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// secure makes the TLS handshake on conn.
func (a *attempt) secure(ctx context.Context, conn net.Conn) (net.Conn, error) {
	cfg := a.c.TLS.Clone()
	if cfg == nil {
		cfg = &tls.Config{}
	}
	if cfg.ServerName == "" {
		cfg.ServerName = a.e.url.Hostname()
	}
	cfg.NextProtos = []string{"http/1.1"} // WebSocket over HTTP/2 is another protocol
	t := tls.Client(conn, cfg)
	if err := t.HandshakeContext(ctx); err != nil {
		return nil, a.fail(ctx, OpTLS, 0, err)
	}
	a.done(OpTLS, nil)
	return t, nil
}

// upgrade makes the WebSocket handshake on conn (RFC 7118 §4.1).
func (a *attempt) upgrade(ctx context.Context, conn net.Conn) (*websocket.Conn, error) {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	given := func(context.Context, string, string) (net.Conn, error) { return conn, nil }
	d := websocket.Dialer{
		NetDialContext:    given,
		NetDialTLSContext: given,
		Subprotocols:      []string{Subprotocol},
	}
	header := a.c.Header.Clone()
	if header == nil {
		header = make(http.Header)
	}
	if a.c.UserAgent != "" {
		header.Set("User-Agent", a.c.UserAgent)
	}
	u := *a.e.url
	u.Scheme = strings.ToLower(u.Scheme)
	ws, resp, err := d.DialContext(ctx, u.String(), header)
	if err != nil {
		status := 0
		if resp != nil && errors.Is(err, websocket.ErrBadHandshake) {
			status = resp.StatusCode
			err = fmt.Errorf("the server answered %s", strings.TrimSpace(resp.Status))
		}
		return nil, a.fail(ctx, OpHTTP, status, err)
	}
	if got := ws.Subprotocol(); !strings.EqualFold(got, Subprotocol) {
		err := fmt.Errorf("the server chose the subprotocol %q instead of %q", got, Subprotocol)
		return nil, a.fail(ctx, OpSubprotocol, 0, err)
	}
	if !stop() {
		return nil, a.fail(ctx, OpHTTP, 0, context.Cause(ctx))
	}
	a.done(OpHTTP, nil)
	return ws, nil
}
