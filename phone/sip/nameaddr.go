package sip

import (
	"errors"
	"strings"
)

// NameAddr is a display name, a URI and header parameters, as in From, To,
// Contact, Route and Refer-To (RFC 3261 §20.10).
type NameAddr struct {
	DisplayName string // unquoted, unescaped
	URI         URI
	Params      Params // of the header field, not of the URI
}

var (
	errName     = errors.New("malformed display name")
	errAngle    = errors.New("no closing >")
	errQuestion = errors.New("a URI with headers needs angle brackets")
	errEmpty    = errors.New("empty")
)

// ParseNameAddr parses one address, with or without angle brackets. Without
// them what follows a semicolon belongs to the header field, not to the URI
// (RFC 3261 §20.10). The error is a *SyntaxError.
func ParseNameAddr(s string) (NameAddr, error) {
	list, err := parseNameAddrs(s, 1)
	if err != nil {
		return NameAddr{}, &SyntaxError{What: "address", Text: s, Err: err}
	}
	return list[0], nil
}

// ParseNameAddrs parses a comma-separated list of addresses, of one at least.
func ParseNameAddrs(s string) ([]NameAddr, error) {
	list, err := parseNameAddrs(s, -1)
	if err != nil {
		return nil, &SyntaxError{What: "address list", Text: s, Err: err}
	}
	return list, nil
}

func parseNameAddrs(s string, max int) ([]NameAddr, error) {
	s, err := unfold(s)
	if err != nil {
		return nil, err
	}
	var list []NameAddr
	var r room
	for i := 0; ; i++ {
		var a NameAddr
		if i, err = r.scanNameAddr(&a, s, i); err != nil {
			return nil, err
		}
		list = append(list, a)
		if i == len(s) {
			return list, nil
		}
		if len(list) == max {
			return nil, errTrailing
		}
	}
}

// maxUnreadable is of how many malformed addresses the next one is looked for.
const maxUnreadable = 64

// readNameAddrs reads what can be read of a list. After a malformed address it
// goes on behind the next comma, wherever that stands: what is malformed may
// lack the end of a quoted string or the bracket.
func readNameAddrs(s string) (list []NameAddr, all bool) {
	s, err := unfold(s)
	if err != nil {
		return nil, false
	}
	var r room
	bad := 0
	for i := 0; i < len(s); i++ {
		var a NameAddr
		end, err := r.scanNameAddr(&a, s, i)
		if err == nil {
			list = append(list, a)
			i = end
			continue
		}
		comma := strings.IndexByte(s[i:], ',')
		if bad++; comma < 0 || bad == maxUnreadable {
			break
		}
		i += comma
	}
	return list, bad == 0
}

// scanNameAddr reads one address from s[i:] into a and stops at a comma or the
// end.
func (r *room) scanNameAddr(a *NameAddr, s string, i int) (end int, err error) {
	i = skipSpace(s, i)
	if i == len(s) {
		return i, errEmpty
	}
	if s[i] == '"' {
		if a.DisplayName, i, err = scanQuoted(s, i); err != nil {
			return i, err
		}
		if i = skipSpace(s, i); i == len(s) || s[i] != '<' {
			return i, errName
		}
	} else {
		j := i
		for j < len(s) && classes[s[j]]&classDelimiter == 0 {
			j++
		}
		if j == len(s) || s[j] != '<' {
			return r.scanAddrSpec(a, s, i, j)
		}
		if a.DisplayName, err = collapse(s[i:j]); err != nil {
			return i, err
		}
		i = j
	}
	j := strings.IndexByte(s[i:], '>')
	if j < 0 {
		return i, errAngle
	}
	if err = r.scanURI(&a.URI, s[i+1:i+j]); err != nil {
		return i, err
	}
	a.Params, end, err = r.scanParams(s, i+j+1)
	return end, err
}

// scanAddrSpec reads the form without angle brackets from s[i:], in which the
// URI ends at s[end].
func (r *room) scanAddrSpec(a *NameAddr, s string, i, end int) (stop int, err error) {
	text := trim(s[i:end])
	if strings.IndexByte(text, '?') >= 0 {
		return i, errQuestion
	}
	if err = r.scanURI(&a.URI, text); err != nil {
		return i, err
	}
	a.Params, stop, err = r.scanParams(s, end)
	return stop, err
}

// collapse makes one space of each run of spaces in an unquoted display name.
// RFC 3261 wants tokens there; other text is common and does no harm, but
// control characters are refused.
func collapse(s string) (string, error) {
	s = trim(s)
	runs := false
	for i := range len(s) {
		switch {
		case s[i] == '\t', s[i] == ' ' && s[i+1] == ' ':
			runs = true
		case s[i] < ' ', s[i] == 0x7f, s[i] == '>':
			return "", errName
		}
	}
	if !runs {
		return s, nil
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' }), " "), nil
}

// String prints a with angle brackets, the display name in quotes.
func (a NameAddr) String() string { return string(a.appendTo(make([]byte, 0, 96))) }

func (a *NameAddr) appendTo(b []byte) []byte {
	if a.DisplayName != "" {
		b = appendQuoted(b, a.DisplayName)
		b = append(b, ' ')
	}
	b = append(b, '<')
	if !a.URI.IsZero() {
		b = a.URI.appendTo(b)
	}
	b = append(b, '>')
	return a.Params.appendHeader(b)
}

// Tag returns the tag parameter, or "".
func (a NameAddr) Tag() string { t, _ := a.Params.Get("tag"); return t }

// WithTag returns a copy with that tag.
func (a NameAddr) WithTag(tag string) NameAddr {
	a.Params = a.Params.With("tag", tag)
	return a
}

// Clone returns a copy that shares nothing with a.
func (a NameAddr) Clone() NameAddr {
	a.URI, a.Params = a.URI.Clone(), a.Params.Clone()
	return a
}
