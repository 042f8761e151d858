package ua

import (
	"context"
	"errors"
	"time"
)

// Errors by which a Peer tells the agent what to answer. Any other error of
// Offer or Answer is an internal failure: 500.
var (
	// ErrIncompatibleSDP: the remote description is malformed or has nothing
	// in common with us; answered 488.
	ErrIncompatibleSDP = errors.New("incompatible session description")
	// ErrUserDenied: the microphone may not be used; answered 480.
	ErrUserDenied = errors.New("media access denied")
	// ErrPathLost: nothing comes from the other side any more, or nothing
	// ever did; an offer that restarts ICE may find another way.
	ErrPathLost = errors.New("no path for sound")
	// ErrNoTelephoneEvent: the peer did not negotiate RFC 4733 events.
	ErrNoTelephoneEvent = errors.New("telephone-event not negotiated")
)

// Direction says which side made a call.
type Direction int

// The directions.
const (
	Outgoing Direction = iota + 1
	Incoming
)

// String returns "outgoing" or "incoming".
func (d Direction) String() string {
	switch d {
	case Outgoing:
		return "outgoing"
	case Incoming:
		return "incoming"
	}
	return "unknown"
}

// AnswerKind says how binding an answer is.
type AnswerKind int

// The kinds of answer.
const (
	// AnswerProvisional answers the call's first offer with early media.
	// Another answer to it, maybe from another fork, follows.
	AnswerProvisional AnswerKind = iota + 1
	// AnswerFinal completes the last offer that is not complete; without
	// text it says that the provisional answer applied last is final.
	AnswerFinal
)

// String returns "provisional" or "final".
func (k AnswerKind) String() string {
	switch k {
	case AnswerProvisional:
		return "provisional"
	case AnswerFinal:
		return "final"
	}
	return "unknown"
}

// AudioDirection is what the user wants of a call's sound (RFC 3264 §5.1).
type AudioDirection int

// The directions of sound, as we see them.
const (
	AudioSendRecv AudioDirection = iota
	AudioSendOnly
	AudioRecvOnly
	AudioInactive
)

var audioDirectionNames = [...]string{"sendrecv", "sendonly", "recvonly", "inactive"}

// String returns the name that SDP has for d.
func (d AudioDirection) String() string {
	if d >= 0 && int(d) < len(audioDirectionNames) {
		return audioDirectionNames[d]
	}
	return "unknown"
}

// Sends reports whether we speak.
func (d AudioDirection) Sends() bool { return d == AudioSendRecv || d == AudioSendOnly }

// Receives reports whether we listen.
func (d AudioDirection) Receives() bool { return d == AudioSendRecv || d == AudioRecvOnly }

// Peer is a call's media as the agent sees them. Offer, Answer, SetAnswer,
// Rollback, CheckPath, AddCandidates, SendDTMF and Close may block: the agent calls them from jobs, one
// at a time. SetMuted is called on the loop and must not block.
type Peer interface {
	// Offer makes a new offer from the present state.
	Offer(ctx context.Context, o OfferOptions) (sdp string, err error)
	// Answer applies a remote offer and makes the answer to it.
	Answer(ctx context.Context, offer string, o AnswerOptions) (sdp string, err error)
	// SetAnswer applies a remote answer to the last Offer, or to the first,
	// as long as only provisional answers to that have come.
	SetAnswer(ctx context.Context, answer string, kind AnswerKind) error
	// Rollback returns to the last stable state: the offer came to nothing.
	Rollback(ctx context.Context) error
	// CheckPath returns an error if the path of the sound is known to be
	// gone, or nothing has come over it lately: an offer had better restart
	// ICE.
	CheckPath(ctx context.Context) error
	// AddCandidates takes candidates of the other side that its description
	// did not have. Those of a description that is still to come wait for it,
	// others than of the present or next one are dropped.
	AddCandidates(ctx context.Context, told []Candidate) error
	// SetMuted stops or starts the sending of the microphone's sound.
	SetMuted(muted bool)
	// SendDTMF sends one RFC 4733 event and returns when the gap after it
	// has passed. It returns ErrNoTelephoneEvent when that is not negotiated.
	SendDTMF(ctx context.Context, tone rune, duration, gap time.Duration) error
	// Close frees everything; nothing is called after it.
	Close() error
}

// OfferOptions shapes an offer. Its direction is sendrecv, with Hold
// sendonly, with RemoteHold recvonly and with both inactive.
type OfferOptions struct {
	Hold       bool // we hold the other party
	RemoteHold bool // the other party holds us
	ICERestart bool
	Audio      AudioDirection // what the user wants at most
}

// AnswerOptions shapes an answer.
type AnswerOptions struct {
	// Hold limits the direction that answers the offer's by our hold.
	Hold  bool
	Audio AudioDirection // what the user wants at most
}

// PeerOptions is what NewPeer gets.
type PeerOptions struct {
	CallID    string
	Direction Direction
	Data      any  // CallOptions.Data or AnswerCallOptions.Data
	Trickle   bool // candidates may be told after the description
	Events    PeerEvents
}

// PeerEvents is what a Peer reports. The functions may be called from any
// goroutine at any time, and return at once.
type PeerEvents struct {
	// Connected: ICE and DTLS are up, for the first time or again.
	Connected func()
	// Interrupted: nothing comes from the other side. Connected follows if
	// it comes back by itself or after an offer, else Failed.
	Interrupted func()
	// Failed: with ErrPathLost ICE has given up; the session restarts it for
	// a while. With any other error the session ends with CauseRTPTimeout.
	Failed func(err error)
	// Candidate: a candidate of ours was found.
	Candidate func(Candidate)
	// DTMF: an RFC 4733 event has ended.
	DTMF func(tone rune, d time.Duration)
}
