package sip

import (
	"errors"
	"testing"
)

func TestReferTo(t *testing.T) {
	for _, tt := range []struct{ rule, value, uri, replaces string }{
		{"addr-spec", "sip:alice@versatica.com", "sip:alice@versatica.com", ""},
		{"a header of the URI", "<sip:bob@versatica.com?Accept-Contact=sip:bobsdesk.versatica.com>", "sip:bob@versatica.com", ""},
		{"Replaces, escaped", "<sip:bob@b.com?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE-3994>", "sip:bob@b.com", "12345@192.168.118.3;to-tag=12345;from-tag=5FFE-3994"},
		{"Replaces, not escaped", "<sip:bob@b.com?Replaces=1@2;to-tag=a;from-tag=b>", "sip:bob@b.com", "1@2;to-tag=a;from-tag=b"},
		{"Replaces beside another", "<sip:carol@example.com?X-Foo=1&replaces=abc%40h%3Bto-tag%3D1%3Bfrom-tag%3D2>", "sip:carol@example.com", "abc@h;to-tag=1;from-tag=2"},
		{"a name and parameters", `"Carol" <sip:carol@example.com;transport=ws>;method=INVITE`, "sip:carol@example.com;transport=ws", ""},
		{"tel", "<tel:+1234>", "tel:+1234", ""},
		{"early-only", "<sip:a@b?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D0%3Bearly-only>", "sip:a@b", "x;to-tag=1;from-tag=0;early-only"},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			a, err := with("r", tt.value).ReferTo()
			if err != nil {
				t.Fatal(err)
			}
			if got := a.URI.WithoutHeaders().String(); got != tt.uri {
				t.Errorf("%s, want %s", got, tt.uri)
			}
			replaces, ok := a.URI.Header("Replaces")
			if replaces != tt.replaces || ok != (tt.replaces != "") {
				t.Errorf("Replaces %q", replaces)
			}
			if _, _, _, _, ok := ParseReplaces(replaces); ok != (tt.replaces != "") {
				t.Errorf("Replaces %q is read: %v", replaces, ok)
			}
		})
	}
	for rule, c := range map[string]*Common{
		"absent": with(), "twice": with("r", "sip:a@b", "Refer-To", "sip:c@d"), "two in one": with("r", "sip:a@b, sip:c@d"),
		"malformed": with("r", "a"), "headers without brackets": with("r", "sip:a@b?x=y"), "empty": with("r", ""),
	} {
		var syntax *SyntaxError
		if a, err := c.ReferTo(); !errors.As(err, &syntax) || syntax.What != "Refer-To" {
			t.Errorf("%s: %v %v", rule, a, err)
		}
	}
	by, err := with("b", "<sip:referror@example>;cid=20398823.2UWQFN309shb3@referror.example").ReferredBy()
	if cid, _ := by.Params.Get("cid"); err != nil || by.URI.User != "referror" || cid == "" {
		t.Error(by, err)
	}
}

func TestURI_headers(t *testing.T) {
	u := URI{Scheme: "sip", User: "carol", Host: "example.com"}
	v := u.WithHeader("Replaces", FormatReplaces("call id@h", "carolT", "ourT")).WithHeader("Subject", "a&b=c?d #ñ")
	const want = "sip:carol@example.com?Replaces=call%20id%40h%3Bto-tag%3DcarolT%3Bfrom-tag%3DourT&Subject=a%26b%3Dc%3Fd%20%23%C3%B1"
	if v.String() != want || len(u.Headers) != 0 {
		t.Errorf("%s\nwant\n%s", v, want)
	}
	again, err := ParseURI(v.String())
	if err != nil || again.String() != want {
		t.Errorf("%s %v", again, err)
	}
	if subject, _ := again.Header("subject"); subject != "a&b=c?d #ñ" {
		t.Errorf("%q", subject)
	}
	one := v.WithHeader("A", "1")
	two := v.WithHeader("A", "2")
	if a, _ := one.Header("A"); a != "1" || two.String() == one.String() || len(v.WithoutHeaders().Headers) != 0 || len(v.Headers) != 2 {
		t.Error("copies share headers")
	}
	if _, ok := u.Header("Replaces"); ok {
		t.Error("a header that is not there")
	}
}

func TestReplaces_onlyOnce(t *testing.T) {
	const one = "a;to-tag=1;from-tag=2"
	if id, to, from, _, ok := with("Replaces", one).Replaces(); !ok || FormatReplaces(id, to, from) != one {
		t.Error(id, to, from, ok)
	}
	if _, _, _, _, ok := with("Replaces", one, "Replaces", one).Replaces(); ok {
		t.Error("two Replaces")
	}
}

func TestReferSub(t *testing.T) {
	for value, want := range map[string]bool{"false": false, "False ;x=y": false, "true": true, "": true} {
		if got := with("Refer-Sub", value).ReferSub(); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
	if !with().ReferSub() {
		t.Error("absent")
	}
}
