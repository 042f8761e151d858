package ua

import (
	"fmt"
	"time"

	"webphone/phone/sip"
)

// Originator tells who made something happen.
type Originator int

// The originators.
const (
	Local  Originator = iota + 1 // the user of this agent
	Remote                       // the other party or a server on the way
	System                       // this agent itself: a timer, the transport, media
)

// String returns "local", "remote" or "system".
func (o Originator) String() string {
	switch o {
	case Local:
		return "local"
	case Remote:
		return "remote"
	case System:
		return "system"
	}
	return fmt.Sprintf("Originator(%d)", int(o))
}

// Cause says why a request failed or a session ended; the texts are JsSIP's.
// It is an error so that errors.Is(err, CauseBusy) works on an EndError.
type Cause string

// The causes.
const (
	CauseConnection        Cause = "Connection Error"
	CauseRequestTimeout    Cause = "Request Timeout"
	CauseSIPFailure        Cause = "SIP Failure Code"
	CauseInternal          Cause = "Internal Error"
	CauseBusy              Cause = "Busy"
	CauseRejected          Cause = "Rejected"
	CauseRedirected        Cause = "Redirected"
	CauseUnavailable       Cause = "Unavailable"
	CauseNotFound          Cause = "Not Found"
	CauseAddressIncomplete Cause = "Address Incomplete"
	CauseIncompatibleSDP   Cause = "Incompatible SDP"
	CauseMissingSDP        Cause = "Missing SDP"
	CauseAuthentication    Cause = "Authentication Error"
	CauseBye               Cause = "Terminated"
	CauseWebRTC            Cause = "WebRTC Error"
	CauseCanceled          Cause = "Canceled"
	CauseNoAnswer          Cause = "No Answer"
	CauseExpires           Cause = "Expires"
	CauseNoAck             Cause = "No ACK"
	CauseDialog            Cause = "Dialog Error"
	CauseUserDenied        Cause = "User Denied Media Access"
	CauseBadMedia          Cause = "Bad Media Description"
	CauseRTPTimeout        Cause = "RTP Timeout"
	// CauseAnsweredElsewhere is not in JsSIP: the caller cancelled with
	// "Reason: SIP;cause=200" because another phone of the user answered.
	CauseAnsweredElsewhere Cause = "Answered Elsewhere"
	// CauseReplaced is not in JsSIP: another call of ours took the place of
	// this one (RFC 3891).
	CauseReplaced Cause = "Replaced"
)

// Error returns the text of the cause.
func (c Cause) Error() string { return string(c) }

// CauseFromStatus maps a final response's status code to its cause. Codes
// without a cause of their own map to CauseSIPFailure.
func CauseFromStatus(code int) Cause {
	switch code {
	case 300, 301, 302, 305, 380:
		return CauseRedirected
	case 486, 600:
		return CauseBusy
	case 403, 603:
		return CauseRejected
	case 404, 604:
		return CauseNotFound
	case 480, 410, 408, 430:
		return CauseUnavailable
	case 484, 424:
		return CauseAddressIncomplete
	case 488, 606:
		return CauseIncompatibleSDP
	case 401, 407:
		return CauseAuthentication
	}
	return CauseSIPFailure
}

// EndError says how a request failed or a session ended.
type EndError struct {
	Cause  Cause
	Origin Originator
	// Status is the status code that ended it, ours or the peer's; 0 if none.
	Status int
	// Reason is the reason phrase beside Status, or "".
	Reason string
	// Err is the fault underneath, such as a transport or media error; may
	// be nil.
	Err error
	// Established is true for a session that had been accepted.
	Established bool
	// Reasons are the Reason header fields of the message that ended it
	// (RFC 3326).
	Reasons []sip.Reason
	// RetryAfter is the wait that the refusing side asks for before another
	// try (RFC 3261 §20.33), a day at most; 0 if it names none.
	RetryAfter time.Duration
	// Message is the response, BYE or CANCEL that ended it; nil if none did.
	Message sip.Message
}

// Error returns the cause with what is known beside it.
func (e *EndError) Error() string {
	s := string(e.Cause)
	if e.Status != 0 {
		s = fmt.Sprintf("%s (%d %s)", s, e.Status, e.Reason)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns e.Err.
func (e *EndError) Unwrap() error { return e.Err }

// Is reports whether target is e's Cause.
func (e *EndError) Is(target error) bool {
	c, ok := target.(Cause)
	return ok && c == e.Cause
}

// maxRetryAfter bounds what a server may ask.
const maxRetryAfter = 24 * time.Hour

// failureOf is the EndError of a final response to one of our requests.
func failureOf(res *sip.Response) *EndError {
	wait, _ := res.RetryAfter()
	return &EndError{
		Cause:      CauseFromStatus(res.StatusCode),
		Origin:     Remote,
		Status:     res.StatusCode,
		Reason:     res.Reason,
		Reasons:    res.Reasons(),
		RetryAfter: min(wait, maxRetryAfter),
		Message:    res,
	}
}

// StateError is returned for an operation that the session's or the agent's
// state does not allow.
type StateError struct {
	Op    string
	State Status
}

// Error names the operation and the state.
func (e *StateError) Error() string {
	return fmt.Sprintf("ua: %s: not possible in state %s", e.Op, e.State)
}
