package sip

import (
	"errors"
	"strings"
)

// Character classes of RFC 3261 §25.1.
const (
	classToken     uint16 = 1 << iota // token
	classUser                         // user, beside %-escapes
	classPassword                     // password, beside %-escapes
	classParam                        // uri-parameter name
	classURIValue                     // uri-parameter value; "=" too, which some servers write
	classHeader                       // header of a URI; "@", ";" and "=" too, from careless Refer-To writers
	classValue                        // unquoted value of a header parameter, with any visible character that separates nothing
	classLabel                        // host name label; "_" is not in the RFC but in use
	classVisible                      // any byte but controls and space
	classDelimiter                    // what ends the first word of an address
	classOpaque                       // what may be in a URI, whatever its scheme
)

const (
	alphanum   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	unreserved = alphanum + "-_.!~*'()"
)

// classes holds the classes of each byte; it is never written again.
var classes = makeClasses()

func makeClasses() (t [256]uint16) {
	add := func(class uint16, chars string) {
		for i := range len(chars) {
			t[chars[i]] |= class
		}
	}
	add(classToken, alphanum+"-.!%*_+`'~")
	add(classUser, unreserved+"&=+$,;?/")
	add(classPassword, unreserved+"&=+$,")
	add(classParam, unreserved+"[]/:&+$")
	add(classURIValue, unreserved+"[]/:&+$=")
	add(classHeader, unreserved+"[]/?:+$@;=")
	add(classLabel, alphanum+"-_")
	add(classDelimiter, `<,;"`)
	for c := 0x21; c < 0x100; c++ {
		if c != 0x7f {
			t[c] |= classVisible
		}
		if c != 0x7f && c != '<' && c != '>' && c != '"' {
			t[c] |= classOpaque
		}
		if c != 0x7f && !strings.ContainsRune(`;,"<>\`, rune(c)) {
			t[c] |= classValue
		}
	}
	return t
}

// all reports whether every byte of s is in class.
func all(s string, class uint16) bool {
	for i := range len(s) {
		if classes[s[i]]&class == 0 {
			return false
		}
	}
	return true
}

// allOrEscaped is like all, but takes %HH as well.
func allOrEscaped(s string, class uint16) bool {
	for i := 0; i < len(s); i++ {
		switch {
		case classes[s[i]]&class != 0:
		case s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			i += 2
		default:
			return false
		}
	}
	return true
}

func isToken(s string) bool { return s != "" && all(s, classToken) }

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	default:
		return c - 'a' + 10
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// skipSpace returns the index of the first byte of s at or after i that is
// not a space or tab.
func skipSpace(s string, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

// trim removes spaces and tabs from both ends.
func trim(s string) string {
	i, j := skipSpace(s, 0), len(s)
	for j > i && isSpace(s[j-1]) {
		j--
	}
	return s[i:j]
}

var (
	errControl  = errors.New("control character")
	errQuote    = errors.New("unterminated quoted string")
	errTrailing = errors.New("unexpected text after the value")
	errParam    = errors.New("malformed parameter")
)

// unfold joins folded lines (RFC 3261 §7.3.1) with one space, trims, and
// refuses the characters that no header field value may have.
func unfold(s string) (string, error) {
	if i := strings.IndexAny(s, "\r\n\x00"); i < 0 {
		return trim(s), nil
	}
	if hasBareNUL(s) {
		return "", errControl
	}
	var b strings.Builder
	for {
		i := strings.Index(s, "\r\n")
		if i < 0 {
			break
		}
		if i+2 < len(s) && !isSpace(s[i+2]) {
			return "", errControl
		}
		b.WriteString(trim(s[:i]))
		b.WriteByte(' ')
		s = trim(s[i+2:])
	}
	b.WriteString(s)
	s = trim(b.String())
	if strings.ContainsAny(s, "\r\n") {
		return "", errControl
	}
	return s, nil
}

// hasBareNUL reports whether there is a NUL without a backslash before it. A
// quoted string may have one with it (RFC 3261 §25.1, quoted-pair).
func hasBareNUL(s string) bool {
	for i := range len(s) {
		if s[i] == 0 && (i == 0 || s[i-1] != '\\') {
			return true
		}
	}
	return false
}

// scanQuoted reads the quoted string that starts at s[i] == '"'. It returns
// the unescaped text and the index after the closing quote.
func scanQuoted(s string, i int) (text string, end int, err error) {
	escaped := false
	for j := i + 1; j < len(s); j++ {
		switch s[j] {
		case '\\':
			escaped = true
			j++
		case '"':
			text = s[i+1 : j]
			if escaped {
				text = unescapeQuoted(text)
			}
			return text, j + 1, nil
		}
	}
	return "", i, errQuote
}

func unescapeQuoted(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' || s[i] == 0 {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}

// room is where the parameters of a message are put one list after the other,
// so that one allocation serves them all. The zero room has none yet.
type room struct{ params []Param }

// begin makes room for n parameters unless there is some already, and returns
// where the next list begins.
func (r *room) begin(n int) (start int) {
	if r.params == nil {
		r.params = make([]Param, 0, n)
	}
	return len(r.params)
}

// since returns the list that begins at start. Nothing can be appended to it
// in place: what follows belongs to the next list.
func (r *room) since(start int) Params {
	if start == len(r.params) {
		return nil
	}
	return r.params[start:len(r.params):len(r.params)]
}

// scanParams reads *(SEMI generic-param) from s[i:]. It stops at a comma or
// at the end and returns where; with an error it returns what came before.
func (r *room) scanParams(s string, i int) (p Params, end int, err error) {
	i = skipSpace(s, i)
	if i == len(s) || s[i] == ',' {
		return nil, i, nil
	}
	start := r.begin(1)
	for i < len(s) && s[i] == ';' {
		r.params = append(r.params, Param{})
		if i, err = scanParam(&r.params[len(r.params)-1], s, skipSpace(s, i+1)); err != nil {
			r.params = r.params[:len(r.params)-1]
			return r.since(start), i, err
		}
		i = skipSpace(s, i)
	}
	if i < len(s) && s[i] != ',' {
		err = errTrailing
	}
	return r.since(start), i, err
}

// scanParam reads one generic-param (RFC 3261 §25.1) into p.
func scanParam(p *Param, s string, i int) (end int, err error) {
	start := i
	for i < len(s) && classes[s[i]]&classToken != 0 {
		i++
	}
	if i == start {
		return i, errParam
	}
	p.Name = s[start:i]
	j := skipSpace(s, i)
	if j == len(s) || s[j] != '=' {
		p.Flag = true
		return i, nil
	}
	i = skipSpace(s, j+1)
	if i < len(s) && s[i] == '"' {
		p.Quoted = true
		p.Value, i, err = scanQuoted(s, i)
		return i, err
	}
	start = i
	for i < len(s) && classes[s[i]]&classValue != 0 {
		i++
	}
	p.Value = s[start:i]
	return i, nil
}

// splitComma cuts s at the commas that are outside quoted strings and angle
// brackets, and trims the pieces; empty pieces are left out (RFC 3261 §7.3.1
// has none, but receivers take them).
func splitComma(s string) []string {
	var list []string
	start, angle := 0, false
	cut := func(end int) {
		if one := trim(s[start:end]); one != "" {
			list = append(list, one)
		}
		start = end + 1
	}
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			_, end, err := scanQuoted(s, i)
			if err != nil {
				i = len(s)
				break
			}
			i = end - 1
		case '<':
			angle = true
		case '>':
			angle = false
		case ',':
			if !angle {
				cut(i)
			}
		}
	}
	cut(len(s))
	return list
}

// parseUint reads a run of digits that makes up all of s and fits max.
func parseUint(s string, max uint64) (uint64, bool) {
	if s == "" {
		return 0, false
	}
	var n uint64
	for i := range len(s) {
		d := uint64(s[i] - '0')
		if d > 9 || n > max/10 {
			return 0, false
		}
		if n = n*10 + d; n > max {
			return 0, false
		}
	}
	return n, true
}
