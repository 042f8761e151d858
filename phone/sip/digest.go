package sip

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// Challenge is one WWW-Authenticate or Proxy-Authenticate value of the Digest
// scheme (RFC 7616 §3.3, RFC 8760).
type Challenge struct {
	Realm, Nonce, Opaque string
	Algorithm            string   // as written; "" means MD5
	QOP                  []string // in lower case, in their order; nil before RFC 2617
	Stale                bool     // the nonce is too old, the credentials are not known to be wrong
	Userhash             bool     // the user name is wanted hashed
	Domain               string
	Proxy                bool // from Proxy-Authenticate: answered by Proxy-Authorization
}

// Credentials are what a user proves. HA1, the hash of user, realm and
// password in hexadecimal, serves in place of Password for HA1Realm alone and
// for the algorithms of its length. Printing and logging hide the secrets.
type Credentials struct{ Username, Password, HA1, HA1Realm string }

// String hides the secrets.
func (c Credentials) String() string { return fmt.Sprintf("{%s ***}", c.Username) }

// GoString hides the secrets.
func (c Credentials) GoString() string {
	return fmt.Sprintf("sip.Credentials{Username:%q}", c.Username)
}

// LogValue hides the secrets.
func (c Credentials) LogValue() slog.Value {
	return slog.GroupValue(slog.String("username", c.Username))
}

// algorithm is a digest algorithm of RFC 7616 §6.1 or RFC 8760 §2.1.
type algorithm struct {
	name     string
	session  bool
	strength int
	hex      int // length of the hash in hexadecimal
	sum      func(string) string
}

func sumMD5(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) }

func sumSHA256(s string) string { h := sha256.Sum256([]byte(s)); return hex.EncodeToString(h[:]) }

func sumSHA512(s string) string { h := sha512.Sum512_256([]byte(s)); return hex.EncodeToString(h[:]) }

var algorithms = [...]algorithm{
	{"MD5", false, 1, 32, sumMD5},
	{"MD5-sess", true, 1, 32, sumMD5},
	{"SHA-256", false, 2, 64, sumSHA256},
	{"SHA-256-sess", true, 2, 64, sumSHA256},
	{"SHA-512-256", false, 3, 64, sumSHA512},
	{"SHA-512-256-sess", true, 3, 64, sumSHA512},
}

func findAlgorithm(name string) (algorithm, bool) {
	if name == "" {
		return algorithms[0], true
	}
	for _, a := range algorithms {
		if strings.EqualFold(a.name, name) {
			return a, true
		}
	}
	return algorithm{}, false
}

// a1 returns H(A1) from H(user:realm:password) (RFC 7616 §3.4.2).
func (a algorithm) a1(ha1, nonce, cnonce string) string {
	if a.session {
		return a.sum(ha1 + ":" + nonce + ":" + cnonce)
	}
	return ha1
}

// response returns the request-digest (RFC 7616 §3.4.1). An empty qop is RFC
// 2069's form.
func (a algorithm) response(ha1 string, x Authorization, m Method, body []byte) string {
	a2 := string(m) + ":" + x.URI
	if x.QOP == "auth-int" {
		a2 += ":" + a.sum(string(body))
	}
	ha1, ha2 := a.a1(ha1, x.Nonce, x.Cnonce), a.sum(a2)
	if x.QOP == "" {
		return a.sum(ha1 + ":" + x.Nonce + ":" + ha2)
	}
	return a.sum(fmt.Sprintf("%s:%s:%08x:%s:%s:%s", ha1, x.Nonce, x.NC, x.Cnonce, x.QOP, ha2))
}

// What makes a challenge unanswerable.
var (
	ErrAlgorithm = errors.New("sip: digest algorithm not supported")
	ErrQOP       = errors.New("sip: digest quality of protection not supported")
	ErrHA1       = errors.New("sip: no password, and HA1 is for another realm or algorithm")
)

// Authorize answers c: it returns the value of the Authorization or
// Proxy-Authorization field of a request with that method, Request-URI and
// body. An empty cnonce is chosen at random; nc counts the requests made with
// this nonce, from 1. Of several qop values auth-int is taken.
func (c Challenge) Authorize(cr Credentials, m Method, uri string, body []byte, cnonce string, nc uint32) (headerValue string, err error) {
	a, ok := findAlgorithm(c.Algorithm)
	if !ok {
		return "", fmt.Errorf("%w: %s", ErrAlgorithm, c.Algorithm)
	}
	x := Authorization{Username: cr.Username, Realm: c.Realm, Nonce: c.Nonce, URI: uri, Opaque: c.Opaque, Algorithm: a.name}
	if x.QOP, ok = c.chooseQOP(); !ok {
		return "", fmt.Errorf("%w: %s", ErrQOP, strings.Join(c.QOP, ","))
	}
	ha1, ok := cr.ha1(a, c.Realm)
	if !ok {
		return "", ErrHA1
	}
	if x.QOP != "" || a.session {
		if x.Cnonce = cnonce; cnonce == "" {
			x.Cnonce = NewToken(16)
		}
		x.NC = max(nc, 1)
	}
	x.Response = a.response(ha1, x, m, body)
	if c.Userhash {
		x.Username = a.sum(cr.Username + ":" + c.Realm) // RFC 7616 §3.4.4
	}
	return x.header(c.Userhash), nil
}

func (cr Credentials) ha1(a algorithm, realm string) (string, bool) {
	if cr.HA1 != "" && cr.HA1Realm == realm && len(cr.HA1) == a.hex {
		return strings.ToLower(cr.HA1), true
	}
	if cr.Password == "" && cr.HA1 != "" {
		return "", false
	}
	return a.sum(cr.Username + ":" + realm + ":" + cr.Password), true
}

func (c Challenge) chooseQOP() (string, bool) {
	if len(c.QOP) == 0 {
		return "", true
	}
	for _, want := range []string{"auth-int", "auth"} {
		if slices.Contains(c.QOP, want) {
			return want, true
		}
	}
	return "", false
}

// maxChallenges limits what one response can make us compute.
const maxChallenges = 20

// Challenges returns the Digest challenges of the WWW-Authenticate and
// Proxy-Authenticate fields that can be answered, 20 at most: malformed ones
// and unknown algorithms are left out. Those of one realm stand together, strongest
// algorithm first, the realms in the order of the message.
func (c *Common) Challenges() []Challenge {
	var list []Challenge
	realms := map[string]int{}
	for _, h := range c.Headers {
		proxy := h.Name == "Proxy-Authenticate"
		if !proxy && h.Name != "WWW-Authenticate" {
			continue
		}
		for _, value := range splitChallenges(h.Value) {
			if len(list) == maxChallenges {
				break
			}
			one, err := ParseChallenge(value)
			if err != nil {
				continue
			}
			if _, ok := findAlgorithm(one.Algorithm); !ok {
				continue
			}
			if _, ok := one.chooseQOP(); !ok {
				continue
			}
			one.Proxy = proxy
			if _, ok := realms[one.place()]; !ok {
				realms[one.place()] = len(realms)
			}
			list = append(list, one)
		}
	}
	slices.SortStableFunc(list, func(a, b Challenge) int {
		if d := realms[a.place()] - realms[b.place()]; d != 0 {
			return d
		}
		x, _ := findAlgorithm(a.Algorithm)
		y, _ := findAlgorithm(b.Algorithm)
		return y.strength - x.strength
	})
	return list
}

// place tells apart what needs an answer of its own.
func (c Challenge) place() string {
	if c.Proxy {
		return "proxy " + c.Realm
	}
	return "server " + c.Realm
}
