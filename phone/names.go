package phone

import (
	"cmp"
	"strings"
	"unicode"

	"webphone/phone/sip"
)

// mostNames is how many addresses are remembered with the contact they belong
// to: those of the history and of the conversations, and as many again.
const mostNames = 2048

// nameOf returns the name of the contact that peer belongs to, else said.
func (p *Phone) nameOf(peer, said string) string {
	return cmp.Or(p.contactName(peer), said)
}

// contactName is the name of the contact that peer belongs to, "" for none.
// Every snapshot asks for the whole history: the answer is kept until the
// contacts change.
func (p *Phone) contactName(peer string) string {
	name, known := p.state.names[peer]
	if known {
		return name
	}
	c, ok := ContactOf(p.state.contacts, peer)
	if d := p.state.demo; d != nil && !ok {
		c, _ = ContactOf(d.contacts, peer)
	}
	if p.state.names == nil || len(p.state.names) >= mostNames {
		p.state.names = map[string]string{}
	}
	p.state.names[peer] = c.Name
	return c.Name
}

// heardName is what peer was called by when it called last; "" if unknown.
func (p *Phone) heardName(peer string) string {
	for _, h := range p.state.history {
		if h.Peer == peer && h.Direction == Incoming && h.DisplayName != "" {
			return h.DisplayName
		}
	}
	return ""
}

// ContactOf finds the contact with the address peer: the same SIP address, in
// which either may leave the domain out, or a number whose last nine digits (or
// all of them, but at least seven) are the same, since a country or trunk
// prefix may stand before them.
func ContactOf(contacts []Contact, peer string) (Contact, bool) {
	for _, c := range contacts {
		for _, a := range c.Addresses {
			if sameAddress(a, peer) {
				return c, true
			}
		}
	}
	return Contact{}, false
}

func sameAddress(a, b string) bool {
	a, b = bareAddress(a), bareAddress(b)
	if a == "" || b == "" {
		return false
	}
	if strings.EqualFold(a, b) {
		return true
	}
	userA, hostA, _ := strings.Cut(a, "@")
	userB, hostB, _ := strings.Cut(b, "@")
	numberA, numberB := digits(userA), digits(userB)
	if numberA == "" || numberB == "" {
		return (hostA == "" || hostB == "") && strings.EqualFold(userA, userB)
	}
	const significant, least = 9, 7
	n := min(len(numberA), len(numberB), significant)
	if n < least {
		return numberA == numberB && (hostA == "" || hostB == "")
	}
	return numberA[len(numberA)-n:] == numberB[len(numberB)-n:]
}

// bareAddress strips the scheme, parameters and headers from an address.
func bareAddress(s string) string {
	s = strings.TrimSpace(s)
	for _, scheme := range []string{"sip:", "sips:", "tel:"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			s = s[len(scheme):]
			break
		}
	}
	if i := strings.IndexAny(s, ";?"); i >= 0 {
		s = s[:i]
	}
	return s
}

// digits returns the digits of a number written as people do, or "" if s is
// no number.
func digits(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.IsSpace(r) || strings.ContainsRune("+-.()/", r):
		default:
			return ""
		}
	}
	return b.String()
}

// peerOf is the form in which an address names a thread or a past call:
// scheme, user and host alone.
func peerOf(u sip.URI) string { return u.AOR().String() }
