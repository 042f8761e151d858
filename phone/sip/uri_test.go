package sip

import (
	"errors"
	"strings"
	"testing"
)

func TestParseURI(t *testing.T) {
	for _, tt := range []struct{ rule, in, out, user, host string }{
		{"scheme and host fold, the rest stays", "SIP:%61liCE@versaTICA.Com:6060;TRansport=TCp;Foo=ABc;baz?X-Header-1=AaA1&X-Header-2=BbB&x-header-1=AAA2", "sip:%61liCE@versatica.com:6060;TRansport=TCp;Foo=ABc;baz?X-Header-1=AaA1&X-Header-2=BbB&x-header-1=AAA2", "aliCE", "versatica.com"},
		{"no user", "sip:example.com", "", "", "example.com"},
		{"sips", "sips:alice@example.com:5061", "", "alice", "example.com"},
		{"password", "sip:alice:secret@example.com", "", "alice", "example.com"},
		{"IPv6", "sip:alice@[2001:db8::1]:5060;transport=ws", "", "alice", "[2001:db8::1]"},
		{"IPv6 alone", "sip:[::1]", "", "", "[::1]"},
		{"IPv4 and flag", "sip:alice@192.0.2.4;lr", "", "alice", "192.0.2.4"},
		{"flag", "sip:alice@example.com;ob", "", "alice", "example.com"},
		{"GRUU", "sip:alice@example.com;gr=urn:uuid:f81d4fae", "", "alice", "example.com"},
		{"phone", "sip:+1-212-555-1212:1234@gateway.com;user=phone", "", "+1-212-555-1212", "gateway.com"},
		{"escaped at", "sip:j%40s0n@example.com", "", "j@s0n", "example.com"},
		{"header", "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com", "", "", "atlanta.com"},
		{"escapes kept raw", "sip:alice@example.com;x=%41%3b", "", "alice", "example.com"},
		{"repeated parameter and header", "sip:alice@example.com;a=b;a=c?a=1&a=2", "", "alice", "example.com"},
		{"underscore", "sip:user@host_name.com", "", "user", "host_name.com"},
		{"hyphen at the end", "sip:user@host-", "", "user", "host-"},
		{"colon without port", "sip:user@example.com:", "sip:user@example.com", "user", "example.com"},
		{"dot at the end", "sip:user@host.", "", "user", "host."},
		{"semicolon in the user part", "sip:alice;day=tuesday@atlanta.com", "", "alice;day=tuesday", "atlanta.com"},
		{"maddr does not replace the host", "sip:alice@example.com;ttl=15;maddr=239.255.255.1;transport=UDP", "", "alice", "example.com"},
		{"single label beginning with a digit", "sip:a@019f9ae299f5", "", "a", "019f9ae299f5"},
		{"single label of digits", "sip:a@123", "", "a", "123"},
		{"digits and names", "sip:1.2.3.4.bar.qwe-asd.foo", "", "", "1.2.3.4.bar.qwe-asd.foo"},
		{"Kamailio's alias", "sip:a@b.invalid;transport=ws;alias=127.0.0.1~40312~5", "", "a", "b.invalid"},
		{"tel", "tel:+1-201-555-0123;phone-context=x", "", "", ""},
		{"unknown scheme", "nobodyKnowsThisScheme:totallyopaquecontent", "nobodyknowsthisscheme:totallyopaquecontent", "", ""},
		{"scheme with authority", "soap.beep://192.0.2.103:3002", "", "", ""},
		{"unescaped Replaces in a Refer-To", "sip:bob@b.com?Replaces=1@2;to-tag=a;from-tag=b", "", "bob", "b.com"},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			u, err := ParseURI(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			want := tt.out
			if want == "" {
				want = tt.in
			}
			if u.String() != want || u.UserUnescaped() != tt.user || u.Host != tt.host {
				t.Errorf("got %s, user %q, host %q; want %s", u, u.UserUnescaped(), u.Host, want)
			}
		})
	}
}

func TestParseURI_refuses(t *testing.T) {
	for _, in := range []string{
		"", "sip", "sip:", ":a@b", "1sip:a@b", "sip:@example.com", "alice@example.com", "sip:user@-bad.com", "sip:user@1.2.3.4.5",
		"sip:user@256.1.1.1", "sip:user@1.2.3.444", "sip:user@example.com:123456", "sip:user@example.com:65536",
		"sip:user@example.com:x", "sip:user@example.com:-1", "sip:alice@example.com;", "sip:alice@example.com;;lr",
		"sip:alice@example.com;=x", "sip:a@b?", "sip:a@b?=x", "sip:al ice@example.com", "sip:!#$@x", "sip:a%zz@x.com",
		"sip:ñ@x.com", "sip:a@iñaki.com", "sip:a@[::1", "sip:a@[::1]x", "sip:a@[1.2.3.4]", "sip:a@::1", "sip:a@b..c",
		"sip:a@.", "sip:a@b c", "sip:a@b;x= y", "tel:", "tel:+1 2", "http:<x>", "sip:a@b\r\nVia: x", "sip:a@[fe80::1%25eth0]",
	} {
		u, err := ParseURI(in)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !u.IsZero() {
			t.Errorf("%q: %+v, %v", in, u, err)
		}
	}
}

func TestURI_parts(t *testing.T) {
	u, err := ParseURI("sip:alice:secret@Example.com:5070;transport=TCP;ttl=15;x?Subject=a%20b")
	if err != nil {
		t.Fatal(err)
	}
	if u.Port != 5070 || u.Password != "secret" || u.AOR().String() != "sip:alice@example.com:5070" {
		t.Errorf("%+v, AOR %s", u, u.AOR())
	}
	if v, ok := u.Params.Get("TTL"); v != "15" || !ok {
		t.Errorf("ttl %q %v", v, ok)
	}
	if v, ok := u.Params.Get("X"); v != "" || !ok || !u.Params.Has("x") || u.Params.Has("y") {
		t.Errorf("flag x")
	}
	if subject, _ := u.Headers.Get("subject"); Unescape(subject) != "a b" {
		t.Errorf("subject %q", subject)
	}
	v := u.Clone()
	v.Params[0].Value = "ws"
	if u.Params[0].Value != "TCP" {
		t.Error("Clone shares its parameters")
	}
	v.Params = u.Params.With("transport", "ws").WithFlag("ob").Without("TTL")
	v.Headers = nil
	if got := v.String(); got != "sip:alice:secret@example.com:5070;transport=ws;x;ob" {
		t.Error(got)
	}
	if (URI{}).String() != "" || !(URI{}).IsZero() {
		t.Error("the zero URI is empty")
	}
	tel, err := ParseURI("tel:+1-(201)-555.0123;ext=3")
	if err != nil || tel.Number() != "+12015550123" || tel.AOR().String() != "tel:+1-(201)-555.0123;ext=3" {
		t.Errorf("%v %v", tel, err)
	}
}

func TestURI_printEscapesWhatWouldEndIt(t *testing.T) {
	u := URI{Scheme: "sip", User: "a>;tag=\"x y\"\r\nVia: z", Host: "h"}
	if got := u.String(); strings.ContainsAny(got, "<> \"\r\n") {
		t.Errorf("%q", got)
	}
}

// The pairs are RFC 3261 §19.1.4's and SIP.js's.
func TestURI_Equal(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;security=off", true},
		{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com", "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
		{"sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
		{"sip:a%3bb@c", "sip:a%3Bb@c", true},
		{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;user=phone", false},
		{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
		{"sip:a@b?x=1&x=2", "sip:a@b?x=1&x=1", false},
		{"sip:a;b@c", "sip:a%3Bb@c", false},
		{"sip:a@b", "sips:a@b", false},
		{"sip:a:b@c", "sip:a@c", false},
		{"tel:+1-201", "tel:+1(201)", true},
		{"tel:+1201", "tel:1201", false},
		{"urn:service:sos", "urn:service:sos", true},
	} {
		a, err1 := ParseURI(tt.a)
		b, err2 := ParseURI(tt.b)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if a.Equal(b) != tt.want || b.Equal(a) != tt.want || !a.Equal(a) {
			t.Errorf("%s and %s: want %v", a, b, tt.want)
		}
	}
}

func TestEscapeUser(t *testing.T) {
	for in, want := range map[string]string{
		"a b": "a%20b", "a@b": "a%40b", "a%20b": "a%20b", "#": "%23", "*9": "*9", "a:b": "a:b", "a+b": "a+b", "a?b": "a?b", "a/b": "a/b",
		"ñ": "%C3%B1", "a;b": "a%3Bb", "a&b=c": "a%26b%3Dc", "%": "%25", "": "", "%61": "a", "a\r\nb": "a%0D%0Ab",
	} {
		if got := EscapeUser(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := EscapeHeader("12345@h;to-tag=1"); got != "12345%40h%3Bto-tag%3D1" {
		t.Error(got)
	}
}
