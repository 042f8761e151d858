package phone

import (
	"testing"

	"webphone/phone/sip"
)

func TestLearnParty(t *testing.T) {
	const bob = "sip:bob@example.com"
	for _, c := range []struct {
		rule      string
		direction Direction
		known     party
		learnt    []string
		shown     party
		history   party
	}{
		{
			"a caller gives the call to another", Incoming,
			party{bob, "Bob"},
			[]string{`"Carol" <sip:carol@example.com>`},
			party{"sip:carol@example.com", "Carol"},
			party{"sip:carol@example.com", "Carol"},
		},
		{
			"another without a name", Incoming,
			party{bob, "Bob"},
			[]string{`<tel:+493044771200>`},
			party{"tel:+493044771200", ""},
			party{"tel:+493044771200", ""},
		},
		{
			"somebody else answers: the history has who was dialled", Outgoing,
			party{bob, ""},
			[]string{`"Carol" <sip:carol@example.com>`},
			party{"sip:carol@example.com", "Carol"},
			party{bob, ""},
		},
		{
			"who was dialled gets a name", Outgoing,
			party{bob, ""},
			[]string{`"Bob Meyer" <sip:bob@example.com>`},
			party{bob, "Bob Meyer"},
			party{bob, "Bob Meyer"},
		},
		{
			"whom one dialled after all", Outgoing,
			party{bob, "Bob"},
			[]string{`"Carol" <sip:carol@example.com>`, `<sip:bob@example.com>`},
			party{bob, "Bob"},
			party{bob, "Bob"},
		},
		{
			"a name, and then another one", Outgoing,
			party{bob, ""},
			[]string{`"Bob Meyer" <sip:bob@example.com>`, `"Carol" <sip:carol@example.com>`},
			party{"sip:carol@example.com", "Carol"},
			party{bob, "Bob Meyer"},
		},
		{
			"a server that names its machine means its domain", Outgoing,
			party{"sip:1001@example.com", ""},
			[]string{`"Bob" <sip:1001@192.0.2.7>`},
			party{"sip:1001@example.com", "Bob"},
			party{"sip:1001@example.com", "Bob"},
		},
		{
			"another user of that machine", Outgoing,
			party{"sip:1001@example.com", ""},
			[]string{`"Ann" <sip:1002@192.0.2.7>`},
			party{"sip:1002@192.0.2.7", "Ann"},
			party{"sip:1001@example.com", ""},
		},
		{
			"the same user of another domain is another", Incoming,
			party{bob, "Bob"},
			[]string{`<sip:bob@example.org>`},
			party{"sip:bob@example.org", ""},
			party{"sip:bob@example.org", ""},
		},
		{
			"a number written in another way", Outgoing,
			party{"sip:03044771200@example.com", ""},
			[]string{`"Town hall" <tel:+493044771200>`},
			party{"sip:03044771200@example.com", "Town hall"},
			party{"sip:03044771200@example.com", "Town hall"},
		},
		{
			"no name does not take one away", Incoming,
			party{bob, "Bob"},
			[]string{`<sip:bob@example.com>`},
			party{bob, "Bob"},
			party{bob, "Bob"},
		},
		{
			"a server is nobody to talk to", Incoming,
			party{bob, "Bob"},
			[]string{`"PBX" <sip:192.0.2.7>`},
			party{bob, "Bob"},
			party{bob, "Bob"},
		},
	} {
		t.Run(c.rule, func(t *testing.T) {
			call := &call{direction: c.direction, remote: c.known.address, displayName: c.known.name, dialled: c.known}
			for _, text := range c.learnt {
				who, err := sip.ParseNameAddr(text)
				if err != nil {
					t.Fatal(err)
				}
				call.learnParty(who)
			}
			if got := (party{call.remote, call.displayName}); got != c.shown {
				t.Errorf("shown: %+v, want %+v", got, c.shown)
			}
			if got := call.inHistory(); got != c.history {
				t.Errorf("history: %+v, want %+v", got, c.history)
			}
		})
	}
}
