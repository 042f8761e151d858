package ua

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// Settings are the parts of Config that may change while the agent runs
// (JsSIP's ua.get and ua.set). Printing and logging hide the secrets.
type Settings struct {
	// AuthorizationUser "" means the user of Config.URI.
	AuthorizationUser string
	Password          string
	// HA1 takes the place of Password and needs Realm.
	HA1, Realm string
	// TokenSource takes the place of both; see Config.TokenSource.
	TokenSource TokenSource
	DisplayName string
	// ExtraHeaders are added to every request and response.
	ExtraHeaders []sip.Header
	// RegisterHeaders and RegisterContactParams go into every REGISTER from
	// the next on.
	RegisterHeaders       []sip.Header
	RegisterContactParams sip.Params
}

// String hides the secrets.
func (s Settings) String() string {
	return fmt.Sprintf("{%s realm=%q %q ***}", s.AuthorizationUser, s.Realm, s.DisplayName)
}

// GoString hides the secrets.
func (s Settings) GoString() string { return "ua.Settings" + s.String() }

// LogValue hides the secrets.
func (s Settings) LogValue() slog.Value {
	return slog.GroupValue(slog.String("authorization_user", s.AuthorizationUser),
		slog.String("realm", s.Realm), slog.String("display_name", s.DisplayName))
}

// Settings returns what is in force.
func (u *UA) Settings() Settings {
	c := &u.config
	return Settings{
		AuthorizationUser: c.AuthorizationUser, Password: c.Password, HA1: c.HA1, Realm: c.Realm,
		TokenSource: c.TokenSource, DisplayName: c.DisplayName,
		ExtraHeaders:          slices.Clone(c.ExtraHeaders),
		RegisterHeaders:       slices.Clone(c.RegisterHeaders),
		RegisterContactParams: slices.Clone(c.RegisterContactParams),
	}
}

// Set replaces them from the next request on; it does not register by itself.
// As with New, the error is a *ConfigurationError, and nothing has changed
// then.
func (u *UA) Set(s Settings) error {
	c := u.config
	c.AuthorizationUser, c.Password, c.HA1, c.Realm = s.AuthorizationUser, s.Password, s.HA1, s.Realm
	c.TokenSource, c.DisplayName = s.TokenSource, s.DisplayName
	c.ExtraHeaders = slices.Clone(s.ExtraHeaders)
	c.RegisterHeaders = slices.Clone(s.RegisterHeaders)
	c.RegisterContactParams = slices.Clone(s.RegisterContactParams)
	if err := c.Validate(); err != nil {
		return err
	}
	u.config = c.withDefaults()
	if credentials := credentialsOf(&u.config); credentials != u.credentials.credentials {
		u.credentials.replace(credentials)
	}
	if s.TokenSource != nil || u.credentials.token.source != nil {
		u.credentials.version++ // whether it is another one is not to be seen
	}
	u.credentials.token.replace(s.TokenSource)
	return nil
}

// SetCredentials replaces what challenges are answered with from now on; ""
// as user keeps the user. It does not register by itself.
func (u *UA) SetCredentials(user, password string) {
	if user != "" {
		u.config.AuthorizationUser = user
	}
	u.config.Password, u.config.HA1, u.config.Realm = password, "", ""
	u.credentials.replace(credentialsOf(&u.config))
}

// SetNoAnswerTimeout replaces Config.NoAnswerTimeout for the calls that come
// in from now on; 0 or less means 60 s.
func (u *UA) SetNoAnswerTimeout(d time.Duration) {
	if d <= 0 {
		d = DefaultNoAnswer
	}
	u.config.NoAnswerTimeout = d
}

func credentialsOf(c *Config) sip.Credentials {
	return sip.Credentials{Username: c.AuthorizationUser, Password: c.Password, HA1: c.HA1, HA1Realm: c.Realm}
}

// fetchToken asks source as a job of the agent.
func (u *UA) fetchToken(source TokenSource, then func(string, error)) {
	loop.Go(u.ctx, u.loop, "token", func(ctx context.Context) (string, error) { return source(ctx) }, then)
}
