package sip

import (
	"strconv"
	"strings"
	"time"
)

// Contacts returns the addresses of all Contact fields in order. Star is true
// for "Contact: *" (RFC 3261 §10.2.2), which then is the only one.
func (c *Common) Contacts() (list []NameAddr, star bool, err error) {
	values := c.Headers.Values("Contact")
	if len(values) == 1 && values[0] == "*" {
		return nil, true, nil
	}
	list, err = c.addresses("Contact")
	return list, false, err
}

// ReadableContacts returns the addresses of the Contact fields that can be
// read, in order; all is false if there are others.
func (c *Common) ReadableContacts() (list []NameAddr, all bool) {
	all = true
	for _, value := range c.Headers.Values("Contact") {
		some, whole := readNameAddrs(value)
		list = append(list, some...)
		all = all && whole
	}
	return list, all
}

// RecordRoute returns the Record-Route entries in the order of the message.
func (c *Common) RecordRoute() ([]NameAddr, error) { return c.addresses("Record-Route") }

// Route returns the Route entries in the order of the message.
func (c *Common) Route() ([]NameAddr, error) { return c.addresses("Route") }

func (c *Common) addresses(name string) ([]NameAddr, error) {
	var list []NameAddr
	for _, value := range c.Headers.Values(name) {
		some, err := parseNameAddrs(value, -1)
		if err != nil {
			return nil, &SyntaxError{What: name, Text: value, Err: err}
		}
		list = append(list, some...)
	}
	return list, nil
}

// Expires returns the Expires field in seconds; ok is false when it is absent
// or malformed.
func (c *Common) Expires() (seconds int, ok bool) { return c.seconds("Expires") }

// MinExpires returns the Min-Expires field in seconds (RFC 3261 §20.23).
func (c *Common) MinExpires() (int, bool) { return c.seconds("Min-Expires") }

// RetryAfter returns the Retry-After field without its comment and parameters
// (RFC 3261 §20.33).
func (c *Common) RetryAfter() (time.Duration, bool) {
	value := c.Headers.Get("Retry-After")
	if i := strings.IndexAny(value, " \t;("); i >= 0 {
		value = value[:i]
	}
	n, ok := parseUint(value, maxSeconds)
	return time.Duration(n) * time.Second, ok
}

// maxSeconds is the largest delta-seconds (RFC 3261 §20.19).
const maxSeconds = 1<<32 - 1

// seconds reads a field of delta-seconds; parameters after it are let pass.
func (c *Common) seconds(name string) (int, bool) {
	value, _, _ := strings.Cut(c.Headers.Get(name), ";")
	n, ok := parseUint(trim(value), maxSeconds)
	return int(n), ok
}

// MaxForwards returns the Max-Forwards field; ok is false when it is absent or
// not in 0–255.
func (c *Common) MaxForwards() (int, bool) {
	n, ok := parseUint(c.Headers.Get("Max-Forwards"), 255)
	return int(n), ok
}

// ContentType returns the media type in lower case and its parameters.
func (c *Common) ContentType() (mediaType string, params Params) {
	return parseMediaType(c.Headers.Get("Content-Type"))
}

func parseMediaType(value string) (string, Params) {
	mediaType, params, _ := valueAndParams(value)
	kind, sub, ok := strings.Cut(mediaType, "/")
	if !ok {
		return strings.ToLower(mediaType), params
	}
	return strings.ToLower(trim(kind) + "/" + trim(sub)), params
}

// valueAndParams cuts "value *(;param)".
func valueAndParams(s string) (value string, params Params, ok bool) {
	i := strings.IndexByte(s, ';')
	if i < 0 {
		i = len(s)
	}
	value = trim(s[:i])
	var r room
	params, end, err := r.scanParams(s, i)
	return value, params, value != "" && err == nil && end == len(s)
}

// tokens returns the comma-separated values of all fields of that name.
func (c *Common) tokens(name string) []string {
	var list []string
	for _, value := range c.Headers.Values(name) {
		list = append(list, splitComma(value)...)
	}
	return list
}

func (c *Common) lowerTokens(name string) []string {
	list := c.tokens(name)
	for i := range list {
		list[i] = strings.ToLower(list[i])
	}
	return list
}

// Allow returns the methods of the Allow fields.
func (c *Common) Allow() []Method {
	var list []Method
	for _, token := range c.tokens("Allow") {
		list = append(list, Method(token))
	}
	return list
}

// Supported returns the option tags of the Supported fields in lower case.
func (c *Common) Supported() []string { return c.lowerTokens("Supported") }

// Require returns the option tags of the Require fields in lower case.
func (c *Common) Require() []string { return c.lowerTokens("Require") }

// Reason is one value of the Reason field (RFC 3326).
type Reason struct {
	Protocol string // lower case: "sip", "q.850"
	Cause    int    // 0 when absent
	Text     string
}

// String prints r as in a header field.
func (r Reason) String() string {
	var p Params
	if r.Cause != 0 {
		p = p.With("cause", strconv.Itoa(r.Cause))
	}
	if r.Text != "" {
		p = p.WithQuoted("text", r.Text)
	}
	protocol := r.Protocol
	if protocol == "sip" || protocol == "q.850" {
		protocol = strings.ToUpper(protocol)
	}
	return string(p.appendHeader([]byte(protocol)))
}

// Reasons returns the well-formed values of the Reason fields.
func (c *Common) Reasons() []Reason {
	var list []Reason
	for _, value := range c.tokens("Reason") {
		protocol, params, ok := valueAndParams(value)
		if !ok {
			continue
		}
		r := Reason{Protocol: strings.ToLower(protocol)}
		cause, _ := params.Get("cause")
		n, _ := parseUint(cause, 1<<31-1)
		r.Cause = int(n)
		r.Text, _ = params.Get("text")
		list = append(list, r)
	}
	return list
}

// SessionExpires returns the Session-Expires field (RFC 4028 §4): the interval
// in seconds and who refreshes, "uac", "uas" or "".
func (c *Common) SessionExpires() (seconds int, refresher string, ok bool) {
	value, params, ok := valueAndParams(c.Headers.Get("Session-Expires"))
	if !ok {
		return 0, "", false
	}
	n, ok := parseUint(value, maxSeconds)
	refresher, _ = params.Get("refresher")
	return int(n), strings.ToLower(refresher), ok
}

// MinSE returns the Min-SE field in seconds (RFC 4028 §5).
func (c *Common) MinSE() (int, bool) { return c.seconds("Min-SE") }

// Event returns the Event field (RFC 6665 §8.2.1), the package in lower case.
func (c *Common) Event() (pkg string, params Params, ok bool) {
	pkg, params, ok = valueAndParams(c.Headers.Get("Event"))
	return strings.ToLower(pkg), params, ok && isToken(pkg)
}

// SubscriptionState returns the Subscription-State field (RFC 6665 §8.2.3),
// the state in lower case.
func (c *Common) SubscriptionState() (state string, params Params, ok bool) {
	state, params, ok = valueAndParams(c.Headers.Get("Subscription-State"))
	return strings.ToLower(state), params, ok && isToken(state)
}
