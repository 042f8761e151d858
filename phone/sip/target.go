package sip

import (
	"errors"
	"strings"
)

var (
	errNoDomain = errors.New("no domain")
	errEscape   = errors.New("malformed percent-encoding")
)

// NormalizeTarget makes a URI of what a person typed or pasted: a user name, a
// telephone number, a tel URI or a SIP address. A target without a domain gets
// the given one. Visual separators are removed from telephone numbers. The
// error is a *SyntaxError.
func NormalizeTarget(target, domain string) (URI, error) {
	u, err := normalizeTarget(trim(target), domain)
	if err != nil {
		return URI{}, &SyntaxError{What: "target", Text: target, Err: err}
	}
	return u, nil
}

func normalizeTarget(target, domain string) (URI, error) {
	user := target
	if at := strings.LastIndexByte(target, '@'); at >= 0 {
		user, domain = target[:at], target[at+1:]
	}
	if domain == "" {
		return URI{}, errNoDomain
	}
	if scheme, rest, ok := strings.Cut(user, ":"); ok {
		switch strings.ToLower(scheme) {
		case "sip", "sips":
			user = rest
		case "tel":
			user, _, _ = strings.Cut(rest, ";")
		}
	}
	if isNumber(user) {
		user = withoutSeparators(user)
	}
	if user == "" {
		return URI{}, errEmpty
	}
	if strings.IndexByte(user, '%') >= 0 && !validEscapes(user) {
		return URI{}, errEscape
	}
	return parseURI("sip:" + EscapeUser(user) + "@" + domain)
}

func validEscapes(s string) bool {
	for i := range len(s) {
		if s[i] == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])) {
			return false
		}
	}
	return true
}

// separators are the visual separators of RFC 3966 §3 and the space, which
// people write as well.
const separators = "-.() "

// isNumber reports whether s is a telephone number, perhaps with a plus and
// visual separators.
func isNumber(s string) bool {
	digits, plus := 0, false
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			digits++
		case c == '+' && !plus && digits == 0:
			plus = true
		case strings.IndexByte(separators, c) < 0:
			return false
		}
	}
	return digits > 0
}

func withoutSeparators(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(separators, r) {
			return -1
		}
		return r
	}, s)
}
