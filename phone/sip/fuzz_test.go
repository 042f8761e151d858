package sip

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What is printed must parse to the same, else two parties see two messages.

func FuzzParse(f *testing.F) {
	for _, one := range torture(f) {
		f.Add(one.Message)
	}
	f.Add(crlf(invite))
	f.Add(request("MESSAGE", "Content-Type: text/plain\n", "ñ"))
	f.Fuzz(func(t *testing.T, data []byte) {
		one, err := Parse(data)
		MaskSecrets(data)
		if err != nil {
			if p := err.(*ParseError); p.Response() != nil {
				if _, err := Parse(p.Response().Bytes()); err != nil {
					t.Fatalf("the answer to %q: %v", data, err)
				}
			}
			return
		}
		_, _ = Sanity(one)
		one.Fields().Challenges()
		one.Fields().Reasons()
		one.Fields().SDP()
		one.Fields().AutoAnswer()
		one.Fields().RAck()
		one.Fields().NextNonce()
		if to, err := one.Fields().ReferTo(); err == nil {
			replaces, _ := to.URI.Header("Replaces")
			ParseReplaces(replaces)
		}
		two, err := Parse(one.Bytes())
		if err != nil {
			t.Fatalf("%q is printed as %q: %v", data, one.Bytes(), err)
		}
		if d := cmp.Diff(one, two, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("%q is printed as %q: %s", data, one.Bytes(), d)
		}
	})
}

func FuzzParseURI(f *testing.F) {
	for _, s := range []string{
		"sip:%61liCE@versaTICA.Com:6060;TRansport=TCp;Foo=ABc;baz?X-Header-1=AaA1&X-Header-2=BbB", "sip:a:b@[::1]:5;lr", "tel:+1-2;x=y", "sips:1.2.3.4",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, _ = NormalizeTarget(s, "example.com")
		u, err := ParseURI(s)
		if err != nil {
			return
		}
		v, err := ParseURI(u.String())
		if err != nil || cmp.Diff(u, v, cmpopts.EquateEmpty()) != "" {
			t.Fatalf("%q is printed as %q: %v %s", s, u, err, cmp.Diff(u, v))
		}
		if !u.Equal(v) || !u.AOR().Equal(v.AOR()) {
			t.Fatalf("%q does not equal itself", u)
		}
	})
}

func FuzzParseNameAddr(f *testing.F) {
	for _, s := range []string{
		`"Iñaki \"x\" \\" <SIP:a@b;c?d=e>;QWE=QWE;ASd;x="y z"`, "Foo  Bar\t<tel:+1>", "sip:a@b;tag=1", `"A" <sip:a@b>, sip:c@d;e, <isbn:2>`, `"A <sip:a@b, <sip:c@d>, sip:e@f`, "\r\n <sip:a@b>\r\n ;x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		read, all := readNameAddrs(s)
		list, err := ParseNameAddrs(s)
		if err == nil && (!all || cmp.Diff(list, read, cmpopts.EquateEmpty()) != "") {
			t.Fatalf("%q has all of %q, read are %v %q", s, list, all, read)
		}
		for _, a := range append(read, list...) {
			b, err := ParseNameAddr(a.String())
			if err != nil || cmp.Diff(a, b, cmpopts.EquateEmpty()) != "" {
				t.Fatalf("%q is printed as %q: %v %s", s, a, err, cmp.Diff(a, b))
			}
		}
	})
}

func FuzzParseChallenge(f *testing.F) {
	for _, s := range []string{
		`Digest realm =  "[1:ABCD::abc]", nonce =  "31d0", qop="AUTH,autH-INt", algorithm =  md5  ,  stale =  TRUE , opaque = "00000188"`,
		`Digest nonce="b",realm="a\"b",userhash=true,domain="x"`, `Digest username="u", realm="r", nonce="n", uri="sip:a", response="x", nc=0000000a`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		splitChallenges(s)
		c, err := ParseChallenge(s)
		if err != nil {
			return
		}
		d, err := ParseChallenge(c.String())
		if err != nil || cmp.Diff(c, d, cmpopts.EquateEmpty()) != "" {
			t.Fatalf("%q is printed as %q: %v %s", s, c, err, cmp.Diff(c, d))
		}
		value, err := c.Authorize(Credentials{Username: s, Password: "x"}, INVITE, "sip:a@b", nil, "", 1)
		if err != nil {
			return
		}
		a, err := ParseAuthorization(value)
		if err != nil || !a.VerifyUser(s, "x", INVITE, nil) {
			t.Fatalf("%q is answered by %q: %v", s, value, err)
		}
	})
}
