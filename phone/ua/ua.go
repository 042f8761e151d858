package ua

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// stopGrace is how long Stop waits for answers.
const stopGrace = 2 * time.Second

// ErrStopped is the cause of what UA.Stop ends, and the error of what is asked
// after it.
var ErrStopped = errors.New("ua: stopped")

// uaState is the state of a UA:
//
//	init ──Start──▶ ready ──Stop──▶ stopping ──answers or 2 s──▶ closed
type uaState int

const (
	uaInit uaState = iota
	uaReady
	uaStopping
	uaClosed
)

// UA is a SIP user agent: one account over one transport. It owns the
// account's registration, calls and messages; all of it lives on the loop.
type UA struct {
	config      Config
	loop        *loop.Loop
	log         *slog.Logger
	state       uaState
	ctx         context.Context // of every job
	cancel      context.CancelCauseFunc
	tx          *txLayer
	messages    *messages
	credentials *credentialStore
	registrator *registrator
	contact     contact
	sessions    map[*RTCSession]uint64   // with the order in which they began
	begun       uint64                   // sessions so far
	rung        map[*RTCSession]struct{} // incoming, of which some may wait for an answer
	dialogs     map[dialogID]func(*inbound)
	undecided   map[*decision]struct{} // incoming, not yet answered
	referrals   map[referral]struct{}  // under way
	departed    departed
	eventing    eventing
	stopped     func()
	grace       *loop.Timer // of Stop

	serviceRoute []sip.NameAddr // the registrar's, while registered
	server       string         // of the last connection or attempt
	ping         *loop.Timer    // of OPTIONS, see Config.OptionsInterval
	online       bool           // see settle
	slept        bool           // what is subscribed to and published is to be refreshed
	onlineLimit  *loop.Timer
	late         []*lateRequest
	networkCheck *loop.Timer
}

// New returns a UA that does nothing until Start. The error is a
// *ConfigurationError. It may be called on any goroutine.
func New(l *loop.Loop, c Config) (*UA, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	u := &UA{
		config:    c,
		loop:      l,
		log:       c.Log.With("component", "JsSIP:UA", "account", c.URI.AOR().String()),
		contact:   contact{uri: c.ContactURI},
		sessions:  map[*RTCSession]uint64{},
		rung:      map[*RTCSession]struct{}{},
		dialogs:   map[dialogID]func(*inbound){},
		undecided: map[*decision]struct{}{},
		referrals: map[referral]struct{}{},
	}
	u.ctx, u.cancel = context.WithCancelCause(context.Background())
	u.credentials = &credentialStore{
		version:     1,
		credentials: credentialsOf(&c), home: strings.ToLower(c.URI.Host),
		token: tokenCache{source: c.TokenSource, fetch: u.fetchToken},
	}
	u.messages = &messages{
		config: &u.config, viaHost: sip.NewToken(12) + ".invalid",
		gruu: func() bool { return !u.contact.pubGRUU.IsZero() },
	}
	u.tx = &txLayer{
		told:    u.transactionTold(),
		log:     c.Log.With("component", "JsSIP:Transactions"),
		send:    c.Transport.Send,
		after:   l.After,
		post:    func(name string, f func()) { l.Post(name, f) },
		idle:    u.quieter,
		clients: map[clientKey]startedClient{},
		invites: map[serverKey]*inviteServer{},
		others:  map[serverKey]*nonInviteServer{},
		ongoing: map[requestKey]struct{}{},
	}
	u.registrator = newRegistrator(registratorEnv{
		config: &u.config, log: c.Log.With("component", "JsSIP:Registrator"), after: l.After,
		request: u.messages.request, sender: u.sender,
		connected: c.Transport.Connected, routes: u.preloaded, learnt: u.bound, failover: u.failover,
		settle: u.settle, credentials: u.credentials,
		emit: func(e Event) {
			u.emit(e)
			if _, begins := e.(Registering); !begins {
				u.settle()
			}
		},
	})
	return u, nil
}

// Receiver returns what the transport reports to.
func (u *UA) Receiver() Receiver { return Receiver{u} }

// Start connects; registration follows by itself.
func (u *UA) Start() {
	if u.state != uaInit {
		return
	}
	u.state = uaReady
	u.config.Transport.Start()
}

// Stop ends every session, un-REGISTERs, waits at most 2 s for the answers and
// closes the transport. Then it calls done, which may be nil, as a turn. A
// stopped UA is not started again; a second Stop does nothing and never calls
// its done.
func (u *UA) Stop(done func()) {
	if u.state >= uaStopping {
		return
	}
	if done == nil {
		done = func() {}
	}
	started := u.state == uaReady
	u.state, u.stopped = uaStopping, done
	u.forgetLate()
	for _, s := range u.Sessions() {
		s.shutDown()
	}
	for d := range u.undecided {
		d.expire()
	}
	for r := range u.referrals {
		r.stop()
	}
	u.eventing.shutDown()
	u.registrator.unregister(false)
	if started {
		u.grace = u.loop.After(stopGrace, "stop", u.close)
	}
	u.loop.Post("quiet", u.quiet)
}

// quieter has a stopping UA look whether anything is still awaited.
func (u *UA) quieter() {
	if u.state == uaStopping {
		u.loop.Post("quiet", u.quiet)
	}
}

// quiet closes a stopping UA once nothing is awaited any more.
func (u *UA) quiet() {
	// A dialog that is left waits for the ACK that its BYE must follow.
	if u.state == uaStopping && !u.tx.waiting() && u.registrator.pending == nil && len(u.dialogs) == 0 {
		u.close()
	}
}

func (u *UA) close() {
	if u.state != uaStopping {
		return
	}
	u.state = uaClosed
	u.grace.Stop()
	u.ping.Stop()
	u.eventing.close()
	u.tx.close()
	clear(u.referrals)
	clear(u.dialogs)
	u.cancel(ErrStopped)
	connected := u.config.Transport.Connected()
	u.config.Transport.Close()
	if connected {
		u.emit(u.disconnected(nil, 0))
	}
	u.stopped()
}

// Register makes or refreshes the registration now, and again on every new
// connection.
func (u *UA) Register() {
	if u.state == uaReady {
		u.registrator.register()
	}
}

// Unregister removes our registration, or with all that of every device of the
// account, and keeps it removed until Register.
func (u *UA) Unregister(all bool) {
	if u.state == uaReady {
		u.registrator.unregister(all)
	}
}

// IsRegistered reports whether the registrar has our binding.
func (u *UA) IsRegistered() bool { return u.registrator.registered }

// IsConnected reports whether the transport is up.
func (u *UA) IsConnected() bool { return u.config.Transport.Connected() }

// Status is the state of the agent.
func (u *UA) Status() AgentStatus {
	switch {
	case u.state == uaInit:
		return AgentInit
	case u.state >= uaStopping:
		return AgentUserClosed
	case u.IsConnected():
		return AgentReady
	}
	return AgentNotReady
}

// TerminateSessions ends every call as its state asks; see
// RTCSession.Terminate. The error is that of the first that o does not suit.
func (u *UA) TerminateSessions(o TerminateOptions) error {
	var first error
	for _, s := range u.Sessions() {
		if err := s.Terminate(o); err != nil && first == nil && !s.IsEnded() {
			first = err
		}
	}
	return first
}

// Sessions returns the sessions that have not ended, oldest first.
func (u *UA) Sessions() []*RTCSession {
	return slices.SortedFunc(maps.Keys(u.sessions), func(a, b *RTCSession) int { return cmp.Compare(u.sessions[a], u.sessions[b]) })
}

// admit counts s among the sessions.
func (u *UA) admit(s *RTCSession) {
	u.begun++
	u.sessions[s] = u.begun
}

// emit hands e to the one consumer of events.
func (u *UA) emit(e Event) { u.config.OnEvent(e) }

// sender returns a RequestSender that shares the account's credentials.
func (u *UA) sender(r *sip.Request, on senderEvents) *requestSender {
	return newSender(senderEnv{
		start: u.tx.newClient, via: u.messages.via, store: u.credentials, elsewhere: u.elsewhere,
	}, r, on)
}

func (u *UA) onConnected(server string) {
	u.server = server
	u.emit(Connected{Server: server})
	if u.state != uaReady {
		return
	}
	u.armOptions()
	u.registrator.connected()
	u.awaitOnline()
}

// onDisconnected fails what awaits an answer; sessions survive.
func (u *UA) onDisconnected(err error, retryIn time.Duration) {
	u.goOffline()
	for _, s := range u.Sessions() {
		s.disconnected()
	}
	u.ping.Stop()
	u.tx.transportLost(err)
	u.emit(u.disconnected(err, retryIn))
	u.registrator.disconnected()
}

// bound takes what a registrar gave beside our binding; a nil response says
// that it is gone.
func (u *UA) bound(res *sip.Response, binding sip.NameAddr) {
	pub, _ := binding.Params.Get("pub-gruu")
	temp, _ := binding.Params.Get("temp-gruu")
	u.contact.learn(pub, temp)
	u.serviceRoute = nil
	if res == nil {
		return
	}
	routes, err := res.ServiceRoute()
	if err != nil {
		u.log.Warn("Service-Route not understood", "error", masked(err))
	}
	u.serviceRoute = routes
	u.config.Transport.KeepAlive(keepAlive(res))
}

// failover leaves for another server, unless calls would suffer from it.
func (u *UA) failover() bool {
	return len(u.sessions) == 0 && u.config.Transport.Failover()
}

// preloaded is the server as a Route, if configured.
func (u *UA) preloaded() []sip.NameAddr {
	if !u.config.UsePreloadedRoute {
		return nil
	}
	return []sip.NameAddr{{URI: u.config.Transport.ServerURI()}}
}

// route is the Route of requests outside dialogs: the server, if configured,
// and what the registrar wants on the way (RFC 3608 §6.1).
func (u *UA) route() []sip.NameAddr {
	routes, service := u.preloaded(), u.serviceRoute
	if len(routes) > 0 && len(service) > 0 && routes[0].URI.Equal(service[0].URI) {
		service = service[1:]
	}
	return append(routes, service...)
}

// identity is who we are in From.
func (u *UA) identity(displayName string) sip.NameAddr {
	if displayName == "" {
		displayName = u.config.DisplayName
	}
	return sip.NameAddr{DisplayName: displayName, URI: u.config.URI.AOR()}
}
