package body

import (
	"strings"
	"testing"
)

// roundTrip fuzzes a parser: what is printed must parse to the same.
func roundTrip[T interface{ Bytes() []byte }](f *testing.F, parse func([]byte) (T, error), seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		one, err := parse(data)
		if err != nil {
			return
		}
		two, err := parse(one.Bytes())
		if err != nil {
			t.Fatalf("%q is printed as %q: %v", data, one.Bytes(), err)
		}
		if d := diff(one, two); d != "" {
			t.Fatalf("%q is printed as %q: %s", data, one.Bytes(), d)
		}
	})
}

func FuzzParsePIDF(f *testing.F) {
	roundTrip(f, ParsePIDF,
		`<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:a@b"><tuple id="x"><status><basic>open</basic></status><contact priority="0.8">im:a@b</contact><note xml:lang="en">Don't</note><timestamp>2001-10-27T16:49:29.5+01:00</timestamp></tuple><note>x</note></presence>`,
		`<presence xmlns:dm="d" xmlns:r="r"><tuple id="t"/><dm:person id="p"><r:activities><r:note>n</r:note><r:other>o</r:other><r:on-the-phone/></r:activities><dm:note>x &amp; y</dm:note></dm:person></presence>`,
		`<!DOCTYPE presence [<!ENTITY a "b">]><presence>&a;</presence>`)
}

func FuzzParseDialogInfo(f *testing.F) {
	roundTrip(f, ParseDialogInfo,
		`<dialog-info version="1" state="partial" entity="sip:a@b"><dialog id="x" call-id="c" local-tag="1" remote-tag="2" direction="recipient"><state event="rejected" code="486">terminated</state><duration>9</duration><local><identity display="A">sip:a</identity><target uri="sip:b"><param pname="+sip.rendering" pval="no"/></target></local><remote/></dialog></dialog-info>`)
}

func FuzzParseMessageSummary(f *testing.F) {
	roundTrip(f, ParseMessageSummary, "Messages-Waiting: yes\r\nMessage-Account: sip:a@b\r\nVoice-Message: 4/8 (1/2)\r\n\r\nTo: x\r\n", "messages-waiting:no\nfax-message: 1/2\n (3/4)")
}

func FuzzParseIsComposing(f *testing.F) {
	roundTrip(f, ParseIsComposing, "<isComposing><state>idle</state><lastactive>2003-01-27T10:43:00Z</lastactive><contenttype>audio</contenttype><refresh>60</refresh></isComposing>")
}

func FuzzParseIMDN(f *testing.F) {
	roundTrip(f, ParseIMDN, "<imdn><message-id>1</message-id><datetime>2008-04-04T12:16:49-05:00</datetime><recipient-uri>im:b</recipient-uri><subject>s</subject><display-notification><status><displayed/></status></display-notification></imdn>")
}

func FuzzParseCPIM(f *testing.F) {
	roundTrip(f, func(data []byte) (CPIM, error) {
		m, err := ParseCPIM(data)
		m.Header("Subject")
		m.MessageID()
		m.Wants()
		return m, err
	}, rfc5438, "Subject:;lang=fr \\u00e9\r\n\r\n\r\nx")
}

func FuzzParseSipfrag(f *testing.F) {
	roundTrip(f, ParseSipfrag, "SIP/2.0 100 Trying", "INVITE sip:a@b SIP/2.0\r\nA: b\r\n c\r\n\r\nbody", "From: x\n\n")
}

func FuzzParseICEFrag(f *testing.F) {
	roundTrip(f, ParseICEFrag, "a=ice-pwd:p\r\na=ice-ufrag:u\r\nm=audio 9 RTP/AVP 0\r\na=mid:1\r\na="+candidate1+"\r\na=end-of-candidates\r\n", "a=mid:1\na=mid:2\n")
}

func FuzzParseMultipart(f *testing.F) {
	const body = "p\r\n--b \r\nContent-Type: text/plain\r\n x\r\n\r\na\r\n--b\r\n\r\n--bc\r\n--b--\r\ne"
	f.Add("multipart/mixed;boundary=b", []byte(body))
	f.Add(`multipart/related; boundary="b'b b"`, []byte(strings.ReplaceAll(body, "--b", "--b'b b")))
	f.Fuzz(func(t *testing.T, contentType string, data []byte) {
		one, err := ParseMultipart(contentType, data)
		if err != nil {
			return
		}
		two, err := ParseMultipart(one.ContentType(), one.Bytes())
		if err != nil {
			t.Fatalf("%q %q is printed as %q %q: %v", contentType, data, one.ContentType(), one.Bytes(), err)
		}
		if d := diff(one, two); d != "" {
			t.Fatalf("%q %q is printed as %q: %s", contentType, data, one.Bytes(), d)
		}
	})
}
