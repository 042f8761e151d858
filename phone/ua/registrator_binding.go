package ua

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"webphone/phone/sip"
)

// binding finds our own Contact among all those of the account: by instance
// and reg-id (RFC 5626 §4.2), else by URI or its user; a single one is ours.
// Another device's that cannot be read is none of our business.
func (r *registrator) binding(res *sip.Response) (sip.NameAddr, bool) {
	contacts, all := res.ReadableContacts()
	own := r.env.config.ContactURI
	matches := []func(sip.NameAddr) bool{
		func(c sip.NameAddr) bool {
			instance, _ := c.Params.Get("+sip.instance")
			id, _ := c.Params.Get("reg-id")
			return strings.EqualFold(instance, r.instance()) && id == "1"
		},
		func(c sip.NameAddr) bool { return c.URI.Equal(own) },
		func(c sip.NameAddr) bool { return own.User != "" && c.URI.User == own.User },
		func(sip.NameAddr) bool { return all && len(contacts) == 1 },
	}
	for _, match := range matches {
		for _, c := range contacts {
			if match(c) {
				return c, true
			}
		}
	}
	return sip.NameAddr{}, false
}

// granted is the life of the binding (§10.2.4).
func (r *registrator) granted(res *sip.Response, binding sip.NameAddr) time.Duration {
	if value, ok := binding.Params.Get("expires"); ok {
		if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
			return time.Duration(seconds) * time.Second
		}
	}
	if seconds, ok := res.Expires(); ok {
		return time.Duration(seconds) * time.Second
	}
	if r.expires() < 0 {
		return DefaultRegisterExpires
	}
	return r.expires()
}

// refreshAfter is when a binding of that life is refreshed: at a random point
// of its second half, not later than 32 s before its end.
func refreshAfter(e time.Duration) time.Duration {
	if e <= 64*time.Second {
		return e - 5*time.Second
	}
	return e/2 + rand.N(e/2-32*time.Second)
}

// keepAlive is how often the registrar wants to hear of us, which it answers
// (RFC 5626 §4.4.1, RFC 6223 §4): the shorter of Flow-Timer and the keep of our
// Via; 0 if it has not agreed.
func keepAlive(res *sip.Response) time.Duration {
	var interval time.Duration
	if value, ok := res.Via[0].Params.Get("keep"); ok && value != "" {
		if n, err := strconv.ParseUint(value, 10, 32); err == nil {
			interval = time.Duration(n) * time.Second
			if n == 0 {
				interval = defaultKeepAlive
			}
		}
	}
	if n, ok := res.FlowTimer(); ok && n > 0 {
		if flow := time.Duration(n) * time.Second; interval == 0 || flow < interval {
			interval = flow
		}
	}
	return interval
}

// defaultKeepAlive is the longest interval where none was named (RFC 5626
// §4.4.1).
const defaultKeepAlive = 120 * time.Second
