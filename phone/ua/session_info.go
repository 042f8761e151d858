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

// SendInfo sends an INFO in the call (RFC 6086 §4.2.1 without packages), also
// while it rings at the other party. It returns a *StateError in any other.
func (s *RTCSession) SendInfo(contentType string, body []byte, o InfoOptions) error {
	d := s.infoDialog()
	if d == nil {
		return &StateError{Op: "send INFO", State: s.status}
	}
	r := s.sendInfo(d, contentType, body, o)
	s.env.emit(NewInfo{Session: s, Originator: Local, Request: r})
	return nil
}

// infoDialog is the dialog for INFO: not that of a call that rings here.
func (s *RTCSession) infoDialog() *dialog {
	if s.status == StatusWaitingForAnswer || s.status == StatusAnswered {
		return nil
	}
	return s.requestDialog()
}

func (s *RTCSession) sendInfo(d *dialog, contentType string, body []byte, o InfoOptions) *sip.Request {
	return s.sendAny(d, sip.INFO, RequestOptions{
		ExtraHeaders: o.ExtraHeaders, ContentType: contentType, Body: body, Done: o.Done,
	})
}

// receiveInfo answers an INFO and tells what was in it.
func (s *RTCSession) receiveInfo(r *inbound) {
	kind, _ := r.ContentType()
	tones := kind == "application/dtmf-relay" || kind == "application/dtmf"
	switch {
	case s.isTrickle(r, kind):
		s.receiveTrickle(r)
	case !tones && s.isForeignPackage(r): // RFC 6086 §4.2.2
		r.reply(answer{status: 469, headers: []sip.Header{s.receivedPackages()}})
	case len(r.Body) == 0: // a keep-alive (RFC 6086 §5.2)
		r.reply(answer{status: 200})
	case kind == "":
		r.reply(answer{status: 415})
	case tones:
		tone, duration, ok := parseDTMF(kind, string(r.Body))
		if !ok {
			r.reply(answer{status: 400, reason: "Bad DTMF"})
			return
		}
		r.reply(answer{status: 200})
		s.env.emit(NewDTMF{Session: s, Originator: Remote, Tone: tone, Duration: duration, Info: true})
	default:
		r.reply(answer{status: 200})
		s.env.emit(NewInfo{Session: s, Originator: Remote, Request: r.Request})
	}
}

// isForeignPackage reports an INFO of a package that we have not asked for.
func (s *RTCSession) isForeignPackage(r *inbound) bool {
	name, _, ok := r.InfoPackage()
	return ok && (name != trickleTag || s.env.config.NoTrickle)
}

// receivedPackages lists the packages that we take.
func (s *RTCSession) receivedPackages() sip.Header {
	packages := sip.Header{Name: "Recv-Info", Value: trickleTag}
	if s.env.config.NoTrickle {
		packages.Value = "nil" // RFC 6086 §5.2.1
	}
	return packages
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
