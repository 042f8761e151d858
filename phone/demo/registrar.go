package demo

import (
	"strconv"
	"time"

	"webphone/phone/sip"
)

// defaultExpires is granted to a REGISTER that asks for no interval, maxExpires
// to one that asks for more.
const (
	defaultExpires = 600 * time.Second
	maxExpires     = 3600 * time.Second
)

// register answers a REGISTER, step by step as RFC 3261 §10.3.
func (s *Server) register(c *connection, r *sip.Request) {
	user, refusal := s.authenticate(r, s.registrarScheme())
	if refusal != nil {
		c.send(refusal)
		return
	}
	switch to := r.To.URI; {
	case !s.isHere(to):
		c.send(s.response(r, 404, ""))
		return
	case to.UserUnescaped() != user:
		c.send(s.response(r, 403, ""))
		return
	}
	contacts, star, err := r.Contacts()
	if err != nil {
		c.send(s.response(r, 400, "Bad Contact header field"))
		return
	}
	if star {
		delete(s.location.bindings, user)
	}
	changes := make([]*binding, 0, len(contacts))
	for _, contact := range contacts {
		b := &binding{user: user, contact: contact, via: c, callID: r.CallID, cseq: r.CSeq.Seq}
		interval := interval(r, contact)
		if interval > 0 && interval < s.options.MinExpires {
			res := s.response(r, 423, "")
			res.Headers.Add("Min-Expires", seconds(s.options.MinExpires))
			c.send(res)
			return
		}
		if old := s.location.find(b); old != nil && old.callID == b.callID && b.cseq <= old.cseq {
			c.send(s.response(r, 500, "Out of order"))
			return
		}
		b.until = time.Now().Add(min(interval, maxExpires))
		changes = append(changes, b)
	}
	for _, b := range changes {
		if time.Until(b.until) > 0 {
			s.location.put(b)
		} else {
			s.location.remove(b)
		}
	}
	res := s.response(r, 200, "")
	for _, b := range s.location.of(user) {
		contact := b.contact
		left := time.Until(b.until).Round(time.Second)
		contact.Params = contact.Params.With("expires", seconds(max(left, time.Second)))
		res.Headers.Add("Contact", contact.String())
	}
	c.send(res)
}

// interval is what a contact asks for; 0 removes it.
func interval(r *sip.Request, contact sip.NameAddr) time.Duration {
	if value, ok := contact.Params.Get("expires"); ok {
		if n, err := strconv.ParseUint(value, 10, 32); err == nil {
			return time.Duration(n) * time.Second
		}
		return maxExpires // RFC 3261 §20.10: malformed means 3600
	}
	if n, ok := r.Expires(); ok {
		return time.Duration(n) * time.Second
	}
	return defaultExpires
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// isHere reports whether u is an address of this server's domain.
func (s *Server) isHere(u sip.URI) bool {
	return u.IsSIP() && (u.Host == s.options.Domain && u.Port == 0 || s.isSelf(u))
}

// isSelf reports whether u names the server itself, as its Record-Route does.
func (s *Server) isSelf(u sip.URI) bool {
	return u.Host == s.self.Host && u.Port == s.self.Port
}
