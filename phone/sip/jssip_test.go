package sip

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// What JsSIP's suite asserts and JsSIP does, where no other test has it.

func TestURI_builtByHand(t *testing.T) {
	alice := URI{Scheme: "sip", User: "alice", Host: "jssip.net", Port: 6060}
	set := func(change func(*URI)) string {
		u := alice.Clone()
		change(&u)
		return u.String()
	}
	for _, tt := range []struct{ rule, got, want string }{
		{"as it is", alice.String(), "sip:alice@jssip.net:6060"},
		{"scheme", set(func(u *URI) { u.Scheme = "sips" }), "sips:alice@jssip.net:6060"},
		{"user beyond ASCII", set(func(u *URI) { u.User = EscapeUser("Iñaki ðđ") }), "sip:I%C3%B1aki%20%C3%B0%C4%91@jssip.net:6060"},
		{"user with an escape it does not need", set(func(u *URI) { u.User, u.Port = EscapeUser("%61lice"), 0 }), "sip:alice@jssip.net"},
		{"no user", set(func(u *URI) { u.User, u.Port = "", 0 }), "sip:jssip.net"},
		{"user and password", set(func(u *URI) { u.User, u.Password = EscapeUser("Iñaki"), "PASSWD" }), "sip:I%C3%B1aki:PASSWD@jssip.net:6060"},
		{"parameters", set(func(u *URI) { u.Params = u.Params.WithFlag("foo").With("baz", "123") }), "sip:alice@jssip.net:6060;foo;baz=123"},
		{"a parameter again", set(func(u *URI) { u.Params = u.Params.WithFlag("foo").With("zero", "1").With("Zero", "0") }), "sip:alice@jssip.net:6060;foo;Zero=0"},
		{"a parameter less", set(func(u *URI) { u.Params = u.Params.WithFlag("foo").With("baz", "123").Without("baZ") }), "sip:alice@jssip.net:6060;foo"},
		{"headers", set(func(u *URI) { *u = u.WithHeader("Foo", "LALALA").WithHeader("Baz", "ABC-1").WithHeader("Baz", "ABC-2") }), "sip:alice@jssip.net:6060?Foo=LALALA&Baz=ABC-1&Baz=ABC-2"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %s, want %s", tt.rule, tt.got, tt.want)
		}
	}
	u, err := ParseURI("SIP:%61liCE@versaTICA.Com:6060;TRansport=TCp;Foo=ABc;baz?X-Header-1=AaA1&X-Header-2=BbB&x-header-1=AAA2")
	if err != nil {
		t.Fatal(err)
	}
	u.User, u.Params, u.Headers = EscapeUser("Iñaki:PASSWD"), u.Params.Without("foo"), u.Headers.Without("x-header-1")
	if got := u.String(); got != "sip:I%C3%B1aki:PASSWD@versatica.com:6060;TRansport=TCp;baz?X-Header-2=BbB" {
		t.Error(got)
	}
}

func TestNameAddr_builtByHand(t *testing.T) {
	u := URI{Scheme: "sip", User: "alice", Host: "jssip.net"}
	for _, tt := range []struct {
		rule string
		a    NameAddr
		want string
	}{
		{"a name beyond ASCII", NameAddr{DisplayName: "Alice æßð", URI: u}, `"Alice æßð" <sip:alice@jssip.net>`},
		{"no name", NameAddr{URI: u}, "<sip:alice@jssip.net>"},
		{"a name that is a number", NameAddr{DisplayName: "0", URI: u}, `"0" <sip:alice@jssip.net>`},
		{"parameters", NameAddr{URI: u, Params: Params{}.WithFlag("foo").With("baz", "123")}, "<sip:alice@jssip.net>;foo;baz=123"},
	} {
		if got := tt.a.String(); got != tt.want {
			t.Errorf("%s: %s", tt.rule, got)
		}
	}
}

func TestIsHost(t *testing.T) {
	for host, want := range map[string]bool{
		"versatica.com": true, "myhost123": true, "1.2.3.bar.qwe-asd.foo": true, "1.2.3.4.bar.qwe-asd.foo": true, "1.2.3.4": true,
		"[1:0:fF::432]": true, "[::1]": true, "1.2.3.444": false, "iñaki.com": false, "::1": false, "": false,
	} {
		if got := isHost(host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
}

func TestParseNameAddr_q(t *testing.T) {
	for _, q := range []string{"0.5", "1.0"} {
		a, err := ParseNameAddr("<sip:a@b>;q=" + q)
		if got, _ := a.Params.Get("q"); err != nil || got != q {
			t.Error(a, err)
		}
	}
}

func TestSumMD5(t *testing.T) {
	for text, want := range map[string]string{"": "d41d8cd98f00b204e9800998ecf8427e", "ñ€": "94b2aee514a028737b6d0edd79cc1f53"} {
		sum := md5.Sum([]byte(text))
		if got := sumMD5(text); got != want || got != hex.EncodeToString(sum[:]) {
			t.Errorf("%q: %s", text, got)
		}
	}
}

func TestParse_privacy(t *testing.T) {
	m, err := Parse(crlf(`INVITE sip:bob@biloxi.com SIP/2.0
Via: SIP/2.0/TCP useragent.cisco.com;branch=z9hG4bK-a111
To: <sip:bob@biloxi.com>
From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=9802748
Call-ID: 245780247857024504
CSeq: 1 INVITE
Max-Forwards: 70
Privacy: id
P-Preferred-Identity: "Cullen Jennings" <sip:fluffy@cisco.com>

`))
	if err != nil {
		t.Fatal(err)
	}
	c := m.Fields()
	preferred := c.PreferredIdentity()
	if got := c.Privacy(); len(got) != 1 || got[0] != "id" {
		t.Error(got)
	}
	if len(preferred) != 1 || preferred[0].URI.User != "fluffy" || preferred[0].URI.Host != "cisco.com" {
		t.Error(preferred)
	}
}

// TestStimuli is what a message leads to before anybody acts upon it: taken,
// answered, dropped.
func TestStimuli(t *testing.T) {
	options := string(request("OPTIONS", "", ""))
	without := func(name string) string {
		kept := strings.SplitAfter(options, "\r\n")
		for i, line := range kept {
			if strings.HasPrefix(line, name+":") {
				return strings.Join(append(kept[:i:i], kept[i+1:]...), "")
			}
		}
		return ""
	}
	response := "SIP/2.0 200 OK" + strings.TrimPrefix(options, "OPTIONS sip:bob@biloxi.com SIP/2.0")
	for _, tt := range []struct{ rule, message, want string }{
		{"compact names", strings.NewReplacer("Via", "v", "From", "f", "To", "t", "Call-ID", "i").Replace(options), "ok"},
		{"more compact names", string(request("OPTIONS", "k: timer\ns: x\ne: gzip\nb: <sip:a@b>\nj: x\na: x\nd: x\ny: x\nu: presence\no: dialog\nr: <sip:a@b>\nl: 0\nm: <sip:a@b>\nc: text/plain\nx: 90\n", "")), "ok"},
		{"a folded field", string(request("INVITE", "Contact: <sip:f@x>\n ;expires=5\n", "")), "ok"},
		{"no Content-Length", string(request("MESSAGE", "", "abc")), "ok"},
		{"Content-Length beyond the end", string(request("MESSAGE", "Content-Length: 4\n", "abc")), "400 Content-Length"},
		{"the same in a response", strings.Replace(response, "\r\n\r\n", "\r\nContent-Length: 4\r\n\r\nabc", 1), "error Content-Length"},
		{"line ends before the start line", "\r\n\r\n" + options, "ok"},
		{"bare line feeds", strings.ReplaceAll(options, "\r\n", "\n"), "error"},
		{"no empty line", strings.TrimSuffix(options, "\r\n"), "400"},
		{"garbage", "garbage\r\n\r\n", "error"},
		{"Session-Expires: x", string(request("UPDATE", "Session-Expires: x\n", "")), "400 Session-Expires"},
		{"Max-Forwards: x", string(request("OPTIONS", "Max-Forwards: x\n", "")), "400 Max-Forwards"},
		{"CSeq: OPTIONS", strings.Replace(options, "CSeq: 1 ", "CSeq: ", 1), "400 CSeq"},
		{"no Call-ID", without("Call-ID"), "400 Call-ID"},
		{"no From", without("From"), "400 From"},
		{"no To", without("To"), "400 To"},
		{"no CSeq", without("CSeq"), "400 CSeq"},
		{"no Via", without("Via"), "error Via"},
		{"sips in the Request-URI", strings.Replace(options, "OPTIONS sip:", "OPTIONS sips:", 1), "ok"},
		{"sips in To", strings.Replace(options, "To: <sip:", "To: <sips:", 1), "ok"},
		{"an INVITE without Contact", string(request("INVITE", "", "")), "400 Contact"},
		{"a keep-alive", "\r\n\r\n", "error"},
		{"the answer to a keep-alive", "\r\n", "error"},
	} {
		if got, err := judge([]byte(tt.message)); got != tt.want {
			t.Errorf("%s: %s, want %s (%v)", tt.rule, got, tt.want, err)
		}
	}
}

// JsSIP's faults, by their numbers, as far as messages are read and written.

func TestB14_fieldsThatBrokeTheParser(t *testing.T) {
	if list, star, err := with("Contact", "*").Contacts(); list != nil || !star || err != nil {
		t.Error("Contact: *", list, star, err)
	}
	tel := strings.Replace(string(request("OPTIONS", "", "")), "sip:bob@biloxi.com", "tel:+1", 1)
	if got, err := judge([]byte(tel)); got != "416" {
		t.Error("Request-URI tel:+1", got, err)
	}
	u, err := ParseURI("sip:alice@example.com;ttl=15;maddr=239.255.255.1;transport=UDP")
	ttl, _ := u.Params.Get("ttl")
	maddr, _ := u.Params.Get("maddr")
	if err != nil || u.Host != "example.com" || ttl != "15" || maddr != "239.255.255.1" {
		t.Error("maddr and ttl", u, err)
	}
	if pkg, _, ok := with("Event", "a.b").Event(); pkg != "a.b" || !ok {
		t.Error("Event: a.b", pkg, ok)
	}
	if c, err := ParseChallenge(`Digest realm="a", nonce="b", qop=auth`); err != nil || len(c.QOP) != 1 || c.QOP[0] != "auth" {
		t.Error("qop=auth", c, err)
	}
	for rule, text := range map[string]string{
		"comma-joined Vias":       strings.Replace(string(request("OPTIONS", "", "")), "branch=z9hG4bK1", "branch=X, SIP/2.0/UDP b.com;branch=Y", 1),
		"and leading line ends":   "\r\n\r\n" + strings.Replace(string(request("OPTIONS", "", "")), "branch=z9hG4bK1", "branch=X,SIP/2.0/UDP b.com;branch=Y", 1),
		"Vias in two fields each": strings.Replace(string(request("OPTIONS", "", "")), "branch=z9hG4bK1", "branch=X\r\nv: SIP/2.0/UDP b.com;branch=Y", 1),
	} {
		m, err := Parse([]byte(text))
		if err != nil {
			t.Error(rule, err)
			continue
		}
		if via := m.Fields().Via; len(via) != 2 || via[0].Branch() != "X" || via[1].Host != "b.com" {
			t.Error(rule, via)
		}
	}
}

func TestB15_acceptedOrAnswered(t *testing.T) {
	for _, tt := range []struct{ rule, line, want string }{
		{"tel in From", "From: <tel:+1234>;tag=1", "ok"},
		{"tel in To", "To: <tel:+1234>", "ok"},
		{"tel in Contact", "Contact: <tel:+1234>", "ok"},
		{"another scheme in From", "From: <isbn:2983792873>;tag=1", "ok"},
		{"an unquoted name beyond ASCII", "From: José <sip:jose@example.com>;tag=1", "ok"},
		{"a host of one label that begins with a digit", "From: <sip:a@019f9ae299f5>;tag=1", "ok"},
		{"such a Via", "Via: SIP/2.0/WS 019f9ae299f5;branch=z9hG4bK1", "ok"},
		{"a malformed From", "From: Alice <sip:a@b.com", "400 From"},
		{"a malformed To", "To: x", "400 To"},
		{"a malformed Contact", "Contact: <sip:a@b", "400 Contact"},
		{"a malformed CSeq", "CSeq: x OPTIONS", "400 CSeq"},
		{"a malformed Max-Forwards", "Max-Forwards: many", "400 Max-Forwards"},
		{"a malformed Content-Length", "Content-Length: -1", "400 Content-Length"},
	} {
		name, _, _ := strings.Cut(tt.line, ":")
		lines := strings.Split(string(request("OPTIONS", "Contact: <sip:a@b>\nMax-Forwards: 70\nContent-Length: 0\n", "")), "\r\n")
		for i := range lines {
			if strings.HasPrefix(lines[i], name+":") {
				lines[i] = tt.line
			}
		}
		if got, err := judge([]byte(strings.Join(lines, "\r\n"))); got != tt.want {
			t.Errorf("%s: %s, want %s (%v)", tt.rule, got, tt.want, err)
		}
	}
}

func TestB23_bytesCountAndURIsStay(t *testing.T) {
	m, err := Parse(request("MESSAGE", "Content-Type: text/plain\nContent-Length: 2\n", "ñX"))
	if err != nil || string(m.Fields().Body) != "ñ" {
		t.Errorf("%v %v", m, err)
	}
	if text := string(m.Bytes()); !strings.Contains(text, "\r\nContent-Length: 2\r\n\r\nñ") {
		t.Error(text)
	}
	m.Fields().Body = []byte("Hi ñ")
	if text := string(m.Bytes()); !strings.Contains(text, "\r\nContent-Length: 5\r\n\r\nHi ñ") {
		t.Error(text)
	}
	answer := NewResponse(m.(*Request), 200, "", "t")
	answer.Headers.Add("Content-Type", "text/plain")
	answer.Body = []byte("thanks")
	again, err := Parse(answer.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if mediaType, _ := again.Fields().ContentType(); mediaType != "text/plain" {
		t.Error("the body of an answer has the type", mediaType)
	}
	for _, uri := range []string{"sip:alice;day=tuesday@atlanta.com", "sip:a,b&c=d$e+f?g/h@x.com", "sip:j%40s0n@example.com", "sip:%61lice@example.com;x=%41%3b"} {
		text := strings.ReplaceAll(string(request("OPTIONS", "Contact: <"+uri+">\n", "")), "sip:bob@biloxi.com", uri)
		m, err := Parse([]byte(text))
		if err != nil {
			t.Error(uri, err)
			continue
		}
		if n := strings.Count(string(m.Bytes()), uri); n != 3 {
			t.Errorf("%s is printed otherwise: %s", uri, m.Bytes())
		}
	}
	var parse *ParseError
	if _, err := Parse(request("MESSAGE", "Content-Length: 4\n", "ñX")); !errors.As(err, &parse) || !errors.Is(err, errShort) {
		t.Error("three bytes are not four", err)
	}
}
