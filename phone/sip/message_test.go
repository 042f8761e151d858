package sip

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// request returns a request of that method with extra lines after its
// mandatory fields, and a body.
func request(method, lines, body string) []byte {
	return crlf(method + ` sip:bob@biloxi.com SIP/2.0
Via: SIP/2.0/WS a.invalid;branch=z9hG4bK1
To: <sip:bob@biloxi.com>
From: <sip:alice@atlanta.com>;tag=1
Call-ID: c1
CSeq: 1 ` + method + "\n" + lines + "\n" + body)
}

func TestParse_body(t *testing.T) {
	for _, tt := range []struct{ rule, lines, body, want string }{
		{"no Content-Length: the rest of the frame", "", "abc", "abc"},
		{"counts bytes", "Content-Length: 2\n", "ñX", "ñ"},
		{"longer is cut", "l: 3\n", "abcdef", "abc"},
		{"zero", "l: 0\n", "abc", ""},
		{"empty", "", "", ""},
		{"the same twice", "l: 1\nContent-Length: 1\n", "a", "a"},
		{"an empty line in the body", "", "a\n\nb", "a\r\n\r\nb"},
	} {
		m, err := Parse(request("MESSAGE", tt.lines, tt.body))
		if err != nil || string(m.Fields().Body) != tt.want {
			t.Errorf("%s: %v %v", tt.rule, m, err)
		}
	}
}

func TestParse_doesNotKeepTheFrame(t *testing.T) {
	data := request("MESSAGE", "Subject: x\n", "body")
	m, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	if c := m.Fields(); string(c.Body) != "body" || c.Headers.Get("Subject") != "x" || c.CallID != "c1" {
		t.Errorf("%+v", c)
	}
}

func TestParse_leadingLineEnds(t *testing.T) {
	if _, err := Parse(append([]byte("\r\n\r\n"), request("OPTIONS", "", "")...)); err != nil {
		t.Error(err)
	}
	_, err := Parse(append([]byte("\r\n\r\n"), request("OPTIONS", "l: x\n", "")...))
	var parse *ParseError
	if !errors.As(err, &parse) || parse.Line != 9 || parse.Header != "Content-Length" || !errors.Is(err, errLength) {
		t.Errorf("%v", err)
	}
	if parse.Partial == nil || parse.Partial.CallID != "c1" {
		t.Errorf("%+v", parse.Partial)
	}
	if !strings.Contains(err.Error(), "line 9: Content-Length: ") {
		t.Error(err)
	}
}

func TestParse_refuses(t *testing.T) {
	good := string(request("OPTIONS", "", ""))
	for rule, text := range map[string]string{
		"nothing":                   "",
		"line ends alone":           "\r\n\r\n",
		"garbage":                   "hello world\r\n\r\n",
		"bare LF":                   strings.ReplaceAll(good, "\r\n", "\n"),
		"bare LF in a field":        strings.Replace(good, "Call-ID: c1\r\n", "Call-ID: c1\n", 1),
		"bare CR in a field":        strings.Replace(good, "c1", "c\r1", 1),
		"NUL in a field":            strings.Replace(good, "biloxi.com>", "biloxi.com>;x=\x00", 1),
		"no empty line":             strings.TrimSuffix(good, "\r\n"),
		"no Via":                    regexp.MustCompile("Via: .*\r\n").ReplaceAllString(good, ""),
		"no Call-ID":                strings.Replace(good, "Call-ID: c1\r\n", "", 1),
		"no CSeq":                   strings.Replace(good, "CSeq: 1 OPTIONS\r\n", "", 1),
		"no From":                   strings.Replace(good, "From", "X-From", 1),
		"no To":                     strings.Replace(good, "To", "X-To", 1),
		"two addresses in To":       strings.Replace(good, "<sip:bob@biloxi.com>\r\n", "<sip:bob@biloxi.com>, <sip:a@b>\r\n", 1),
		"space in the Call-ID":      strings.Replace(good, "c1", "c 1", 1),
		"empty Call-ID":             strings.Replace(good, "c1", "", 1),
		"line without a colon":      strings.Replace(good, "Call-ID", "Subject\r\nCall-ID", 1),
		"name that is not a token":  strings.Replace(good, "Call-ID", "Sub ject: x\r\nCall-ID", 1),
		"no name":                   strings.Replace(good, "Call-ID", ": x\r\nCall-ID", 1),
		"folded start line":         strings.Replace(good, " SIP/2.0\r\n", "\r\n SIP/2.0\r\n", 1),
		"space before the method":   " " + good,
		"method that is no token":   "OPT<IONS" + strings.TrimPrefix(good, "OPTIONS"),
		"status code of two digits": strings.Replace(good, "OPTIONS sip:bob@biloxi.com SIP/2.0", "SIP/2.0 99 x", 1),
		"status code 700":           strings.Replace(good, "OPTIONS sip:bob@biloxi.com SIP/2.0", "SIP/2.0 700 x", 1),
		"status code 0200":          strings.Replace(good, "OPTIONS sip:bob@biloxi.com SIP/2.0", "SIP/2.0 0200 OK", 1),
		"response of SIP/3.0":       strings.Replace(good, "OPTIONS sip:bob@biloxi.com SIP/2.0", "SIP/3.0 200 OK", 1),
		"no version":                strings.Replace(good, " SIP/2.0\r\n", "\r\n", 1),
		"version SIPX":              strings.Replace(good, " SIP/2.0\r\n", " SIPX/2.0\r\n", 1),
		"HTTP":                      strings.Replace(good, " SIP/2.0\r\n", " HTTP/1.1\r\n", 1),
	} {
		m, err := Parse([]byte(text))
		var parse *ParseError
		if !errors.As(err, &parse) || m != nil || parse.Error() == "" {
			t.Errorf("%s: %v %v", rule, m, err)
		}
	}
}

func TestParse_statusLine(t *testing.T) {
	rest := strings.TrimPrefix(string(request("OPTIONS", "", "")), "OPTIONS sip:bob@biloxi.com SIP/2.0")
	for line, want := range map[string]Response{
		"SIP/2.0 420 Bad Extension": {StatusCode: 420, Reason: "Bad Extension"},
		"SIP/2.0 180 ":              {StatusCode: 180},
		"SIP/2.0 200":               {StatusCode: 200},
		"sip/2.0 699 a  b":          {StatusCode: 699, Reason: "a  b"},
	} {
		m, err := Parse([]byte(line + rest))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if r := m.(*Response); r.StatusCode != want.StatusCode || r.Reason != want.Reason {
			t.Errorf("%s: %v", line, r)
		}
	}
}

func TestParse_methodsAreCaseSensitive(t *testing.T) {
	m, err := Parse(request("invite", "", ""))
	if err != nil || m.(*Request).Method != "invite" {
		t.Errorf("%v %v", m, err)
	}
}

func TestParseError_Response(t *testing.T) {
	_, err := Parse(request("INVITE", "Content-Length: x\n", ""))
	var parse *ParseError
	if !errors.As(err, &parse) {
		t.Fatal(err)
	}
	r := parse.Response()
	if r == nil || r.StatusCode != 400 || r.Reason != "Bad Content-Length header field" || r.To.Tag() == "" || r.Via[0].Branch() != "z9hG4bK1" {
		t.Errorf("%s", r.Bytes())
	}
	if _, err := Parse(r.Bytes()); err != nil {
		t.Error(err)
	}
	_, err = Parse(request("ACK", "Content-Length: x\n", ""))
	if !errors.As(err, &parse) || parse.Response() != nil {
		t.Error("an ACK is answered")
	}
}

func TestBytes_noValueBeginsAHeader(t *testing.T) {
	evil := "x\r\nEvil: 1\n\rEvil: 2\x00"
	uri := URI{Scheme: "sip", User: evil, Host: evil, Params: Params{{Name: evil, Value: evil}}, Headers: Params{{Name: evil, Flag: true}}}
	addr := NameAddr{DisplayName: evil, URI: uri, Params: Params{{Name: "a", Value: evil}, {Name: evil, Flag: true}}}
	fields := func() Common {
		return Common{
			Via:  []Via{{Transport: evil, Host: evil, Params: Params{{Name: "b", Value: evil, Quoted: true}}}},
			From: addr, To: addr, CallID: evil, CSeq: CSeq{1, Method(evil)},
			Headers: Headers{{"Subject", evil}, {evil, "x"}, {"Evil ", "x"}, {"", "x"}},
		}
	}
	for _, m := range []Message{
		&Request{Method: Method(evil), RequestURI: uri, Common: fields()},
		&Response{StatusCode: 200, Reason: evil, Common: fields()},
	} {
		text := string(m.Bytes())
		for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n\r\n"), "\r\n") {
			line = strings.ReplaceAll(line, "\\\x00", "") // a quoted pair may hold a NUL
			if strings.HasPrefix(line, "Evil") || strings.ContainsAny(line, "\r\n\x00") || line == "" {
				t.Errorf("%q", line)
			}
		}
		if n := strings.Count(text, "\r\n"); n != 8 { // start line, 5 mandatory, Subject, Content-Length, and the empty one
			if n != 9 {
				t.Errorf("%d lines:\n%s", n, text)
			}
		}
	}
}

func TestNewResponse(t *testing.T) {
	m, err := Parse(request("INVITE", `Via: SIP/2.0/WS b.invalid;branch=z9hG4bK2
Record-Route: <sip:p1;lr>, <sip:p2;lr>
Record-Route: <sip:p3;lr>
Timestamp: 54
`, ""))
	if err != nil {
		t.Fatal(err)
	}
	req := m.(*Request)
	for _, tt := range []struct {
		status    int
		tag       string
		routes    int
		timestamp bool
	}{{100, "", 0, true}, {180, "t", 2, false}, {200, "t", 2, false}, {302, "t", 0, false}, {486, "t", 0, false}} {
		r := NewResponse(req, tt.status, "", "t")
		if r.StatusCode != tt.status || r.Reason != ReasonPhrase(tt.status) || r.Reason == "" || r.To.Tag() != tt.tag ||
			len(r.Headers.Values("Record-Route")) != tt.routes || r.Headers.Has("Timestamp") != tt.timestamp {
			t.Errorf("%d:\n%s", tt.status, r.Bytes())
		}
		if cmp.Diff(req.Via, r.Via) != "" || cmp.Diff(req.From, r.From) != "" || r.CallID != req.CallID || r.CSeq != req.CSeq {
			t.Errorf("%d:\n%s", tt.status, r.Bytes())
		}
	}
	if req.To.Tag() != "" {
		t.Error("the request got the tag")
	}
	req.To = req.To.WithTag("old")
	if r := NewResponse(req, 200, "Fine", "t"); r.To.Tag() != "old" || r.Reason != "Fine" {
		t.Errorf("%s", r.Bytes())
	}
	if r := NewResponse(&Request{Method: BYE, Common: req.Common}, 200, "", "t"); r.Headers.Has("Record-Route") {
		t.Error("Record-Route in the answer to a BYE")
	}
}

func TestClone(t *testing.T) {
	m, err := Parse(crlf(invite))
	if err != nil {
		t.Fatal(err)
	}
	req := m.(*Request)
	before := string(req.Bytes())
	c := req.Clone()
	if d := cmp.Diff(req, c); d != "" {
		t.Error(d)
	}
	c.Via[0].Params[0].Value, c.From.Params[0].Value, c.Headers[0].Value, c.Body[0] = "x", "x", "x", 'x'
	c.RequestURI.Params[0].Value = "x"
	if string(req.Bytes()) != before {
		t.Error("Clone shares memory")
	}
	res := NewResponse(req, 200, "", "t")
	if d := cmp.Diff(res, res.Clone()); d != "" {
		t.Error(d)
	}
}

func TestSDP(t *testing.T) {
	const sdp = "v=0\r\ns=-\r\n"
	part := func(contentType, text string) string {
		if contentType != "" {
			contentType = "Content-Type: " + contentType + "\r\n"
		}
		return "--b\r\n" + contentType + "\r\n" + text + "\r\n"
	}
	for _, tt := range []struct {
		rule, contentType, body, want string
	}{
		{"plain", "application/sdp", sdp, sdp},
		{"with parameters", "Application/SDP ; charset=utf-8", sdp, sdp},
		{"multipart", `multipart/mixed; boundary=b`, part("text/plain", "x") + part("application/sdp", sdp) + "--b--\r\n", sdp},
		{"quoted boundary", `multipart/mixed; boundary="b"`, part("application/sdp", sdp) + "--b--", sdp},
		{"first of two", `multipart/alternative; boundary=b`, part("application/sdp", sdp) + part("application/sdp", "x") + "--b--", sdp},
		{"nested", `multipart/mixed; boundary=c`, "--c\r\nContent-Type: multipart/alternative;boundary=b\r\n\r\n" + part("", "x") + part("application/sdp", sdp) + "--b--\r\n--c--", sdp},
		{"other type", "text/plain", sdp, ""},
		{"no type", "", sdp, ""},
		{"no boundary", "multipart/mixed", part("application/sdp", sdp), ""},
		{"no such part", "multipart/mixed; boundary=b", part("text/plain", sdp) + "--b--", ""},
		{"cut short", "multipart/mixed; boundary=b", "--b\r\nContent-Type: appl", ""},
		{"no body", "application/sdp", "", ""},
	} {
		c := with("Content-Type", tt.contentType)
		c.Body = []byte(tt.body)
		body, ok := c.SDP()
		if string(body) != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: %q %v", tt.rule, body, ok)
		}
	}
}

func TestSanity(t *testing.T) {
	for _, tt := range []struct {
		rule, method, lines string
		want                int
		header              string
	}{
		{"plain", "OPTIONS", "", 0, ""},
		{"INVITE", "INVITE", "m: <sip:a@b>\n", 0, ""},
		{"INVITE without Contact", "INVITE", "", 400, "Contact"},
		{"INVITE with two", "INVITE", "m: <sip:a@b>, <sip:c@d>\n", 400, "Contact"},
		{"star in INVITE", "INVITE", "m: *\n", 400, "Contact"},
		{"star", "REGISTER", "m: *\nExpires: 0\n", 0, ""},
		{"star that does not expire", "REGISTER", "m: *\nExpires: 5\n", 400, "Contact"},
		{"star beside an address", "REGISTER", "m: *, <sip:a@b>\nExpires: 0\n", 400, "Contact"},
		{"Max-Forwards", "OPTIONS", "Max-Forwards: x\n", 400, "Max-Forwards"},
		{"Session-Expires", "UPDATE", "x: x\n", 400, "Session-Expires"},
		{"Route", "OPTIONS", "Route: x\n", 400, "Route"},
		{"Record-Route", "OPTIONS", "Record-Route: <sip:a\n", 400, "Record-Route"},
		{"an ACK is never answered", "ACK", "Route: x\n", 0, "Route"},
	} {
		m, err := Parse(request(tt.method, tt.lines, ""))
		if err != nil {
			t.Fatal(err)
		}
		status, err := Sanity(m)
		var insane *SanityError
		if errors.As(err, &insane) != (tt.header != "") || status != tt.want || insane != nil && (insane.Header != tt.header || err.Error() == "" || insane.Unwrap() == nil) {
			t.Errorf("%s: %d %v", tt.rule, status, err)
		}
	}
	good, _ := Parse(request("OPTIONS", "", ""))
	for header, spoil := range map[string]func(*Request){
		"Via": func(r *Request) { r.Via = nil }, "From": func(r *Request) { r.From = NameAddr{} }, "To": func(r *Request) { r.To = NameAddr{} },
		"Call-ID": func(r *Request) { r.CallID = "" }, "CSeq": func(r *Request) { r.CSeq.Method = "" },
	} {
		r := good.(*Request).Clone()
		spoil(r)
		var insane *SanityError
		if _, err := Sanity(r); !errors.As(err, &insane) || insane.Header != header {
			t.Errorf("without %s: %v", header, err)
		}
	}
	r := good.(*Request).Clone()
	r.CSeq.Method = BYE
	if status, err := Sanity(r); status != 400 || err == nil {
		t.Error("CSeq of another method")
	}
	r.CSeq.Method, r.RequestURI = OPTIONS, URI{Scheme: "tel", Opaque: "+1"}
	if status, err := Sanity(r); status != 416 || !strings.Contains(err.Error(), "Request-URI") {
		t.Error(status, err)
	}
	r.RequestURI = URI{Scheme: "sips", User: "a", Host: "b"}
	if _, err := Sanity(r); err != nil {
		t.Error(err)
	}
}

func TestIdentifiers(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		for _, s := range []string{NewBranch(), NewTag(), NewCallID(), NewUUID()} {
			if seen[s] || !isToken(s) {
				t.Fatalf("%q", s)
			}
			seen[s] = true
		}
	}
	if b := NewBranch(); !strings.HasPrefix(b, MagicCookie) || len(b) != 23 {
		t.Error(b)
	}
	if u := NewUUID(); !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(u) {
		t.Error(u)
	}
	if len(NewToken(0)) != 0 || len(NewToken(7)) != 7 {
		t.Error("length of a token")
	}
}
