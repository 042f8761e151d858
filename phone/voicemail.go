package phone

import "webphone/phone/watch"

// Voicemail is what waits in the mailbox of an account (RFC 3842); the zero
// value is none, or a server that does not tell.
type Voicemail struct {
	Waiting  bool   // something new is there
	New, Old int    // voice messages; both 0 where the server does not count
	Address  string // whom to call to hear them; "" if not told
}

// mailboxEvent is the event package of mailboxes.
const mailboxEvent = "message-summary"

// watchMailbox asks the server once for the account's mailbox. Servers without
// any refuse, which nobody needs to know; what one tells unasked still counts.
func (p *Phone) watchMailbox(a *account) {
	if a.mailbox != nil {
		return
	}
	w, err := watch.NewMailbox(a.ua, a.URI)
	if err != nil {
		p.log.Info("not watching the mailbox", "account", a.URI, "err", err)
		return
	}
	a.mailbox = w
}

// voicemail is what is known of the account's mailbox.
func (a *account) voicemail() Voicemail {
	if a.mailbox == nil {
		return Voicemail{}
	}
	m, _ := a.mailbox.Value()
	v := Voicemail{Waiting: m.Waiting, Address: m.Account}
	if count, ok := m.Voice(); ok {
		v.New, v.Old = int(count.New), int(count.Old)
	}
	return v
}
