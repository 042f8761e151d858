package sip

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

const testNonce = "84f1c1ae6cbe5ua9c8e88dfa3ecm3459"

// The answers are those of RFC 2617 §3.5, RFC 7616 §3.9.1 and of an
// independent implementation.
func TestAuthorize(t *testing.T) {
	alice := Credentials{Username: "alice", Password: "secret"}
	mufasa := Credentials{Username: "Mufasa", Password: "Circle Of Life"}
	mufasa2 := Credentials{Username: "Mufasa", Password: "Circle of Life"}
	user := Credentials{Username: "testuser", Password: "testpassword"}
	const (
		realm2617 = "testrealm@host.com"
		nonce2617 = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
		nonceUser = "5a071f75353f667787615249c62dcc7b15a4828f"
		nonce7616 = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
		cn7616    = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
	)
	at := func(realm, nonce, algorithm string, qop ...string) Challenge {
		return Challenge{Realm: realm, Nonce: nonce, Algorithm: algorithm, QOP: qop}
	}
	ours := func(algorithm string, qop ...string) Challenge {
		return at("example.com", testNonce, algorithm, qop...)
	}
	for _, tt := range []struct {
		rule   string
		c      Challenge
		cr     Credentials
		m      Method
		uri    string
		body   string
		cnonce string
		nc     uint32
		want   string
	}{
		{"RFC 2617", at(realm2617, nonce2617, "", "auth"), mufasa, "GET", "/dir/index.html", "", "0a4f113b", 1, "6629fae49393a05397450978507c4ef1"},
		{"RFC 7616 MD5", at("http-auth@example.org", nonce7616, "MD5", "auth"), mufasa2, "GET", "/dir/index.html", "", cn7616, 1, "8ca523f5e9506fed4657c9700eebdbec"},
		{"RFC 7616 SHA-256", at("http-auth@example.org", nonce7616, "SHA-256", "auth"), mufasa2, "GET", "/dir/index.html", "", cn7616, 1, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
		{"RFC 2069", at(realm2617, nonceUser, ""), user, REGISTER, "sip:testrealm@host.com", "", "0a4f113b", 1, "f99e05f591f147facbc94ff23b4b1dee"},
		{"auth", at(realm2617, nonceUser, "", "auth"), user, REGISTER, "sip:testrealm@host.com", "", "0a4f113b", 1, "a69b9c2ea0dea1437a21df6ddc9b05e4"},
		{"auth-int without body", at(realm2617, nonceUser, "", "auth-int"), user, REGISTER, "sip:testrealm@host.com", "", "0a4f113b", 1, "82b3cab8b1c4df404434db6a0581650c"},
		{"auth-int", at(realm2617, nonceUser, "", "auth-int"), user, REGISTER, "sip:testrealm@host.com", "TEST BODY", "0a4f113b", 1, "7bf0e9de3fbb5da121974509d617f532"},
		{"MD5 none", ours("MD5"), alice, REGISTER, "sip:example.com", "", "0a4f113b", 1, "660c81d87d92e0bd22e701cef199054c"},
		{"MD5 auth", ours("md5", "auth"), alice, REGISTER, "sip:example.com", "", "0a4f113b", 1, "4d00c0859020ec5ce8498879bcc6cd4e"},
		{"MD5 auth-int", ours("MD5", "auth-int"), alice, REGISTER, "sip:example.com", "", "0a4f113b", 1, "86e49cd076a6ff9a67c8dd681eb27da3"},
		{"auth-int wins", ours("MD5", "auth", "auth-int"), alice, REGISTER, "sip:example.com", "", "0a4f113b", 1, "86e49cd076a6ff9a67c8dd681eb27da3"},
		{"nc", ours("MD5", "auth"), alice, REGISTER, "sip:example.com", "", "0a4f113b", 2, "24cc067f20dbe38df1da9ab17d94c8c2"},
		{"MD5-sess auth", ours("MD5-sess", "auth"), alice, REGISTER, "sip:example.com", "", "0a4f113b", 1, "135c8e05391905cb6a0ca514eabd2311"},
		{"MD5-sess auth-int", ours("MD5-sess", "auth-int"), alice, REGISTER, "sip:example.com", "", "0a4f113b", 1, "3387f89d801731ec1f7520252d6e208c"},
		{"SHA-256 none", ours("SHA-256"), alice, REGISTER, "sip:example.com", "", "0a4f113b", 1, "b2ddfcc0942126fff99545bc8a41a240715d81f8f6deafc8df0ee89d042f6898"},
		{"SHA-256 auth", ours("SHA-256", "auth"), alice, REGISTER, "sip:example.com", "", "0a4f113b", 1, "34abee3610c149b87d0f5c0798d53fe30df44cc4af21abe99ca8e17a7a118986"},
		{"SHA-256 auth-int", ours("SHA-256", "auth-int"), alice, REGISTER, "sip:example.com", "", "0a4f113b", 1, "f3735c6b953ee55171e27d645125a4f9ed7572e91c8af0fcfef469a62d8fc32e"},
		{"SHA-256-sess auth", ours("SHA-256-sess", "auth"), alice, REGISTER, "sip:example.com", "", "0a4f113b", 1, "55ed03eacbecb7e3a4fdb488fdf318588ee83c7fcb433ae17e6f23305c12309f"},
		{"SHA-256-sess auth-int", ours("SHA-256-sess", "auth-int"), alice, REGISTER, "sip:example.com", "", "0a4f113b", 1, "60a84f5865ec0f44829f8ca2909d533b5d4fdb0368470a25999a08cdfde06eca"},
		{"SHA-512-256 none", ours("SHA-512-256"), alice, REGISTER, "sip:example.com", "", "0a4f113b", 1, "27bde7113e2ffeb152e45aa3afe20c9a67bd5b65a5c1be8e1685171237977a8c"},
		{"SHA-512-256 auth", ours("SHA-512-256", "auth"), alice, REGISTER, "sip:example.com", "", "0a4f113b", 1, "4b620e1547cc0cb03ce5ebc170d2f67ba79bb4a3898c2fabb160e9caa45f95b5"},
		{"SHA-512-256 auth-int", ours("SHA-512-256", "auth-int"), alice, REGISTER, "sip:example.com", "", "0a4f113b", 1, "37eaea74c58bc84e9696cf4eccc5a8c396f1120a6b7307b5d7162aa2c4d25083"},
		{"body", ours("MD5", "auth-int"), alice, INVITE, "sip:bob@example.com", "v=0\r\n", "0a4f113b", 1, "da148c341be45f344bd2eeaf329c45ec"},
		{"password beyond ASCII", ours("MD5", "auth"), Credentials{Username: "alice", Password: "1234ññññ"}, REGISTER, "sip:example.com", "", "0a4f113b", 1, "0dda68824df20ccba4902c34615c3f8c"},
		{"HA1 MD5", ours("MD5", "auth"), Credentials{Username: "alice", HA1: "B1726872c344b6dc8365b774f8fd6412", HA1Realm: "example.com"}, REGISTER, "sip:example.com", "", "0a4f113b", 1, "4d00c0859020ec5ce8498879bcc6cd4e"},
		{"HA1 MD5-sess", ours("MD5-sess", "auth"), Credentials{Username: "alice", HA1: "b1726872c344b6dc8365b774f8fd6412", HA1Realm: "example.com"}, REGISTER, "sip:example.com", "", "0a4f113b", 1, "135c8e05391905cb6a0ca514eabd2311"},
		{"HA1 SHA-256", ours("SHA-256", "auth"), Credentials{Username: "alice", HA1: "ed8925b20f9a77b8f8f8d5f8e4467fe32b866f7208ab9e4b20595e9821a0fdee", HA1Realm: "example.com"}, REGISTER, "sip:example.com", "", "0a4f113b", 1, "34abee3610c149b87d0f5c0798d53fe30df44cc4af21abe99ca8e17a7a118986"},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			value, err := tt.c.Authorize(tt.cr, tt.m, tt.uri, []byte(tt.body), tt.cnonce, tt.nc)
			if err != nil {
				t.Fatal(err)
			}
			a, err := ParseAuthorization(value)
			if err != nil || a.Response != tt.want {
				t.Errorf("%s: %v", value, err)
			}
			if tt.cr.Password == "" {
				return
			}
			if !a.Verify(tt.cr.Password, tt.m, []byte(tt.body)) {
				t.Error("does not verify")
			}
			if a.Verify(tt.cr.Password+"x", tt.m, []byte(tt.body)) || a.Verify(tt.cr.Password, "OTHER", []byte(tt.body)) {
				t.Error("a wrong password or method verifies")
			}
			if a.QOP == "auth-int" && a.Verify(tt.cr.Password, tt.m, []byte("other")) {
				t.Error("another body verifies")
			}
		})
	}
}

func TestAuthorize_text(t *testing.T) {
	c := Challenge{Realm: `ex"a`, Nonce: "n", Opaque: `o\p`, QOP: []string{"auth"}}
	got, err := c.Authorize(Credentials{Username: `al"ice`, Password: "x"}, REGISTER, "sip:example.com", nil, "0a4f113b", 0)
	if err != nil {
		t.Fatal(err)
	}
	a, err := ParseAuthorization(got)
	if err != nil || a.Realm != c.Realm || a.Opaque != c.Opaque || a.Username != `al"ice` || a.NC != 1 {
		t.Errorf("%+v %v", a, err)
	}
	want := `Digest algorithm=MD5, username="al\"ice", realm="ex\"a", nonce="n", uri="sip:example.com", response="` + a.Response +
		`", opaque="o\\p", qop=auth, cnonce="0a4f113b", nc=00000001`
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	one, _ := c.Authorize(Credentials{}, REGISTER, "sip:a", nil, "", 1)
	two, _ := c.Authorize(Credentials{}, REGISTER, "sip:a", nil, "", 1)
	if one == two {
		t.Error("the cnonce is not random")
	}
	old, _ := Challenge{Realm: "r", Nonce: "n"}.Authorize(Credentials{Username: "u", Password: "p"}, REGISTER, "sip:a", nil, "c", 1)
	if strings.Contains(old, "cnonce") || strings.Contains(old, "qop") || strings.Contains(old, "nc=") {
		t.Errorf("RFC 2069 has neither qop, cnonce nor nc: %s", old)
	}
}

func TestAuthorize_userhash(t *testing.T) {
	c := Challenge{Realm: "r", Nonce: "n", Algorithm: "SHA-256", QOP: []string{"auth"}, Userhash: true}
	value, err := c.Authorize(Credentials{Username: "alice", Password: "x"}, REGISTER, "sip:a", nil, "", 1)
	if err != nil || strings.Contains(value, "alice") || !strings.Contains(value, "userhash=true") {
		t.Fatal(value, err)
	}
	a, _ := ParseAuthorization(value)
	if a.Username != sumSHA256("alice:r") || !a.VerifyUser("alice", "x", REGISTER, nil) || a.Verify("x", REGISTER, nil) {
		t.Errorf("%+v", a)
	}
}

func TestAuthorize_refuses(t *testing.T) {
	for _, tt := range []struct {
		c    Challenge
		cr   Credentials
		want error
	}{
		{Challenge{Realm: "r", Nonce: "n", Algorithm: "AKAv1-MD5"}, Credentials{Password: "x"}, ErrAlgorithm},
		{Challenge{Realm: "r", Nonce: "n", QOP: []string{"auth-conf"}}, Credentials{Password: "x"}, ErrQOP},
		{Challenge{Realm: "r", Nonce: "n"}, Credentials{HA1: strings.Repeat("0", 32), HA1Realm: "other"}, ErrHA1},
		{Challenge{Realm: "r", Nonce: "n", Algorithm: "SHA-256"}, Credentials{HA1: strings.Repeat("0", 32), HA1Realm: "r"}, ErrHA1},
	} {
		if _, err := tt.c.Authorize(tt.cr, REGISTER, "sip:a", nil, "", 1); !errors.Is(err, tt.want) {
			t.Errorf("%v: %v", tt.c, err)
		}
	}
}

func TestParseChallenge(t *testing.T) {
	c, err := ParseChallenge(`Digest realm =  "[1:ABCD::abc]", nonce =  "31d0a89ed7781ce6877de5cb032bf114", qop="AUTH,autH-INt", algorithm =  md5  ,  stale =  TRUE , opaque = "00000188"`)
	if err != nil || c.Realm != "[1:ABCD::abc]" || c.Nonce != "31d0a89ed7781ce6877de5cb032bf114" || !slices.Equal(c.QOP, []string{"auth", "auth-int"}) ||
		c.Algorithm != "md5" || !c.Stale || c.Opaque != "00000188" {
		t.Errorf("%+v %v", c, err)
	}
	for in, want := range map[string]string{
		`Digest realm="a", nonce="b", qop=auth`:                      `Digest realm="a", nonce="b", qop="auth"`,
		`Digest nonce="b",realm="a\"b"`:                              `Digest realm="a\"b", nonce="b"`,
		`digest realm="", nonce=b+/==, domain="sip:x",userhash=true`: `Digest realm="", nonce="b+/==", domain="sip:x", userhash=true`,
		`Digest realm="a",,nonce="b",`:                               `Digest realm="a", nonce="b"`,
		"Digest\r\n realm=\"a\",\r\n nonce=\"b\",unknown=\"x y\"":    `Digest realm="a", nonce="b"`,
	} {
		c, err := ParseChallenge(in)
		if err != nil || c.String() != want {
			t.Errorf("%s: %s, %v", in, c, err)
		}
	}
	for _, bad := range []string{
		"", `Basic realm="a"`, "Digest", `Digest realm="a"`, `Digest nonce="b"`, `Digest realm="a" nonce="b"`, `Digest realm="a, nonce=b`,
		`Digest realm="a", nonce="b", stale`, `Digest realm="a", nonce="b", nonce="c"`, `Digest realm="a", nonce=""`,
	} {
		if c, err := ParseChallenge(bad); err == nil {
			t.Errorf("%s: %v", bad, c)
		}
	}
	if got := NewChallenge("r", "n", "SHA-256"); got != `Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"` {
		t.Error(got)
	}
}

func TestChallenges_strongestOfEachRealmFirst(t *testing.T) {
	c := with(
		"WWW-Authenticate", NewChallenge("b", "1", "MD5"),
		"Via-X", "y",
		"Proxy-Authenticate", NewChallenge("p", "2", ""),
		"WWW-Authenticate", NewChallenge("a", "3", "MD5")+", "+NewChallenge("a", "4", "SHA-256"),
		"WWW-Authenticate", NewChallenge("b", "5", "SHA-512-256"),
		"WWW-Authenticate", NewChallenge("b", "6", "AKAv1-MD5"),
		"WWW-Authenticate", `Basic realm="b"`,
		"WWW-Authenticate", `Digest realm="b", nonce="7", qop="auth-conf"`,
		"WWW-Authenticate", "Digest nonsense",
	)
	var got []string
	for _, one := range c.Challenges() {
		got = append(got, fmt.Sprint(one.Realm, one.Nonce, one.Proxy))
	}
	if want := []string{"b5false", "b1false", "p2true", "a4false", "a3false"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestParseAuthorization_refuses(t *testing.T) {
	good := `Digest username="u", realm="r", nonce="n", uri="sip:a", response="x", nc=0000000a`
	if a, err := ParseAuthorization(good); err != nil || a.NC != 10 {
		t.Error(a, err)
	}
	for _, bad := range []string{
		strings.Replace(good, "0000000a", "1", 1), strings.Replace(good, "0000000a", "0000000g", 1), strings.Replace(good, "uri", "url", 1),
		strings.Replace(good, "Digest", "Bearer", 1), good + ", response=y",
	} {
		if a, err := ParseAuthorization(bad); err == nil || strings.Contains(err.Error(), "username") {
			t.Error(a, err)
		}
	}
	if (Authorization{Algorithm: "x"}).Verify("", REGISTER, nil) || (Authorization{QOP: "x"}).Verify("", REGISTER, nil) {
		t.Error("unknown algorithm or qop verifies")
	}
}

func TestSecretsAreHidden(t *testing.T) {
	c := Credentials{Username: "alice", Password: "hunter2", HA1: "abcdef", HA1Realm: "r"}
	a := Authorization{Username: "alice", Response: "hunter2", Cnonce: "abcdef"}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "c", c, "p", &c, "a", a)
	for _, text := range []string{
		log.String(), fmt.Sprint(c, &c, a), fmt.Sprintf("%v %+v %#v %s %q", c, c, c, c, c), fmt.Sprintf("%v %+v %#v %s", a, a, a, a),
		fmt.Sprintf("%+v", struct{ C Credentials }{c}),
	} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "abcdef") || !strings.Contains(text, "alice") {
			t.Error(text)
		}
	}
}

func TestMaskSecrets(t *testing.T) {
	in := crlf(`REGISTER sip:alice:pass1@example.com SIP/2.0
Via: SIP/2.0/WSS a.invalid;branch=z9hG4bK1
From: <sip:alice:pass2@example.com>;tag=1
To: sips:alice:pass3@example.com
authorization: Digest username="alice", response="pass4",cnonce = "pass\"5", uri="sip:example.com",
 RESPONSE=pass6, nonce="seen"
Proxy-Authorization: Basic pass7==
Authentication-Info: nextnonce="pass8", rspauth="pass9"
WWW-Authenticate: Digest nonce="seen", realm="r"
X-Response: response="seen"

a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:pass10|2^20
a=ice-pwd:pass11
a=ice-ufrag:seen`)
	before := string(in)
	got := string(MaskSecrets(in))
	if strings.Contains(got, "pass") {
		t.Errorf("a secret is left:\n%s", got)
	}
	if strings.Count(got, "seen") != 4 || !strings.Contains(got, "sip:alice:***@example.com SIP/2.0\r\n") || strings.Count(got, "\r\n") != strings.Count(before, "\r\n") {
		t.Errorf("too much is gone:\n%s", got)
	}
	if string(in) != before {
		t.Error("the message itself was changed")
	}
	for _, harmless := range []string{"", "\n", "x", " y", "Authorization", "Authorization:", "Authorization: \r\n", "INVITE sip:a@b SIP/2.0\r\n", "sip", "sips", "sip:", "To: sip:a:"} {
		if got := string(MaskSecrets([]byte(harmless))); got != harmless {
			t.Errorf("%q: %q", harmless, got)
		}
	}
}
