package demo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"webphone/phone/loop"
	"webphone/phone/sip"
	"webphone/phone/transport"
	"webphone/phone/ua"
)

// relay joins two WebSockets: what one says the other hears, unread.
type relay struct {
	mu    sync.Mutex
	conns []*websocket.Conn
	ready chan struct{} // closed once both are there
}

func (r *relay) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	u := websocket.Upgrader{Subprotocols: []string{"sip"}, CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := u.Upgrade(w, q, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	r.mu.Lock()
	i := len(r.conns)
	r.conns = append(r.conns, ws)
	r.mu.Unlock()
	if i == 1 {
		close(r.ready)
	}
	<-r.ready
	for {
		kind, data, err := ws.ReadMessage()
		if err != nil {
			return
		}
		if err := r.conns[1-i].WriteMessage(kind, data); err != nil {
			return
		}
	}
}

// bencher is a user agent over a real WebSocket that accepts every message.
type bencher struct {
	loop  *loop.Loop
	tr    *transport.Transport
	ua    *ua.UA
	ready chan struct{}
}

func newBencher(b *testing.B, uri, password, url string, trust *tls.Config) *bencher {
	p := &bencher{loop: loop.New(loop.Options{SlowTurn: -1}), ready: make(chan struct{}, 10)}
	quiet := slog.New(slog.DiscardHandler)
	var err error
	p.tr, err = transport.New(transport.Config{Servers: []transport.Server{{URL: url}}, TLS: trust, Log: quiet}, nil)
	if err != nil {
		b.Fatal(err)
	}
	address, err := sip.ParseURI(uri)
	if err != nil {
		b.Fatal(err)
	}
	p.ua, err = ua.New(p.loop, ua.Config{
		URI: address, Password: password, NoRegister: password == "", Transport: p.tr, Log: quiet,
		NewPeer: func(ua.PeerOptions) (ua.Peer, error) { return nil, context.Canceled },
		OnEvent: func(e ua.Event) {
			switch e := e.(type) {
			case ua.Connected:
				if password == "" {
					p.ready <- struct{}{}
				}
			case ua.Registered:
				p.ready <- struct{}{}
			case ua.NewMessage:
				if e.Originator == ua.Remote {
					_ = e.Message.Accept(ua.ReplyOptions{}) // fails only when it is answered already
				}
			}
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	p.tr.SetHandler(p.ua.Receiver())
	p.do(b, p.ua.Start)
	<-p.ready
	return p
}

func (p *bencher) do(b *testing.B, f func()) {
	if err := p.loop.Do(context.Background(), "bench", f); err != nil {
		b.Fatal(err)
	}
}

func (p *bencher) close(b *testing.B) {
	stopped := make(chan struct{})
	p.do(b, func() { p.ua.Stop(func() { close(stopped) }) })
	<-stopped
	p.tr.Wait()
	p.loop.Close()
}

// BenchmarkMessages is MESSAGE transactions from one user agent to another over
// real WebSockets on loopback: through a relay that only passes frames on, and
// through the server with its location service and digest authentication.
func BenchmarkMessages(b *testing.B) {
	b.Run("relay", func(b *testing.B) {
		s := httptest.NewServer(&relay{ready: make(chan struct{})})
		defer s.Close()
		url := "ws" + s.URL[len("http"):]
		alice := newBencher(b, "sip:alice@example.com", "", url, nil)
		bob := newBencher(b, "sip:bob@example.com", "", url, nil)
		writeMany(b, alice)
		alice.close(b)
		bob.close(b)
	})
	b.Run("server", func(b *testing.B) {
		s, err := Start(b.Context(), Options{Accounts: testAccounts})
		if err != nil {
			b.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(s.CAPEM())
		trust := &tls.Config{RootCAs: roots}
		alice := newBencher(b, "sip:alice@"+s.Domain(), "wonderland", s.URL(), trust)
		bob := newBencher(b, "sip:bob@"+s.Domain(), "builder", s.URL(), trust)
		writeMany(b, alice)
		alice.close(b)
		bob.close(b)
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
}

// writeMany has alice write to bob, with some messages under way at any time.
func writeMany(b *testing.B, alice *bencher) {
	const window = 100
	slots := make(chan struct{}, window)
	done := func(_ *sip.Response, err *ua.EndError) {
		if err != nil {
			b.Error(err)
		}
		<-slots
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		slots <- struct{}{}
		alice.loop.Post("send", func() {
			if _, err := alice.ua.SendMessage("bob", "hello", ua.MessageOptions{Done: done}); err != nil {
				b.Error(err)
			}
		})
	}
	for range window {
		slots <- struct{}{}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "transactions/s")
	b.StopTimer()
}
