package phone

import (
	"errors"
	"testing"

	"webphone/audio"
	"webphone/phone/store"
	"webphone/phone/ua"
)

func TestOutcome(t *testing.T) {
	end := func(cause ua.Cause, origin ua.Originator) *ua.EndError {
		return &ua.EndError{Cause: cause, Origin: origin}
	}
	cases := []struct {
		name     string
		d        Direction
		answered bool
		end      *ua.EndError
		want     Outcome
	}{
		{"answered, then hung up", Outgoing, true, end(ua.CauseBye, ua.Remote), OutcomeAnswered},
		{"answered, then sound failed", Incoming, true, end(ua.CauseRTPTimeout, ua.System), OutcomeAnswered},
		{"the caller gave up", Incoming, false, end(ua.CauseCanceled, ua.Remote), OutcomeMissed},
		{"it rang too long", Incoming, false, end(ua.CauseNoAnswer, ua.Local), OutcomeMissed},
		{"we declined", Incoming, false, end(ua.CauseRejected, ua.Local), OutcomeDeclined},
		{"another phone of ours answered", Incoming, false, end(ua.CauseAnsweredElsewhere, ua.Remote), OutcomeElsewhere},
		{"no common codec with the caller", Incoming, false, end(ua.CauseIncompatibleSDP, ua.Local), OutcomeFailed},
		{"we gave up", Outgoing, false, end(ua.CauseCanceled, ua.Local), OutcomeCancelled},
		{"busy", Outgoing, false, end(ua.CauseBusy, ua.Remote), OutcomeBusy},
		{"declined by the other side", Outgoing, false, end(ua.CauseRejected, ua.Remote), OutcomeRejected},
		{"not reachable", Outgoing, false, end(ua.CauseUnavailable, ua.Remote), OutcomeNoAnswer},
		{"a server gave up ringing", Outgoing, false, &ua.EndError{Cause: ua.CauseSIPFailure, Status: 487, Origin: ua.Remote}, OutcomeNoAnswer},
		{"unknown number", Outgoing, false, end(ua.CauseNotFound, ua.Remote), OutcomeFailed},
		{"connection lost while calling", Outgoing, false, end(ua.CauseConnection, ua.System), OutcomeFailed},
		{"no reason known", Outgoing, false, nil, OutcomeFailed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := outcome(c.d, c.answered, c.end); got != c.want {
				t.Errorf("outcome = %q, want %q", got, c.want)
			}
		})
	}
}

func TestWantedTones(t *testing.T) {
	in := func(s CallState) *call { return &call{direction: Incoming, state: s} }
	out := func(s CallState) *call { return &call{direction: Outgoing, state: s} }
	silenced := in(CallIncoming)
	silenced.silenced = true
	cases := []struct {
		name   string
		calls  []*call
		ending audio.Tone
		ring   bool
		tone   audio.Tone
	}{
		{"nothing happens", nil, audio.ToneNone, false, audio.ToneNone},
		{"someone calls", []*call{in(CallIncoming)}, audio.ToneNone, true, audio.ToneNone},
		{"the user silenced it", []*call{silenced}, audio.ToneNone, false, audio.ToneNone},
		{"someone calls during a call", []*call{out(CallConfirmed), in(CallIncoming)}, audio.ToneNone, false, audio.ToneWaiting},
		{"it rings there", []*call{out(CallRinging)}, audio.ToneNone, false, audio.ToneRingback},
		{"the far end sends its own ringback", []*call{out(CallEarly)}, audio.ToneNone, false, audio.ToneNone},
		{"the far end says that it rings and sends nothing", []*call{{direction: Outgoing, state: CallEarly, ringback: ringback{sounds: true}}}, audio.ToneNone, false, audio.ToneRingback},
		{"what rang is answered", []*call{{direction: Outgoing, state: CallConfirmed, ringback: ringback{sounds: true}}}, audio.ToneNone, false, audio.ToneNone},
		{"we talk", []*call{out(CallConfirmed)}, audio.ToneNone, false, audio.ToneNone},
		{"it was busy", []*call{out(CallEnded)}, audio.ToneBusy, false, audio.ToneBusy},
		{"someone calls just after", []*call{out(CallEnded), in(CallIncoming)}, audio.ToneBusy, true, audio.ToneBusy},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ring, tone := wantedTones(c.calls, c.ending)
			if ring != c.ring || tone != c.tone {
				t.Errorf("ring %v tone %v, want %v %v", ring, tone, c.ring, c.tone)
			}
		})
	}
}

func TestAccountValidate(t *testing.T) {
	cases := []struct {
		name   string
		a      Account
		fields []string
	}{
		{"complete", Account{URI: "sip:alice@example.com", Servers: []string{"wss://example.com/ws"}}, nil},
		{"scheme left out", Account{URI: " alice@example.com", Servers: []string{"ws://10.0.0.1:8088/ws "}}, nil},
		{"no user", Account{URI: "sip:example.com", Servers: []string{"wss://example.com"}}, []string{"uri"}},
		{"no server", Account{URI: "sip:alice@example.com"}, []string{"server"}},
		{"a web address", Account{URI: "sip:alice@example.com", Servers: []string{"https://example.com"}}, []string{"server"}},
		{"the server's scheme left out", Account{URI: "alice@example.com", Servers: []string{"example.com:8089/ws"}}, nil},
		{"no host of a server", Account{URI: "alice@example.com", Servers: []string{"/ws"}}, []string{"server"}},
		{"all wrong", Account{Servers: []string{"http://example.com"}}, []string{"uri", "server"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := c.a.normalized().Validate()
			if got := fieldsOf(err); len(got) != len(c.fields) {
				t.Fatalf("wrong fields %v, want %v", got, c.fields)
			}
			for _, f := range c.fields {
				if !fieldsOf(err)[f] {
					t.Errorf("%s is not reported in %v", f, err)
				}
			}
		})
	}
}

func fieldsOf(err error) map[string]bool {
	fields := map[string]bool{}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, e := range joined.Unwrap() {
			var f *store.FieldError
			if errors.As(e, &f) {
				fields[f.Field] = true
			}
		}
	}
	return fields
}

func TestProposeServers(t *testing.T) {
	for _, c := range []struct{ name, address, first string }{
		{"an address", "alice@example.com", "wss://example.com:8089/ws"},
		{"with its scheme", "sip:alice@pbx.example.com", "wss://pbx.example.com:8089/ws"},
		{"not typed to the end", "alice", ""},
		{"no host yet", "alice@", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			if list := ProposeServers(c.address); len(list) > 0 {
				got = list[0]
			}
			if got != c.first {
				t.Errorf("first proposal %q, want %q", got, c.first)
			}
		})
	}
}
