package control

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Exit codes of the command line, and codes of the socket's answers.
const (
	ExitDone          = 0
	ExitRefused       = 1 // the reason is on standard error
	ExitUsage         = 2
	ExitNotRunning    = 3
	ExitNotRegistered = 4
)

// Refusal is an error with an exit code and a sentence for people.
type Refusal struct {
	Code   int // ExitRefused or ExitNotRegistered
	Reason string
	Err    error // what was behind it; may be nil
}

func (e *Refusal) Error() string { return e.Reason }

func (e *Refusal) Unwrap() error { return e.Err }

// Phone is the running phone as the socket sees it. Its methods are called
// from many goroutines. A call's id "" means the ringing, else the active,
// else the only call. An error that is no *Refusal has code 1 and its own text.
type Phone interface {
	// Dial calls from the account with an address; "" is the usual one.
	Dial(target, account string) (id string, err error)
	Answer(id string) error
	Decline(id string) error
	Hangup(id string) error
	HangupAll() error
	Hold(id string) error
	Resume(id string) error
	SetMuted(id string, muted bool) error
	// SetMemberMuted keeps one member of a conference from all the others.
	SetMemberMuted(id string, muted bool) error
	// SetRecording and ToggleRecording return when the file is there.
	SetRecording(id string, on bool) error
	ToggleRecording(id string) error
	SendDTMF(id, digits string) error
	// Transfer and TransferTo return when the other side was asked.
	Transfer(id, target string) error
	TransferTo(id, other string) error
	// Merge makes a conference of all answered calls; it returns when those
	// on hold were asked back. Split makes single calls of it and goes on
	// with id, "" with the first that is not on hold.
	Merge() error
	Split(id string) error
	// Reconnect looks for a new path for the sound; it returns when the other
	// side is asked.
	Reconnect(id string) error
	// SendMessage returns when the message was accepted or has failed. It
	// leaves from the account with an address; "" is the one over which there
	// were messages or calls with peer last, else the usual one.
	SendMessage(ctx context.Context, peer, text, account string) error
	// Messages returns the messages exchanged with peer, "" for everybody,
	// the oldest first.
	Messages(peer string) ([]Message, error)
	// History returns past calls, the newest first.
	History() ([]HistoryEntry, error)
	// AddAccount adds an account, or changes the one with the same address.
	// note is what the user must be told although it was done; often "".
	AddAccount(ctx context.Context, a Account) (note string, err error)
	Status() Status
	// Changed returns a channel that has a value whenever Status may be
	// another; it is closed when ctx ends.
	Changed(ctx context.Context) <-chan struct{}
	// Show brings the window to the front.
	Show() error
	// Open takes an address that was clicked on somewhere.
	Open(target string) error
	// Demo starts the demonstration.
	Demo() error
	// Quit makes the phone end; it returns at once.
	Quit()
}

// Account is what "account add" has gathered.
type Account struct {
	URI         string `json:"uri"`
	Server      string `json:"server"`
	AuthUser    string `json:"auth_user,omitempty"`
	DisplayName string `json:"display_name,omitempty"`
	// CAPEM holds certificate authorities to trust for this account.
	CAPEM    string `json:"ca_pem,omitempty"`
	Password string `json:"password,omitempty"`
}

// LogValue keeps the password out of logs.
func (a Account) LogValue() slog.Value { return slog.StringValue(a.String()) }

// String names the account, without its password.
func (a Account) String() string { return a.URI + " at " + a.Server }

// GoString is String.
func (a Account) GoString() string { return a.String() }

// Status is what "status --json" prints. No list in it is nil.
type Status struct {
	Accounts       []AccountStatus `json:"accounts"`
	Calls          []CallStatus    `json:"calls"` // live, or ended in the last ten seconds
	MissedCalls    int             `json:"missed_calls"`
	UnreadMessages int             `json:"unread_messages"`
	Devices        DeviceStatus    `json:"devices"`
}

// AccountStatus is one account in a Status.
type AccountStatus struct {
	URI    string `json:"uri"`
	Server string `json:"server"`
	// State is offline, connecting, registering, registered or failed.
	State   string     `json:"state"`
	Reason  string     `json:"reason"` // a sentence; "" when well
	RetryAt *time.Time `json:"retry_at"`
	// VoicemailWaiting: something new is in the mailbox; VoicemailNew counts
	// the messages, where the server does.
	VoicemailWaiting bool `json:"voicemail_waiting"`
	VoicemailNew     int  `json:"voicemail_new"`
}

// CallStatus is one call in a Status.
type CallStatus struct {
	ID          string `json:"id"`
	Account     string `json:"account"`   // its address
	Direction   string `json:"direction"` // incoming or outgoing
	Peer        string `json:"peer"`
	DisplayName string `json:"display_name"`
	// State is connecting, ringing, incoming, early, confirmed or ended.
	State      string `json:"state"`
	LocalHold  bool   `json:"local_hold"`
	RemoteHold bool   `json:"remote_hold"`
	Muted      bool   `json:"muted"`
	// MemberMuted: nobody in the conference hears the other side.
	MemberMuted bool `json:"member_muted"`
	// RecordingSince is null while the call is not recorded; Recordings are
	// the files of it so far.
	RecordingSince *time.Time `json:"recording_since"`
	Recordings     []string   `json:"recordings"`
	CreatedAt      time.Time  `json:"created_at"`
	StartedAt      *time.Time `json:"started_at"` // when it was answered
	EndedAt        *time.Time `json:"ended_at"`
	Codec          string     `json:"codec"`
	Encrypted      bool       `json:"encrypted"`
	MediaLost      bool       `json:"media_lost"`
	// HearingIn is why the other side is not heard: path, never, blocked, not
	// sent, silence or codec; HearingOut why it may not hear us: path,
	// unheard, no answer or mic; "" when nothing is wrong.
	HearingIn  string `json:"hearing_in"`
	HearingOut string `json:"hearing_out"`
	// PathRestart is how far the search for a new path has come: asked, done
	// or failed; "" where there was none.
	PathRestart string `json:"path_restart"`
	// Reconnecting: the connection or the way of the sound is lost, and the
	// call is being brought back.
	Reconnecting bool `json:"reconnecting"`
	// Transfer is asked, ringing, done or failed; "" when it is not transferred.
	Transfer       string `json:"transfer"`
	TransferTarget string `json:"transfer_target"`
	TransferReason string `json:"transfer_reason"` // a sentence, if it failed
	// Conference is the same for the calls that are merged; "" for none.
	Conference string `json:"conference"`
	// Follows is the call whose place it took in a transfer, Successor the
	// one that took its place.
	Follows   string `json:"follows"`
	Successor string `json:"successor"`

	DTMFReceived string    `json:"dtmf_received"`
	EndCause     string    `json:"end_cause"`
	EndStatus    int       `json:"end_status"` // SIP status, 0 when none
	Stats        CallStats `json:"stats"`
}

// CallStats are the figures of a call's media.
type CallStats struct {
	RTT             float64 `json:"rtt_ms"`
	Jitter          float64 `json:"jitter_ms"`
	PeerJitter      float64 `json:"peer_jitter_ms"` // of ours, as the other side reports it
	Buffer          float64 `json:"buffer_ms"`
	LossPercent     float64 `json:"loss_percent"`
	PeerLossPercent float64 `json:"peer_loss_percent"`
	Lost            uint64  `json:"lost"`
	Late            uint64  `json:"late"`
	PeerLost        uint64  `json:"peer_lost"`
	Concealed       float64 `json:"concealed_ms"`
	PacketsSent     uint64  `json:"packets_sent"`
	PacketsReceived uint64  `json:"packets_received"`
	// Rates are kbit/s of payload, those on the wire with all headers.
	SendRate        float64 `json:"send_kbps"`
	ReceiveRate     float64 `json:"receive_kbps"`
	SendWireRate    float64 `json:"send_wire_kbps"`
	ReceiveWireRate float64 `json:"receive_wire_kbps"`
	ReceiveCodec    string  `json:"receive_codec"`
	Cipher          string  `json:"cipher"`
	Local           string  `json:"local"` // "host udp 192.0.2.1:5004"
	Remote          string  `json:"remote"`
	MOS             float64 `json:"mos"` // 1–4.5, 0 until known
	MOSMean         float64 `json:"mos_mean"`
	MOSWorst        float64 `json:"mos_worst"`
}

// DeviceStatus names the sound devices in use; "" for none.
type DeviceStatus struct {
	Microphone string `json:"microphone"`
	Speaker    string `json:"speaker"`
	Problem    string `json:"problem"` // a sentence; "" when well
}

// Message is one message that "messages --json" prints.
type Message struct {
	ID          int64     `json:"id"`
	Peer        string    `json:"peer"`
	DisplayName string    `json:"display_name"`
	Direction   string    `json:"direction"`
	Text        string    `json:"text"`
	At          time.Time `json:"at"`
	// State is received, queued, sending, accepted, delivered, read or failed.
	State  string `json:"state"`
	Cause  string `json:"cause"`
	Status int    `json:"status"` // SIP status of a failure, 0 when none
	Read   bool   `json:"read"`
}

// HistoryEntry is one past call that "history --json" prints.
type HistoryEntry struct {
	ID          int64     `json:"id"`
	Peer        string    `json:"peer"`
	DisplayName string    `json:"display_name"`
	Direction   string    `json:"direction"`
	Outcome     string    `json:"outcome"`
	Cause       string    `json:"cause"`
	Status      int       `json:"status"`
	At          time.Time `json:"at"`
	Seconds     float64   `json:"duration_seconds"` // of the conversation
	Codec       string    `json:"codec"`
	MOS         float64   `json:"mos"`
	LossPercent float64   `json:"loss_percent"`
	// These are 0 or "" in old calls.
	MOSWorst        float64  `json:"mos_worst"`
	PeerLossPercent float64  `json:"peer_loss_percent"`
	Jitter          float64  `json:"jitter_ms"`
	RTT             float64  `json:"rtt_ms"`
	Path            string   `json:"path"`
	Cipher          string   `json:"cipher"`
	ReceiveCodec    string   `json:"receive_codec"`
	Late            uint64   `json:"late"`
	Concealed       float64  `json:"concealed_ms"`
	SendRate        float64  `json:"send_kbps"` // means of the payload
	ReceiveRate     float64  `json:"receive_kbps"`
	Seen            bool     `json:"seen"`
	Recordings      []string `json:"recordings"` // files
}

// request is one line to the phone.
type request struct {
	Command string   `json:"command"`
	Call    string   `json:"call,omitempty"`
	Target  string   `json:"target,omitempty"` // of dial, transfer, open, message, messages
	Other   string   `json:"other,omitempty"`  // call of an attended transfer
	Text    string   `json:"text,omitempty"`
	Digits  string   `json:"digits,omitempty"`
	All     bool     `json:"all,omitempty"`
	On      bool     `json:"on,omitempty"`
	Member  bool     `json:"member,omitempty"` // of mute: the other side
	Toggle  bool     `json:"toggle,omitempty"` // instead of On
	Follow  bool     `json:"follow,omitempty"`
	From    string   `json:"from,omitempty"` // of dial, message: address of the account
	Account *Account `json:"account,omitempty"`
}

// response is one line from the phone.
type response struct {
	Code     int            `json:"code"`
	Error    string         `json:"error,omitempty"`
	Note     string         `json:"note,omitempty"`
	ID       string         `json:"id,omitempty"`
	Status   *Status        `json:"status,omitempty"`
	Messages []Message      `json:"messages,omitempty"`
	History  []HistoryEntry `json:"history,omitempty"`
	More     bool           `json:"more,omitempty"`
}

// refused is the response for an error; nil is success.
func refused(err error) response {
	if err == nil {
		return response{}
	}
	r := response{Code: ExitRefused, Error: err.Error()}
	var e *Refusal
	if errors.As(err, &e) && e.Code != ExitDone {
		r.Code = e.Code
	}
	return r
}
