package ua

import (
	"fmt"
	"testing"
	"time"

	"webphone/phone/sip"
)

func proxyChallenge(realm, nonce string, more ...string) mod {
	value := sip.NewChallenge(realm, nonce, "SHA-256")
	for _, m := range more {
		value += "," + m
	}
	return header("Proxy-Authenticate", value)
}

// message sends a MESSAGE and returns it as it went out.
func (s *scene) message(target string) *sip.Request {
	s.t.Helper()
	s.do(func() {
		if _, err := s.ua.SendMessage(target, "hi", MessageOptions{}); err != nil {
			s.t.Error(err)
		}
	})
	return s.last(sip.MESSAGE)
}

// proved has a proxy of our domain challenge a MESSAGE and accept the answer.
func (s *scene) proved(nonce string, answer ...mod) {
	s.t.Helper()
	s.answer(s.message("bob"), 407, proxyChallenge("example.com", nonce))
	s.answer(s.last(sip.MESSAGE), 200, answer...)
	s.forget()
}

func TestCredentials_nonceIsUsedAgain(t *testing.T) {
	t.Run("nc rises with each request (RFC 7616 §3.4)", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.proved("n1")
			var cnonce string
			for i, r := range []*sip.Request{s.message("bob"), s.message("carol"), s.message("sip:dave@elsewhere.example")} {
				a := verified(t, r, "Proxy-Authorization", "n1")
				if a.NC != uint32(i+2) {
					t.Errorf("request %d has nc=%d", i+2, a.NC)
				}
				if cnonce != "" && a.Cnonce != cnonce {
					t.Error("another cnonce: the hash of a -sess algorithm would not fit")
				}
				cnonce = a.Cnonce
			}
			s.callOut(CallOptions{})
			if a := verified(t, s.last(sip.INVITE), "Proxy-Authorization", "n1"); a.NC != 5 {
				t.Errorf("INVITE has nc=%d", a.NC)
			}
			s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
			s.do(func() { _ = s.ua.Sessions()[0].Terminate(TerminateOptions{}) })
			if a := verified(t, s.last(sip.BYE), "Proxy-Authorization", "n1"); a.NC != 6 {
				t.Errorf("BYE has nc=%d", a.NC)
			}
		})
	})
	t.Run("and no challenge costs a round trip", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.proved("n1")
			s.answer(s.message("bob"), 200)
			s.expect("event NewMessage local", ">> MESSAGE", "<< 200 MESSAGE")
		})
	})
	t.Run("the server's next nonce is taken (RFC 7616 §3.5)", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.proved("n1", header("Proxy-Authentication-Info", `nextnonce="n2"`))
			if a := verified(t, s.message("bob"), "Proxy-Authorization", "n2"); a.NC != 1 {
				t.Errorf("nc=%d", a.NC)
			}
		})
	})
	t.Run("a nonce that has aged is replaced, whether called stale or not", func(t *testing.T) {
		for _, more := range [][]string{{"stale=true"}, nil} {
			play(t, nil, func(s *scene) {
				s.proved("n1")
				s.pass(10 * time.Minute)
				s.answer(s.message("bob"), 407, proxyChallenge("example.com", "n2", more...))
				verify(t, s.last(sip.MESSAGE), "Proxy-Authorization", "n2")
				s.answer(s.last(sip.MESSAGE), 200)
				s.forget()
				verify(t, s.message("bob"), "Proxy-Authorization", "n2")
			})
		}
	})
	t.Run("not with a server that takes each nonce once", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.proved("n0")
			for i := range maxWasted {
				r := s.message("bob")
				verify(t, r, "Proxy-Authorization", fmt.Sprint("n", i))
				s.answer(r, 407, proxyChallenge("example.com", fmt.Sprint("n", i+1)))
				s.answer(s.last(sip.MESSAGE), 200)
			}
			if s.message("bob").Headers.Has("Proxy-Authorization") {
				t.Error("sent in vain once more")
			}
		})
	})
	t.Run("a wrong password is not sent in advance", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.proved("n1")
			s.answer(s.message("bob"), 407, proxyChallenge("example.com", "n2"))
			s.answer(s.last(sip.MESSAGE), 407, proxyChallenge("example.com", "n3")) // refused for good
			if s.message("bob").Headers.Has("Proxy-Authorization") {
				t.Error("sent again")
			}
		})
	})
	t.Run("another password voids what was learnt", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.proved("n1")
			s.do(func() { s.ua.SetCredentials("", "other") })
			if s.message("bob").Headers.Has("Proxy-Authorization") {
				t.Error("the old nonce is used")
			}
		})
	})
	t.Run("an older nonce does not come back", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			first, second := s.message("bob"), s.message("carol")
			s.answer(first, 407, proxyChallenge("example.com", "n1"))
			first = s.last(sip.MESSAGE)
			s.answer(second, 407, proxyChallenge("example.com", "n2"))
			s.answer(s.last(sip.MESSAGE), 200)
			s.answer(first, 200)
			verify(t, s.message("bob"), "Proxy-Authorization", "n2")
		})
	})
}

// What proves us is worth guessing the password from, so it is shown only to
// who has asked for it.
func TestCredentials_goOnlyWhereTheyAreAsked(t *testing.T) {
	for _, c := range []struct {
		rule           string
		status         int
		asked, then    string
		want           bool
		name, challnge string
	}{
		{"a server's answer goes to the same address", 401, "bob", "bob", true, "Authorization", "WWW-Authenticate"},
		{"and to no other", 401, "bob", "carol", false, "Authorization", "WWW-Authenticate"},
		{"the proxy of our domain gets it for every address", 407, "bob", "sip:bob@elsewhere.example", true, "Proxy-Authorization", "Proxy-Authenticate"},
		{"another domain's proxy for its domain", 407, "sip:bob@elsewhere.example", "sip:carol@ELSEWHERE.example", true, "Proxy-Authorization", "Proxy-Authenticate"},
		{"and for no other", 407, "sip:bob@elsewhere.example", "bob", false, "Proxy-Authorization", "Proxy-Authenticate"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.answer(s.message(c.asked), c.status, header(c.challnge, sip.NewChallenge("realm", "n1", "MD5")))
				s.answer(s.last(sip.MESSAGE), 200)
				if got := s.message(c.then).Headers.Has(c.name); got != c.want {
					t.Errorf("sent in advance: %v", got)
				}
			})
		})
	}
	t.Run("the registrar's stays with REGISTER", func(t *testing.T) {
		playRegistering(t, nil, func(s *scene) {
			s.answer(s.last(sip.REGISTER), 401, challenge("n1", "MD5"))
			s.answer(s.last(sip.REGISTER), 200, ours(600), header("Authentication-Info", `nextnonce="n2"`))
			if s.message("alice").Headers.Has("Authorization") {
				t.Error("a callee sees the answer to the registrar")
			}
			s.until(sip.REGISTER, 10*time.Minute)
			if a := verified(t, s.last(sip.REGISTER), "Authorization", "n2"); a.NC != 1 {
				t.Errorf("nc=%d", a.NC)
			}
		})
	})
}

func TestCredentials_storeIsBounded(t *testing.T) {
	play(t, nil, func(s *scene) {
		for i := range maxSpaces + 1 {
			s.answer(s.message(fmt.Sprint("user", i)), 401, challenge("n", "MD5"))
			s.answer(s.last(sip.MESSAGE), 200)
		}
		if got := len(s.ua.credentials.spaces); got != maxSpaces {
			t.Errorf("%d spaces", got)
		}
		if s.message("user0").Headers.Has("Authorization") {
			t.Error("the oldest was kept")
		}
		verify(t, s.message("user1"), "Authorization", "n")
	})
}

// Without anything to prove, a challenge is not answered with a guess.
func TestCredentials_none(t *testing.T) {
	play(t, func(c *Config) { c.Password = "" }, func(s *scene) {
		s.answer(s.message("bob"), 407, proxyChallenge("example.com", "n1"))
		s.expect("event NewMessage local", ">> MESSAGE", "<< 407 MESSAGE")
	})
}

// A hash that serves another realm alone cannot answer what the password did.
func TestCredentials_changedWhileUnderWay(t *testing.T) {
	play(t, nil, func(s *scene) {
		r := s.message("bob")
		s.do(func() {
			s.ua.SetCredentials("bob", "other")
			if got := s.ua.Settings(); got.AuthorizationUser != "bob" || got.Password != "other" {
				t.Errorf("%v", got.AuthorizationUser)
			}
		})
		s.answer(r, 407, proxyChallenge("example.com", "n1"))
		a, err := sip.ParseAuthorization(s.last(sip.MESSAGE).Headers.Get("Proxy-Authorization"))
		if err != nil || a.Username != "bob" || !a.Verify("other", sip.MESSAGE, []byte("hi")) {
			t.Errorf("%v %v", a, err)
		}
		second := s.last(sip.MESSAGE)
		s.do(func() {
			now := s.ua.Settings()
			now.Password, now.HA1, now.Realm = "", "0123456789abcdef0123456789abcdef", "else"
			if err := s.ua.Set(now); err != nil {
				t.Error(err)
			}
		})
		s.answer(second, 407, header("Proxy-Authenticate", sip.NewChallenge("else", "e1", "MD5")))
		values := s.last(sip.MESSAGE).Headers.Values("Proxy-Authorization")
		if len(values) != 1 {
			t.Fatalf("%q", values)
		}
		if a, err := sip.ParseAuthorization(values[0]); err != nil || a.Nonce != "e1" {
			t.Errorf("%v %v", a, err)
		}
	})
}

func TestCredentials_everyAlgorithmAndQuality(t *testing.T) {
	for _, c := range []struct{ rule, challenge string }{
		{"RFC 2069, without qop", `Digest realm="r", nonce="n1"`},
		{"RFC 2617, MD5", `Digest realm="r", nonce="n1", qop="auth", algorithm=MD5`},
		{"MD5-sess", `Digest realm="r", nonce="n1", qop="auth", algorithm=MD5-sess`},
		{"RFC 8760, SHA-256", `Digest realm="r", nonce="n1", qop="auth", algorithm=SHA-256`},
		{"RFC 8760, SHA-512-256", `Digest realm="r", nonce="n1", qop="auth", algorithm=SHA-512-256`},
		{"the body protected", `Digest realm="r", nonce="n1", qop="auth-int", algorithm=SHA-256`},
		{"body protection before none", `Digest realm="r", nonce="n1", qop="auth,auth-int", algorithm=SHA-512-256, opaque="o"`},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.answer(s.message("bob"), 407, header("Proxy-Authenticate", c.challenge))
				verify(t, s.last(sip.MESSAGE), "Proxy-Authorization", "n1")
				s.answer(s.last(sip.MESSAGE), 200)
				verify(t, s.message("bob"), "Proxy-Authorization", "n1")
			})
		})
	}
}

// JsSIP's flow 14, and its issue #94: two realms on the way, one after the
// other.
func TestFlow14_challengedInvite(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		s.expect(callingOut)
		first := s.last(sip.INVITE)
		s.answer(first, 407, proxyChallenge("proxy.example.com", "p1"))
		s.expect("<< 407 INVITE", ">> ACK", ">> INVITE")
		second := s.last(sip.INVITE)
		if second.CSeq.Seq != first.CSeq.Seq+1 || second.CallID != first.CallID || second.From.Tag() != first.From.Tag() ||
			second.Via[0].Branch() == first.Via[0].Branch() {
			t.Errorf("repeated as\n%s", second.Bytes())
		}
		s.answer(second, 401, challenge("n1", "MD5"))
		s.expect("<< 401 INVITE", ">> ACK", ">> INVITE")
		third := s.last(sip.INVITE)
		verify(t, third, "Authorization", "n1")
		if a := verified(t, third, "Proxy-Authorization", "p1"); a.NC != 2 {
			t.Errorf("nc=%d for the proxy", a.NC)
		}
		s.answer(third, 401, challenge("n2", "MD5", "stale=true"))
		s.expect("<< 401 INVITE", ">> ACK", ">> INVITE")
		s.answer(s.last(sip.INVITE), 401, challenge("n3", "MD5"))
		s.expect("<< 401 INVITE", ">> ACK", "event Ended remote Authentication Error 401", "peer close")
		if session.Status() != StatusTerminated {
			t.Errorf("state %v", session.Status())
		}
	})
}
