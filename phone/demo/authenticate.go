package demo

import (
	"time"

	"webphone/phone/sip"
)

// nonce is a nonce that was given out.
type nonce struct {
	until time.Time
	count uint32 // the highest nc seen (RFC 7616 §3.3)
}

// maxNonces is when those too old are looked for.
const maxNonces = 1000

func (s *Server) newNonce() string {
	now := time.Now()
	if len(s.nonces) >= maxNonces {
		for name, n := range s.nonces {
			if now.After(n.until) {
				delete(s.nonces, name)
			}
		}
	}
	name := sip.NewToken(32)
	s.nonces[name] = &nonce{until: now.Add(s.options.NonceLife)}
	return name
}

// scheme is where challenges and credentials stand.
type scheme struct {
	status                   int
	challenge, authorization string
	realm                    string
}

func (s *Server) registrarScheme() scheme {
	return scheme{401, "WWW-Authenticate", "Authorization", s.options.Domain}
}

func (s *Server) proxyScheme() scheme {
	return scheme{407, "Proxy-Authenticate", "Proxy-Authorization", s.options.ProxyRealm}
}

// authenticate finds out whose credentials a request bears. Otherwise it
// returns the answer: a challenge.
func (s *Server) authenticate(r *sip.Request, sc scheme) (user string, refusal *sip.Response) {
	stale := false
	for _, value := range r.Headers.Values(sc.authorization) {
		a, err := sip.ParseAuthorization(value)
		if err != nil || a.Realm != sc.realm || a.URI != r.RequestURI.String() {
			continue
		}
		account, ok := s.accounts[a.Username]
		if !ok || a.QOP == "" || !a.Verify(account.Password, r.Method, r.Body) {
			continue
		}
		n := s.nonces[a.Nonce]
		if n == nil || time.Now().After(n.until) || a.NC <= n.count {
			stale = true // the password was right
			continue
		}
		n.count = a.NC
		return a.Username, nil
	}
	refusal = s.response(r, sc.status, "")
	fresh := s.newNonce()
	for _, algorithm := range s.options.Algorithms {
		c := sip.Challenge{Realm: sc.realm, Nonce: fresh, Algorithm: algorithm, QOP: []string{"auth"}, Stale: stale}
		refusal.Headers.Add(sc.challenge, c.String())
	}
	return "", refusal
}

// response makes an answer of the server itself. Its To tag begins with the
// server's own, by which the ACK is known again.
func (s *Server) response(r *sip.Request, status int, reason string) *sip.Response {
	res := sip.NewResponse(r, status, reason, s.tag+sip.NewTag())
	res.Headers.Del("Record-Route")
	res.Headers.Set("Server", ServerName)
	return res
}
