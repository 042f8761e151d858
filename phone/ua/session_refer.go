package ua

import (
	"slices"
	"strconv"

	"webphone/phone/sip"
)

// ReferOptions configures RTCSession.Refer.
type ReferOptions struct {
	// Replaces is a call of ours with the target: the other party takes our
	// place in it (attended transfer, RFC 5589 §7). nil just has the target
	// called (blind transfer, §6).
	Replaces *RTCSession
	// NoNews asks for no report of the result (RFC 4488).
	NoNews       bool
	ExtraHeaders []sip.Header // of the REFER
}

// referrals are the REFERs of a session's dialog that are not over.
type referrals struct {
	sent     []*ReferSubscriber
	received []*ReferNotifier // to which the other party listens
}

// Refer asks the other party to call target, an address or what a user typed
// for one (RFC 3515). With ReferOptions.Replaces, target "" is the other party
// of that call. What becomes of it is told by one ReferAnswered and, if that
// has no error, by ReferProgress up to a final one; both calls stay until they
// are terminated. The error is a *StateError unless the calls are answered, or
// that of a target that makes no address.
func (s *RTCSession) Refer(target string, o ReferOptions) (*ReferSubscriber, error) {
	if s.status != StatusConfirmed && s.status != StatusWaitingForACK {
		return nil, &StateError{Op: "refer", State: s.status}
	}
	var (
		uri sip.URI
		err error
	)
	if target == "" && o.Replaces != nil {
		uri = o.Replaces.transferTarget()
	} else if uri, err = s.env.target(target); err != nil {
		return nil, err
	}
	referTo := uri
	if o.Replaces != nil {
		replaces, err := o.Replaces.Replaces()
		if err != nil {
			return nil, err
		}
		referTo = uri.WithHeader("Replaces", replaces.String())
	}
	out := s.dialog.outbound(sip.REFER)
	out.headers = []sip.Header{{Name: "Refer-To", Value: sip.NameAddr{URI: referTo}.String()}, s.referredBy(), s.contact}
	if o.NoNews {
		out.headers = append(out.headers, sip.Header{Name: "Refer-Sub", Value: "false"})
	}
	out.headers = append(out.headers, o.ExtraHeaders...)
	r := &ReferSubscriber{session: s, target: uri}
	s.refers.sent = append(s.refers.sent, r)
	s.env.follow(r)
	on := outcome(r.answered)
	on.sending = func(q *sip.Request) { r.request = q }
	s.sendInDialog(out, on)
	return r, nil
}

// transferTarget is the other party as a third one can reach it: by its GRUU,
// else by its address (RFC 5589 §7.3).
func (s *RTCSession) transferTarget() sip.URI {
	if s.dialog != nil && s.dialog.target.Params.Has("gr") {
		return s.dialog.target
	}
	return s.remote.URI.AOR()
}

// referredBy says who transfers (RFC 3892 §2.1): nobody who hides.
func (s *RTCSession) referredBy() sip.Header {
	by := s.env.config.URI.AOR()
	if s.request.Headers.Has("Privacy") && s.direction == Outgoing {
		by = s.local.URI
	}
	return sip.Header{Name: "Referred-By", Value: sip.NameAddr{URI: by}.String()}
}

// receiveNotify handles the news of a REFER of ours (RFC 3515 §2.4.4).
func (s *RTCSession) receiveNotify(r *inbound) {
	pkg, params, ok := r.Event()
	if !ok {
		r.reply(answer{status: 400, reason: "Bad Event"})
		return
	}
	if pkg != "refer" {
		r.reply(answer{status: 489, headers: []sip.Header{{Name: "Allow-Events", Value: "refer"}}})
		return
	}
	id, _ := params.Get("id")
	for _, one := range s.refers.sent {
		if id == "" || id == strconv.FormatUint(uint64(one.ID()), 10) { // the first needs no id
			one.receive(r)
			return
		}
	}
	r.reply(answer{status: 481}) // RFC 6665 §4.1.3
}

// forgetRefer drops a subscription that is over.
func (s *RTCSession) forgetRefer(r *ReferSubscriber) {
	s.refers.sent = slices.DeleteFunc(s.refers.sent, func(one *ReferSubscriber) bool { return one == r })
	s.env.unfollow(r)
	s.leaveDialog()
}

// endRefers drops the subscriptions of a dialog that the other side has
// forgotten. Those of one that ends in order stay (RFC 5057 §4.1).
func (s *RTCSession) endRefers(e *EndError) {
	if e.Cause != CauseDialog {
		return
	}
	for _, r := range slices.Clone(s.refers.sent) {
		r.drop(e)
	}
}

// leaveDialog unbinds the dialog of an ended session once nothing is awaited
// in it: neither an ACK nor news of a transfer, of ours or of theirs.
func (s *RTCSession) leaveDialog() {
	if s.dialog == nil || !s.IsEnded() || s.in != nil && s.in.ack != nil ||
		len(s.refers.sent)+len(s.refers.received) > 0 {
		return
	}
	s.env.unbind(s.dialog.id)
}

// receiveRefer handles a REFER of the other party (RFC 3515 §2.4.2).
func (s *RTCSession) receiveRefer(r *inbound) {
	if s.status != StatusConfirmed && s.status != StatusWaitingForACK {
		r.reply(answer{status: 603})
		return
	}
	s.env.referred(r, s, s.dialog)
}

// receiveSubscribe handles a SUBSCRIBE to the news of their REFER (RFC 3515
// §2.4.4).
func (s *RTCSession) receiveSubscribe(r *inbound) {
	pkg, params, _ := r.Event()
	id, _ := params.Get("id")
	for _, n := range s.refers.received {
		if pkg == "refer" && (id == "" || id == n.id()) {
			n.resubscribe(r)
			return
		}
	}
	r.reply(answer{status: 403}) // any other has a dialog of its own (RFC 6665 §4.5.2)
}

// forgetReferral drops the REFERs to which nobody listens any more.
func (s *RTCSession) forgetReferral() {
	s.refers.received = slices.DeleteFunc(s.refers.received, func(n *ReferNotifier) bool { return n.deaf })
	s.leaveDialog()
}

// referral is a transfer under way that the agent must end when it stops.
type referral interface{ stop() }

func (u *UA) follow(r referral)   { u.referrals[r] = struct{}{} }
func (u *UA) unfollow(r referral) { delete(u.referrals, r) }
