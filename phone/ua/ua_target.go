package ua

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"webphone/phone/sip"
)

// TelPolicy says what becomes of a tel URI (RFC 3966) that is called.
type TelPolicy int

// The policies.
const (
	// TelToSIP makes a SIP URI at our own domain of it (RFC 3261 §19.1.6).
	TelToSIP TelPolicy = iota
	// TelKept leaves it as the Request-URI, for a server that routes it.
	TelKept
)

// String returns "to SIP" or "kept".
func (p TelPolicy) String() string {
	switch p {
	case TelToSIP:
		return "to SIP"
	case TelKept:
		return "kept"
	}
	return "unknown"
}

// ErrInsecure is returned for a sips target while the connection is not
// secured (RFC 5630 §3.1.3).
var ErrInsecure = errors.New("ua: a sips address needs a secure connection")

var errTel = errors.New("neither a global number nor one with a phone-context (RFC 3966 §5.1)")

// NormalizeTarget makes the URI of what a user typed, as every request to it
// does; see sip.NormalizeTarget.
func (u *UA) NormalizeTarget(text string) (sip.URI, error) {
	domain := u.config.URI.Host
	if port := u.config.URI.Port; port != 0 {
		domain += ":" + strconv.Itoa(port)
	}
	scheme, rest, _ := strings.Cut(strings.TrimSpace(text), ":")
	if strings.EqualFold(scheme, "tel") && (u.config.Tel == TelKept || strings.Contains(rest, ";")) {
		return telTarget(rest, domain, u.config.Tel)
	}
	uri, err := sip.NormalizeTarget(text, domain)
	if err != nil {
		return sip.URI{}, err
	}
	uri.Headers = nil // not allowed in a Request-URI (RFC 3261 §19.1.1)
	bare := !strings.EqualFold(scheme, "sip") && !strings.EqualFold(scheme, "tel")
	if strings.EqualFold(scheme, "sips") || bare && u.config.URI.Scheme == "sips" {
		uri.Scheme = "sips"
	}
	return uri, nil
}

// target is NormalizeTarget for a request that can be sent.
func (u *UA) target(text string) (sip.URI, error) {
	if u.state >= uaStopping {
		return sip.URI{}, ErrStopped
	}
	uri, err := u.NormalizeTarget(text)
	if err == nil && uri.Scheme == "sips" && u.config.Transport.Via() != "WSS" {
		return sip.URI{}, ErrInsecure
	}
	return uri, err
}

// telTarget reads what follows "tel:" (RFC 3966 §3).
func telTarget(text, domain string, policy TelPolicy) (sip.URI, error) {
	subscriber, err := telSubscriber(text)
	if err != nil {
		return sip.URI{}, &sip.SyntaxError{What: "tel URI", Text: text, Err: err}
	}
	if policy == TelKept {
		return sip.ParseURI("tel:" + subscriber)
	}
	// §19.1.6: the telephone-subscriber becomes the user part.
	return sip.ParseURI("sip:" + subscriber + "@" + domain + ";user=phone")
}

// telSubscriber puts a telephone-subscriber into the form that RFC 3261
// §19.1.6 has them compared in: no visual separators, lower case, isub and
// ext, then phone-context, then the others in order.
func telSubscriber(text string) (string, error) {
	parts := strings.Split(strings.ToLower(strings.TrimSpace(text)), ";")
	number := strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.()", r) {
			return -1
		}
		return r
	}, parts[0])
	digits, global := strings.CutPrefix(number, "+")
	legal := "0123456789abcdef*#"
	if global {
		legal = "0123456789"
	}
	params := parts[1:]
	context := slices.ContainsFunc(params, func(p string) bool { return strings.HasPrefix(p, "phone-context=") })
	if digits == "" || strings.Trim(digits, legal) != "" || !global && !context {
		return "", errTel
	}
	rank := func(p string) int {
		switch name, _, _ := strings.Cut(p, "="); name {
		case "isub", "ext":
			return 0
		case "phone-context":
			return 1
		}
		return 2
	}
	slices.SortStableFunc(params, func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	// "#" is for a local number only, and must be escaped in a URI.
	return strings.Join(append([]string{strings.ReplaceAll(number, "#", "%23")}, params...), ";"), nil
}
