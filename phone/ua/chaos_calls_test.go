package ua

import (
	"fmt"

	"webphone/phone/sip"
)

// chaosConfig goes through the policies of calls.
func chaosConfig(seed uint64) func(*Config) {
	return func(c *Config) {
		c.Reliable = Reliable(seed % 4)
		c.Redirect = RedirectPolicy(seed / 4 % 4)
		c.AutoAnswer = seed%5 == 0
		c.SuppressRinging = seed%7 == 0
		c.TrustAssertedIdentity = seed%3 > 0
	}
}

// provisional is a response that is to be acknowledged, in any order, the end
// of a fork, or a redirection.
func (c *chaos) provisional(mods []mod) (status int, all []mod) {
	switch c.rand.IntN(5) {
	case 0:
		return 199, mods
	case 1:
		return 302, append(mods, contacts(fmt.Sprintf("<sip:c%d@x>", c.rand.IntN(4)), "<sip:dave@x>;q=0.5"))
	}
	return 180 + c.rand.IntN(4), append(mods, reliable(1+c.rand.Uint32N(3)))
}

// prack acknowledges a response of ours, mostly the right one.
func (c *chaos) prack(res *sip.Response, rseq uint32) {
	if c.rand.IntN(6) == 0 {
		rseq++
	}
	r := c.inDialog(sip.PRACK, res.From, res.To, res.CallID)
	r.Headers.Set("RAck", fmt.Sprintf("%d %d INVITE", rseq, res.CSeq.Seq))
	if c.rand.IntN(3) == 0 {
		sdp(farSDP)(&r.Common)
	}
	c.receive(r)
}
