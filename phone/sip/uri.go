package sip

import (
	"strconv"
	"strings"
)

// URI is a SIP, SIPS or any other URI (RFC 3261 §19.1). The zero URI is empty.
//
// User and Password keep their percent-encoding as written, so that a URI
// survives parsing and printing unchanged; see UserUnescaped.
type URI struct {
	Scheme   string // lower case
	User     string
	Password string
	Host     string // lower case; IPv6 in brackets; "" if Opaque is set
	Port     int    // 0 when absent
	Params   Params
	Headers  Params // "?name=value&…"
	Opaque   string // what follows the scheme of a URI that is neither sip nor sips
}

// IsZero reports whether u is the empty URI.
func (u URI) IsZero() bool { return u.Scheme == "" && u.Host == "" && u.Opaque == "" }

// IsSIP reports whether u is a sip or sips URI.
func (u URI) IsSIP() bool { return u.Scheme == "sip" || u.Scheme == "sips" }

// String prints u as it was parsed, but for the case of scheme and host.
func (u URI) String() string {
	if u.IsZero() {
		return ""
	}
	return string(u.appendTo(make([]byte, 0, 64)))
}

// appendTo appends u. Characters that would end a URI early in a message are
// escaped; the parser lets none of them in, so only a URI put together by hand
// can have them.
func (u *URI) appendTo(b []byte) []byte {
	b = append(b, u.Scheme...)
	b = append(b, ':')
	if u.Opaque != "" {
		return appendSafe(b, u.Opaque)
	}
	if u.User != "" {
		b = appendSafe(b, u.User)
		if u.Password != "" {
			b = append(b, ':')
			b = appendSafe(b, u.Password)
		}
		b = append(b, '@')
	}
	b = appendSafe(b, u.Host)
	if u.Port != 0 {
		b = append(b, ':')
		b = strconv.AppendInt(b, int64(u.Port), 10)
	}
	for i := range u.Params {
		b = append(b, ';')
		b = appendURIParam(b, &u.Params[i])
	}
	for i := range u.Headers {
		if i == 0 {
			b = append(b, '?')
		} else {
			b = append(b, '&')
		}
		b = appendURIParam(b, &u.Headers[i])
	}
	return b
}

func appendURIParam(b []byte, p *Param) []byte {
	b = appendSafe(b, p.Name)
	if !p.Flag {
		b = append(b, '=')
		b = appendSafe(b, p.Value)
	}
	return b
}

// appendSafe appends s with the bytes that end a URI in any context escaped.
func appendSafe(b []byte, s string) []byte {
	if all(s, classOpaque) {
		return append(b, s...)
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c <= ' ', c == 0x7f, c == '<', c == '>', c == '"':
			b = appendEscape(b, c)
		default:
			b = append(b, c)
		}
	}
	return b
}

func appendEscape(b []byte, c byte) []byte {
	const hex = "0123456789ABCDEF"
	return append(b, '%', hex[c>>4], hex[c&15])
}

// AOR returns the address-of-record form: scheme, user, host and port, without
// password, parameters and headers. A URI that is not SIP is returned as it is.
func (u URI) AOR() URI {
	if !u.IsSIP() {
		return u
	}
	return URI{Scheme: u.Scheme, User: u.User, Host: u.Host, Port: u.Port}
}

// Clone returns a copy that shares no parameters with u.
func (u URI) Clone() URI {
	u.Params, u.Headers = u.Params.Clone(), u.Headers.Clone()
	return u
}

// UserUnescaped returns the user part with its percent-encoding removed. It is
// for people and for comparison, never for a message.
func (u URI) UserUnescaped() string { return unescape(u.User) }

// Number returns the subscriber number of a tel URI without its parameters and
// visual separators (RFC 3966 §3), else the unescaped user part.
func (u URI) Number() string {
	if u.Scheme != "tel" {
		return u.UserUnescaped()
	}
	number, _, _ := strings.Cut(u.Opaque, ";")
	return withoutSeparators(number)
}

// unescape decodes %HH; malformed escapes stay.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

// Unescape decodes the percent-encoding of a URI's parameter or header value,
// such as the Replaces in a Refer-To. Malformed escapes stay as they are.
func Unescape(s string) string { return unescape(s) }

// EscapeUser encodes s for the user part of a SIP URI. Escapes that s already
// has are kept, "+", "?", "/" and ":" stay readable (":" separates a password).
func EscapeUser(s string) string {
	s = unescape(s)
	b := make([]byte, 0, len(s)+8)
	for i := range len(s) {
		if c := s[i]; strings.IndexByte(unreserved+"+?/:", c) >= 0 {
			b = append(b, c)
		} else {
			b = appendEscape(b, c)
		}
	}
	return string(b)
}

// EscapeHeader encodes s for the value of a URI's header (RFC 3261 §19.1.1),
// as in "?Replaces=…".
func EscapeHeader(s string) string {
	b := make([]byte, 0, len(s)+8)
	for i := range len(s) {
		if c := s[i]; strings.IndexByte(unreserved, c) >= 0 {
			b = append(b, c)
		} else {
			b = appendEscape(b, c)
		}
	}
	return string(b)
}

// Equal reports whether u and v mean the same by the rules of RFC 3261
// §19.1.4. Telephone numbers compare without their visual separators (RFC 3966
// §4), URIs of other schemes byte for byte.
func (u URI) Equal(v URI) bool {
	if u.Scheme != v.Scheme {
		return false
	}
	if !u.IsSIP() {
		if u.Scheme == "tel" {
			return strings.EqualFold(withoutSeparators(u.Opaque), withoutSeparators(v.Opaque))
		}
		return u.Opaque == v.Opaque
	}
	return canonicalEscapes(u.User) == canonicalEscapes(v.User) &&
		canonicalEscapes(u.Password) == canonicalEscapes(v.Password) &&
		strings.EqualFold(u.Host, v.Host) && u.Port == v.Port &&
		equalURIParams(u.Params, v.Params) && equalURIHeaders(u.Headers, v.Headers)
}

// canonicalEscapes decodes the escapes of characters that need none and writes
// the others in upper case: "%61%3b" is "a%3B".
func canonicalEscapes(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' || i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
			b = append(b, s[i])
			continue
		}
		c := unhex(s[i+1])<<4 | unhex(s[i+2])
		if strings.IndexByte(unreserved, c) >= 0 {
			b = append(b, c)
		} else {
			b = appendEscape(b, c)
		}
		i += 2
	}
	return string(b)
}

func equalURIParams(p, q Params) bool {
	half := func(p, q Params) bool {
		for _, one := range p {
			value, ok := q.Get(one.Name)
			if !ok {
				// These, present on one side only, make a difference;
				// any other parameter does not.
				switch strings.ToLower(one.Name) {
				case "user", "ttl", "method", "maddr", "transport":
					return false
				}
				continue
			}
			// Of a parameter that is there twice the first counts.
			first, _ := p.Get(one.Name)
			if !strings.EqualFold(canonicalEscapes(first), canonicalEscapes(value)) {
				return false
			}
		}
		return true
	}
	return half(p, q) && half(q, p)
}

func equalURIHeaders(p, q Params) bool {
	if len(p) != len(q) {
		return false
	}
	used := make([]bool, len(q))
next:
	for _, one := range p {
		for i, other := range q {
			if !used[i] && strings.EqualFold(one.Name, other.Name) &&
				canonicalEscapes(one.Value) == canonicalEscapes(other.Value) {
				used[i] = true
				continue next
			}
		}
		return false
	}
	return true
}
