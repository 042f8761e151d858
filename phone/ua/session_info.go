package ua

import (
	"strings"

	"webphone/phone/sip"
)

// InfoOptions configures RTCSession.SendInfo.
type InfoOptions struct {
	ExtraHeaders []sip.Header
	// Done, if not nil, gets the outcome as a turn; err is nil after a 2xx,
	// res is nil without an answer.
	Done func(res *sip.Response, err *EndError)
}

// SendInfo sends an INFO in the answered call (RFC 6086 §4.2.1 without
// packages). It returns a *StateError in any other.
func (s *RTCSession) SendInfo(contentType string, body []byte, o InfoOptions) error {
	if s.status != StatusConfirmed && s.status != StatusWaitingForACK {
		return &StateError{Op: "send INFO", State: s.status}
	}
	r := s.sendInfo(contentType, body, o)
	s.env.emit(NewInfo{Session: s, Originator: Local, Request: r})
	return nil
}

func (s *RTCSession) sendInfo(contentType string, body []byte, o InfoOptions) *sip.Request {
	out := s.dialog.outbound(sip.INFO)
	out.headers, out.contentType, out.body = o.ExtraHeaders, contentType, body
	done := o.Done
	if done == nil {
		done = func(*sip.Response, *EndError) {}
	}
	var sent *sip.Request
	on := outcome(func(res *sip.Response, err *EndError) {
		done(res, err)
		if res != nil && res.StatusCode == 481 && !s.IsEnded() { // RFC 3261 §12.2.1.2
			s.dialogGone(res)
		}
	})
	on.sending = func(r *sip.Request) { sent = r }
	s.sendInDialog(out, on)
	return sent
}

// receiveInfo answers an INFO and tells what was in it.
func (s *RTCSession) receiveInfo(r *inbound) {
	kind, _ := r.ContentType()
	switch {
	case len(r.Body) == 0: // a keep-alive (RFC 6086 §5.2)
		r.reply(answer{status: 200})
	case kind == "":
		r.reply(answer{status: 415})
	case kind == "application/dtmf-relay" || kind == "application/dtmf":
		tone, duration, ok := parseDTMF(kind, string(r.Body))
		if !ok {
			r.reply(answer{status: 400, reason: "Bad DTMF"})
			return
		}
		r.reply(answer{status: 200})
		s.env.emit(NewDTMF{Session: s, Originator: Remote, Tone: tone, Duration: duration})
	default:
		r.reply(answer{status: 200})
		s.env.emit(NewInfo{Session: s, Originator: Remote, Request: r.Request})
	}
}

// field returns the value of "name=value" among lines, names without case.
func field(body, name string) (string, bool) {
	for line := range strings.Lines(body) {
		key, value, ok := strings.Cut(line, "=")
		if ok && strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}
