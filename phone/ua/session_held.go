package ua

import (
	"errors"
	"slices"

	"webphone/phone/sip"
)

// heldRequest is a request of the dialog that waits for the connection.
type heldRequest struct {
	sender *requestSender
	out    outbound
	sent   bool // lost with the connection, maybe after the peer had it
	failed func(error)
}

// sendInDialog sends a request other than INVITE and BYE in the dialog.
// Without a connection it waits for the next, in the order of the requests;
// so does one whose answer the lost connection has taken along, but for an
// UPDATE, which has its own way.
func (s *RTCSession) sendInDialog(o outbound, on senderEvents) {
	on.nextSeq = s.dialog.nextSeq
	h := &heldRequest{out: o, failed: on.failed}
	on.failed = func(err error) {
		if o.method == sip.UPDATE || !s.holdBack(h, lostWith(err)) {
			h.failed(err)
		}
	}
	h.sender = s.env.sender(s.env.request(o), on)
	h.sender.on.sending(h.sender.req) // known even if it goes out later
	if o.method != sip.UPDATE && s.holdBack(h, false) {
		return
	}
	h.sender.send()
}

// lostWith reports a request that was under way when the connection was lost.
func lostWith(err error) bool {
	var e *transportError
	return errors.As(err, &e) && e.lost
}

// holdBack keeps h for the next connection and reports whether there is one to
// be waited for.
func (s *RTCSession) holdBack(h *heldRequest, sent bool) bool {
	v := &s.survival
	if s.env.online() || v.hopeless || v.offline == nil || s.IsEnded() {
		return false
	}
	h.sent = sent
	v.held = append(v.held, h)
	return true
}

// sendHeld sends what has waited. What the peer may have got before keeps its
// CSeq, so that it is not taken twice (RFC 3261 §12.2.2), and goes first; the
// rest is made anew.
func (s *RTCSession) sendHeld() {
	held := s.survival.held
	s.survival.held = nil
	slices.SortStableFunc(held, func(a, b *heldRequest) int {
		switch {
		case a.sent && b.sent:
			return int(int64(a.sender.req.CSeq.Seq) - int64(b.sender.req.CSeq.Seq))
		case a.sent:
			return -1
		case b.sent:
			return 1
		}
		return 0
	})
	for _, h := range held {
		if s.IsEnded() {
			h.failed(&transportError{})
			continue
		}
		if !h.sent {
			o := s.dialog.outbound(h.out.method)
			o.headers, o.contentType, o.body = h.out.headers, h.out.contentType, h.out.body
			h.sender.req = s.env.request(o)
			h.sender.send()
			continue
		}
		h.sender.repeat()
	}
}

// dropHeld tells the owners of what has waited in vain.
func (s *RTCSession) dropHeld(e *EndError) {
	held := s.survival.held
	s.survival.held = nil
	for _, h := range held {
		s.env.loop.Post("request not sent", func() { h.failed(&transportError{err: e}) })
	}
}

// keepRinging has an outgoing call that rings wait for the next connection: the
// answer to its INVITE would come to the lost one. It reports false if the
// call is over.
func (s *RTCSession) keepRinging(err error) bool {
	t, ok := s.out.sender.tx.(*inviteClient)
	if !ok || !lostWith(err) {
		return false
	}
	if s.IsEnded() { // given up, and the CANCEL may be lost
		s.cancelLost(t)
		return true
	}
	if s.survival.hopeless || s.env.online() {
		return false
	}
	s.survival.lost = t
	return true
}

// repeatInvite cancels the INVITE whose answer is lost and sends it again in a
// new transaction, as after a challenge.
func (s *RTCSession) repeatInvite() {
	t := s.survival.lost
	s.survival.lost = nil
	if t.heard {
		t.cancelLost(nil)
	}
	s.contact = s.freshContact()
	s.out.sender.resend(func(r *sip.Request) { r.Headers.Set(s.contact.Name, s.contact.Value) })
}

// abandonLost gives up the INVITE whose answer is lost.
func (s *RTCSession) abandonLost() {
	t := s.survival.lost
	s.survival.lost = nil
	s.cancelLost(t)
}

// cancelLost stops the ringing of an INVITE whose connection was lost, now or
// over the next one.
func (s *RTCSession) cancelLost(t *inviteClient) {
	if !t.heard {
		return // it may not be cancelled before a 1xx (RFC 3261 §9.1)
	}
	headers := t.cancel
	if !s.env.whenOnline(func() { t.cancelLost(headers) }) && s.env.online() {
		t.cancelLost(headers)
	}
}
