package ua

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"webphone/phone/sip"
)

// TokenSource gives the token that proves the user in place of a password
// (RFC 8898; JsSIP's authorization_jwt). It is called from a job, may block
// until ctx ends, and is asked again when the token expires or a server
// refuses it. A token without a scheme is sent as a Bearer token; one with a
// scheme, such as "Token abc", as it is.
type TokenSource func(ctx context.Context) (string, error)

// StaticToken returns a source of one token that never changes.
func StaticToken(token string) TokenSource {
	return func(context.Context) (string, error) { return token, nil }
}

// tokenMargin is how long before its end a token is no longer used.
const tokenMargin = 10 * time.Second

var errNoToken = errors.New("the token source gave no token")

// tokenError reports that no token could be had.
type tokenError struct{ err error }

func (e *tokenError) Error() string { return "no token: " + e.err.Error() }

func (e *tokenError) Unwrap() error { return e.err }

// tokenCache keeps the token of a source and asks for another once at a time.
type tokenCache struct {
	source  TokenSource
	fetch   func(TokenSource, func(string, error)) // as a job
	value   string                                 // with its scheme; "" = none
	expires time.Time                              // zero = not known
	proxy   bool                                   // a proxy has asked for it
	waiting []func(string, error)
	number  int // of the source, counting those replaced
}

// replace takes another source, or nil for none. Who waits for the one before
// gets the token of the new one.
func (c *tokenCache) replace(source TokenSource) {
	c.source, c.value = source, ""
	c.number++
}

// get calls then with the token: at once if it is there, else once it came.
func (c *tokenCache) get(then func(string, error)) {
	if c.value != "" && (c.expires.IsZero() || time.Until(c.expires) > tokenMargin) {
		then(c.value, nil)
		return
	}
	c.waiting = append(c.waiting, then)
	if len(c.waiting) == 1 {
		c.ask()
	}
}

func (c *tokenCache) ask() {
	number := c.number
	c.fetch(c.source, func(token string, err error) {
		if number != c.number && c.source != nil {
			c.ask()
			return
		}
		c.fetched(token, err)
	})
}

func (c *tokenCache) fetched(token string, err error) {
	token = strings.TrimSpace(token)
	if err == nil && (token == "" || strings.ContainsAny(token, "\r\n")) {
		err = errNoToken
	}
	waiting := c.waiting
	c.waiting, c.value = nil, ""
	if err != nil {
		err = &tokenError{err}
	} else {
		c.expires = tokenExpiry(token)
		c.value = token
		if !strings.Contains(token, " ") {
			c.value = "Bearer " + token
		}
	}
	value := c.value
	for _, then := range waiting {
		then(value, err)
	}
}

// refused drops the token that a server did not take, unless another one came
// meanwhile.
func (c *tokenCache) refused(value string, res *sip.Response) {
	if c.value == value {
		c.value = ""
	}
	for _, challenge := range res.Headers.Values("Proxy-Authenticate") {
		if scheme, _, _ := strings.Cut(challenge, " "); strings.EqualFold(scheme, "Bearer") { // RFC 8898 §2.2
			c.proxy = true
		}
	}
}

// tokenExpiry reads the end of a JSON Web Token's life (RFC 7519 §4.1.4); zero
// if it is none or has no end.
func tokenExpiry(token string) time.Time {
	parts := strings.Split(token[strings.LastIndexByte(token, ' ')+1:], ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return time.Time{}
	}
	var claims struct {
		Expires float64 `json:"exp"`
	}
	if json.Unmarshal(payload, &claims) != nil || claims.Expires <= 0 || claims.Expires > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(claims.Expires), 0)
}
