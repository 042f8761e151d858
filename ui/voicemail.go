package ui

import (
	"webphone/phone"
)

// waitingMail is the first mailbox in which something new waits.
func waitingMail(s *phone.Snapshot) (phone.Voicemail, bool) {
	for _, a := range s.Accounts {
		if a.Voicemail.Waiting || a.Voicemail.New > 0 {
			return a.Voicemail, true
		}
	}
	return phone.Voicemail{}, false
}

// mailCount is the number on the envelope: at least one, also where the server
// does not count.
func mailCount(v phone.Voicemail) int { return max(1, v.New) }

// callMailbox dials the mailbox in which something waits.
func (u *UI) callMailbox() {
	v, ok := waitingMail(u.model.Snapshot())
	switch {
	case !ok:
	case v.Address == "":
		u.host.Say("The server does not say how to reach the mailbox: dial its number")
	default:
		u.call(v.Address)
	}
}
