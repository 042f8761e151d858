package ua

import (
	"fmt"
	"testing"
	"time"

	"webphone/phone/sip"
)

// replacing has a third party send an INVITE that would replace r.
func (s *scene) replacing(r Replaces, mods ...mod) *sip.Request {
	s.t.Helper()
	s.outside()
	s.far.callID, s.far.from = "third", addr("<sip:carol@example.com>;tag=carol")
	s.far.branches = 100 * len(s.sent) // not the other party's again
	invite := s.request(sip.INVITE, append([]mod{sdp(farSDP), header("Replaces", r.String()), header("Require", "replaces")}, mods...)...)
	s.receive(invite)
	return invite
}

func (s *scene) lastReplacesRequested() ReplacesRequested {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.events) - 1; i >= 0; i-- {
		if e, ok := s.events[i].(ReplacesRequested); ok {
			return e
		}
	}
	s.t.Fatal("no ReplacesRequested")
	return ReplacesRequested{}
}

// asSeenHere names a session of ours as the third party learnt it from the
// other party.
func asSeenHere(session *RTCSession) Replaces {
	id := session.dialog.id
	return Replaces{CallID: id.callID, ToTag: id.localTag, FromTag: id.remoteTag}
}

const replacesAsked = `
	<< INVITE
	>> 100 INVITE
	event ReplacesRequested `

// The end of flow 9 of the reference.
func TestReplaces_confirmedDialog(t *testing.T) {
	for rule, call := range map[string]func(*scene) *RTCSession{
		"incoming": func(s *scene) *RTCSession { return s.answeredIn() },
		"outgoing": func(s *scene) *RTCSession { return s.answeredOut() },
	} {
		t.Run(rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				old := call(s)
				s.do(old.Mute)
				s.forget()
				invite := s.replacing(asSeenHere(old))
				s.expect(replacesAsked + rule)
				e := s.lastReplacesRequested()
				if e.Session != old || e.Request.CallID != "third" {
					t.Errorf("%+v", e)
				}
				var taken *RTCSession
				s.do(func() {
					var err error
					if taken, err = e.Accept(AnswerCallOptions{ExtraHeaders: []sip.Header{{Name: "X-Why", Value: "y"}}}); err != nil {
						t.Error(err)
					}
				})
				s.expectAnyOrder("event NewRTCSession remote", ">> 180 INVITE", "event Progress local",
					"peer new incoming", "peer muted", "peer answer", ">> 200 INVITE", "event Accepted local")
				if got := s.lastResponse().Headers.Get("X-Why"); got != "y" || old.IsEnded() || !taken.IsMuted() {
					t.Errorf("X %q, old %v, muted %v", got, old.Status(), taken.IsMuted())
				}
				s.far.to = s.far.to.WithTag(s.lastResponse().To.Tag())
				s.receive(s.ackTo(invite))
				s.expect("<< ACK", "event Confirmed remote", ">> BYE", "event Ended remote Replaced 0", "peer close")
				if bye := s.last(sip.BYE); bye.CallID != old.CallID() {
					t.Errorf("\n%s", bye.Bytes())
				}
				s.do(func() {
					if err := e.Reject(603, ReplyOptions{}); err == nil {
						t.Error("decided twice")
					}
					if _, err := e.Accept(AnswerCallOptions{}); err == nil {
						t.Error("accepted twice")
					}
					if len(s.ua.referrals) != 0 || len(s.ua.Sessions()) != 1 {
						t.Error("something is left")
					}
				})
			})
		})
	}
}

// A call of ours that rings is picked up at another phone: it comes back from
// there, and the ringing is cancelled.
func TestReplaces_ringingCallOfOurs(t *testing.T) {
	play(t, nil, func(s *scene) {
		old := s.callOut(CallOptions{})
		first := s.last(sip.INVITE)
		s.answer(first, 180)
		s.answer(first, 180, tag("fork"))
		s.forget()
		invite := s.replacing(Replaces{CallID: old.CallID(), ToTag: first.From.Tag(), FromTag: "fork", EarlyOnly: true})
		s.expect(replacesAsked + "outgoing")
		s.do(func() {
			if _, err := s.lastReplacesRequested().Accept(AnswerCallOptions{}); err != nil {
				t.Error(err)
			}
		})
		s.expectAnyOrder("event NewRTCSession remote", ">> 180 INVITE", "event Progress local", "peer new incoming", "peer answer",
			">> 200 INVITE", "event Accepted local", ">> CANCEL", "event Ended remote Replaced 200", "peer close")
		if got := s.last(sip.CANCEL).Headers.Get("Reason"); got != `SIP;cause=200;text="Call completed elsewhere"` {
			t.Errorf("Reason: %s", got)
		}
		s.answer(s.last(sip.CANCEL), 200)
		s.answer(first, 487)
		s.forget()
		s.far.to = s.far.to.WithTag(s.lastResponse().To.Tag())
		s.receive(s.ackTo(invite))
		s.expect("<< ACK", "event Confirmed remote")
	})
}

// RFC 3891 §3, rule by rule.
func TestReplaces_whatIsRefused(t *testing.T) {
	answered := func(s *scene) Replaces { return asSeenHere(s.answeredIn()) }
	for _, c := range []struct {
		rule   string
		call   func(*scene) Replaces
		mods   []mod
		status int
	}{
		{"no such dialog", func(*scene) Replaces { return Replaces{CallID: "a", ToTag: "b", FromTag: "c"} }, nil, 481},
		{"another's tag", func(s *scene) Replaces { r := answered(s); r.ToTag = "x"; return r }, nil, 481},
		{"the tags the wrong way round", func(s *scene) Replaces {
			r := answered(s)
			r.ToTag, r.FromTag = r.FromTag, r.ToTag
			return r
		}, nil, 481},
		{"a ringing call that we did not make", func(s *scene) Replaces { session, _ := s.ringIn(); return asSeenHere(session) }, nil, 481},
		{"a call whose answer is being made", func(s *scene) Replaces {
			session, _ := s.ringIn()
			s.do(func() {
				s.media.delay = time.Minute
				_ = session.Answer(AnswerCallOptions{})
			})
			return asSeenHere(session)
		}, nil, 481},
		{"a dialog that has ended", func(s *scene) Replaces {
			session := s.answeredIn()
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			return asSeenHere(session)
		}, nil, 603},
		{"one that ended long ago", func(s *scene) Replaces {
			session := s.answeredIn()
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			s.pass(departedTime)
			return asSeenHere(session)
		}, nil, 481},
		{"early-only and answered", func(s *scene) Replaces { r := answered(s); r.EarlyOnly = true; return r }, nil, 486},
		{"two at once", answered, []mod{func(c *sip.Common) { c.Headers.Add("Replaces", "a;to-tag=b;from-tag=c") }}, 400},
		{"malformed", answered, []mod{header("Replaces", "a;to-tag=b")}, 400},
		{"Join as well", answered, []mod{header("Join", "a;to-tag=b;from-tag=c")}, 400},
		{"a body that is no SDP", answered, []mod{body("text/plain", "hi")}, 415},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				r := c.call(s)
				s.forget()
				s.replacing(r, c.mods...)
				s.expect("<< INVITE", ">> 100 INVITE", fmt.Sprintf(">> %d INVITE", c.status))
			})
		})
	}
	t.Run("another method", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredIn()
			s.receive(s.request(sip.INFO, header("Replaces", "a;to-tag=b;from-tag=c")))
			s.expect("<< INFO", ">> 400 INFO")
		})
	})
	t.Run("a second one while the first is undecided", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			r := answered(s)
			s.replacing(r)
			s.forget()
			s.replacing(r, func(c *sip.Common) { c.CallID = "fourth" })
			s.expect("<< INVITE", ">> 100 INVITE", ">> 486 INVITE")
		})
	})
}

// What ends the wait for the user.
func TestB22_replacesNobodyDecides(t *testing.T) {
	for _, c := range []struct {
		rule  string
		end   func(*scene, *RTCSession, ReplacesRequested, *sip.Request)
		trace string
	}{
		{"the deadline", func(s *scene, _ *RTCSession, _ ReplacesRequested, _ *sip.Request) { s.pass(30 * time.Second) }, ">> 603 INVITE"},
		{"the user", func(s *scene, _ *RTCSession, e ReplacesRequested, _ *sip.Request) {
			s.do(func() {
				if e.Reject(200, ReplyOptions{}) == nil || e.Reject(480, ReplyOptions{Reason: "Not Now"}) != nil {
					s.t.Error("Reject")
				}
			})
		}, ">> 480 INVITE"},
		{"CANCEL", func(s *scene, _ *RTCSession, _ ReplacesRequested, invite *sip.Request) { s.receive(cancelOf(invite)) }, "<< CANCEL\n>> 200 CANCEL\n>> 487 INVITE"},
		{"the end of the old call", func(s *scene, old *RTCSession, _ ReplacesRequested, _ *sip.Request) {
			s.do(func() { _ = old.Terminate(TerminateOptions{}) })
		}, ">> BYE\n>> 603 INVITE\nevent Ended local Terminated 0\npeer close"},
		{"Stop", func(s *scene, _ *RTCSession, _ ReplacesRequested, _ *sip.Request) {
			s.do(func() { s.ua.Stop(nil) })
		}, ">> BYE\n>> 603 INVITE\nevent Ended local Terminated 0\npeer close"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				old := s.answeredIn()
				invite := s.replacing(asSeenHere(old))
				s.forget()
				c.end(s, old, s.lastReplacesRequested(), invite)
				s.expect(c.trace)
				s.do(func() {
					if len(s.ua.referrals) != 0 || len(s.ua.Sessions()) > 1 {
						t.Error("something is left")
					}
					if _, err := s.lastReplacesRequested().Accept(AnswerCallOptions{}); err == nil {
						t.Error("accepted after all")
					}
				})
			})
		})
	}
}

func TestReplaces_earlyOnlyAndAnsweredMeanwhile(t *testing.T) {
	play(t, nil, func(s *scene) {
		old := s.callOut(CallOptions{})
		first := s.last(sip.INVITE)
		s.answer(first, 180)
		s.replacing(Replaces{CallID: old.CallID(), ToTag: first.From.Tag(), FromTag: "bob", EarlyOnly: true})
		s.answer(first, 200, sdp(farSDP))
		s.forget()
		s.do(func() {
			if _, err := s.lastReplacesRequested().Accept(AnswerCallOptions{}); err == nil {
				t.Error("accepted")
			}
		})
		s.expect(">> 486 INVITE")
	})
}

// The consumer may answer the new call itself, or end it, when it hears of it.
func TestReplaces_decidedInNewRTCSession(t *testing.T) {
	for rule, decide := range map[string]func(*RTCSession) error{
		"answered": func(s *RTCSession) error { return s.Answer(AnswerCallOptions{}) },
		"rejected": func(s *RTCSession) error { return s.Terminate(TerminateOptions{}) },
	} {
		t.Run(rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				old := s.answeredIn()
				s.onEvent = func(e Event) {
					switch e := e.(type) {
					case NewRTCSession:
						if err := decide(e.Session); err != nil {
							t.Error(err)
						}
					case ReplacesRequested:
						if _, err := e.Accept(AnswerCallOptions{}); err != nil {
							t.Error(err)
						}
					}
				}
				invite := s.replacing(asSeenHere(old))
				s.far.to = s.far.to.WithTag(s.lastResponse().To.Tag())
				s.receive(s.ackTo(invite))
				if old.IsEnded() != (rule == "answered") {
					t.Errorf("the old one is %v", old.Status())
				}
			})
		})
	}
}

// The old call may end by itself before the new one stands.
func TestReplaces_oldCallEndsFirst(t *testing.T) {
	play(t, nil, func(s *scene) {
		old := s.answeredIn()
		far := s.far
		invite := s.replacing(asSeenHere(old))
		s.do(func() { _, _ = s.lastReplacesRequested().Accept(AnswerCallOptions{}) })
		third := s.far
		third.to = third.to.WithTag(s.lastResponse().To.Tag())
		s.far = far
		s.far.branches = 50
		s.receive(s.request(sip.BYE))
		s.far = third
		s.forget()
		s.receive(s.ackTo(invite))
		s.expect("<< ACK", "event Confirmed remote")
	})
}

func TestReplaces_names(t *testing.T) {
	id := dialogID{"call", "ours", "theirs"}
	for _, c := range []struct {
		rule string
		r    Replaces
		id   dialogID
		want bool
	}{
		{"all three", Replaces{CallID: "call", ToTag: "ours", FromTag: "theirs"}, id, true},
		{"another call", Replaces{CallID: "other", ToTag: "ours", FromTag: "theirs"}, id, false},
		{"the other way round", Replaces{CallID: "call", ToTag: "theirs", FromTag: "ours"}, id, false},
		{"0 is no tag", Replaces{CallID: "call", ToTag: "ours", FromTag: "0"}, dialogID{"call", "ours", ""}, true},
		{"0 is not any tag", Replaces{CallID: "call", ToTag: "ours", FromTag: "0"}, id, false},
		{"0 is a tag as well", Replaces{CallID: "call", ToTag: "ours", FromTag: "0"}, dialogID{"call", "ours", "0"}, true},
	} {
		if got := c.r.names(c.id); got != c.want {
			t.Errorf("%s: %v", c.rule, got)
		}
	}
}

func TestDeparted_isBounded(t *testing.T) {
	var d departed
	for i := range 3 * maxDeparted {
		d.add(dialogID{callID: fmt.Sprint(i), localTag: "a", remoteTag: "b"})
	}
	named := func(i int) bool { return d.has(Replaces{CallID: fmt.Sprint(i), ToTag: "a", FromTag: "b"}) }
	if len(d) != maxDeparted || !named(3*maxDeparted-1) || named(0) {
		t.Errorf("%d are known", len(d))
	}
}

func TestCall_replaces(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.callOut(CallOptions{Replaces: &Replaces{CallID: "a@b", ToTag: "c", FromTag: "d", EarlyOnly: true}})
		if got := s.last(sip.INVITE).Headers.Get("Replaces"); got != "a@b;to-tag=c;from-tag=d;early-only" {
			t.Errorf("Replaces: %s", got)
		}
	})
}
