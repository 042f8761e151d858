package phone

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	"webphone/audio"
	"webphone/phone/loop"
	"webphone/phone/ua"
)

// tableCalls makes calls a, b, c… of words: "talk", "held", "hold…" and
// "resume…" for those on their way, "muted", "rings", "dials", "over",
// "moved" (transferring), and a digit for the conference.
func tableCalls(words string) []*call {
	var calls []*call
	for i, word := range strings.Fields(words) {
		c := &call{id: CallID(rune('a' + i)), session: &ua.RTCSession{}, account: &account{}, state: CallConfirmed}
		if n := len(word) - 1; word[n] >= '1' && word[n] <= '9' {
			c.conference, word = ConferenceID(word[n:]), word[:n]
		}
		switch word {
		case "talk":
		case "held":
			c.localHold = true
		case "hold…":
			c.holdPending = true
		case "resume…":
			c.localHold, c.holdPending = true, true
		case "muted":
			c.muted = true
		case "rings":
			c.state = CallIncoming
		case "dials":
			c.state = CallRinging
		case "over":
			c.state = CallEnded
		case "moved":
			c.transfer.State = TransferAsked
		case "merging":
			c.merging = &merge{}
		default:
			panic(word)
		}
		calls = append(calls, c)
	}
	return calls
}

func newTablePhone(t *testing.T, words string) *Phone {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	engine, err := audio.New(audio.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	p := &Phone{ctx: t.Context(), log: log, audio: engine, loop: loop.New(loop.Options{Log: log})}
	t.Cleanup(p.loop.Close)
	p.state.calls = tableCalls(words)
	return p
}

// meant writes calls as their ids, or the error.
func meant(calls []*call, err error) string {
	switch {
	case errors.Is(err, ErrNoCall):
		return "none"
	case errors.Is(err, ErrWhichCall):
		return "which"
	case errors.Is(err, ErrNoConference):
		return "no conference"
	case errors.Is(err, ErrMergeAlone):
		return "alone"
	case errors.Is(err, ErrMerging):
		return "merging"
	case errors.Is(err, ErrTransferring):
		return "transferring"
	case err != nil:
		return "state"
	}
	var ids string
	for _, c := range calls {
		ids += string(c.id)
	}
	return ids
}

// Every state of the calls and every command without the id of a call: what it
// is for. A digit names the conference that a call is in.
func TestConference_whatCommandsMean(t *testing.T) {
	for _, c := range []struct{ calls, talk, resume, conference, merge string }{
		{"", "none", "none", "no conference", "alone"},
		{"talk", "a", "a", "no conference", "alone"},
		{"held", "a", "a", "no conference", "alone"},
		{"rings", "a", "state", "no conference", "alone"},
		{"dials", "a", "state", "no conference", "alone"},
		{"over", "none", "none", "no conference", "alone"},
		{"talk held", "a", "b", "no conference", "ab"},
		{"held held", "which", "which", "no conference", "ab"},
		{"talk talk", "which", "which", "no conference", "ab"},
		{"talk dials", "a", "a", "no conference", "alone"},
		{"talk rings", "b", "state", "no conference", "alone"},
		{"talk held rings", "c", "b", "no conference", "ab"},
		{"talk over", "a", "a", "no conference", "alone"},
		{"talk1 talk1", "ab", "which", "ab", "ab"},
		{"held1 held1", "which", "ab", "ab", "ab"},
		{"talk1 held1", "a", "b", "ab", "ab"},
		{"talk1 talk1 held1", "abc", "c", "abc", "abc"},
		{"talk1 talk1 held", "ab", "c", "ab", "abc"},
		{"held1 held1 talk", "c", "ab", "ab", "abc"},
		{"held1 held1 held", "which", "which", "ab", "abc"},
		{"talk1 talk1 rings", "c", "state", "ab", "ab"},
		{"talk1 talk1 dials", "ab", "which", "ab", "ab"},
		{"talk1 talk1 held2 held2", "ab", "cd", "ab", "abcd"},
		{"held1 held1 held2 held2", "which", "which", "which", "abcd"},
		{"talk merging", "which", "which", "no conference", "merging"},
		{"talk moved", "which", "which", "no conference", "transferring"},
		{"hold… resume…", "a", "b", "no conference", "ab"},
	} {
		t.Run(c.calls, func(t *testing.T) {
			p := newTablePhone(t, c.calls)
			for _, command := range []struct {
				name, want string
				find       func() ([]*call, error)
			}{
				{"hold, mute or hang up", c.talk, func() ([]*call, error) { return p.findTalk("") }},
				{"resume", c.resume, func() ([]*call, error) { return p.heldCalls("") }},
				{"the conference", c.conference, func() ([]*call, error) { return p.findConference("") }},
				{"merge", c.merge, func() ([]*call, error) { return p.mergeable(nil) }},
			} {
				if got := meant(command.find()); got != command.want {
					t.Errorf("%s is for %q, want %q", command.name, got, command.want)
				}
			}
		})
	}
}

func TestMerge_namedCalls(t *testing.T) {
	for _, c := range []struct{ calls, ids, want string }{
		{"talk held held", "ab", "ab"},
		{"talk held held", "c", "alone"},
		{"talk1 talk1 held", "bc", "abc"},
		{"talk1 talk1 held held", "ad", "abd"},
		{"talk1 talk1 held2 held2", "ac", "abcd"},
		{"talk dials", "ab", "state"},
		{"talk held", "ax", "none"},
		{"talk over", "ab", "none"},
		{"moved held talk", "bc", "bc"},
	} {
		t.Run(c.calls+" "+c.ids, func(t *testing.T) {
			var ids []CallID
			for _, id := range c.ids {
				ids = append(ids, CallID(id))
			}
			p := newTablePhone(t, c.calls)
			if got := meant(p.mergeable(ids)); got != c.want {
				t.Errorf("%q are merged, want %q", got, c.want)
			}
		})
	}
}

// One who leaves takes nobody along, and one who is left alone has a call.
func TestConference_leave(t *testing.T) {
	for _, c := range []struct{ calls, want string }{
		{"talk1 talk1 talk1", "-11"},
		{"talk1 talk1", "--"},
		{"talk1 held1", "--"},
		{"talk1 talk1 held2 held2", "--22"},
		{"talk1 talk1 held", "---"},
		{"talk held2 held2", "-22"},
		{"talk1 over1 talk1 talk1", "-111"},
	} {
		t.Run(c.calls, func(t *testing.T) {
			p := newTablePhone(t, c.calls)
			p.leaveConference(p.state.calls[0])
			got := ""
			for _, c := range p.state.calls {
				if c.conference == "" {
					got += "-"
				}
				got += string(c.conference)
			}
			if got != c.want {
				t.Errorf("conferences %q, want %q", got, c.want)
			}
		})
	}
}

// The user goes on, muted or not, as they were where they talked.
func TestMerge_mute(t *testing.T) {
	for _, c := range []struct {
		calls   string
		resumed []int
		want    bool
	}{
		{"talk talk", []int{1}, false},
		{"muted talk", []int{1}, true},
		{"talk muted", []int{1}, false},
		{"talk muted", []int{0, 1}, true},
		{"talk talk", nil, false},
		{"talk muted", nil, true},
	} {
		calls := tableCalls(c.calls)
		m := &merge{calls: calls}
		for _, i := range c.resumed {
			m.resumed = append(m.resumed, calls[i])
		}
		if got := m.muted(); got != c.want {
			t.Errorf("%s, %v on hold: muted %v", c.calls, c.resumed, got)
		}
	}
}

// One member is muted for all the others, until they leave the conference.
func TestConference_memberMuted(t *testing.T) {
	for _, c := range []struct {
		calls, muted string
		then         func(p *Phone)
		want         string
	}{
		{"talk1 talk1 talk1", "b", func(*Phone) {}, "b"},
		{"talk1 talk1 talk1", "ab", func(p *Phone) { p.leaveConference(p.state.calls[0]) }, "b"},
		{"talk1 talk1", "b", func(p *Phone) { p.leaveConference(p.state.calls[0]) }, ""},
		{"talk held", "a", func(*Phone) {}, "refused"},
		{"talk1 over1 talk1", "b", func(*Phone) {}, "refused"},
		{"talk1 talk1 held", "b", func(p *Phone) { p.confer(p.state.calls[1:], false) }, "b"},
	} {
		t.Run(c.calls+" "+c.muted, func(t *testing.T) {
			p := newTablePhone(t, c.calls)
			got := ""
			for _, id := range c.muted {
				if err := p.SetMemberMuted(CallID(id), true); err != nil {
					got = "refused"
				}
			}
			turn(t, p, func() { c.then(p) })
			for _, call := range p.state.calls {
				if call.hushed {
					got += string(call.id)
				}
			}
			if got != c.want {
				t.Errorf("muted: %q, want %q", got, c.want)
			}
		})
	}
}
