package ua

import "webphone/phone/sip"

// Replaces names the dialog that an INVITE takes the place of, as the party
// that gets the INVITE sees it (RFC 3891 §3).
type Replaces struct {
	CallID string
	// ToTag is the tag of the party that gets the INVITE, FromTag that of
	// the other party of the dialog.
	ToTag, FromTag string
	// EarlyOnly asks for nothing if the dialog has been answered.
	EarlyOnly bool
}

// String returns r as the value of a Replaces field.
func (r Replaces) String() string {
	value := sip.FormatReplaces(r.CallID, r.ToTag, r.FromTag)
	if r.EarlyOnly {
		value += ";early-only"
	}
	return value
}

func parseReplaces(value string) (r Replaces, ok bool) {
	r.CallID, r.ToTag, r.FromTag, r.EarlyOnly, ok = sip.ParseReplaces(value)
	return r, ok
}

// Replaces names the session to its other party, so that a third one can take
// our place. It returns a *StateError unless the call is answered: nobody can
// replace a call that only rings for him (RFC 3891 §3).
func (s *RTCSession) Replaces() (Replaces, error) {
	if s.status != StatusConfirmed && s.status != StatusWaitingForACK {
		return Replaces{}, &StateError{Op: "replace", State: s.status}
	}
	// The tags are the dialog's: who called whom does not matter.
	id := s.dialog.id
	return Replaces{CallID: id.callID, ToTag: id.remoteTag, FromTag: id.localTag}, nil
}
