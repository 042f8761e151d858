// Package device opens microphones and speakers: those of the system, files in
// their place, or none at all with a clock that beats like one. It is the only
// importer of the sound library.
//
// Every device runs at 48 kHz with one channel of 16-bit samples and moves
// frames of exactly 10 ms.
package device

import (
	"errors"
	"fmt"
	"time"
)

// The format of every frame.
const (
	SampleRate    = 48000
	FrameSamples  = 480
	FrameDuration = 10 * time.Millisecond
)

// Backend is a source of devices. Its methods are safe from any goroutine and
// may take as long as the sound system does.
type Backend interface {
	// Devices lists what can be opened now, monitors last. Without a sound
	// system the lists are empty and the error is nil; one that does not let
	// us see its devices is an *Error of kind Denied.
	Devices() (microphones, speakers []Info, err error)
	// OpenCapture starts a microphone; id "" is the system's default. Errors
	// are *Error.
	OpenCapture(id string, take Taker) (Device, error)
	// OpenPlayback starts a speaker in the same way.
	OpenPlayback(id string, use Use, give Giver) (Device, error)
	// Changes has a token when Devices may have something new to say since it
	// was last received from. It is nil where the system does not tell.
	Changes() <-chan struct{}
	// Close frees the backend. Devices must have been closed before.
	Close() error
}

// Taker takes the next frame of FrameSamples samples from a microphone; it is
// valid until the call returns. It runs on a goroutine of the device, which may
// work in it for some milliseconds but not wait.
//
// What it returns is how many frames may come before it is called for each of
// them, as each waking costs more than the work of a frame; less than 1 is 1.
type Taker func(frame []int16) (patience int)

// Giver fills the next frame for a speaker, which holds silence before; else it
// is like Taker.
//
// A frame may be asked for early, which is by its length: so that one waking
// serves for two. A giver that does not know yet what it will be returns false.
type Giver func(frame []int16, early bool) (given bool)

// Use is what a speaker is opened for, which the system may tell the user.
type Use int

// The uses.
const (
	Talk Use = iota // a conversation and its tones
	Ring            // the ringtone alone
)

// String names a stream of the use.
func (u Use) String() string {
	if u == Ring {
		return "Ringtone"
	}
	return "Call"
}

// Shortener is a Backend that can have its devices run in shorter periods.
type Shortener interface {
	// SetShortPeriods has devices that are opened from now on move samples
	// every 5 ms instead of every 10, so that they wait less.
	SetShortPeriods(on bool)
}

// Device is a running microphone or speaker.
type Device interface {
	// Info is the device in use: for the default the one that was the default
	// when it was opened, as far as the system tells.
	Info() Info
	// Alive is false once frames have stopped coming for half a second or the
	// device has vanished. Such a device does not come back: close it and open
	// another.
	Alive() bool
	// Lead has a microphone's goroutine serve a speaker of the same backend too,
	// as often as that needs it, until the speaker is let go, by nil or by Close
	// of either. Devices that cannot do so take no notice.
	Lead(speaker Device)
	// Counters tells how well the goroutine that takes or gives keeps up.
	Counters() Counters
	// Close stops the device. Its callback does not run after Close returns;
	// it must not be called from the callback.
	Close() error
}

// Counters are the abnormal events of a device since it was opened.
type Counters struct {
	// Gaps are the periods of the sound system that lost samples of a
	// microphone or were not filled for a speaker: the goroutine came too late.
	Gaps uint64
	// Ahead is how far ahead of the speaker the goroutine works at least.
	Ahead time.Duration
}

// Kind says what is wrong with a device.
type Kind int

// The kinds of an Error.
const (
	Failed   Kind = iota // the sound system gave another reason, see Err
	NoDevice             // there is no such device, or none at all
	Busy                 // another program has it for itself
	Denied               // the system does not let us use it
	Vanished             // it was there and has gone
	BadFile              // a file in place of a device cannot be used
	Silent               // it is open and gives digital silence
)

// String describes the kind in a few words.
func (k Kind) String() string {
	switch k {
	case Failed:
		return "does not work"
	case NoDevice:
		return "no such device"
	case Busy:
		return "in use by another program"
	case Denied:
		return "access denied"
	case Vanished:
		return "vanished"
	case BadFile:
		return "file cannot be used"
	case Silent:
		return "gives no sound"
	}
	return fmt.Sprintf("kind %d", int(k))
}

// Error is why a device cannot be used.
type Error struct {
	Kind   Kind
	Device string // the id or file name asked for; "" is the default
	Err    error  // the cause; may be nil
}

// Error describes the failure in one line.
func (e *Error) Error() string {
	s := e.Kind.String()
	if e.Device != "" {
		s = e.Device + ": " + s
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// errClosed is the cause when a backend is used after Close.
var errClosed = errors.New("backend closed")
