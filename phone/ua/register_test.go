package ua

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"webphone/phone/sip"
)

// playRegistering runs script with an agent that has sent its first REGISTER.
func playRegistering(t *testing.T, configure func(*Config), script func(*scene)) {
	t.Helper()
	play(t, func(c *Config) {
		if configure != nil {
			configure(c)
		}
	}, func(s *scene) {
		s.do(s.ua.Register)
		s.expect("event Registering", ">> REGISTER")
		script(s)
	})
}

// binding is a Contact of a registrar's answer that is ours.
const binding = `<sip:alice1@contact.invalid;transport=ws>;+sip.instance="<urn:uuid:00000000-0000-4000-8000-000000000001>";reg-id=1;expires=%d`

func ours(expires int) mod { return header("Contact", fmt.Sprintf(binding, expires)) }

func challenge(nonce, algorithm string, more ...string) mod {
	value := sip.NewChallenge("example.com", nonce, algorithm)
	for _, m := range more {
		value += "," + m
	}
	return header("WWW-Authenticate", value)
}

func TestRegister_flow(t *testing.T) {
	for _, algorithm := range []string{"MD5", "SHA-256"} {
		t.Run(algorithm, func(t *testing.T) {
			playRegistering(t, nil, func(s *scene) {
				first := s.last(sip.REGISTER)
				if got, want := first.Headers.Get("Contact"), `<sip:alice1@contact.invalid;transport=ws>;+sip.ice;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-4000-8000-000000000001>";expires=600`; got != want {
					t.Errorf("Contact %s, want %s", got, want)
				}
				if first.RequestURI.String() != "sip:example.com" || first.Headers.Get("Expires") != "600" ||
					first.CSeq.Seq != 1 || first.Headers.Get("Supported") != "path,gruu,outbound" {
					t.Errorf("REGISTER:\n%s", first.Bytes())
				}
				s.answer(first, 401, challenge("n1", algorithm))
				s.expect("<< 401 REGISTER", ">> REGISTER")
				second := s.last(sip.REGISTER)
				if second.CSeq.Seq != 2 || second.CallID != first.CallID || second.From.Tag() != first.From.Tag() {
					t.Errorf("repeated as\n%s", second.Bytes())
				}
				verify(t, second, "Authorization", "n1")
				s.answer(second, 200, ours(600))
				s.expect("<< 200 REGISTER", "event Registered")
				s.do(func() {
					if !s.ua.IsRegistered() || !s.ua.IsConnected() {
						t.Error("not registered")
					}
				})
				s.pass(300 * time.Second)
				s.expect() // the refresh comes in the second half
				s.until(sip.REGISTER, 268*time.Second)
				s.expect("event RegistrationExpiring", ">> REGISTER")
				s.answer(s.last(sip.REGISTER), 200, ours(600))
				s.expect("<< 200 REGISTER") // a refresh is silent
				s.do(func() { s.ua.Unregister(false) })
				s.expect(">> REGISTER")
				if got := s.last(sip.REGISTER).Headers.Get("Expires"); got != "0" {
					t.Errorf("Expires %s", got)
				}
				s.answer(s.last(sip.REGISTER), 200)
				s.expect("<< 200 REGISTER", "event Unregistered")
				s.pass(time.Hour)
				s.expect()
			})
		})
	}
}

func TestB9_everyRealmIsAnsweredAndThePasswordKept(t *testing.T) {
	playRegistering(t, nil, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 401, challenge("n1", "MD5"))
		s.forget()
		// The proxy on the way wants another proof of the same request.
		s.answer(s.last(sip.REGISTER), 407, header("Proxy-Authenticate", sip.NewChallenge("proxy.example.com", "p1", "SHA-256")))
		s.expect("<< 407 REGISTER", ">> REGISTER")
		both := s.last(sip.REGISTER)
		verify(t, both, "Proxy-Authorization", "p1")
		verify(t, both, "Authorization", "n1")
		if a, _ := sip.ParseAuthorization(both.Headers.Get("Authorization")); a.NC != 2 {
			t.Errorf("the nonce was used again with nc=%d", a.NC)
		}
		s.answer(both, 200, ours(600))
		s.forget()
		s.callOut(CallOptions{})
		s.answer(s.last(sip.INVITE), 407, header("Proxy-Authenticate", sip.NewChallenge("example.com", "n2", "MD5")))
		verify(t, s.last(sip.INVITE), "Proxy-Authorization", "n2")
	})
	t.Run("server and proxies in one response", func(t *testing.T) {
		playRegistering(t, nil, func(s *scene) {
			s.answer(s.last(sip.REGISTER), 401, challenge("n1", "MD5"), func(c *sip.Common) {
				c.Headers.Add("Proxy-Authenticate", sip.NewChallenge("p.example.com", "p1", "MD5"))
				c.Headers.Add("Proxy-Authenticate", sip.NewChallenge("q.example.com", "q1", "MD5"))
			})
			r := s.last(sip.REGISTER)
			verify(t, r, "Authorization", "n1")
			if got := len(r.Headers.Values("Proxy-Authorization")); got != 2 {
				t.Errorf("%d answers to proxies", got)
			}
		})
	})
	t.Run("several challenges in one response", func(t *testing.T) {
		playRegistering(t, nil, func(s *scene) {
			s.answer(s.last(sip.REGISTER), 401, func(c *sip.Common) {
				c.Headers.Add("WWW-Authenticate", sip.NewChallenge("example.com", "md5", "MD5"))
				c.Headers.Add("WWW-Authenticate", sip.NewChallenge("example.com", "sha", "SHA-256"))
				c.Headers.Add("WWW-Authenticate", sip.NewChallenge("other.example.com", "other", "MD5"))
				c.Headers.Add("WWW-Authenticate", `Frobnicate realm="x"`)
			})
			r := s.last(sip.REGISTER)
			values := r.Headers.Values("Authorization")
			if len(values) != 2 {
				t.Fatalf("%d answers: %q", len(values), values)
			}
			for i, want := range []string{"sha", "other"} {
				a, err := sip.ParseAuthorization(values[i])
				if err != nil || a.Nonce != want || !a.Verify("secret", r.Method, nil) {
					t.Errorf("answer %d: %+v %v", i, a, err)
				}
			}
		})
	})
}

func TestB25_nothingIsSentAfterStop(t *testing.T) {
	playRegistering(t, nil, func(s *scene) {
		s.do(func() { s.ua.Stop(nil) })
		s.pass(stopGrace)
		s.forget()
		s.do(func() {
			s.ua.Register()
			s.ua.Unregister(true)
			if _, err := s.ua.SendMessage("bob", "hi", MessageOptions{}); err != ErrStopped {
				t.Errorf("SendMessage: %v", err)
			}
			if _, err := s.ua.SendOptions("bob", OptionsOptions{}); err != ErrStopped {
				t.Errorf("SendOptions: %v", err)
			}
		})
		s.expect()
	})
}

func TestRegister_staleNonce(t *testing.T) {
	playRegistering(t, nil, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 401, challenge("n1", "MD5"))
		s.answer(s.last(sip.REGISTER), 401, challenge("n2", "MD5", "stale=true"))
		verify(t, s.last(sip.REGISTER), "Authorization", "n2")
		s.answer(s.last(sip.REGISTER), 401, challenge("n3", "MD5", "stale=true"))
		s.forget()
		s.answer(s.last(sip.REGISTER), 401, challenge("n4", "MD5", "stale=true"))
		s.expect("<< 401 REGISTER", "event RegistrationFailed Authentication Error 401 no retry")
	})
}

func TestRegister_wrongPasswordIsNotRetried(t *testing.T) {
	for _, status := range []int{401, 403} {
		playRegistering(t, nil, func(s *scene) {
			s.answer(s.last(sip.REGISTER), 401, challenge("n1", "MD5"))
			s.forget()
			s.answer(s.last(sip.REGISTER), status, challenge("n2", "MD5"), header("Retry-After", "5"))
			s.expect(fmt.Sprintf("<< %d REGISTER", status),
				fmt.Sprintf("event RegistrationFailed %s %d no retry", CauseFromStatus(status), status))
			s.pass(24 * time.Hour)
			s.expect()
			s.do(func() { s.ua.SetCredentials("", "right"); s.ua.Register() })
			s.answer(s.last(sip.REGISTER), 401, challenge("n3", "MD5"))
			a, err := sip.ParseAuthorization(s.last(sip.REGISTER).Headers.Get("Authorization"))
			if err != nil || !a.Verify("right", sip.REGISTER, nil) {
				t.Errorf("%+v %v", a, err)
			}
		})
	}
}

// Asterisk answers 403 to one binding too many, FreeSWITCH while it does not
// reach its directory, Kamailio 401 while it does not reach its database.
func TestRegister_whatWasAcceptedIsTriedAgain(t *testing.T) {
	refused := func(s *scene, status int, mods ...mod) {
		s.do(s.ua.Register)
		s.answer(s.last(sip.REGISTER), status, mods...)
		s.forget()
	}
	last := func(s *scene) (e RegistrationFailed) {
		for _, one := range s.events {
			if f, ok := one.(RegistrationFailed); ok {
				e = f
			}
		}
		return e
	}
	for _, status := range []int{401, 403, 404, 407, 423, 603} {
		t.Run(fmt.Sprint(status, " after growing times, a minute at least"), func(t *testing.T) {
			playRegistering(t, nil, func(s *scene) {
				s.answer(s.last(sip.REGISTER), 200, ours(600))
				refused(s, status)
				for failures := range 6 {
					most := min(refusedBase<<failures, retryMax)
					if e := last(s); e.RetryIn < most/2 || e.RetryIn > most || !errors.Is(e.Err, ErrAcceptedBefore) {
						t.Errorf("failure %d: again in %v, %v", failures, e.RetryIn, e.Err)
					}
					s.pass(most/2 - 1)
					s.expect()
					s.until(sip.REGISTER, most/2+time.Second)
					s.answer(s.last(sip.REGISTER), status)
					s.forget()
				}
				s.do(s.ua.Register)
				s.answer(s.last(sip.REGISTER), 200, ours(600))
				s.expect("event Registering", ">> REGISTER", "<< 200 REGISTER", "event Registered")
				refused(s, status)
				if e := last(s); e.RetryIn > refusedBase {
					t.Errorf("after a success again in %v", e.RetryIn)
				}
			})
		})
	}
	for _, c := range []struct {
		rule  string
		upset func(*scene)
		least time.Duration // 0 = never
	}{
		{"a longer wait that the registrar asks for counts", func(s *scene) {
			refused(s, 403, header("Retry-After", "1000"))
		}, 1000 * time.Second},
		{"a shorter one does not", func(s *scene) { refused(s, 403, header("Retry-After", "1")) }, time.Minute},
		{"also on another connection", func(s *scene) {
			s.disconnect()
			s.connect()
			refused(s, 403)
		}, time.Minute},
		{"a redirection is no refusal", func(s *scene) { refused(s, 302) }, 0},
		{"another password has yet to be accepted", func(s *scene) {
			s.do(func() { s.ua.SetCredentials("", "other") })
			refused(s, 403)
		}, 0},
		{"even where the one before is accepted late", func(s *scene) {
			s.do(s.ua.Register)
			s.do(func() { s.ua.SetCredentials("", "other") })
			s.answer(s.last(sip.REGISTER), 200, ours(600))
			refused(s, 403)
		}, 0},
		{"another name keeps the password", func(s *scene) {
			s.do(func() {
				now := s.ua.Settings()
				now.DisplayName = "Alice"
				if err := s.ua.Set(now); err != nil {
					s.t.Error(err)
				}
			})
			refused(s, 403)
		}, time.Minute},
		{"another source of tokens has yet to be accepted", func(s *scene) {
			s.do(func() {
				now := s.ua.Settings()
				now.TokenSource = StaticToken("abc")
				if err := s.ua.Set(now); err != nil {
					s.t.Error(err)
				}
			})
			refused(s, 403)
		}, 0},
		{"the end of the registration ends that too", func(s *scene) {
			refused(s, 403)
			s.do(func() { s.ua.Unregister(false) })
		}, 0},
	} {
		t.Run(c.rule, func(t *testing.T) {
			playRegistering(t, nil, func(s *scene) {
				s.answer(s.last(sip.REGISTER), 200, ours(7200))
				c.upset(s)
				s.forget()
				if c.least == 0 {
					s.pass(time.Hour)
					s.expect()
					return
				}
				s.pass(c.least - 1)
				s.expect()
				s.until(sip.REGISTER, time.Minute+time.Second)
			})
		})
	}
}

func TestRegister_HA1(t *testing.T) {
	ha1 := "9c0b1f1f3d6b3a8f6f5b6f0b3c7d1e2a"
	playRegistering(t, func(c *Config) { c.Password, c.HA1, c.Realm = "", ha1, "example.com" }, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 401, func(c *sip.Common) {
			c.Headers.Add("WWW-Authenticate", sip.NewChallenge("example.com", "sha", "SHA-256"))
			c.Headers.Add("WWW-Authenticate", sip.NewChallenge("example.com", "md5", "MD5"))
		})
		a, err := sip.ParseAuthorization(s.last(sip.REGISTER).Headers.Get("Authorization"))
		if err != nil || a.Nonce != "md5" { // the hash serves MD5 alone
			t.Errorf("%+v %v", a, err)
		}
	})
}

func TestB26_failuresAndRetryAfter(t *testing.T) {
	for _, c := range []struct {
		rule   string
		status int
		mods   []mod
		trace  string
		wait   time.Duration // until the next REGISTER, exactly; 0 = within 30 s
		again  bool
	}{
		{"503 waits as asked", 503, []mod{header("Retry-After", "120")}, "event RegistrationFailed SIP Failure Code 503 retry", 120 * time.Second, true},
		{"480 waits as asked", 480, []mod{header("Retry-After", "60 (later)")}, "event RegistrationFailed Unavailable 480 retry", 60 * time.Second, true},
		{"500 backs off", 500, nil, "event RegistrationFailed SIP Failure Code 500 retry", 0, true},
		{"404 is final", 404, nil, "event RegistrationFailed Not Found 404 no retry", 0, false},
		{"423 without Min-Expires is final", 423, nil, "event RegistrationFailed SIP Failure Code 423 no retry", 0, false},
		{"423 with less than asked is final", 423, []mod{header("Min-Expires", "60")}, "event RegistrationFailed SIP Failure Code 423 no retry", 0, false},
	} {
		t.Run(c.rule, func(t *testing.T) {
			playRegistering(t, nil, func(s *scene) {
				s.answer(s.last(sip.REGISTER), c.status, c.mods...)
				s.expect(fmt.Sprintf("<< %d REGISTER", c.status), c.trace)
				if c.wait > 0 {
					s.pass(c.wait - 1)
					s.expect()
					s.pass(1)
				} else if c.again {
					s.until(sip.REGISTER, retryBase)
				}
				if c.again {
					s.expect("event Registering", ">> REGISTER")
				} else {
					s.pass(time.Hour)
					s.expect()
				}
			})
		})
	}
}

func TestRegister_backoffGrows(t *testing.T) {
	playRegistering(t, nil, func(s *scene) {
		for failures := range 8 {
			s.answer(s.last(sip.REGISTER), 503)
			s.forget()
			most := min(retryBase<<failures, retryMax)
			s.pass(most/2 - 1)
			s.expect()
			s.until(sip.REGISTER, most/2+time.Second)
			s.expect("event Registering", ">> REGISTER")
		}
	})
}

func TestRegister_423RaisesTheInterval(t *testing.T) {
	playRegistering(t, nil, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 423, header("Min-Expires", "1800"))
		s.expect("<< 423 REGISTER", ">> REGISTER")
		if got := s.last(sip.REGISTER).Headers.Get("Expires"); got != "1800" {
			t.Errorf("Expires %s", got)
		}
	})
}

func TestRegister_noAnswer(t *testing.T) {
	playRegistering(t, nil, func(s *scene) {
		s.pass(timerF)
		s.expect("event RegistrationFailed Request Timeout 0 retry")
		s.until(sip.REGISTER, retryBase)
		s.expect("event Registering", ">> REGISTER")
	})
}

func TestRegister_refreshFailureUnregisters(t *testing.T) {
	playRegistering(t, nil, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 200, ours(60))
		s.forget()
		s.pass(55 * time.Second)
		s.expect("event RegistrationExpiring", ">> REGISTER")
		s.answer(s.last(sip.REGISTER), 403)
		s.expect("<< 403 REGISTER", "event RegistrationFailed Rejected 403 retry", "event Unregistered Rejected")
	})
}

func TestRegister_ownBinding(t *testing.T) {
	const other = `<sip:other@else.invalid>;+sip.instance="<urn:uuid:00000000-0000-4000-8000-000000000002>";reg-id=1;expires=30`
	for _, c := range []struct {
		rule, contacts string
		expires        time.Duration // of our binding; 0 = not found
	}{
		{"by instance and reg-id among all", other + ", " + `<sip:x@y>;+sip.instance="<urn:uuid:00000000-0000-4000-8000-000000000001>";reg-id=2;expires=40, ` + fmt.Sprintf(binding, 100), 100 * time.Second},
		{"by URI", other + ", <sip:alice1@contact.invalid;transport=ws>;expires=100", 100 * time.Second},
		{"by user, behind a proxy that rewrites", other + ", <sip:alice1@10.0.0.1:5060>;expires=100", 100 * time.Second},
		{"a single one", "<sip:rewritten@10.0.0.1>;expires=100", 100 * time.Second},
		{"with the Expires header field", other + ", <sip:alice1@contact.invalid;transport=ws>", 200 * time.Second},
		{"never shorter than 10 s", fmt.Sprintf(binding, 1), minRegisterExpires},
		{"none of several is ours", other + ", <sip:third@else.invalid>", 0},
		{"behind one that cannot be read", "<sip:other@else invalid>;expires=30, " + fmt.Sprintf(binding, 100), 100 * time.Second},
		{"before one that cannot be read", fmt.Sprintf(binding, 100) + `, "Other <sip:other@else.invalid>;expires=30`, 100 * time.Second},
		{"behind one without its bracket", "<sip:other@else.invalid, " + fmt.Sprintf(binding, 100), 100 * time.Second},
		{"a single one that can be read may be another's", "<sip:>, <sip:third@else.invalid>;expires=100", 0},
	} {
		t.Run(c.rule, func(t *testing.T) {
			playRegistering(t, nil, func(s *scene) {
				s.answer(s.last(sip.REGISTER), 200, header("Contact", c.contacts), header("Expires", "200"))
				if c.expires == 0 {
					s.expect("<< 200 REGISTER", "event RegistrationFailed SIP Failure Code 200 retry")
					return
				}
				s.expect("<< 200 REGISTER", "event Registered")
				if got := s.events[len(s.events)-1].(Registered).Expires; got != c.expires {
					t.Errorf("expires in %v, want %v", got, c.expires)
				}
			})
		})
	}
}

func TestRegister_unregisterAll(t *testing.T) {
	playRegistering(t, nil, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 200, ours(600))
		s.forget()
		s.do(func() { s.ua.Unregister(true) })
		r := s.last(sip.REGISTER)
		if r.Headers.Get("Contact") != "*" || r.Headers.Get("Expires") != "0" {
			t.Errorf("REGISTER:\n%s", r.Bytes())
		}
		s.answer(r, 401, challenge("n1", "MD5"))
		s.answer(s.last(sip.REGISTER), 200)
		s.expect(">> REGISTER", "<< 401 REGISTER", ">> REGISTER", "<< 200 REGISTER", "event Unregistered")
	})
}

func TestRegister_unregisterWithoutAnswer(t *testing.T) {
	playRegistering(t, nil, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 200, ours(600))
		s.do(func() { s.ua.Unregister(false) })
		s.forget()
		s.pass(timerF)
		s.expect("event Unregistered")
		s.pass(time.Hour)
		s.expect()
	})
}

func TestRegister_askedForAgainRefreshesOnce(t *testing.T) {
	playRegistering(t, nil, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 200, ours(60))
		s.pass(30 * time.Second)
		s.do(s.ua.Register)
		s.answer(s.last(sip.REGISTER), 200, ours(60))
		s.forget()
		s.pass(55*time.Second - 1)
		s.expect() // not at the time of the first
		s.pass(1)
		s.expect("event RegistrationExpiring", ">> REGISTER")
	})
}

func TestRegister_asksThatCross(t *testing.T) {
	t.Run("unregister while registering", func(t *testing.T) {
		playRegistering(t, nil, func(s *scene) {
			first := s.last(sip.REGISTER)
			s.do(func() { s.ua.Unregister(false) })
			s.expect()
			s.answer(first, 200, ours(600))
			s.expect("<< 200 REGISTER", "event Registered", ">> REGISTER")
			s.answer(s.last(sip.REGISTER), 200)
			s.expect("<< 200 REGISTER", "event Unregistered")
		})
	})
	t.Run("register while unregistering", func(t *testing.T) {
		playRegistering(t, nil, func(s *scene) {
			s.answer(s.last(sip.REGISTER), 200, ours(600))
			s.do(func() { s.ua.Unregister(false); s.ua.Register() })
			s.forget()
			s.answer(s.last(sip.REGISTER), 200)
			s.expect("<< 200 REGISTER", "event Unregistered", "event Registering", ">> REGISTER")
		})
	})
}
