package transport

import (
	"errors"
	"strconv"
	"testing"
	"time"
)

func TestConfig_Validate(t *testing.T) {
	good := []Server{{URL: "wss://sip.example.com/ws"}}
	for _, tt := range []struct {
		name  string
		c     Config
		field string // "": valid
	}{
		{"least", Config{Servers: good}, ""},
		{"IPv6 and port", Config{Servers: []Server{{URL: "ws://[::1]:8080/ws?x=1"}}}, ""},
		{"upper case", Config{Servers: []Server{{URL: "WSS://Example.COM"}}}, ""},
		{"no server", Config{}, "Servers"},
		{"empty address", Config{Servers: []Server{{}}}, "Servers"},
		{"http", Config{Servers: []Server{{URL: "http://example.com"}}}, "Servers"},
		{"no scheme", Config{Servers: []Server{{URL: "example.com/ws"}}}, "Servers"},
		{"no host", Config{Servers: []Server{{URL: "wss:///ws"}}}, "Servers"},
		{"only a port", Config{Servers: []Server{{URL: "wss://:443"}}}, "Servers"},
		{"port out of range", Config{Servers: []Server{{URL: "ws://a:70000"}}}, "Servers"},
		{"user in the address", Config{Servers: []Server{{URL: "ws://u:p@a"}}}, "Servers"},
		{"fragment", Config{Servers: []Server{{URL: "ws://a/#x"}}}, "Servers"},
		{"space", Config{Servers: []Server{{URL: "ws://a b"}}}, "Servers"},
		{"negative weight", Config{Servers: []Server{{URL: "ws://a", Weight: -1}}}, "Servers"},
		{"second one bad", Config{Servers: append(good, Server{URL: "x"})}, "Servers"},
		{"min above max", Config{Servers: good, Min: time.Minute, Max: time.Second}, "Min"},
		{"min above the default max", Config{Servers: good, Min: time.Minute}, ""},
		{"negative ping", Config{Servers: good, PingInterval: -1}, "PingInterval"},
		{"negative time limit", Config{Servers: good, DialTimeout: -1}, "DialTimeout"},
		{"negative read limit", Config{Servers: good, ReadLimit: -1}, "ReadLimit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.c.Validate()
			var e *ConfigError
			if tt.field == "" && err != nil || tt.field != "" && (!errors.As(err, &e) || e.Field != tt.field) {
				t.Errorf("error %v, want field %q", err, tt.field)
			}
		})
	}
}

// JsSIP's sockets and recovery intervals: default, valid, invalid.
func TestConfig_everyParameterOfJsSIP(t *testing.T) {
	good := []Server{{URL: "wss://a.example/ws"}, {URL: "ws://b.example", Weight: 3}}
	for _, c := range []struct {
		jssip, field, standard, want string
		get                          func(Config) string
		valid                        func(*Config)
		invalid                      []func(*Config)
	}{
		{
			"sockets", "Servers", "2", "1",
			func(c Config) string { return strconv.Itoa(len(c.Servers)) },
			func(c *Config) { c.Servers = good[:1] },
			[]func(*Config){
				func(c *Config) { c.Servers = nil },
				func(c *Config) { c.Servers = []Server{{URL: "wss://a"}, {URL: "http://b"}} },
				func(c *Config) { c.Servers = []Server{{URL: "wss://a", Weight: -1}} },
			},
		},
		{
			"weight", "Servers", "0", "9",
			func(c Config) string { return strconv.Itoa(c.Servers[0].Weight) },
			func(c *Config) { c.Servers = []Server{{URL: "wss://a", Weight: 9}} }, nil,
		},
		{
			"connection_recovery_min_interval", "Min", "2s", "3s",
			func(c Config) string { return c.Min.String() },
			func(c *Config) { c.Min = 3 * time.Second },
			[]func(*Config){func(c *Config) { c.Min = -1 }, func(c *Config) { c.Min, c.Max = 3*time.Second, 2*time.Second }},
		},
		{
			"connection_recovery_max_interval", "Max", "30s", "1m0s",
			func(c Config) string { return c.Max.String() },
			func(c *Config) { c.Max = time.Minute },
			[]func(*Config){func(c *Config) { c.Max = -1 }},
		},
	} {
		t.Run(c.jssip, func(t *testing.T) {
			standard := Config{Servers: good}
			if got := c.get(standard.withDefaults()); got != c.standard {
				t.Errorf("default %s, want %s", got, c.standard)
			}
			changed := standard
			c.valid(&changed)
			if err := changed.Validate(); err != nil || c.get(changed.withDefaults()) != c.want {
				t.Errorf("valid: %v, %s", err, c.get(changed.withDefaults()))
			}
			for i, change := range c.invalid {
				bad := standard
				change(&bad)
				var e *ConfigError
				if err := bad.Validate(); !errors.As(err, &e) || e.Field != c.field {
					t.Errorf("invalid %d: %v", i, err)
				}
			}
		})
	}
}

func TestTransport_ServerURI(t *testing.T) {
	for in, want := range map[string]string{
		"ws://Example.COM/ws":       "sip:example.com;transport=ws;lr",
		"wss://example.com":         "sip:example.com;transport=ws;lr",
		"wss://[2001:DB8::1]:7443/": "sip:[2001:db8::1]:7443;transport=ws;lr",
	} {
		tr, err := New(Config{Servers: []Server{{URL: in}}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := tr.ServerURI().String(); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
		if tr.Connected() {
			t.Errorf("%s: connected before Start", in)
		}
	}
}
