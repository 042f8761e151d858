package sip

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// What a stranger sends through a server must cost in proportion to its size.
func TestParse_costStaysInProportion(t *testing.T) {
	const size = 200_000
	head := "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/WS a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContact: <sip:a@b>\r\n"
	fill := func(begin, one string) string {
		return begin + strings.Repeat(one, size/len(one)) + "\r\n\r\n"
	}
	for _, c := range []struct{ rule, text string }{
		{"Via list with parameters", fill(head+"Via: SIP/2.0/WS a;b", ",SIP/2.0/WS a;b")},
		{"Record-Route list with parameters", fill(head+"Record-Route: <sip:a>;b", ",<sip:a>;b")},
		{"parameters", fill(head+"Record-Route: <sip:a>", ";b")},
		{"header fields", fill(head, "a:b\r\n")},
		{"challenge with many parameters", fill(head+"WWW-Authenticate: Digest realm=x,nonce=y", ",a=b")},
		{"many challenges", fill(head+"WWW-Authenticate: Digest realm=x,nonce=y", ",Digest realm=x,nonce=y")},
		{"folded lines", fill(head+"Subject: a", "\r\n b")},
		{"quotes", fill(head+"Subject: ", `"\`)},
		{"passwords in one line", fill(head+"Subject: ", "sip:a:b@")},
		{"secrets in one line", fill(head+"Authorization: Digest ", "response=a ")},
	} {
		t.Run(c.rule, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			if m, err := Parse([]byte(c.text)); err == nil {
				_, _ = Sanity(m)
				m.Fields().Challenges()
			}
			MaskSecrets([]byte(c.text))
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 200*size {
				t.Errorf("%d MB for %d kB", used>>20, size/1000)
			}
			if took > 2*time.Second { // some milliseconds, but for a slow machine
				t.Errorf("took %v", took)
			}
		})
	}
	t.Run("distinct parameters of a challenge", func(t *testing.T) {
		var b strings.Builder
		b.WriteString("Digest realm=x,nonce=y")
		for b.Len() < size {
			b.WriteString(",p" + NewToken(4) + "=1")
		}
		start := time.Now()
		_, _ = ParseChallenge(b.String())
		if took := time.Since(start); took > 500*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}
