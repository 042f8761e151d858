package model

import (
	"context"
	"time"

	"webphone/phone"
)

// Phone is what the screens ask of *phone.Phone. Every method is safe from
// any goroutine. Those that may touch the disk, a device or the network are
// called through Model.Do, so that the window never waits.
type Phone interface {
	// Snapshot is the state of everything, now. It does not block.
	Snapshot() *phone.Snapshot
	// Changed is a channel with one slot: receive, then read Snapshot. It is
	// closed when ctx ends.
	Changed(ctx context.Context) <-chan struct{}

	// Calls. An id of "" is the ringing, else the active, else the only call.
	Dial(target string, o phone.DialOptions) (phone.CallID, error)
	Answer(id phone.CallID) error
	Decline(id phone.CallID) error
	Hangup(id phone.CallID) error
	HangupAll() error
	Hold(id phone.CallID) error
	Resume(id phone.CallID) error
	SetMuted(id phone.CallID, muted bool) error
	SetMemberMuted(id phone.CallID, muted bool) error
	SetRecording(id phone.CallID, on bool) error
	SendDTMF(id phone.CallID, digits string) error
	Transfer(id phone.CallID, target string) error
	TransferTo(id, other phone.CallID) error
	Merge(ids ...phone.CallID) error
	Split(id phone.CallID) error
	HoldConference(id phone.CallID) error
	ResumeConference(id phone.CallID) error
	HangupConference(id phone.CallID) error
	ConnectConference(id phone.CallID) error
	RestartPath(id phone.CallID) error
	SetVolume(id phone.CallID, volume float64) error
	SilenceRinger()
	KeyTone(digit rune)
	RingMe(after time.Duration) error

	// Chat and history.
	Send(peer, text string) (int64, error)
	RetryMessage(id int64) error
	// Typing is for every change of what is being written to peer.
	Typing(peer string, typing bool)
	MarkRead(peer string)
	DeleteThread(peer string) error
	MarkCallsSeen()
	DeleteHistory(id int64) error
	ClearHistory() error

	// Contacts, accounts and settings.
	SaveContact(c phone.Contact) error
	DeleteContact(id int64) error
	SetAccount(a phone.Account, password string) error
	RemoveAccount(id string) error
	TestAccount(ctx context.Context, a phone.Account, password string, onStep func(phone.TestStep)) error
	ReconnectNow(account string)
	Apply(s phone.Settings) error
	SetTURNPassword(t phone.TURN, password string) error
	StartDemo() error
	Dismiss(noticeID int64)

	// Sound. Levels go from 0 to 1 and cost an atomic load.
	MicrophoneLevel() float64
	SpeakerLevel() float64
	CallLevels(id phone.CallID) (mine, theirs float64)
	Monitor(on bool)
	PlayTest() error
	PlayRing() error
}
