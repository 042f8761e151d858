package phone

import (
	"context"
	"crypto/tls"
	"errors"
	"net/url"
	"strings"
	"time"

	"webphone/phone/sip"
	"webphone/phone/transport"
	"webphone/phone/ua"
)

// TestStepName names one step of TestAccount.
type TestStepName string

// The steps, in their order. StepTLS is left out for a ws:// server.
const (
	StepDNS       TestStepName = "dns"
	StepTCP       TestStepName = "tcp"
	StepTLS       TestStepName = "tls"
	StepWebSocket TestStepName = "websocket"
	StepRegister  TestStepName = "register"
)

// TestStep is one finished step of TestAccount.
type TestStep struct {
	Name TestStepName
	Err  error // typed; nil means that the step succeeded
	Took time.Duration
}

// trialTimeout bounds the REGISTER of a trial.
const trialTimeout = 15 * time.Second

// TestAccount tries an account without keeping anything: it finds the server,
// connects, shakes hands, registers and unregisters again, tells each step to
// onStep (from a goroutine of its own) and stops at the first that fails,
// returning that error. An empty password stands for the stored one.
func (p *Phone) TestAccount(ctx context.Context, a Account, password string, onStep func(TestStep)) error {
	a = a.normalized()
	if err := a.Validate(); err != nil {
		return err
	}
	t, err := tlsConfig(a)
	if err != nil {
		return &AccountError{URI: a.URI, Op: "certificates", Err: err}
	}
	if password == "" && a.ID != "" {
		if password, err = p.store.Password(a.ID); err != nil {
			return &AccountError{URI: a.URI, Op: "password", Err: err}
		}
	}
	err = transport.Probe(ctx, transport.Config{TLS: t, UserAgent: p.options.UserAgent, Log: p.log}, a.Servers[0],
		func(s transport.Step) { onStep(TestStep{Name: stepOf(s.Op), Err: s.Err, Took: s.Took}) })
	if err != nil {
		return err
	}
	start := time.Now()
	err = p.tryRegister(ctx, a, password, t)
	onStep(TestStep{Name: StepRegister, Err: err, Took: time.Since(start)})
	return err
}

func stepOf(op transport.Op) TestStepName {
	switch op {
	case transport.OpDNS:
		return StepDNS
	case transport.OpTCP, transport.OpProxy:
		return StepTCP
	case transport.OpTLS:
		return StepTLS
	default:
		return StepWebSocket
	}
}

// tryRegister registers with a UA of its own and takes it away again.
func (p *Phone) tryRegister(ctx context.Context, a Account, password string, t *tls.Config) error {
	ctx, cancel := context.WithTimeoutCause(ctx, trialTimeout,
		&ua.EndError{Cause: ua.CauseRequestTimeout, Origin: ua.System})
	defer cancel()
	a.Instance = sip.NewUUID() // its binding must not replace the real one
	a.Servers = a.Servers[:1]
	result := make(chan error, 1)
	report := func(err error) {
		select {
		case result <- err:
		default: // the first result counts
		}
	}
	var u *ua.UA
	var tr *transport.Transport
	err := p.do("try account", func() error {
		var err error
		tr, u, err = p.newUA(a, password, t, uaHooks{
			event: func(e ua.Event) { reportTrial(e, report) },
			peer:  func(ua.PeerOptions) (ua.Peer, error) { return nil, errTrial },
		})
		if err == nil {
			u.Start()
		}
		return err
	})
	if err != nil {
		return err
	}
	select {
	case err = <-result:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	stopped := make(chan struct{})
	if p.do("end trial", func() error { u.Stop(func() { close(stopped) }); return nil }) == nil {
		select {
		case <-stopped:
			tr.Wait()
		case <-p.ctx.Done():
		}
	}
	return err
}

var errTrial = errors.New("phone: a trial takes no calls")

func reportTrial(e ua.Event, report func(error)) {
	switch e := e.(type) {
	case ua.Registered:
		report(nil)
	case ua.RegistrationFailed:
		report(e.Err)
	case ua.Disconnected:
		if e.Err != nil {
			report(e.Err)
		}
	}
}

// ProposeServers lists the WebSocket addresses that a phone system behind a
// SIP address is likely to have, the most likely first: a reverse proxy, then
// the usual ports of Asterisk, FreeSWITCH, Kamailio and OverSIP. It is pure.
func ProposeServers(address string) []string {
	address = strings.TrimSpace(address)
	if !strings.Contains(address, "@") {
		return nil
	}
	uri, err := sip.ParseURI(Account{URI: address}.normalized().URI)
	if err != nil || uri.Host == "" || uri.User == "" {
		return nil
	}
	var servers []string
	for _, rest := range []string{":8089/ws", "/ws", ":7443/", ":8443/ws", ":4443/ws", ":10443/"} {
		s := "wss://" + uri.Host + rest
		if _, err := url.Parse(s); err == nil {
			servers = append(servers, s)
		}
	}
	return servers
}
