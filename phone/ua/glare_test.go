package ua

import (
	"testing"
	"time"

	"webphone/phone/sip"
)

func TestB1_glareIsRefusedAndNotApplied(t *testing.T) {
	t.Run("ours pending: 491", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			s.do(func() { session.Hold(s.outcome("hold")) })
			s.forget()
			for _, m := range []sip.Method{sip.INVITE, sip.UPDATE} {
				s.receive(s.request(m, sdp(holdSDP)))
				if got := s.lastResponse().StatusCode; got != 491 {
					t.Errorf("%s answered %d", m, got)
				}
			}
			s.expect("<< INVITE", ">> 100 INVITE", ">> 491 INVITE", "<< UPDATE", ">> 491 UPDATE")
			s.receive(s.request(sip.UPDATE)) // no offer: no glare
			s.expect("<< UPDATE", ">> 200 UPDATE")
			if _, remote := session.IsOnHold(); remote {
				t.Error("the refused offer was applied")
			}
		})
	})
	t.Run("theirs pending: 500 with Retry-After", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			s.media.delay = time.Second
			s.receive(s.request(sip.INVITE, sdp(farSDP)))
			s.do(func() { session.Hold(nil) })
			s.forget()
			s.receive(s.request(sip.INVITE, sdp(holdSDP)))
			s.expect("<< INVITE", ">> 100 INVITE", ">> 500 INVITE")
			if wait, ok := s.lastResponse().RetryAfter(); !ok || wait > 10*time.Second {
				t.Errorf("Retry-After %v", wait)
			}
			s.pass(time.Second)
			s.expect(">> 200 INVITE") // ours still waits for their ACK
		})
	})
}

func TestB2_491IsRetriedAfterARandomWaitWithANewCSeq(t *testing.T) {
	for _, c := range []struct {
		rule     string
		call     func(*scene) *RTCSession
		min, max time.Duration
	}{
		{"owner of the Call-ID: 2.1 to 4 s", func(s *scene) *RTCSession { return s.answeredOut() }, 2100 * time.Millisecond, 4 * time.Second},
		{"the other: up to 2 s", func(s *scene) *RTCSession { return s.answeredIn() }, 0, 2 * time.Second},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := c.call(s)
				s.do(func() { session.Hold(s.outcome("hold")) })
				first := s.last(sip.INVITE)
				s.forget()
				s.answer(first, 491)
				if c.min > 0 {
					s.expect("<< 491 INVITE", ">> ACK", "peer rollback")
					s.pass(c.min - time.Millisecond)
					s.expect()
				}
				s.pass(c.max - c.min + 2*time.Millisecond)
				second := s.last(sip.INVITE)
				if second.CSeq.Seq != first.CSeq.Seq+1 || second.Via[0].Branch() == first.Via[0].Branch() {
					t.Errorf("CSeq %d after %d", second.CSeq.Seq, first.CSeq.Seq)
				}
				s.forget()
				s.answer(second, 200, sdp(farSDP))
				s.expect("<< 200 INVITE", ">> ACK", "peer final answer set", "event Held local", "hold done")
			})
		})
	}
}

func TestB2_theirOfferIsTakenDuringTheWait(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.do(func() { session.Hold(s.outcome("hold")) })
		s.answer(s.last(sip.INVITE), 491)
		s.forget()
		invite := s.request(sip.INVITE, sdp(farSDP))
		s.receive(invite)
		s.receive(s.ackTo(invite))
		s.expect("<< INVITE", ">> 100 INVITE", "event Reinvite", "peer answer", ">> 200 INVITE", "<< ACK")
		s.pass(4 * time.Second)
		s.expect("peer offer hold", ">> INVITE")
	})
}

func TestB2_theWaitEndsWithTheDialog(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.do(func() { session.Hold(s.outcome("hold")) })
		s.answer(s.last(sip.INVITE), 491)
		s.forget()
		s.receive(s.request(sip.BYE))
		s.expectAnyOrder("<< BYE\n>> 200 BYE\nevent Ended remote Terminated 0\nhold failed: Terminated 0\npeer close")
		s.pass(time.Minute)
		s.expect()
	})
}

func TestB2_notForEver(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.do(func() { session.Hold(s.outcome("hold")) })
		for range maxGlare {
			s.answer(s.last(sip.INVITE), 491)
			s.pass(4 * time.Second)
		}
		s.forget()
		s.answer(s.last(sip.INVITE), 491)
		s.expectAnyOrder("<< 491 INVITE\n>> ACK\npeer rollback\nhold failed: SIP Failure Code 491")
		if session.Status() != StatusConfirmed {
			t.Errorf("state %v", session.Status())
		}
	})
}

func TestB2_500WithRetryAfterWaitsThatLong(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.do(func() { session.Hold(s.outcome("hold")) })
		s.forget()
		s.answer(s.last(sip.INVITE), 500, header("Retry-After", "7"))
		s.expect("<< 500 INVITE", ">> ACK", "peer rollback")
		s.pass(7*time.Second - 1)
		s.expect()
		s.pass(1)
		s.expect("peer offer hold", ">> INVITE")
	})
}

func TestB21_updateInAnEarlyDialog(t *testing.T) {
	t.Run("of a callee: target and 200", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 180)
			s.farOf(s.last(sip.INVITE), "bob")
			s.forget()
			s.receive(s.request(sip.UPDATE))
			s.expect("<< UPDATE", ">> 200 UPDATE")
			s.receive(s.request(sip.UPDATE, sdp(farSDP)))
			s.expect("<< UPDATE", ">> 491 UPDATE")
			s.receive(s.request(sip.UPDATE, body("text/plain", "x")))
			s.expect("<< UPDATE", ">> 415 UPDATE")
		})
	})
	t.Run("of a caller", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.ringIn()
			s.forget()
			s.receive(s.request(sip.UPDATE))
			s.receive(s.request(sip.UPDATE, sdp(farSDP)))
			s.expect("<< UPDATE", ">> 200 UPDATE", "<< UPDATE", ">> 500 UPDATE")
		})
	})
}

// The ACK has its INVITE's number, whatever was sent since.
func TestReinvite_ackCSeq(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.do(func() { session.Hold(nil) })
		invite := s.last(sip.INVITE)
		s.do(func() { _ = session.SendInfo("text/plain", []byte("x"), InfoOptions{}) })
		info := s.last(sip.INFO)
		s.answer(info, 407, header("Proxy-Authenticate", sip.NewChallenge("example.com", "n1", "MD5")))
		if again := s.last(sip.INFO); info.CSeq.Seq != invite.CSeq.Seq+1 || again.CSeq.Seq != info.CSeq.Seq+1 {
			t.Errorf("INVITE %d, INFO %d, %d", invite.CSeq.Seq, info.CSeq.Seq, again.CSeq.Seq)
		}
		s.answer(invite, 200, sdp(farSDP))
		if ack := s.last(sip.ACK); ack.CSeq.Seq != invite.CSeq.Seq {
			t.Errorf("ACK %d for INVITE %d", ack.CSeq.Seq, invite.CSeq.Seq)
		}
		s.do(func() { _ = session.Terminate(TerminateOptions{}) })
		if bye := s.last(sip.BYE); bye.CSeq.Seq != invite.CSeq.Seq+3 {
			t.Errorf("BYE %d after INVITE %d", bye.CSeq.Seq, invite.CSeq.Seq)
		}
	})
}

func TestReinvite_challenged(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.do(func() { session.Hold(s.outcome("hold")) })
		first := s.last(sip.INVITE)
		s.forget()
		s.answer(first, 407, header("Proxy-Authenticate", sip.NewChallenge("example.com", "n1", "MD5")))
		s.expect("<< 407 INVITE", ">> ACK", ">> INVITE")
		second := s.last(sip.INVITE)
		verify(t, second, "Proxy-Authorization", "n1")
		s.answer(second, 200, sdp(farSDP))
		if ack := s.last(sip.ACK); ack.CSeq.Seq != second.CSeq.Seq || ack.Headers.Get("Proxy-Authorization") == "" {
			t.Errorf("ACK:\n%s", ack.Bytes())
		}
		s.do(func() { _ = session.Terminate(TerminateOptions{}) })
		bye := s.last(sip.BYE)
		if second.CSeq.Seq != first.CSeq.Seq+1 || bye.CSeq.Seq != second.CSeq.Seq+1 {
			t.Errorf("CSeq: %d, %d, BYE %d", first.CSeq.Seq, second.CSeq.Seq, bye.CSeq.Seq)
		}
		s.answer(bye, 407, header("Proxy-Authenticate", sip.NewChallenge("example.com", "n2", "MD5")))
		verify(t, s.last(sip.BYE), "Proxy-Authorization", "n2")
		s.answer(s.last(sip.BYE), 200)
	})
}

// The answer of the call must be in place before the next offer.
func TestHold_waitsUntilTheAnswerIsApplied(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		s.do(func() { s.media.delay = time.Second })
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.forget()
		s.do(func() { session.Hold(s.outcome("hold")) })
		if session.IsReadyToReOffer() {
			t.Error("ready")
		}
		s.expect()
		s.pass(time.Second)
		s.expectAnyOrder("event Accepted remote\nevent Confirmed local\npeer offer hold")
		s.pass(time.Second)
		s.expect(">> INVITE")
	})
}

func TestInDialog_otherMethods(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredIn()
		for m, want := range map[sip.Method]int{
			sip.OPTIONS: 200, sip.REFER: 400, sip.PRACK: 481, sip.NOTIFY: 400, sip.SUBSCRIBE: 403,
			sip.PUBLISH: 405, "FROBNICATE": 501,
		} {
			s.receive(s.request(m))
			if got := s.lastResponse().StatusCode; got != want {
				t.Errorf("%s answered %d, want %d", m, got, want)
			}
		}
		s.forget()
		s.receive(s.request(sip.MESSAGE, body("text/plain", "hi")))
		s.expect("<< MESSAGE", "event NewMessage remote")
		if session.Status() != StatusConfirmed {
			t.Errorf("state %v", session.Status())
		}
	})
}
