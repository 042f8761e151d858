package ua

import (
	"errors"
	"testing"
	"time"

	"webphone/phone/sip"
)

// Of several early dialogs one is heard, each keeps its answer, and the one
// that answers the call wins.
func TestForks_oneIsHeard(t *testing.T) {
	bob, carol, dave := farSDP, holdSDP, farSDP+"a=x:dave\r\n"
	heard := func(s *scene) string {
		applied := s.peers[0].applied
		if len(applied) == 0 {
			return ""
		}
		return applied[len(applied)-1]
	}
	fails := func(s *scene) { s.peers[0].options.Events.Failed(errors.New("no encryption")) }
	lost := func(s *scene) {
		s.peers[0].options.Events.Failed(pathLost())
		s.do(func() {})
	}
	newest := func(s *scene, want bool) {
		s.do(func() {
			if got := s.ua.Sessions()[0].HearNewest(); got != want {
				s.t.Errorf("another one: %v, want %v", got, want)
			}
		})
	}
	three := func(s *scene) {
		invite := s.last(sip.INVITE)
		s.answer(invite, 183, sdp(bob), tag("bob"))
		s.answer(invite, 183, sdp(carol), tag("carol"))
		s.answer(invite, 183, sdp(dave), tag("dave"))
		s.forget()
	}
	const answered = "\n<< 200 INVITE\n>> ACK\npeer final answer set\nevent Accepted remote\nevent Confirmed local"
	for _, c := range []struct {
		rule  string
		upset func(*scene)
		trace string
		heard string
	}{
		{"the first", func(*scene) {}, "", bob},
		{"whose answer may change", func(s *scene) {
			s.answer(s.last(sip.INVITE), 183, sdp(dave), tag("bob"))
		}, "<< 183 INVITE\npeer provisional answer set\nevent Progress remote", dave},
		{"the next when its path fails", lost, "peer provisional answer set", carol},
		{"the next when its encryption fails", fails, "peer provisional answer set", carol},
		{"the next when it has ended (RFC 6228)", func(s *scene) {
			s.answer(s.last(sip.INVITE), 199, tag("bob"))
		}, "<< 199 INVITE\nevent Progress remote\npeer provisional answer set", carol},
		{"not one that has ended", func(s *scene) {
			s.answer(s.last(sip.INVITE), 199, tag("carol"))
			lost(s)
		}, "<< 199 INVITE\nevent Progress remote\npeer provisional answer set", dave},
		{"none when all have failed", func(s *scene) {
			for range 4 {
				lost(s)
			}
		}, "peer provisional answer set\npeer provisional answer set\nevent EarlyMediaLost", dave},
		{"a failed one that answers anew", func(s *scene) {
			for range 3 {
				lost(s)
			}
			s.answer(s.last(sip.INVITE), 183, sdp(dave), tag("bob"))
		}, "peer provisional answer set\npeer provisional answer set\nevent EarlyMediaLost\n<< 183 INVITE\npeer provisional answer set\nevent Progress remote\nevent EarlyMedia", dave},
		{"the newest for a caller who hears nothing", func(s *scene) {
			newest(s, true)
			newest(s, false)
		}, "peer provisional answer set", dave},
		{"no other while the newest says nothing of its media", func(s *scene) {
			newest(s, true)
			s.answer(s.last(sip.INVITE), 180, tag("eve"))
			newest(s, false)
		}, "peer provisional answer set\n<< 180 INVITE\nevent Progress remote", dave},
		{"the one that has said last what it plays", func(s *scene) {
			s.answer(s.last(sip.INVITE), 183, sdp(dave), tag("carol"))
			newest(s, true)
		}, "<< 183 INVITE\nevent Progress remote\npeer provisional answer set", dave},
		{"not the newest if it has ended", func(s *scene) {
			s.answer(s.last(sip.INVITE), 199, tag("dave"))
			newest(s, true)
		}, "<< 199 INVITE\nevent Progress remote\npeer provisional answer set", carol},
		{"the one that answers the call", func(s *scene) {
			s.answer(s.last(sip.INVITE), 200, tag("carol"))
		}, answered, carol},
		{"the one that answers the call, with its new answer", func(s *scene) {
			s.answer(s.last(sip.INVITE), 200, tag("carol"), sdp(dave))
		}, answered, dave},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := s.callOut(CallOptions{})
				three(s)
				c.upset(s)
				s.expectAnyOrder(c.trace)
				if got := heard(s); got != c.heard {
					t.Errorf("hears %q, want %q", got, c.heard)
				}
				if session.IsEnded() {
					t.Error("the call ended")
				}
			})
		})
	}
	t.Run("an answer that cannot be applied makes way", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.callOut(CallOptions{})
			s.forget()
			s.mu.Lock()
			s.media.setAnswer, s.media.delay = ErrIncompatibleSDP, time.Second
			s.mu.Unlock()
			s.answer(s.last(sip.INVITE), 183, sdp("v=0\r\n"), tag("bob"))
			s.answer(s.last(sip.INVITE), 183, sdp(carol), tag("carol"))
			s.pass(time.Second)
			s.mu.Lock()
			s.media.setAnswer = nil
			s.mu.Unlock()
			s.pass(time.Second)
			s.expectAnyOrder("<< 183 INVITE\npeer provisional answer set\n<< 183 INVITE\nevent Progress remote\nevent Progress remote\npeer provisional answer set\nevent EarlyMedia")
		})
	})
}

func TestForks_pathThatFailedIsRestartedWhenItsForkAnswers(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.callOut(CallOptions{})
		s.answer(s.last(sip.INVITE), 183, sdp(farSDP), tag("bob"))
		s.answer(s.last(sip.INVITE), 183, sdp(holdSDP), tag("carol"))
		s.peers[0].options.Events.Failed(pathLost())
		s.forget()
		s.answer(s.last(sip.INVITE), 200, tag("bob"))
		s.expect(`<< 200 INVITE
			>> ACK
			peer final answer set
			event Accepted remote
			event Confirmed local
			peer offer ice-restart
			>> INVITE`)
		if got := s.peers[0].applied[2]; got != farSDP {
			t.Errorf("applied %q", got)
		}
	})
}

func TestProgress(t *testing.T) {
	suppress := func(c *Config) { c.SuppressRinging = true }
	t.Run("silence, then a rejection", func(t *testing.T) {
		play(t, suppress, func(s *scene) {
			session, _ := s.ringIn()
			s.expect("<< INVITE", ">> 100 INVITE", "event NewRTCSession remote")
			s.do(func() { _ = session.Terminate(TerminateOptions{StatusCode: 486}) })
			s.expect(">> 486 INVITE", "event Ended local Rejected 486")
		})
	})
	t.Run("in place of the automatic 180", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.onEvent = func(e Event) {
				if e, ok := e.(NewRTCSession); ok {
					if err := e.Session.Progress(ProgressOptions{Status: 182, Reason: "Second in line"}); err != nil {
						t.Error(err)
					}
				}
			}
			s.ringIn()
			s.expect("<< INVITE", ">> 100 INVITE", "event NewRTCSession remote", ">> 182 INVITE", "event Progress local")
			if got := s.lastResponse().Reason; got != "Second in line" {
				t.Errorf("reason %q", got)
			}
		})
	})
	t.Run("early media, unreliably: the 200 says the same", func(t *testing.T) {
		play(t, suppress, func(s *scene) {
			session, invite := s.ringIn()
			s.forget()
			s.do(func() { _ = session.Progress(ProgressOptions{EarlyMedia: true, Data: 5}) })
			s.expect("peer new incoming", "peer answer", ">> 183 INVITE", "event Progress local")
			early, _ := s.lastResponse().SDP()
			s.far.to = s.far.to.WithTag(s.lastResponse().To.Tag())
			if s.peers[0].options.Data != 5 {
				t.Errorf("data %v", s.peers[0].options.Data)
			}
			s.do(func() { _ = session.Progress(ProgressOptions{}) })
			s.expect(">> 180 INVITE", "event Progress local")
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.expect(">> 200 INVITE", "event Accepted local")
			if final, _ := s.lastResponse().SDP(); string(final) != string(early) || len(final) == 0 {
				t.Errorf("200 says %q after %q", final, early)
			}
			s.receive(s.ackTo(invite))
			s.expect("<< ACK", "event Confirmed remote")
		})
	})
	t.Run("early media that cannot be: 488", func(t *testing.T) {
		play(t, suppress, func(s *scene) {
			s.media.answer = ErrIncompatibleSDP
			session, _ := s.ringIn()
			s.forget()
			s.do(func() { _ = session.Progress(ProgressOptions{EarlyMedia: true}) })
			s.expect("peer new incoming", "peer answer", ">> 488 INVITE", "event Ended system Incompatible SDP 488", "peer close")
		})
	})
	t.Run("no early media without an offer, unless reliably", func(t *testing.T) {
		play(t, suppress, func(s *scene) {
			session, _ := s.ringIn(offerless)
			s.forget()
			s.do(func() { _ = session.Progress(ProgressOptions{EarlyMedia: true}) })
			s.expect(">> 183 INVITE", "event Progress local")
		})
		play(t, suppress, func(s *scene) {
			session, _ := s.ringIn(offerless, supports100rel)
			s.forget()
			s.do(func() { _ = session.Progress(ProgressOptions{EarlyMedia: true}) })
			s.expect("peer new incoming", "peer offer", ">> 183 INVITE", "event Progress local")
		})
	})
	t.Run("early media again, once complete, are not said again", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session, _ := s.earlyIn()
			s.do(func() { _ = session.Progress(ProgressOptions{EarlyMedia: true}) })
			s.expect(">> 183 INVITE", "event Progress local")
			if _, ok := s.lastResponse().SDP(); ok {
				t.Error("described twice")
			}
		})
	})
	t.Run("answered while it is made", func(t *testing.T) {
		play(t, suppress, func(s *scene) {
			session, _ := s.ringIn()
			s.forget()
			s.do(func() {
				_ = session.Progress(ProgressOptions{EarlyMedia: true})
				_ = session.Answer(AnswerCallOptions{})
			})
			s.expect("peer new incoming", "peer answer", ">> 200 INVITE", "event Accepted local")
		})
	})
	t.Run("refused", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session, _ := s.ringIn()
			s.do(func() {
				for _, status := range []int{100, 179, 200} {
					if err := session.Progress(ProgressOptions{Status: status}); !errors.Is(err, errStatusCode) {
						t.Errorf("%d: %v", status, err)
					}
				}
				_ = session.Answer(AnswerCallOptions{})
				var wrong *StateError
				if err := session.Progress(ProgressOptions{}); !errors.As(err, &wrong) {
					t.Errorf("after Answer: %v", err)
				}
			})
			out := s.callOut(CallOptions{})
			if err := out.Progress(ProgressOptions{}); err == nil {
				t.Error("progress of our own call")
			}
		})
	})
}

// The path of the callee's early media is no reason to end what rings; once
// answered, it is restored or the call ends.
func TestProgress_earlyMediaFail(t *testing.T) {
	for rule, c := range map[string]struct {
		err   error
		trace []string
	}{
		"path":       {pathLost(), []string{"<< ACK", "event Confirmed remote", "event MediaInterrupted", "peer offer ice-restart", ">> INVITE"}},
		"encryption": {errors.New("dtls"), []string{"<< ACK", "event Confirmed remote", ">> BYE", "event Ended system RTP Timeout 408", "peer close"}},
	} {
		t.Run(rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session, invite := s.earlyIn()
				s.peers[0].options.Events.Failed(c.err)
				s.expect()
				s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
				s.forget()
				s.receive(s.ackTo(invite))
				s.expect(c.trace...)
			})
		})
	}
}

// What one fork can do says nothing about another.
func TestForks_eachHasItsOwnAbilities(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.callOut(CallOptions{})
		s.answer(s.last(sip.INVITE), 183, sdp(farSDP), tag("carol"), header("Supported", trickles), header("Allow", "INVITE, ACK"))
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP), tag("bob"))
		s.forget()
		s.found(1, "aaaa")
		s.expect("event ICECandidate") // no INFO: bob announces nothing
		s.do(func() {
			if one := s.ua.Sessions()[0]; one.timer.noUpdate || one.trickle.peer {
				t.Errorf("no UPDATE %v, trickle %v", one.timer.noUpdate, one.trickle.peer)
			}
		})
	})
}

// A fork that says it takes no UPDATE while one to it is being made is spared
// it; there can be no re-INVITE yet (RFC 3261 §14.1).
func TestForks_noUpdateAfterAll(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		s.answer(s.last(sip.INVITE), 183, sdp(farSDP), header("Require", "100rel"), header("RSeq", "1"))
		s.mu.Lock()
		s.media.delay = time.Second
		s.mu.Unlock()
		s.forget()
		s.do(func() {
			session.HoldWith(HoldOptions{UseUpdate: true}, func(err error) { s.note("hold done %v", err) })
		})
		s.answer(s.last(sip.INVITE), 180, header("Allow", "INVITE, ACK"))
		s.pass(time.Second)
		s.expect("peer offer hold", "<< 180 INVITE", "event Progress remote", "peer rollback", "hold done SIP Failure Code (405 Method Not Allowed)")
		if session.IsEnded() {
			t.Error("ended")
		}
	})
}
