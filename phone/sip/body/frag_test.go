package body

import (
	"errors"
	"strings"
	"testing"
)

func TestParseSipfrag(t *testing.T) {
	for _, tt := range []struct {
		rule, text string
		want       Sipfrag
	}{
		{"a status line without its end", "SIP/2.0 100 Trying", Sipfrag{StatusCode: 100, Reason: "Trying"}},
		{"a status line", "SIP/2.0 200 OK\r\n", Sipfrag{StatusCode: 200, Reason: "OK"}},
		{"no reason", "SIP/2.0 486\r\n", Sipfrag{StatusCode: 486}},
		{"an empty reason, another case, a line feed", "sip/2.0 180 \n", Sipfrag{StatusCode: 180}},
		{"header fields follow", "SIP/2.0 302 Moved\r\nContact: <sip:a@b>\r\n", Sipfrag{StatusCode: 302, Reason: "Moved", Fields: []Field{{"Contact", "<sip:a@b>"}}}},
		{
			"a whole message", "INVITE sip:alice@atlanta.com SIP/2.0\r\nContent-Type: text/plain\r\n\r\nhello\r\n",
			Sipfrag{Method: "INVITE", RequestURI: "sip:alice@atlanta.com", Fields: []Field{{"Content-Type", "text/plain"}}, Body: []byte("hello\r\n")},
		},
		{"header fields alone", "From: <sip:a@b>\r\nContact:\r\n <sip:c@d>\r\n", Sipfrag{Fields: []Field{{"From", "<sip:a@b>"}, {"Contact", "<sip:c@d>"}}}},
		{"a field that ends like a request line", "Subject: a SIP/2.0\r\n", Sipfrag{Fields: []Field{{"Subject", "a SIP/2.0"}}}},
		{"a field with a space before the colon", "Subject : SIP/2.0", Sipfrag{Fields: []Field{{"Subject", "SIP/2.0"}}}},
	} {
		got, err := ParseSipfrag([]byte(tt.text))
		if err != nil || diff(tt.want, got) != "" {
			t.Errorf("%s: %v %s", tt.rule, err, diff(tt.want, got))
		}
		again, err := ParseSipfrag(got.Bytes())
		if err != nil || diff(got, again) != "" {
			t.Errorf("%s: printed %q: %v", tt.rule, got.Bytes(), err)
		}
	}
	for _, bad := range []string{
		"", "\r\n", "SIP/2.0", "SIP/2.0 x", "SIP/2.0 99 x", "SIP/2.0 700 x", "SIP/2.0 0200 x", "SIP/3.0 200 OK", "hello", "INVITE alice SIP/2.0",
		strings.Repeat("a: b\r\n", MaxSize),
	} {
		var syntax *SyntaxError
		if f, err := ParseSipfrag([]byte(bad)); !errors.As(err, &syntax) || syntax.Type != TypeSipfrag {
			t.Errorf("%.40q: %+v %v", bad, f, err)
		}
	}
	if got := string(Sipfrag{StatusCode: 100, Reason: "Trying"}.Bytes()); got != "SIP/2.0 100 Trying\r\n" {
		t.Errorf("%q", got)
	}
}

const (
	candidate1 = "candidate:1 1 UDP 1 198.51.100.1 1000 typ host"
	candidate2 = "candidate:2 1 UDP 2 2001:db8::1 2000 typ srflx raddr 0.0.0.0 rport 9"
)

func TestParseICEFrag(t *testing.T) {
	for _, tt := range []struct {
		rule, text string
		want       ICEFrag
	}{
		{
			"RFC 8840 §9.2", "a=ice-pwd:asd88fgpdd777uzjYhagZg\na=ice-ufrag:8hhY\nm=audio 9 RTP/AVP 0\na=mid:1\na=" + candidate1 + "\na=" + candidate2 + "\n" +
				"m=audio 9 RTP/AVP 0\na=mid:2\na=end-of-candidates\n",
			ICEFrag{Ufrag: "8hhY", Pwd: "asd88fgpdd777uzjYhagZg", Media: []ICEMedia{
				{Line: anyMedia, MID: "1", Candidates: []string{candidate1, candidate2}},
				{Line: anyMedia, MID: "2", End: true},
			}},
		},
		{
			"credentials of one description", "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:audio\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\n",
			ICEFrag{Media: []ICEMedia{{Line: "audio 9 UDP/TLS/RTP/SAVPF 111", MID: "audio", Ufrag: "u", Pwd: "p"}}},
		},
		{
			"no m= line", "a=mid:0\r\na=" + candidate1 + "\r\na=mid:1\r\na=end-of-candidates\r\n",
			ICEFrag{Media: []ICEMedia{{Line: anyMedia, MID: "0", Candidates: []string{candidate1}}, {Line: anyMedia, MID: "1", End: true}}},
		},
		{"a candidate alone", "a=" + candidate1, ICEFrag{Media: []ICEMedia{{Line: anyMedia, Candidates: []string{candidate1}}}}},
		{"the end of all", "a=ice-ufrag:u\r\na=end-of-candidates", ICEFrag{Ufrag: "u", End: true}},
		{"other lines", "v=0\r\na=ice-options:trickle\r\na=group:BUNDLE 0 1\r\nhello\r\n", ICEFrag{}},
		{"nothing", "", ICEFrag{}},
	} {
		got, err := ParseICEFrag([]byte(tt.text))
		if err != nil || diff(tt.want, got) != "" {
			t.Errorf("%s: %v %s", tt.rule, err, diff(tt.want, got))
		}
		again, err := ParseICEFrag(got.Bytes())
		if err != nil || diff(got, again) != "" {
			t.Errorf("%s: printed %q: %v", tt.rule, got.Bytes(), err)
		}
	}
	for rule, bad := range map[string]string{
		"many candidates": strings.Repeat("a=candidate:x\n", maxCandidates+1), "many descriptions": strings.Repeat("m=a\n", maxMedia+1),
		"an empty candidate": "a=candidate:", "an empty mid": "a=mid:", "a space in a password": "a=ice-pwd:a b", "a carriage return": "m=a\rb\n",
		"large": strings.Repeat("a", MaxSize+1),
	} {
		var syntax *SyntaxError
		if f, err := ParseICEFrag([]byte(bad)); !errors.As(err, &syntax) || syntax.Type != TypeICEFrag {
			t.Errorf("%s: %+v %v", rule, f, err)
		}
	}
}

func TestICEFrag_Credentials(t *testing.T) {
	f := ICEFrag{Ufrag: "a", Pwd: "b"}
	if u, p := f.Credentials(ICEMedia{}); u != "a" || p != "b" {
		t.Error(u, p)
	}
	if u, p := f.Credentials(ICEMedia{Ufrag: "c", Pwd: "d"}); u != "c" || p != "d" {
		t.Error(u, p)
	}
	const want = "a=ice-ufrag:a\r\na=ice-pwd:b\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=" + candidate1 + "\r\na=end-of-candidates\r\n"
	f.Media = []ICEMedia{{MID: "0", Candidates: []string{candidate1}, End: true}}
	if got := string(f.Bytes()); got != want {
		t.Errorf("%q", got)
	}
}
