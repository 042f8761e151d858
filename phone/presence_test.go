package phone

import (
	"fmt"
	"testing"

	"webphone/phone/watch"
)

func TestOwnAvailability(t *testing.T) {
	for _, c := range []struct {
		rule  string
		calls []*call
		quiet bool
		want  watch.Availability
	}{
		{"nothing happens", nil, false, watch.Available},
		{"do not disturb", nil, true, watch.Busy},
		{"a call that rings here is nobody's business", []*call{{state: CallIncoming}}, false, watch.Available},
		{"we call", []*call{{state: CallRinging}}, false, watch.InCall},
		{"we talk, and do not want to be disturbed", []*call{{state: CallConfirmed}}, true, watch.InCall},
		{"it is over", []*call{{state: CallEnded}}, false, watch.Available},
	} {
		t.Run(c.rule, func(t *testing.T) {
			p := &Phone{state: state{calls: c.calls}}
			p.state.settings.Calls.DoNotDisturb = c.quiet
			if got := p.ownAvailability(); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestWatched_areThoseOfTheOwnDomain(t *testing.T) {
	a := &account{Account: Account{URI: "sip:alice@example.com"}}
	p := &Phone{state: state{contacts: []Contact{
		{Name: "Bob", Addresses: []string{"sip:bob@example.com", "030 44", "Bob.M@EXAMPLE.com;x=y"}, Watched: true},
		{Name: "Carol", Addresses: []string{"carol@example.com"}},
		{Name: "Dana", Addresses: []string{"dana@elsewhere.example"}, Watched: true},
	}}}
	got := p.watched(a)
	if len(got) != 2 || got["bob@example.com"] != "sip:bob@example.com" || got["bob.m@example.com"] == "" {
		t.Errorf("watched are %v", got)
	}
	for i := range 2 * maxWatched {
		p.state.contacts = append(p.state.contacts, Contact{Addresses: []string{fmt.Sprintf("u%d@example.com", i)}, Watched: true})
	}
	if n := len(p.watched(a)); n != maxWatched {
		t.Errorf("%d are watched at once, want %d", n, maxWatched)
	}
}
