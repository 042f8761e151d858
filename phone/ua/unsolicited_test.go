package ua

import (
	"testing"

	"webphone/phone/sip"
)

func TestUnsolicited(t *testing.T) {
	for _, c := range []struct {
		rule string
		mods []mod
		want []string
	}{
		{"told where configured", []mod{header("Event", "Message-Summary"), body("application/simple-message-summary", "Messages-Waiting: yes")}, []string{"<< NOTIFY", ">> 200 NOTIFY", "event SIPEvent message-summary"}},
		{"and with an id", []mod{header("Event", "check-sync;id=4")}, []string{"<< NOTIFY", ">> 200 NOTIFY", "event SIPEvent check-sync;id=4"}},
		{"no subscription to any other (RFC 6665 §4.1.3)", []mod{header("Event", "presence")}, []string{"<< NOTIFY", ">> 481 NOTIFY"}},
		{"nor in a dialog that is not there", []mod{header("Event", "check-sync"), tag("x")}, []string{"<< NOTIFY", ">> 481 NOTIFY"}},
		{"400 without Event (RFC 6665 §8.2.1)", nil, []string{"<< NOTIFY", ">> 400 NOTIFY"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, func(c *Config) { c.Events.Unsolicited = []string{"message-summary", "Check-Sync"} }, func(s *scene) {
				s.outside()
				s.receive(s.request(sip.NOTIFY, c.mods...))
				s.expect(c.want...)
			})
		})
	}
}
