package phone

import (
	"time"

	"webphone/audio/device"
)

// CallID names one call for as long as the process lives. It is short enough
// to be typed.
type CallID string

// Snapshot is everything a screen or the command line shows, at one moment.
// It is immutable: whoever holds one may read it without a lock for ever.
type Snapshot struct {
	Accounts []AccountState // in the order of Settings.Accounts
	Calls    []Call         // live, and ended within EndedCallKept; oldest first
	History  []HistoryEntry // newest first, at most HistoryKept
	Threads  []Thread       // the one with the newest message first
	Contacts []Contact      // by name
	Devices  Devices
	Settings Settings
	Notices  []Notice // what the user must be told once; see Phone.Dismiss

	// Presence is what is known of people; see PresenceOf.
	Presence map[string]Presence

	MissedCalls    int // not yet seen
	UnreadMessages int
	// RecordingFolder is where recordings go to.
	RecordingFolder string
	// Demo says that the account belongs to the embedded demonstration server.
	Demo bool
	// RingMeAt is when the demonstration server will ring; zero when it will not.
	RingMeAt time.Time
}

const (
	// EndedCallKept is how long an ended call stays among Snapshot.Calls.
	EndedCallKept = 10 * time.Second
	// HistoryKept is how many calls Snapshot.History holds.
	HistoryKept = 500
	// MessagesKept is how many messages of a thread Thread.Messages holds.
	MessagesKept = 200
)

// Connection is the state of an account; its texts are those of
// "webphone status --json".
type Connection string

// The states of an account.
//
//	Offline ──▶ Connecting ──▶ Registering ──▶ Registered
//	   ▲            ▲  │            │              │
//	   │            │  ▼            ▼              │
//	   └─ removed   └─ Failed ◀────────────────────┘
const (
	Offline     Connection = "offline"
	Connecting  Connection = "connecting"
	Registering Connection = "registering"
	Registered  Connection = "registered"
	Failed      Connection = "failed"
)

// AccountState is one account and how it stands.
type AccountState struct {
	ID          string // Account.ID
	URI         string // "sip:alice@example.com"
	DisplayName string
	Server      string // the WebSocket URL in use
	State       Connection
	// Problem is why State is Failed (or Connecting again): a
	// *transport.Error, a *ua.EndError or another typed error; nil when well.
	Problem error
	// RetryAt is when the next attempt begins; zero when none is due.
	RetryAt   time.Time
	Voicemail Voicemail
	Disabled  bool // switched off by the user
	// Changing says that it was changed, which takes effect when its calls
	// have ended or it has signed out.
	Changing bool
}

// CallState is where a call is; its texts are those of "webphone status --json".
type CallState string

// The states of a call.
//
//	outgoing: CallConnecting ──▶ CallRinging ──▶ CallConfirmed ──▶ CallEnded
//	                  └──▶ CallEarly (early media) ──▲
//	incoming: CallIncoming ──▶ CallConnecting ──▶ CallConfirmed ──▶ CallEnded
//	any state ──▶ CallEnded
const (
	CallConnecting CallState = "connecting"
	CallRinging    CallState = "ringing"
	CallIncoming   CallState = "incoming"
	CallEarly      CallState = "early"
	CallConfirmed  CallState = "confirmed"
	CallEnded      CallState = "ended"
)

// Direction tells who called.
type Direction string

// The directions of a call.
const (
	Incoming Direction = "incoming"
	Outgoing Direction = "outgoing"
)

// Call is one call.
type Call struct {
	ID          CallID
	Account     string // Account.ID
	Direction   Direction
	Peer        string // "sip:bob@example.com"
	DisplayName string // the contact's name, else what the peer says, else ""
	State       CallState
	LocalHold   bool
	RemoteHold  bool
	// HoldPending says that a hold or resume is on its way.
	HoldPending bool
	Muted       bool
	// MemberMuted says that nobody in the conference hears the other side.
	MemberMuted bool
	Volume      float64 // 0–2, 1 is as received
	// RecordingSince is since when the call is written into a file; zero
	// while it is not. Recordings are the files of it so far.
	RecordingSince time.Time
	Recordings     Recordings

	CreatedAt time.Time // when it was dialled or came in
	StartedAt time.Time // when it was answered; zero before
	EndedAt   time.Time // zero while it lives

	Codec        string // "opus", "G722", "PCMU", "PCMA", or "" before media
	Encrypted    bool   // DTLS-SRTP is up
	DTMFReceived string // digits heard so far
	DTMFSent     string // digits sent so far
	// MediaLost says that nothing was heard for a while, though the other
	// side should be sending. Hearing says more.
	MediaLost bool
	// Hearing is what keeps the two from hearing each other, PathRestart what
	// became of the user's attempt to mend it; see Phone.RestartPath.
	Hearing     Hearing
	PathRestart PathRestart

	// ReconnectingSince is when the connection to the server or the way of
	// the sound was lost, while the call is being brought back; else zero.
	ReconnectingSince time.Time
	// Transfer is what becomes of it when the user gives it to another.
	Transfer Transfer
	// Successor is the call that has taken its place because the other side
	// transferred it; "" for none. Follows is the same from the other end,
	// and TransferredBy the name or address of who did it.
	Successor, Follows CallID
	TransferredBy      string

	// Conference is that in which it is merged with the calls of the same
	// name; "" for none. Merging says that this is on its way.
	Conference ConferenceID
	Merging    bool

	// End is why it ended: a *ua.EndError; nil while it lives.
	End   error
	Stats CallStats
}

// Live reports whether the call has not ended.
func (c Call) Live() bool { return c.State != CallEnded }

// Outcome says how a call in the history went.
type Outcome string

// The outcomes of a call.
const (
	OutcomeAnswered  Outcome = "answered"
	OutcomeMissed    Outcome = "missed"    // incoming, nobody answered
	OutcomeDeclined  Outcome = "declined"  // incoming, we declined
	OutcomeElsewhere Outcome = "elsewhere" // incoming, another device answered
	OutcomeCancelled Outcome = "cancelled" // outgoing, we gave up
	OutcomeNoAnswer  Outcome = "no answer" // outgoing
	OutcomeBusy      Outcome = "busy"      // outgoing
	OutcomeRejected  Outcome = "rejected"  // outgoing
	OutcomeFailed    Outcome = "failed"    // anything else; see Cause and Status
)

// HistoryEntry is one past call.
type HistoryEntry struct {
	ID          int64
	Account     string // Account.ID
	Peer        string
	DisplayName string
	Direction   Direction
	Outcome     Outcome
	Cause       string // ua.Cause
	Status      int    // SIP status, 0 when none
	At          time.Time
	Duration    time.Duration // of the conversation; 0 if not answered
	Codec       string
	MOS         float64 // mean of the call; 0 if not known
	LossPercent float64 // of what we should have received
	// What follows is zero in calls of before it was written down.
	MOSWorst        float64 // in its worst moment
	PeerLossPercent float64 // of what we sent
	Jitter, RTT     time.Duration
	Path            string // "host – srflx"
	Cipher          string // "AES-128-GCM"
	ReceiveCodec    string
	Late            uint64        // packets that came after their time
	Concealed       time.Duration // of sound made up for what was lost or late
	SendRate        float64       // mean of the payload, in kbit/s
	ReceiveRate     float64       // likewise
	Seen            bool          // a missed call that was looked at; true for all others
	Recordings      Recordings
}

// MessageState is how far a message has come.
type MessageState string

// The states of a message.
//
//	MessageQueued ──▶ MessageSending ──▶ MessageAccepted ──▶ MessageDelivered ──▶ MessageRead
//	      ▲                └──▶ MessageFailed ──Retry──▶ MessageQueued
//	      └── no connection yet
const (
	MessageReceived MessageState = "received" // incoming
	MessageQueued   MessageState = "queued"
	MessageSending  MessageState = "sending"
	MessageAccepted MessageState = "accepted"
	// These two are told by the other side's phone, if it tells.
	MessageDelivered MessageState = "delivered"
	MessageRead      MessageState = "read"
	MessageFailed    MessageState = "failed"
)

// Message is one instant message.
type Message struct {
	ID int64
	// Account is the Account.ID it came to or leaves from; "" while it waits
	// for whichever account is the first to be registered.
	Account  string
	Peer     string
	Incoming bool
	Body     string
	At       time.Time
	State    MessageState
	Cause    string // ua.Cause of a failure
	Status   int    // SIP status of a failure, 0 when none
	Read     bool   // true for own messages
	// NotifyID is what receipts call it (RFC 5438): of an own message when
	// they were asked for, of another's when the reading is to be told; or "".
	NotifyID string
}

// Thread is the conversation with one peer.
type Thread struct {
	Peer        string // "sip:bob@example.com"
	DisplayName string // "" if not known
	Unread      int
	Account     string    // of the newest message that has not failed; see Snapshot.From
	Typing      bool      // the peer writes something
	Messages    []Message // oldest first, the newest MessagesKept
}

// Contact is one entry of the user's own list.
type Contact struct {
	ID        int64 // 0 for a new one, negative for one of the demonstration
	Name      string
	Addresses []string // SIP addresses or numbers, the first is the default
	Favourite bool
	Note      string
	// Watched shows how the contact can be reached, where one of its addresses
	// is in the domain of an account.
	Watched bool
}

// Own reports whether the contact is the user's; those of the demonstration
// cannot be changed.
func (c Contact) Own() bool { return c.ID >= 0 }

// Devices is the sound hardware as it stands.
type Devices struct {
	Microphones []device.Info
	Speakers    []device.Info
	Microphone  device.Info // in use, or to be used; zero when there is none
	Speaker     device.Info
	// Problem is an *audio.DeviceError, or nil: no microphone, busy, vanished,
	// silent…
	Problem error
	// MutedSpeech says that somebody is speaking into the microphone while
	// every call that sends is muted.
	MutedSpeech bool
}

// Notice is something the user must be told once: a settings file set aside,
// passwords kept in a file, a headset that was unplugged.
type Notice struct {
	ID  int64
	At  time.Time
	Err error // typed; ui/explain.go has its sentence
}
