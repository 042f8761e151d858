package ua

import (
	"errors"
	"fmt"
	"regexp"
	"testing"
	"time"

	"webphone/phone/sip"
)

func goodConfig(t *testing.T) Config {
	return Config{
		URI: mustURI(t, "sip:alice@example.com:5070"), Transport: &scene{},
		NewPeer: func(PeerOptions) (Peer, error) { return nil, nil }, OnEvent: func(Event) {},
	}
}

// Every parameter of JsSIP's configuration: default, valid, invalid. Its
// sockets and recovery intervals are the transport's.
func TestConfig_everyParameterOfJsSIP(t *testing.T) {
	uri := func(s string) sip.URI { return mustURI(t, s) }
	type change = func(*Config)
	for _, c := range []struct {
		jssip, field string
		get          func(Config) any // with defaults
		standard     string           // a pattern
		valid        change
		want         string
		invalid      []change
	}{
		{
			"uri", "URI", func(c Config) any { return c.URI }, `sip:alice@example\.com:5070`,
			func(c *Config) { c.URI = uri("sips:bob@example.com") }, "sips:bob@example.com",
			[]change{func(c *Config) { c.URI = sip.URI{} }, func(c *Config) { c.URI = uri("sip:example.com") }, func(c *Config) { c.URI = uri("tel:+1") }},
		},
		{
			"authorization_user", "AuthorizationUser", func(c Config) any { return c.AuthorizationUser }, "alice",
			func(c *Config) { c.AuthorizationUser = `al"ice` }, `al"ice`,
			[]change{func(c *Config) { c.AuthorizationUser = "a\r\nb" }},
		},
		{
			"password", "", func(c Config) any { return c.Password }, "",
			func(c *Config) { c.Password = "päss" }, "päss", nil,
		},
		{
			"ha1", "HA1", func(c Config) any { return c.HA1 }, "",
			func(c *Config) { c.HA1, c.Realm = "0123456789abcdef0123456789abcdef", "r" }, "0123456789abcdef0123456789abcdef",
			[]change{
				func(c *Config) { c.HA1 = "0123456789abcdef0123456789abcdef" }, // without realm
				func(c *Config) { c.HA1, c.Realm = "0123", "r" },
				func(c *Config) { c.HA1, c.Realm = "x123456789abcdef0123456789abcdef", "r" },
			},
		},
		{"realm", "", func(c Config) any { return c.Realm }, "", func(c *Config) { c.Realm = "r" }, "r", nil},
		{
			"authorization_jwt", "", func(c Config) any { return c.TokenSource != nil }, "false",
			func(c *Config) { c.TokenSource = StaticToken("x") }, "true", nil,
		},
		{
			"display_name", "DisplayName", func(c Config) any { return c.DisplayName }, "",
			func(c *Config) { c.DisplayName = `Alice "A" Ä` }, `Alice "A" Ä`,
			[]change{func(c *Config) { c.DisplayName = "a\nb" }},
		},
		{
			"contact_uri", "ContactURI", func(c Config) any { return c.ContactURI }, `sip:[a-z0-9]{8}@[a-z0-9]{12}\.invalid;transport=ws`,
			func(c *Config) { c.ContactURI = uri("sip:a@b.invalid;transport=ws") }, "sip:a@b.invalid;transport=ws",
			[]change{func(c *Config) { c.ContactURI = uri("tel:+1") }},
		},
		{
			"instance_id", "InstanceID", func(c Config) any { return c.InstanceID }, `[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`,
			func(c *Config) { c.InstanceID = "uuid:F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6" }, "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
			[]change{func(c *Config) { c.InstanceID = "phone" }, func(c *Config) { c.InstanceID = "f81d4fae-7dec-11d0-a765-00a0c91e6bfx" }},
		},
		{
			"use_preloaded_route", "", func(c Config) any { return c.UsePreloadedRoute }, "false",
			func(c *Config) { c.UsePreloadedRoute = true }, "true", nil,
		},
		{"register", "", func(c Config) any { return !c.NoRegister }, "true", func(c *Config) { c.NoRegister = true }, "false", nil},
		{
			"register_expires", "RegisterExpires", func(c Config) any { return c.RegisterExpires }, "10m0s",
			func(c *Config) { c.RegisterExpires = RegistrarChooses }, "-1ns",
			[]change{func(c *Config) { c.RegisterExpires = -time.Second }},
		},
		{
			"register_from_tag_trail", "", func(c Config) any { return c.RegisterFromTagTrail != nil }, "false",
			func(c *Config) { c.RegisterFromTagTrail = func() string { return "x" } }, "true", nil,
		},
		{
			"registrar_server", "RegistrarServer", func(c Config) any { return c.RegistrarServer }, `sip:example\.com:5070`,
			func(c *Config) { c.RegistrarServer = uri("sip:r.example.com") }, "sip:r.example.com",
			[]change{func(c *Config) { c.RegistrarServer = uri("sip:a@r.example.com") }, func(c *Config) { c.RegistrarServer = uri("http://x") }},
		},
		{"session_timers", "", func(c Config) any { return !c.SessionTimers.Off }, "true", func(c *Config) { c.SessionTimers.Off = true }, "false", nil},
		{
			"session_timers_refresh_method", "", func(c Config) any { return c.SessionTimers.Method }, "UPDATE",
			func(c *Config) { c.SessionTimers.Method = RefreshByInvite }, "INVITE", nil,
		},
		{
			"session_timers_force_refresher", "", func(c Config) any { return c.SessionTimers.ForceRefresher }, "false",
			func(c *Config) { c.SessionTimers.ForceRefresher = true }, "true", nil,
		},
		{
			"SESSION_EXPIRES", "SessionTimers.Expires", func(c Config) any { return c.SessionTimers.Expires }, "30m0s",
			func(c *Config) { c.SessionTimers.Expires = 90 * time.Second }, "1m30s",
			[]change{func(c *Config) { c.SessionTimers.Expires = 89 * time.Second }},
		},
		{
			"MIN_SESSION_EXPIRES", "SessionTimers.MinSE", func(c Config) any { return c.SessionTimers.MinSE }, "1m30s",
			func(c *Config) { c.SessionTimers.MinSE = 2 * time.Minute }, "2m0s",
			[]change{func(c *Config) { c.SessionTimers.MinSE = -1 }},
		},
		{
			"no_answer_timeout", "NoAnswerTimeout", func(c Config) any { return c.NoAnswerTimeout }, "1m0s",
			func(c *Config) { c.NoAnswerTimeout = time.Second }, "1s",
			[]change{func(c *Config) { c.NoAnswerTimeout = -1 }},
		},
		{
			"user_agent", "UserAgent", func(c Config) any { return c.UserAgent }, "webphone",
			func(c *Config) { c.UserAgent = "x/1 (y)" }, "x/1 (y)",
			[]change{func(c *Config) { c.UserAgent = "x\x00" }},
		},
		{
			"extra_headers", "ExtraHeaders", func(c Config) any { return c.ExtraHeaders }, `\[\]`,
			func(c *Config) { c.ExtraHeaders = []sip.Header{{Name: "X-A", Value: "1"}} }, "[{X-A 1}]",
			[]change{
				func(c *Config) { c.ExtraHeaders = []sip.Header{{Name: "X A"}} },
				func(c *Config) { c.ExtraHeaders = []sip.Header{{Name: ""}} },
				func(c *Config) { c.ExtraHeaders = []sip.Header{{Name: "X", Value: "1\r\nVia: y"}} },
				func(c *Config) { c.ExtraHeaders = []sip.Header{{Name: "i", Value: "1"}} },
			},
		},
		{
			"setExtraHeaders", "RegisterHeaders", func(c Config) any { return c.RegisterHeaders }, `\[\]`,
			func(c *Config) { c.RegisterHeaders = []sip.Header{{Name: "X-A", Value: "1"}} }, "[{X-A 1}]",
			[]change{func(c *Config) { c.RegisterHeaders = []sip.Header{{Name: "X:", Value: "1"}} }},
		},
		{
			"setExtraContactParams", "RegisterContactParams", func(c Config) any { return len(c.RegisterContactParams) }, "0",
			func(c *Config) { c.RegisterContactParams = sip.Params{}.With("a", "b") }, "1",
			[]change{
				func(c *Config) { c.RegisterContactParams = sip.Params{}.With("a;b", "c") },
				func(c *Config) { c.RegisterContactParams = sip.Params{}.With("a", "\r\n") },
			},
		},
		{
			"OPTIONS keep-alive", "OptionsInterval", func(c Config) any { return c.OptionsInterval }, "0s",
			func(c *Config) { c.OptionsInterval = time.Minute }, "1m0s",
			[]change{func(c *Config) { c.OptionsInterval = -1 }},
		},
	} {
		t.Run(c.jssip, func(t *testing.T) {
			if got := fmt.Sprint(c.get(goodConfig(t).withDefaults())); !regexp.MustCompile("^" + c.standard + "$").MatchString(got) {
				t.Errorf("default %q", got)
			}
			changed := goodConfig(t)
			c.valid(&changed)
			if err := changed.Validate(); err != nil {
				t.Errorf("valid: %v", err)
			}
			if got := fmt.Sprint(c.get(changed.withDefaults())); got != c.want {
				t.Errorf("taken as %q, want %q", got, c.want)
			}
			for i, change := range c.invalid {
				bad := goodConfig(t)
				change(&bad)
				var e *ConfigurationError
				if err := bad.Validate(); !errors.As(err, &e) || e.Parameter != c.field {
					t.Errorf("invalid %d: %v", i, err)
				}
			}
		})
	}
	for m, want := range map[RefreshMethod]string{RefreshByUpdate: "UPDATE", RefreshByInvite: "INVITE", 7: "unknown"} {
		if got := m.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSessionTimers_methodAndRefresher(t *testing.T) {
	play(t, func(c *Config) {
		c.SessionTimers.Method, c.SessionTimers.ForceRefresher = RefreshByInvite, true
	}, func(s *scene) {
		s.answeredOut(header("Session-Expires", "90;refresher=uac"), header("Allow", "INVITE,ACK,CANCEL,BYE,UPDATE"))
		if got := s.last(sip.INVITE).Headers.Get("Session-Expires"); got != "1800;refresher=uac" {
			t.Errorf("Session-Expires: %s", got)
		}
		s.pass(45 * time.Second)
		s.expect("peer offer", ">> INVITE")
	})
}
