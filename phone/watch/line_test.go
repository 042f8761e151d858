package watch

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"webphone/phone/sip/body"
	"webphone/phone/ua"
)

// info is a document of one call or none: "early" is one that rings.
func info(version uint32, partial bool, id, state string) []byte {
	d := body.DialogInfo{Version: version, Partial: partial, Entity: "sip:bob@example.com"}
	if id != "" {
		d.Dialogs = []body.Dialog{{ID: id, Recipient: true, State: body.DialogState(state)}}
	}
	return d.Bytes()
}

// RFC 4235 §4.3: how whole and partial documents join.
func TestLines_merge(t *testing.T) {
	type step struct {
		document []byte
		want     string // the state and the ids, or the error
	}
	for _, c := range []struct {
		rule  string
		steps []step
	}{
		{"a partial one changes what it names", []step{
			{info(0, false, "a", "early"), "ringing a"},
			{info(1, true, "b", "confirmed"), "ringing a b"},
			{info(2, true, "a", "confirmed"), "talking a b"},
			{info(3, true, "b", "terminated"), "talking a"},
			{info(4, true, "a", "terminated"), "idle"},
		}},
		{"a whole one replaces all", []step{
			{info(0, false, "a", "early"), "ringing a"},
			{info(1, false, "b", "confirmed"), "talking b"},
			{info(2, false, "", ""), "idle"},
		}},
		{"a gap asks for the whole state", []step{
			{info(0, false, "a", "early"), "ringing a"},
			{info(2, true, "a", "confirmed"), "gap"},
			{info(3, false, "a", "confirmed"), "talking a"},
		}},
		{"a partial one at first is a gap", []step{{info(0, true, "a", "early"), "gap"}}},
		{"an old partial one is stale", []step{
			{info(5, false, "a", "early"), "ringing a"},
			{info(5, true, "a", "confirmed"), "stale"},
		}},
		{"a whole one of a server that does not count", []step{
			{info(0, false, "a", "early"), "ringing a"},
			{info(0, false, "a", "confirmed"), "talking a"},
		}},
		{"rubbish changes nothing", []step{
			{info(0, false, "a", "early"), "ringing a"},
			{[]byte("<dialog-info"), "syntax"},
			{info(1, true, "a", "confirmed"), "talking a"},
		}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			together(t, func(alice, _ *party) {
				alice.do(func() {
					s, err := alice.ua.Subscribe("bob", "dialog", "", ua.SubscribeOptions{})
					if err != nil {
						t.Error(err)
						return
					}
					var l lines
					for i, step := range c.steps {
						if got := outcome(&l, s, step.document); got != step.want {
							t.Errorf("step %d: %s, want %s", i, got, step.want)
						}
					}
				})
			})
		})
	}
}

func outcome(l *lines, s *ua.Subscriber, document []byte) string {
	var syntax *body.SyntaxError
	switch err := l.read(s, document); {
	case errors.Is(err, body.ErrGap):
		return "gap"
	case errors.Is(err, body.ErrStale):
		return "stale"
	case errors.As(err, &syntax):
		return "syntax"
	case err != nil:
		return err.Error()
	}
	line := l.line()
	got := []string{line.State.String()}
	for _, call := range line.Calls {
		got = append(got, call.ID)
	}
	return strings.Join(got, " ")
}

func TestLineState(t *testing.T) {
	held := body.Party{Params: []body.Param{{Name: "+sip.rendering", Value: "no"}}}
	for _, c := range []struct {
		call body.Dialog
		want LineState
	}{
		{body.Dialog{State: body.Trying, Initiator: true}, Calling},
		{body.Dialog{State: body.Early, Recipient: true}, Ringing},
		{body.Dialog{State: body.Early}, Ringing},
		{body.Dialog{State: body.Confirmed}, Talking},
		{body.Dialog{State: body.Confirmed, Local: held}, OnHold},
		{body.Dialog{State: body.Terminated}, Idle},
	} {
		if got := lineState(c.call); got != c.want {
			t.Errorf("%+v is %v, want %v", c.call, got, c.want)
		}
	}
}

// A gap is filled by a refresh, to which the whole state is told; a lost
// subscription begins to count anew; a second notifier adds its calls.
func TestLine(t *testing.T) {
	together(t, func(alice, bob *party) {
		all := bob.serve(body.TypeDialogInfo, info(7, false, "a", "early"))
		var w *Watch[Line]
		alice.do(func() {
			var err error
			if w, err = NewLine(alice.ua, "bob"); err != nil {
				t.Error(err)
				return
			}
			alice.on = func(e ua.Event) { w.Handle(e) }
		})
		expect := func(rule, want string) {
			t.Helper()
			alice.do(func() {
				line, _ := w.Value()
				if got := fmt.Sprint(w.Status(), " ", line.State, " ", len(line.Calls)); got != want {
					t.Errorf("%s: %s, want %s (%v)", rule, got, want, w.Err())
				}
			})
		}
		expect("first", "active ringing 1")
		bob.do(func() { _ = (*all)[0].Notify(info(8, true, "a", "confirmed")) })
		expect("partial", "active talking 1")
		bob.do(func() { _ = (*all)[0].Notify(info(11, true, "b", "confirmed")) })
		expect("a gap, and the whole state again", "active ringing 1")
		if w.Err() != nil {
			t.Error(w.Err())
		}
		bob.do(func() { _ = (*all)[0].Terminate(nil, "deactivated", 0) })
		expect("lost and back", "active ringing 1")
		alice.do(func() {
			fork, err := alice.ua.Subscribe("bob", "dialog", "", ua.SubscribeOptions{})
			if err != nil {
				t.Error(err)
				return
			}
			w.Handle(ua.SubscriptionForked{Subscriber: w.main, Fork: fork})
			if !w.Handle(ua.SubscriptionNotify{Subscriber: fork, Body: info(0, false, "x", "confirmed"), ContentType: body.TypeDialogInfo + "; charset=UTF-8"}) {
				t.Error("not told")
			}
			if line, _ := w.Value(); len(line.Calls) != 2 || line.State != Ringing {
				t.Errorf("%+v", line)
			}
			w.Handle(ua.SubscriptionTerminated{Subscriber: fork})
			if line, _ := w.Value(); len(line.Calls) != 1 || w.Status() != Active {
				t.Errorf("%+v", line)
			}
			if !w.Handle(ua.SubscriptionNotify{Subscriber: w.main, Body: []byte("x"), ContentType: "text/plain"}) || w.Err() == nil {
				t.Error("a document of another type")
			}
			if !w.Handle(ua.SubscriptionPending{Subscriber: w.main}) || w.Status() != Pending || w.Handle(ua.SubscriptionPending{Subscriber: w.main}) ||
				!w.Handle(ua.SubscriptionLost{Subscriber: w.main}) || w.Status() != Lost {
				t.Errorf("%v", w.Status())
			}
		})
	})
}
