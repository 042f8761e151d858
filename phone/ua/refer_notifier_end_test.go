package ua

import (
	"errors"
	"strings"
	"testing"
	"time"

	"webphone/phone/sip"
)

// RFC 4488: who wants no news gets none.
func TestReferred_withoutNews(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredIn()
		e := s.referred(header("Refer-Sub", "false"), header("Require", "norefersub"))
		s.expect("<< REFER", ">> 202 REFER", "event ReferRequested sip:carol@example.com")
		if got := s.lastResponse().Headers.Get("Refer-Sub"); got != "false" {
			t.Errorf("Refer-Sub: %q", got)
		}
		invite := s.accept(e)
		s.receive(s.request(sip.BYE))
		s.do(func() {
			if len(s.ua.dialogs) != 0 || !session.IsEnded() {
				t.Error("the dialog is left")
			}
		})
		s.forget()
		s.answer(invite, 486)
		s.expect("<< 486 INVITE", ">> ACK", "event Ended remote Busy 486", "peer close")
		s.do(func() {
			if len(s.ua.referrals) != 0 {
				t.Error("the referral is left")
			}
		})
	})
}

// The one who transfers may hang up at once; he is told the result all the
// same (RFC 5057 §4.1).
func TestReferred_outlivesTheCall(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.answeredIn()
		e := s.referred()
		s.notified()
		s.receive(s.request(sip.BYE))
		invite := s.accept(e)
		s.answer(invite, 200, sdp(farSDP))
		if got := s.notified(); !strings.HasSuffix(got, "terminated;reason=noresource | SIP/2.0 200 OK") {
			t.Error(got)
		}
		s.do(func() {
			if len(s.ua.dialogs) != 1 || len(s.ua.referrals) != 0 {
				t.Errorf("%d dialogs, %d referrals", len(s.ua.dialogs), len(s.ua.referrals))
			}
		})
	})
}

func TestReferred_subscription(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredIn()
		invite := s.accept(s.referred())
		s.notified()
		s.answer(invite, 180)
		s.notified()
		s.forget()
		s.receive(s.request(sip.SUBSCRIBE, header("Event", "refer"), header("Expires", "1000")))
		s.expect("<< SUBSCRIBE", ">> 200 SUBSCRIBE", ">> NOTIFY")
		if got := s.lastResponse().Headers.Get("Expires"); got != "300" {
			t.Errorf("Expires: %s", got)
		}
		if got := s.notified(); !strings.HasSuffix(got, "active;expires=300 | SIP/2.0 180 Ringing") {
			t.Error(got)
		}
		s.receive(s.request(sip.SUBSCRIBE, header("Event", "refer;id=1")))
		s.receive(s.request(sip.SUBSCRIBE, header("Event", "dialog")))
		s.forget()
		s.pass(300 * time.Second)
		s.expect(">> NOTIFY")
		if got := s.notified(); !strings.HasSuffix(got, "terminated;reason=timeout | SIP/2.0 180 Ringing") {
			t.Error(got)
		}
		s.forget()
		s.answer(invite, 200, sdp(farSDP))
		s.expect("<< 200 INVITE", ">> ACK", "peer final answer set", "event Accepted remote", "event Confirmed local")
		s.do(func() {
			if len(s.ua.referrals)+len(session.refers.received) != 0 {
				t.Error("the referral is left")
			}
		})
	})
	t.Run("ended by the subscriber after the call", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredIn()
			s.referred()
			s.notified()
			s.receive(s.request(sip.BYE))
			s.forget()
			s.receive(s.request(sip.SUBSCRIBE, header("Event", "refer"), header("Expires", "0")))
			s.expect("<< SUBSCRIBE", ">> 200 SUBSCRIBE", ">> NOTIFY")
			if got := s.notified(); !strings.HasSuffix(got, "terminated;reason=timeout | SIP/2.0 100 Trying") {
				t.Error(got)
			}
			s.do(func() {
				if len(s.ua.dialogs) != 0 || len(s.ua.referrals) != 1 {
					t.Errorf("%d dialogs, %d referrals", len(s.ua.dialogs), len(s.ua.referrals))
				}
			})
		})
	})
	t.Run("the last NOTIFY is never sent", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredIn()
			s.disconnect()
			s.receive(s.request(sip.REFER, header("Refer-To", "<sip:carol@example.com>")))
			s.pass(6 * time.Minute)
			s.do(func() {
				if len(s.ua.referrals) != 0 {
					t.Error("the referral is left")
				}
			})
		})
	})
}

func TestReferred_stopped(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.answeredIn()
		s.referred()
		s.notified()
		s.forget()
		s.do(func() { s.ua.Stop(nil) })
		s.expectAnyOrder(">> BYE", "event Ended local Terminated 0", "peer close", ">> NOTIFY")
		if got := s.notified(); !strings.HasSuffix(got, "terminated;reason=noresource | SIP/2.0 480 Temporarily Unavailable") {
			t.Error(got)
		}
		s.receive(s.request(sip.REFER, header("Refer-To", "<sip:carol@example.com>")))
	})
	t.Run("accepted in the handler of what the stop ends", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredIn()
			e := s.referred()
			s.notified()
			s.onEvent = func(event Event) {
				if _, ok := event.(Ended); ok {
					if _, err := e.Accept(CallOptions{}); !errors.Is(err, ErrStopped) {
						t.Error(err)
					}
				}
			}
			s.do(func() { s.ua.Stop(nil) })
			if got := s.notified(); !strings.HasSuffix(got, "SIP/2.0 500 Server Internal Error") {
				t.Error(got)
			}
		})
	})
	t.Run("offline", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredIn()
			s.referred()
			s.disconnect()
			s.do(func() { s.ua.Stop(nil) })
			s.pass(time.Minute)
		})
	})
}

// Outside calls a REFER is a server's wish to have us call somebody.
func TestReferOutside(t *testing.T) {
	refer := func(s *scene, mods ...mod) {
		s.outside()
		s.receive(s.request(sip.REFER, append([]mod{
			header("Refer-To", "<sip:carol@example.com>"), header("Contact", s.far.contact),
		}, mods...)...))
	}
	t.Run("is declined unless wanted", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			refer(s)
			s.expect("<< REFER", ">> 603 REFER")
		})
	})
	t.Run("is decided", func(t *testing.T) {
		play(t, func(c *Config) { c.ReferOutsideCalls = true }, func(s *scene) {
			refer(s)
			s.expect(referred)
			e := s.lastReferRequested()
			notify := s.last(sip.NOTIFY)
			if e.Session != nil || notify.RequestURI.String() != "sip:bob@bob.invalid;transport=ws" ||
				notify.From.Tag() != s.lastResponse().To.Tag() || notify.CallID != s.far.callID {
				t.Errorf("\n%s", notify.Bytes())
			}
			s.notified()
			s.answer(s.accept(e), 200, sdp(farSDP))
			if got := s.notified(); !strings.HasSuffix(got, "200 OK") {
				t.Error(got)
			}
			refer(s, func(c *sip.Common) { c.Headers.Del("Contact") })
			if got := s.lastResponse().StatusCode; got != 400 {
				t.Error(got)
			}
			refer(s)
			s.pass(time.Minute)
			if got := s.notified(); !strings.HasSuffix(got, "SIP/2.0 100 Trying") {
				t.Error(got)
			}
		})
	})
	t.Run("not while stopping", func(t *testing.T) {
		play(t, func(c *Config) { c.ReferOutsideCalls = true }, func(s *scene) {
			s.answeredIn()
			s.do(func() { s.ua.Stop(nil) })
			s.forget()
			refer(s)
			s.expect("<< REFER", ">> 480 REFER")
		})
	})
}
