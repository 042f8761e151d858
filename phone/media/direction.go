package media

import (
	"strings"

	"webphone/phone/ua"
)

// direction is the direction of a section as its describer sees it
// (RFC 3264 §5.1, §6.1).
type direction struct{ send, receive bool }

var (
	sendRecv = direction{true, true}
	sendOnly = direction{true, false}
	recvOnly = direction{false, true}
	inactive = direction{false, false}
)

func (d direction) String() string {
	switch d {
	case sendOnly:
		return "sendonly"
	case recvOnly:
		return "recvonly"
	case inactive:
		return "inactive"
	}
	return "sendrecv"
}

func directionOf(attribute string) direction {
	switch attribute {
	case "sendonly":
		return sendOnly
	case "recvonly":
		return recvOnly
	case "inactive":
		return inactive
	}
	return sendRecv
}

// reversed is d as the other side sees it.
func (d direction) reversed() direction { return direction{d.receive, d.send} }

// and is what both allow.
func (d direction) and(e direction) direction {
	return direction{d.send && e.send, d.receive && e.receive}
}

// wanted is the direction that our holds leave: who holds sends (nothing but
// the direction says so) and does not listen.
func wanted(hold, remoteHold bool) direction {
	return direction{send: !remoteHold, receive: !hold}
}

// allowed is the direction that the user asked for.
func allowed(d ua.AudioDirection) direction {
	return direction{send: d.Sends(), receive: d.Receives()}
}

func isDirection(line string) bool {
	switch strings.TrimSpace(line) {
	case "a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive":
		return true
	}
	return false
}
