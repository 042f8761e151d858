package ua

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"webphone/phone/sip"
)

// outcomes notes what done functions are told.
func (s *scene) outcome(name string) func(error) {
	return func(err error) {
		var e *EndError
		switch {
		case err == nil:
			s.note("%s done", name)
		case errors.As(err, &e):
			s.note("%s failed: %s %d", name, e.Cause, e.Status)
		default:
			s.note("%s failed: %v", name, err)
		}
	}
}

func TestHold_andUnhold(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.do(func() { session.Hold(s.outcome("hold")) })
		s.expect("peer offer hold", ">> INVITE")
		if local, _ := session.IsOnHold(); local || session.IsReadyToReOffer() {
			t.Error("held before the answer")
		}
		invite := s.last(sip.INVITE)
		s.answer(invite, 100)
		s.answer(invite, 200, sdp(farSDP))
		s.expect(`
			<< 100 INVITE
			<< 200 INVITE
			>> ACK
			peer final answer set
			event Held local
			hold done`)
		if local, remote := session.IsOnHold(); !local || remote {
			t.Error("not held")
		}
		s.answer(invite, 200, sdp(farSDP))
		s.expect("<< 200 INVITE", ">> ACK")
		s.do(func() { session.Hold(s.outcome("hold")) })
		s.expect("hold done") // already so
		s.do(func() { session.Unhold(s.outcome("unhold")) })
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.expect(`
			peer offer
			>> INVITE
			<< 200 INVITE
			>> ACK
			peer final answer set
			event Resumed local
			unhold done`)
	})
}

// Flow 10: JsSIP ends the call.
func TestHold_refusalLeavesTheCallAsItWas(t *testing.T) {
	for _, status := range []int{403, 488, 500, 503, 603} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := s.answeredIn()
				s.do(func() { session.Hold(s.outcome("hold")) })
				s.answer(s.last(sip.INVITE), status)
				s.expect(
					"peer offer hold", ">> INVITE", fmt.Sprintf("<< %d INVITE", status), ">> ACK",
					"peer rollback", fmt.Sprintf("hold failed: %s %d", CauseFromStatus(status), status))
				if local, _ := session.IsOnHold(); local || session.Status() != StatusConfirmed || !session.IsReadyToReOffer() {
					t.Error("the call is not as it was")
				}
			})
		})
	}
}

func TestHold_otherFailures(t *testing.T) {
	for _, c := range []struct {
		rule  string
		upset func(*scene)
		trace string
	}{
		{
			"481 ends the call", func(s *scene) { s.answer(s.last(sip.INVITE), 481) },
			"<< 481 INVITE\n>> ACK\n>> BYE\nevent Ended remote Dialog Error 481\nhold failed: Dialog Error 481\npeer close",
		},
		{
			"408 ends the call", func(s *scene) { s.answer(s.last(sip.INVITE), 408) },
			"<< 408 INVITE\n>> ACK\n>> BYE\nevent Ended remote Dialog Error 408\nhold failed: Dialog Error 408\npeer close",
		},
		{
			"no answer ends the call", func(s *scene) { s.pass(timerB) },
			">> BYE\nevent Ended system Request Timeout 0\nhold failed: Request Timeout 0\npeer close",
		},
		{
			"a lost connection that does not come back does not", func(s *scene) { s.disconnect(); s.pass(DefaultRecovery) },
			"event Disconnected\npeer rollback\nhold failed: Connection Error 0",
		},
		{
			"an answer that cannot be applied does not", func(s *scene) {
				s.media.setAnswer = ErrIncompatibleSDP
				s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
			},
			"<< 200 INVITE\n>> ACK\npeer final answer set\nhold failed: Bad Media Description 0\npeer rollback",
		},
		{
			"a 200 without answer does not", func(s *scene) { s.answer(s.last(sip.INVITE), 200) },
			"<< 200 INVITE\n>> ACK\nhold failed: Missing SDP 0\npeer rollback",
		},
		{
			"their BYE meanwhile ends it; a late 200 is acknowledged", func(s *scene) {
				s.receive(s.request(sip.BYE))
				s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
			},
			"<< BYE\n>> 200 BYE\nevent Ended remote Terminated 0\nhold failed: Terminated 0\npeer close\n<< 200 INVITE\n>> ACK",
		},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := s.answeredOut()
				s.do(func() { session.Hold(s.outcome("hold")) })
				s.expect("peer offer hold", ">> INVITE")
				c.upset(s)
				s.expectAnyOrder(c.trace)
			})
		})
	}
}

func TestHold_offerCannotBeMade(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.media.offer = errors.New("no")
		s.do(func() { session.Hold(s.outcome("hold")) })
		s.expect("peer offer hold", "hold failed: WebRTC Error 0")
		if !session.IsReadyToReOffer() {
			t.Error("not ready again")
		}
	})
}

func TestHold_notInACall(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		s.forget()
		s.do(func() { session.Hold(s.outcome("hold")) })
		s.expect("hold failed: ua: hold: not possible in state invite sent")
	})
}

// Asked while busy, hold and unhold wait their turn (JsSIP #806).
func TestHold_queuedWhileBusy(t *testing.T) {
	play(t, nil, func(s *scene) {
		session, invite := s.ringIn()
		s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
		s.do(func() {
			session.Hold(s.outcome("hold"))
			session.Unhold(s.outcome("unhold"))
			session.Renegotiate(RenegotiateOptions{ICERestart: true}, s.outcome("renegotiate"))
		})
		s.forget()
		s.receive(s.ackTo(invite))
		s.expect("<< ACK", "event Confirmed remote", "peer offer hold", ">> INVITE")
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.expectAnyOrder(`
			<< 200 INVITE
			>> ACK
			peer final answer set
			event Held local
			hold done
			peer offer
			>> INVITE`)
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.expectAnyOrder(`
			<< 200 INVITE
			>> ACK
			peer final answer set
			event Resumed local
			unhold done
			peer offer ice-restart
			>> INVITE`)
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.expect("<< 200 INVITE", ">> ACK", "peer final answer set", "renegotiate done")
	})
}

func TestReinvite_remoteHold(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		invite := s.request(sip.INVITE, sdp(holdSDP))
		s.receive(invite)
		s.expect(`
			<< INVITE
			>> 100 INVITE
			event Reinvite
			peer answer
			event Held remote
			>> 200 INVITE`)
		s.receive(s.ackTo(invite))
		s.expect("<< ACK") // no second Confirmed
		if _, remote := session.IsOnHold(); !remote {
			t.Error("not held")
		}
		s.do(func() { session.Hold(nil) })
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.expect(`
			peer offer hold remote-hold
			>> INVITE
			<< 200 INVITE
			>> ACK
			peer final answer set
			event Held local`)
		s.receive(s.request(sip.UPDATE, sdp(farSDP)))
		s.expect("<< UPDATE", "event Update", "peer answer hold", "event Resumed remote", ">> 200 UPDATE")
	})
}

func TestReinvite_incoming(t *testing.T) {
	t.Run("offerless: our 200 offers, their ACK answers", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			invite := s.request(sip.INVITE)
			s.receive(invite)
			s.expect("<< INVITE", ">> 100 INVITE", "event Reinvite", "peer offer", ">> 200 INVITE")
			s.receive(s.ackTo(invite, sdp(farSDP)))
			s.expect("<< ACK", "peer final answer set")
			if !session.IsReadyToReOffer() {
				t.Error("not ready")
			}
		})
	})
	t.Run("offerless without answer is rolled back", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredOut()
			invite := s.request(sip.INVITE)
			s.receive(invite)
			s.forget()
			s.receive(s.ackTo(invite))
			s.expect("<< ACK", "peer rollback")
		})
	})
	t.Run("what we cannot take is refused, the call stays", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			s.media.answer = ErrIncompatibleSDP
			s.receive(s.request(sip.INVITE, sdp("v=0\r\n")))
			s.expectAnyOrder("<< INVITE\n>> 100 INVITE\nevent Reinvite\npeer answer\n>> 488 INVITE\npeer rollback")
			s.receive(s.request(sip.INVITE, body("text/plain", "x")))
			s.expect("<< INVITE", ">> 100 INVITE", ">> 415 INVITE")
			if session.Status() != StatusConfirmed {
				t.Errorf("state %v", session.Status())
			}
		})
	})
}

func TestReinvite_withoutAckEndsTheCall(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.answeredOut()
		s.receive(s.request(sip.INVITE, sdp(farSDP)))
		s.pass(63 * timerT1)
		s.forget()
		s.pass(timerT1)
		s.expect(">> BYE", "event Ended remote No ACK 0", "peer close")
	})
}

func TestReinvite_whileOur2xxAwaitsItsAck(t *testing.T) {
	play(t, nil, func(s *scene) {
		session, _ := s.ringIn()
		s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
		s.forget()
		s.receive(s.request(sip.INVITE, sdp(farSDP)))
		s.expect("<< INVITE", ">> 100 INVITE", ">> 491 INVITE")
	})
}

func TestReinvite_oursPendingWhenTheCallEnds(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.do(func() { session.Hold(nil) })
		invite := s.last(sip.INVITE)
		s.answer(invite, 100)
		s.receive(s.request(sip.BYE))
		s.forget()
		s.pass(timerM) // of the call's own INVITE
		s.do(func() {
			if n := len(s.ua.tx.clients); n != 0 {
				t.Errorf("%d transactions left", n)
			}
		})
		s.expect()
	})
	t.Run("and challenged: not repeated", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			s.do(func() { session.Hold(nil) })
			s.receive(s.request(sip.BYE))
			s.forget()
			s.answer(s.last(sip.INVITE), 407, header("Proxy-Authenticate", sip.NewChallenge("example.com", "n", "MD5")))
			s.expect("<< 407 INVITE", ">> ACK")
		})
	})
}

func TestReinvite_pendingWhenTheCallEnds(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.media.delay = time.Second
		s.receive(s.request(sip.INVITE, sdp(farSDP)))
		s.forget()
		s.do(func() { _ = session.Terminate(TerminateOptions{}) })
		s.expect(">> BYE", ">> 487 INVITE", "event Ended local Terminated 0", "peer close")
	})
}

func TestInDialog_oldCSeq(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.answeredOut()
		s.receive(s.request(sip.OPTIONS))
		s.far.seq -= 2
		s.receive(s.request(sip.INFO))
		s.expect("<< OPTIONS", ">> 200 OPTIONS", "<< INFO", ">> 500 INFO")
	})
}
