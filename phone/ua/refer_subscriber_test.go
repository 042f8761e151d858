package ua

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"webphone/phone/sip"
)

func TestReferState_everyStateEveryInput(t *testing.T) {
	const no = ReferState(-1)
	// Inputs in their order: trying, ringing, success, failure, silent.
	table := map[ReferState][5]ReferState{
		ReferPending:    {ReferTrying, ReferProceeding, ReferAccepted, ReferFailed, ReferUnwatched},
		ReferTrying:     {ReferTrying, ReferProceeding, ReferAccepted, ReferFailed, no},
		ReferProceeding: {ReferProceeding, ReferProceeding, ReferAccepted, ReferFailed, no},
		ReferAccepted:   {no, no, no, no, no},
		ReferFailed:     {no, no, no, no, no},
		ReferUnwatched:  {no, no, no, no, no},
	}
	for state := ReferPending; state <= ReferUnwatched; state++ {
		for in := referTrying; in <= referSilent; in++ {
			want := table[state][in]
			if got, ok := state.next(in); ok != (want != no) || ok && got != want {
				t.Errorf("%v on %d: %v %v, want %v", state, in, got, ok, want)
			}
		}
	}
	if ReferState(9).String() != "ReferState(9)" {
		t.Error(ReferState(9))
	}
}

// refer has us transfer session to carol.
func (s *scene) refer(session *RTCSession, o ReferOptions) *ReferSubscriber {
	s.t.Helper()
	var r *ReferSubscriber
	s.do(func() {
		var err error
		if r, err = session.Refer("carol", o); err != nil {
			s.t.Error(err)
		}
	})
	return r
}

// news is a NOTIFY of the far side about the REFER with that CSeq.
func (s *scene) news(id uint32, state, fragment string, mods ...mod) *sip.Request {
	all := []mod{header("Event", fmt.Sprintf("refer;id=%d", id)), header("Subscription-State", state)}
	if fragment != "" {
		all = append(all, body("message/sipfrag;version=2.0", fragment+"\r\n"))
	}
	return s.request(sip.NOTIFY, append(all, mods...)...)
}

// Flow 8 of the reference, as the one who transfers.
func TestRefer_blind(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		r := s.refer(session, ReferOptions{ExtraHeaders: []sip.Header{{Name: "X-Why", Value: "lunch"}}})
		s.expect(">> REFER")
		refer := s.last(sip.REFER)
		for name, want := range map[string]string{
			"Refer-To": "<sip:carol@example.com>", "Referred-By": "<sip:alice@example.com>",
			"Contact": "<sip:alice1@contact.invalid;transport=ws;ob>", "X-Why": "lunch", "Refer-Sub": "",
		} {
			if got := refer.Headers.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if r.ID() != refer.CSeq.Seq || r.Session() != session || r.Target().User != "carol" || r.Request().CallID != refer.CallID {
			t.Errorf("%+v", r)
		}
		s.answer(refer, 202)
		s.expect("<< 202 REFER", "event ReferAnswered 202")
		s.receive(s.news(r.ID(), "active;expires=300", "SIP/2.0 100 Trying"))
		s.expect("<< NOTIFY", ">> 200 NOTIFY", "event ReferProgress trying 100 Trying")
		s.receive(s.news(r.ID(), "active;expires=299", "SIP/2.0 180 Ringing"))
		s.expect("<< NOTIFY", ">> 200 NOTIFY", "event ReferProgress proceeding 180 Ringing")
		s.receive(s.news(r.ID(), "terminated;reason=noresource", "SIP/2.0 200 OK"))
		s.expect("<< NOTIFY", ">> 200 NOTIFY", "event ReferProgress accepted 200 OK")
		s.receive(s.news(r.ID(), "terminated;reason=noresource", "SIP/2.0 200 OK"))
		s.expect("<< NOTIFY", ">> 481 NOTIFY")
		if session.Status() != StatusConfirmed {
			t.Error("the call is the user's to end")
		}
	})
}

func TestRefer_outcomes(t *testing.T) {
	type step = func(*scene, *ReferSubscriber)
	answer := func(status int, mods ...mod) step {
		return func(s *scene, _ *ReferSubscriber) { s.answer(s.last(sip.REFER), status, mods...) }
	}
	news := func(state, fragment string, mods ...mod) step {
		return func(s *scene, r *ReferSubscriber) { s.receive(s.news(r.ID(), state, fragment, mods...)) }
	}
	pass := func(d time.Duration) step { return func(s *scene, _ *ReferSubscriber) { s.pass(d) } }
	const granted = "<< 202 REFER\nevent ReferAnswered 202\n"
	for _, c := range []struct {
		rule  string
		steps []step
		trace string
		state ReferState
	}{
		{"200 is as good as 202", []step{answer(200)}, "<< 200 REFER\nevent ReferAnswered 200", ReferPending},
		{"refused", []step{answer(603), news("active", "SIP/2.0 100 Trying")}, "<< 603 REFER\nevent ReferAnswered Rejected 603\n<< NOTIFY\n>> 481 NOTIFY", ReferFailed},
		{"the target is busy", []step{answer(202), news("terminated", "SIP/2.0 486 Busy Here")}, granted + "<< NOTIFY\n>> 200 NOTIFY\nevent ReferProgress failed 486 Busy Here: Busy", ReferFailed},
		{"NOTIFY before the 2xx", []step{news("active", "SIP/2.0 100 Trying"), answer(202)}, "<< NOTIFY\n>> 200 NOTIFY\nevent ReferProgress trying 100 Trying\n" + granted, ReferTrying},
		{"the result before the 2xx", []step{news("terminated", "SIP/2.0 200 OK"), answer(202)}, "<< NOTIFY\n>> 200 NOTIFY\nevent ReferProgress accepted 200 OK\n" + granted, ReferAccepted},
		{"the result before a failure", []step{news("terminated", "SIP/2.0 200 OK"), answer(500)}, "<< NOTIFY\n>> 200 NOTIFY\nevent ReferProgress accepted 200 OK\n<< 500 REFER", ReferAccepted},
		{"no answer", []step{pass(32 * time.Second)}, "event ReferAnswered Request Timeout 0", ReferFailed},
		{"no NOTIFY ever", []step{answer(202), pass(32 * time.Second)}, granted + "event ReferProgress failed 0 : Request Timeout", ReferFailed},
		{"no result in the subscription's time", []step{answer(202), news("active;expires=60", "SIP/2.0 100 Trying"), pass(time.Minute)}, granted + "<< NOTIFY\n>> 200 NOTIFY\nevent ReferProgress trying 100 Trying\nevent ReferProgress failed 0 : Request Timeout", ReferFailed},
		{"no length said", []step{answer(202), news("active", "SIP/2.0 100 Trying"), pass(299 * time.Second)}, granted + "<< NOTIFY\n>> 200 NOTIFY\nevent ReferProgress trying 100 Trying", ReferTrying},
		{"terminated without a result", []step{answer(202), news("terminated;reason=giveup", "")}, granted + "<< NOTIFY\n>> 200 NOTIFY\nevent ReferProgress failed 0 giveup: SIP Failure Code", ReferFailed},
		{"terminated while ringing", []step{answer(202), news("terminated;reason=rejected", "SIP/2.0 180 Ringing")}, granted + "<< NOTIFY\n>> 200 NOTIFY\nevent ReferProgress proceeding 180 Ringing\nevent ReferProgress failed 0 rejected: Rejected", ReferFailed},
		{"the result, and the end later", []step{answer(202), news("active", "SIP/2.0 200 OK"), news("terminated", "SIP/2.0 200 OK"), news("terminated", "SIP/2.0 200 OK")}, granted + "<< NOTIFY\n>> 200 NOTIFY\nevent ReferProgress accepted 200 OK\n<< NOTIFY\n>> 200 NOTIFY\n<< NOTIFY\n>> 481 NOTIFY", ReferAccepted},
		{"the result, and no end", []step{answer(202), news("active", "SIP/2.0 200 OK"), pass(32 * time.Second), news("active", "SIP/2.0 200 OK")}, granted + "<< NOTIFY\n>> 200 NOTIFY\nevent ReferProgress accepted 200 OK\n<< NOTIFY\n>> 481 NOTIFY", ReferAccepted},
		{"not a status line", []step{answer(202), news("active", "NOTIFY sip:a@b SIP/2.0")}, granted + "<< NOTIFY\n>> 400 NOTIFY", ReferPending},
		{"no body", []step{answer(202), news("active", "")}, granted + "<< NOTIFY\n>> 400 NOTIFY", ReferPending},
		{"another body", []step{answer(202), news("active", "", body("text/plain", "hi"))}, granted + "<< NOTIFY\n>> 415 NOTIFY", ReferPending},
		{"another package", []step{answer(202), news("active", "SIP/2.0 100 Trying", header("Event", "dialog"))}, granted + "<< NOTIFY\n>> 489 NOTIFY", ReferPending},
		{"another REFER's id", []step{answer(202), news("active", "SIP/2.0 100 Trying", header("Event", "refer;id=1"))}, granted + "<< NOTIFY\n>> 481 NOTIFY", ReferPending},
		{"no id", []step{answer(202), news("active", "SIP/2.0 100 Trying", header("Event", "refer"))}, granted + "<< NOTIFY\n>> 200 NOTIFY\nevent ReferProgress trying 100 Trying", ReferTrying},
		{"ringing and then trying again", []step{answer(202), news("active", "SIP/2.0 183 Session Progress"), news("active", "SIP/2.0 100 Trying")}, granted + "<< NOTIFY\n>> 200 NOTIFY\nevent ReferProgress proceeding 183 Session Progress\n<< NOTIFY\n>> 200 NOTIFY\nevent ReferProgress proceeding 100 Trying", ReferProceeding},
		{"nothing will be told", []step{answer(202, header("Refer-Sub", "false")), news("active", "SIP/2.0 100 Trying")}, granted + "<< NOTIFY\n>> 481 NOTIFY", ReferUnwatched},
		{"the dialog is gone", []step{answer(481)}, "<< 481 REFER\nevent ReferAnswered SIP Failure Code 481\n>> BYE\nevent Ended remote Dialog Error 481\npeer close", ReferFailed},
		{"the connection is lost for good", []step{func(s *scene, _ *ReferSubscriber) { s.disconnect() }, pass(DefaultRecovery)}, "event Disconnected\nevent ReferAnswered Connection Error 0", ReferFailed},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				r := s.refer(s.answeredOut(), ReferOptions{})
				s.expect(">> REFER")
				for _, step := range c.steps {
					step(s, r)
				}
				s.expect(c.trace)
				if r.State() != c.state {
					t.Errorf("%v, want %v", r.State(), c.state)
				}
				s.do(func() {
					if left := len(s.ua.referrals); (left == 0) != (c.state >= ReferAccepted) {
						t.Errorf("%d referrals", left)
					}
				})
			})
		})
	}
}

func TestRefer_refusedByState(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		other := s.callOut(CallOptions{})
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.do(func() {
			if _, err := session.Refer("carol", ReferOptions{}); err == nil {
				t.Error("a call that rings was transferred")
			}
			if _, err := other.Refer("carol", ReferOptions{Replaces: session}); err == nil {
				t.Error("to a call that rings")
			}
			if _, err := other.Refer("", ReferOptions{}); err == nil {
				t.Error("to nobody")
			}
			_ = session.Terminate(TerminateOptions{})
		})
	})
}

// After credentials the subscription has the CSeq of the REFER that was
// accepted; another REFER has its own.
func TestRefer_severalAreToldApart(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredIn()
		one := s.refer(session, ReferOptions{})
		old := one.ID()
		two := s.refer(session, ReferOptions{})
		first := s.sent[len(s.sent)-2].(*sip.Request)
		s.answer(s.last(sip.REFER), 202)
		s.answer(first, 401, header("WWW-Authenticate", sip.NewChallenge("example.com", "n1", "MD5")))
		if one.ID() != two.ID()+1 {
			t.Errorf("after credentials %d, the other %d", one.ID(), two.ID())
		}
		s.answer(s.last(sip.REFER), 202)
		s.forget()
		s.receive(s.news(old, "active", "SIP/2.0 100 Trying"))
		s.expect("<< NOTIFY", ">> 481 NOTIFY")
		s.receive(s.news(two.ID(), "terminated", "SIP/2.0 404 Not Found"))
		s.receive(s.news(one.ID(), "terminated", "SIP/2.0 200 OK"))
		if one.State() != ReferAccepted || two.State() != ReferFailed {
			t.Errorf("%v, %v", one.State(), two.State())
		}
	})
}

// The call may be hung up at the 202: the result is told all the same, and the
// dialog goes with the last subscription (RFC 5057 §4.1).
func TestRefer_outlivesTheCall(t *testing.T) {
	for rule, hangUp := range map[string]func(*scene, *RTCSession){
		"we hang up":   func(s *scene, session *RTCSession) { s.do(func() { _ = session.Terminate(TerminateOptions{}) }) },
		"they hang up": func(s *scene, _ *RTCSession) { s.receive(s.request(sip.BYE)) },
	} {
		t.Run(rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				session := s.answeredIn()
				r := s.refer(session, ReferOptions{})
				s.answer(s.last(sip.REFER), 202)
				hangUp(s, session)
				s.forget()
				s.receive(s.request(sip.INFO))
				s.receive(s.request(sip.BYE))
				s.expect("<< INFO", ">> 481 INFO", "<< BYE", ">> 481 BYE")
				late := s.news(r.ID(), "active", "SIP/2.0 100 Trying")
				late.CSeq.Seq = 1
				s.receive(late)
				s.expect("<< NOTIFY", ">> 500 NOTIFY")
				s.receive(s.news(r.ID(), "terminated", "SIP/2.0 200 OK"))
				s.expect("<< NOTIFY", ">> 200 NOTIFY", "event ReferProgress accepted 200 OK")
				s.do(func() {
					if len(s.ua.dialogs) != 0 {
						t.Error("the dialog is left")
					}
				})
			})
		})
	}
	t.Run("we stop", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredIn()
			s.refer(session, ReferOptions{})
			s.answer(s.last(sip.REFER), 202)
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			s.forget()
			s.do(func() {
				s.ua.Stop(nil)
				if len(s.ua.dialogs)+len(s.ua.referrals) != 0 {
					t.Error("something is left")
				}
			})
			s.expect("event ReferProgress failed 0 : Canceled")
		})
	})
	t.Run("the dialog is gone", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredIn()
			s.refer(session, ReferOptions{})
			s.answer(s.last(sip.REFER), 202)
			s.do(func() { _ = session.SendInfo("text/plain", []byte("x"), InfoOptions{}) })
			s.forget()
			s.answer(s.last(sip.INFO), 481)
			s.expect("<< 481 INFO", ">> BYE", "event ReferProgress failed 481 Call/Transaction Does Not Exist: Dialog Error",
				"event Ended remote Dialog Error 481", "peer close")
		})
	})
}

func TestRefer_withoutNews(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.refer(s.answeredIn(), ReferOptions{NoNews: true})
		if got := s.last(sip.REFER).Headers.Get("Refer-Sub"); got != "false" {
			t.Errorf("Refer-Sub: %q", got)
		}
	})
}

// Who hides does not sign his transfers either.
func TestRefer_anonymous(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{Anonymous: true})
		s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
		s.refer(session, ReferOptions{})
		refer := s.last(sip.REFER)
		if got := refer.Headers.Get("Referred-By"); got != "<sip:anonymous@anonymous.invalid>" {
			t.Errorf("Referred-By: %s", got)
		}
		if text := string(refer.Bytes()); strings.Contains(text, "alice@") {
			t.Errorf("\n%s", text)
		}
	})
}

// The tags are those of the dialog as the target sees it, whoever called whom;
// each call may be on hold.
func TestB8_replacesHasTheTagsOfTheDialog(t *testing.T) {
	for _, c := range []struct {
		rule    string
		consult func(*scene) *RTCSession
	}{
		{"we called the target", func(s *scene) *RTCSession { return s.answeredOut(tag("target")) }},
		{"the target called us", func(s *scene) *RTCSession {
			session, invite := s.ringIn(func(c *sip.Common) { c.From = c.From.WithTag("target") })
			s.far.from = invite.From
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.receive(s.ackTo(invite))
			return session
		}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				call := s.answeredOut()
				consultation := c.consult(s)
				for _, session := range []*RTCSession{call, consultation} {
					s.do(func() { session.Hold(nil) })
					s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
					if held, _ := session.IsOnHold(); !held {
						t.Error("not held")
					}
				}
				s.refer(call, ReferOptions{Replaces: consultation})
				a, err := s.last(sip.REFER).ReferTo()
				if err != nil {
					t.Fatal(err)
				}
				value, _ := a.URI.Header("Replaces")
				got, ok := parseReplaces(value)
				want := Replaces{CallID: consultation.CallID(), ToTag: "target", FromTag: consultation.LocalIdentity().Tag()}
				if consultation.Direction() == Incoming {
					want.FromTag = consultation.in.invite.toTag
				}
				if !ok || got != want || got.FromTag == "" || a.URI.WithoutHeaders().String() != "sip:carol@example.com" {
					t.Errorf("%s\n%+v, want %+v", a, got, want)
				}
			})
		})
	}
}

// Without a target the consultation says who it is: its GRUU, else its address
// (RFC 5589 §7.3).
func TestRefer_targetOfTheConsultation(t *testing.T) {
	for _, c := range []struct{ rule, contact, want string }{
		{"GRUU", "<sip:bob@example.com;gr=x>", "sip:bob@example.com;gr=x"},
		{"no GRUU", "<sip:bob@bob.invalid>", "sip:bob@example.com"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				call := s.answeredIn()
				consultation := s.answeredOut(header("Contact", c.contact))
				s.do(func() {
					if _, err := call.Refer("", ReferOptions{Replaces: consultation}); err != nil {
						t.Error(err)
					}
				})
				a, err := s.last(sip.REFER).ReferTo()
				if err != nil || a.URI.WithoutHeaders().String() != c.want {
					t.Error(a, err)
				}
			})
		})
	}
}

// SIP.js says in each NOTIFY that the subscription is over, without a reason,
// and goes on.
func TestRefer_overInEveryNotify(t *testing.T) {
	play(t, nil, func(s *scene) {
		r := s.refer(s.answeredOut(), ReferOptions{})
		s.expect(">> REFER")
		s.answer(s.last(sip.REFER), 202)
		s.expect("<< 202 REFER", "event ReferAnswered 202")
		s.receive(s.news(r.ID(), "terminated", "SIP/2.0 100 Trying"))
		s.expect("<< NOTIFY", ">> 200 NOTIFY", "event ReferProgress trying 100 Trying")
		s.receive(s.news(r.ID(), "terminated", "SIP/2.0 180 Ringing"))
		s.expect("<< NOTIFY", ">> 200 NOTIFY", "event ReferProgress proceeding 180 Ringing")
		s.receive(s.news(r.ID(), "terminated", "SIP/2.0 200 OK"))
		s.expect("<< NOTIFY", ">> 200 NOTIFY", "event ReferProgress accepted 200 OK")
		s.receive(s.news(r.ID(), "terminated", "SIP/2.0 200 OK"))
		s.expect("<< NOTIFY", ">> 481 NOTIFY")
	})
}
