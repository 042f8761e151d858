package ua

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"webphone/phone/sip"
)

// JsSIP's flow 12: what awaits an answer fails before the loss is told, the
// registration is made again on the next connection, and calls go on.
func TestFlow12_transportLoss(t *testing.T) {
	playRegistering(t, nil, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 200, ours(600))
		session := s.answeredOut()
		s.do(func() {
			_, err := s.ua.SendMessage("bob", "x", MessageOptions{Done: func(_ *sip.Response, err *EndError) { s.note("message: %v", err) }})
			if err != nil {
				t.Error(err)
			}
		})
		s.do(s.ua.Register)
		s.forget()
		s.disconnect()
		s.expect(`
			message: Connection Error: EOF
			event RegistrationFailed Connection Error 0 no retry
			event Unregistered Connection Error
			event Disconnected`)
		s.ua.Receiver().Connecting("wss://server.example.com", 1)
		s.connect()
		s.expect("event Connecting", "event Connected", "event Registering", ">> REGISTER")
		if session.Status() != StatusConfirmed {
			t.Errorf("the call is %v", session.Status())
		}
	})
}

// JsSIP's flow 13: registered is told once, refreshes are silent but for
// registrationExpiring, and 423 raises the interval.
func TestFlow13_registration(t *testing.T) {
	play(t, func(c *Config) { c.NoRegister, c.RegisterExpires = false, 60*time.Second }, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 401, challenge("n1", "MD5"))
		s.expect("<< 401 REGISTER", ">> REGISTER")
		if got := s.last(sip.REGISTER).CSeq.Seq; got != 2 {
			t.Errorf("CSeq %d", got)
		}
		s.answer(s.last(sip.REGISTER), 423, header("Min-Expires", "120"))
		s.expect("<< 423 REGISTER", ">> REGISTER")
		s.answer(s.last(sip.REGISTER), 200, ours(120))
		s.expect("<< 200 REGISTER", "event Registered")
		s.until(sip.REGISTER, 2*time.Minute)
		s.expect("event RegistrationExpiring", ">> REGISTER")
		if a := verified(t, s.last(sip.REGISTER), "Authorization", "n1"); a.NC != 3 {
			t.Errorf("refreshed with nc=%d", a.NC)
		}
		s.answer(s.last(sip.REGISTER), 200, ours(120))
		s.expect("<< 200 REGISTER")
		s.until(sip.REGISTER, 2*time.Minute)
		s.answer(s.last(sip.REGISTER), 403)
		s.expect("event RegistrationExpiring", ">> REGISTER", "<< 403 REGISTER",
			"event RegistrationFailed Rejected 403 retry", "event Unregistered Rejected")
		s.do(s.ua.Register)
		s.answer(s.last(sip.REGISTER), 200, ours(120))
		s.expect("event Registering", ">> REGISTER", "<< 200 REGISTER", "event Registered")
		s.do(func() { s.ua.Unregister(false) })
		s.answer(s.last(sip.REGISTER), 200)
		s.expect(">> REGISTER", "<< 200 REGISTER", "event Unregistered")
	})
}

func TestRegister_withoutOurBindingIsToldAsSuch(t *testing.T) {
	playRegistering(t, nil, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 200)
		s.expect("<< 200 REGISTER", "event RegistrationFailed SIP Failure Code 200 retry")
		if e := s.events[len(s.events)-1].(RegistrationFailed).Err; !errors.Is(e, ErrNoBinding) {
			t.Errorf("%v", e)
		}
		s.until(sip.REGISTER, retryBase)
		s.answer(s.last(sip.REGISTER), 200, ours(60))
		s.until(sip.REGISTER, time.Minute)
		s.forget()
		s.answer(s.last(sip.REGISTER), 200) // a refresh that loses it
		s.expect("<< 200 REGISTER", "event RegistrationFailed SIP Failure Code 200 retry", "event Unregistered SIP Failure Code")
		s.until(sip.REGISTER, retryBase)
	})
}

func TestRegister_whatTheAnswerLeavesOut(t *testing.T) {
	playRegistering(t, nil, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 200, header("Contact", "<sip:alice1@contact.invalid;transport=ws>"))
		if got := s.events[len(s.events)-1].(Registered).Expires; got != DefaultRegisterExpires {
			t.Errorf("%v", got) // what was asked for
		}
	})
	playRegistering(t, nil, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 200, header("Contact", "<sip:"))
		s.expect("<< 200 REGISTER", "event RegistrationFailed SIP Failure Code 200 retry")
	})
}

func TestRegister_manualRefresh(t *testing.T) {
	manually := func(c *Config) { c.Refresh = RefreshManually }
	playRegistering(t, manually, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 200, ours(60))
		s.forget()
		s.pass(55 * time.Second)
		s.expect("event RegistrationExpiring")
		if got := s.events[len(s.events)-1].(RegistrationExpiring).Left; got != 5*time.Second {
			t.Errorf("%v left", got)
		}
		s.do(s.ua.Register)
		s.answer(s.last(sip.REGISTER), 200, ours(60))
		s.expect(">> REGISTER", "<< 200 REGISTER")
		s.pass(60*time.Second - 1)
		s.expect("event RegistrationExpiring")
		s.pass(1)
		s.expect("event Unregistered Expires")
		s.do(func() {
			if s.ua.IsRegistered() {
				t.Error("registered")
			}
		})
		s.pass(time.Hour)
		s.expect()
	})
	for p, want := range map[RefreshPolicy]string{RefreshByItself: "by itself", RefreshManually: "manually", 9: "unknown"} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestRegister_contents(t *testing.T) {
	for _, c := range []struct {
		rule  string
		set   func(*Config)
		check func(r *sip.Request) bool
	}{
		{"extra header fields", func(c *Config) { c.RegisterHeaders = []sip.Header{{Name: "X-A", Value: "1"}} }, func(r *sip.Request) bool {
			return r.Headers.Get("X-A") == "1"
		}},
		{"extra Contact parameters", func(c *Config) {
			c.RegisterContactParams = sip.Params{}.With("pn-provider", "x").WithFlag("audio")
		}, func(r *sip.Request) bool {
			return strings.HasSuffix(r.Headers.Get("Contact"), ";expires=600;pn-provider=x;audio")
		}},
		{"a trail of the From tag (JsSIP #793)", func(c *Config) { c.RegisterFromTagTrail = func() string { return ".trail" } }, func(r *sip.Request) bool {
			tag := r.From.Tag()
			return strings.HasSuffix(tag, ".trail") && len(tag) > len(".trail")
		}},
		{"no Expires when the registrar chooses (JsSIP #794)", func(c *Config) { c.RegisterExpires = RegistrarChooses }, func(r *sip.Request) bool {
			return !r.Headers.Has("Expires") && !strings.Contains(r.Headers.Get("Contact"), "expires")
		}},
		{"the server as a Route", func(c *Config) { c.UsePreloadedRoute = true }, func(r *sip.Request) bool {
			return r.Headers.Get("Route") == "<sip:server.example.com;transport=ws;lr>"
		}},
		{"instance and reg-id (RFC 5626 §4.2.1)", nil, func(r *sip.Request) bool {
			contacts, _, err := r.Contacts()
			if err != nil || len(contacts) != 1 {
				return false
			}
			id, _ := contacts[0].Params.Get("reg-id")
			instance, _ := contacts[0].Params.Get("+sip.instance")
			return id == "1" && instance == "<urn:uuid:00000000-0000-4000-8000-000000000001>"
		}},
		{"path, gruu and outbound (RFC 3327 §5.1, RFC 5627 §4.1, RFC 5626 §4.2.1)", nil, func(r *sip.Request) bool {
			return r.Headers.Get("Supported") == "path,gruu,outbound"
		}},
		{"keep (RFC 6223 §4.2)", nil, func(r *sip.Request) bool { return r.Via[0].Params.Has("keep") }},
	} {
		t.Run(c.rule, func(t *testing.T) {
			playRegistering(t, c.set, func(s *scene) {
				if r := s.last(sip.REGISTER); !c.check(r) {
					t.Errorf("\n%s", r.Bytes())
				}
				s.answer(s.last(sip.REGISTER), 401, challenge("n", "MD5"))
				if r := s.last(sip.REGISTER); !c.check(r) {
					t.Errorf("repeated as\n%s", r.Bytes())
				}
			})
		})
	}
}

func TestRegister_registrarChooses(t *testing.T) {
	playRegistering(t, func(c *Config) { c.RegisterExpires = RegistrarChooses }, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 200, header("Contact", "<sip:alice1@contact.invalid;transport=ws>;expires=90"))
		s.expect("<< 200 REGISTER", "event Registered")
		if got := s.events[len(s.events)-1].(Registered).Expires; got != 90*time.Second {
			t.Errorf("%v", got)
		}
		s.do(func() { s.ua.Unregister(false) })
		if got := s.last(sip.REGISTER).Headers.Get("Expires"); got != "0" {
			t.Errorf("Expires %q", got)
		}
	})
	playRegistering(t, func(c *Config) { c.RegisterExpires = RegistrarChooses }, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 200, header("Contact", "<sip:alice1@contact.invalid;transport=ws>"))
		if got := s.events[len(s.events)-1].(Registered).Expires; got != DefaultRegisterExpires {
			t.Errorf("%v", got) // it has not said
		}
	})
}

// Contact parameters and header fields are changed while the agent runs, and
// go into the removal too, as in JsSIP.
func TestRegister_contentsAtRunTime(t *testing.T) {
	playRegistering(t, nil, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 200, ours(600))
		s.do(func() {
			now := s.ua.Settings()
			now.RegisterHeaders = []sip.Header{{Name: "X-A", Value: "2"}}
			now.RegisterContactParams = sip.Params{}.With("a", "b")
			if err := s.ua.Set(now); err != nil {
				t.Error(err)
			}
			s.ua.Unregister(false)
		})
		r := s.last(sip.REGISTER)
		if r.Headers.Get("X-A") != "2" || !strings.HasSuffix(r.Headers.Get("Contact"), ";expires=0;a=b") {
			t.Errorf("\n%s", r.Bytes())
		}
	})
}

func TestServiceRoute(t *testing.T) { // RFC 3608 §6.1
	const one, two = "<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"
	for _, c := range []struct {
		rule    string
		preload bool
		given   string
		want    []string
	}{
		{"is the Route of requests outside dialogs", false, one + ", " + two, []string{one, two}},
		{"after the preloaded one", true, one, []string{"<sip:server.example.com;transport=ws;lr>", one}},
		{"which it does not repeat", true, "<sip:server.example.com;transport=ws;lr>, " + two, []string{"<sip:server.example.com;transport=ws;lr>", two}},
		{"malformed it is not used", false, "<sip:", nil},
	} {
		t.Run(c.rule, func(t *testing.T) {
			playRegistering(t, func(cfg *Config) { cfg.UsePreloadedRoute = c.preload }, func(s *scene) {
				s.answer(s.last(sip.REGISTER), 200, ours(60), header("Service-Route", c.given), header("Path", one))
				check := func(r *sip.Request) {
					t.Helper()
					if got := r.Headers.Values("Route"); fmt.Sprint(got) != fmt.Sprint(c.want) {
						t.Errorf("%s has Route %q, want %q", r.Method, got, c.want)
					}
				}
				check(s.message("bob"))
				s.callOut(CallOptions{})
				check(s.last(sip.INVITE))
				s.until(sip.REGISTER, time.Minute)
				if got := s.last(sip.REGISTER).Headers.Values("Route"); len(got) > 0 && !c.preload {
					t.Errorf("REGISTER has Route %q", got)
				}
				s.answer(s.last(sip.REGISTER), 200, ours(60)) // without: it is no longer wanted
				if got := s.message("bob").Headers.Values("Route"); len(got) > 1 || len(got) == 1 && !c.preload {
					t.Errorf("Route %q", got)
				}
			})
		})
	}
}

func TestGRUU_everyTemporaryOneReachesUs(t *testing.T) { // RFC 5627 §3.1
	gruu := func(temp string) mod {
		return header("Contact", fmt.Sprintf(binding, 60)+`;pub-gruu="sip:alice@example.com;gr=urn:uuid:1";temp-gruu="sip:`+temp+`@example.com;gr"`)
	}
	options := func(s *scene, user string) int {
		s.outside()
		s.far.requestURI = "sip:" + user + "@example.com;gr"
		s.receive(s.request(sip.OPTIONS))
		return s.lastResponse().StatusCode
	}
	playRegistering(t, nil, func(s *scene) {
		for i := range maxEarlier + 3 {
			s.answer(s.last(sip.REGISTER), 200, gruu(fmt.Sprint("temp", i)))
			s.until(sip.REGISTER, time.Minute)
		}
		for user, want := range map[string]int{"temp18": 200, "temp17": 200, "temp2": 200, "temp1": 404, "nobody": 404} {
			if got := options(s, user); got != want {
				t.Errorf("%s: %d, want %d", user, got, want)
			}
		}
		s.answer(s.last(sip.REGISTER), 403)
		if got := options(s, "temp17"); got != 404 {
			t.Errorf("after the end of the registration: %d", got)
		}
	})
}

func keep(value string) mod {
	return func(c *sip.Common) { c.Via[0].Params = c.Via[0].Params.Without("keep").With("keep", value) }
}

func TestKeepAlive_agreed(t *testing.T) {
	for _, c := range []struct {
		rule string
		mods []mod
		want string
	}{
		{"nothing was promised", nil, ""},
		{"Flow-Timer (RFC 5626 §4.4)", []mod{header("Flow-Timer", "40")}, "keep alive 40s"},
		{"keep (RFC 6223 §4.3)", []mod{keep("30")}, "keep alive 30s"},
		{"the shorter of both", []mod{keep("30"), header("Flow-Timer", "20")}, "keep alive 20s"},
		{"keep without an interval", []mod{keep("0")}, "keep alive 2m0s"},
		{"keep that is no number", []mod{keep("x")}, ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			playRegistering(t, nil, func(s *scene) {
				s.answer(s.last(sip.REGISTER), 200, append([]mod{ours(60)}, c.mods...)...)
				s.expect("<< 200 REGISTER", c.want, "event Registered")
			})
		})
	}
}

func TestB26_failover(t *testing.T) {
	timeout := func(s *scene) { s.pass(timerF) }
	refuse := func(status int) func(*scene) {
		return func(s *scene) { s.answer(s.last(sip.REGISTER), status, header("Retry-After", "100")) }
	}
	for _, c := range []struct {
		rule  string
		upset func(*scene)
		want  []string
	}{
		{"503 goes on at another server", refuse(503), []string{"<< 503 REGISTER", "failover", "event RegistrationFailed SIP Failure Code 503 no retry"}},
		{"any 5xx", refuse(500), []string{"<< 500 REGISTER", "failover", "event RegistrationFailed SIP Failure Code 500 no retry"}},
		{"430: the flow is gone", refuse(430), []string{"<< 430 REGISTER", "failover", "event RegistrationFailed Unavailable 430 no retry"}},
		{"no answer", timeout, []string{"failover", "event RegistrationFailed Request Timeout 0 no retry"}},
		{"480 is no fault of the server", refuse(480), []string{"<< 480 REGISTER", "event RegistrationFailed Unavailable 480 retry"}},
		{"nor is 404", refuse(404), []string{"<< 404 REGISTER", "event RegistrationFailed Not Found 404 retry"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			playRegistering(t, nil, func(s *scene) {
				s.do(func() { s.spare = true })
				c.upset(s)
				s.expect(c.want...)
			})
		})
	}
	t.Run("waits go on growing where every server refuses", func(t *testing.T) {
		playRegistering(t, nil, func(s *scene) {
			s.do(func() { s.spare = true })
			for range 4 {
				s.answer(s.last(sip.REGISTER), 503)
				s.disconnect()
				s.connect()
			}
			s.do(func() { s.spare = false })
			s.answer(s.last(sip.REGISTER), 503)
			s.forget()
			s.pass(time.Minute)
			s.expect("")
		})
	})
	t.Run("calls are not cut off for it", func(t *testing.T) {
		playRegistering(t, nil, func(s *scene) {
			s.do(func() { s.spare = true })
			s.answeredOut()
			s.answer(s.last(sip.REGISTER), 503, header("Retry-After", "100"))
			s.expect("<< 503 REGISTER", "event RegistrationFailed SIP Failure Code 503 retry")
		})
	})
	t.Run("a call goes on at another server", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.do(func() { s.spare = true })
			session := s.callOut(CallOptions{})
			first := s.last(sip.INVITE)
			s.forget()
			s.answer(first, 503)
			s.expect("<< 503 INVITE", ">> ACK", "failover")
			s.disconnect()
			s.connect()
			s.expect("event Disconnected", "event Connected", ">> INVITE")
			second := s.last(sip.INVITE)
			if second.CallID != first.CallID || second.CSeq.Seq != first.CSeq.Seq+1 || second.Via[0].Branch() == first.Via[0].Branch() {
				t.Errorf("second INVITE:\n%s", second.Bytes())
			}
			s.answer(second, 200, sdp(farSDP))
			if session.Status() != StatusConfirmed {
				t.Errorf("state %v", session.Status())
			}
		})
	})
	t.Run("a call given up meanwhile stays so", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.do(func() { s.spare = true })
			session := s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 503)
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			s.disconnect()
			s.forget()
			s.connect()
			s.expect("event Connected")
		})
	})
	t.Run("without another server in time the answer stands", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.do(func() { s.spare = true })
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 503)
			s.disconnect()
			s.forget()
			s.pass(DefaultRecovery)
			s.expect("event Ended remote SIP Failure Code 503", "peer close")
		})
	})
	t.Run("it is not moved for ever", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.do(func() { s.spare = true })
			s.callOut(CallOptions{})
			for range maxMoves {
				s.answer(s.last(sip.INVITE), 503)
				s.disconnect()
				s.connect()
			}
			s.forget()
			s.answer(s.last(sip.INVITE), 503)
			s.expect("<< 503 INVITE", ">> ACK", "event Ended remote SIP Failure Code 503", "peer close")
		})
	})
	t.Run("a message goes on at another server", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.do(func() { s.spare = true })
			told := 0
			s.do(func() {
				_, _ = s.ua.SendMessage("bob", "x", MessageOptions{Done: func(_ *sip.Response, err *EndError) {
					if told++; err != nil {
						t.Error(err)
					}
				}})
			})
			s.answer(s.last(sip.MESSAGE), 503)
			s.disconnect()
			s.forget()
			s.connect()
			s.expect("event Connected", ">> MESSAGE")
			s.answer(s.last(sip.MESSAGE), 200)
			if told != 1 {
				t.Errorf("the outcome was told %d times", told)
			}
		})
	})
	t.Run("a call is not cut off for a message", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.do(func() { s.spare = true })
			s.answeredOut()
			s.do(func() { _, _ = s.ua.SendMessage("bob", "x", MessageOptions{}) })
			s.forget()
			s.answer(s.last(sip.MESSAGE), 503)
			s.expect("<< 503 MESSAGE")
		})
	})
	t.Run("the wait that is asked for is told", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			var told time.Duration
			s.do(func() {
				_, _ = s.ua.SendMessage("bob", "x", MessageOptions{Done: func(_ *sip.Response, err *EndError) { told = err.RetryAfter }})
			})
			s.answer(s.last(sip.MESSAGE), 503, header("Retry-After", "30 (maintenance);duration=3600"))
			if told != 30*time.Second {
				t.Errorf("MESSAGE: %v", told)
			}
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 503, header("Retry-After", "4000000000"))
			if got := s.lastEnded().RetryAfter; got != maxRetryAfter {
				t.Errorf("INVITE: %v", got)
			}
		})
	})
}
