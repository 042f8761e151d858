// Package transport carries SIP messages over one of several WebSocket
// servers (RFC 7118): it connects, fails over by weight, reconnects with
// backoff, keeps the connection alive and notices when it is dead.
//
//	t, err := transport.New(transport.Config{
//		Servers: []transport.Server{{URL: "wss://sip.example.com/ws"}},
//	}, handler)
//	t.Start()
//	err = t.Send(request)
//	t.Close()
//	t.Wait()
package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"webphone/phone/sip"
)

// Specification constants.
const (
	// Subprotocol is what the upgrade asks for and the server must echo
	// (RFC 7118 §4.1).
	Subprotocol = "sip"
)

// Implementation constants: the defaults of Config and our own limits.
const (
	DefaultMin          = 2 * time.Second
	DefaultMax          = 30 * time.Second
	DefaultPingInterval = 5 * time.Second
	DefaultDialTimeout  = 10 * time.Second
	DefaultReadLimit    = 1 << 20 // bytes

	pongWait      = 4500 * time.Millisecond // silence allowed beyond one ping interval
	watchInterval = 500 * time.Millisecond  // how often this machine is looked at
	lookInterval  = 30 * time.Second        // how often its addresses are, where the system tells of their changes
	wakeJump      = 5 * time.Second         // wall clock ahead of the monotonic one: it slept
	checkWait     = 3 * time.Second         // silence allowed after a check of the connection
	writeTimeout  = 10 * time.Second
	flushTimeout  = time.Second            // for what is queued when Close is called
	queueLength   = 256                    // messages
	failoverWait  = 100 * time.Millisecond // before another server is tried
	failureMemory = time.Minute            // a failure before that says nothing of a server
)

// Server is one WebSocket server.
type Server struct {
	URL string // ws:// or wss://, with path
	// Weight decides which server is tried first: a higher one before a
	// lower one, equal ones in random order. It may not be negative.
	Weight int
}

// Config describes a Transport. Only Servers must be set.
type Config struct {
	Servers []Server
	// TLS is used for wss servers; nil means the roots of the system. It is
	// not changed. An empty ServerName means the host of the URL.
	TLS *tls.Config
	// Min and Max bound the wait before a reconnect; 0 means 2 s and 30 s.
	Min, Max time.Duration
	// PingInterval is the time between WebSocket pings; 0 means 5 s. A
	// connection on which nothing was read for PingInterval+4.5 s is dead:
	// by default within 10 s.
	PingInterval time.Duration
	// DialTimeout bounds one attempt from DNS to upgrade; 0 means 10 s.
	DialTimeout time.Duration
	// Dial opens the TCP connection; nil means net.Dialer, through a proxy
	// where Proxy names one.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Proxy returns the HTTP proxy for a server, or nil for none; nil means
	// http.ProxyFromEnvironment, which has none for loopback. It is not
	// asked when Dial is set.
	Proxy func(*http.Request) (*url.URL, error)
	// Header is added to the upgrade request.
	Header http.Header
	// UserAgent is the User-Agent of the upgrade request; "" sends none.
	UserAgent string
	// Trace, if not nil, gets every message that was sent or received, with
	// credentials masked. Calls do not overlap; it must not block.
	Trace func(Direction, []byte)
	// Log receives what happens to the connection; nil means slog.Default.
	Log *slog.Logger
	// ReadLimit is the largest message accepted, in bytes; 0 means 1 MiB.
	// A larger one ends the connection.
	ReadLimit int64
}

// ConfigError says which field of a Config cannot be used. Err wraps the
// reason.
type ConfigError struct {
	Field string
	Value string
	Err   error
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("transport: %s %q: %v", e.Field, e.Value, e.Err)
}

func (e *ConfigError) Unwrap() error { return e.Err }

// Validate returns a *ConfigError for the first field that cannot be used.
func (c Config) Validate() error {
	if len(c.Servers) == 0 {
		return &ConfigError{"Servers", "", errors.New("no server")}
	}
	for _, s := range c.Servers {
		if _, err := parseServer(s); err != nil {
			return err
		}
	}
	c = c.withDefaults()
	for _, d := range []struct {
		field string
		value time.Duration
	}{
		{"Min", c.Min},
		{"Max", c.Max},
		{"PingInterval", c.PingInterval},
		{"DialTimeout", c.DialTimeout},
	} {
		if d.value < 0 {
			return &ConfigError{d.field, d.value.String(), errors.New("negative")}
		}
	}
	if c.Min > c.Max {
		return &ConfigError{"Min", c.Min.String(), fmt.Errorf("longer than Max, %v", c.Max)}
	}
	if c.ReadLimit < 0 {
		return &ConfigError{"ReadLimit", strconv.FormatInt(c.ReadLimit, 10), errors.New("negative")}
	}
	return nil
}

func (c Config) withDefaults() Config {
	setDefault(&c.Min, DefaultMin)
	setDefault(&c.Max, max(DefaultMax, c.Min))
	setDefault(&c.PingInterval, DefaultPingInterval)
	setDefault(&c.DialTimeout, DefaultDialTimeout)
	setDefault(&c.ReadLimit, DefaultReadLimit)
	if c.Proxy == nil {
		c.Proxy = http.ProxyFromEnvironment
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// endpoint is a Server that was understood. Its fields do not change but for
// failed, which the goroutine of the Transport sets: when it last did, nil for
// never or forgotten.
type endpoint struct {
	url    *url.URL
	raw    string // as configured: what handlers and errors are told
	addr   string // host:port to dial
	secure bool
	weight int
	failed atomic.Pointer[time.Time]
}

// fail notes that the server has failed now.
func (e *endpoint) fail() {
	now := time.Now()
	e.failed.Store(&now)
}

// failedLately reports a failure that still speaks against the server.
func (e *endpoint) failedLately() bool {
	at := e.failed.Load()
	return at != nil && time.Since(*at) < failureMemory
}

func parseServer(s Server) (*endpoint, error) {
	fail := func(err error) (*endpoint, error) {
		return nil, &ConfigError{"Servers", s.URL, err}
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		if e := (*url.Error)(nil); errors.As(err, &e) {
			err = e.Err // without the address, which ConfigError repeats
		}
		return fail(err)
	}
	e := &endpoint{url: u, raw: s.URL, weight: s.Weight}
	port := u.Port()
	switch strings.ToLower(u.Scheme) {
	case "ws":
		setDefault(&port, "80")
	case "wss":
		setDefault(&port, "443")
		e.secure = true
	default:
		return fail(errors.New("does not start with ws:// or wss://"))
	}
	switch n, err := strconv.Atoi(port); {
	case u.Hostname() == "":
		return fail(errors.New("has no host"))
	case err != nil || n < 1 || n > 65535:
		return fail(errors.New("the port is not between 1 and 65535"))
	case u.User != nil:
		return fail(errors.New("may not contain a user name or password"))
	case u.Fragment != "":
		return fail(errors.New("may not contain a fragment")) // RFC 6455 §3
	case s.Weight < 0:
		return fail(errors.New("the weight is negative"))
	}
	e.addr = net.JoinHostPort(u.Hostname(), port)
	return e, nil
}

// via is the transport of Via header fields sent to the server (RFC 7118 §5).
func (e *endpoint) via() string {
	if e.secure {
		return "WSS"
	}
	return "WS"
}

// uri is the Route that leads to the server.
func (e *endpoint) uri() sip.URI {
	host := strings.ToLower(e.url.Hostname())
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	port, _ := strconv.Atoi(e.url.Port()) // parseServer has checked it
	return sip.URI{
		Scheme: "sip",
		Host:   host,
		Port:   port,
		Params: sip.Params{{Name: "transport", Value: "ws"}, {Name: "lr", Flag: true}},
	}
}
