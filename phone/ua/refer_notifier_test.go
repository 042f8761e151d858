package ua

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"webphone/phone/sip"
)

func TestReferNotifier_everyStateEveryInput(t *testing.T) {
	const no = notifierState(-1)
	// Inputs in their order: accept, reject, result.
	table := map[notifierState][3]notifierState{
		notifierUndecided: {notifierFollowing, notifierOver, no},
		notifierFollowing: {no, no, notifierOver},
		notifierOver:      {no, no, no},
	}
	for state := notifierUndecided; state <= notifierOver; state++ {
		for in := notifierAccept; in <= notifierResult; in++ {
			want := table[state][in]
			if got, ok := state.next(in); ok != (want != no) || ok && got != want {
				t.Errorf("%d on %d: %d %v, want %d", state, in, got, ok, want)
			}
		}
	}
}

const referred = `
	<< REFER
	>> 202 REFER
	>> NOTIFY
	event ReferRequested sip:carol@example.com`

// referred has the far side transfer us to carol; its NOTIFY is answered.
func (s *scene) referred(mods ...mod) ReferRequested {
	s.t.Helper()
	s.receive(s.request(sip.REFER, append([]mod{
		header("Refer-To", "<sip:carol@example.com>"), header("Referred-By", "<sip:bob@example.com>"),
	}, mods...)...))
	return s.lastReferRequested()
}

func (s *scene) lastReferRequested() ReferRequested {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.events) - 1; i >= 0; i-- {
		if e, ok := s.events[i].(ReferRequested); ok {
			return e
		}
	}
	s.t.Fatal("no ReferRequested")
	return ReferRequested{}
}

// accept accepts e and returns the INVITE that follows.
func (s *scene) accept(e ReferRequested) *sip.Request {
	s.t.Helper()
	s.do(func() {
		if _, err := e.Accept(CallOptions{}); err != nil {
			s.t.Error(err)
		}
	})
	return s.last(sip.INVITE)
}

// notified answers the last NOTIFY and returns what it says.
func (s *scene) notified() string {
	s.t.Helper()
	r := s.last(sip.NOTIFY)
	s.answer(r, 200)
	return fmt.Sprintf("%s | %s | %s", r.Headers.Get("Event"), r.Headers.Get("Subscription-State"), strings.TrimSpace(string(r.Body)))
}

// Flow 8 of the reference, as the one who is transferred.
func TestReferred_blind(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredIn()
		e := s.referred()
		s.expect(referred)
		if e.ReferredBy.URI.User != "bob" || e.Replaces != nil || e.Session != session || e.ReferNotifier.Session() != session ||
			e.ReferNotifier.Request() != e.Request || e.Target.String() != "sip:carol@example.com" {
			t.Errorf("%+v", e)
		}
		res := s.lastResponse()
		id := fmt.Sprintf("refer;id=%d", res.CSeq.Seq)
		if res.StatusCode != 202 || !res.Headers.Has("Contact") {
			t.Errorf("\n%s", res.Bytes())
		}
		notify := s.last(sip.NOTIFY)
		if kind := notify.Headers.Get("Content-Type"); kind != "message/sipfrag;version=2.0" || !notify.Headers.Has("Contact") {
			t.Errorf("\n%s", notify.Bytes())
		}
		says := func(want string) {
			t.Helper()
			if got := s.notified(); got != id+" | "+want {
				t.Errorf("%s, want %s", got, want)
			}
		}
		says("active;expires=300 | SIP/2.0 100 Trying")
		s.forget()
		s.pass(10 * time.Second)
		invite := s.accept(e)
		s.expect(callingOut)
		if invite.RequestURI.String() != "sip:carol@example.com" || invite.Headers.Get("Referred-By") != "<sip:bob@example.com>" ||
			invite.Headers.Has("Replaces") || invite.CallID == session.CallID() {
			t.Errorf("\n%s", invite.Bytes())
		}
		s.answer(invite, 100)
		s.expect("<< 100 INVITE")
		s.answer(invite, 180)
		s.expect("<< 180 INVITE", "event Progress remote", ">> NOTIFY")
		says("active;expires=290 | SIP/2.0 180 Ringing")
		s.forget()
		s.answer(invite, 200, sdp(farSDP))
		s.expect("<< 200 INVITE", ">> ACK", "peer final answer set", ">> NOTIFY", "event Accepted remote", "event Confirmed local")
		says("terminated;reason=noresource | SIP/2.0 200 OK")
		s.do(func() {
			if len(s.ua.referrals) != 0 || len(session.refers.received) != 0 {
				t.Error("the referral is left")
			}
			if _, err := e.Accept(CallOptions{}); err == nil {
				t.Error("accepted twice")
			}
			if err := e.Reject(603, ""); err == nil {
				t.Error("rejected after all")
			}
		})
	})
}

// How the call to the target may fail, and what is told of it.
func TestReferred_failures(t *testing.T) {
	for _, c := range []struct {
		rule  string
		media fakeMedia
		fail  func(*scene)
		want  string
	}{
		{"busy", fakeMedia{}, func(s *scene) { s.answer(s.last(sip.INVITE), 486) }, "SIP/2.0 486 Busy Here"},
		{"a reason of its own", fakeMedia{}, func(s *scene) {
			res := sip.NewResponse(s.last(sip.INVITE), 480, "At Lunch", "bob")
			s.receive(res)
		}, "SIP/2.0 480 At Lunch"},
		{"no answer at all", fakeMedia{}, func(s *scene) { s.pass(32 * time.Second) }, "SIP/2.0 408 Request Timeout"},
		{"we give up", fakeMedia{}, func(s *scene) {
			s.do(func() { _ = s.ua.Sessions()[1].Terminate(TerminateOptions{}) })
		}, "SIP/2.0 487 Request Terminated"},
		{"we are offline", fakeMedia{}, func(s *scene) {
			s.disconnect()
			s.pass(time.Minute)
			s.connect()
			s.pass(5 * time.Second)
		}, "SIP/2.0 503 Service Unavailable"},
		{"no media", fakeMedia{offer: ErrUserDenied}, func(*scene) {}, "SIP/2.0 500 Server Internal Error"},
		{"a bad answer", fakeMedia{setAnswer: ErrIncompatibleSDP}, func(s *scene) {
			s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		}, "SIP/2.0 488 Not Acceptable Here"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := s.answeredIn()
				e := s.referred()
				s.notified()
				s.do(func() {
					s.mu.Lock()
					s.media = c.media
					s.mu.Unlock()
					if _, err := e.Accept(CallOptions{}); err != nil {
						t.Error(err)
					}
				})
				c.fail(s)
				if got := s.notified(); !strings.HasSuffix(got, "| terminated;reason=noresource | "+c.want) {
					t.Errorf("%s, want %s", got, c.want)
				}
				if session.Status() != StatusConfirmed {
					t.Error("the first call is not ours to end")
				}
				s.do(func() {
					if len(s.ua.referrals) != 0 {
						t.Error("the referral is left")
					}
				})
			})
		})
	}
}

// Nothing hangs: the deadline declines, a refusal ends the news.
func TestB22_referNobodyDecides(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredIn()
		e := s.referred()
		s.notified()
		s.forget()
		s.pass(59 * time.Second)
		s.expect()
		s.pass(time.Second)
		s.expect(">> NOTIFY")
		if got := s.notified(); !strings.HasSuffix(got, "terminated;reason=noresource | SIP/2.0 603 Decline") {
			t.Error(got)
		}
		s.do(func() {
			if _, err := e.Accept(CallOptions{}); err == nil || len(s.ua.referrals) != 0 {
				t.Error("late decision:", err)
			}
		})
		if session.Status() != StatusConfirmed {
			t.Errorf("state %v", session.Status())
		}
	})
}

func TestB22_refusedNotifyStopsTheNotifier(t *testing.T) {
	for rule, refuse := range map[string]func(*scene){
		"481":       func(s *scene) { s.answer(s.last(sip.NOTIFY), 481) },
		"no answer": func(s *scene) { s.pass(32 * time.Second) },
	} {
		t.Run(rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := s.answeredIn()
				e := s.referred()
				refuse(s)
				invite := s.accept(e)
				s.forget()
				s.answer(invite, 180)
				s.answer(invite, 200, sdp(farSDP))
				s.expect("<< 180 INVITE", "event Progress remote", "<< 200 INVITE", ">> ACK", "peer final answer set",
					"event Accepted remote", "event Confirmed local")
				s.do(func() {
					if len(s.ua.referrals) != 0 || session.Status() != StatusConfirmed {
						t.Errorf("%d referrals, %v", len(s.ua.referrals), session.Status())
					}
				})
			})
		})
	}
}

func TestReferred_rejected(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.answeredOut()
		s.onEvent = func(event Event) {
			if e, ok := event.(ReferRequested); ok {
				if err := e.Reject(200, ""); err == nil {
					t.Error("rejected with 200")
				}
				if err := e.Reject(480, "Not Now"); err != nil {
					t.Error(err)
				}
			}
		}
		s.referred()
		s.expect(referred)
		s.notified()
		if got := s.notified(); !strings.HasSuffix(got, "terminated;reason=noresource | SIP/2.0 480 Not Now") {
			t.Error(got)
		}
	})
}

// What is told in one handler goes out after what was told before.
func TestReferred_acceptedInTheHandler(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.answeredOut()
		s.onEvent = func(event Event) {
			if e, ok := event.(ReferRequested); ok {
				_, _ = e.Accept(CallOptions{Data: 7})
			}
		}
		s.referred()
		s.expect(referred, callingOut)
		s.answer(s.last(sip.INVITE), 180)
		s.answer(s.last(sip.INVITE), 183)
		s.expect("<< 180 INVITE", "event Progress remote", "<< 183 INVITE", "event Progress remote")
		first := s.last(sip.NOTIFY)
		s.answer(first, 401, header("WWW-Authenticate", sip.NewChallenge("example.com", "n1", "MD5")))
		s.expect("<< 401 NOTIFY", ">> NOTIFY")
		if got := s.notified(); !strings.HasSuffix(got, "100 Trying") {
			t.Error(got)
		}
		s.expect("<< 200 NOTIFY", ">> NOTIFY")
		if got := s.notified(); !strings.HasSuffix(got, "183 Session Progress") {
			t.Error(got)
		}
		if s.last(sip.NOTIFY).CSeq.Seq != first.CSeq.Seq+2 {
			t.Error("the numbers of the dialog are not in order")
		}
	})
}

func TestReferred_whatIsRefused(t *testing.T) {
	for _, c := range []struct {
		rule   string
		mods   []mod
		status int
	}{
		{"no Refer-To", []mod{func(c *sip.Common) { c.Headers.Del("Refer-To") }}, 400},
		{"two", []mod{func(c *sip.Common) { c.Headers.Add("Refer-To", "<sip:dave@example.com>") }}, 400},
		{"malformed", []mod{header("Refer-To", "<sip:>")}, 400},
		{"another scheme", []mod{header("Refer-To", "<https://example.com/x>")}, 416},
		{"another method", []mod{header("Refer-To", "<sip:carol@example.com;method=BYE>")}, 603},
		{"malformed Replaces", []mod{header("Refer-To", "<sip:carol@example.com?Replaces=x>")}, 400},
		{"tel that is no number", []mod{header("Refer-To", "<tel:;x=y>")}, 400},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.answeredIn()
				r := s.request(sip.REFER, append([]mod{header("Refer-To", "<sip:carol@example.com>")}, c.mods...)...)
				s.receive(r)
				s.expect("<< REFER", fmt.Sprintf(">> %d REFER", c.status))
			})
		})
	}
	t.Run("before the answer", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.ringIn()
			s.forget()
			s.receive(s.request(sip.REFER, header("Refer-To", "<sip:carol@example.com>")))
			s.expect("<< REFER", ">> 603 REFER")
		})
	})
	t.Run("too many at once", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredIn()
			for range maxUndecidedRefers {
				s.referred()
			}
			s.receive(s.request(sip.REFER, header("Refer-To", "<sip:carol@example.com>")))
			if got := s.lastResponse().StatusCode; got != 486 {
				t.Error(got)
			}
		})
	})
}

func TestReferred_targets(t *testing.T) {
	for _, c := range []struct{ rule, referTo, uri, replaces string }{
		{"addr-spec", "sip:carol@example.com", "sip:carol@example.com", ""},
		{"tel", "<tel:+1-23;ext=4>", "sip:+123;ext=4@example.com;user=phone", ""},
		{"sips", "<sips:carol@example.com>", "sips:carol@example.com", ""},
		{"method=INVITE", "<sip:carol@example.com;transport=ws;method=INVITE>", "sip:carol@example.com;transport=ws", ""},
		{"Replaces", "<sip:carol@example.com?Replaces=a%40b%3Bto-tag%3Dc%3Bfrom-tag%3Da>", "sip:carol@example.com", "a@b;to-tag=c;from-tag=a"},
		{"early-only", "<sip:carol@example.com?Replaces=a%40b%3Bto-tag%3Dc%3Bfrom-tag%3Da%3Bearly-only>", "sip:carol@example.com", "a@b;to-tag=c;from-tag=a;early-only"},
		{"other headers are not obeyed", "<sip:carol@example.com?From=sip:x%40y&Route=%3Csip:evil%3E>", "sip:carol@example.com", ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.answeredIn()
				invite := s.accept(s.referred(header("Refer-To", c.referTo)))
				if invite.RequestURI.String() != c.uri || invite.To.URI.String() != c.uri || invite.Headers.Get("Replaces") != c.replaces ||
					invite.Headers.Has("Route") || invite.From.URI.User != "alice" {
					t.Errorf("\n%s", invite.Bytes())
				}
			})
		})
	}
}
