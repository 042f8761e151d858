package ua

import (
	"testing"
	"time"

	"webphone/phone/sip"
)

// asJsSIP makes a message as JsSIP's: with timer, and UPDATE allowed.
func asJsSIP(expires string) mod {
	return func(c *sip.Common) {
		c.Headers.Set("Supported", "timer,ice,replaces,outbound")
		c.Headers.Set("Allow", "INVITE,ACK,CANCEL,BYE,UPDATE,MESSAGE,OPTIONS,REFER,INFO,NOTIFY,SUBSCRIBE")
		if expires != "" {
			c.Headers.Set("Session-Expires", expires)
		}
	}
}

func TestSessionTimer_calledByJsSIPweRefreshByUpdate(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredIn(asJsSIP("90"))
		if got := s.lastResponse().Headers.Get("Session-Expires"); got != "90;refresher=uas" {
			t.Errorf("Session-Expires %s", got)
		}
		for range 5 {
			s.pass(45*time.Second - 1)
			s.expect()
			s.pass(1)
			s.expect(">> UPDATE")
			update := s.last(sip.UPDATE)
			if update.Headers.Get("Session-Expires") != "90;refresher=uac" || len(update.Body) != 0 {
				t.Errorf("UPDATE:\n%s", update.Bytes())
			}
			s.answer(update, 200, asJsSIP("90;refresher=uac"))
			s.expect("<< 200 UPDATE")
		}
		if session.Status() != StatusConfirmed {
			t.Errorf("state %v", session.Status())
		}
	})
}

func TestSessionTimer_callingJsSIPtheyRefresh(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.answeredOut(asJsSIP("90;refresher=uas"))
		for _, m := range []sip.Method{sip.UPDATE, sip.UPDATE} {
			s.pass(45 * time.Second)
			s.receive(s.request(m, asJsSIP("90;refresher=uac")))
			if got := s.lastResponse().Headers.Get("Session-Expires"); got != "90;refresher=uac" {
				t.Errorf("Session-Expires %s", got)
			}
			if got := s.lastResponse().Headers.Get("Require"); got != "timer" {
				t.Errorf("Require %s", got)
			}
		}
		s.forget()
		s.pass(60*time.Second - 1) // 90 s less a third
		s.expect()
		s.pass(1)
		s.expect(">> BYE", "event Ended system Request Timeout 408", "peer close")
		if got := s.last(sip.BYE).Headers.Get("Reason"); got != `SIP;cause=408;text="Session Timer Expired"` {
			t.Errorf("Reason %s", got)
		}
	})
}

func TestSessionTimer_endsWithTheCall(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredIn(asJsSIP("90"))
		s.do(func() { _ = session.Terminate(TerminateOptions{}) })
		s.answer(s.last(sip.BYE), 200)
		s.forget()
		s.pass(time.Hour)
		s.expect()
	})
}

func TestSessionTimer_answers(t *testing.T) {
	for _, c := range []struct {
		rule      string
		mods      []mod
		off       bool
		want      string
		require   string
		refreshes bool
	}{
		{rule: "no timer offered, none", want: ""},
		{rule: "supported only: ours", mods: []mod{header("Supported", "timer")}, want: "1800;refresher=uas", refreshes: true},
		{rule: "the caller wants to refresh", mods: []mod{header("Supported", "timer"), header("Session-Expires", "120;refresher=uac")}, want: "120;refresher=uac", require: "timer"},
		{rule: "inserted by a proxy for a caller without timers", mods: []mod{header("Session-Expires", "120")}, want: "120;refresher=uas", refreshes: true},
		{rule: "switched off", mods: []mod{header("Supported", "timer"), header("Session-Expires", "120")}, off: true},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, func(cfg *Config) { cfg.SessionTimers.Off = c.off }, func(s *scene) {
				session := s.answeredIn(c.mods...)
				res := s.lastResponse()
				if got := res.Headers.Get("Session-Expires"); got != c.want {
					t.Errorf("Session-Expires %q, want %q", got, c.want)
				}
				if got := res.Headers.Get("Require"); got != c.require {
					t.Errorf("Require %q, want %q", got, c.require)
				}
				s.do(func() {
					if session.timer.weRefresh != c.refreshes {
						t.Errorf("we refresh: %v", session.timer.weRefresh)
					}
				})
			})
		})
	}
}

func TestB10_refusedUpdateFallsBackToReinvite(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.answeredIn(asJsSIP("90"))
		s.pass(45 * time.Second)
		s.answer(s.last(sip.UPDATE), 501)
		s.expect(">> UPDATE", "<< 501 UPDATE", "peer offer", ">> INVITE")
		invite := s.last(sip.INVITE)
		if got := invite.Headers.Get("Session-Expires"); got != "90;refresher=uac" {
			t.Errorf("Session-Expires %s", got)
		}
		s.answer(invite, 200, sdp(farSDP), header("Session-Expires", "90;refresher=uac"))
		s.expect("<< 200 INVITE", ">> ACK", "peer final answer set")
		s.pass(45 * time.Second)
		s.expect("peer offer", ">> INVITE") // UPDATE is not tried again
	})
	t.Run("a peer whose Allow has no UPDATE gets none", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredIn(asJsSIP("90"), header("Allow", "INVITE, ACK, BYE"))
			s.pass(45 * time.Second)
			s.expect("peer offer", ">> INVITE")
		})
	})
	t.Run("a refused re-INVITE is tried again until the session expires", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredIn(asJsSIP("90"), header("Allow", "INVITE"))
			s.pass(45 * time.Second)
			s.answer(s.last(sip.INVITE), 500)
			s.forget()
			s.pass(5 * time.Second)
			s.expect("peer offer", ">> INVITE")
			s.answer(s.last(sip.INVITE), 500)
			if session.Status() != StatusConfirmed {
				t.Errorf("state %v", session.Status())
			}
			s.forget()
			s.pass(10 * time.Second)
			s.expectAnyOrder("peer offer\n>> INVITE\n>> BYE\nevent Ended system Request Timeout 408\npeer close")
		})
	})
}

func TestB11_422IsRetriedWithMinSE(t *testing.T) {
	t.Run("initial INVITE", func(t *testing.T) {
		play(t, func(c *Config) { c.SessionTimers.Expires = 90 * time.Second }, func(s *scene) {
			s.callOut(CallOptions{})
			first := s.last(sip.INVITE)
			s.forget()
			s.answer(first, 422, header("Min-SE", "120"))
			s.expect("<< 422 INVITE", ">> ACK", ">> INVITE")
			second := s.last(sip.INVITE)
			if second.Headers.Get("Session-Expires") != "120" || second.Headers.Get("Min-SE") != "120" ||
				second.CSeq.Seq != first.CSeq.Seq+1 || second.CallID != first.CallID {
				t.Errorf("INVITE:\n%s", second.Bytes())
			}
			for range maxRaise {
				s.answer(s.last(sip.INVITE), 422, header("Min-SE", "240"))
			}
			if e := s.lastEnded(); e.Status != 422 { // not for ever
				t.Errorf("ended by %v", e)
			}
		})
	})
	t.Run("UPDATE", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredIn(asJsSIP("90"))
			s.pass(45 * time.Second)
			s.answer(s.last(sip.UPDATE), 422, header("Min-SE", "300"))
			s.expect(">> UPDATE", "<< 422 UPDATE", ">> UPDATE")
			if got := s.last(sip.UPDATE).Headers.Get("Session-Expires"); got != "300;refresher=uac" {
				t.Errorf("Session-Expires %s", got)
			}
		})
	})
	t.Run("re-INVITE", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredIn(asJsSIP("90"))
			s.do(func() { session.Hold(s.outcome("hold")) })
			s.answer(s.last(sip.INVITE), 422, header("Min-SE", "300"))
			s.expect("peer offer hold", ">> INVITE", "<< 422 INVITE", ">> ACK", ">> INVITE")
			r := s.last(sip.INVITE)
			if r.Headers.Get("Session-Expires") != "300;refresher=uac" || r.Headers.Get("Min-SE") != "300" {
				t.Errorf("INVITE:\n%s", r.Bytes())
			}
		})
	})
}

func TestSessionTimer_refreshFailures(t *testing.T) {
	for _, c := range []struct {
		rule  string
		upset func(*scene)
		trace string
	}{
		{"481 ends the call", func(s *scene) { s.answer(s.last(sip.UPDATE), 481) }, "<< 481 UPDATE\n>> BYE\nevent Ended remote Dialog Error 481\npeer close"},
		{"408 is no answer", func(s *scene) { s.answer(s.last(sip.UPDATE), 408) }, "<< 408 UPDATE\n>> BYE\nevent Ended system Request Timeout 0\npeer close"},
		{"491 is tried again", func(s *scene) { s.answer(s.last(sip.UPDATE), 491); s.pass(5 * time.Second) }, "<< 491 UPDATE\n>> UPDATE"},
		{"a lost connection: at once on the next", func(s *scene) { s.disconnect(); s.connect() }, "event Disconnected\nevent Connected\npeer check path\npeer offer\n>> INVITE"},
		{"an answer without timer ends the timer", func(s *scene) { s.answer(s.last(sip.UPDATE), 200); s.pass(time.Hour) }, "<< 200 UPDATE"},
		{"a challenge is answered", func(s *scene) {
			s.answer(s.last(sip.UPDATE), 407, header("Proxy-Authenticate", sip.NewChallenge("example.com", "n", "MD5")))
		}, "<< 407 UPDATE\n>> UPDATE"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.answeredIn(asJsSIP("90"))
				s.pass(45 * time.Second)
				s.expect(">> UPDATE")
				c.upset(s)
				s.expect(c.trace)
			})
		})
	}
}
