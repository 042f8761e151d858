package ua

import (
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"webphone/phone/sip"
)

// dialogID identifies a dialog (RFC 3261 §12).
type dialogID struct{ callID, localTag, remoteTag string }

// dialog is the peer-to-peer relation of one fork of a call (RFC 3261 §12). It
// is owned by its session. An early one is confirmed by the 2xx of its fork.
type dialog struct {
	id            dialogID
	local, remote sip.NameAddr
	target        sip.URI        // of requests: the remote Contact
	routes        []sip.NameAddr // in the order in which they are visited
	localSeq      uint32
	remoteSeq     uint32
	heard         bool // remoteSeq is valid
	caller        bool // we made the call and own the Call-ID

	// ourOffer and theirOffer: an INVITE, or an UPDATE with an offer, has no
	// final response yet (RFC 3261 §14.1, §14.2; RFC 3311 §5.2).
	ourOffer, theirOffer bool
}

var errNoContact = errors.New("no Contact")

// contactOf returns the one Contact that a dialog needs as its target.
func contactOf(c *sip.Common) (sip.URI, error) {
	list, _, err := c.Contacts()
	if err != nil {
		return sip.URI{}, err
	}
	if len(list) == 0 {
		return sip.URI{}, errNoContact
	}
	target := list[0].URI
	target.Headers = nil // not allowed in a Request-URI (§19.1.1)
	return target, nil
}

// newCallerDialog makes the dialog of a 1xx or 2xx to our INVITE (§12.1.2).
// Without a Contact requests go where the INVITE went.
func newCallerDialog(req *sip.Request, res *sip.Response) *dialog {
	d := &dialog{
		id:       dialogID{res.CallID, req.From.Tag(), res.To.Tag()},
		local:    req.From,
		remote:   res.To,
		target:   req.RequestURI,
		localSeq: req.CSeq.Seq,
		caller:   true,
		ourOffer: res.StatusCode < 200,
	}
	d.refreshTarget(&res.Common)
	d.setRoutes(res)
	return d
}

// setRoutes takes the route set of a response (§12.1.2); the 2xx's replaces
// that of a 1xx (§13.2.2.4).
func (d *dialog) setRoutes(res *sip.Response) {
	routes, err := res.RecordRoute()
	if err != nil {
		return // the target is all that is left
	}
	slices.Reverse(routes)
	d.routes = routes
}

// newCalleeDialog makes the dialog of an INVITE that we answer with toTag
// (§12.1.1).
func newCalleeDialog(req *sip.Request, toTag string) (*dialog, error) {
	target, err := contactOf(&req.Common)
	if err != nil {
		return nil, err
	}
	routes, err := req.RecordRoute()
	if err != nil {
		return nil, err
	}
	return &dialog{
		id:         dialogID{req.CallID, toTag, req.From.Tag()},
		local:      req.To.WithTag(toTag),
		remote:     req.From,
		target:     target,
		routes:     routes,
		localSeq:   firstSeq(),
		remoteSeq:  req.CSeq.Seq,
		heard:      true,
		theirOffer: true,
	}, nil
}

// firstSeq is a random CSeq below 10000, as JsSIP's.
func firstSeq() uint32 { return rand.Uint32N(9999) + 1 }

// confirm completes an early dialog by its 2xx: target and route set are
// taken anew (§13.2.2.4).
func (d *dialog) confirm(res *sip.Response) {
	d.ourOffer = false
	d.refreshTarget(&res.Common)
	d.setRoutes(res)
}

// refreshTarget takes the Contact of a target refresh request or of the 2xx
// to one (§12.2.1.2, §12.2.2; RFC 3311 §5.1). Without one the target stays.
func (d *dialog) refreshTarget(c *sip.Common) {
	if target, err := contactOf(c); err == nil {
		d.target = target
	}
}

func (d *dialog) nextSeq() uint32 {
	d.localSeq++
	return d.localSeq
}

// outbound describes the next request in the dialog (§12.2.1.1).
func (d *dialog) outbound(m sip.Method) outbound {
	o := outbound{method: m, callID: d.id.callID, from: d.local, to: d.remote, seq: d.localSeq}
	if m != sip.ACK {
		o.seq = d.nextSeq()
	}
	o.uri, o.routes = d.target, d.routes
	if len(d.routes) > 0 && !d.routes[0].URI.Params.Has("lr") {
		// A strict router takes the Request-URI for itself.
		o.uri = d.routes[0].URI
		o.routes = append(slices.Clone(d.routes[1:]), sip.NameAddr{URI: d.target})
	}
	return o
}

// ack describes the ACK to a 2xx to invite (§13.2.2.4): its CSeq number and
// its credentials.
func (d *dialog) ack(invite *sip.Request) outbound {
	o := d.outbound(sip.ACK)
	o.seq = invite.CSeq.Seq
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		for _, value := range invite.Headers.Values(name) {
			o.headers = append(o.headers, sip.Header{Name: name, Value: value})
		}
	}
	return o
}

// admit checks the order of r in the dialog and whether it crosses an offer
// (§12.2.2, §14.2; RFC 3311 §5.2). Status 0 lets it pass.
func (d *dialog) admit(r *sip.Request) answer {
	if d.heard && r.CSeq.Seq <= d.remoteSeq {
		return answer{status: 500, reason: "CSeq Out Of Order"}
	}
	d.heard, d.remoteSeq = true, r.CSeq.Seq
	_, offer := r.SDP()
	if r.Method != sip.INVITE && (r.Method != sip.UPDATE || !offer) {
		return answer{}
	}
	switch {
	case d.theirOffer:
		return answer{status: 500, headers: []sip.Header{{Name: "Retry-After", Value: retryAfterSeconds()}}}
	case d.ourOffer:
		return answer{status: 491}
	}
	return answer{}
}

// retryAfterSeconds is random in 0–10 (§14.2).
func retryAfterSeconds() string { return string("0123456789"[rand.IntN(10)]) }

// glareWait is how long to wait after a 491 (§14.1), in units of 10 ms: the
// owner of the Call-ID 2.1–4 s, the other 0–2 s.
func (d *dialog) glareWait() time.Duration {
	if d.caller {
		return 2100*time.Millisecond + 10*time.Millisecond*rand.N[time.Duration](191)
	}
	return 10 * time.Millisecond * rand.N[time.Duration](201)
}
