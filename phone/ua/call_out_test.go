package ua

import (
	"errors"
	"testing"
	"time"

	"webphone/phone/sip"
)

func TestOutgoing_answered(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{Data: 7})
		s.expect(callingOut)
		if session.Status() != StatusInviteSent || session.Data != 7 {
			t.Errorf("state %v, data %v", session.Status(), session.Data)
		}
		invite := s.last(sip.INVITE)
		s.answer(invite, 100)
		s.answer(invite, 180)
		s.expect(`
			<< 100 INVITE
			<< 180 INVITE
			event Progress remote`)
		s.answer(invite, 200, sdp(farSDP))
		s.expect(`
			<< 200 INVITE
			>> ACK
			peer final answer set
			event Accepted remote
			event Confirmed local`)
		if !session.IsEstablished() || session.StartTime().IsZero() || session.Peer() == nil {
			t.Error("not established")
		}
		s.answer(invite, 200, sdp(farSDP)) // retransmitted: acknowledged again, nothing else
		s.expect("<< 200 INVITE", ">> ACK")
		s.do(func() { _ = session.Terminate(TerminateOptions{}) })
		s.expect(`
			>> BYE
			event Ended local Terminated 0
			peer close`)
		if e := s.lastEnded(); !e.Established || !errors.Is(e, CauseBye) {
			t.Errorf("ended by %v", e)
		}
		s.answer(s.last(sip.BYE), 200)
		s.forget()
	})
}

func TestOutgoing_wire(t *testing.T) {
	play(t, func(c *Config) {
		c.UsePreloadedRoute = true
		c.DisplayName = "Alice"
		c.ExtraHeaders = []sip.Header{{Name: "X-All", Value: "1"}}
	}, func(s *scene) {
		s.callOut(CallOptions{ExtraHeaders: []sip.Header{{Name: "X-One", Value: "2"}}})
		invite := s.last(sip.INVITE)
		for name, want := range map[string]string{
			"Route":           "<sip:server.example.com;transport=ws;lr>",
			"Max-Forwards":    "69",
			"Contact":         "<sip:alice1@contact.invalid;transport=ws;ob>",
			"Session-Expires": "1800", "Min-SE": "90", "X-All": "1", "X-One": "2",
			"Content-Type": "application/sdp",
			"Allow":        "INVITE,ACK,CANCEL,BYE,UPDATE,MESSAGE,OPTIONS,REFER,INFO,NOTIFY,SUBSCRIBE,PRACK",
			"Supported":    "timer,ice,trickle-ice,replaces,outbound,100rel", "User-Agent": "webphone",
		} {
			if got := invite.Headers.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if via := invite.Via[0]; via.Transport != "WSS" || len(via.Branch()) < 20 {
			t.Errorf("Via %+v", via)
		}
		if invite.RequestURI.String() != "sip:bob@example.com" || invite.From.DisplayName != "Alice" {
			t.Errorf("to %v from %v", invite.RequestURI, invite.From)
		}
	})
}

func TestOutgoing_anonymous(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.callOut(CallOptions{Anonymous: true})
		invite := s.last(sip.INVITE)
		if got := invite.From.URI.String(); got != "sip:anonymous@anonymous.invalid" {
			t.Errorf("From %s", got)
		}
		if got := invite.Headers.Get("Contact"); got != "<sip:anonymous@anonymous.invalid;transport=ws;ob>" {
			t.Errorf("Contact %s", got)
		}
		if invite.Headers.Get("Privacy") != "id" || invite.Headers.Get("P-Preferred-Identity") != "<sip:alice@example.com>" {
			t.Error("no privacy")
		}
	})
}

func TestOutgoing_refusals(t *testing.T) {
	for status, cause := range map[int]Cause{
		486: CauseBusy, 600: CauseBusy, 603: CauseRejected, 404: CauseNotFound, 480: CauseUnavailable,
		488: CauseIncompatibleSDP, 302: CauseRedirected, 484: CauseAddressIncomplete, 500: CauseSIPFailure,
		408: CauseUnavailable,
	} {
		t.Run(string(cause), func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.callOut(CallOptions{})
				s.answer(s.last(sip.INVITE), 180)
				s.forget()
				s.answer(s.last(sip.INVITE), status)
				e := s.lastEnded()
				if e.Cause != cause || e.Origin != Remote || e.Status != status || e.Established {
					t.Errorf("ended by %+v", e)
				}
				ack := s.last(sip.ACK)
				if ack.Via[0].Branch() != s.last(sip.INVITE).Via[0].Branch() || ack.To.Tag() != "bob" {
					t.Error("ACK of another transaction")
				}
			})
		})
	}
}

func TestOutgoing_cancelBeforeInvite(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.media.delay = time.Second
		session := s.callOut(CallOptions{})
		s.do(func() { _ = session.Terminate(TerminateOptions{}) })
		s.expect(`
			event NewRTCSession local
			peer new outgoing
			peer offer
			event Ended local Canceled 0
			peer close`)
		s.pass(time.Minute)
		s.expect()
	})
}

func TestOutgoing_cancelInsideNewRTCSession(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.onEvent = func(e Event) {
			if e, ok := e.(NewRTCSession); ok {
				_ = e.Session.Terminate(TerminateOptions{})
			}
		}
		s.callOut(CallOptions{})
		s.expect("event NewRTCSession local", "event Ended local Canceled 0")
	})
}

func TestOutgoing_cancelBefore1xxIsRemembered(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		s.forget()
		s.do(func() { _ = session.Terminate(TerminateOptions{StatusCode: 486}) })
		s.expect("event Ended local Canceled 486", "peer close")
		if e := s.lastEnded(); e.Reason != "Busy Here" {
			t.Errorf("reason %q", e.Reason)
		}
		if err := session.Terminate(TerminateOptions{}); err == nil {
			t.Error("a second Terminate passed")
		}
		s.answer(s.last(sip.INVITE), 100)
		s.expect("<< 100 INVITE", ">> CANCEL")
		cancel := s.last(sip.CANCEL)
		if cancel.Via[0].Branch() != s.last(sip.INVITE).Via[0].Branch() ||
			cancel.Headers.Get("Reason") != `SIP;cause=486;text="Busy Here"` {
			t.Errorf("CANCEL\n%s", cancel.Bytes())
		}
		s.answer(cancel, 200)
		s.answer(s.last(sip.INVITE), 487)
		s.expect("<< 200 CANCEL", "<< 487 INVITE", ">> ACK")
	})
}

func TestOutgoing_cancelAfter1xx(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		s.answer(s.last(sip.INVITE), 180)
		s.forget()
		s.do(func() { _ = session.Terminate(TerminateOptions{}) })
		s.expect(">> CANCEL", "event Ended local Canceled 0", "peer close")
		s.answer(s.last(sip.CANCEL), 200)
		s.answer(s.last(sip.INVITE), 487)
		s.expect("<< 200 CANCEL", "<< 487 INVITE", ">> ACK")
		if n := len(s.ua.tx.clients); n != 0 {
			t.Errorf("%d transactions left", n)
		}
	})
}

// A server that never answers the INVITE after CANCEL must not keep it for
// ever (RFC 3261 §9.1).
func TestOutgoing_cancelWithoutFinal(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		s.answer(s.last(sip.INVITE), 180)
		s.do(func() { _ = session.Terminate(TerminateOptions{}) })
		s.forget()
		s.pass(64 * timerT1)
		s.do(func() {
			if n := len(s.ua.tx.clients); n != 0 {
				t.Errorf("%d transactions left", n)
			}
		})
		s.expect()
	})
}

func TestOutgoing_canceledCallAnswersNoChallenge(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		s.do(func() { _ = session.Terminate(TerminateOptions{}) })
		s.forget()
		s.answer(s.last(sip.INVITE), 407, header("Proxy-Authenticate", sip.NewChallenge("example.com", "n1", "MD5")))
		s.expect("<< 407 INVITE", ">> ACK")
	})
}

func TestEarlyMedia(t *testing.T) {
	t.Run("is applied and told", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.callOut(CallOptions{})
			s.forget()
			invite := s.last(sip.INVITE)
			s.answer(invite, 183, sdp(farSDP))
			s.answer(invite, 183, sdp(farSDP)) // the same again
			s.answer(invite, 200, sdp(farSDP))
			s.expect(`
				<< 183 INVITE
				peer provisional answer set
				event Progress remote
				event EarlyMedia
				<< 183 INVITE
				event Progress remote
				<< 200 INVITE
				>> ACK
				peer final answer set
				event Accepted remote
				event Confirmed local`)
		})
	})
}

func TestEarlyMedia_ofSeveralForksTheOneThatAnswersWins(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		s.forget()
		invite := s.last(sip.INVITE)
		s.answer(invite, 183, sdp(farSDP), tag("bob"))
		s.answer(invite, 183, sdp(holdSDP), tag("carol"))
		s.answer(invite, 180, tag("dave"))
		s.expect(`
			<< 183 INVITE
			peer provisional answer set
			event Progress remote
			event EarlyMedia
			<< 183 INVITE
			event Progress remote
			<< 180 INVITE
			event Progress remote`)
		// Without SDP in the 2xx the early answer of that fork stands.
		s.answer(invite, 200, tag("carol"), contactURI("sip:carol@carol.invalid"))
		s.expect(`
			<< 200 INVITE
			>> ACK
			peer final answer set
			event Accepted remote
			event Confirmed local`)
		if got := s.peers[0].applied[1]; got != holdSDP {
			t.Errorf("applied %q", got)
		}
		if got := s.last(sip.ACK).RequestURI.String(); got != "sip:carol@carol.invalid" {
			t.Errorf("ACK to %s", got)
		}
		s.do(func() {
			if len(s.ua.dialogs) != 1 || session.dialog.id.remoteTag != "carol" {
				t.Errorf("dialogs: %v", s.ua.dialogs)
			}
		})
	})
}

func TestEarlyMedia_thatCannotBeAppliedDoesNotEndTheCall(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.callOut(CallOptions{})
		s.forget()
		s.media.setAnswer = ErrIncompatibleSDP
		s.answer(s.last(sip.INVITE), 183, sdp(farSDP))
		s.expect("<< 183 INVITE", "peer provisional answer set", "event Progress remote")
	})
}

func TestOutgoing_challenged(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		first := s.last(sip.INVITE)
		s.forget()
		challenge := func(nonce string, stale string) mod {
			return header("Proxy-Authenticate", sip.NewChallenge("example.com", nonce, "MD5")+stale)
		}
		s.answer(first, 407, challenge("n1", ""))
		s.expect("<< 407 INVITE", ">> ACK", ">> INVITE")
		second := s.last(sip.INVITE)
		if second.CallID != first.CallID || second.From.Tag() != first.From.Tag() ||
			second.CSeq.Seq != first.CSeq.Seq+1 || second.Via[0].Branch() == first.Via[0].Branch() {
			t.Errorf("repeated as\n%s", second.Bytes())
		}
		verify(t, second, "Proxy-Authorization", "n1")
		s.answer(second, 407, challenge("n2", ",stale=true"))
		third := s.last(sip.INVITE)
		verify(t, third, "Proxy-Authorization", "n2")
		s.answer(third, 200, sdp(farSDP))
		if got := s.last(sip.ACK).Headers.Get("Proxy-Authorization"); got != third.Headers.Get("Proxy-Authorization") {
			t.Errorf("ACK's credentials %q", got) // RFC 3261 §22.1
		}
		s.do(func() { _ = session.Terminate(TerminateOptions{}) })
		if bye := s.last(sip.BYE); bye.CSeq.Seq != third.CSeq.Seq+1 {
			t.Errorf("BYE has CSeq %d after %d", bye.CSeq.Seq, third.CSeq.Seq)
		}
	})
	play(t, nil, func(s *scene) {
		s.callOut(CallOptions{})
		for range 2 {
			s.answer(s.last(sip.INVITE), 407, header("Proxy-Authenticate", sip.NewChallenge("example.com", "n", "MD5")))
		}
		if e := s.lastEnded(); e.Cause != CauseAuthentication || e.Status != 407 {
			t.Errorf("ended by %v", e)
		}
	})
}

// verify checks that r carries credentials with that nonce, among others.
func verify(t *testing.T, r *sip.Request, name, nonce string) {
	t.Helper()
	verified(t, r, name, nonce)
}

// verified is verify and returns the credentials.
func verified(t *testing.T, r *sip.Request, name, nonce string) sip.Authorization {
	t.Helper()
	for _, value := range r.Headers.Values(name) {
		a, err := sip.ParseAuthorization(value)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if a.Nonce != nonce {
			continue
		}
		if a.Username != "alice" || !a.Verify("secret", r.Method, r.Body) {
			t.Errorf("%s: %+v", name, a)
		}
		return a
	}
	t.Errorf("no %s with nonce %q: %q", name, nonce, r.Headers.Values(name))
	return sip.Authorization{}
}
