package ua

import (
	"errors"
	"fmt"
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
}

// ConfigurationError says which field of Config is wrong.
type ConfigurationError struct {
	Parameter string
	Value     any // never a secret
	Err       error
}

// Error names the field and what is wrong with it.
func (e *ConfigurationError) Error() string {
	return fmt.Sprintf("ua: configuration: %s %q: %v", e.Parameter, fmt.Sprint(e.Value), e.Err)
}

// Unwrap returns e.Err.
func (e *ConfigurationError) Unwrap() error { return e.Err }

var (
	errMissing  = errors.New("missing")
	errNoUser   = errors.New("has no user part")
	errHasUser  = errors.New("must not have a user part")
	errScheme   = errors.New("is neither sip nor sips")
	errNegative = errors.New("is negative")
	errBelow90  = errors.New("is below 90 s (RFC 4028 §5)")
	errNoRealm  = errors.New("needs Realm")
)

// Validate reports the first wrong field as a *ConfigurationError.
func (c Config) Validate() error {
	wrong := func(parameter string, value any, err error) error {
		return &ConfigurationError{Parameter: parameter, Value: value, Err: err}
	}
	switch {
	case c.URI.IsZero():
		return wrong("URI", "", errMissing)
	case !c.URI.IsSIP():
		return wrong("URI", c.URI, errScheme)
	case c.URI.User == "":
		return wrong("URI", c.URI, errNoUser)
	case c.Transport == nil:
		return wrong("Transport", "", errMissing)
	case c.NewPeer == nil:
		return wrong("NewPeer", "", errMissing)
	case c.OnEvent == nil:
		return wrong("OnEvent", "", errMissing)
	case c.HA1 != "" && c.Realm == "":
		return wrong("HA1", "(hidden)", errNoRealm)
	case !c.ContactURI.IsZero() && !c.ContactURI.IsSIP():
		return wrong("ContactURI", c.ContactURI, errScheme)
	case !c.RegistrarServer.IsZero() && !c.RegistrarServer.IsSIP():
		return wrong("RegistrarServer", c.RegistrarServer, errScheme)
	case c.RegistrarServer.User != "":
		return wrong("RegistrarServer", c.RegistrarServer, errHasUser)
	case c.RegisterExpires < 0 && c.RegisterExpires != RegistrarChooses:
		return wrong("RegisterExpires", c.RegisterExpires, errNegative)
	case c.OptionsInterval < 0:
		return wrong("OptionsInterval", c.OptionsInterval, errNegative)
	case c.NoAnswerTimeout < 0:
		return wrong("NoAnswerTimeout", c.NoAnswerTimeout, errNegative)
	case c.Recovery < 0:
		return wrong("Recovery", c.Recovery, errNegative)
	case c.SessionTimers.Expires != 0 && c.SessionTimers.Expires < DefaultMinSE:
		return wrong("SessionTimers.Expires", c.SessionTimers.Expires, errBelow90)
	case c.SessionTimers.MinSE != 0 && c.SessionTimers.MinSE < DefaultMinSE:
		return wrong("SessionTimers.MinSE", c.SessionTimers.MinSE, errBelow90)
	}
	return nil
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
