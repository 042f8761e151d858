package transport

import (
	"errors"
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
