package demo

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// Domain is the default domain; the name can never exist (RFC 2606). EchoURI
// is whom to call in it to hear oneself.
const (
	Domain  = "demo.webphone.invalid"
	EchoURI = "sip:echo@" + Domain
)

// ServerName is the Server header field of what the server answers.
const ServerName = "webphone-demo (for demonstration and tests only)"

// Account is somebody who may register.
type Account struct {
	User        string // user part of the address
	Password    string // "" means a random one
	DisplayName string
}

// String hides the password.
func (a Account) String() string { return a.User }

// LogValue hides the password.
func (a Account) LogValue() slog.Value { return slog.StringValue(a.User) }

// Options describes a Server; the zero value is a good one.
type Options struct {
	// Domain is the domain of the addresses; "" means the constant Domain.
	Domain string
	// Accounts may register; none means one account, "you".
	Accounts []Account
	// NoRobots leaves out the robots, see Server.Robots.
	NoRobots bool
	// Algorithms are the digest algorithms of the challenges, in their
	// order; nil means SHA-256 and MD5.
	Algorithms []string
	// ProxyRealm is the realm of the challenges of the proxy; "" means
	// Domain, which is always that of the registrar.
	ProxyRealm string
	// NonceLife is how long a nonce is good; 0 means 5 minutes.
	NonceLife time.Duration
	// MinExpires is the least registration interval: less is answered 423;
	// 0 means 10 s.
	MinExpires time.Duration
	// Listener, if not nil, is listened on in place of 127.0.0.1:0. The
	// server closes it.
	Listener net.Listener
	// Dial is how the robots reach Listener; nil means over the network.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Plain serves ws:// in place of wss://.
	Plain bool
	// Log receives what is unexpected; nil means nothing is logged.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Domain == "" {
		o.Domain = Domain
	}
	o.Accounts = slices.Clone(o.Accounts) // passwords are filled in
	if len(o.Accounts) == 0 {
		o.Accounts = []Account{{User: "you", DisplayName: "You"}}
	}
	if o.Algorithms == nil {
		o.Algorithms = []string{"SHA-256", "MD5"}
	}
	if o.ProxyRealm == "" {
		o.ProxyRealm = o.Domain
	}
	if o.NonceLife == 0 {
		o.NonceLife = 5 * time.Minute
	}
	if o.MinExpires == 0 {
		o.MinExpires = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Server is a running server. Its methods may be called from any goroutine.
type Server struct {
	options Options
	url     string
	self    sip.URI // of Record-Route
	tag     string  // begins every To tag the server makes
	caPEM   []byte
	log     *slog.Logger
	loop    *loop.Loop
	http    *http.Server
	tasks   sync.WaitGroup // goroutines of the listener and of connections
	stop    context.CancelFunc
	closing sync.Once
	closed  error       // what Close returns
	unlink  func() bool // from the context of Start
	robots  *crew       // nil without robots

	// All below belongs to the loop.

	accounts    map[string]Account
	connections map[*connection]struct{}
	location    location
	nonces      map[string]*nonce
	exchanges   map[string]*exchange // by server transaction
	branches    map[string]*branch   // by branch parameter
}

// Start starts a server. It ends with Close, or when ctx ends.
func Start(ctx context.Context, o Options) (*Server, error) {
	o = o.withDefaults()
	s := &Server{
		options:     o,
		log:         o.Log,
		tag:         sip.NewToken(8) + ".",
		accounts:    map[string]Account{},
		connections: map[*connection]struct{}{},
		location:    newLocation(),
		nonces:      map[string]*nonce{},
		exchanges:   map[string]*exchange{},
		branches:    map[string]*branch{},
	}
	if !o.NoRobots {
		s.options.Accounts = append(s.options.Accounts, robotAccounts()...)
	}
	for i, a := range s.options.Accounts {
		if a.User == "" {
			return nil, errors.New("demo: an account without a user")
		}
		if a.Password == "" {
			a.Password = sip.NewToken(20)
			s.options.Accounts[i] = a
		}
		s.accounts[a.User] = a
	}
	if err := s.listen(); err != nil {
		return nil, err
	}
	if !o.NoRobots {
		var err error
		if s.robots, err = startRobots(ctx, s); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	s.unlink = context.AfterFunc(ctx, func() { _ = s.Close() })
	return s, nil
}

// listen opens the listener and serves it.
func (s *Server) listen() error {
	l := s.options.Listener
	if l == nil {
		var err error
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return fmt.Errorf("demo: %w", err)
		}
	}
	host, port := "127.0.0.1", 0
	if h, p, err := net.SplitHostPort(l.Addr().String()); err == nil {
		host = h
		port, _ = strconv.Atoi(p)
	}
	s.self = sip.URI{Scheme: "sip", Host: host, Port: port, Params: sip.Params{{Name: "transport", Value: "ws"}, {Name: "lr", Flag: true}}}
	scheme := "ws"
	if !s.options.Plain {
		scheme = "wss"
		certificate, ca, err := makeCertificate(host, s.options.Domain)
		if err != nil {
			l.Close()
			return fmt.Errorf("demo: certificate: %w", err)
		}
		s.caPEM = ca
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}})
	}
	s.url = scheme + "://" + s.self.Host
	if port != 0 {
		s.url = scheme + "://" + net.JoinHostPort(host, strconv.Itoa(port))
	}
	s.url += "/ws"
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	s.loop = loop.New(loop.Options{Log: s.log, SlowTurn: -1})
	s.http = &http.Server{
		Handler:           s.handler(ctx),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.tasks.Go(func() {
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("demo server stopped listening", "err", err)
		}
	})
	return nil
}

// URL returns the WebSocket address to connect to.
func (s *Server) URL() string { return s.url }

// CAPEM returns the certificate of the authority that vouches for the server,
// made for this server alone, in PEM; nil when it is Plain.
func (s *Server) CAPEM() []byte { return s.caPEM }

// Domain returns the domain of the addresses.
func (s *Server) Domain() string { return s.options.Domain }

// Accounts returns the accounts with their passwords: those of Options, then
// those of the robots.
func (s *Server) Accounts() []Account { return append([]Account(nil), s.options.Accounts...) }

// UserURI returns the address of the first account: the person's.
func (s *Server) UserURI() string { return s.URI(s.options.Accounts[0].User).String() }

// UserPassword returns the password of the first account.
func (s *Server) UserPassword() string { return s.options.Accounts[0].Password }

// URI returns the address of a user.
func (s *Server) URI(user string) sip.URI {
	return sip.URI{Scheme: "sip", User: sip.EscapeUser(user), Host: s.options.Domain}
}

// Drop cuts the connections over which that user is registered, without a
// farewell, as a failing network would. It returns how many there were.
func (s *Server) Drop(user string) int {
	n := 0
	_ = s.loop.Do(context.Background(), "drop", func() {
		for _, b := range s.location.of(user) {
			if b.via.alive() {
				b.via.cut()
				n++
			}
		}
	})
	return n
}

// Registered returns how many contacts that user has now.
func (s *Server) Registered(user string) int {
	n := 0
	_ = s.loop.Do(context.Background(), "registered", func() { n = len(s.location.of(user)) })
	return n
}

// Close ends all connections and waits for every goroutine. A second Close
// waits for the first. The error is the listener's.
func (s *Server) Close() error {
	s.closing.Do(func() {
		if s.unlink != nil {
			s.unlink()
		}
		if s.robots != nil {
			s.robots.close()
		}
		s.closed = s.http.Close() // of the listener; hijacked connections follow
		s.stop()
		s.tasks.Wait()
		s.loop.Close()
	})
	return s.closed
}
