package ui

import (
	"webphone/phone"
)

// mailAccount is the first account in whose mailbox something new waits.
func mailAccount(s *phone.Snapshot) (phone.AccountState, bool) {
	for _, a := range s.Accounts {
		if a.Voicemail.Waiting || a.Voicemail.New > 0 {
			return a, true
		}
	}
	return phone.AccountState{}, false
}

// waitingMail is the first mailbox in which something new waits.
func waitingMail(s *phone.Snapshot) (phone.Voicemail, bool) {
	a, ok := mailAccount(s)
	return a.Voicemail, ok
}

// mailCount is the number on the envelope: at least one, also where the server
// does not count.
func mailCount(v phone.Voicemail) int { return max(1, v.New) }

// callMailbox dials the mailbox in which something waits, as whose it is.
func (u *UI) callMailbox() {
	a, ok := mailAccount(u.model.Snapshot())
	switch {
	case !ok:
	case a.Voicemail.Address == "":
		u.host.Say("The server does not say how to reach the mailbox: dial its number")
	default:
		u.callBack(a.Voicemail.Address, a.ID)
	}
}
