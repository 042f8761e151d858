package demo

import (
	"strconv"
	"strings"
	"time"

	"webphone/phone/sip"
)

// binding is a contact of an account (RFC 3261 §10).
type binding struct {
	user    string
	contact sip.NameAddr // with the parameters of the REGISTER
	via     *connection
	until   time.Time
	callID  string
	cseq    uint32
}

// id tells bindings apart: by instance and reg-id (RFC 5626 §6), else by URI.
func (b *binding) id() string {
	instance, ok1 := b.contact.Params.Get("+sip.instance")
	reg, ok2 := b.contact.Params.Get("reg-id")
	if ok1 && ok2 {
		return instance + " " + reg
	}
	return flowKey(b.contact.URI)
}

// location knows who is where. It belongs to the loop.
type location struct {
	bindings map[string][]*binding  // by user
	flows    map[string]*connection // by contact: what leads there was heard from it
}

func newLocation() location {
	return location{bindings: map[string][]*binding{}, flows: map[string]*connection{}}
}

// flowKey is what of a contact URI leads to its connection.
func flowKey(u sip.URI) string {
	return u.UserUnescaped() + "@" + strings.ToLower(u.Host) + ":" + strconv.Itoa(u.Port)
}

// of returns the contacts of a user that have not expired, oldest first.
func (l *location) of(user string) []*binding {
	var list []*binding
	for _, b := range l.bindings[user] {
		if time.Now().Before(b.until) {
			list = append(list, b)
		}
	}
	l.bindings[user] = list
	return list
}

// put adds or replaces a binding.
func (l *location) put(b *binding) {
	l.remove(b)
	l.bindings[b.user] = append(l.bindings[b.user], b)
	l.flows[flowKey(b.contact.URI)] = b.via
}

// find returns the binding that b would replace, or nil.
func (l *location) find(b *binding) *binding {
	for _, old := range l.of(b.user) {
		if old.id() == b.id() {
			return old
		}
	}
	return nil
}

// remove removes the binding that has b's identity.
func (l *location) remove(b *binding) {
	var kept []*binding
	for _, old := range l.of(b.user) {
		if old.id() != b.id() {
			kept = append(kept, old)
		}
	}
	l.bindings[b.user] = kept
}

// forget removes what depends on a connection.
func (l *location) forget(c *connection) {
	for user, list := range l.bindings {
		var kept []*binding
		for _, b := range list {
			if b.via != c {
				kept = append(kept, b)
			}
		}
		l.bindings[user] = kept
	}
	for key, via := range l.flows {
		if via == c {
			delete(l.flows, key)
		}
	}
}
