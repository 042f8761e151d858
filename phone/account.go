package phone

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"os"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
	"webphone/phone/transport"
	"webphone/phone/ua"
	"webphone/phone/watch"
)

// account is one identity while it runs: its UA and what became of it. Owned
// by the loop.
type account struct {
	Account
	// transient accounts (the demonstration's) are not in the settings.
	transient bool
	password  string // of a transient account; others keep theirs in the store

	ctx       context.Context // ends when the account is stopped or restarted
	cancel    context.CancelCauseFunc
	ua        *ua.UA // nil until loaded
	transport *transport.Transport

	stopping bool     // its UA signs out
	next     *Account // what it becomes once its calls have ended or it is stopped; nil = it stays so
	stopped  []func() // to be run then

	state   Connection
	lostAt  time.Time // when the connection was lost; zero while it is there
	problem error
	retryAt time.Time
	server  string

	mailbox *watch.Watch[watch.Mailbox]             // nil before it was asked for
	people  map[string]*watch.Watch[watch.Presence] // by presenceKey

	publisher      *ua.Publisher // of our presence; nil without
	told           watch.Availability
	publishRefused error // why the server takes none; nil = it may
}

var errAccountStopped = errors.New("phone: account stopped")

func (a *account) snapshot() AccountState {
	s := AccountState{
		ID: a.ID, URI: a.URI, DisplayName: a.DisplayName,
		Server: a.server, State: a.state, Problem: a.problem, RetryAt: a.retryAt,
		Voicemail: a.voicemail(), Disabled: a.Disabled, Changing: a.next != nil,
	}
	if s.Server == "" && len(a.Servers) > 0 {
		s.Server = a.Servers[0]
	}
	return s
}

// addAccount makes an account known and, unless it is disabled, starts it.
func (p *Phone) addAccount(cfg Account) *account {
	a := &account{Account: cfg, state: Offline}
	p.state.accounts = append(p.state.accounts, a)
	if !cfg.Disabled {
		p.startAccount(a)
	}
	p.changed()
	return a
}

// startAccount reads what the account needs from disk and keyring and then
// connects.
func (p *Phone) startAccount(a *account) {
	a.ctx, a.cancel = context.WithCancelCause(p.ctx)
	a.state, a.problem, a.retryAt = Connecting, nil, time.Time{}
	type loaded struct {
		password string
		tls      *tls.Config
	}
	cfg, password, transient := a.Account, a.password, a.transient // the loop may change them meanwhile
	loop.Go(a.ctx, p.loop, "load account", func(context.Context) (loaded, error) {
		l := loaded{password: password}
		var err error
		if l.tls, err = tlsConfig(cfg); err != nil {
			return l, &AccountError{URI: cfg.URI, Op: "certificates", Err: err}
		}
		if !transient {
			if l.password, err = p.store.Password(cfg.ID); err != nil {
				return l, &AccountError{URI: cfg.URI, Op: "password", Err: err}
			}
		}
		return l, nil
	}, func(l loaded, err error) {
		if err == nil {
			err = p.connectAccount(a, l.password, l.tls)
		}
		if err != nil {
			a.state, a.problem = Failed, err
			p.changed()
		}
	})
}

// connectAccount builds the account's transport and UA and starts them.
func (p *Phone) connectAccount(a *account, password string, t *tls.Config) error {
	cfg := a.Account
	tr, u, err := p.newUA(cfg, password, t, uaHooks{
		event: func(e ua.Event) { p.onEvent(a, e) },
		peer:  func(o ua.PeerOptions) (ua.Peer, error) { return p.newPeer(cfg, o) },
	})
	if err != nil {
		return err
	}
	a.transport, a.ua = tr, u
	a.people, a.publishRefused = map[string]*watch.Watch[watch.Presence]{}, nil
	u.Start()
	return nil
}

// local reports whether the account's server is on this machine, so that the
// loopback interface leads to whom it serves.
func (a Account) local() bool {
	for _, s := range a.Servers {
		u, err := url.Parse(s)
		if err != nil {
			continue
		}
		ip := net.ParseIP(u.Hostname())
		if u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
			return true
		}
	}
	return false
}

// uaHooks are what a UA asks of whoever made it.
type uaHooks struct {
	event func(ua.Event)
	peer  func(ua.PeerOptions) (ua.Peer, error)
}

func (p *Phone) newUA(cfg Account, password string, t *tls.Config, h uaHooks) (*transport.Transport, *ua.UA, error) {
	uri, err := sip.ParseURI(cfg.URI)
	if err != nil {
		return nil, nil, err
	}
	servers := make([]transport.Server, len(cfg.Servers))
	for i, url := range cfg.Servers {
		servers[i] = transport.Server{URL: url, Weight: len(cfg.Servers) - i}
	}
	tr, err := transport.New(transport.Config{
		Servers: servers, TLS: t, UserAgent: p.options.UserAgent,
		Log: p.log, Trace: p.tracer(cfg.URI),
	}, nil)
	if err != nil {
		return nil, nil, err
	}
	u, err := ua.New(p.loop, ua.Config{
		URI: uri, Transport: tr, NewPeer: h.peer, OnEvent: h.event,
		AuthorizationUser: cfg.AuthUser, Password: password, DisplayName: cfg.DisplayName,
		InstanceID: cfg.Instance, UserAgent: p.options.UserAgent,
		NoAnswerTimeout: p.state.settings.Calls.ringTime(),
		Redirect:        ua.RedirectFollow,

		TrustAssertedIdentity: cfg.TrustIdentity, AutoAnswer: cfg.AutoAnswer,
		Options: ua.OptionsByUser,
		Events:  ua.EventsConfig{Unsolicited: []string{mailboxEvent}},
		Log:     p.log,
	})
	if err != nil {
		return nil, nil, err
	}
	tr.SetHandler(u.Receiver())
	return tr, u, nil
}

func (p *Phone) tracer(uri string) func(transport.Direction, []byte) {
	if p.options.Trace == nil {
		return nil
	}
	return func(d transport.Direction, message []byte) {
		p.options.Trace(uri + " " + d.String() + "\n" + string(message) + "\n")
	}
}

// tlsConfig returns the system's trust, and the account's own authorities
// beside it. It reads a file, so it is for jobs only.
func tlsConfig(a Account) (*tls.Config, error) {
	pem := []byte(a.CAPEM)
	if a.CAFile != "" {
		b, err := os.ReadFile(a.CAFile)
		if err != nil {
			return nil, err
		}
		pem = append(append(pem, '\n'), b...)
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(pem) == 0 {
		return c, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errNoCertificate
	}
	c.RootCAs = pool
	return c, nil
}

var errNoCertificate = errors.New("no PEM certificate in the file")

// stopAccount ends the account's calls, registration and connection, in this
// order. Then it becomes what next says by that time, and done runs on the
// loop, if there is one. It never starts before it has signed out: the server
// could take the old sign-out for that of the new registration.
func (p *Phone) stopAccount(a *account, next *Account, done func()) {
	a.next = next
	if done != nil {
		a.stopped = append(a.stopped, done)
	}
	if a.stopping {
		return
	}
	if a.cancel != nil {
		a.cancel(errAccountStopped)
	}
	a.state, a.problem, a.retryAt = Offline, nil, time.Time{}
	u, tr := a.ua, a.transport
	a.ua, a.transport, a.lostAt = nil, nil, time.Time{}
	a.mailbox, a.people, a.publisher = nil, nil, nil
	p.changed()
	if u == nil {
		p.accountStopped(a)
		return
	}
	a.stopping = true
	u.Stop(func() {
		loop.Go(p.ctx, p.loop, "close transport", func(context.Context) (struct{}, error) {
			tr.Wait()
			return struct{}{}, nil
		}, func(struct{}, error) { p.accountStopped(a) })
	})
}

// accountStopped makes a stopped account what it is to be.
func (p *Phone) accountStopped(a *account) {
	next, done := a.next, a.stopped
	a.stopping, a.next, a.stopped = false, nil, nil
	if next != nil {
		a.Account = *next
		if !a.Disabled && !p.state.closing {
			p.startAccount(a)
		}
		p.changed()
	}
	for _, f := range done {
		f()
	}
}

// stopAccounts stops all of them at once; it is the first step of Close.
func (p *Phone) stopAccounts(done func()) {
	p.state.closing = true
	p.updateTones()
	waiting := 1
	one := func() {
		if waiting--; waiting == 0 {
			done()
		}
	}
	for _, a := range p.state.accounts {
		waiting++
		p.stopAccount(a, nil, one)
	}
	one()
}

// account returns the account with this id, or, for "", the usual one.
func (p *Phone) account(id string) (*account, error) {
	if id == "" {
		chosen := p.state.settings.Calls.Account
		a, ok := usual(p.state.accounts, func(a *account) fitness {
			return fitnessOf(a.ID == chosen, a.state, a.Disabled)
		})
		if !ok {
			return nil, ErrNoAccount
		}
		return a, nil
	}
	for _, a := range p.state.accounts {
		if a.ID == id {
			return a, nil
		}
	}
	return nil, ErrNoAccount
}

// ReconnectNow tries at once instead of waiting for RetryAt.
func (p *Phone) ReconnectNow(accountID string) {
	p.loop.Post("reconnect", func() {
		a, err := p.account(accountID)
		switch {
		case err != nil || a.Disabled || a.stopping:
		case a.ua == nil:
			if a.state == Failed {
				p.startAccount(a)
				p.changed()
			}
		case a.ua.IsConnected():
			a.ua.Register()
		default:
			a.transport.Retry()
		}
	})
}

// onAccountEvent follows the connection and the registration, but for the end
// of those of an account that is being stopped.
func (p *Phone) onAccountEvent(a *account, e ua.Event) {
	if a.stopping {
		return
	}
	switch e := e.(type) {
	case ua.Connecting:
		if a.problem == nil { // a problem stays visible while it is being retried
			a.state = Connecting
		}
		a.server, a.retryAt = e.Server, time.Time{}
	case ua.Connected:
		a.lostAt = time.Time{}
		a.server = e.Server
		a.state, a.problem, a.retryAt = Registering, nil, time.Time{}
	case ua.Disconnected:
		if a.lostAt.IsZero() {
			a.lostAt = time.Now()
		}
		a.retryAt = retryAt(e.RetryIn)
		if e.Err != nil {
			p.log.Info("disconnected", "account", a.URI, "err", e.Err, "retry_in", e.RetryIn)
			a.state, a.problem = Failed, e.Err
		} else {
			a.state = Offline
		}
	case ua.Registering:
		a.state = Registering
	case ua.Registered:
		if a.state != Registered {
			a.askAgain()
		}
		a.state, a.problem, a.retryAt = Registered, nil, time.Time{}
		p.log.Info("registered", "account", a.URI, "server", a.server)
		p.sendQueued(a)
		p.watchMailbox(a)
		p.watchPeople(a)
		p.demoRegistered(a)
	case ua.Unregistered:
		if a.state == Registered {
			a.state = Connecting
		}
	case ua.RegistrationFailed:
		a.state, a.retryAt = Failed, retryAt(e.RetryIn)
		if e.Err != nil {
			a.problem = e.Err
			p.log.Info("registration failed", "account", a.URI, "err", e.Err, "retry_in", e.RetryIn)
		}
	}
	p.changed()
}

func retryAt(in time.Duration) time.Time {
	if in <= 0 {
		return time.Time{}
	}
	return time.Now().Add(in)
}
