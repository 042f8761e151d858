package body

import (
	"errors"
	"strings"
	"testing"
)

func TestParseMultipart(t *testing.T) {
	text := func(s string) Part { return Part{[]Field{{"Content-Type", "text/plain"}}, []byte(s)} }
	for _, tt := range []struct {
		rule, contentType, body string
		want                    []Part
	}{
		{
			"RFC 5621 §3.1", `multipart/mixed; boundary="boundary1"`,
			"--boundary1\r\nContent-Type: text/plain\r\n\r\na\r\n--boundary1\r\nContent-Type: text/plain\r\n\r\nb\r\n--boundary1--\r\n",
			[]Part{text("a"), text("b")},
		},
		{"preamble and epilogue", "multipart/mixed;boundary=b", "before\r\n--b\r\nContent-Type: text/plain\r\n\r\na\r\n--b--\r\nafter --b", []Part{text("a")}},
		{"spaces behind the delimiter", "multipart/mixed;boundary=b", "--b \t\r\nContent-Type: text/plain\r\n\r\na\r\n--b-- \r\n", []Part{text("a")}},
		{"line feeds", "multipart/mixed;boundary=b", "--b\nContent-Type: text/plain\n\na\n--b--", []Part{text("a")}},
		{"no header fields", "multipart/mixed;boundary=b", "--b\r\n\r\na\r\n--b--", []Part{{nil, []byte("a")}}},
		{"an empty part", "multipart/mixed;boundary=b", "--b\r\n--b\r\n\r\n--b\r\n\r\n\r\n--b--", []Part{{}, {}, {}}},
		{"header fields alone", "multipart/mixed;boundary=b", "--b\r\nContent-Type: text/plain\r\n--b--", []Part{text("")}},
		{"folded header field", "multipart/mixed;boundary=b", "--b\r\nContent-Type:\r\n text/plain\r\n\r\na\r\n--b--", []Part{text("a")}},
		{"the line end before the delimiter is not of the part", "multipart/mixed;boundary=b", "--b\r\nContent-Type: text/plain\r\n\r\na\r\n\r\n--b--", []Part{text("a\r\n")}},
		{"the delimiter inside a line", "multipart/mixed;boundary=b", "--b\r\nContent-Type: text/plain\r\n\r\nx--b\r\n--bc\r\n--b--c\r\n--b--", []Part{text("x--b\r\n--bc\r\n--b--c")}},
		{"bytes", "multipart/mixed;boundary=b", "--b\r\nContent-Type: text/plain\r\n\r\n\x00\xff\r\r\n--b--", []Part{text("\x00\xff\r")}},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			m, err := ParseMultipart(tt.contentType, []byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if d := diff(tt.want, m.Parts); d != "" || m.Subtype != "mixed" {
				t.Error(d)
			}
			again, err := ParseMultipart(m.ContentType(), m.Bytes())
			if err != nil || diff(m, again) != "" {
				t.Errorf("printed %q: %v", m.Bytes(), err)
			}
		})
	}
}

func TestParseMultipart_refuses(t *testing.T) {
	const good = "--b\r\n\r\na\r\n--b--"
	for _, tt := range []struct {
		rule, contentType, body string
		want                    error
	}{
		{"another type", "text/plain;boundary=b", good, errNotMulti},
		{"no boundary", "multipart/mixed", good, errBoundary},
		{"a boundary with a line end", "multipart/mixed;boundary=\"b\\\r\n\"", good, nil},
		{"a long boundary", "multipart/mixed;boundary=" + strings.Repeat("b", 71), good, errBoundary},
		{"no type", "", good, nil},
		{"no delimiter", "multipart/mixed;boundary=c", good, errNoEnd},
		{"no end", "multipart/mixed;boundary=b", strings.TrimSuffix(good, "--"), errNoEnd},
		{"no part", "multipart/mixed;boundary=b", "--b--", errNoPart},
		{"a part that begins with text", "multipart/mixed;boundary=b", "--b\r\nhello\r\n--b--", errField},
		{"many parts", "multipart/mixed;boundary=b", strings.Repeat("--b\r\n", maxParts+1) + "--b--", errMany},
		{"many fields", "multipart/mixed;boundary=b", "--b\r\n" + strings.Repeat("a:b\r\n", maxFields+1) + "--b--", errMany},
		{"a field folded again and again", "multipart/mixed;boundary=b", "--b\r\na:b\r\n" + strings.Repeat(" x\r\n", maxFolded) + "--b--", errSize},
	} {
		m, err := ParseMultipart(tt.contentType, []byte(tt.body))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %+v %v", tt.rule, m, err)
		}
	}
}

func TestNewMultipart(t *testing.T) {
	one := Part{[]Field{{"Content-Type", "application/sdp"}, {"Content-Disposition", "session"}}, []byte("v=0\r\n")}
	m, n := NewMultipart("mixed", one), NewMultipart("mixed", one)
	if m.Boundary == n.Boundary || !isBoundary(m.Boundary) {
		t.Error(m.Boundary)
	}
	again, err := ParseMultipart(m.ContentType(), m.Bytes())
	if err != nil || diff(m, again) != "" || again.Parts[0].Get("content-disposition") != "session" {
		t.Error(err, diff(m, again))
	}
}

func TestSplitMultipart_sharesNoMemory(t *testing.T) {
	data := []byte("--b\r\n\r\na\r\n--b--")
	parts, err := SplitMultipart("b", data)
	clear(data)
	if err != nil || string(parts[0].Body) != "a" {
		t.Errorf("%q %v", parts, err)
	}
}
