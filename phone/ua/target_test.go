package ua

import (
	"errors"
	"strings"
	"testing"

	"webphone/phone/sip"
)

func TestNormalizeTarget(t *testing.T) {
	for _, c := range []struct {
		rule, account, text string
		tel                 TelPolicy
		want                string // "": an error
	}{
		{"a user name", "sip:alice@example.com", "bob", TelToSIP, "sip:bob@example.com"},
		{"our port", "sip:alice@example.com:5070", "bob", TelToSIP, "sip:bob@example.com:5070"},
		{"an address", "sip:alice@example.com", "sip:bob@else.example", TelToSIP, "sip:bob@else.example"},
		{"header fields in a URI are not obeyed", "sip:alice@example.com", "sip:bob@example.com?Route=x", TelToSIP, "sip:bob@example.com"},
		{"sips is kept", "sip:alice@example.com", " SIPS:bob@example.com", TelToSIP, "sips:bob@example.com"},
		{"a sips account calls sips (RFC 5630 §5.1.1.1)", "sips:alice@example.com", "bob", TelToSIP, "sips:bob@example.com"},
		{"unless told otherwise", "sips:alice@example.com", "sip:bob@example.com", TelToSIP, "sip:bob@example.com"},
		{"a number", "sip:alice@example.com", "+49 (30) 123-45", TelToSIP, "sip:+493012345@example.com"},
		{"a global tel URI, as JsSIP has it", "sip:alice@example.com", "tel:+49-30-12345", TelToSIP, "sip:+493012345@example.com"},
		{"with parameters (RFC 3261 §19.1.6)", "sip:alice@example.com", "tel:+358-555-1234567;postd=PP22;ISUB=1411", TelToSIP, "sip:+3585551234567;isub=1411;postd=pp22@example.com;user=phone"},
		{"a local one (RFC 3966 §5.1.5)", "sip:alice@example.com", "tel:7042;phone-context=example.com;ext=3", TelToSIP, "sip:7042;ext=3;phone-context=example.com@example.com;user=phone"},
		{"kept as it is", "sip:alice@example.com", "TEL:+49(30)12345", TelKept, "tel:+493012345"},
		{"kept, local", "sip:alice@example.com", "tel:*21#;phone-context=+49", TelKept, "tel:*21%23;phone-context=+49"},
		{"local without a context means nothing elsewhere", "sip:alice@example.com", "tel:7042", TelKept, ""},
		{"letters are no global number", "sip:alice@example.com", "tel:+49abc", TelKept, ""},
		{"nothing is no number", "sip:alice@example.com", "tel:+;ext=1", TelToSIP, ""},
		{"nothing at all", "sip:alice@example.com", "", TelToSIP, ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, func(cfg *Config) { cfg.URI, cfg.Tel = mustURI(t, c.account), c.tel }, func(s *scene) {
				s.do(func() {
					got, err := s.ua.NormalizeTarget(c.text)
					if got.String() != c.want || (err == nil) != (c.want != "") {
						t.Errorf("%q: %v", got, err)
					}
					if bad := (*sip.SyntaxError)(nil); err != nil && !errors.As(err, &bad) {
						t.Errorf("%T", err)
					}
				})
			})
		})
	}
	for p, want := range map[TelPolicy]string{TelToSIP: "to SIP", TelKept: "kept", 7: "unknown"} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// RFC 5630 §3.1, RFC 3261 §8.1.1.8, §12.1.1: the Contact beside a sips address
// is one too.
func TestSips(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.do(func() {
			if _, err := s.ua.Call("sips:bob@example.com", CallOptions{}); err != nil {
				t.Error(err)
			}
		})
		r := s.last(sip.INVITE)
		if r.RequestURI.String() != "sips:bob@example.com" || r.Headers.Get("Contact") != "<sips:alice1@contact.invalid;transport=ws;ob>" {
			t.Errorf("\n%s", r.Bytes())
		}
		s.outside()
		s.far.requestURI = "sips:alice@example.com"
		s.receive(s.request(sip.INVITE, sdp(farSDP)))
		if got := s.lastResponse(); got.StatusCode != 180 || !strings.HasPrefix(got.Headers.Get("Contact"), "<sips:") {
			t.Errorf("\n%s", got.Bytes())
		}
	})
	t.Run("not over an open line", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.do(func() { s.plain = true })
			s.do(func() {
				if _, err := s.ua.SendMessage("sips:bob@example.com", "x", MessageOptions{}); !errors.Is(err, ErrInsecure) {
					t.Errorf("%v", err)
				}
			})
			s.expect()
		})
	})
}
