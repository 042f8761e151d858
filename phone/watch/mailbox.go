package watch

import (
	"webphone/phone/sip/body"
	"webphone/phone/ua"
)

const messageSummary = "message-summary"

// Mailbox is what waits in a mailbox.
type Mailbox = body.MessageSummary

// NewMailbox watches the messages that wait for target, an address or what a
// user typed for one (RFC 3842). What a server tells without being asked counts
// too, where ua.EventsConfig.Unsolicited has message-summary.
func NewMailbox(u *ua.UA, target string) (*Watch[Mailbox], error) {
	return start(u, target, kind[Mailbox]{
		event: messageSummary, accept: body.TypeMessageSummary,
		read: func(_ *ua.Subscriber, document []byte) (Mailbox, error) { return body.ParseMessageSummary(document) },
		unsolicited: func(e ua.SIPEvent) (Mailbox, bool) {
			if pkg, _, _ := e.Request.Event(); pkg != messageSummary {
				return Mailbox{}, false
			}
			m, err := body.ParseMessageSummary(e.Request.Body)
			return m, err == nil
		},
	})
}
