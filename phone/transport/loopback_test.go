package transport

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

var discard = log.New(io.Discard, "", 0)

// deadPort returns an address of loopback on which nothing listens.
func deadPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// mute accepts connections and never says a word.
func mute(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
		}
	}()
	return l.Addr().String()
}

func TestProbe_everyFaultIsToldApart(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	valid := time.Now().Add(time.Hour)
	good := ca.issue(t, "127.0.0.1", valid)
	refuse := func(status int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	}
	plain := websocket.Upgrader{}
	noSubprotocol := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ws, err := plain.Upgrade(w, r, nil); err == nil {
			ws.Close()
		}
	})
	otherSubprotocol := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ws, err := plain.Upgrade(w, r, http.Header{"Sec-Websocket-Protocol": {"mqtt"}}); err == nil {
			ws.Close()
		}
	})
	dns := func(e *net.DNSError) func(context.Context, string, string) (net.Conn, error) {
		return func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: e}
		}
	}
	for _, tt := range []struct {
		name   string
		url    string
		dial   func(context.Context, string, string) (net.Conn, error)
		op     Op // "": success
		fault  Fault
		status int
		steps  string
	}{
		{name: "ws works", url: "ws://" + loopback(t, upgraded(drain)) + "/ws", steps: "dns tcp http"},
		{name: "wss works", url: "wss://" + loopback(t, upgraded(drain), good), steps: "dns tcp tls http"},
		{
			name: "certificate of an unknown authority", url: "wss://" + loopback(t, upgraded(drain), other.issue(t, "127.0.0.1", valid)),
			op: OpTLS, fault: FaultUntrusted, steps: "dns tcp !tls",
		},
		{
			name: "certificate made for another host", url: "wss://" + loopback(t, upgraded(drain), ca.issue(t, "elsewhere.example", valid)),
			op: OpTLS, fault: FaultWrongHost, steps: "dns tcp !tls",
		},
		{
			name: "certificate expired", url: "wss://" + loopback(t, upgraded(drain), ca.issue(t, "127.0.0.1", time.Now().Add(-time.Hour))),
			op: OpTLS, fault: FaultExpired, steps: "dns tcp !tls",
		},
		{
			name: "port does not speak TLS", url: "wss://" + loopback(t, upgraded(drain)),
			op: OpTLS, fault: FaultNotTLS, steps: "dns tcp !tls",
		},
		{
			name: "port speaks only TLS", url: "ws://" + loopback(t, upgraded(drain), good),
			op: OpHTTP, fault: FaultNotSIP, status: 400, steps: "dns tcp !http",
		},
		{
			name: "HTTP 404", url: "ws://" + loopback(t, refuse(404)),
			op: OpHTTP, fault: FaultNotSIP, status: 404, steps: "dns tcp !http",
		},
		{
			name: "HTTP 400 over TLS", url: "wss://" + loopback(t, refuse(400), good),
			op: OpHTTP, fault: FaultNotSIP, status: 400, steps: "dns tcp tls !http",
		},
		{
			name: "no subprotocol in the answer", url: "ws://" + loopback(t, noSubprotocol),
			op: OpSubprotocol, fault: FaultNotSIP, steps: "dns tcp !subprotocol",
		},
		{
			name: "another subprotocol in the answer", url: "ws://" + loopback(t, otherSubprotocol),
			op: OpSubprotocol, fault: FaultNotSIP, steps: "dns tcp !subprotocol",
		},
		{
			name: "connection refused", url: "ws://" + deadPort(t),
			op: OpTCP, fault: FaultRefused, steps: "dns !tcp",
		},
		{
			name: "server silent before TLS", url: "wss://" + mute(t),
			op: OpTLS, fault: FaultTimeout, steps: "dns tcp !tls",
		},
		{
			name: "server silent before the upgrade", url: "ws://" + mute(t),
			op: OpHTTP, fault: FaultTimeout, steps: "dns tcp !http",
		},
		{
			name: "no such host", url: "ws://nowhere.invalid", dial: dns(&net.DNSError{Err: "no such host", IsNotFound: true}),
			op: OpDNS, fault: FaultHostNotFound, steps: "!dns",
		},
		{
			name: "no name server", url: "ws://nowhere.invalid", dial: dns(&net.DNSError{Err: "i/o timeout", IsTimeout: true}),
			op: OpDNS, fault: FaultOffline, steps: "!dns",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := Config{
				TLS: &tls.Config{RootCAs: ca.pool()}, Dial: tt.dial,
				DialTimeout: 5 * time.Second,
			}
			if tt.fault == FaultTimeout {
				c.DialTimeout = 50 * time.Millisecond
			}
			var steps []string
			err := Probe(t.Context(), c, tt.url, func(s Step) {
				mark := ""
				if s.Err != nil {
					mark = "!"
				}
				steps = append(steps, mark+string(s.Op))
			})
			if got := strings.Join(steps, " "); got != tt.steps {
				t.Errorf("steps %q, want %q", got, tt.steps)
			}
			if tt.op == "" {
				if err != nil {
					t.Errorf("error %v", err)
				}
				return
			}
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v is no *Error", err)
			}
			if e.Op != tt.op || e.Fault() != tt.fault || e.Status != tt.status || e.Server != tt.url {
				t.Errorf("op %q fault %q status %d server %q: %v", e.Op, e.Fault(), e.Status, e.Server, err)
			}
		})
	}
}

func TestProbe_realResolver_unknownHostIsDNS(t *testing.T) {
	// .invalid never resolves (RFC 6761 §6.4); with or without a name server
	// that is a failure of the first step.
	err := Probe(t.Context(), Config{}, "ws://nowhere.invalid", nil)
	var e *Error
	if !errors.As(err, &e) || e.Op != OpDNS || e.Host != "nowhere.invalid:80" {
		t.Errorf("error %v", err)
	}
}

func TestProbe_addressNotUnderstood(t *testing.T) {
	err := Probe(t.Context(), Config{}, "http://example.com", nil)
	if e := (*ConfigError)(nil); !errors.As(err, &e) {
		t.Errorf("error %v, want a *ConfigError", err)
	}
}

func TestProbe_cancelled_returnsTheCause(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	steps := 0
	err := Probe(ctx, Config{}, "ws://"+mute(t), func(s Step) {
		steps++
		if s.Op == OpTCP {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || steps != 2 {
		t.Errorf("error %v after %d steps", err, steps)
	}
}

func TestError_certificateIsReachable(t *testing.T) {
	ca := newAuthority(t)
	addr := loopback(t, upgraded(drain), ca.issue(t, "127.0.0.1", time.Now().Add(time.Hour)))
	err := Probe(t.Context(), Config{}, "wss://"+addr, nil)
	if u := (x509.UnknownAuthorityError{}); !errors.As(err, &u) {
		t.Fatalf("error %v", err)
	}
	var e *Error
	errors.As(err, &e)
	if c := e.Certificate(); c == nil || c.Subject.CommonName != "127.0.0.1" {
		t.Errorf("certificate %v", c)
	}
	if f := e.Fingerprint(); len(f) != 32*3-1 || f[2] != ':' {
		t.Errorf("fingerprint %q", f)
	}
	if f := (&Error{Err: os.ErrClosed}).Fingerprint(); f != "" {
		t.Errorf("fingerprint without a certificate: %q", f)
	}
}

func TestProbe_upgradeRequest(t *testing.T) {
	var got http.Header
	h := upgraded(drain)
	addr := loopback(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		h.ServeHTTP(w, r)
	}))
	c := Config{UserAgent: "Webphone", Header: http.Header{"X-Test": {"1"}}}
	if err := Probe(t.Context(), c, "WS://"+addr+"/ws?a=b", nil); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Sec-Websocket-Protocol": "sip", "User-Agent": "Webphone", "X-Test": "1",
	} {
		if got.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Get(name), want)
		}
	}
	if len(c.Header) != 1 {
		t.Error("the caller's header was changed")
	}
}

// connectProxy is an HTTP proxy that knows CONNECT alone.
func connectProxy(t *testing.T, status int) (addr string, asked chan *http.Request) {
	asked = make(chan *http.Request, 10)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r, err := http.ReadRequest(bufio.NewReader(c))
			if err != nil {
				c.Close()
				continue
			}
			asked <- r
			fmt.Fprintf(c, "HTTP/1.1 %d %s\r\n\r\n", status, http.StatusText(status))
			if status != 200 {
				c.Close()
				continue
			}
			onward, err := net.Dial("tcp", r.Host)
			if err != nil {
				c.Close()
				continue
			}
			go func() { io.Copy(onward, c); onward.Close() }()
			go func() { io.Copy(c, onward); c.Close() }()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String(), asked
}

func TestProbe_throughProxy(t *testing.T) {
	ca := newAuthority(t)
	server := loopback(t, upgraded(drain), ca.issue(t, "127.0.0.1", time.Now().Add(time.Hour)))
	for _, tt := range []struct {
		name   string
		status int
		op     Op
		steps  string
	}{
		{"tunnel", 200, "", "dns tcp tls http"},
		{"refused", 407, OpProxy, "dns !proxy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			proxy, asked := connectProxy(t, tt.status)
			c := Config{
				TLS: &tls.Config{RootCAs: ca.pool()},
				Proxy: func(r *http.Request) (*url.URL, error) {
					if r.URL.Scheme != "https" {
						t.Errorf("asked for the proxy of %v", r.URL)
					}
					return url.Parse("http://me:pw@" + proxy)
				},
			}
			var steps []string
			err := Probe(t.Context(), c, "wss://"+server, func(s Step) {
				mark := ""
				if s.Err != nil {
					mark = "!"
				}
				steps = append(steps, mark+string(s.Op))
			})
			if got := strings.Join(steps, " "); got != tt.steps {
				t.Errorf("steps %q, want %q", got, tt.steps)
			}
			var e *Error
			if errors.As(err, &e); tt.op == "" && err != nil || tt.op != "" && (e == nil || e.Op != tt.op || e.Status != tt.status) {
				t.Errorf("error %v", err)
			}
			r := <-asked
			if r.Method != "CONNECT" || r.Host != server || r.Header.Get("Proxy-Authorization") != "Basic bWU6cHc=" {
				t.Errorf("asked %s %s %v", r.Method, r.Host, r.Header)
			}
		})
	}
}

func TestTransport_loopback_ws_and_wss(t *testing.T) {
	ca := newAuthority(t)
	cert := ca.issue(t, "127.0.0.1", time.Now().Add(time.Hour))
	for _, tt := range []struct {
		scheme, via string
		certs       []tls.Certificate
	}{{"ws", "WS", nil}, {"wss", "WSS", []tls.Certificate{cert}}} {
		t.Run(tt.scheme, func(t *testing.T) {
			addr := loopback(t, upgraded(echo), tt.certs...)
			j := newJournal()
			tr := running(t, Config{
				Servers: []Server{{URL: tt.scheme + "://" + addr + "/ws"}},
				TLS:     &tls.Config{RootCAs: ca.pool()},
			}, j)
			j.await(t, "connected")
			if !tr.Connected() || tr.Via() != tt.via {
				t.Errorf("connected %v via %s", tr.Connected(), tr.Via())
			}
			if want := "sip:" + addr + ";transport=ws;lr"; tr.ServerURI().String() != want {
				t.Errorf("server URI %s, want %s", tr.ServerURI(), want)
			}
			if err := tr.Send(message("over-"+tt.scheme, "hello")); err != nil {
				t.Fatal(err)
			}
			j.await(t, "receive over-"+tt.scheme)
		})
	}
}
