package audio

import (
	"errors"
	"fmt"
)

// Errors of a Stream, to be compared with errors.Is.
var (
	// ErrClosed means that the stream or the engine has been closed.
	ErrClosed = errors.New("audio: closed")
	// ErrNotStarted means that the stream has no parameters yet.
	ErrNotStarted = errors.New("audio: stream not started")
	// ErrNoTelephoneEvent means that the peer does not take RFC 4733 events.
	ErrNoTelephoneEvent = errors.New("audio: telephone events not negotiated")
	// ErrNotSending means that the stream does not send now (hold).
	ErrNotSending = errors.New("audio: stream does not send")
	// ErrTone means a character that is no DTMF tone: 0–9 * # A–D.
	ErrTone = errors.New("audio: no such tone")
)

// Role is what a sound device is used for.
type Role int

// The roles. The ringer may be another device than the speaker, so that a
// call can ring aloud while the headset lies on the table.
const (
	Microphone Role = iota
	Speaker
	Ringer
)

// String returns the role in lower case.
func (r Role) String() string {
	switch r {
	case Microphone:
		return "microphone"
	case Speaker:
		return "speaker"
	case Ringer:
		return "ringer"
	}
	return fmt.Sprintf("role %d", int(r))
}

// DeviceError is a problem with a sound device. Calls go on with another
// device, or without one.
type DeviceError struct {
	Role  Role
	ID    string // the device asked for; "" is the system's default
	Using string // name of the device used in its place; "" = none
	Err   error  // *device.Error
}

// Error describes the problem in one line.
func (e *DeviceError) Error() string {
	id := e.ID
	if id == "" {
		id = "default"
	}
	if e.Using != "" {
		return fmt.Sprintf("audio: %s %s: %v (using %s)", e.Role, id, e.Err, e.Using)
	}
	return fmt.Sprintf("audio: %s %s: %v", e.Role, id, e.Err)
}

// Unwrap returns the cause.
func (e *DeviceError) Unwrap() error { return e.Err }
