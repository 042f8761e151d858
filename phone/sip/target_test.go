package sip

import (
	"errors"
	"testing"
)

// TestNormalizeTarget_jssip is the 31 cases of JsSIP's own suite. Five of them
// are values that are no strings; what stands for them here is "".
func TestNormalizeTarget_jssip(t *testing.T) {
	const domain = "jssip.net"
	cases := []struct{ target, domain, want string }{
		{"%61lice", domain, "sip:alice@jssip.net"},
		{"ALICE", domain, "sip:ALICE@jssip.net"},
		{"alice@DOMAIN.com", domain, "sip:alice@domain.com"},
		{"iñaki", domain, "sip:i%C3%B1aki@jssip.net"},
		{"€€€", domain, "sip:%E2%82%AC%E2%82%AC%E2%82%AC@jssip.net"},
		{"iñaki@aliax.net", domain, "sip:i%C3%B1aki@aliax.net"},
		{"SIP:iñaki@aliax.net:7070", domain, "sip:i%C3%B1aki@aliax.net:7070"},
		{"SIPs:iñaki@aliax.net:7070", domain, "sip:i%C3%B1aki@aliax.net:7070"},
		{"ibc@gmail.com@aliax.net", domain, "sip:ibc%40gmail.com@aliax.net"},
		{"alice-1:passwd", domain, "sip:alice-1:passwd@jssip.net"},
		{"SIP:alice-2:passwd", domain, "sip:alice-2:passwd@jssip.net"},
		{"sips:alice-2:passwd", domain, "sip:alice-2:passwd@jssip.net"},
		{"alice-3:passwd@domain.COM", domain, "sip:alice-3:passwd@domain.com"},
		{"SIP:alice-4:passwd@domain.COM", domain, "sip:alice-4:passwd@domain.com"},
		{"sip:+1234@aliax.net", domain, "sip:+1234@aliax.net"},
		{"+999", domain, "sip:+999@jssip.net"},
		{"*999", domain, "sip:*999@jssip.net"},
		{"#999/?:1234", domain, "sip:%23999/?:1234@jssip.net"},
		{"tel:+12345678", domain, "sip:+12345678@jssip.net"},
		{"tel:(+34)-944-43-89", domain, "sip:+349444389@jssip.net"},
		{"+123.456.78-9", domain, "sip:+123456789@jssip.net"},
		{"+ALICE-123.456.78-9", domain, "sip:+ALICE-123.456.78-9@jssip.net"},
		{"" /* null */, domain, ""},
		{"" /* undefined */, domain, ""},
		{"" /* NaN */, domain, ""},
		{"" /* false */, domain, ""},
		{"" /* true */, domain, ""},
		{"", domain, ""},
		{"ibc@iñaki.com", domain, ""},
		{"ibc@aliax.net;;;;;", domain, ""},
		{"alice", "", ""},
	}
	if len(cases) != 31 {
		t.Fatal(len(cases))
	}
	for _, tt := range cases {
		u, err := NormalizeTarget(tt.target, tt.domain)
		var syntax *SyntaxError
		if u.String() != tt.want || errors.As(err, &syntax) != (tt.want == "") {
			t.Errorf("%q: %v, %v; want %q", tt.target, u, err, tt.want)
		}
	}
}

func TestNormalizeTarget(t *testing.T) {
	for in, want := range map[string]string{
		"1-2-3":                      "sip:123@jssip.net",
		"(123)":                      "sip:123@jssip.net",
		"a b@x.com":                  "sip:a%20b@x.com",
		"bob@x.com;transport=tcp":    "sip:bob@x.com;transport=tcp",
		"bob@[::1]":                  "sip:bob@[::1]",
		"bob@1.2.3.4:5":              "sip:bob@1.2.3.4:5",
		"sip:x@y@z":                  "sip:x%40y@z",
		"tel:+1 (212) 555":           "sip:+1212555@jssip.net",
		" bob ":                      "sip:bob@jssip.net",
		"tel:7042;phone-context=a.b": "sip:7042@jssip.net",
	} {
		u, err := NormalizeTarget(in, "jssip.net")
		if err != nil || u.String() != want {
			t.Errorf("%q: %v, %v; want %s", in, u, err, want)
		}
	}
	for _, in := range []string{" ", "%", "@x.com", "sip:", "alice@", "a%zz"} {
		if u, err := NormalizeTarget(in, "jssip.net"); err == nil {
			t.Errorf("%q: %v, want an error", in, u)
		}
	}
	if _, err := NormalizeTarget("alice", ""); !errors.Is(err, errNoDomain) {
		t.Errorf("without a domain: %v", err)
	}
}
