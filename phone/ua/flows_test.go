package ua

import (
	"testing"
	"time"

	"webphone/phone/sip"
)

// The flows of the reference system, each with its exact order of events and
// messages. Where ours differs, the comment says why.

func playAll(t *testing.T, configure func(*Config), script func(*scene)) {
	t.Helper()
	play(t, configure, func(s *scene) {
		s.everything = true
		script(s)
		s.everything = false
	})
}

// Flow 1. The reference makes the peer connection before it tells of the
// session; ours is made off the loop. Our ACK goes out at once (RFC 3261
// §13.2.2.4: the callee repeats its 200 until then), theirs after the answer
// is applied.
func TestFlow1_outgoing(t *testing.T) {
	playAll(t, nil, func(s *scene) {
		s.callOut(CallOptions{})
		s.expect(`
			event NewRTCSession local
			event SessionConnecting
			peer new outgoing
			peer offer
			event PeerConnection
			event SDP local offer
			event Sending
			>> INVITE`)
		s.answer(s.last(sip.INVITE), 100)
		s.expect("<< 100 INVITE")
		s.answer(s.last(sip.INVITE), 180)
		s.expect("<< 180 INVITE", "event Progress remote")
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.expect(`
			<< 200 INVITE
			>> ACK
			event SDP remote answer
			peer final answer set
			event Accepted remote
			event Confirmed local`)
	})
}

func TestFlow2_incoming(t *testing.T) {
	playAll(t, nil, func(s *scene) {
		session, invite := s.ringIn()
		s.expect(`
			<< INVITE
			>> 100 INVITE
			event NewRTCSession remote
			>> 180 INVITE
			event Progress local`)
		s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
		s.expect(`
			peer new incoming
			event PeerConnection
			event SDP remote offer
			event SessionConnecting
			peer answer
			event SDP local answer
			>> 200 INVITE
			event Accepted local`)
		s.receive(s.ackTo(invite))
		s.expect("<< ACK", "event Confirmed remote")
	})
}

func TestFlow3_localCancel(t *testing.T) {
	t.Run("before the INVITE", func(t *testing.T) {
		playAll(t, nil, func(s *scene) {
			s.media.delay = time.Second
			session := s.callOut(CallOptions{})
			s.forget()
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			s.pass(time.Second)
			s.expect("event Ended local Canceled 0", "peer close")
		})
	})
	t.Run("before any 1xx: CANCEL with the first", func(t *testing.T) {
		playAll(t, nil, func(s *scene) {
			session := s.callOut(CallOptions{})
			s.forget()
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			s.expect("event Ended local Canceled 0", "peer close")
			s.answer(s.last(sip.INVITE), 100)
			s.answer(s.last(sip.CANCEL), 200)
			s.answer(s.last(sip.INVITE), 487)
			s.expect("<< 100 INVITE", ">> CANCEL", "<< 200 CANCEL", "<< 487 INVITE", ">> ACK")
		})
	})
	t.Run("before a 2xx without 1xx: ACK and BYE", func(t *testing.T) {
		playAll(t, nil, func(s *scene) {
			session := s.callOut(CallOptions{})
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			s.forget()
			s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
			s.expect("<< 200 INVITE", ">> ACK", ">> BYE")
		})
	})
	t.Run("after a 1xx", func(t *testing.T) {
		playAll(t, nil, func(s *scene) {
			session := s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 180)
			s.forget()
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			s.answer(s.last(sip.CANCEL), 200)
			s.answer(s.last(sip.INVITE), 487)
			s.expectAnyOrder(">> CANCEL\nevent Ended local Canceled 0\npeer close\n<< 200 CANCEL\n<< 487 INVITE\n>> ACK")
		})
	})
}

// Flow 4. The 200 to CANCEL has the 180's To tag (B17).
func TestFlow4_remoteCancel(t *testing.T) {
	playAll(t, nil, func(s *scene) {
		_, invite := s.ringIn()
		s.forget()
		cancel := cancelOf(invite, header("Reason", "SIP;cause=486"))
		s.receive(cancel)
		s.expect("<< CANCEL", ">> 200 CANCEL", ">> 487 INVITE", "event Ended remote Canceled 487")
		e := s.lastEnded()
		if r, ok := e.Message.(*sip.Request); !ok || r.Method != sip.CANCEL || len(r.Reasons()) != 1 {
			t.Errorf("message %v", e.Message)
		}
	})
	t.Run("after our 200", func(t *testing.T) {
		playAll(t, nil, func(s *scene) {
			session, invite := s.ringIn()
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.forget()
			s.receive(cancelOf(invite))
			s.receive(s.ackTo(invite))
			s.receive(s.request(sip.BYE))
			s.expectAnyOrder("<< CANCEL\n>> 200 CANCEL\n<< ACK\nevent Confirmed remote\n<< BYE\n>> 200 BYE\nevent Ended remote Terminated 0\npeer close")
		})
	})
}

func TestFlow5_reject(t *testing.T) {
	t.Run("by the other party", func(t *testing.T) {
		playAll(t, nil, func(s *scene) {
			s.callOut(CallOptions{})
			s.forget()
			s.answer(s.last(sip.INVITE), 302, contacts("<sip:a@x>"))
			s.expect("<< 302 INVITE", ">> ACK", "event Ended remote Redirected 302", "peer close") // not followed
			if res, ok := s.lastEnded().Message.(*sip.Response); !ok || res.StatusCode != 302 {
				t.Errorf("message %v", s.lastEnded().Message)
			}
		})
	})
	t.Run("by us", func(t *testing.T) {
		playAll(t, nil, func(s *scene) {
			session, _ := s.ringIn()
			s.forget()
			s.do(func() {
				_ = session.Terminate(TerminateOptions{
					StatusCode: 480, RetryAfter: 90 * time.Second, ContentType: "text/plain", Body: []byte("at lunch"),
				})
			})
			s.expect(">> 480 INVITE", "event Ended local Rejected 480")
			res := s.lastResponse()
			if res.Headers.Get("Retry-After") != "90" || string(res.Body) != "at lunch" || res.Headers.Get("Content-Type") != "text/plain" {
				t.Errorf("answered\n%s", res.Bytes())
			}
		})
	})
}

// Flow 6. The reference applies the first early answer for good and breaks at
// the second; here the forks stay apart, and the 200's answer needs no
// throw-away offer.
func TestFlow6_earlyMedia(t *testing.T) {
	playAll(t, nil, func(s *scene) {
		s.callOut(CallOptions{})
		s.forget()
		s.answer(s.last(sip.INVITE), 183, sdp(farSDP))
		s.expect("<< 183 INVITE", "event SDP remote answer", "peer provisional answer set", "event Progress remote", "event EarlyMedia")
		s.answer(s.last(sip.INVITE), 183, sdp(holdSDP), tag("carol"))
		s.expect("<< 183 INVITE", "event Progress remote")
		s.answer(s.last(sip.INVITE), 200, sdp(holdSDP), tag("carol"))
		s.expect(`
			<< 200 INVITE
			>> ACK
			event SDP remote answer
			peer final answer set
			event Accepted remote
			event Confirmed local`)
	})
	t.Run("that fail are told of", func(t *testing.T) {
		playAll(t, nil, func(s *scene) {
			s.callOut(CallOptions{})
			s.forget()
			s.do(func() { s.media.setAnswer = ErrIncompatibleSDP })
			s.answer(s.last(sip.INVITE), 183, sdp(farSDP))
			s.expect("<< 183 INVITE", "event SDP remote answer", "peer provisional answer set", "event MediaFailed setRemoteDescription", "event Progress remote")
		})
	})
}

// Flow 7. The reference tells of a hold before it asks for it and does not take
// that back when it is refused; here the event is the fact. Their re-offers
// are told twice, ours once.
func TestFlow7_hold(t *testing.T) {
	playAll(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.do(func() { session.Hold(s.outcome("hold")) })
		s.expect("peer offer hold", "event SDP local offer", ">> INVITE")
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.expect("<< 200 INVITE", ">> ACK", "event SDP remote answer", "peer final answer set", "event Held local", "hold done")
		invite := s.request(sip.INVITE, sdp(holdSDP))
		s.receive(invite)
		s.expect(`
			<< INVITE
			>> 100 INVITE
			event Reinvite
			event SDP remote offer
			peer answer hold
			event Held remote
			event SDP local answer
			>> 200 INVITE`)
		s.receive(s.ackTo(invite))
		s.expect("<< ACK")
	})
}

// Flow 10. The reference ends the call; a refusal is no reason to.
func TestFlow10_reinviteRefused(t *testing.T) {
	playAll(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.do(func() { session.Hold(s.outcome("hold")) })
		s.answer(s.last(sip.INVITE), 500)
		s.expect(`
			peer offer hold
			event SDP local offer
			>> INVITE
			<< 500 INVITE
			>> ACK
			peer rollback
			hold failed: SIP Failure Code 500`)
		s.do(func() { s.media.answer = ErrIncompatibleSDP })
		s.receive(s.request(sip.INVITE, sdp("v=0\r\n")))
		s.expectAnyOrder(`
			<< INVITE
			>> 100 INVITE
			event Reinvite
			event SDP remote offer
			peer answer
			>> 488 INVITE
			event MediaFailed createAnswer
			peer rollback`)
		if session.Status() != StatusConfirmed {
			t.Errorf("state %v", session.Status())
		}
	})
}

// Flow 11. Without B1 and B2: 491 and nothing more; a new CSeq after a random
// wait, as often as needed.
func TestFlow11_glare(t *testing.T) {
	playAll(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.do(func() { session.Hold(s.outcome("hold")) })
		first := s.last(sip.INVITE)
		s.receive(s.request(sip.INVITE, sdp(holdSDP)))
		s.answer(first, 491)
		s.expectAnyOrder(`
			peer offer hold
			event SDP local offer
			>> INVITE
			<< INVITE
			>> 100 INVITE
			>> 491 INVITE
			<< 491 INVITE
			>> ACK
			peer rollback`)
		if wait := s.until(sip.INVITE, 5*time.Second); wait < 2*time.Second {
			t.Errorf("repeated after %v", wait)
		}
		if second := s.last(sip.INVITE); second.CSeq.Seq <= first.CSeq.Seq {
			t.Errorf("CSeq %d after %d", second.CSeq.Seq, first.CSeq.Seq)
		}
		s.expect("peer offer hold", "event SDP local offer", ">> INVITE")
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.expect("<< 200 INVITE", ">> ACK", "event SDP remote answer", "peer final answer set", "event Held local", "hold done")
	})
}

// Flow 14. Sending is told once: the repetition is made from what the consumer
// left.
func TestFlow14_inviteChallenged(t *testing.T) {
	playAll(t, nil, func(s *scene) {
		s.onEvent = func(e Event) {
			if e, ok := e.(Sending); ok {
				e.Request.Headers.Set("X-Added", "1")
			}
		}
		s.callOut(CallOptions{})
		s.forget()
		challenge := func(nonce, stale string) mod {
			return header("WWW-Authenticate", sip.NewChallenge("example.com", nonce, "MD5")+stale)
		}
		first := s.last(sip.INVITE)
		s.answer(first, 401, challenge("n1", ""))
		s.expect("<< 401 INVITE", ">> ACK", ">> INVITE")
		second := s.last(sip.INVITE)
		if second.CSeq.Seq != first.CSeq.Seq+1 || second.CallID != first.CallID || second.From.Tag() != first.From.Tag() || second.Headers.Get("X-Added") != "1" {
			t.Errorf("repeated as\n%s", second.Bytes())
		}
		s.answer(second, 401, challenge("n2", ",stale=true"))
		s.expect("<< 401 INVITE", ">> ACK", ">> INVITE")
		s.answer(s.last(sip.INVITE), 401, challenge("n3", ""))
		s.expect("<< 401 INVITE", ">> ACK", "event Ended remote Authentication Error 401", "peer close")
	})
}

// Flow 15. Without B4: the second fork is acknowledged and hung up on its own
// dialog, the call goes on.
func TestFlow15_forked2xx(t *testing.T) {
	playAll(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		s.answer(s.last(sip.INVITE), 180, tag("carol"))
		s.forget()
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP), tag("carol"), contactURI("sip:carol@carol.invalid"))
		s.expectAnyOrder(`
			<< 200 INVITE
			>> ACK
			event SDP remote answer
			peer final answer set
			event Accepted remote
			event Confirmed local
			<< 200 INVITE
			>> ACK
			>> BYE`)
		if bye := s.last(sip.BYE); bye.To.Tag() != "carol" || session.Status() != StatusConfirmed {
			t.Errorf("BYE to %s, state %v", bye.To.Tag(), session.Status())
		}
	})
}

// Flow 16.
func TestFlow16_lateMessages(t *testing.T) {
	t.Run("a repeated 2xx is acknowledged again", func(t *testing.T) {
		playAll(t, nil, func(s *scene) {
			s.answeredOut()
			s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
			s.expect("<< 200 INVITE", ">> ACK")
		})
	})
	t.Run("our 2xx is repeated until 64*T1", func(t *testing.T) {
		playAll(t, nil, func(s *scene) {
			session, _ := s.ringIn()
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.forget()
			for _, wait := range []time.Duration{1, 2, 4, 8, 8, 8} {
				s.pass(wait * timerT1)
				s.expect(">> 200 INVITE")
			}
			s.pass(64*timerT1 - 31*timerT1)
			s.expect(">> 200 INVITE", ">> 200 INVITE", ">> 200 INVITE", ">> 200 INVITE", ">> BYE", "event Ended remote No ACK 0", "peer close")
		})
	})
	t.Run("terminated before the ACK: BYE with it", func(t *testing.T) {
		playAll(t, nil, func(s *scene) {
			session, invite := s.ringIn()
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.forget()
			s.do(func() { _ = session.Terminate(TerminateOptions{ContentType: "text/plain", Body: []byte("bye")}) })
			s.expect("event Ended local Terminated 0", "peer close")
			s.receive(s.ackTo(invite))
			s.expect("<< ACK", ">> BYE")
			if string(s.last(sip.BYE).Body) != "bye" {
				t.Error("BYE without its body")
			}
		})
	})
	t.Run("BYE to no dialog, while ringing, to our early dialog", func(t *testing.T) {
		playAll(t, nil, func(s *scene) {
			s.outside()
			s.receive(s.request(sip.BYE, tag("x")))
			s.expect("<< BYE", ">> 481 BYE")
			s.ringIn()
			s.forget()
			s.receive(s.request(sip.BYE))
			s.expect("<< BYE", ">> 200 BYE", ">> 487 INVITE", "event Ended remote Terminated 0")
			if r, ok := s.lastEnded().Message.(*sip.Request); !ok || r.Method != sip.BYE {
				t.Errorf("message %v", s.lastEnded().Message)
			}
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 180)
			s.farOf(s.last(sip.INVITE), "bob")
			s.forget()
			s.receive(s.request(sip.BYE))
			s.expect("<< BYE", ">> 403 BYE")
		})
	})
}

func TestFlow17_noAnswer(t *testing.T) {
	playAll(t, func(c *Config) { c.NoAnswerTimeout = 30 * time.Second }, func(s *scene) {
		s.ringIn()
		s.forget()
		s.pass(30*time.Second - time.Millisecond)
		s.expect()
		s.pass(time.Millisecond)
		s.expect(">> 408 INVITE", "event Ended local No Answer 408")
	})
}
