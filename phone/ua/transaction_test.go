package ua

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// bench is what a transaction under test stands on: it notes what the
// transaction does and has its timers fire only when told.
type bench struct {
	t      *testing.T
	loop   *loop.Loop
	did    []string
	timers []benchTimer
	fail   error // of send
}

type benchTimer struct {
	name  string
	run   func()
	timer *loop.Timer
}

func (b *bench) env() txEnv {
	return txEnv{
		log: slog.New(slog.DiscardHandler),
		send: func(m sip.Message) error {
			if b.fail != nil {
				return b.fail
			}
			b.did = append(b.did, "send "+describe(m))
			return nil
		},
		after: func(_ time.Duration, name string, f func()) *loop.Timer {
			t := b.loop.After(1000*time.Hour, name, func() {})
			b.timers = append(b.timers, benchTimer{name, f, t})
			return t
		},
		post:  func(_ string, f func()) { f() },
		ended: func() { b.did = append(b.did, "end") },
	}
}

// fire runs the named timer if it was armed last and never stopped.
func (b *bench) fire(name string) {
	for i := len(b.timers) - 1; i >= 0; i-- {
		if b.timers[i].name == name {
			if b.timers[i].timer.Stop() {
				b.timers[i].run()
			}
			return
		}
	}
}

func (b *bench) user() clientUser {
	return clientUser{
		response: func(res *sip.Response) { b.did = append(b.did, fmt.Sprint("tell ", res.StatusCode)) },
		failed: func(err error) {
			if errors.Is(err, errTimeout) {
				b.did = append(b.did, "tell timeout")
			} else {
				b.did = append(b.did, "tell transport error")
			}
		},
	}
}

// onBench runs f as a turn of a loop in a bubble.
func onBench(t *testing.T, f func(*bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := loop.New(loop.Options{})
		defer l.Close()
		b := &bench{t: t, loop: l}
		if err := l.Do(t.Context(), "test", func() {
			f(b)
			for _, timer := range b.timers {
				timer.timer.Stop()
			}
		}); err != nil {
			t.Error(err)
		}
	})
}

func testRequest(m sip.Method) *sip.Request {
	r := &sip.Request{Method: m, RequestURI: addr("<sip:bob@example.com>").URI}
	r.Via = []sip.Via{{Transport: "WS", Host: "a.invalid", Params: sip.Params{{Name: "branch", Value: "z9hG4bK1"}}}}
	r.From, r.To = addr("<sip:alice@example.com>;tag=a"), addr("<sip:bob@example.com>")
	r.CallID, r.CSeq = "1", sip.CSeq{Seq: 1, Method: m}
	r.Headers.Add("Route", "<sip:p.example.com;lr>")
	return r
}

// cell is one field of a table of states and inputs: "next state: what is
// done". A dash is no change and nothing done.
func checkCell(t *testing.T, state, want string, after fmt.Stringer, did []string) {
	t.Helper()
	if want == "-" {
		want = state + ":"
	}
	if got := strings.TrimSpace(after.String() + ": " + strings.Join(did, ", ")); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestInviteClient_everyStateEveryInput(t *testing.T) {
	inputs := []struct {
		name string
		do   func(*inviteClient, *bench)
	}{
		{"1xx", func(c *inviteClient, _ *bench) { c.receive(sip.NewResponse(c.req, 180, "", "b")) }},
		{"2xx", func(c *inviteClient, _ *bench) { c.receive(sip.NewResponse(c.req, 200, "", "b")) }},
		{"≥300", func(c *inviteClient, _ *bench) { c.receive(sip.NewResponse(c.req, 486, "", "b")) }},
		{"timer B", func(_ *inviteClient, b *bench) { b.fire("timer B") }},
		{"timer M", func(_ *inviteClient, b *bench) { b.fire("timer M") }},
		{"transport", func(c *inviteClient, _ *bench) { c.transportFailed(&transportError{}) }},
		{"cancel", func(c *inviteClient, _ *bench) { c.abandon(nil) }},
		{"release", func(c *inviteClient, _ *bench) { c.release() }},
		{"final after release", func(_ *inviteClient, b *bench) { b.fire("final response after the end") }},
		{"final after cancel", func(c *inviteClient, b *bench) { b.fire("final response to CANCEL") }},
	}
	const (
		refused = "Terminated: send ACK, end, tell 486"
		lost    = "Terminated: end, tell transport error"
		timeout = "Terminated: end, tell timeout"
	)
	states := []struct {
		name    string
		reach   []int // inputs
		outcome []string
	}{
		{"Calling", nil, []string{"Proceeding: tell 180", "Accepted: tell 200", refused, timeout, "-", lost, "-", "-", "-", "-"}},
		{"Calling", []int{6}, []string{"Proceeding: cancel, tell 180", "Accepted: tell 200", refused, timeout, "-", lost, "-", "-", "-", "-"}},
		{"Calling", []int{7}, []string{"Proceeding: tell 180", "Accepted: tell 200", refused, timeout, "-", lost, "-", "-", "-", "-"}},
		{"Proceeding", []int{0}, []string{"Proceeding: tell 180", "Accepted: tell 200", refused, "-", "-", lost, "Proceeding: cancel", "-", "-", "-"}},
		{"Proceeding", []int{0, 6}, []string{"Proceeding: tell 180", "Accepted: tell 200", refused, "-", "-", lost, "-", "-", "-", timeout}},
		{"Proceeding", []int{0, 7}, []string{"Proceeding: tell 180", "Accepted: tell 200", refused, "-", "-", lost, "Proceeding: cancel", "-", timeout, "-"}},
		{"Proceeding", []int{7, 0}, []string{"Proceeding: tell 180", "Accepted: tell 200", refused, timeout, "-", lost, "Proceeding: cancel", "-", "-", "-"}},
		{"Accepted", []int{1}, []string{"-", "Accepted: tell 200", "-", "-", "Terminated: end", "-", "-", "-", "-", "-"}},
		{"Terminated", []int{2}, []string{"-", "-", "-", "-", "-", "-", "-", "-", "-", "-"}},
	}
	for _, state := range states {
		for i, input := range inputs {
			t.Run(fmt.Sprintf("%s%v/%s", state.name, state.reach, input.name), func(t *testing.T) {
				onBench(t, func(b *bench) {
					c := &inviteClient{env: b.env(), user: b.user(), req: testRequest(sip.INVITE)}
					c.newCancel = func(*sip.Request) { b.did = append(b.did, "cancel") }
					c.start()
					for _, r := range state.reach {
						inputs[r].do(c, b)
					}
					if c.state.String() != state.name {
						t.Fatalf("reached %v", c.state)
					}
					b.did = nil
					input.do(c, b)
					checkCell(t, state.name, state.outcome[i], c.state, b.did)
				})
			})
		}
	}
}

func TestNonInviteClient_everyStateEveryInput(t *testing.T) {
	inputs := []struct {
		name string
		do   func(*nonInviteClient, *bench)
	}{
		{"1xx", func(c *nonInviteClient, _ *bench) { c.receive(sip.NewResponse(c.req, 100, "", "")) }},
		{"2xx", func(c *nonInviteClient, _ *bench) { c.receive(sip.NewResponse(c.req, 200, "", "b")) }},
		{"≥300", func(c *nonInviteClient, _ *bench) { c.receive(sip.NewResponse(c.req, 486, "", "b")) }},
		{"408", func(c *nonInviteClient, _ *bench) { c.receive(sip.NewResponse(c.req, 408, "", "b")) }},
		{"timer F", func(_ *nonInviteClient, b *bench) { b.fire("timer F") }},
		{"transport", func(c *nonInviteClient, _ *bench) { c.transportFailed(&transportError{}) }},
	}
	running := []string{
		"Proceeding: tell 100", "Terminated: end, tell 200", "Terminated: end, tell 486",
		"Terminated: end, tell timeout", "Terminated: end, tell timeout", "Terminated: end, tell transport error",
	}
	for _, state := range []struct {
		name    string
		reach   []int
		outcome []string
	}{
		{"Trying", nil, running},
		{"Proceeding", []int{0}, running},
		{"Terminated", []int{1}, []string{"-", "-", "-", "-", "-", "-"}},
	} {
		for i, input := range inputs {
			t.Run(state.name+"/"+input.name, func(t *testing.T) {
				onBench(t, func(b *bench) {
					c := &nonInviteClient{env: b.env(), user: b.user(), req: testRequest(sip.OPTIONS)}
					c.start()
					for _, r := range state.reach {
						inputs[r].do(c, b)
					}
					b.did = nil
					input.do(c, b)
					checkCell(t, state.name, state.outcome[i], c.state, b.did)
				})
			})
		}
	}
}

func TestInviteServer_everyStateEveryInput(t *testing.T) {
	respond := func(status int) func(*inviteServer, *bench) {
		return func(s *inviteServer, _ *bench) { s.respond(sip.NewResponse(s.req, status, "", "b")) }
	}
	inputs := []struct {
		name string
		do   func(*inviteServer, *bench)
	}{
		{"INVITE", func(s *inviteServer, _ *bench) { s.receiveInvite() }},
		{"ACK", func(s *inviteServer, b *bench) {
			if !s.receiveAck() {
				b.did = append(b.did, "pass ACK")
			}
		}},
		{"CANCEL", func(s *inviteServer, _ *bench) { s.receiveCancel(testRequest(sip.CANCEL)) }},
		{"180", respond(180)},
		{"200", respond(200)},
		{"486", respond(486)},
		{"timer H", func(_ *inviteServer, b *bench) { b.fire("timer H") }},
		{"timer L", func(_ *inviteServer, b *bench) { b.fire("timer L") }},
		{"repeat 1xx", func(_ *inviteServer, b *bench) { b.fire("repeat 1xx") }},
		{"180 with a transport that fails", func(s *inviteServer, b *bench) {
			b.fail = errNotConnected
			respond(180)(s, b)
		}},
	}
	const accepted, refused, ended = "Accepted: send 200 INVITE", "Completed: send 486 INVITE", "Terminated: end"
	for _, state := range []struct {
		name    string
		reach   []int
		outcome []string
	}{
		{"Proceeding", nil, []string{
			"Proceeding: send 100 INVITE", "-", "Proceeding: tell CANCEL", "Proceeding: send 180 INVITE",
			accepted, refused, "-", "-", "-", "-",
		}},
		{"Proceeding", []int{3}, []string{
			"Proceeding: send 180 INVITE", "-", "Proceeding: tell CANCEL", "Proceeding: send 180 INVITE",
			accepted, refused, "-", "-", "Proceeding: send 180 INVITE", "-",
		}},
		{"Accepted", []int{4}, []string{"-", "Accepted: pass ACK", "-", "-", accepted, "-", "-", ended, "-", "-"}},
		{"Completed", []int{5}, []string{refused, ended, "-", "-", "-", "-", ended, "-", "-", "-"}},
		{"Terminated", []int{5, 1}, []string{"-", "-", "-", "-", "-", "-", "-", "-", "-", "-"}},
	} {
		for i, input := range inputs {
			t.Run(fmt.Sprintf("%s%v/%s", state.name, state.reach, input.name), func(t *testing.T) {
				onBench(t, func(b *bench) {
					s := &inviteServer{env: b.env(), req: testRequest(sip.INVITE)}
					s.cancel = func(*sip.Request) { b.did = append(b.did, "tell CANCEL") }
					s.start()
					for _, r := range state.reach {
						inputs[r].do(s, b)
					}
					b.did = nil
					input.do(s, b)
					checkCell(t, state.name, state.outcome[i], s.state, b.did)
				})
			})
		}
	}
}

func TestNonInviteServer_everyStateEveryInput(t *testing.T) {
	respond := func(status int) func(*nonInviteServer) {
		return func(s *nonInviteServer) { s.respond(sip.NewResponse(s.req, status, "", "b")) }
	}
	inputs := []struct {
		name string
		do   func(*nonInviteServer)
	}{
		{"request", func(s *nonInviteServer) { s.receiveRequest() }},
		{"100", respond(100)},
		{"200", respond(200)},
		{"500", respond(500)},
	}
	for _, state := range []struct {
		name    string
		reach   []int
		outcome []string
	}{
		{"Trying", nil, []string{
			"-", "Proceeding: send 100 INFO", "Terminated: end, send 200 INFO", "Terminated: end, send 500 INFO",
		}},
		{"Proceeding", []int{1}, []string{
			"Proceeding: send 100 INFO", "Proceeding: send 100 INFO", "Terminated: end, send 200 INFO", "Terminated: end, send 500 INFO",
		}},
		{"Terminated", []int{2}, []string{"-", "-", "-", "-"}},
	} {
		for i, input := range inputs {
			t.Run(state.name+"/"+input.name, func(t *testing.T) {
				onBench(t, func(b *bench) {
					s := &nonInviteServer{env: b.env(), req: testRequest(sip.INFO)}
					for _, r := range state.reach {
						inputs[r].do(s)
					}
					b.did = nil
					input.do(s)
					checkCell(t, state.name, state.outcome[i], s.state, b.did)
				})
			})
		}
	}
}

func TestInviteClient_cancelAndAckAreOfTheInvite(t *testing.T) {
	onBench(t, func(b *bench) {
		var cancel *sip.Request
		c := &inviteClient{env: b.env(), user: b.user(), req: testRequest(sip.INVITE), newCancel: func(r *sip.Request) { cancel = r }}
		c.start()
		c.abandon([]sip.Header{{Name: "Reason", Value: "SIP;cause=486"}})
		c.receive(sip.NewResponse(c.req, 180, "", "b"))
		ack := c.ack(sip.NewResponse(c.req, 487, "", "b"))
		for _, r := range []*sip.Request{cancel, ack} {
			if r.RequestURI.String() != "sip:bob@example.com" || r.CSeq.Seq != 1 || len(r.Via) != 1 ||
				r.Via[0].Branch() != "z9hG4bK1" || r.Headers.Get("Route") != "<sip:p.example.com;lr>" {
				t.Errorf("%s", r.Bytes())
			}
		}
		if cancel.To.Tag() != "" || ack.To.Tag() != "b" || cancel.Headers.Get("Reason") == "" {
			t.Errorf("%s\n%s", cancel.Bytes(), ack.Bytes())
		}
	})
}

func TestStatus_everyStateEveryInput(t *testing.T) {
	const no = StatusNull - 1
	states := []Status{
		StatusNull, StatusInviteSent, Status1xxReceived, StatusInviteReceived, StatusWaitingForAnswer,
		StatusAnswered, StatusWaitingForACK, StatusCanceled, StatusTerminated, StatusConfirmed,
	}
	// Inputs in their order: invite sent, provisional, success, cancel,
	// invite received, alerted, answer, answer sent, ack, end.
	table := map[Status][10]Status{
		StatusNull: {
			StatusInviteSent, no, no, StatusCanceled, StatusInviteReceived, no, no, no, no, StatusTerminated,
		},
		StatusInviteSent: {
			StatusInviteSent, Status1xxReceived, StatusConfirmed, StatusCanceled, no, no, no, no, no, StatusTerminated,
		},
		Status1xxReceived: {
			StatusInviteSent, Status1xxReceived, StatusConfirmed, StatusCanceled, no, no, no, no, no, StatusTerminated,
		},
		StatusInviteReceived:   {no, no, no, no, no, StatusWaitingForAnswer, no, no, no, StatusTerminated},
		StatusWaitingForAnswer: {no, no, no, no, no, no, StatusAnswered, no, no, StatusTerminated},
		StatusAnswered:         {no, no, no, no, no, no, no, StatusWaitingForACK, no, StatusTerminated},
		StatusWaitingForACK:    {no, no, no, no, no, no, no, no, StatusConfirmed, StatusTerminated},
		StatusCanceled:         {no, no, no, no, no, no, no, no, no, no},
		StatusTerminated:       {no, no, no, no, no, no, no, no, no, no},
		StatusConfirmed:        {no, no, no, no, no, no, no, no, no, StatusTerminated},
	}
	for _, state := range states {
		for in := inInviteSent; in <= inEnd; in++ {
			want, ok := table[state][in], table[state][in] != no
			if !ok {
				want = state
			}
			if got, moved := state.next(in); got != want || moved != ok {
				t.Errorf("%v on %v: %v %v, want %v %v", state, in, got, moved, want, ok)
			}
		}
	}
}
