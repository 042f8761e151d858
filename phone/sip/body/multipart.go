package body

import (
	"bytes"
	"crypto/rand"
	"errors"
	"mime"
	"strings"
)

// Multipart is a body of several parts (RFC 2046 §5.1, RFC 5621).
type Multipart struct {
	Subtype  string // lower case: "mixed", "alternative", "related"…
	Boundary string // stands between the parts; no part may hold it
	Parts    []Part
}

// Part is one part of a multipart body.
type Part struct {
	Fields []Field // MIME header fields
	Body   []byte  // nil when empty
}

// Get returns the first header field of that name, or "".
func (p Part) Get(name string) string { return get(p.Fields, name) }

// maxParts limits the parts of one multipart body.
const maxParts = 64

var (
	errBoundary = errors.New("no boundary, or a malformed one")
	errNoEnd    = errors.New("no closing delimiter")
	errNoPart   = errors.New("no part")
	errNotMulti = errors.New("not a multipart type")
)

// NewMultipart returns a body of that subtype with a boundary at random.
func NewMultipart(subtype string, parts ...Part) Multipart {
	return Multipart{Subtype: subtype, Boundary: rand.Text(), Parts: parts}
}

// ContentType returns the value for the Content-Type field of the message.
func (m Multipart) ContentType() string {
	return "multipart/" + m.Subtype + `;boundary="` + m.Boundary + `"`
}

// ParseMultipart parses a body with that Content-Type. The error is a
// *SyntaxError.
func ParseMultipart(contentType string, data []byte) (Multipart, error) {
	mediaType, params, err := mime.ParseMediaType(contentType)
	subtype, ok := strings.CutPrefix(mediaType, "multipart/")
	if err == nil && !ok {
		err = errNotMulti
	}
	m := Multipart{Subtype: subtype, Boundary: params["boundary"]}
	if err == nil {
		m.Parts, err = splitMultipart(m.Boundary, data)
	}
	if err != nil {
		return Multipart{}, &SyntaxError{Type: "multipart", Err: err}
	}
	return m, nil
}

// SplitMultipart cuts a multipart body with that boundary into its parts. The
// parts share no memory with data. The error is a *SyntaxError.
func SplitMultipart(boundary string, data []byte) ([]Part, error) {
	parts, err := splitMultipart(boundary, data)
	if err != nil {
		return nil, &SyntaxError{Type: "multipart", Err: err}
	}
	return parts, nil
}

func splitMultipart(boundary string, data []byte) ([]Part, error) {
	if !isBoundary(boundary) {
		return nil, errBoundary
	}
	var parts []Part
	delimiter := []byte("--" + boundary)
	_, data, last, ok := cutDelimiter(data, delimiter) // what stands before is no part
	for ok && !last {
		if len(parts) == maxParts {
			return nil, errMany
		}
		var content []byte
		if content, data, last, ok = cutDelimiter(data, delimiter); !ok {
			break
		}
		part, err := parsePart(content)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	switch {
	case !ok:
		return nil, errNoEnd
	case len(parts) == 0:
		return nil, errNoPart
	}
	return parts, nil
}

// isBoundary applies RFC 2046 §5.1.1.
func isBoundary(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if 'a' <= c && c <= 'z' || '0' <= s[i] && s[i] <= '9' || strings.IndexByte("'()+_,-./:=? *!%`~", s[i]) >= 0 {
			continue
		}
		return false
	}
	return s != "" && len(s) <= 70 && s[len(s)-1] != ' '
}

// cutDelimiter cuts data at the first line that is the delimiter, perhaps with
// spaces behind it, or the closing delimiter, which has two more hyphens. The
// line end before the delimiter belongs to it (RFC 2046 §5.1.1).
func cutDelimiter(data, delimiter []byte) (before, after []byte, last, ok bool) {
	for from := 0; ; {
		i := bytes.Index(data[from:], delimiter)
		if i < 0 {
			return nil, nil, false, false
		}
		i += from
		from = i + len(delimiter)
		if i > 0 && data[i-1] != '\n' {
			continue
		}
		rest := data[from:]
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		if line, last = bytes.CutPrefix(line, []byte("--")); len(bytes.Trim(line, " \t\r")) > 0 {
			continue
		}
		before = bytes.TrimSuffix(bytes.TrimSuffix(data[:i], []byte("\n")), []byte("\r"))
		return before, after, last, true
	}
}

func parsePart(content []byte) (p Part, err error) {
	var rest []byte
	if p.Fields, rest, err = cutFields(content); err == nil && len(rest) > 0 {
		p.Body = bytes.Clone(rest)
	}
	return p, err
}

// Bytes prints the body.
func (m Multipart) Bytes() []byte {
	var b []byte
	for _, p := range m.Parts {
		b = append(append(b, "--"+m.Boundary...), "\r\n"...)
		b = append(appendFields(b, p.Fields), "\r\n"...)
		b = append(append(b, p.Body...), "\r\n"...)
	}
	return append(append(b, "--"+m.Boundary...), "--\r\n"...)
}
