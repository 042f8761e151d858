package ua_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
	"webphone/phone/ua"
)

// silence is a Peer without sound, in place of WebRTC.
type silence struct{}

const silent = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"

func (silence) Offer(context.Context, ua.OfferOptions) (string, error) { return silent, nil }

func (silence) Answer(context.Context, string, ua.AnswerOptions) (string, error) { return silent, nil }
func (silence) SetAnswer(context.Context, string, ua.AnswerKind) error           { return nil }
func (silence) AddCandidates(context.Context, []ua.Candidate) error              { return nil }
func (silence) Rollback(context.Context) error                                   { return nil }
func (silence) CheckPath(context.Context) error                                  { return nil }
func (silence) SetMuted(bool)                                                    {}
func (silence) SendDTMF(context.Context, rune, time.Duration, time.Duration) error {
	return errors.New("no DTMF here")
}
func (silence) Close() error { return nil }

// office joins agents in one process, in place of WebSockets and a server:
// requests go to the user whom they name, responses back to who asked.
type office struct {
	mu     sync.Mutex
	agents map[string]ua.Receiver
	askers map[string]string // by the branch of the request
	loops  []*loop.Loop
	uas    []*ua.UA
}

// desk is an agent's connection to the office.
type desk struct {
	wire
	office *office
	user   string
}

func (d *desk) Send(m sip.Message) error {
	d.office.mu.Lock()
	defer d.office.mu.Unlock()
	to := ""
	switch m := m.(type) {
	case *sip.Request:
		to = m.RequestURI.User
		d.office.askers[m.Via[0].Branch()] = d.user
		if m.Method == sip.REGISTER {
			granted := sip.NewResponse(m, 200, "", "registrar")
			granted.Headers.Add("Contact", m.Headers.Get("Contact"))
			d.office.agents[d.user].Receive(granted)
			return nil
		}
	case *sip.Response:
		to = d.office.askers[m.Via[0].Branch()]
	}
	d.office.agents[to].Receive(m)
	return nil
}

// employ makes an agent whose events go to on.
func (o *office) employ(user string, on func(*ua.UA, ua.Event)) *ua.UA {
	if o.agents == nil {
		o.agents, o.askers = map[string]ua.Receiver{}, map[string]string{}
	}
	l := loop.New(loop.Options{})
	var u *ua.UA
	u, err := ua.New(l, ua.Config{
		URI:        sip.URI{Scheme: "sip", User: user, Host: "example.com"},
		ContactURI: sip.URI{Scheme: "sip", User: user, Host: user + ".invalid"},
		NoRegister: true, Transport: &desk{office: o, user: user},
		OnEvent: func(e ua.Event) { on(u, e) },
		NewPeer: func(ua.PeerOptions) (ua.Peer, error) { return silence{}, nil },
		Log:     slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		panic(err)
	}
	o.agents[user] = u.Receiver()
	o.loops, o.uas = append(o.loops, l), append(o.uas, u)
	return u
}

// work starts the agents, runs f as a turn of the first and waits until done
// is closed.
func (o *office) work(f func(), done chan struct{}) {
	for i, u := range o.uas {
		o.loops[i].Post("start", u.Start)
		u.Receiver().Connected("ws://example.com")
	}
	o.loops[0].Post("work", f)
	<-done
	for i, u := range o.uas {
		stopped := make(chan struct{})
		o.loops[i].Post("stop", func() { u.Stop(func() { close(stopped) }) })
		<-stopped
		o.loops[i].Close()
	}
}

// Alice registers: from then on calls find her. It is refreshed by itself.
func ExampleUA_Register() {
	var o office
	done := make(chan struct{})
	alice := o.employ("alice", func(u *ua.UA, e ua.Event) {
		switch e := e.(type) {
		case ua.Registered:
			fmt.Println("registered:", e.Response.StatusCode, u.IsRegistered())
			close(done)
		case ua.RegistrationFailed:
			fmt.Println("failed:", e.Err)
			close(done)
		}
	})
	o.work(alice.Register, done)
	// Output:
	// registered: 200 true
}

// busy rejects every call.
func busy(_ *ua.UA, e ua.Event) {
	if e, ok := e.(ua.NewRTCSession); ok && e.Originator == ua.Remote {
		_ = e.Session.Terminate(ua.TerminateOptions{StatusCode: 486})
	}
}

// Alice calls Bob, who is busy. What becomes of a call comes as an event; the
// last is Ended, whatever happens.
func ExampleUA_Call() {
	var o office
	done := make(chan struct{})
	alice := o.employ("alice", func(_ *ua.UA, e ua.Event) {
		switch e := e.(type) {
		case ua.Progress:
			fmt.Println("progress:", e.Response.StatusCode)
		case ua.Confirmed:
			fmt.Println("in conversation")
		case ua.Ended:
			fmt.Println("ended:", e.Err.Cause, errors.Is(e.Err, ua.CauseBusy))
			close(done)
		}
	})
	o.employ("bob", busy)
	o.work(func() {
		if _, err := alice.Call("bob", ua.CallOptions{}); err != nil {
			fmt.Println(err)
		}
	}, done)
	// Output:
	// ended: Busy true
}

// Bob answers when he is called, and Alice hangs up as soon as they talk.
func ExampleRTCSession_Answer() {
	var o office
	done := make(chan struct{})
	alice := o.employ("alice", func(_ *ua.UA, e ua.Event) {
		if e, ok := e.(ua.Confirmed); ok {
			_ = e.Session.Terminate(ua.TerminateOptions{})
		}
	})
	o.employ("bob", func(_ *ua.UA, e ua.Event) {
		switch e := e.(type) {
		case ua.NewRTCSession:
			fmt.Println("a call of", e.Session.RemoteIdentity().URI)
			if err := e.Session.Answer(ua.AnswerCallOptions{}); err != nil {
				fmt.Println(err)
			}
		case ua.Accepted:
			fmt.Println("answered")
		case ua.Ended:
			fmt.Println("ended by", e.Err.Origin)
			close(done)
		}
	})
	o.work(func() { _, _ = alice.Call("bob", ua.CallOptions{}) }, done)
	// Output:
	// a call of sip:alice@example.com
	// answered
	// ended by remote
}

// Alice writes to Bob and is told that he has it.
func ExampleUA_SendMessage() {
	var o office
	done := make(chan struct{})
	alice := o.employ("alice", func(*ua.UA, ua.Event) {})
	o.employ("bob", func(_ *ua.UA, e ua.Event) {
		if e, ok := e.(ua.NewMessage); ok {
			fmt.Printf("%s writes: %s\n", e.Message.RemoteIdentity().URI.User, e.Request.Body)
			_ = e.Message.Accept(ua.ReplyOptions{})
		}
	})
	o.work(func() {
		_, err := alice.SendMessage("bob", "hello", ua.MessageOptions{Done: func(res *sip.Response, err *ua.EndError) {
			fmt.Println("delivered:", err == nil, res.StatusCode)
			close(done)
		}})
		if err != nil {
			fmt.Println(err)
		}
	}, done)
	// Output:
	// alice writes: hello
	// delivered: true 200
}

// Alice talks to Bob and has him call Carol. She is told how that goes, and
// hangs up once the two talk.
func ExampleRTCSession_Refer() {
	var o office
	done := make(chan struct{})
	alice := o.employ("alice", func(_ *ua.UA, e ua.Event) {
		switch e := e.(type) {
		case ua.Confirmed:
			if _, err := e.Session.Refer("carol", ua.ReferOptions{}); err != nil {
				fmt.Println(err)
			}
		case ua.ReferProgress:
			if e.Final { // before, that it rings
				fmt.Println("bob's call:", e.Refer.State(), e.Status)
				_ = e.Session.Terminate(ua.TerminateOptions{})
			}
		case ua.Ended:
			close(done)
		}
	})
	answers := func(_ *ua.UA, e ua.Event) {
		switch e := e.(type) {
		case ua.NewRTCSession:
			if e.Originator == ua.Remote {
				_ = e.Session.Answer(ua.AnswerCallOptions{})
			}
		case ua.ReferRequested: // ask the user before, of course
			_, _ = e.Accept(ua.CallOptions{})
		}
	}
	o.employ("bob", answers)
	o.employ("carol", answers)
	o.work(func() { _, _ = alice.Call("bob", ua.CallOptions{}) }, done)
	// Output:
	// bob's call: accepted 200
}
