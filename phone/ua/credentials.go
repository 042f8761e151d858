package ua

import (
	"webphone/phone/sip"
)

// credentialStore holds what proves the user. It is never erased, so that any
// number of realms, challenges and requests can be answered from it.
type credentialStore struct {
	credentials sip.Credentials
}

// realm is a protection space: origin servers and proxies are apart even when
// they use one name.
type realm struct {
	name  string
	proxy bool
}

// authorizer answers the challenges to one request and its repetitions.
type authorizer struct {
	store *credentialStore
	// given holds the answers, one for each realm that has asked.
	given []*given
}

type given struct {
	realm     realm
	challenge sip.Challenge
	count     uint32
	stale     int // challenges answered because the nonce had aged
}

// maxStale limits how often one realm may call a fresh nonce stale.
const maxStale = 2

// learn takes in the challenges of a 401 or 407 and reports whether a
// repetition has a chance: at least one challenge is new, or its nonce was
// stale, and can be answered (RFC 3261 §22.2, §22.3). Either response may
// carry challenges of servers and of proxies (§16.7, step 7). Of several for
// one realm the strongest that can be answered counts (RFC 8760 §2.4).
func (a *authorizer) learn(res *sip.Response) bool {
	chosen := map[realm]bool{}
	progress := false
	for _, c := range res.Challenges() {
		key := realm{c.Realm, c.Proxy}
		if chosen[key] {
			continue
		}
		if _, err := c.Authorize(a.store.credentials, res.CSeq.Method, "sip:x.invalid", nil, "", 1); err != nil {
			continue
		}
		chosen[key] = true
		g := a.find(key)
		switch {
		case g == nil:
			g = &given{realm: key}
			a.given = append(a.given, g)
		case c.Stale && g.stale < maxStale && c.Nonce != g.challenge.Nonce:
			g.stale++
		default:
			continue
		}
		progress = true
		g.challenge, g.count = c, 0
	}
	return progress
}

func (a *authorizer) find(key realm) *given {
	for _, g := range a.given {
		if g.realm == key {
			return g
		}
	}
	return nil
}

// authorize replaces the credentials in r by answers for every realm that has
// asked so far.
func (a *authorizer) authorize(r *sip.Request) {
	r.Headers.Del("Authorization")
	r.Headers.Del("Proxy-Authorization")
	for _, g := range a.given {
		g.count++
		value, err := g.challenge.Authorize(a.store.credentials, r.Method, r.RequestURI.String(), r.Body, "", g.count)
		if err != nil {
			continue // learn has tried it
		}
		name := "Authorization"
		if g.realm.proxy {
			name = "Proxy-Authorization"
		}
		r.Headers.Add(name, value)
	}
}
