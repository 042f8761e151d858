package ua

import "webphone/phone/sip"

// ReferAnswered: a REFER of ours was answered, or will never be. It may come
// after the session's Ended.
type ReferAnswered struct {
	Session  *RTCSession
	Refer    *ReferSubscriber
	Response *sip.Response // nil without an answer
	// Err is nil after a 2xx: the other party will try. Otherwise nothing
	// more is told of the transfer.
	Err *EndError
}

// ReferProgress: the other party told how a transfer of ours goes. It may come
// before ReferAnswered and after the session's Ended.
type ReferProgress struct {
	Session *RTCSession
	Refer   *ReferSubscriber // with its State moved already
	// Status and Reason are what the target answered so far; 0 if nobody
	// said.
	Status int
	Reason string
	// Final: nothing more is told of the transfer.
	Final bool
	// Request is the NOTIFY; nil if none came.
	Request *sip.Request
	// Err is why the transfer failed; nil while it has not.
	Err *EndError
}

// ReferRequested: the other party, or with Config.ReferOutsideCalls anybody,
// asks us to call someone. Accept or Reject decide it, also later; after a
// minute it is declined.
type ReferRequested struct {
	*ReferNotifier
	Session *RTCSession // in which it came; nil outside calls
	Request *sip.Request
	Target  sip.URI
	// Replaces is the call of Target in which we are to take the place of
	// who asks; nil for a blind transfer.
	Replaces *Replaces
	// ReferredBy is who asks (RFC 3892), unproven; zero if unknown.
	ReferredBy sip.NameAddr
}

// ReplacesRequested: an INVITE asks to take the place of a call of ours, as at
// the end of a transfer. Accept or Reject decide it, also later; after 30 s it
// is declined.
type ReplacesRequested struct {
	*Replacement
	Session *RTCSession // to be replaced
	Request *sip.Request
}

// Reinvite: the other party sends a re-INVITE, with an offer or without. It is
// accepted when the handler returns unless that defers or decides it.
type Reinvite struct {
	*OfferDecision
	Session *RTCSession
	Request *sip.Request
}

// Update: the other party sends an UPDATE with an offer in the answered call.
// It is accepted when the handler returns unless that defers or decides it.
type Update struct {
	*OfferDecision
	Session *RTCSession
	Request *sip.Request
}

func (Reinvite) event()          {}
func (Update) event()            {}
func (ReplacesRequested) event() {}
func (ReferRequested) event()    {}
func (ReferAnswered) event()     {}
func (ReferProgress) event()     {}
