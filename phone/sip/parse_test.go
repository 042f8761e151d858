package sip

import (
	"strings"
	"testing"
)

// crlf writes a message as text with LF line ends, for tests.
func crlf(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

const invite = `INVITE sip:bob@biloxi.com;transport=ws SIP/2.0
Via: SIP/2.0/WSS  df7jal23ls0d.invalid:8088;branch=z9hG4bK776asdhds, SIP / 2.0 / UDP [2001:db8::9:1];rport;received=192.0.2.1
Max-Forwards: 70
t: Bob <sip:bob@biloxi.com>
From: "Alice \"A\" Ж" <sip:alice@atlanta.com>;tag=1928301774
Call-ID: a84b4c76e66710@pc33.atlanta.com
CSeq: 314159 INVITE
m: <sip:alice@df7jal23ls0d.invalid;transport=ws>
 ;+sip.instance="<urn:uuid:1>"
Content-Type: application/sdp
l: 5

v=0
x`

func TestParse_invite(t *testing.T) {
	m, err := Parse(crlf(invite))
	if err != nil {
		t.Fatal(err)
	}
	r := m.(*Request)
	if r.Method != INVITE || r.RequestURI.String() != "sip:bob@biloxi.com;transport=ws" {
		t.Errorf("start line %v", r)
	}
	if len(r.Via) != 2 || r.Via[0].Branch() != "z9hG4bK776asdhds" || r.Via[0].Port != 8088 || r.Via[1].Host != "[2001:db8::9:1]" {
		t.Errorf("Via %+v", r.Via)
	}
	if r.From.DisplayName != `Alice "A" Ж` || r.From.Tag() != "1928301774" || r.To.DisplayName != "Bob" {
		t.Errorf("From %+v To %+v", r.From, r.To)
	}
	if string(r.Body) != "v=0\r\n" {
		t.Errorf("body %q", r.Body)
	}
	want := strings.Join([]string{
		"INVITE sip:bob@biloxi.com;transport=ws SIP/2.0",
		"Via: SIP/2.0/WSS df7jal23ls0d.invalid:8088;branch=z9hG4bK776asdhds",
		"Via: SIP/2.0/UDP [2001:db8::9:1];rport;received=192.0.2.1",
		`From: "Alice \"A\" Ж" <sip:alice@atlanta.com>;tag=1928301774`,
		`To: "Bob" <sip:bob@biloxi.com>`,
		"Call-ID: a84b4c76e66710@pc33.atlanta.com",
		"CSeq: 314159 INVITE",
		"Max-Forwards: 70",
		`Contact: <sip:alice@df7jal23ls0d.invalid;transport=ws> ;+sip.instance="<urn:uuid:1>"`,
		"Content-Type: application/sdp",
		"Content-Length: 5",
		"", "v=0\r\n",
	}, "\r\n")
	if got := string(r.Bytes()); got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
	if status, err := Sanity(m); err != nil {
		t.Errorf("Sanity: %d %v", status, err)
	}
}
