package ua

import (
	"testing"
	"time"

	"webphone/phone/sip"
)

// B21: PRACK is 200, not 501; UPDATE in an early dialog is answered, not 403;
// a second re-INVITE before the first is answered is 500, not 403.
func TestB21_prackUpdateAndSecondReinvite(t *testing.T) {
	t.Run("PRACK", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.ringIn(requires100rel)
			s.forget()
			s.receive(s.prackTo(s.lastResponse()))
			s.expect("<< PRACK", ">> 200 PRACK")
		})
	})
	t.Run("UPDATE while it rings here", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.ringIn()
			s.forget()
			s.receive(s.request(sip.UPDATE))
			s.expect("<< UPDATE", ">> 200 UPDATE")
			s.receive(s.request(sip.UPDATE, sdp(farSDP))) // RFC 3311 §5.2: theirs is not answered
			s.expect("<< UPDATE", ">> 500 UPDATE")
			if !s.lastResponse().Headers.Has("Retry-After") {
				t.Error("no Retry-After")
			}
		})
	})
	t.Run("UPDATE while it rings there", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 180)
			s.farOf(s.last(sip.INVITE), "bob")
			s.forget()
			s.receive(s.request(sip.UPDATE, contactURI("sip:moved@bob.invalid")))
			s.expect("<< UPDATE", ">> 200 UPDATE")
			s.receive(s.request(sip.UPDATE, sdp(farSDP))) // ours is not answered
			s.expect("<< UPDATE", ">> 491 UPDATE")
			s.answer(s.last(sip.INVITE), 180, header("Contact", ""), func(c *sip.Common) { c.Headers.Del("Contact") }, reliable(1))
			if got := s.last(sip.PRACK).RequestURI.String(); got != "sip:moved@bob.invalid" {
				t.Errorf("PRACK to %s", got)
			}
			if session.Status() != Status1xxReceived {
				t.Errorf("state %v", session.Status())
			}
		})
	})
	t.Run("second re-INVITE", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredOut()
			s.do(func() { s.media.delay = time.Second })
			s.receive(s.request(sip.INVITE, sdp(farSDP)))
			s.receive(s.request(sip.INVITE, sdp(farSDP)))
			if res := s.lastResponse(); res.StatusCode != 500 || !res.Headers.Has("Retry-After") {
				t.Errorf("answered\n%s", res.Bytes())
			}
		})
	})
}

// earlyOut is a call that rings with a complete offer and answer.
func (s *scene) earlyOut() *RTCSession {
	s.t.Helper()
	session := s.callOut(CallOptions{})
	s.answer(s.last(sip.INVITE), 183, reliable(1), sdp(farSDP))
	s.farOf(s.last(sip.INVITE), "bob")
	s.forget()
	return session
}

// earlyIn is a call that rings here with a complete offer and answer.
func (s *scene) earlyIn() (*RTCSession, *sip.Request) {
	s.t.Helper()
	session, invite := s.ringIn(supports100rel)
	s.do(func() { _ = session.Progress(ProgressOptions{EarlyMedia: true}) })
	s.receive(s.prackTo(s.lastResponse()))
	s.forget()
	return session, invite
}

func TestEarlyUpdate_theirs(t *testing.T) {
	t.Run("to the caller", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.earlyOut()
			s.receive(s.request(sip.UPDATE, sdp(holdSDP)))
			s.expect("<< UPDATE", "peer answer", ">> 200 UPDATE")
			s.do(func() { s.media.answer = ErrIncompatibleSDP })
			s.receive(s.request(sip.UPDATE, sdp("v=0\r\n")))
			s.expectAnyOrder("<< UPDATE\npeer answer\n>> 488 UPDATE\npeer rollback")
			s.answer(s.last(sip.INVITE), 200)
			s.expect("<< 200 INVITE", ">> ACK", "peer final answer set", "event Accepted remote", "event Confirmed local")
		})
	})
	t.Run("to the callee", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session, invite := s.earlyIn()
			s.receive(s.request(sip.UPDATE, sdp(farSDP)))
			s.expect("<< UPDATE", "peer answer", ">> 200 UPDATE")
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.expect(">> 200 INVITE", "event Accepted local")
			s.receive(s.ackTo(invite))
			s.expect("<< ACK", "event Confirmed remote")
		})
	})
	t.Run("two at once: 500", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.earlyOut()
			s.do(func() { s.media.delay = time.Second })
			s.receive(s.request(sip.UPDATE, sdp(holdSDP)))
			s.receive(s.request(sip.UPDATE, sdp(holdSDP)))
			s.expect("<< UPDATE", "peer answer", "<< UPDATE", ">> 500 UPDATE")
			s.pass(time.Second)
			s.expect(">> 200 UPDATE")
		})
	})
	t.Run("another fork answers meanwhile", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.earlyOut()
			s.do(func() { s.media.delay = time.Second })
			s.receive(s.request(sip.UPDATE, sdp(holdSDP)))
			s.answer(s.last(sip.INVITE), 200, tag("carol"), sdp(farSDP))
			s.forget()
			s.pass(2 * time.Second)
			s.expectAnyOrder(">> 481 UPDATE\npeer final answer set\nevent Accepted remote\nevent Confirmed local")
		})
	})
	t.Run("a fork that is not heard comes to be", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.earlyOut()
			invite := s.last(sip.INVITE)
			s.answer(invite, 183, tag("carol"), reliable(1), sdp(holdSDP))
			s.farOf(invite, "carol")
			s.forget()
			s.receive(s.request(sip.UPDATE, sdp(farSDP)))
			s.expect("<< UPDATE", "peer provisional answer set", "peer answer", ">> 200 UPDATE")
			s.do(func() {
				if session.out.heard != "carol" {
					t.Errorf("hears %s", session.out.heard)
				}
			})
			s.answer(invite, 200, tag("bob"))
			if got := s.peers[0].applied; got[len(got)-1] != farSDP {
				t.Errorf("applied %q", got)
			}
		})
	})
}

func TestEarlyUpdate_ours(t *testing.T) {
	useUpdate := HoldOptions{UseUpdate: true, ExtraHeaders: []sip.Header{{Name: "X-One", Value: "1"}}}
	t.Run("of the caller", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.earlyOut()
			if !session.IsReadyToReOffer() {
				t.Error("not ready")
			}
			s.do(func() { session.Hold(s.outcome("re-INVITE")) })
			s.expect("re-INVITE failed: ua: hold: not possible in state 1xx received")
			s.do(func() { session.HoldWith(useUpdate, s.outcome("hold")) })
			s.expect("peer offer hold", ">> UPDATE")
			update := s.last(sip.UPDATE)
			if update.Headers.Get("X-One") != "1" || update.Headers.Has("Session-Expires") || update.To.Tag() != "bob" {
				t.Errorf("sent\n%s", update.Bytes())
			}
			s.receive(s.request(sip.UPDATE, sdp(farSDP)))
			s.expect("<< UPDATE", ">> 491 UPDATE")
			s.answer(update, 200, sdp(farSDP))
			s.expect("<< 200 UPDATE", "peer final answer set", "event Held local", "hold done")
			s.answer(s.last(sip.INVITE), 200)
			s.expect("<< 200 INVITE", ">> ACK", "peer final answer set", "event Accepted remote", "event Confirmed local")
			if local, _ := session.IsOnHold(); !local {
				t.Error("not held any more")
			}
		})
	})
	t.Run("of the callee", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session, _ := s.earlyIn()
			s.do(func() { session.Renegotiate(RenegotiateOptions{UseUpdate: true}, s.outcome("renegotiate")) })
			s.expect("peer offer", ">> UPDATE")
			s.answer(s.last(sip.UPDATE), 200, sdp(farSDP))
			s.expect("<< 200 UPDATE", "peer final answer set", "renegotiate done")
		})
	})
	for _, c := range []struct {
		rule  string
		upset func(*scene)
		trace string
	}{
		{"refused", func(s *scene) { s.answer(s.last(sip.UPDATE), 488) }, "<< 488 UPDATE\npeer rollback\nhold failed: Incompatible SDP 488"},
		{"gone", func(s *scene) { s.answer(s.last(sip.UPDATE), 481) }, "<< 481 UPDATE\npeer rollback\nhold failed: SIP Failure Code 481"},
		{"without answer", func(s *scene) { s.answer(s.last(sip.UPDATE), 200) }, "<< 200 UPDATE\npeer rollback\nhold failed: Missing SDP 0"},
		{"with a bad answer", func(s *scene) {
			s.do(func() { s.media.setAnswer = ErrIncompatibleSDP })
			s.answer(s.last(sip.UPDATE), 200, sdp(farSDP))
		}, "<< 200 UPDATE\npeer final answer set\npeer rollback\nhold failed: Bad Media Description 0"},
		{"never answered", func(s *scene) { s.pass(timerF) }, "peer rollback\nhold failed: Request Timeout 0"},
		{"crossed, twice", func(s *scene) {
			s.answer(s.last(sip.UPDATE), 491)
			s.until(sip.UPDATE, 5*time.Second)
			s.answer(s.last(sip.UPDATE), 500, header("Retry-After", "1"))
			s.until(sip.UPDATE, 5*time.Second)
			s.answer(s.last(sip.UPDATE), 200, sdp(farSDP))
		}, "<< 491 UPDATE\npeer rollback\npeer offer hold\n>> UPDATE\n<< 500 UPDATE\npeer rollback\npeer offer hold\n>> UPDATE\n<< 200 UPDATE\npeer final answer set\nevent Held local\nhold done"},
		{"while another fork wins", func(s *scene) {
			update := s.last(sip.UPDATE)
			s.answer(s.last(sip.INVITE), 200, tag("carol"), sdp(farSDP))
			s.answer(update, 200, sdp(farSDP))
		}, "<< 200 INVITE\n>> ACK\npeer rollback\nhold failed: Dialog Error 0\npeer final answer set\nevent Accepted remote\nevent Confirmed local\n<< 200 UPDATE"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := s.earlyOut()
				s.do(func() { session.HoldWith(useUpdate, s.outcome("hold")) })
				s.forget()
				c.upset(s)
				s.expectAnyOrder(c.trace)
				if session.IsEnded() {
					t.Error("the call ended")
				}
			})
		})
	}
	t.Run("a peer without UPDATE gets none", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 183, reliable(1), sdp(farSDP), header("Allow", "INVITE, ACK, BYE, CANCEL, PRACK"))
			if session.IsReadyToReOffer() {
				t.Error("ready")
			}
		})
	})
}

// Flow 7 by UPDATE, in the call.
func TestHold_byUpdate(t *testing.T) {
	hold := func(s *scene, session *RTCSession) {
		s.do(func() { session.HoldWith(HoldOptions{UseUpdate: true}, s.outcome("hold")) })
	}
	t.Run("answered", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut(asJsSIP("120;refresher=uac"))
			hold(s, session)
			s.expect("peer offer hold", ">> UPDATE")
			if got := s.last(sip.UPDATE).Headers.Get("Session-Expires"); got != "120;refresher=uac" {
				t.Errorf("Session-Expires %q", got)
			}
			s.answer(s.last(sip.UPDATE), 200, sdp(farSDP), asJsSIP("100;refresher=uac"))
			s.expect("<< 200 UPDATE", "peer final answer set", "event Held local", "hold done")
			if session.timer.interval != 100*time.Second {
				t.Errorf("interval %v", session.timer.interval)
			}
			s.do(func() { session.UnholdWith(HoldOptions{UseUpdate: true}, s.outcome("unhold")) })
			s.answer(s.last(sip.UPDATE), 200, sdp(farSDP))
			s.expect("peer offer", ">> UPDATE", "<< 200 UPDATE", "peer final answer set", "event Resumed local", "unhold done")
		})
	})
	for status, remembered := range map[int]bool{405: true, 501: true, 504: false} {
		play(t, nil, func(s *scene) { // RFC 3311 §5.1
			session := s.answeredOut()
			hold(s, session)
			s.answer(s.last(sip.UPDATE), status)
			s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
			if local, _ := session.IsOnHold(); !local || session.timer.noUpdate != remembered {
				t.Errorf("after %d: held %v, no UPDATE any more %v", status, local, session.timer.noUpdate)
			}
			s.forget()
		})
	}
	t.Run("422 is answered by a longer interval", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut(asJsSIP("120;refresher=uac"))
			hold(s, session)
			s.answer(s.last(sip.UPDATE), 422, header("Min-SE", "300"))
			if got := s.last(sip.UPDATE).Headers.Get("Session-Expires"); got != "300;refresher=uac" {
				t.Errorf("Session-Expires %q", got)
			}
		})
	})
	t.Run("481 ends the call, no answer too", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			hold(s, s.answeredOut())
			s.answer(s.last(sip.UPDATE), 481)
			if e := s.lastEnded(); e.Cause != CauseDialog {
				t.Errorf("ended by %v", e)
			}
			hold(s, s.answeredOut())
			s.pass(timerF)
			if e := s.lastEnded(); e.Cause != CauseRequestTimeout {
				t.Errorf("ended by %v", e)
			}
		})
	})
}

// One offer at a time, whichever dialog and method it comes by.
func TestEarlyUpdate_oneAtATime(t *testing.T) {
	t.Run("of two forks", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.earlyOut()
			invite := s.last(sip.INVITE)
			s.answer(invite, 183, tag("carol"), reliable(1), sdp(holdSDP))
			s.mu.Lock()
			s.media.delay = time.Second
			s.mu.Unlock()
			s.receive(s.request(sip.UPDATE, sdp(holdSDP)))
			s.farOf(invite, "carol")
			s.far.branches = 10 // none of bob's
			s.forget()
			s.receive(s.request(sip.UPDATE, sdp(farSDP)))
			s.expect("<< UPDATE", ">> 500 UPDATE")
			if !s.lastResponse().Headers.Has("Retry-After") {
				t.Error("no Retry-After")
			}
			s.pass(time.Second)
			s.expect(">> 200 UPDATE")
		})
	})
	t.Run("while our 200 awaits its ACK", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session, _ := s.ringIn()
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.forget()
			s.receive(s.request(sip.UPDATE, sdp(farSDP)))
			s.expect("<< UPDATE", ">> 491 UPDATE")
		})
	})
	t.Run("in a PRACK while ours is pending", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session, _ := s.ringIn(requires100rel)
			s.receive(s.prackTo(s.lastResponse()))
			s.do(func() { _ = session.Progress(ProgressOptions{EarlyMedia: true}) })
			s.receive(s.prackTo(s.lastResponse()))
			s.do(func() {
				session.HoldWith(HoldOptions{UseUpdate: true}, s.outcome("hold"))
				_ = session.Progress(ProgressOptions{Status: 182})
			})
			s.forget()
			s.receive(s.prackTo(s.lastResponse(), sdp(farSDP)))
			s.expect("<< PRACK", ">> 491 PRACK")
		})
	})
}

func TestRinging_withoutToTagMakesNoDialog(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		s.forget()
		s.answer(s.last(sip.INVITE), 180, func(c *sip.Common) { c.To.Params = c.To.Params.Without("tag") }, sdp(farSDP))
		s.expect("<< 180 INVITE", "event Progress remote")
		s.do(func() {
			if len(session.out.early) != 0 || session.Status() != Status1xxReceived {
				t.Errorf("forks %v, state %v", session.out.early, session.Status())
			}
		})
	})
}

func TestMediaFailed_consumerEndsTheCall(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.media.newPeer = ErrUserDenied
		session, _ := s.ringIn()
		s.onEvent = func(e Event) {
			if e, ok := e.(MediaFailed); ok && e.Step == StepGetUserMedia {
				_ = session.Terminate(TerminateOptions{StatusCode: 603})
			}
		}
		s.forget()
		s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
		s.expect("peer new incoming", ">> 603 INVITE", "event Ended local Rejected 603")
	})
}
