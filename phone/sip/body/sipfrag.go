package body

import (
	"errors"
	"strings"
)

// Sipfrag is a part of a SIP message (RFC 3420): in the notifications of a
// transfer a status line, perhaps with header fields (RFC 3515 §2.4.5).
type Sipfrag struct {
	StatusCode int    // 0 when it does not begin with a status line
	Reason     string // may be ""
	Method     string // "" when it does not begin with a request line
	RequestURI string
	Fields     []Field
	Body       []byte
}

var errStart = errors.New("malformed start line")

// ParseSipfrag parses a message fragment, which begins with a start line or
// with header fields. The error is a *SyntaxError.
func ParseSipfrag(data []byte) (Sipfrag, error) {
	f, err := parseSipfrag(data)
	if err != nil {
		return Sipfrag{}, &SyntaxError{Type: TypeSipfrag, Err: err}
	}
	return f, nil
}

func parseSipfrag(data []byte) (f Sipfrag, err error) {
	if len(data) > MaxSize {
		return f, errSize
	}
	line, rest := cutLine(data)
	line = strings.TrimRight(line, " \t")
	first, _, _ := strings.Cut(line, " ")
	switch {
	case strings.EqualFold(first, version):
		data = rest
		if f.StatusCode, f.Reason, err = statusLine(line[len(version):]); err != nil {
			return f, err
		}
	default:
		if uri, ok := requestLine(first, line); ok {
			data = rest
			f.Method, f.RequestURI = first, uri
		}
	}
	if f.Fields, rest, err = cutFields(data); err != nil {
		return f, err
	}
	if len(rest) > 0 {
		f.Body = append([]byte(nil), rest...)
	}
	if f.StatusCode == 0 && f.Method == "" && len(f.Fields) == 0 {
		return f, errMissing
	}
	return f, nil
}

const version = "SIP/2.0"

// requestLine returns the URI of a line that begins with that method; ok is
// false when the line is something else, such as a header field.
func requestLine(method, line string) (uri string, ok bool) {
	middle := len(line) - len(" "+version)
	if !isToken(method) || middle <= len(method) || !strings.EqualFold(line[middle:], " "+version) {
		return "", false
	}
	uri = strings.TrimSpace(line[len(method):middle])
	return uri, isURI(uri)
}

func statusLine(s string) (code int, reason string, err error) {
	number, reason, _ := strings.Cut(strings.TrimLeft(s, " "), " ")
	n, err := parseUint32(number)
	if err != nil || len(number) != 3 || n < 100 || n > 699 || strings.ContainsAny(reason, "\r\x00") {
		return 0, "", errStart
	}
	return int(n), strings.Trim(reason, " \t"), nil
}

// isURI reports whether s has a scheme and no space: more is not looked at.
func isURI(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	return ok && isToken(scheme) && rest != "" && !strings.ContainsAny(rest, " \t\r\x00")
}

// Bytes prints the fragment.
func (f Sipfrag) Bytes() []byte {
	var b []byte
	switch {
	case f.StatusCode != 0:
		b = append(b, version+" "...)
		b = append(b, byte('0'+f.StatusCode/100%10), byte('0'+f.StatusCode/10%10), byte('0'+f.StatusCode%10), ' ')
		b = append(append(b, oneLine.Replace(f.Reason)...), "\r\n"...)
	case f.Method != "":
		b = append(b, oneLine.Replace(f.Method+" "+f.RequestURI+" "+version)+"\r\n"...)
	}
	b = appendFields(b, f.Fields)
	if len(f.Body) > 0 {
		b = append(append(b, "\r\n"...), f.Body...)
	}
	return b
}
