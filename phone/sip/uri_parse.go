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
	var r room
	err = r.scanURI(&u, s)
	return u, err
}

// scanURI reads the URI that makes up all of s into u.
func (r *room) scanURI(u *URI, s string) (err error) {
	colon := strings.IndexByte(s, ':')
	if colon <= 0 || !isScheme(s[:colon]) {
		return errScheme
	}
	u.Scheme = lowerScheme(s[:colon])
	rest := s[colon+1:]
	if u.Scheme != "sip" && u.Scheme != "sips" {
		if rest == "" || !all(rest, classOpaque) {
			return errOpaque
		}
		u.Opaque = rest
		return nil
	}
	if at := strings.IndexByte(rest, '@'); at >= 0 {
		u.User, u.Password, _ = strings.Cut(rest[:at], ":")
		if u.User == "" || !allOrEscaped(u.User, classUser) || !allOrEscaped(u.Password, classPassword) {
			return errUser
		}
		rest = rest[at+1:]
	}
	end := 0
	for end < len(rest) && rest[end] != ';' && rest[end] != '?' {
		end++
	}
	if u.Host, u.Port, err = parseHostPort(rest[:end]); err != nil || end == len(rest) {
		return err
	}
	return r.scanTail(u, rest[end:])
}

func lowerScheme(s string) string {
	if s == "sip" || s == "sips" {
		return s
	}
	return strings.ToLower(s)
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

// scanTail reads ";param=value…?header=value…".
func (r *room) scanTail(u *URI, s string) error {
	i := 0
	if s[0] == ';' {
		start := r.begin(strings.Count(s, ";"))
		for i < len(s) && s[i] == ';' {
			var p *Param
			if p, i = r.scanPair(s, i+1, ";?"); p.Name == "" || !allOrEscaped(p.Name, classParam) || !allOrEscaped(p.Value, classURIValue) {
				r.params = r.params[:start]
				return errURIParam
			}
		}
		u.Params = r.since(start)
	}
	if i == len(s) {
		return nil
	}
	start := r.begin(strings.Count(s[i:], "&") + 1)
	for more := true; more; {
		var p *Param
		if p, i = r.scanPair(s, i+1, "&"); p.Name == "" || !allOrEscaped(p.Name, classHeader) || !allOrEscaped(p.Value, classHeader) {
			r.params = r.params[:start]
			return errURIHead
		}
		more = i < len(s)
	}
	u.Headers = r.since(start)
	return nil
}

// scanPair reads "name=value" or "name" from s[i:] up to one of the ends, of
// which there are one or two.
func (r *room) scanPair(s string, i int, ends string) (p *Param, end int) {
	r.params = append(r.params, Param{Flag: true})
	p = &r.params[len(r.params)-1]
	name := i
	for ; i < len(s) && s[i] != ends[0] && s[i] != ends[len(ends)-1]; i++ {
		if s[i] == '=' && p.Flag {
			p.Name, p.Flag = s[name:i], false
			name = i + 1
		}
	}
	if p.Flag {
		p.Name = s[name:i]
	} else {
		p.Value = s[name:i]
	}
	return p, i
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
