package ua

import "fmt"

// Status is the state of an RTCSession, with JsSIP's names. The states and
// their transitions:
//
//	         invite sent          1xx                  2xx
//	Null ───────────▶ InviteSent ─────▶ 1xxReceived ─────────▶ Confirmed
//	 │                    │ 2xx ─────────────────────────────────▲  ▲
//	 │ invite received    └─cancel─▶ Canceled ◀─cancel─┘            │ ACK
//	 ▼            180                    answer           200       │
//	InviteReceived ─▶ WaitingForAnswer ─────▶ Answered ─▶ WaitingForACK
//
//	every state ──end──▶ Terminated
type Status int

// The states.
const (
	StatusNull             Status = iota // the offer is being made
	StatusInviteSent                     // no answer yet
	Status1xxReceived                    // ringing over there
	StatusInviteReceived                 // not yet alerted
	StatusWaitingForAnswer               // ringing here
	StatusAnswered                       // the answer is being made
	StatusWaitingForACK                  // our 200 is out
	StatusCanceled                       // given up before the 2xx; the INVITE transaction ends by itself
	StatusTerminated                     // over
	StatusConfirmed                      // in conversation
)

var statusNames = [...]string{
	StatusNull:             "null",
	StatusInviteSent:       "invite sent",
	Status1xxReceived:      "1xx received",
	StatusInviteReceived:   "invite received",
	StatusWaitingForAnswer: "waiting for answer",
	StatusAnswered:         "answered",
	StatusWaitingForACK:    "waiting for ACK",
	StatusCanceled:         "canceled",
	StatusTerminated:       "terminated",
	StatusConfirmed:        "confirmed",
}

// String returns the state's name.
func (s Status) String() string {
	if s >= 0 && int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("Status(%d)", int(s))
}

// sessionInput is what moves a session from state to state.
type sessionInput int

const (
	inInviteSent sessionInput = iota
	inProvisional
	inSuccess // 2xx to our INVITE
	inCancel  // given up locally before the 2xx
	inInviteReceived
	inAlerted // our 180 is out
	inAnswer  // the user answers
	inAnswerSent
	inAck
	inEnd
)

var sessionInputNames = [...]string{
	"invite sent", "provisional", "success", "cancel", "invite received",
	"alerted", "answer", "answer sent", "ack", "end",
}

func (i sessionInput) String() string { return sessionInputNames[i] }

// next returns the state that follows s on in, and false if in means nothing
// in s.
func (s Status) next(in sessionInput) (Status, bool) {
	switch {
	case s == StatusTerminated || s == StatusCanceled:
		return s, false
	case in == inEnd:
		return StatusTerminated, true
	}
	switch s {
	case StatusNull:
		switch in {
		case inInviteSent:
			return StatusInviteSent, true
		case inInviteReceived:
			return StatusInviteReceived, true
		case inCancel:
			return StatusCanceled, true
		}
	case StatusInviteSent, Status1xxReceived:
		switch in {
		case inInviteSent: // again, with credentials or another Min-SE
			return StatusInviteSent, true
		case inProvisional:
			return Status1xxReceived, true
		case inSuccess:
			return StatusConfirmed, true
		case inCancel:
			return StatusCanceled, true
		}
	case StatusInviteReceived:
		if in == inAlerted {
			return StatusWaitingForAnswer, true
		}
	case StatusWaitingForAnswer:
		if in == inAnswer {
			return StatusAnswered, true
		}
	case StatusAnswered:
		if in == inAnswerSent {
			return StatusWaitingForACK, true
		}
	case StatusWaitingForACK:
		if in == inAck {
			return StatusConfirmed, true
		}
	}
	return s, false
}
