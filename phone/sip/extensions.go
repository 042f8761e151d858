package sip

import "strings"

// AssertedIdentity returns the well-formed addresses of P-Asserted-Identity
// (RFC 3325 §9.1): who the server says the peer is. Only a server that is
// trusted may be believed.
func (c *Common) AssertedIdentity() []NameAddr { return c.wellFormed("P-Asserted-Identity") }

// PreferredIdentity returns the well-formed addresses of P-Preferred-Identity
// (RFC 3325 §9.2): who the caller wants to be to the server.
func (c *Common) PreferredIdentity() []NameAddr { return c.wellFormed("P-Preferred-Identity") }

// wellFormed returns the addresses of the lines that can be read.
func (c *Common) wellFormed(name string) []NameAddr {
	var list []NameAddr
	for _, value := range c.tokens(name) {
		if one, err := ParseNameAddr(value); err == nil {
			list = append(list, one)
		}
	}
	return list
}

// Privacy returns the values of the Privacy field in lower case (RFC 3323
// §4.2), such as "id", "header", "critical" and "none".
func (c *Common) Privacy() []string {
	var list []string
	for _, value := range c.lowerTokens("Privacy") {
		for one := range strings.SplitSeq(value, ";") {
			if one = trim(one); one != "" {
				list = append(list, one)
			}
		}
	}
	return list
}

// Path returns the Path entries in the order of the message (RFC 3327).
func (c *Common) Path() ([]NameAddr, error) { return c.addresses("Path") }

// ServiceRoute returns the Service-Route entries in the order of the message
// (RFC 3608), which is that of the Route fields to be made of them.
func (c *Common) ServiceRoute() ([]NameAddr, error) { return c.addresses("Service-Route") }

// FlowTimer returns the Flow-Timer field in seconds (RFC 5626 §4.4): the
// server takes the flow for dead when it is silent for so long.
func (c *Common) FlowTimer() (seconds int, ok bool) { return c.seconds("Flow-Timer") }

// RSeq returns the RSeq field, not 0, of a reliable provisional response (RFC
// 3262 §7.1).
func (c *Common) RSeq() (rseq uint32, ok bool) {
	n, ok := parseUint(c.Headers.Get("RSeq"), 1<<32-1)
	return uint32(n), ok && n > 0
}

// RAck returns the RAck field of a PRACK: the RSeq, and the CSeq of the
// response that it acknowledges (RFC 3262 §7.2).
func (c *Common) RAck() (rseq, cseq uint32, method Method, ok bool) {
	value := c.Headers.Get("RAck")
	space := max(strings.IndexAny(value, " \t"), 0)
	n, ok := parseUint(value[:space], 1<<32-1)
	second, ok2 := parseCSeq(trim(value[space:]))
	if !ok || !ok2 || n == 0 {
		return 0, 0, "", false
	}
	return uint32(n), second.Seq, second.Method, true
}

// SIPETag returns the SIP-ETag field (RFC 3903 §11.3.1), "" when it is absent
// or malformed.
func (c *Common) SIPETag() string { return c.token("SIP-ETag") }

// SIPIfMatch returns the SIP-If-Match field (RFC 3903 §11.3.2), "" when it is
// absent or malformed.
func (c *Common) SIPIfMatch() string { return c.token("SIP-If-Match") }

func (c *Common) token(name string) string {
	if value := c.Headers.Get(name); isToken(value) {
		return value
	}
	return ""
}

// Unsupported returns the option tags of the Unsupported fields in lower case,
// for which a request was refused with 420 (RFC 3261 §20.40).
func (c *Common) Unsupported() []string { return c.lowerTokens("Unsupported") }

// AllowEvents returns the event packages of the Allow-Events fields in lower
// case (RFC 6665 §8.2.2).
func (c *Common) AllowEvents() []string { return c.lowerTokens("Allow-Events") }

// Accept returns the media types of the Accept fields in lower case, without
// parameters; ok is false when there is no such field, true with an empty list
// when it says that no body is wanted (RFC 3261 §20.1).
func (c *Common) Accept() (types []string, ok bool) {
	for _, value := range c.tokens("Accept") {
		mediaType, _ := parseMediaType(value)
		types = append(types, mediaType)
	}
	return types, c.Headers.Has("Accept")
}

// RecvInfo returns the Info Packages that the peer takes, in lower case; ok
// is false when it says nothing about it (RFC 6086 §4.2.4, §9.2).
func (c *Common) RecvInfo() (packages []string, ok bool) {
	for _, value := range c.lowerTokens("Recv-Info") {
		if name, _, ok := valueAndParams(value); ok && name != "nil" {
			packages = append(packages, name)
		}
	}
	return packages, c.Headers.Has("Recv-Info")
}

// InfoPackage returns the Info-Package field of an INFO in lower case (RFC
// 6086 §9.2).
func (c *Common) InfoPackage() (name string, params Params, ok bool) {
	name, params, ok = valueAndParams(c.Headers.Get("Info-Package"))
	return strings.ToLower(name), params, ok && isToken(name)
}

// ContentDisposition returns the Content-Disposition field, the type in lower
// case; "" when it is absent (RFC 3261 §20.11).
func (c *Common) ContentDisposition() (disposition string, params Params) {
	disposition, params, _ = valueAndParams(c.Headers.Get("Content-Disposition"))
	return strings.ToLower(disposition), params
}

// NextNonce returns the nonces that Authentication-Info and
// Proxy-Authentication-Info give for the next request, "" when there is none
// (RFC 7616 §3.5, RFC 7615 §4).
func (c *Common) NextNonce() (server, proxy string) {
	return c.nextNonce("Authentication-Info"), c.nextNonce("Proxy-Authentication-Info")
}

func (c *Common) nextNonce(name string) string {
	value := c.Headers.Get(name)
	if value == "" {
		return ""
	}
	p, err := scanAuth("Digest " + value)
	if err != nil {
		return ""
	}
	nonce, _ := p.Get("nextnonce")
	return nonce
}
