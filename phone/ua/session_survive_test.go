package ua

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"webphone/phone/sip"
)

// lose has the network of the scene go away or come back for the media too.
func (s *scene) lose(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.media.path = err
}

func pathLost() error { return fmt.Errorf("ice: %w", ErrPathLost) }

func TestSurvive_reconnect(t *testing.T) {
	for _, c := range []struct {
		rule string
		path error // of CheckPath after the reconnect
		want string
	}{
		{"a path that works is kept; the target is refreshed", nil, "event Connected\n>> ACK\npeer check path\npeer offer\n>> INVITE"},
		{
			"a lost path is found anew", pathLost(),
			"event Connected\n>> ACK\npeer check path\nevent MediaInterrupted\npeer offer ice-restart\n>> INVITE",
		},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := s.answeredOut()
				s.peers[0].options.Events.Connected()
				s.forget()
				s.disconnect()
				s.lose(c.path)
				s.pass(5 * time.Second)
				s.expect("event Disconnected")
				s.connect()
				s.expect(c.want)
				invite := s.last(sip.INVITE)
				if invite.To.Tag() != "bob" || !invite.Headers.Has("Contact") {
					t.Errorf("the target is not refreshed:\n%s", invite.Bytes())
				}
				s.answer(invite, 200, sdp(farSDP), contactURI("sip:bob@other.invalid;transport=ws"))
				s.expect("<< 200 INVITE", ">> ACK", "peer final answer set")
				if got := s.last(sip.ACK).RequestURI.String(); got != "sip:bob@other.invalid;transport=ws" {
					t.Errorf("ACK went to %s", got)
				}
				s.peers[0].options.Events.Connected()
				s.pass(2 * DefaultRecovery)
				s.expect("event MediaConnected")
				if session.Status() != StatusConfirmed {
					t.Errorf("state %v", session.Status())
				}
			})
		})
	}
}

func TestSurvive_waitsForTheRegistration(t *testing.T) {
	for _, c := range []struct {
		rule   string
		settle func(*scene)
		trace  string
	}{
		{"it succeeds", func(s *scene) {
			s.answer(s.last(sip.REGISTER), 200, header("Contact", "<sip:alice1@contact.invalid;transport=ws>;expires=600"))
		}, "<< 200 REGISTER\nevent Registered"},
		{"it is refused", func(s *scene) { s.answer(s.last(sip.REGISTER), 403) }, "<< 403 REGISTER\nevent RegistrationFailed Rejected 403 no retry"},
		{"the registrar is silent", func(s *scene) { s.pass(maxRegisterWait) }, ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, func(c *Config) { c.NoRegister = false }, func(s *scene) {
				session := s.answeredIn()
				s.forget()
				s.disconnect()
				s.do(func() { session.Hold(s.outcome("hold")) })
				s.forget()
				s.connect()
				s.expect("event Connected", "event Registering", ">> REGISTER")
				c.settle(s)
				s.expectAnyOrder(c.trace, "peer check path", "peer offer", ">> INVITE")
			})
		})
	}
}

func TestSurvive_heldRequests(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		info := func(name string) {
			s.do(func() {
				err := session.SendInfo("text/plain", []byte(name), InfoOptions{Done: func(res *sip.Response, e *EndError) {
					s.note("%s: %v %v", name, res != nil, e)
				}})
				if err != nil {
					t.Error(err)
				}
			})
		}
		info("under way")
		first := s.last(sip.INFO)
		s.disconnect()
		info("held")
		s.expect(">> INFO", "event NewInfo local", "event Disconnected", "event NewInfo local")
		s.connect()
		s.expectAnyOrder("event Connected", ">> ACK", ">> INFO", ">> INFO", "peer check path", "peer offer", ">> INVITE")
		s.mu.Lock()
		again := s.sent[len(s.sent)-3].(*sip.Request)
		held := s.sent[len(s.sent)-2].(*sip.Request)
		s.mu.Unlock()
		if again.CSeq != first.CSeq || again.Via[0].Branch() == first.Via[0].Branch() {
			t.Errorf("what the peer may have got was sent as\n%s\nand then as\n%s", first.Bytes(), again.Bytes())
		}
		if string(held.Body) != "held" || held.CSeq.Seq <= first.CSeq.Seq {
			t.Errorf("held: CSeq %v, after %v", held.CSeq, first.CSeq)
		}
		s.answer(again, 200)
		s.answer(held, 200)
		s.expect("<< 200 INFO", "under way: true <nil>", "<< 200 INFO", "held: true <nil>")
	})
}

func TestSurvive_bounds(t *testing.T) {
	t.Run("without connection and path the call ends", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredOut()
			s.peers[0].options.Events.Connected()
			s.forget()
			s.disconnect()
			s.peers[0].options.Events.Interrupted()
			s.peers[0].options.Events.Failed(pathLost())
			s.pass(DefaultRecovery - time.Second)
			s.expect("event Disconnected", "event MediaInterrupted")
			s.pass(time.Second)
			s.expect("event Ended system Connection Error 0", "peer close")
			s.connect()
			s.expect("event Connected", ">> BYE")
		})
	})
	t.Run("with sound it goes on without a connection, but nothing waits any more", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			s.peers[0].options.Events.Connected()
			s.forget()
			s.disconnect()
			s.do(func() {
				session.Hold(s.outcome("hold"))
				_ = session.SendDTMF("1", DTMFOptions{Transport: DTMFInfo, Done: s.outcome("tones")})
			})
			s.expect("event Disconnected", "event NewDTMF local 1 100ms")
			s.pass(DefaultRecovery)
			s.expect("hold failed: Connection Error 0", "tones failed: Connection Error 0")
			s.do(func() { session.Hold(s.outcome("hold")) })
			s.expect("peer offer hold", "peer rollback", "hold failed: Connection Error 0")
			s.connect()
			s.expect("event Connected", "peer check path", "peer offer", ">> INVITE")
		})
	})
	t.Run("with a connection it ends after its media", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredOut()
			s.peers[0].options.Events.Connected()
			s.peers[0].options.Events.Failed(pathLost())
			s.expect("event MediaConnected", "event MediaInterrupted", "peer offer ice-restart", ">> INVITE")
			s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
			s.forget()
			s.pass(DefaultRecovery)
			s.expect(">> BYE", "event Ended system RTP Timeout 408", "peer close")
		})
	})
}

func TestSurvive_pathFailure(t *testing.T) {
	t.Run("of the first path ends the call", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredOut()
			s.peers[0].options.Events.Failed(pathLost())
			s.expect(">> BYE", "event Ended system RTP Timeout 408", "peer close")
		})
	})
	t.Run("of early media does not", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 183, sdp(farSDP))
			s.forget()
			s.peers[0].options.Events.Failed(pathLost())
			s.expect("event EarlyMediaLost")
			s.answer(s.last(sip.INVITE), 200, sdp(farSDP), tag("carol"))
			s.expect("<< 200 INVITE", ">> ACK", "peer final answer set", "event Accepted remote", "event Confirmed local")
		})
	})
	t.Run("of early media is made good when that fork answers", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 183, sdp(farSDP))
			s.peers[0].options.Events.Failed(pathLost())
			s.forget()
			s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
			s.expect(`<< 200 INVITE
				>> ACK
				peer final answer set
				event Accepted remote
				event Confirmed local
				peer offer ice-restart
				>> INVITE`)
		})
	})
	t.Run("that comes back by itself needs no offer", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredOut()
			s.peers[0].options.Events.Connected()
			s.peers[0].options.Events.Interrupted()
			s.pass(10 * time.Second)
			s.peers[0].options.Events.Connected()
			s.pass(time.Hour / 3)
			s.expect("event MediaConnected", "event MediaInterrupted", "event MediaConnected")
		})
	})
	t.Run("that a change of the network brings is seen to at once", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredOut()
			s.peers[0].options.Events.Connected()
			s.forget()
			s.ua.Receiver().NetworkChanged()
			s.pass(networkSettle)
			s.expect("peer check path")
			s.lose(pathLost())
			s.ua.Receiver().NetworkChanged()
			s.pass(networkSettle)
			s.expect("peer check path", "event MediaInterrupted", "peer offer ice-restart", ">> INVITE")
		})
	})
}

// A server that speaks for an absent peer does not end the call; the peer does.
func TestSurvive_answersToTheOffer(t *testing.T) {
	for _, c := range []struct {
		rule  string
		upset func(*scene)
		trace string
	}{
		{"480: the peer is away", func(s *scene) { s.answer(s.last(sip.INVITE), 480) }, "<< 480 INVITE\n>> ACK\npeer rollback"},
		{"408: the peer is away", func(s *scene) { s.answer(s.last(sip.INVITE), 408) }, "<< 408 INVITE\n>> ACK\npeer rollback"},
		{"503: the way to it is", func(s *scene) { s.answer(s.last(sip.INVITE), 503) }, "<< 503 INVITE\n>> ACK\npeer rollback"},
		{"no answer", func(s *scene) { s.pass(timerB) }, "peer rollback"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.answeredOut()
				s.peers[0].options.Events.Connected()
				s.peers[0].options.Events.Failed(pathLost())
				s.forget()
				c.upset(s)
				s.expect(c.trace)
				s.pass(firstResumeWait)
				s.expect("peer offer ice-restart", ">> INVITE")
				s.receive(s.request(sip.BYE))
			})
		})
	}
	t.Run("481: the call is gone", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredOut()
			s.disconnect()
			s.connect()
			s.forget()
			s.answer(s.last(sip.INVITE), 481)
			s.expect("<< 481 INVITE", ">> ACK", ">> BYE", "event Ended remote Dialog Error 481", "peer close")
		})
	})
	t.Run("488: a path that works is kept", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			s.peers[0].options.Events.Connected()
			s.disconnect()
			s.connect()
			s.forget()
			s.answer(s.last(sip.INVITE), 488)
			s.pass(2 * DefaultRecovery)
			s.expect("<< 488 INVITE", ">> ACK", "peer rollback")
			if session.IsEnded() {
				t.Error("ended")
			}
		})
	})
}

func TestSurvive_offerUnderWay(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.do(func() { session.Hold(s.outcome("hold")) })
		first := s.last(sip.INVITE)
		s.disconnect()
		s.expect("peer offer hold", ">> INVITE", "event Disconnected", "peer rollback")
		s.connect()
		s.expect("event Connected", ">> ACK", "peer check path", "peer offer", ">> INVITE")
		// The answer to the first may have been lost.
		if ack := s.last(sip.ACK); ack.CSeq.Seq != first.CSeq.Seq || ack.To.Tag() != "bob" {
			t.Errorf("ACK to the lost answer:\n%s", ack.Bytes())
		}
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.expect("<< 200 INVITE", ">> ACK", "peer final answer set", "peer offer hold", ">> INVITE")
		second := s.last(sip.INVITE)
		if second.CSeq.Seq <= first.CSeq.Seq {
			t.Errorf("CSeq %d after %d", second.CSeq.Seq, first.CSeq.Seq)
		}
		s.answer(second, 200, sdp(farSDP))
		s.expect("<< 200 INVITE", ">> ACK", "peer final answer set", "event Held local", "hold done")
	})
}

// Their re-INVITE meets ours, which waits at a server for a peer that was
// away: theirs gets its 491, and ours makes room for the next.
func TestSurvive_yieldsToThePeer(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.answeredOut()
		s.peers[0].options.Events.Connected()
		s.peers[0].options.Events.Failed(pathLost())
		s.forget()
		s.answer(s.last(sip.INVITE), 100)
		s.forget()
		s.receive(s.request(sip.INVITE, sdp(farSDP)))
		s.expect("<< INVITE", ">> 100 INVITE", ">> 491 INVITE", ">> CANCEL")
		s.answer(s.last(sip.CANCEL), 200)
		s.answer(s.last(sip.INVITE), 487)
		s.forget()
		s.receive(s.request(sip.INVITE, sdp(farSDP)))
		s.expect("<< INVITE", ">> 100 INVITE", "event Reinvite", "peer answer", ">> 200 INVITE")
	})
}

// A peer that offers anew has lost our last answer, or its ACK.
func TestSurvive_theirAckIsLost(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.answeredIn()
		s.receive(s.request(sip.INVITE, sdp(farSDP)))
		s.expect("<< INVITE", ">> 100 INVITE", "event Reinvite", "peer answer", ">> 200 INVITE")
		second := s.request(sip.INVITE, sdp(farSDP))
		s.receive(second)
		s.expect("<< INVITE", ">> 100 INVITE", "event Reinvite", "peer answer", ">> 200 INVITE")
		s.receive(s.ackTo(second))
		s.pass(64 * timerT1)
		s.expect("<< ACK")
	})
	t.Run("unless the ACK brings an answer", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredIn()
			s.receive(s.request(sip.INVITE))
			s.receive(s.request(sip.INVITE, sdp(farSDP)))
			s.expect("<< INVITE", ">> 100 INVITE", "event Reinvite", "peer offer", ">> 200 INVITE", "<< INVITE", ">> 100 INVITE", ">> 491 INVITE")
		})
	})
}

func TestSurvive_outgoingRinging(t *testing.T) {
	t.Run("the INVITE is cancelled and made again", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.callOut(CallOptions{})
			first := s.last(sip.INVITE)
			s.answer(first, 180)
			s.forget()
			s.disconnect()
			s.expect("event Disconnected")
			s.connect()
			s.expect("event Connected", ">> CANCEL", ">> INVITE")
			cancel, second := s.last(sip.CANCEL), s.last(sip.INVITE)
			if cancel.Via[0].Branch() != first.Via[0].Branch() || cancel.CSeq.Seq != first.CSeq.Seq {
				t.Errorf("CANCEL is not that of the first INVITE:\n%s", cancel.Bytes())
			}
			if second.CallID != first.CallID || second.CSeq.Seq != first.CSeq.Seq+1 || second.To.Tag() != "" || string(second.Body) != string(first.Body) {
				t.Errorf("second INVITE:\n%s", second.Bytes())
			}
			s.answer(second, 200, sdp(farSDP), tag("bob2"))
			s.expect("<< 200 INVITE", ">> ACK", "peer final answer set", "event Accepted remote", "event Confirmed local")
			if session.Status() != StatusConfirmed {
				t.Errorf("state %v", session.Status())
			}
		})
	})
	t.Run("given up meanwhile it stops to ring over the next connection", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 180)
			s.disconnect()
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			s.forget()
			s.connect()
			s.expect("event Connected", ">> CANCEL")
		})
	})
	t.Run("before any answer there is nothing to cancel", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.callOut(CallOptions{})
			s.disconnect()
			s.forget()
			s.connect()
			s.expect("event Connected", ">> INVITE")
		})
	})
}

func TestSurvive_hangingUp(t *testing.T) {
	t.Run("a BYE waits for the connection", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			s.disconnect()
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			s.forget()
			s.connect()
			s.expect("event Connected", ">> BYE")
		})
	})
	t.Run("a lost BYE is repeated", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			first := s.last(sip.BYE)
			s.disconnect()
			s.forget()
			s.connect()
			s.expect("event Connected", ">> BYE")
			if again := s.last(sip.BYE); again.CSeq.Seq <= first.CSeq.Seq {
				t.Errorf("CSeq %d after %d", again.CSeq.Seq, first.CSeq.Seq)
			}
		})
	})
	t.Run("but not for ever", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			s.disconnect()
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			s.pass(DefaultRecovery)
			s.forget()
			s.connect()
			s.expect("event Connected")
		})
	})
}

// The ACK to a 2xx may be lost with the connection, and the repeated 2xx
// cannot reach us.
func TestSurvive_repeatsTheACK(t *testing.T) {
	for _, c := range []struct {
		rule  string
		after time.Duration
		want  string
	}{
		{"while the peer may wait for it", 10 * time.Second, "event Connected\n>> ACK\npeer check path\npeer offer\n>> INVITE"},
		{"not when it has given up", 64 * timerT1, "event Connected\npeer check path\npeer offer\n>> INVITE"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.answeredOut()
				s.disconnect()
				s.pass(c.after)
				s.forget()
				s.connect()
				s.expectAnyOrder(c.want)
			})
		})
	}
}

func TestPathState_names(t *testing.T) {
	for p, want := range map[pathState]string{pathNew: "new", pathFlowing: "flowing", pathInterrupted: "interrupted", pathBroken: "broken"} {
		if p.String() != want {
			t.Errorf("%d is %q, want %q", p, p.String(), want)
		}
	}
}

func TestTemporary(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&EndError{Cause: CauseConnection}, true},
		{&EndError{Cause: CauseRequestTimeout}, true},
		{&EndError{Cause: CauseSIPFailure, Status: 500}, true},
		{&EndError{Cause: CauseSIPFailure, Status: 501}, false},
		{&EndError{Cause: CauseUnavailable, Status: 480}, true},
		{&EndError{Cause: CauseIncompatibleSDP, Status: 488}, false},
		{&EndError{Cause: CauseRejected, Status: 603}, false},
		{errors.New("other"), false},
	} {
		if got := temporary(c.err); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
}
