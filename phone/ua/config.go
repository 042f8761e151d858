package ua

import (
	"log/slog"
	"time"

	"webphone/phone/sip"
)

// Defaults of Config.
const (
	DefaultRegisterExpires = 600 * time.Second
	DefaultNoAnswer        = 60 * time.Second
	DefaultSessionExpires  = 1800 * time.Second
	DefaultMinSE           = 90 * time.Second // RFC 4028 §5: the least allowed
	DefaultUserAgent       = "webphone"
	DefaultRecovery        = 45 * time.Second
)

// Config configures a UA. URI, Transport, NewPeer and OnEvent are mandatory;
// the zero value of every other field is good.
type Config struct {
	// URI is the address of record; it has a user.
	URI sip.URI
	// Transport carries the messages. Its handler must be the UA's Receiver.
	Transport Transport
	// NewPeer makes a call's media. It is called from a job, not on the loop.
	NewPeer func(PeerOptions) (Peer, error)
	// OnEvent is told everything, in order, on the loop. It may call back.
	OnEvent func(Event)

	// AuthorizationUser is the user name of digest authentication; "" means
	// URI's user.
	AuthorizationUser string
	Password          string
	// HA1 is MD5(user:Realm:password) in hex, in place of Password; it
	// answers challenges of Realm only.
	HA1, Realm string
	// TokenSource, if not nil, gives the token that goes into the
	// Authorization of every request but CANCEL and the ACK to a refusal.
	TokenSource TokenSource
	// DisplayName goes into From; may be "".
	DisplayName string
	// ContactURI is the contact; zero means a random user at an .invalid
	// host (RFC 7118 §5).
	ContactURI sip.URI
	// InstanceID is a UUID that identifies this device for ever (RFC 5626
	// §4.1); "" means a random one for the life of the UA.
	InstanceID string
	// UsePreloadedRoute adds a Route with the server's URI to requests
	// outside dialogs.
	UsePreloadedRoute bool

	// NoRegister prevents the automatic REGISTER on each connection.
	NoRegister bool
	// RegisterExpires is asked of the registrar; 0 means 600 s, and
	// RegistrarChooses nothing.
	RegisterExpires time.Duration
	// Refresh says who refreshes the registration.
	Refresh RefreshPolicy
	// RegisterFromTagTrail, if not nil, gives what is appended to the From
	// tag of each REGISTER: characters of a token.
	RegisterFromTagTrail func() string
	// RegisterHeaders and RegisterContactParams are added to every REGISTER
	// and to the Contact in it.
	RegisterHeaders       []sip.Header
	RegisterContactParams sip.Params
	// RegistrarServer is where REGISTER goes; zero means URI's domain.
	RegistrarServer sip.URI

	// ReferOutsideCalls has REFERs outside calls, with which a server makes
	// the phone call somebody, decided by ReferRequested; otherwise they are
	// declined.
	ReferOutsideCalls bool

	// TrustAssertedIdentity believes the P-Asserted-Identity in calls
	// (RFC 3325): the servers are known to take a forged one away.
	TrustAssertedIdentity bool
	// AutoAnswer answers incoming calls that ask for it, as an intercom does;
	// see RTCSession.AutoAnswer. Their media get RTCSession.Data.
	AutoAnswer bool
	// Redirect is what our calls do about a 3xx; RedirectDefault means
	// RedirectNever.
	Redirect RedirectPolicy
	// Reliable is what calls do about provisional responses that are
	// acknowledged (RFC 3262); ReliableDefault means ReliableSupported.
	Reliable Reliable
	// SuppressRinging leaves out the automatic 180 to an incoming call:
	// RTCSession.Progress tells the caller, or nobody does.
	SuppressRinging bool
	// NoAnswerTimeout ends an incoming call that rings longer; 0 means 60 s.
	NoAnswerTimeout time.Duration
	// Recovery is how long a call waits for the return of a lost connection
	// or path of its sound before it ends; 0 means 45 s.
	Recovery time.Duration
	// NoTrickle neither tells nor takes candidates after the descriptions
	// that they belong to (RFC 8840).
	NoTrickle bool
	// SessionTimers configures RFC 4028.
	SessionTimers SessionTimers
	// Events configures RFC 6665.
	Events EventsConfig
	// Tel says what becomes of tel URIs that are called.
	Tel TelPolicy
	// Options says who answers an incoming OPTIONS.
	Options OptionsPolicy
	// OptionsInterval is how often an OPTIONS asks the registrar for a sign
	// of life; 0 means never. Without an answer the connection is checked.
	OptionsInterval time.Duration
	// TransactionEvents has NewTransaction and TransactionDestroyed told.
	TransactionEvents bool
	// UserAgent is the User-Agent header field; "" means DefaultUserAgent.
	UserAgent string
	// ExtraHeaders are added to every request and response.
	ExtraHeaders []sip.Header
	// Log is where components log; nil means slog.Default.
	Log *slog.Logger
}

// SessionTimers configures RFC 4028; the zero value asks for refreshes.
type SessionTimers struct {
	// Off neither asks for nor accepts session timers.
	Off bool
	// Expires is the interval asked for; 0 means 1800 s. A peer's shorter
	// interval is accepted down to MinSE.
	Expires time.Duration
	// MinSE is the shortest interval accepted; 0 means 90 s.
	MinSE time.Duration
	// Method is how we refresh where the peer takes both.
	Method RefreshMethod
	// ForceRefresher has us refresh the calls that we make.
	ForceRefresher bool
}

// RefreshMethod is the request that refreshes a session (RFC 4028 §7.4).
type RefreshMethod int

// The methods.
const (
	RefreshByUpdate RefreshMethod = iota // where the peer takes it, else as below
	RefreshByInvite
)

// String returns the method.
func (m RefreshMethod) String() string {
	switch m {
	case RefreshByUpdate:
		return "UPDATE"
	case RefreshByInvite:
		return "INVITE"
	}
	return "unknown"
}

// withDefaults fills in what zero values stand for.
func (c Config) withDefaults() Config {
	orDuration := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	orString := func(s *string, def string) {
		if *s == "" {
			*s = def
		}
	}
	orDuration(&c.RegisterExpires, DefaultRegisterExpires)
	orDuration(&c.NoAnswerTimeout, DefaultNoAnswer)
	orDuration(&c.Recovery, DefaultRecovery)
	orDuration(&c.SessionTimers.Expires, DefaultSessionExpires)
	orDuration(&c.SessionTimers.MinSE, DefaultMinSE)
	orString(&c.UserAgent, DefaultUserAgent)
	orString(&c.AuthorizationUser, c.URI.UserUnescaped())
	c.InstanceID = instanceOf(c.InstanceID)
	orString(&c.InstanceID, sip.NewUUID())
	c.Reliable = c.Reliable.or(ReliableSupported)
	if c.Redirect == RedirectDefault {
		c.Redirect = RedirectNever
	}
	if c.ContactURI.IsZero() {
		c.ContactURI = sip.URI{
			Scheme: "sip",
			User:   sip.NewToken(8),
			Host:   sip.NewToken(12) + ".invalid",
			Params: sip.Params{{Name: "transport", Value: "ws"}}, // RFC 7118 §5.2.1: also over WSS
		}
	}
	if c.RegistrarServer.IsZero() {
		c.RegistrarServer = sip.URI{Scheme: c.URI.Scheme, Host: c.URI.Host, Port: c.URI.Port}
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}
