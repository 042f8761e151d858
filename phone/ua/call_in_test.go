package ua

import (
	"errors"
	"testing"
	"time"

	"webphone/phone/sip"
)

func TestIncoming_answered(t *testing.T) {
	play(t, nil, func(s *scene) {
		session, invite := s.ringIn()
		s.expect(ringingIn)
		if session.Status() != StatusWaitingForAnswer || session.Direction() != Incoming ||
			session.RemoteIdentity().URI.String() != "sip:bob@example.com" {
			t.Errorf("state %v, %v", session.Status(), session.RemoteIdentity())
		}
		s.do(func() {
			if err := session.Answer(AnswerCallOptions{ExtraHeaders: []sip.Header{{Name: "X-One", Value: "1"}}}); err != nil {
				t.Error(err)
			}
			if err := session.Answer(AnswerCallOptions{}); err == nil {
				t.Error("a second Answer passed")
			}
		})
		s.expect(`
			peer new incoming
			peer answer
			>> 200 INVITE
			event Accepted local`)
		ok := s.lastResponse()
		if ok.Headers.Get("Contact") == "" || ok.Headers.Get("Allow") == "" || ok.Headers.Get("X-One") != "1" ||
			ok.Headers.Get("Content-Type") != "application/sdp" {
			t.Errorf("200:\n%s", ok.Bytes())
		}
		if session.Status() != StatusWaitingForACK {
			t.Errorf("state %v", session.Status())
		}
		s.receive(s.ackTo(invite))
		s.expect("<< ACK", "event Confirmed remote")
		s.receive(s.ackTo(invite))
		s.expect("<< ACK")
		s.pass(time.Minute)
		s.expect() // the 200 is not repeated
		s.receive(s.request(sip.BYE, header("Reason", `Q.850;cause=16;text="Normal"`)))
		s.expect("<< BYE", ">> 200 BYE", "event Ended remote Terminated 0", "peer close")
		if e := s.lastEnded(); !e.Established || len(e.Reasons) != 1 || e.Reasons[0].Cause != 16 {
			t.Errorf("ended by %+v", e)
		}
		if session.EndTime().IsZero() || len(s.ua.dialogs) != 0 {
			t.Error("not cleaned up")
		}
		s.receive(s.request(sip.BYE))
		s.expect("<< BYE", ">> 481 BYE")
	})
}

func TestIncoming_answeredInsideNewRTCSession(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.onEvent = func(e Event) {
			if e, ok := e.(NewRTCSession); ok {
				if err := e.Session.Answer(AnswerCallOptions{}); err != nil {
					t.Error(err)
				}
			}
		}
		s.media.delay = time.Millisecond
		s.ringIn()
		s.pass(time.Millisecond)
		s.expectAnyOrder(ringingIn+"\npeer new incoming\npeer answer", ">> 200 INVITE", "event Accepted local")
	})
}

func TestIncoming_localEndings(t *testing.T) {
	for _, c := range []struct {
		rule    string
		options TerminateOptions
		trace   string
	}{
		{"rejected with 480 by default", TerminateOptions{}, ">> 480 INVITE\nevent Ended local Rejected 480"},
		{"with the given code", TerminateOptions{StatusCode: 486, Reason: "Later"}, ">> 486 INVITE\nevent Ended local Rejected 486"},
		{"with the given cause", TerminateOptions{StatusCode: 603, Cause: CauseBusy}, ">> 603 INVITE\nevent Ended local Busy 603"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session, invite := s.ringIn()
				s.forget()
				s.do(func() {
					if err := session.Terminate(TerminateOptions{StatusCode: 200}); err == nil {
						t.Error("200 rejects nothing")
					}
					if err := session.Terminate(c.options); err != nil {
						t.Error(err)
					}
				})
				s.expect(c.trace)
				s.receive(s.ackTo(invite, func(c *sip.Common) { c.Via = invite.Via }))
				s.expect("<< ACK")
				s.do(func() {
					if len(s.ua.tx.invites) != 0 {
						t.Error("a transaction is left")
					}
				})
			})
		})
	}
}

func TestIncoming_remoteCancel(t *testing.T) {
	for _, c := range []struct {
		rule, reason string
		trace        string
	}{
		{"ends the call", "", "event Ended remote Canceled 487"},
		{"answered elsewhere is told apart", `SIP;cause=200;text="Call completed elsewhere"`, "event Ended remote Answered Elsewhere 487"},
		{"declined elsewhere is not", `SIP;cause=603;text="Decline"`, "event Ended remote Canceled 487"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				_, invite := s.ringIn()
				s.forget()
				ringing := s.lastResponse()
				var mods []mod
				if c.reason != "" {
					mods = append(mods, header("Reason", c.reason))
				}
				s.receive(cancelOf(invite, mods...))
				s.expect("<< CANCEL", ">> 200 CANCEL", ">> 487 INVITE", c.trace)
				for _, m := range s.sent[len(s.sent)-2:] {
					if m.Fields().To.Tag() != ringing.To.Tag() { // B17
						t.Errorf("To tag %q after %q", m.Fields().To.Tag(), ringing.To.Tag())
					}
				}
			})
		})
	}
	t.Run("while the answer is made", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.media.delay = time.Second
			session, invite := s.ringIn()
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.forget()
			s.receive(cancelOf(invite))
			s.expect("<< CANCEL", ">> 200 CANCEL", ">> 487 INVITE", "event Ended remote Canceled 487", "peer close")
		})
	})
	t.Run("after our 200 changes nothing", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session, invite := s.ringIn()
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.forget()
			s.receive(cancelOf(invite))
			s.expect("<< CANCEL", ">> 200 CANCEL")
			if session.Status() != StatusWaitingForACK {
				t.Errorf("state %v", session.Status())
			}
		})
	})
	t.Run("of nothing", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.outside()
			s.receive(s.request(sip.CANCEL))
			s.expect("<< CANCEL", ">> 481 CANCEL")
		})
	})
}

func TestIncoming_timers(t *testing.T) {
	t.Run("no answer after the configured time", func(t *testing.T) {
		play(t, func(c *Config) { c.NoAnswerTimeout = 45 * time.Second }, func(s *scene) {
			s.ringIn()
			s.forget()
			s.pass(45*time.Second - time.Millisecond)
			s.expect()
			s.pass(time.Millisecond)
			s.expect(">> 408 INVITE", "event Ended local No Answer 408")
		})
	})
	for set, want := range map[time.Duration]time.Duration{20 * time.Second: 20 * time.Second, 0: time.Minute} {
		t.Run("no answer after a time set later, 0 = 60 s: "+set.String(), func(t *testing.T) {
			play(t, func(c *Config) { c.NoAnswerTimeout = 45 * time.Second }, func(s *scene) {
				s.do(func() { s.ua.SetNoAnswerTimeout(set) })
				session, _ := s.ringIn()
				for _, over := range []bool{false, true} {
					s.pass(want - time.Millisecond)
					s.do(func() {
						if session.IsEnded() != over {
							t.Errorf("ended: %v", !over)
						}
					})
					want = 2 * time.Millisecond
				}
				s.forget()
			})
		})
	}
	t.Run("Expires of the INVITE", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.ringIn(header("Expires", "20"))
			s.forget()
			s.pass(20 * time.Second)
			s.expect(">> 487 INVITE", "event Ended system Expires 487")
		})
	})
	t.Run("neither once answered", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredIn(header("Expires", "20"))
			s.pass(2 * time.Minute)
			s.expect()
		})
	})
	t.Run("180 is repeated each minute", func(t *testing.T) {
		play(t, func(c *Config) { c.NoAnswerTimeout = 10 * time.Minute }, func(s *scene) {
			s.ringIn()
			s.forget()
			s.pass(2 * time.Minute)
			s.expect(">> 180 INVITE", ">> 180 INVITE")
		})
	})
}

func TestIncoming_noAck(t *testing.T) {
	play(t, nil, func(s *scene) {
		session, _ := s.ringIn()
		s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
		s.forget()
		var repeated []string
		for elapsed, interval := timerT1, timerT1; elapsed < 64*timerT1; elapsed += interval {
			s.pass(interval)
			repeated = append(repeated, ">> 200 INVITE")
			s.expect(repeated[len(repeated)-1])
			interval = min(2*interval, timerT2)
		}
		if len(repeated) != 10 { // after 0.5, 1.5, 3.5, 7.5, then every 4 s
			t.Errorf("%d times", len(repeated))
		}
		s.pass(4 * time.Second)
		s.expect(">> BYE", "event Ended remote No ACK 0", "peer close")
	})
}

// The callee may not send BYE before the ACK (RFC 3261 §15).
func TestIncoming_terminatedBeforeAck(t *testing.T) {
	t.Run("BYE follows the ACK", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session, invite := s.ringIn()
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.forget()
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			s.expect("event Ended local Terminated 0", "peer close")
			s.pass(timerT1)
			s.expect(">> 200 INVITE")
			s.receive(s.request(sip.INFO))
			s.expect("<< INFO", ">> 481 INFO")
			s.receive(s.ackTo(invite))
			s.expect("<< ACK", ">> BYE")
			s.do(func() {
				if len(s.ua.dialogs) != 0 {
					t.Error("the dialog is left")
				}
			})
		})
	})
	t.Run("or its timeout", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session, _ := s.ringIn()
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			s.pass(63 * timerT1)
			s.forget()
			s.pass(timerT1)
			s.expect(">> BYE")
		})
	})
	t.Run("unless theirs comes first", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session, _ := s.ringIn()
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			s.forget()
			s.receive(s.request(sip.BYE))
			s.expect("<< BYE", ">> 200 BYE")
			s.pass(time.Minute)
			s.expect()
		})
	})
}

func TestIncoming_byeWhileRinging(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.ringIn()
		s.forget()
		s.receive(s.request(sip.BYE))
		s.expect("<< BYE", ">> 200 BYE", ">> 487 INVITE", "event Ended remote Terminated 0")
	})
}

func TestOutgoing_byeWhileRingingIsForbidden(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.callOut(CallOptions{})
		s.answer(s.last(sip.INVITE), 180)
		s.farOf(s.last(sip.INVITE), "bob")
		s.forget()
		s.receive(s.request(sip.BYE))
		s.expect("<< BYE", ">> 403 BYE")
	})
}

func TestIncoming_offerless(t *testing.T) {
	noSDP := func(c *sip.Common) { c.Body = nil; c.Headers.Del("Content-Type") }
	t.Run("200 offers, ACK answers", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session, invite := s.ringIn(noSDP)
			s.forget()
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.expect("peer new incoming", "peer offer", ">> 200 INVITE", "event Accepted local")
			s.receive(s.ackTo(invite, sdp(farSDP)))
			s.expect("<< ACK", "peer final answer set", "event Confirmed remote")
			if !session.IsReadyToReOffer() {
				t.Error("not ready")
			}
		})
	})
	for name, c := range map[string]struct {
		mods  []mod
		fail  error
		trace string
	}{
		"no answer in the ACK":  {trace: "<< ACK\n>> BYE\nevent Ended remote Missing SDP 0\npeer close"},
		"bad answer in the ACK": {mods: []mod{sdp("v=0\r\n")}, fail: ErrIncompatibleSDP, trace: "<< ACK\npeer final answer set\n>> BYE\nevent Ended remote Bad Media Description 0\npeer close"},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session, invite := s.ringIn(noSDP)
				s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
				s.forget()
				s.media.setAnswer = c.fail
				s.receive(s.ackTo(invite, c.mods...))
				s.expect(c.trace)
			})
		})
	}
}

func TestIncoming_mediaFailures(t *testing.T) {
	for _, c := range []struct {
		rule  string
		err   error
		trace string
	}{
		{"no common codec is 488", ErrIncompatibleSDP, ">> 488 INVITE\nevent Ended system Incompatible SDP 488"},
		{"no microphone is 480", ErrUserDenied, ">> 480 INVITE\nevent Ended system User Denied Media Access 480"},
		{"anything else is 500", errors.New("x"), ">> 500 INVITE\nevent Ended system WebRTC Error 500"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.media.answer = c.err
				session, _ := s.ringIn()
				s.forget()
				s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
				s.expect("peer new incoming", "peer answer", c.trace, "peer close")
			})
		})
	}
}
