package ua

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// phone is one of two agents joined by an in-memory link.
type phone struct {
	*scene
	other *phone
}

// Send prints the message and has the other side parse it.
func (p *phone) Send(m sip.Message) error {
	back, err := sip.Parse(m.Bytes())
	if err != nil {
		p.t.Errorf("sent what does not parse: %v\n%s", err, m.Bytes())
		return err
	}
	p.note(">> %s", describe(m))
	p.other.ua.Receiver().Receive(back)
	return nil
}

// pair runs script with two agents, each on a loop of its own.
func pair(t *testing.T, script func(alice, bob *phone)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		phones := [2]*phone{}
		for i, user := range []string{"alice", "bob"} {
			s := &scene{t: t, loop: loop.New(loop.Options{}), onEvent: func(Event) {}, connected: true}
			defer s.loop.Close()
			phones[i] = &phone{scene: s}
			var err error
			s.ua, err = New(s.loop, Config{
				URI: mustURI(t, "sip:"+user+"@example.com"), NoRegister: true, Transport: phones[i],
				NewPeer: s.newPeer, OnEvent: s.event, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		phones[0].other, phones[1].other = phones[1], phones[0]
		for _, p := range phones {
			p.do(p.ua.Start)
		}
		script(phones[0], phones[1])
		for _, p := range phones {
			p.do(func() { p.ua.Stop(nil) })
		}
		time.Sleep(stopGrace) // virtual
		synctest.Wait()
		for _, p := range phones {
			for _, peer := range p.peers {
				if peer.closed != 1 {
					t.Error("a peer was not closed")
				}
			}
		}
	})
}

func (p *phone) session() *RTCSession {
	p.t.Helper()
	var session *RTCSession
	if err := p.loop.Do(context.Background(), "session", func() {
		if all := p.ua.Sessions(); len(all) > 0 {
			session = all[0]
		}
	}); err != nil || session == nil {
		p.t.Fatalf("no session: %v", err)
	}
	return session
}

func TestTwo_call(t *testing.T) {
	pair(t, func(alice, bob *phone) {
		out := alice.callOut(CallOptions{})
		alice.expect(callingOut, "event Progress remote")
		bob.expect(">> 100 INVITE", "event NewRTCSession remote", ">> 180 INVITE", "event Progress local")
		in := bob.session()
		bob.do(func() {
			if err := in.Answer(AnswerCallOptions{}); err != nil {
				t.Error(err)
			}
		})
		alice.expect(">> ACK", "peer final answer set", "event Accepted remote", "event Confirmed local")
		bob.expect("peer new incoming", "peer answer", ">> 200 INVITE", "event Accepted local", "event Confirmed remote")
		if out.CallID() != in.CallID() || out.ID() != in.ID() {
			t.Error("two different calls")
		}

		alice.do(func() { out.Hold(alice.outcome("hold")) })
		alice.expect("peer offer hold", ">> INVITE", ">> ACK", "peer final answer set", "event Held local", "hold done")
		bob.expect(">> 100 INVITE", "event Reinvite", "peer answer", ">> 200 INVITE")

		// Both ask at once: glare, and the owner of the Call-ID waits longer.
		if err := alice.loop.Do(context.Background(), "unhold", func() { out.Unhold(alice.outcome("unhold")) }); err != nil {
			t.Fatal(err)
		}
		bob.do(func() { in.Hold(bob.outcome("hold")) })
		alice.pass(10 * time.Second)
		for _, p := range []*phone{alice, bob} {
			p.do(func() {
				s := p.ua.Sessions()[0]
				local, _ := s.IsOnHold()
				if local != (p == bob) || s.Status() != StatusConfirmed || !s.IsReadyToReOffer() {
					t.Errorf("local hold %v, %v, ready %v", local, s.Status(), s.IsReadyToReOffer())
				}
			})
			p.forget()
		}

		sendTones(bob.scene, in, "5", DTMFOptions{Transport: DTMFInfo})
		alice.expect(">> 200 INFO", "event NewDTMF remote 5 100ms")
		bob.pass(time.Second)
		bob.forget()

		bob.do(func() { _ = in.Terminate(TerminateOptions{}) })
		bob.expect(">> BYE", "event Ended local Terminated 0", "peer close")
		alice.expect(">> 200 BYE", "event Ended remote Terminated 0", "peer close")
	})
}

// The session lives on refreshes for as long as both are there.
func TestTwo_longCall(t *testing.T) {
	pair(t, func(alice, bob *phone) {
		alice.callOut(CallOptions{})
		in := bob.session()
		bob.do(func() { _ = in.Answer(AnswerCallOptions{}) })
		alice.forget()
		bob.forget()
		alice.pass(900 * time.Second)
		bob.expect(">> UPDATE")
		alice.expect(">> 200 UPDATE")
		alice.pass(24 * time.Hour)
		alice.do(func() {
			if len(alice.ua.Sessions()) != 1 || len(bob.ua.Sessions()) != 1 {
				t.Error("the call did not last a day")
			}
		})
	})
}

func TestTwo_cancelAndReject(t *testing.T) {
	pair(t, func(alice, bob *phone) {
		out := alice.callOut(CallOptions{})
		alice.do(func() { _ = out.Terminate(TerminateOptions{StatusCode: 200, Reason: "Call completed elsewhere"}) })
		if e := bob.lastEnded(); e.Cause != CauseAnsweredElsewhere {
			t.Errorf("bob's ended by %v", e)
		}
		alice.callOut(CallOptions{})
		in := bob.session()
		bob.do(func() { _ = in.Terminate(TerminateOptions{StatusCode: 486}) })
		if e := alice.lastEnded(); !errors.Is(e, CauseBusy) {
			t.Errorf("alice's ended by %v", e)
		}
		for _, p := range []*phone{alice, bob} {
			p.do(func() {
				if len(p.ua.tx.invites) != 0 || len(p.ua.tx.clients) != 0 || len(p.ua.dialogs) != 0 {
					t.Error("something is left")
				}
			})
		}
	})
}

func TestTwo_message(t *testing.T) {
	pair(t, func(alice, bob *phone) {
		bob.onEvent = func(e Event) {
			if e, ok := e.(NewMessage); ok {
				_ = e.Message.Accept(ReplyOptions{})
			}
		}
		alice.do(func() {
			_, err := alice.ua.SendMessage("bob", "hello", MessageOptions{Done: func(_ *sip.Response, err *EndError) {
				alice.note("done %v", err == nil)
			}})
			if err != nil {
				t.Error(err)
			}
		})
		alice.expect("event NewMessage local", ">> MESSAGE", "done true")
		bob.expect("event NewMessage remote", ">> 200 MESSAGE")
	})
}
