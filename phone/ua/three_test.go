package ua

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// member is an agent at an exchange.
type member struct {
	*scene
	exchange *exchange
}

// exchange joins agents by an in-memory link: requests go to whom the host of
// their Request-URI, or its user, names, responses to whom the Via names.
type exchange struct {
	t       *testing.T
	members map[string]*member
	vias    map[string]*member
}

func (m *member) Send(message sip.Message) error {
	back, err := sip.Parse(message.Bytes())
	if err != nil {
		m.t.Errorf("sent what does not parse: %v\n%s", err, message.Bytes())
		return err
	}
	m.note(">> %s", describe(message))
	m.mu.Lock()
	m.sent = append(m.sent, back)
	m.mu.Unlock()
	var to *member
	switch r := back.(type) {
	case *sip.Request:
		if to = m.exchange.members[strings.TrimSuffix(r.RequestURI.Host, ".invalid")]; to == nil {
			to = m.exchange.members[r.RequestURI.User]
		}
	case *sip.Response:
		to = m.exchange.vias[strings.ToLower(r.Via[0].Host)]
	}
	if to == nil {
		m.t.Errorf("nobody gets\n%s", message.Bytes())
		return nil
	}
	to.ua.Receiver().Receive(back)
	return nil
}

// three runs script with alice, bob and carol, each on a loop of its own.
func three(t *testing.T, script func(alice, bob, carol *member)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		x := &exchange{t: t, members: map[string]*member{}, vias: map[string]*member{}}
		names := []string{"alice", "bob", "carol"}
		for _, name := range names {
			s := &scene{t: t, loop: loop.New(loop.Options{}), onEvent: func(Event) {}, connected: true}
			defer s.loop.Close()
			m := &member{scene: s, exchange: x}
			var err error
			s.ua, err = New(s.loop, Config{
				URI: mustURI(t, "sip:"+name+"@example.com"), ContactURI: mustURI(t, "sip:"+name+"@"+name+".invalid"),
				NoRegister: true, Transport: m, NewPeer: s.newPeer, OnEvent: s.event,
				Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
			x.members[name], x.vias[strings.ToLower(s.ua.messages.viaHost)] = m, m
		}
		for _, name := range names {
			m := x.members[name]
			m.do(m.ua.Start)
			m.ua.Receiver().Connected("wss://server.example.com")
		}
		synctest.Wait()
		script(x.members["alice"], x.members["bob"], x.members["carol"])
		for _, name := range names {
			m := x.members[name]
			m.do(func() { m.ua.Stop(nil) })
		}
		time.Sleep(stopGrace) // virtual
		synctest.Wait()
		for _, name := range names {
			for _, peer := range x.members[name].peers {
				if peer.closed != 1 {
					t.Errorf("a peer of %s was closed %d times", name, peer.closed)
				}
			}
		}
	})
}

// call has from call to, who answers; it returns their sessions.
func (x *exchange) call(from, to *member) (out, in *RTCSession) {
	x.t.Helper()
	from.do(func() {
		var err error
		if out, err = from.ua.Call(to.ua.config.URI.User, CallOptions{}); err != nil {
			x.t.Error(err)
		}
	})
	in = to.newest()
	to.do(func() {
		if err := in.Answer(AnswerCallOptions{}); err != nil {
			x.t.Error(err)
		}
	})
	if out.Status() != StatusConfirmed || in.Status() != StatusConfirmed {
		x.t.Fatalf("%v, %v", out.Status(), in.Status())
	}
	return out, in
}

// newest is the session that began last.
func (m *member) newest() *RTCSession {
	m.t.Helper()
	var session *RTCSession
	if err := m.loop.Do(context.Background(), "newest", func() {
		if all := m.ua.Sessions(); len(all) > 0 {
			session = all[len(all)-1]
		}
	}); err != nil || session == nil {
		m.t.Fatalf("no session: %v", err)
	}
	return session
}

// hold holds the session and waits until that is done.
func (m *member) hold(s *RTCSession) {
	m.t.Helper()
	m.do(func() {
		s.Hold(func(err error) {
			if err != nil {
				m.t.Error(err)
			}
		})
	})
	m.pass(10 * time.Second)
}

// obliging accepts every transfer and replacement when it is asked.
func (m *member) obliging() {
	m.onEvent = func(e Event) {
		var err error
		switch e := e.(type) {
		case ReferRequested:
			_, err = e.Accept(CallOptions{})
		case ReplacesRequested:
			_, err = e.Accept(AnswerCallOptions{})
		}
		if err != nil {
			m.t.Error(err)
		}
	}
}

func (x *exchange) forget() {
	for _, m := range x.members {
		m.forget()
	}
}

// Alice talks to bob and has him call carol. Flow 8 of the reference.
func TestThree_blindTransfer(t *testing.T) {
	for _, c := range []struct {
		rule   string
		answer func(carol *RTCSession) error
		alice  string
		bob    string
	}{
		{
			"carol answers", func(s *RTCSession) error { return s.Answer(AnswerCallOptions{}) },
			">> 200 NOTIFY\nevent ReferProgress accepted 200 OK",
			">> ACK\npeer final answer set\n>> NOTIFY\nevent Accepted remote\nevent Confirmed local",
		},
		{
			"carol is busy", func(s *RTCSession) error { return s.Terminate(TerminateOptions{StatusCode: 486}) },
			">> 200 NOTIFY\nevent ReferProgress failed 486 Busy Here: Busy",
			">> ACK\n>> NOTIFY\nevent Ended remote Busy 486\npeer close",
		},
	} {
		t.Run(c.rule, func(t *testing.T) {
			three(t, func(alice, bob, carol *member) {
				x := alice.exchange
				out, _ := x.call(alice, bob)
				alice.hold(out)
				bob.obliging()
				x.forget()
				alice.do(func() {
					if _, err := out.Refer("carol", ReferOptions{}); err != nil {
						t.Error(err)
					}
				})
				alice.expectAnyOrder(">> REFER", "event ReferAnswered 202",
					">> 200 NOTIFY", "event ReferProgress trying 100 Trying", ">> 200 NOTIFY", "event ReferProgress proceeding 180 Ringing")
				bob.expectAnyOrder(">> 202 REFER", ">> NOTIFY", "event ReferRequested sip:carol@example.com",
					"event NewRTCSession local", "peer new outgoing", "peer offer", ">> INVITE", "event Progress remote", ">> NOTIFY")
				carol.do(func() {
					if err := c.answer(carol.ua.Sessions()[0]); err != nil {
						t.Error(err)
					}
				})
				alice.expect(c.alice)
				bob.expectAnyOrder(c.bob)
				alice.do(func() { _ = out.Terminate(TerminateOptions{}) })
				for _, m := range []*member{alice, bob} {
					m.do(func() {
						if len(m.ua.referrals) != 0 || len(m.ua.dialogs) != len(m.ua.sessions) {
							t.Errorf("%d referrals, %d dialogs for %d sessions", len(m.ua.referrals), len(m.ua.dialogs), len(m.ua.sessions))
						}
					})
				}
			})
		})
	}
}

// Alice talks to bob and to carol, and joins them: whoever called whom in
// either leg. Flow 9 of the reference, and B8 whenever carol called alice.
func TestThree_attendedTransfer(t *testing.T) {
	for _, aliceCalledBob := range []bool{true, false} {
		for _, aliceCalledCarol := range []bool{true, false} {
			t.Run(fmt.Sprintf("alice called bob: %v, alice called carol: %v", aliceCalledBob, aliceCalledCarol), func(t *testing.T) {
				three(t, func(alice, bob, carol *member) { attended(alice, bob, carol, aliceCalledBob, aliceCalledCarol) })
			})
		}
	}
}

func attended(alice, bob, carol *member, aliceCalledBob, aliceCalledCarol bool) {
	t, x := alice.t, alice.exchange
	leg := func(other *member, aliceCalled bool) (ofAlice, ofOther *RTCSession) {
		if aliceCalled {
			return x.call(alice, other)
		}
		ofOther, ofAlice = x.call(other, alice)
		return ofAlice, ofOther
	}
	toBob, bobs := leg(bob, aliceCalledBob)
	alice.hold(toBob)
	toCarol, carols := leg(carol, aliceCalledCarol)
	alice.hold(toCarol)
	bob.obliging()
	carol.obliging()
	x.forget()
	bob.do(func() { bob.media.delay = time.Second }) // so that everybody else is done when bob is
	alice.do(func() {
		if _, err := toBob.Refer("", ReferOptions{Replaces: toCarol}); err != nil {
			t.Error(err)
		}
	})
	bob.pass(10 * time.Second)
	alice.expect(">> REFER", "event ReferAnswered 202",
		">> 200 NOTIFY", "event ReferProgress trying 100 Trying",
		">> 200 NOTIFY", "event ReferProgress proceeding 180 Ringing",
		">> 200 BYE", "event Ended remote Terminated 0", "peer close",
		">> 200 NOTIFY", "event ReferProgress accepted 200 OK")
	bob.expectAnyOrder(">> 202 REFER", ">> NOTIFY", "event ReferRequested sip:carol@example.com",
		"event NewRTCSession local", "peer new outgoing", "peer offer", ">> INVITE", "event Progress remote", ">> NOTIFY",
		">> ACK", "peer final answer set", ">> NOTIFY", "event Accepted remote", "event Confirmed local")
	carol.expectAnyOrder(">> 100 INVITE", "event ReplacesRequested "+carols.Direction().String(),
		"event NewRTCSession remote", ">> 180 INVITE", "event Progress local", "peer new incoming", "peer answer", ">> 200 INVITE", "event Accepted local",
		"event Confirmed remote", ">> BYE", "event Ended remote Replaced 0", "peer close")
	invite := bob.last(sip.INVITE)
	if invite.RequestURI.String() != "sip:carol@example.com" || invite.Headers.Get("Referred-By") != "<sip:alice@example.com>" {
		t.Errorf("\n%s", invite.Bytes())
	}
	if !toCarol.IsEnded() || !carols.IsEnded() || toBob.IsEnded() || bobs.IsEnded() {
		t.Errorf("alice: bob %v, carol %v", toBob.Status(), toCarol.Status())
	}
	alice.do(func() { _ = toBob.Terminate(TerminateOptions{}) })
	if joined := carol.newest(); joined.CallID() != bob.newest().CallID() || joined.Status() != StatusConfirmed ||
		joined.RemoteIdentity().URI.User != "bob" {
		t.Errorf("carol is left with %v of %s", joined.Status(), joined.RemoteIdentity())
	}
	for _, m := range x.members {
		m.do(func() {
			if len(m.ua.referrals) != 0 || len(m.ua.dialogs) != len(m.ua.sessions) {
				t.Errorf("%d referrals, %d dialogs for %d sessions", len(m.ua.referrals), len(m.ua.dialogs), len(m.ua.sessions))
			}
		})
	}
}
