package sip

import "strings"

// ReferTo returns the Refer-To field, which a REFER has exactly once (RFC 3515
// §2.1); see URI.Header for what a transfer asks to be put into the INVITE.
// The error is a *SyntaxError.
func (c *Common) ReferTo() (NameAddr, error) { return c.address("Refer-To") }

// ReferredBy returns the Referred-By field (RFC 3892 §2.1). The error is a
// *SyntaxError, also when there is none.
func (c *Common) ReferredBy() (NameAddr, error) { return c.address("Referred-By") }

// address returns the one address of a field that must come only once.
func (c *Common) address(name string) (NameAddr, error) {
	values := c.Headers.Values(name)
	value, err := "", errMissing
	if len(values) > 0 {
		value, err = values[0], errTwice
	}
	if len(values) == 1 {
		var list []NameAddr
		if list, err = parseNameAddrs(value, 1); err == nil {
			return list[0], nil
		}
	}
	return NameAddr{}, &SyntaxError{What: name, Text: value, Err: err}
}

// ReferSub returns the Refer-Sub field (RFC 4488 §4): whether REFER makes a
// subscription. It does when the field is absent.
func (c *Common) ReferSub() bool {
	value, _, _ := valueAndParams(c.Headers.Get("Refer-Sub"))
	return !strings.EqualFold(value, "false")
}

// Replaces returns the Replaces field (RFC 3891 §6.1). Both tags must be
// there, and the field only once.
func (c *Common) Replaces() (callID, toTag, fromTag string, earlyOnly, ok bool) {
	values := c.Headers.Values("Replaces")
	if len(values) != 1 {
		return "", "", "", false, false
	}
	return ParseReplaces(values[0])
}

// ParseReplaces parses the value of a Replaces field (RFC 3891 §6.1), as also
// found, escaped, in a Refer-To.
func ParseReplaces(value string) (callID, toTag, fromTag string, earlyOnly, ok bool) {
	value, err := unfold(value)
	if err != nil {
		return "", "", "", false, false
	}
	callID, params, ok := valueAndParams(value)
	toTag, _ = params.Get("to-tag")
	fromTag, _ = params.Get("from-tag")
	if !ok || !all(callID, classVisible) || toTag == "" || fromTag == "" {
		return "", "", "", false, false
	}
	return callID, toTag, fromTag, params.Has("early-only"), true
}

// FormatReplaces returns the value of a Replaces field. In the view of the
// party that gets the INVITE toTag is its own tag, fromTag that of its peer
// (RFC 3891 §3).
func FormatReplaces(callID, toTag, fromTag string) string {
	return string(Params{{Name: "to-tag", Value: toTag}, {Name: "from-tag", Value: fromTag}}.appendHeader([]byte(callID)))
}

// Header returns the first header of that name in "?name=value&…", unescaped.
func (u URI) Header(name string) (value string, ok bool) {
	value, ok = u.Headers.Get(name)
	return unescape(value), ok
}

// WithHeader returns a copy with one more header, which is escaped.
func (u URI) WithHeader(name, value string) URI {
	u.Headers = append(u.Headers.Clone(), Param{Name: EscapeHeader(name), Value: EscapeHeader(value)})
	return u
}

// WithoutHeaders returns a copy without headers, as a Request-URI must be (RFC
// 3261 §19.1.1).
func (u URI) WithoutHeaders() URI {
	u.Headers = nil
	return u
}
