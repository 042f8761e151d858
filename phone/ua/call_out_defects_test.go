package ua

import (
	"errors"
	"testing"
	"time"

	"webphone/phone/sip"
)

func TestB3_inviteTimeoutIsRequestTimeout(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.callOut(CallOptions{})
		s.forget()
		s.pass(timerB - time.Millisecond)
		s.expect()
		s.pass(time.Millisecond)
		s.expect("event Ended system Request Timeout 0", "peer close")
	})
}

func TestB3_transportFailureIsConnectionError(t *testing.T) {
	t.Run("not connected when the INVITE is sent", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.sendError = errNotConnected
			s.callOut(CallOptions{})
			s.expect(`
				event NewRTCSession local
				peer new outgoing
				peer offer
				event Ended system Connection Error 0
				peer close`)
			if e := s.lastEnded(); !errors.Is(e, errNotConnected) {
				t.Errorf("%v does not unwrap to the transport's error", e)
			}
		})
	})
	t.Run("connection lost while it rings", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 180)
			s.forget()
			s.disconnect()
			s.expect("event Disconnected")
			s.pass(DefaultRecovery)
			s.expect("event Ended system Connection Error 0", "peer close")
		})
	})
}

func TestB4_secondForkIsHungUpOnItsOwnDialog(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		invite := s.last(sip.INVITE)
		s.answer(invite, 200, sdp(farSDP), tag("carol"), contactURI("sip:carol@carol.invalid"))
		s.expect("<< 200 INVITE", ">> ACK", ">> BYE")
		ack, bye := s.last(sip.ACK), s.last(sip.BYE)
		for _, r := range []*sip.Request{ack, bye} {
			if r.To.Tag() != "carol" || r.RequestURI.String() != "sip:carol@carol.invalid" {
				t.Errorf("%s went to %v", r.Method, r.To)
			}
		}
		if bye.CSeq.Seq != invite.CSeq.Seq+1 || ack.CSeq.Seq != invite.CSeq.Seq {
			t.Errorf("CSeq: INVITE %d, ACK %d, BYE %d", invite.CSeq.Seq, ack.CSeq.Seq, bye.CSeq.Seq)
		}
		s.answer(invite, 200, sdp(farSDP), tag("carol"))
		s.expect("<< 200 INVITE", ">> ACK") // again, but no second BYE
		if session.Status() != StatusConfirmed {
			t.Errorf("the call is %v", session.Status())
		}
	})
}

func TestB5_200CrossingCancelIsHungUp(t *testing.T) {
	for name, ring := range map[string]bool{"after a 1xx": true, "before any 1xx": false} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := s.callOut(CallOptions{})
				if ring {
					s.answer(s.last(sip.INVITE), 180)
				}
				s.do(func() { _ = session.Terminate(TerminateOptions{}) })
				s.forget()
				s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
				s.expect("<< 200 INVITE", ">> ACK", ">> BYE")
				s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
				s.expect("<< 200 INVITE", ">> ACK")
			})
		})
	}
}

func TestB6_targetIsRefreshed(t *testing.T) {
	target := func(s *scene, session *RTCSession) string {
		s.do(func() { _ = session.SendInfo("text/plain", []byte("x"), InfoOptions{}) })
		return s.last(sip.INFO).RequestURI.String()
	}
	t.Run("by the 2xx after a 180 with another Contact", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 180, contactURI("sip:old@bob.invalid"))
			s.answer(s.last(sip.INVITE), 200, sdp(farSDP), contactURI("sip:new@bob.invalid"))
			if got := s.last(sip.ACK).RequestURI.String(); got != "sip:new@bob.invalid" {
				t.Errorf("ACK to %s", got)
			}
			if got := target(s, session); got != "sip:new@bob.invalid" {
				t.Errorf("INFO to %s", got)
			}
		})
	})
	t.Run("by the 2xx to our re-INVITE", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			s.do(func() { session.Hold(nil) })
			s.answer(s.last(sip.INVITE), 200, sdp(farSDP), contactURI("sip:moved@bob.invalid"))
			if got := target(s, session); got != "sip:moved@bob.invalid" {
				t.Errorf("INFO to %s", got)
			}
		})
	})
	for _, m := range []sip.Method{sip.INVITE, sip.UPDATE} {
		t.Run("by their "+string(m), func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := s.answeredOut()
				s.receive(s.request(m, sdp(farSDP), contactURI("sip:moved@bob.invalid")))
				if got := target(s, session); got != "sip:moved@bob.invalid" {
					t.Errorf("INFO to %s", got)
				}
			})
		})
	}
}

func TestB7_badAnswerIsAckedHungUpAndCleanedUp(t *testing.T) {
	check := func(t *testing.T, s *scene, session *RTCSession) {
		t.Helper()
		e := s.lastEnded()
		if e.Cause != CauseBadMedia || e.Origin != Remote || e.Established {
			t.Errorf("ended by %+v", e)
		}
		s.do(func() {
			if len(s.ua.Sessions()) != 0 || len(s.ua.dialogs) != 0 || session.Peer() != nil {
				t.Error("something is left")
			}
		})
		if s.peers[0].closed != 1 {
			t.Error("media not closed")
		}
	}
	t.Run("that the media refuse", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.callOut(CallOptions{})
			s.forget()
			s.media.setAnswer = ErrIncompatibleSDP
			s.answer(s.last(sip.INVITE), 200, sdp("v=0\r\nrubbish"))
			s.expect(`
				<< 200 INVITE
				>> ACK
				peer final answer set
				>> BYE
				event Ended remote Bad Media Description 200
				peer close`)
			check(t, s, session)
		})
	})
	t.Run("that is not there", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.callOut(CallOptions{})
			s.forget()
			s.answer(s.last(sip.INVITE), 200)
			s.expect(`
				<< 200 INVITE
				>> ACK
				>> BYE
				event Ended remote Bad Media Description 200
				peer close`)
			check(t, s, session)
		})
	})
}

func TestOutgoing_mediaFailures(t *testing.T) {
	t.Run("no peer", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.media.newPeer = errors.New("no certificate")
			s.callOut(CallOptions{})
			s.expect(`
				event NewRTCSession local
				peer new outgoing
				event Ended system WebRTC Error 0`)
		})
	})
	t.Run("no microphone", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.media.offer = ErrUserDenied
			s.callOut(CallOptions{})
			s.expect(`
				event NewRTCSession local
				peer new outgoing
				peer offer
				event Ended system User Denied Media Access 0
				peer close`)
		})
	})
	t.Run("ICE fails while it rings", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 180)
			s.forget()
			s.peers[0].options.Events.Failed(errors.New("ice failed"))
			s.expect() // no fork is heard yet: whose media could have failed?
		})
	})
	t.Run("ICE fails in the call", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredOut()
			s.peers[0].options.Events.Connected()
			s.peers[0].options.Events.Failed(errors.New("ice failed"))
			s.peers[0].options.Events.Failed(errors.New("late"))
			s.expect("event MediaConnected", ">> BYE", "event Ended system RTP Timeout 408", "peer close")
			if got := s.last(sip.BYE).Headers.Get("Reason"); got != `SIP;cause=408;text="RTP Timeout"` {
				t.Errorf("Reason %s", got)
			}
		})
	})
}
