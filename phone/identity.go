package phone

import (
	"net/netip"
	"strings"

	"webphone/phone/sip"
)

// party is one side of a call by its address and, if known, its name.
type party struct{ address, name string }

// learnParty shows who the other side is by what its server says. The address
// that is known stays where the server means the same one by it. In the history
// an outgoing call stays with who was dialled, to be called so again; one that
// came in is with who was there last.
func (c *call) learnParty(who sip.NameAddr) {
	switch address := peerOf(who.URI); {
	case who.URI.IsSIP() && who.URI.User == "": // a server
	case !sameParty(c.remote, who.URI):
		c.remote, c.displayName = address, who.DisplayName
		if address == c.dialled.address && c.displayName == "" {
			c.displayName = c.dialled.name
		}
	case who.DisplayName != "":
		c.displayName = who.DisplayName
	}
	if c.remote == c.dialled.address && c.displayName != "" {
		c.dialled.name = c.displayName
	}
}

// inHistory is the other side as the history names it.
func (c *call) inHistory() party {
	if c.direction == Outgoing {
		return c.dialled
	}
	return party{c.remote, c.displayName}
}

// sameParty reports whether u means who is known by address. Some servers name
// those of their own domain by the number of their machine.
func sameParty(address string, u sip.URI) bool {
	if sameAddress(address, peerOf(u)) {
		return true
	}
	user, _, _ := strings.Cut(bareAddress(address), "@")
	_, err := netip.ParseAddr(strings.Trim(u.Host, "[]"))
	return err == nil && strings.EqualFold(user, u.User)
}
