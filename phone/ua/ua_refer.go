package ua

import (
	"strings"

	"webphone/phone/sip"
)

// maxUndecidedRefers is how many REFERs may wait for the user at once.
const maxUndecidedRefers = 8

// receiveRefer takes in a REFER, in dialog d of a call or outside calls, with s
// nil (RFC 3515 §2.4.2).
func (u *UA) receiveRefer(r *inbound, s *RTCSession, d *dialog) {
	target, replaces, refusal := referTarget(r.Request, u.target)
	undecided := 0
	for one := range u.referrals {
		if n, ok := one.(*ReferNotifier); ok && n.state == notifierUndecided {
			undecided++
		}
	}
	switch {
	case u.state != uaReady:
		r.reply(answer{status: 480})
		return
	case refusal != 0:
		r.reply(answer{status: refusal})
		return
	case undecided >= maxUndecidedRefers:
		r.reply(answer{status: 486})
		return
	}
	n := &ReferNotifier{
		session: s, dialog: d, request: r.Request, contact: u.contact.field(), target: target, replaces: replaces,
		env: referEnv{
			loop: u.loop, emit: u.emit, call: u.call,
			send: func(o outbound, on senderEvents) { u.sender(u.messages.request(o), on).send() },
			changed: func(n *ReferNotifier) {
				if n.isOver() {
					u.unfollow(n)
				}
				if s != nil {
					s.forgetReferral()
				}
			},
		},
	}
	if s != nil {
		n.contact = s.contact
	}
	u.follow(n)
	n.begin(r)
	if s != nil && !n.deaf {
		s.refers.received = append(s.refers.received, n)
	}
	by, _ := r.ReferredBy() // absent or malformed: nobody
	u.emit(ReferRequested{
		ReferNotifier: n, Session: s, Request: r.Request, Target: n.Target(), Replaces: replaces, ReferredBy: by,
	})
}

// receiveReferOutside handles a REFER outside calls, which makes a dialog of
// its own for the news (RFC 3515 §2.4.4).
func (u *UA) receiveReferOutside(r *inbound) {
	d, err := newCalleeDialog(r.Request, r.toTag)
	switch {
	case !u.config.ReferOutsideCalls:
		r.reply(answer{status: 603})
	case err != nil:
		r.reply(answer{status: 400})
	default:
		u.receiveRefer(r, nil, d)
	}
}

// referTarget reads the Refer-To of a REFER: an INVITE to an address that we
// can call. Other header fields than Replaces are nobody's to set for us
// (RFC 3261 §19.1.5). A refusal other than 0 is the answer.
func referTarget(r *sip.Request, normalize func(string) (sip.URI, error)) (uri sip.URI, replaces *Replaces, refusal int) {
	to, err := r.ReferTo()
	if err != nil { // absent, or more than one (RFC 3515 §2.4.2)
		return uri, nil, 400
	}
	uri = to.URI.WithoutHeaders()
	method, asked := uri.Params.Get("method")
	uri.Params = uri.Params.Without("method")
	switch {
	case asked && !strings.EqualFold(method, string(sip.INVITE)):
		return uri, nil, 603
	case uri.Scheme == "tel":
		if uri, err = normalize(uri.String()); err != nil {
			return uri, nil, 400
		}
	case !uri.IsSIP():
		return uri, nil, 416
	}
	if value, ok := to.URI.Header("Replaces"); ok {
		parsed, ok := parseReplaces(value)
		if !ok {
			return uri, nil, 400
		}
		replaces = &parsed
	}
	return uri, replaces, 0
}
