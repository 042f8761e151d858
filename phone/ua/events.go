package ua

import (
	"time"

	"webphone/phone/sip"
)

// Event is what Config.OnEvent gets: one of the types of the events files.
type Event interface{ event() }

// Connecting: an attempt to connect to a server begins.
type Connecting struct {
	Server  string
	Attempt int // 1 for the first
}

// Connected: the transport is up. A REGISTER follows by itself.
type Connected struct{ Server string }

// Disconnected: the connection was lost or an attempt failed.
type Disconnected struct {
	Server  string
	Err     error         // nil after UA.Stop
	RetryIn time.Duration // until the next attempt; 0 = none
	// Code and Reason are those of the server's goodbye (RFC 6455 §7.4); 0
	// if it said none.
	Code   int
	Reason string
}

// Registering: a REGISTER was sent while not registered.
type Registering struct{}

// Registered: the registrar has our binding. Refreshes are not told.
type Registered struct {
	Response *sip.Response
	Expires  time.Duration
}

// Unregistered: the binding is gone; we asked for it, a refresh failed, or the
// connection was lost (Response nil).
type Unregistered struct {
	Response *sip.Response
	Cause    Cause // "" when we asked for it
}

// RegistrationFailed: a REGISTER failed. If we had been registered,
// Unregistered follows.
type RegistrationFailed struct {
	Response *sip.Response // nil after a timeout or transport failure
	Err      *EndError
	// RetryIn is the time until the next attempt; 0 means that none is made
	// before the next connection, as after a wrong password.
	RetryIn time.Duration
}

// NewRTCSession: a call begins, ours before its INVITE is sent, or an incoming
// one before it is answered 180.
type NewRTCSession struct {
	Originator Originator
	Session    *RTCSession
	Request    *sip.Request
}

// NewMessage: a MESSAGE came in (Remote), or is about to be sent (Local). One
// that came in is answered by Message.Accept or Reject, also later.
type NewMessage struct {
	Originator Originator
	Message    *Message
	Request    *sip.Request
}

// Progress: the callee was alerted: a 101–199 came (Remote), or we sent one.
type Progress struct {
	Session    *RTCSession
	Originator Originator
	Response   *sip.Response
}

// EarlyMedia: an early answer was applied; local ringback should stop.
type EarlyMedia struct{ Session *RTCSession }

// EarlyMediaLost: the early media that EarlyMedia told of have failed or ended,
// and no other fork has any; local ringback should sound again.
type EarlyMediaLost struct{ Session *RTCSession }

// Accepted: the callee answered and both descriptions are in place.
type Accepted struct {
	Session    *RTCSession
	Originator Originator
	Response   *sip.Response
}

// Confirmed: the ACK was sent (Local) or received (Remote).
type Confirmed struct {
	Session    *RTCSession
	Originator Originator
	Ack        *sip.Request
}

// Ended: the session is over. Every session has exactly one, and no event
// after it.
type Ended struct {
	Session *RTCSession
	Err     *EndError
}

// Held: the call was put on hold by us (Local) or by the other party.
type Held struct {
	Session    *RTCSession
	Originator Originator
}

// Resumed: the hold of that side ended.
type Resumed struct {
	Session    *RTCSession
	Originator Originator
}

// MutedChanged: Mute or Unmute had an effect.
type MutedChanged struct {
	Session *RTCSession
	Muted   bool
}

// NewDTMF: a tone was sent (Local) or received, by RTP or by INFO.
type NewDTMF struct {
	Session    *RTCSession
	Originator Originator
	Tone       rune // 0–9, A–D, R, * or #
	Duration   time.Duration
	Info       bool // in an INFO; else in the sound (RFC 4733)
}

// NewInfo: an INFO that is no DTMF was sent (Local) or received. It is already
// answered.
type NewInfo struct {
	Session    *RTCSession
	Originator Originator
	Request    *sip.Request
}

// ICECandidate: a candidate of ours was found. Its Ready ends the wait for
// more.
type ICECandidate struct {
	Session   *RTCSession
	Candidate Candidate
}

// MediaInterrupted: nothing comes from the other side any more. The session
// looks for another way; MediaConnected or Ended follows.
type MediaInterrupted struct{ Session *RTCSession }

// MediaConnected: ICE and DTLS are up, for the first time or again.
type MediaConnected struct{ Session *RTCSession }

func (Connecting) event()         {}
func (Connected) event()          {}
func (Disconnected) event()       {}
func (Registering) event()        {}
func (Registered) event()         {}
func (Unregistered) event()       {}
func (RegistrationFailed) event() {}
func (NewRTCSession) event()      {}
func (NewMessage) event()         {}
func (Progress) event()           {}
func (EarlyMedia) event()         {}
func (EarlyMediaLost) event()     {}
func (Accepted) event()           {}
func (Confirmed) event()          {}
func (Ended) event()              {}
func (Held) event()               {}
func (Resumed) event()            {}
func (MutedChanged) event()       {}
func (NewDTMF) event()            {}
func (NewInfo) event()            {}
func (MediaConnected) event()     {}
func (ICECandidate) event()       {}
func (MediaInterrupted) event()   {}
