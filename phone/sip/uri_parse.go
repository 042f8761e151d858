package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// SyntaxError reports text that is not what it should be.
type SyntaxError struct {
	What string // "URI", "address", "challenge"…
	Text string // what was given
	Err  error  // what is wrong with it
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("sip: invalid %s %q: %v", e.What, e.Text, e.Err)
}

// Unwrap returns the cause.
func (e *SyntaxError) Unwrap() error { return e.Err }

var (
	errScheme   = errors.New("no scheme")
	errUser     = errors.New("illegal character in the user part")
	errHost     = errors.New("not a host name or IP address")
	errPort     = errors.New("port out of range")
	errURIParam = errors.New("malformed URI parameter")
	errURIHead  = errors.New("malformed URI header")
	errOpaque   = errors.New("illegal character")
)

// ParseURI parses a sip or sips URI, or keeps what follows the scheme of any
// other URI in Opaque. The error is a *SyntaxError.
func ParseURI(s string) (URI, error) {
	u, err := parseURI(s)
	if err != nil {
		return URI{}, &SyntaxError{What: "URI", Text: s, Err: err}
	}
	return u, nil
}

func parseURI(s string) (u URI, err error) {
	colon := strings.IndexByte(s, ':')
	if colon <= 0 || !isScheme(s[:colon]) {
		return u, errScheme
	}
	u.Scheme = strings.ToLower(s[:colon])
	rest := s[colon+1:]
	if !u.IsSIP() {
		for i := range len(rest) {
			if c := rest[i]; c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '"' {
				return u, errOpaque
			}
		}
		if rest == "" {
			return u, errOpaque
		}
		u.Opaque = rest
		return u, nil
	}
	if at := strings.IndexByte(rest, '@'); at >= 0 {
		u.User, u.Password, _ = strings.Cut(rest[:at], ":")
		if u.User == "" || !allOrEscaped(u.User, classUser) || !allOrEscaped(u.Password, classPassword) {
			return u, errUser
		}
		rest = rest[at+1:]
	}
	end := strings.IndexAny(rest, ";?")
	if end < 0 {
		end = len(rest)
	}
	if u.Host, u.Port, err = parseHostPort(rest[:end]); err != nil {
		return u, err
	}
	return u, u.parseTail(rest[end:])
}

func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if 'a' <= c && c <= 'z' {
			continue
		}
		if c = s[i]; i == 0 || !('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.') {
			return false
		}
	}
	return true
}

// parseTail reads ";param=value…?header=value…".
func (u *URI) parseTail(s string) error {
	tail, headers, hasHeaders := strings.Cut(s, "?")
	if tail != "" {
		u.Params = make(Params, 0, strings.Count(tail, ";"))
	}
	for tail != "" {
		var one string
		one, tail = cutParam(tail[1:])
		name, value, ok := strings.Cut(one, "=")
		if name == "" || !allOrEscaped(name, classParam) || !allOrEscaped(value, classURIValue) {
			return errURIParam
		}
		u.Params = append(u.Params, Param{Name: name, Value: value, Flag: !ok})
	}
	if !hasHeaders {
		return nil
	}
	for one := range strings.SplitSeq(headers, "&") {
		name, value, ok := strings.Cut(one, "=")
		if name == "" || !allOrEscaped(name, classHeader) || !allOrEscaped(value, classHeader) {
			return errURIHead
		}
		u.Headers = append(u.Headers, Param{Name: name, Value: value, Flag: !ok})
	}
	return nil
}

// cutParam cuts s before its first semicolon.
func cutParam(s string) (one, rest string) {
	if i := strings.IndexByte(s, ';'); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// parseHostPort reads host [":" port]. A colon without port is let pass.
func parseHostPort(s string) (host string, port int, err error) {
	end := strings.IndexByte(s, ':')
	if s != "" && s[0] == '[' {
		if end = strings.IndexByte(s, ']') + 1; end == 0 {
			return "", 0, errHost
		}
		if end < len(s) && s[end] != ':' {
			return "", 0, errHost
		}
	} else if end < 0 {
		end = len(s)
	}
	host = s[:end]
	if !isHost(host) {
		return "", 0, errHost
	}
	if s = s[end:]; len(s) > 1 {
		n, ok := parseUint(s[1:], 65535)
		if !ok || len(s) > 6 {
			return "", 0, errPort
		}
		port = int(n)
	}
	return strings.ToLower(host), port, nil
}

// isHost reports whether s is a host name, an IPv4 address or an IPv6 address
// in brackets. Labels may begin with a digit and hold "_", a name may be one
// label and end in a dot; but what looks like an IPv4 address must be one.
func isHost(s string) bool {
	if s == "" {
		return false
	}
	if s[0] == '[' {
		return s[len(s)-1] == ']' && isIPv6(s[1:len(s)-1])
	}
	name := strings.TrimSuffix(s, ".")
	numeric, labels, start := true, 0, 0
	for i := 0; i <= len(name); i++ {
		if i == len(name) || name[i] == '.' {
			if i == start || name[start] == '-' {
				return false
			}
			labels++
			start = i + 1
			continue
		}
		if classes[name[i]]&classLabel == 0 {
			return false
		}
		numeric = numeric && '0' <= name[i] && name[i] <= '9'
	}
	if numeric && labels > 1 {
		a, err := netip.ParseAddr(s)
		return err == nil && a.Is4()
	}
	return true
}

// isIPv6 takes three colons before an IPv4 address too: by mistake the grammar
// of RFC 3261 has them, and RFC 5118 §4.10 wants them tolerated.
func isIPv6(s string) bool {
	a, err := netip.ParseAddr(s)
	if i := strings.Index(s, ":::"); err != nil && i >= 0 && strings.IndexByte(s[i+3:], ':') < 0 && strings.IndexByte(s[i:], '.') > 0 {
		a, err = netip.ParseAddr(s[:i] + s[i+1:])
	}
	return err == nil && a.Is6() && a.Zone() == ""
}
