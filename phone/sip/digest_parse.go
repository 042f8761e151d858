package sip

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

var (
	errNotDigest = errors.New("not the Digest scheme")
	errNoRealm   = errors.New("no realm")
	errNoNonce   = errors.New("no nonce")
	errNoValue   = errors.New("a mandatory parameter is missing")
)

// ParseChallenge parses one challenge. Names, algorithm and flags compare
// without case, qop may stand without quotes. The error is a *SyntaxError.
func ParseChallenge(headerValue string) (Challenge, error) {
	c, err := parseChallenge(headerValue)
	if err != nil {
		return Challenge{}, &SyntaxError{What: "challenge", Text: headerValue, Err: err}
	}
	return c, nil
}

func parseChallenge(s string) (c Challenge, err error) {
	p, err := scanAuth(s)
	if err != nil {
		return c, err
	}
	var hasRealm bool
	c.Realm, hasRealm = p.Get("realm")
	c.Nonce, _ = p.Get("nonce")
	switch {
	case !hasRealm:
		return c, errNoRealm
	case c.Nonce == "":
		return c, errNoNonce
	}
	c.Opaque, _ = p.Get("opaque")
	c.Algorithm, _ = p.Get("algorithm")
	c.Domain, _ = p.Get("domain")
	stale, _ := p.Get("stale")
	c.Stale = strings.EqualFold(stale, "true")
	userhash, _ := p.Get("userhash")
	c.Userhash = strings.EqualFold(userhash, "true")
	if qop, ok := p.Get("qop"); ok {
		for one := range strings.SplitSeq(qop, ",") {
			if one = strings.ToLower(trim(one)); one != "" {
				c.QOP = append(c.QOP, one)
			}
		}
	}
	return c, nil
}

// String prints c as a header field value.
func (c Challenge) String() string {
	b := []byte("Digest realm=")
	b = appendQuoted(b, c.Realm)
	b = appendQuoted(append(b, ", nonce="...), c.Nonce)
	if c.Domain != "" {
		b = appendQuoted(append(b, ", domain="...), c.Domain)
	}
	if c.Opaque != "" {
		b = appendQuoted(append(b, ", opaque="...), c.Opaque)
	}
	if c.Stale {
		b = append(b, ", stale=true"...)
	}
	if c.Algorithm != "" {
		b = append(b, ", algorithm="...)
		if isToken(c.Algorithm) {
			b = append(b, c.Algorithm...)
		} else {
			b = appendQuoted(b, c.Algorithm)
		}
	}
	if len(c.QOP) > 0 {
		b = appendQuoted(append(b, ", qop="...), strings.Join(c.QOP, ","))
	}
	if c.Userhash {
		b = append(b, ", userhash=true"...)
	}
	return string(b)
}

// maxAuthParams is far above what any scheme has: looking for repeated ones
// takes time that grows with the square of their number.
const maxAuthParams = 50

// scanAuth reads "Digest" LWS name=value *(COMMA name=value).
func scanAuth(s string) (Params, error) {
	s, err := unfold(s)
	if err != nil {
		return nil, err
	}
	const scheme = "Digest"
	if len(s) <= len(scheme) || !strings.EqualFold(s[:len(scheme)], scheme) || !isSpace(s[len(scheme)]) {
		return nil, errNotDigest
	}
	rest := s[len(scheme):]
	var p Params
	for i := 0; ; i++ {
		for i = skipSpace(rest, i); i < len(rest) && rest[i] == ','; {
			i = skipSpace(rest, i+1)
		}
		if i >= len(rest) {
			return p, nil
		}
		var one Param
		if i, err = scanParam(&one, rest, i); err != nil {
			return nil, err
		}
		if one.Flag || len(p) == maxAuthParams || p.Has(one.Name) {
			return nil, errParam
		}
		p = append(p, one)
		if i = skipSpace(rest, i); i < len(rest) && rest[i] != ',' {
			return nil, errTrailing
		}
	}
}

// splitChallenges cuts a field value with several challenges, which HTTP
// allows and some SIP servers write, before each "Scheme name=".
func splitChallenges(s string) []string {
	var list, current []string
	end := func() {
		if len(current) > 0 {
			list = append(list, strings.Join(current, ", "))
		}
		current = nil
	}
	for _, piece := range splitComma(s) {
		name, rest, ok := strings.Cut(piece, " ")
		if ok && isToken(name) && !strings.HasPrefix(trim(rest), "=") {
			end()
		}
		current = append(current, piece)
	}
	end()
	return list
}

// NewChallenge returns the value of a WWW-Authenticate or Proxy-Authenticate
// field with qop="auth"; an empty algorithm is left out and means MD5.
func NewChallenge(realm, nonce, algorithm string) string {
	return Challenge{Realm: realm, Nonce: nonce, Algorithm: algorithm, QOP: []string{"auth"}}.String()
}

// Authorization is an Authorization or Proxy-Authorization value of the Digest
// scheme. Printing and logging hide Response and Cnonce.
type Authorization struct {
	Username, Realm, Nonce, URI, Response, Algorithm, Cnonce, Opaque, QOP string
	NC                                                                    uint32
}

// String hides what could help to guess the password.
func (a Authorization) String() string {
	return fmt.Sprintf("{%s realm=%q nc=%d ***}", a.Username, a.Realm, a.NC)
}

// GoString hides what could help to guess the password.
func (a Authorization) GoString() string { return "sip.Authorization" + a.String() }

// LogValue hides what could help to guess the password.
func (a Authorization) LogValue() slog.Value {
	return slog.GroupValue(slog.String("username", a.Username), slog.String("realm", a.Realm))
}

// header prints a as the value of a header field.
func (a Authorization) header(userhash bool) string {
	b := append([]byte("Digest algorithm="), a.Algorithm...)
	for _, one := range [...]struct{ name, value string }{
		{", username=", a.Username},
		{", realm=", a.Realm},
		{", nonce=", a.Nonce},
		{", uri=", a.URI},
		{", response=", a.Response},
	} {
		b = appendQuoted(append(b, one.name...), one.value)
	}
	if a.Opaque != "" {
		b = appendQuoted(append(b, ", opaque="...), a.Opaque)
	}
	if a.QOP != "" {
		b = append(append(b, ", qop="...), a.QOP...)
	}
	if a.Cnonce != "" {
		b = appendQuoted(append(b, ", cnonce="...), a.Cnonce)
		b = fmt.Appendf(b, ", nc=%08x", a.NC)
	}
	if userhash {
		b = append(b, ", userhash=true"...)
	}
	return string(b)
}

// ParseAuthorization parses digest credentials. The error is a *SyntaxError.
func ParseAuthorization(headerValue string) (Authorization, error) {
	a, err := parseAuthorization(headerValue)
	if err != nil {
		return Authorization{}, &SyntaxError{What: "credentials", Text: "Digest ***", Err: err}
	}
	return a, nil
}

func parseAuthorization(s string) (a Authorization, err error) {
	p, err := scanAuth(s)
	if err != nil {
		return a, err
	}
	for _, one := range [...]struct {
		name  string
		value *string
		must  bool
	}{
		{"username", &a.Username, true},
		{"realm", &a.Realm, true},
		{"nonce", &a.Nonce, true},
		{"uri", &a.URI, true},
		{"response", &a.Response, true},
		{"algorithm", &a.Algorithm, false},
		{"cnonce", &a.Cnonce, false},
		{"opaque", &a.Opaque, false},
		{"qop", &a.QOP, false},
	} {
		value, ok := p.Get(one.name)
		if !ok && one.must {
			return a, errNoValue
		}
		*one.value = value
	}
	a.QOP = strings.ToLower(a.QOP)
	if nc, ok := p.Get("nc"); ok {
		if len(nc) != 8 || !allHex(nc) {
			return a, errParam
		}
		for i := range len(nc) {
			a.NC = a.NC<<4 | uint32(unhex(nc[i]))
		}
	}
	return a, nil
}

func allHex(s string) bool {
	for i := range len(s) {
		if !isHex(s[i]) {
			return false
		}
	}
	return true
}
