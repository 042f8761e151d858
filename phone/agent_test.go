package phone_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"testing"

	"webphone/phone/demo"
	"webphone/phone/loop"
	"webphone/phone/sip"
	"webphone/phone/transport"
	"webphone/phone/ua"
)

// agent is a user agent without a phone around it: another device, or a
// service, at the same server.
type agent struct {
	t    *testing.T
	loop *loop.Loop
	ua   *ua.UA
	// newPeer gives its calls sound; nil: it takes none. Set through do.
	newPeer func(ua.PeerOptions) (ua.Peer, error)
}

// newAgent signs in and hands every event to on, on its loop.
func newAgent(t *testing.T, s *demo.Server, user, password string, served []string, on func(*agent, ua.Event)) *agent {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CAPEM())
	log := slog.New(slog.DiscardHandler)
	a := &agent{t: t, loop: loop.New(loop.Options{Log: log})}
	tr, err := transport.New(transport.Config{
		Servers: []transport.Server{{URL: s.URL(), Weight: 1}}, TLS: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, Log: log,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	registered := make(chan struct{}, 8)
	a.ua, err = ua.New(a.loop, ua.Config{
		URI: s.URI(user), Password: password, Transport: tr, Log: log, InstanceID: sip.NewUUID(),
		NewPeer: func(o ua.PeerOptions) (ua.Peer, error) {
			if a.newPeer == nil {
				return nil, errors.New("no media")
			}
			return a.newPeer(o)
		},
		Events: ua.EventsConfig{Served: served},
		OnEvent: func(e ua.Event) {
			if _, ok := e.(ua.Registered); ok {
				registered <- struct{}{}
			}
			on(a, e)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	tr.SetHandler(a.ua.Receiver())
	a.do(a.ua.Start)
	t.Cleanup(func() {
		ended := make(chan struct{})
		a.do(func() { a.ua.Stop(func() { close(ended) }) })
		<-ended
		tr.Wait()
		a.loop.Close()
	})
	<-registered
	return a
}

// do runs f on the agent's loop.
func (a *agent) do(f func()) { a.loop.Do(a.t.Context(), "test", f) }
