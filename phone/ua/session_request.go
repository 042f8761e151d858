package ua

import (
	"errors"

	"webphone/phone/sip"
)

// RequestOptions configures RTCSession.SendRequest.
type RequestOptions struct {
	ExtraHeaders []sip.Header
	ContentType  string // of Body
	Body         []byte
	// Done, if not nil, gets the outcome, never before SendRequest has
	// returned; err is nil after a 2xx, res is nil without an answer.
	Done func(res *sip.Response, err *EndError)
}

var errOwnProcedure = errors.New("ua: the method has a procedure of its own")

// SendRequest sends a request of any method that has no procedure of its own
// in the dialog of the call: one of the early ones before the answer. It
// returns the request as sent first, or a *StateError without a dialog.
func (s *RTCSession) SendRequest(m sip.Method, o RequestOptions) (*sip.Request, error) {
	switch m {
	case sip.INVITE, sip.ACK, sip.CANCEL, sip.BYE, sip.PRACK, sip.UPDATE, sip.REGISTER:
		return nil, errOwnProcedure
	}
	d := s.requestDialog()
	if d == nil {
		return nil, &StateError{Op: "send " + string(m), State: s.status}
	}
	return s.sendAny(d, m, o), nil
}

// requestDialog is the dialog for requests of ours: the call's, else the early
// one that is heard, else any; nil if there is none.
func (s *RTCSession) requestDialog() *dialog {
	switch s.status {
	case StatusWaitingForACK, StatusConfirmed, StatusWaitingForAnswer, StatusAnswered:
		return s.dialog
	case Status1xxReceived:
		if fork := s.heardFork(); fork != nil {
			return fork.dialog
		}
		first := (*earlyDialog)(nil)
		for _, fork := range s.out.early {
			if first == nil || fork.age < first.age {
				first = fork
			}
		}
		if first != nil {
			return first.dialog
		}
	case StatusNull, StatusInviteSent, StatusInviteReceived, StatusCanceled, StatusTerminated:
	}
	return nil
}

// sendAny sends a request in d and ends an answered call that the other side
// has forgotten (RFC 3261 §12.2.1.2).
func (s *RTCSession) sendAny(d *dialog, m sip.Method, o RequestOptions) *sip.Request {
	out := d.outbound(m)
	out.headers, out.contentType, out.body = o.ExtraHeaders, o.ContentType, o.Body
	var first *sip.Request
	on := outcome(func(res *sip.Response, err *EndError) {
		if o.Done != nil {
			o.Done(res, err)
		}
		if res != nil && res.StatusCode == 481 && s.IsEstablished() && d == s.dialog {
			s.dialogGone(res)
		}
	})
	on.sending = func(r *sip.Request) {
		if first == nil {
			first = r
		}
	}
	if d == s.dialog {
		s.sendInDialog(out, on)
		return first
	}
	on.nextSeq = d.nextSeq
	r := s.env.request(out)
	s.env.sender(r, on).send()
	return r
}

// SendMessage sends a MESSAGE in the dialog of the call (RFC 3428 §4), which
// says who it is from. It fails as SendRequest does.
func (s *RTCSession) SendMessage(text string, o MessageOptions) (*Message, error) {
	d := s.requestDialog()
	if d == nil {
		return nil, &StateError{Op: "send MESSAGE", State: s.status}
	}
	if o.ContentType == "" {
		o.ContentType = "text/plain"
	}
	r := s.sendAny(d, sip.MESSAGE, RequestOptions{
		ExtraHeaders: o.ExtraHeaders, ContentType: o.ContentType, Body: []byte(text), Done: o.Done,
	})
	m := &Message{direction: Outgoing, local: s.local, remote: s.remote, request: r, session: s}
	s.env.emit(NewMessage{Originator: Local, Message: m, Request: r})
	return m, nil
}
