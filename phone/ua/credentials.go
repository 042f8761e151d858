package ua

import (
	"strings"
	"time"

	"webphone/phone/sip"
)

// Limits of digest authentication.
const (
	// maxStale limits how often one realm may call a fresh nonce stale.
	maxStale = 2
	// maxRounds limits how often one request is repeated with answers.
	maxRounds = 8
	// maxSpaces limits how many protection spaces are remembered.
	maxSpaces = 32
	// maxWasted is after how many refusals in a row of a young nonce we no
	// longer use one twice: the server wants a new one each time.
	maxWasted = 3
	// nonceYouth is the age below which a nonce should not be refused.
	nonceYouth = time.Minute
)

// credentialStore holds what proves the user, and what challenges taught: the
// nonces with which the next request is answered before it is challenged
// (RFC 7616 §3.3, RFC 3261 §22). The credentials are never erased, so that any
// number of realms, challenges and requests can be answered from them.
type credentialStore struct {
	credentials sip.Credentials
	home        string // domain of the account, in lower case
	spaces      []*space
	token       tokenCache
	drawn       uint64 // nonces so far
	version     int    // counts the credentials, from 1
	proven      int    // the version that the registrar has accepted; 0 = none
}

// has reports whether there is anything to answer a Digest challenge with.
func (s *credentialStore) has() bool { return s.credentials.Password != "" || s.credentials.HA1 != "" }

// replace takes other credentials; what was learnt with the old ones is void.
func (s *credentialStore) replace(c sip.Credentials) {
	s.credentials, s.spaces = c, nil
	s.version++
}

// realm is a protection space: origin servers and proxies are apart even when
// they use one name.
type realm struct {
	name  string
	proxy bool
}

// space is a realm that has accepted our answer, and where it asks for one. An
// answer is worth guessing at, so it goes only to who asked before: an origin
// server's to requests to the same address, a proxy's to requests to the same
// domain, and that of a proxy that guards our own domain everywhere.
type space struct {
	realm
	scope      string
	everywhere bool
	nonce      *nonce
	wasted     int // answers in advance that were refused, in a row
}

// nonce is one challenge with the count of its uses (RFC 7616 §3.4). All
// requests that use it share it.
type nonce struct {
	challenge sip.Challenge
	cnonce    string // one for all uses: the -sess algorithms hash it (§3.4.2)
	count     uint32
	number    uint64 // a later one supersedes it
	born      time.Time
}

func (s *credentialStore) newNonce(c sip.Challenge) *nonce {
	s.drawn++
	return &nonce{challenge: c, cnonce: sip.NewToken(16), number: s.drawn, born: time.Now()}
}

// scopeOf is where in the world a challenge to r is asked: at the address that
// is called now, which a redirection changes, and in a dialog at that which was.
func scopeOf(r *sip.Request, proxy bool) string {
	to := r.RequestURI
	if r.To.Tag() != "" || r.Method == sip.REGISTER {
		to = r.To.URI
	}
	switch {
	case proxy:
		return strings.ToLower(to.Host)
	case r.Method == sip.REGISTER:
		return "REGISTER " + r.RequestURI.String()
	}
	return to.AOR().String()
}

// remember keeps a nonce that was accepted with r.
func (s *credentialStore) remember(r *sip.Request, g *given) {
	scope := scopeOf(r, g.realm.proxy)
	for _, one := range s.spaces {
		if one.realm == g.realm && (one.scope == scope || one.everywhere) {
			if one.nonce == g.nonce && g.inAdvance {
				one.wasted = 0
			}
			if one.nonce.number < g.nonce.number {
				one.nonce = g.nonce
			}
			return
		}
	}
	if len(s.spaces) == maxSpaces {
		s.spaces = s.spaces[1:]
	}
	s.spaces = append(s.spaces, &space{
		realm: g.realm, scope: scope, nonce: g.nonce, everywhere: g.realm.proxy && scope == s.home,
	})
}

// refused notes that an answer in advance was challenged again.
func (s *credentialStore) refused(g *given) {
	for _, one := range s.spaces {
		if one.nonce == g.nonce && time.Since(g.nonce.born) < nonceYouth {
			one.wasted++
		}
	}
}

// forget drops a realm that did not accept our answer.
func (s *credentialStore) forget(r realm) {
	kept := s.spaces[:0:0]
	for _, one := range s.spaces {
		if one.realm != r {
			kept = append(kept, one)
		}
	}
	s.spaces = kept
}

// inAdvance returns what r is answered with before anybody asks.
func (s *credentialStore) inAdvance(r *sip.Request) []*given {
	var list []*given
	for _, one := range s.spaces {
		if one.wasted < maxWasted && (one.everywhere || one.scope == scopeOf(r, one.proxy)) {
			list = append(list, &given{realm: one.realm, nonce: one.nonce, inAdvance: true})
		}
	}
	return list
}

// authorizer answers the challenges to one request and its repetitions.
type authorizer struct {
	store *credentialStore
	// given holds the answers, one for each realm that has asked.
	given  []*given
	rounds int    // of challenges that were answered
	token  string // sent with the request; "" for none
}

type given struct {
	realm     realm
	nonce     *nonce
	inAdvance bool // the request was not challenged by the realm yet
	stale     int  // challenges answered because the nonce had aged
}

// learn takes in the challenges of a 401 or 407 and reports whether a
// repetition has a chance: at least one challenge is new, or its nonce was
// stale, and can be answered (RFC 3261 §22.2, §22.3). Either response may
// carry challenges of servers and of proxies (§16.7, step 7). Of several for
// one realm the strongest that can be answered counts (RFC 8760 §2.4).
func (a *authorizer) learn(res *sip.Response) bool {
	if !a.store.has() || a.rounds >= maxRounds {
		return false
	}
	a.rounds++
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
		case g.inAdvance:
			a.store.refused(g)
			g.inAdvance = false
		case c.Stale && g.stale < maxStale && c.Nonce != g.nonce.challenge.Nonce:
			g.stale++
		default:
			a.store.forget(key)
			continue
		}
		progress = true
		g.nonce = a.store.newNonce(c)
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

// begin prepares the first sending of r: with answers to challenges that are
// sure to come.
func (a *authorizer) begin(r *sip.Request) {
	if len(a.store.spaces) > 0 {
		a.given = a.store.inAdvance(r)
	}
}

// authorize replaces the credentials in r by answers for every realm that has
// asked so far.
func (a *authorizer) authorize(r *sip.Request) {
	if len(a.given) == 0 && a.token == "" {
		return
	}
	r.Headers.Del("Authorization")
	r.Headers.Del("Proxy-Authorization")
	if a.token != "" {
		r.Headers.Add("Authorization", a.token)
		if a.store.token.proxy {
			r.Headers.Add("Proxy-Authorization", a.token)
		}
	}
	for _, g := range a.given {
		g.nonce.count++
		value, err := g.nonce.challenge.Authorize(a.store.credentials, r.Method, r.RequestURI.String(), r.Body, g.nonce.cnonce, g.nonce.count)
		if err != nil {
			continue // learn has tried it, with the credentials of that time
		}
		name := "Authorization"
		if g.realm.proxy {
			name = "Proxy-Authorization"
		}
		r.Headers.Add(name, value)
	}
}

// accepted takes in a response that is no challenge: the answers in r were
// good, and the server may have given the next nonce (RFC 7616 §3.5).
func (a *authorizer) accepted(r *sip.Request, res *sip.Response) {
	if res.StatusCode == 100 || res.StatusCode == 401 || res.StatusCode == 407 {
		return
	}
	if len(a.given) == 0 {
		return
	}
	server, proxy := res.NextNonce()
	for _, g := range a.given {
		next := server
		if g.realm.proxy {
			next = proxy
		}
		if next != "" && next != g.nonce.challenge.Nonce {
			c := g.nonce.challenge
			c.Nonce = next
			g.nonce = a.store.newNonce(c)
		}
		a.store.remember(r, g)
	}
}
