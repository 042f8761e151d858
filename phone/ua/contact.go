package ua

import (
	"strings"

	"webphone/phone/sip"
)

// contact is where the agent can be reached: its own URI, and the GRUUs that
// the registrar gave for it (RFC 5627).
type contact struct {
	uri, pubGRUU, tempGRUU sip.URI
	// earlier are temporary GRUUs given before; they reach us as long as we
	// are registered (RFC 5627 §3.1).
	earlier []sip.URI
}

// maxEarlier limits how many of them are remembered.
const maxEarlier = 16

// learn takes the GRUUs of a registration; "" is none.
func (c *contact) learn(pub, temp string) {
	parse := func(s string) sip.URI {
		u, err := sip.ParseURI(s)
		if s == "" || err != nil {
			return sip.URI{}
		}
		return u
	}
	was := c.tempGRUU
	c.pubGRUU, c.tempGRUU = parse(pub), parse(temp)
	switch {
	case c.tempGRUU.IsZero():
		c.earlier = nil
	case !was.IsZero() && !was.Equal(c.tempGRUU):
		c.earlier = append(c.earlier, was)
		c.earlier = c.earlier[max(0, len(c.earlier)-maxEarlier):]
	}
}

// field is the Contact header field of a message that makes a dialog: a GRUU,
// or the URI with RFC 5626's ob.
func (c *contact) field() sip.Header {
	if !c.pubGRUU.IsZero() {
		return contactHeader(c.pubGRUU)
	}
	return contactHeader(withOutbound(c.uri))
}

// anonymousField is the same without the user's name (RFC 3323 §4.1).
func (c *contact) anonymousField() sip.Header {
	if !c.tempGRUU.IsZero() {
		return contactHeader(c.tempGRUU)
	}
	anonymous := sip.URI{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}
	anonymous.Params = anonymous.Params.With("transport", "ws")
	return contactHeader(withOutbound(anonymous))
}

func withOutbound(u sip.URI) sip.URI {
	u.Params = u.Params.WithFlag("ob")
	return u
}

func contactHeader(u sip.URI) sip.Header {
	return sip.Header{Name: "Contact", Value: "<" + u.String() + ">"}
}

// reaches reports whether a request to uri is for us. Servers rewrite
// Request-URIs in many ways, so only a user that is surely another's is
// refused: the user may be missing, the account's, the contact's or a GRUU's.
func (c *contact) reaches(uri sip.URI, account sip.URI) bool {
	if uri.User == "" {
		return true
	}
	for _, ours := range []sip.URI{account, c.uri, c.pubGRUU, c.tempGRUU} {
		if ours.User != "" && strings.EqualFold(uri.UserUnescaped(), ours.UserUnescaped()) {
			return true
		}
	}
	for _, ours := range c.earlier {
		if strings.EqualFold(uri.UserUnescaped(), ours.UserUnescaped()) {
			return true
		}
	}
	return false
}
