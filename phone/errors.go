package phone

import (
	"errors"
	"fmt"
)

// The reasons for which the phone refuses a command. ui/explain.go has their
// sentences; the command line's exit code 4 stands for ErrNotRegistered.
var (
	ErrNoAccount     = errors.New("phone: no account")
	ErrNotRegistered = errors.New("phone: not registered")
	ErrNoCall        = errors.New("phone: no such call")
	ErrWhichCall     = errors.New("phone: several calls, none of them ringing or active")
	ErrNoMessage     = errors.New("phone: no such message")
	ErrEmptyMessage  = errors.New("phone: the message is empty")
	ErrNotDemo       = errors.New("phone: not in the demonstration")
	ErrDemoAccount   = errors.New("phone: the demonstration's account cannot be changed")
	ErrDemoContact   = errors.New("phone: the demonstration's contacts cannot be changed")
	ErrDemoRunning   = errors.New("phone: the demonstration is running already")
	ErrClosed        = errors.New("phone: closed")
	ErrTransferring  = errors.New("phone: the call is being transferred already")
	ErrTransferSelf  = errors.New("phone: a call cannot be transferred to itself")
	ErrMergeAlone    = errors.New("phone: a conference needs two answered calls")
	ErrMerging       = errors.New("phone: the call is being merged already")
	ErrNoConference  = errors.New("phone: no such conference")
	ErrConnectTwo    = errors.New("phone: only two others can be connected with each other")
	ErrRestarting    = errors.New("phone: a new path was asked for a moment ago")
	ErrDTMF          = errors.New("phone: only 0–9, A–D, * and # can be sent as tones")
)

// TargetError says that what was typed is no address and no number.
type TargetError struct {
	Target string
	Err    error
}

func (e *TargetError) Error() string {
	return fmt.Sprintf("phone: %q is neither an address nor a number", e.Target)
}

func (e *TargetError) Unwrap() error { return e.Err }

// AccountError is a problem with one account that is neither the server's
// answer nor the connection's: an unreadable certificate file, no password.
type AccountError struct {
	URI string
	Op  string // "password", "certificates"
	Err error
}

func (e *AccountError) Error() string {
	return fmt.Sprintf("phone: account %s: %s: %v", e.URI, e.Op, e.Err)
}

func (e *AccountError) Unwrap() error { return e.Err }

// StorageError says that something could not be written down; it is still on
// the screen, but a restart may lose it.
type StorageError struct {
	What string // "call", "message", "contact", "settings"
	Err  error
}

func (e *StorageError) Error() string { return "phone: storing the " + e.What + ": " + e.Err.Error() }
func (e *StorageError) Unwrap() error { return e.Err }

// DeviceNotice tells that the sound moved to another device because the one
// chosen went away.
type DeviceNotice struct {
	Gone, Now string // device names
}

func (e *DeviceNotice) Error() string {
	return fmt.Sprintf("phone: %s is gone, sound is now on %s", e.Gone, e.Now)
}

// RecordingError says that a call is not recorded, or not any more, or not
// whole. The call goes on.
type RecordingError struct {
	Peer string // name or address
	Err  error  // *record.Error; *record.SlowError while the recording goes on
}

func (e *RecordingError) Error() string {
	return "phone: recording the call with " + e.Peer + ": " + e.Err.Error()
}

func (e *RecordingError) Unwrap() error { return e.Err }

// HoldError says that a hold or resume was refused; the call goes on as it was.
type HoldError struct {
	Peer string
	Err  error
}

func (e *HoldError) Error() string { return "phone: hold with " + e.Peer + ": " + e.Err.Error() }
func (e *HoldError) Unwrap() error { return e.Err }

// MergeError says that calls could not become a conference because one of them
// could not be taken off hold; all are as they were.
type MergeError struct {
	Peer string
	Err  error
}

func (e *MergeError) Error() string { return "phone: merging with " + e.Peer + ": " + e.Err.Error() }
func (e *MergeError) Unwrap() error { return e.Err }

// DTMFError says that digits did not reach the other side.
type DTMFError struct {
	Tones string
	Err   error
}

func (e *DTMFError) Error() string { return "phone: tones " + e.Tones + ": " + e.Err.Error() }
func (e *DTMFError) Unwrap() error { return e.Err }
