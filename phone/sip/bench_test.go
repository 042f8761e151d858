package sip

import (
	"strings"
	"testing"
)

// bigInvite is an INVITE as a browser sends it through a proxy, 2 KB.
var bigInvite = append(crlf(`INVITE sip:q3k2j1h0@8dk3ls0d2kfj.invalid;transport=ws SIP/2.0
Record-Route: <sip:127.0.0.1:8088;transport=ws;lr;ftag=1928301774;did=3f.a21>
Via: SIP/2.0/WS  127.0.0.1:8088;branch=z9hG4bK1d32.hash07.0;i=1
Via: SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks;rport=40312;received=127.0.0.1
Max-Forwards: 69
To: <sip:bob@lab.test>
From: "Alice Example" <sip:alice@lab.test>;tag=1928301774
Call-ID: asidkj3ss7d8f9as0df8
CSeq: 8923 INVITE
Contact: <sip:alice@lab.test;gr=urn:uuid:8f1fa16a-1165-4a96-8341-785b1ef24f12;alias=127.0.0.1~40312~5>
Content-Type: application/sdp
Session-Expires: 90
Allow: INVITE,ACK,CANCEL,BYE,UPDATE,MESSAGE,OPTIONS,REFER,INFO,NOTIFY,SUBSCRIBE
Supported: timer,ice,replaces,outbound
User-Agent: Browser/1.0
Content-Length: 1200

`), strings.Repeat("a=candidate:1539493469 1 udp 2122260223\r\n", 30)[:1200]...)

func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(bigInvite)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(bigInvite); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBytes(b *testing.B) {
	m, err := Parse(bigInvite)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Bytes()
	}
}

func BenchmarkParseURI(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseURI("sip:alice@lab.test:5060;transport=ws;lr"); err != nil {
			b.Fatal(err)
		}
	}
}

// TestParse_allocations holds the parser and the printer to their budget.
func TestParse_allocations(t *testing.T) {
	var m Message
	var err error
	if n := testing.AllocsPerRun(100, func() { m, err = Parse(bigInvite) }); n > 5 || err != nil {
		t.Errorf("%.0f allocations to parse an INVITE, want at most 5 (%v)", n, err)
	}
	if n := testing.AllocsPerRun(100, func() { m.Bytes() }); n > 1 {
		t.Errorf("%.0f allocations to print an INVITE, want 1", n)
	}
}

// TestParse_listsDoNotRunIntoEachOther appends to what one allocation serves.
func TestParse_listsDoNotRunIntoEachOther(t *testing.T) {
	m, err := Parse(bigInvite)
	if err != nil {
		t.Fatal(err)
	}
	before := string(m.Bytes())
	r := *m.(*Request)
	_ = append(r.Via, Via{Host: "x"})
	_ = append(r.Headers, Header{Name: "X"})
	_ = append(r.RequestURI.Params, Param{Name: "x"})
	_ = append(r.From.Params, Param{Name: "x"})
	for _, v := range r.Via {
		_ = append(v.Params, Param{Name: "x"})
	}
	if after := string(m.Bytes()); after != before {
		t.Errorf("%s\nwant\n%s", after, before)
	}
}
