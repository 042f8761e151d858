package body

import (
	"errors"
	"testing"
	"time"
)

func TestParseMessageSummary(t *testing.T) {
	for _, tt := range []struct {
		rule, text, out string
		want            MessageSummary
	}{
		{
			"RFC 3842 §5.2", "Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\nVoice-Message: 4/8 (1/2)\r\n", "",
			MessageSummary{true, "sip:alice@vmail.example.com", []MessageCount{{"voice-message", 4, 8, 1, 2}}},
		},
		{"no urgent ones", "Messages-Waiting: no\r\nVoice-Message: 0/2\r\nFax-Message: 3/0\r\n", "", MessageSummary{Counts: []MessageCount{{Class: "voice-message", Old: 2}, {Class: "fax-message", New: 3}}}},
		{
			"line feeds, case, spaces", "messages-waiting : YES\nvoice-message:  1 / 0 ( 0 / 0 )\n", "Messages-Waiting: yes\r\nVoice-Message: 1/0\r\n",
			MessageSummary{Waiting: true, Counts: []MessageCount{{Class: "voice-message", New: 1}}},
		},
		{
			"fields of single messages follow", "Messages-Waiting: yes\r\nVoice-Message: 1/0\r\n\r\nTo: <a@b>\r\nSubject: carpool\r\n", "Messages-Waiting: yes\r\nVoice-Message: 1/0\r\n",
			MessageSummary{Waiting: true, Counts: []MessageCount{{Class: "voice-message", New: 1}}},
		},
		{"what counts nothing is left out", "Messages-Waiting: yes\r\nX: 1\r\nVoice-Message: many/few\r\nFax-Message: 1/2 (3\r\n", "Messages-Waiting: yes\r\n", MessageSummary{Waiting: true}},
		{"no end of the line", "Messages-Waiting: no", "Messages-Waiting: no\r\n", MessageSummary{}},
	} {
		got, err := ParseMessageSummary([]byte(tt.text))
		if err != nil || diff(tt.want, got) != "" {
			t.Errorf("%s: %v %s", tt.rule, err, diff(tt.want, got))
		}
		if tt.out == "" {
			tt.out = tt.text
		}
		if out := string(got.Bytes()); out != tt.out {
			t.Errorf("%s: printed %q", tt.rule, out)
		}
	}
	for _, bad := range []string{"", "Voice-Message: 1/0\r\n", "yes", "Messages-Waiting\r\n", " Messages-Waiting: yes\r\n"} {
		var syntax *SyntaxError
		if _, err := ParseMessageSummary([]byte(bad)); !errors.As(err, &syntax) || syntax.Type != TypeMessageSummary {
			t.Errorf("%q: %v", bad, err)
		}
	}
	m := MessageSummary{Counts: []MessageCount{{Class: "fax-message"}, {Class: "voice-message", New: 2}}}
	if c, ok := m.Voice(); c.New != 2 || !ok {
		t.Error(c, ok)
	}
	if _, ok := (MessageSummary{}).Voice(); ok {
		t.Error("voice messages that nobody counted")
	}
}

func TestParseIsComposing(t *testing.T) {
	at := time.Date(2003, 1, 27, 10, 43, 0, 0, time.UTC)
	for _, tt := range []struct {
		rule, text string
		want       IsComposing
	}{
		{
			"RFC 3994 §4", xmlHead + `<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
				xsi:schemaLocation="urn:ietf:params:xml:ns:im-composing iscomposing.xsd"><state>active</state><contenttype>text/plain</contenttype><refresh>90</refresh></isComposing>`,
			IsComposing{Active: true, ContentType: "text/plain", Refresh: 90 * time.Second},
		},
		{"idle", "<isComposing><state>idle</state><lastactive>2003-01-27T10:43:00Z</lastactive><contenttype>audio</contenttype></isComposing>", IsComposing{ContentType: "audio", LastActive: at}},
		{"a state we do not know is idle", "<isComposing><state>dreaming</state><refresh>soon</refresh></isComposing>", IsComposing{}},
	} {
		got, err := ParseIsComposing([]byte(tt.text))
		if err != nil || diff(tt.want, got) != "" {
			t.Errorf("%s: %v %s", tt.rule, err, diff(tt.want, got))
		}
		again, err := ParseIsComposing(got.Bytes())
		if err != nil || diff(got, again) != "" {
			t.Errorf("%s: printed %s: %v", tt.rule, got.Bytes(), err)
		}
	}
	for _, bad := range []string{"", "<isComposing/>", "<imdn/>"} {
		var syntax *SyntaxError
		if _, err := ParseIsComposing([]byte(bad)); !errors.As(err, &syntax) || syntax.Type != TypeIsComposing {
			t.Errorf("%q: %v", bad, err)
		}
	}
	const want = xmlHead + `<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>active</state>
<contenttype>text/plain</contenttype>
<refresh>60</refresh>
</isComposing>
`
	if got := (IsComposing{Active: true, ContentType: "text/plain", Refresh: time.Minute}).Bytes(); string(got) != want {
		t.Errorf("%s", got)
	}
}

func TestParseIMDN(t *testing.T) {
	const head = xmlHead + `<imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>34jk324j</message-id><datetime>2008-04-04T12:16:49-05:00</datetime>
		<recipient-uri>im:bob@example.com</recipient-uri><original-recipient-uri>im:bob@example.com</original-recipient-uri>`
	base := IMDN{
		MessageID: "34jk324j", DateTime: time.Date(2008, 4, 4, 12, 16, 49, 0, time.FixedZone("", -5*3600)),
		RecipientURI: "im:bob@example.com", OriginalRecipientURI: "im:bob@example.com",
	}
	for kind, statuses := range imdnStatuses {
		for _, status := range statuses {
			text := head + "<" + string(kind) + "-notification><status>\n<" + string(status) + "/></status></" + string(kind) + "-notification></imdn>"
			want := base
			want.Notification, want.Status = kind, status
			got, err := ParseIMDN([]byte(text))
			if err != nil || diff(want, got) != "" {
				t.Errorf("%s %s: %v %s", kind, status, err, diff(want, got))
			}
			again, err := ParseIMDN(got.Bytes())
			if err != nil || diff(got, again) != "" {
				t.Errorf("%s %s: printed %s: %v", kind, status, got.Bytes(), err)
			}
		}
	}
	for rule, text := range map[string]string{
		"no message-id":            `<imdn><delivery-notification><status><delivered/></status></delivery-notification></imdn>`,
		"no notification":          head + "</imdn>",
		"a status of another kind": head + "<display-notification><status><delivered/></status></display-notification></imdn>",
		"an unknown status":        head + "<delivery-notification><status><lost/></status></delivery-notification></imdn>",
		"another document":         "<presence/>",
	} {
		var syntax *SyntaxError
		if _, err := ParseIMDN([]byte(text)); !errors.As(err, &syntax) || syntax.Type != TypeIMDN {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// rfc5438 is the message of RFC 5438 §8.1 with line feeds.
const rfc5438 = `From: Alice <im:alice@example.com>
To: Bob <im:bob@example.com>
NS: imdn <urn:ietf:params:imdn>
imdn.Message-ID: 34jk324j
DateTime: 2006-04-04T12:16:49-05:00
imdn.Disposition-Notification: positive-delivery, negative-delivery

Content-type: text/plain
Content-length: 12

Hello World
`

func TestParseCPIM(t *testing.T) {
	m, err := ParseCPIM([]byte(rfc5438))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header("From") != "Alice <im:alice@example.com>" || m.ContentType() != "text/plain" || string(m.Body) != "Hello World\n" {
		t.Errorf("%+v", m)
	}
	if m.MessageID() != "34jk324j" || diff([]string{WantDelivered, WantFailed}, m.Wants()) != "" || m.DateTime().Unix() != 1144171009 {
		t.Errorf("%q %q %v", m.MessageID(), m.Wants(), m.DateTime())
	}
	again, err := ParseCPIM(m.Bytes())
	if err != nil || diff(m, again) != "" {
		t.Error(err, diff(m, again))
	}
}

func TestCPIM_prefixAndEscapes(t *testing.T) {
	m, err := ParseCPIM([]byte("NS: x <urn:ietf:params:imdn>\r\nx.Message-ID: 1\r\nimdn.Message-ID: 2\r\n" +
		`Subject:;lang=fr beurre \u00e9t\u00E9 \"a\" \\u0041 \z\n \u12` + "\r\n\r\nContent-Type: text/plain\r\n\r\nhi"))
	if err != nil || m.MessageID() != "1" || m.Wants() != nil {
		t.Errorf("%q %v %v", m.MessageID(), m.Wants(), err)
	}
	if got, want := m.Header("Subject"), "beurre été \"a\" \\u0041 z\n \x12"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	bare, err := ParseCPIM([]byte("NS: <urn:ietf:params:imdn>\r\nMessage-ID: 3\r\n\r\n"))
	if err != nil || bare.MessageID() != "3" || bare.Body != nil {
		t.Errorf("%+v %v", bare, err)
	}
}

func TestNewCPIM(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	plain := NewCPIM("sip:a@b", "sip:c@d", at, "text/plain; charset=utf-8", []byte("ñ"))
	m := plain.WithIMDN("id1", WantDelivered, WantDisplayed)
	const want = "From: <sip:a@b>\r\nTo: <sip:c@d>\r\nDateTime: 2026-01-02T03:04:05Z\r\nNS: imdn <urn:ietf:params:imdn>\r\n" +
		"imdn.Message-ID: id1\r\nimdn.Disposition-Notification: positive-delivery, display\r\n\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nñ"
	if got := string(m.Bytes()); got != want {
		t.Errorf("%q", got)
	}
	if plain.MessageID() != "" || plain.WithIMDN("2").MessageID() != "2" || m.MessageID() != "id1" {
		t.Error("copies share header fields")
	}
	m.Headers[0].Value = "x\r\nTo: y"
	again, err := ParseCPIM(m.Bytes())
	if err != nil || len(again.Headers) != len(m.Headers) {
		t.Error("a value begins a header field")
	}
}

func TestParseCPIM_refuses(t *testing.T) {
	for _, bad := range []string{"", "\r\n\r\nx", "From\r\n\r\n", "From: a\x00\r\n\r\n", "From: a\r\n\r\nhello", " From: a\r\n\r\n"} {
		var syntax *SyntaxError
		if m, err := ParseCPIM([]byte(bad)); !errors.As(err, &syntax) || syntax.Type != TypeCPIM {
			t.Errorf("%q: %+v %v", bad, m, err)
		}
	}
}
