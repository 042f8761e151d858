package ua

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"webphone/phone/sip"
)

func contacts(list ...string) mod { return header("Contact", strings.Join(list, ", ")) }

func follow(c *Config) { c.Redirect = RedirectFollow }

// RFC 3261 §8.1.3.4.
func TestRedirect_followed(t *testing.T) {
	play(t, follow, func(s *scene) {
		session := s.callOut(CallOptions{})
		first := s.last(sip.INVITE)
		s.answer(first, 183, sdp(farSDP))
		s.forget()
		s.answer(first, 302, contacts("<sip:carol@example.net;x=1?Subject=hi>"))
		s.expect("<< 302 INVITE", ">> ACK", "event Redirected sip:carol@example.net;x=1", "event EarlyMediaLost", ">> INVITE")
		second := s.last(sip.INVITE)
		if second.RequestURI.String() != "sip:carol@example.net;x=1" || second.CallID != first.CallID || second.CSeq.Seq != first.CSeq.Seq+1 ||
			second.From.String() != first.From.String() || second.To.String() != first.To.String() ||
			second.Via[0].Branch() == first.Via[0].Branch() || string(second.Body) != string(first.Body) {
			t.Errorf("repeated as\n%s", second.Bytes())
		}
		s.answer(second, 180, tag("carol"))
		s.answer(second, 200, tag("carol"), sdp(holdSDP), contactURI("sip:carol@carol.invalid"))
		s.expect(`
			<< 180 INVITE
			event Progress remote
			<< 200 INVITE
			>> ACK
			peer final answer set
			event Accepted remote
			event Confirmed local`)
		if session.Status() != StatusConfirmed || s.last(sip.ACK).RequestURI.String() != "sip:carol@carol.invalid" {
			t.Errorf("state %v, ACK to %v", session.Status(), s.last(sip.ACK).RequestURI)
		}
	})
}

func TestRedirect_order(t *testing.T) {
	for _, c := range []struct {
		rule   string
		target string
		mods   []mod
		status int
		want   []string // Request-URIs after the first
		cause  Cause
		last   int // status that each of them gives
	}{
		{
			"by q, then as listed", "sip:bob@example.com",
			[]mod{contacts("<sip:a@x>;q=0.2", "<sip:b@x>", "<sip:c@x>;q=0.7", "<sip:d@x>;q=rubbish", "<sip:e@x>;q=0.7")},
			300,
			[]string{"sip:b@x", "sip:d@x", "sip:c@x", "sip:e@x", "sip:a@x"},
			CauseBusy, 486,
		},
		{"6xx ends the search", "sip:bob@example.com", []mod{contacts("<sip:a@x>", "<sip:b@x>")}, 302, []string{"sip:a@x"}, CauseBusy, 600},
		{"no address twice", "sip:bob@example.com", []mod{contacts("<sip:bob@example.com>", "<sip:a@x>", "<sip:A@x>", "<sip:a@X>")}, 302, []string{"sip:a@x", "sip:A@x"}, CauseNotFound, 404},
		{
			"only what can be called", "sip:bob@example.com",
			[]mod{contacts("<http://example.com>", "<mailto:a@x>", "<sip:m@x;method=MESSAGE>", "<tel:+1-212-555-1234>", "<sip:a@x;method=INVITE>")},
			301,
			[]string{"sip:+12125551234@example.com", "sip:a@x"},
			CauseNotFound, 404,
		},
		{"sips stays sips", "sips:bob@example.com", []mod{contacts("<sip:a@x>", "<tel:1>", "<sips:b@x>")}, 302, []string{"sips:b@x"}, CauseNotFound, 404},
		{"nothing to call", "sip:bob@example.com", []mod{contacts("<http://example.com>")}, 302, nil, CauseRedirected, 0},
		{"no Contact", "sip:bob@example.com", nil, 302, nil, CauseRedirected, 0},
		{"a Contact that cannot be read", "sip:bob@example.com", []mod{contacts("<sip:a@x")}, 302, nil, CauseRedirected, 0},
		{"305 is not for us", "sip:bob@example.com", []mod{contacts("<sip:proxy@x>")}, 305, nil, CauseRedirected, 0},
		{"380 is no address of the callee", "sip:bob@example.com", []mod{contacts("<sip:mail@x>")}, 380, nil, CauseRedirected, 0},
		{"an unknown 3xx is a 300 (§8.1.3.2)", "sip:bob@example.com", []mod{contacts("<sip:a@x>")}, 399, []string{"sip:a@x"}, CauseNotFound, 404},
		{"no redirection", "sip:bob@example.com", []mod{contacts("<sip:a@x>")}, 486, nil, CauseBusy, 0},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, follow, func(s *scene) {
				s.do(func() { _, _ = s.ua.call(mustURI(t, c.target), CallOptions{}, nil) })
				s.answer(s.last(sip.INVITE), c.status, c.mods...)
				for _, want := range c.want {
					invite := s.last(sip.INVITE)
					if got := invite.RequestURI.String(); got != want {
						t.Fatalf("called %s, want %s", got, want)
					}
					s.answer(invite, c.last)
				}
				if e := s.lastEnded(); e.Cause != c.cause {
					t.Errorf("ended by %v", e)
				}
			})
		})
	}
}

// Redirections of redirections are followed before the other addresses, five
// in a row, twenty calls altogether.
func TestRedirect_limits(t *testing.T) {
	t.Run("depth first", func(t *testing.T) {
		play(t, follow, func(s *scene) {
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 302, contacts("<sip:a@x>", "<sip:b@x>"))
			s.answer(s.last(sip.INVITE), 302, contacts("<sip:a1@x>", "<sip:bob@example.com>"))
			s.answer(s.last(sip.INVITE), 302, contacts("<sip:a@x>")) // a loop
			if got := s.last(sip.INVITE).RequestURI.String(); got != "sip:b@x" {
				t.Errorf("called %s", got)
			}
		})
	})
	t.Run("hops", func(t *testing.T) {
		play(t, follow, func(s *scene) {
			s.callOut(CallOptions{})
			for i := range maxHops + 1 {
				s.answer(s.last(sip.INVITE), 302, contacts(fmt.Sprintf("<sip:hop%d@x>", i)))
			}
			if e := s.lastEnded(); e.Cause != CauseRedirected || s.last(sip.INVITE).RequestURI.User != "hop4" {
				t.Errorf("ended by %v after %v", e, s.last(sip.INVITE).RequestURI)
			}
		})
	})
	t.Run("attempts", func(t *testing.T) {
		play(t, follow, func(s *scene) {
			s.callOut(CallOptions{})
			var many []string
			for i := range 40 {
				many = append(many, fmt.Sprintf("<sip:c%d@x>", i))
			}
			s.answer(s.last(sip.INVITE), 300, contacts(many...))
			for range maxRedirectAttempts {
				s.answer(s.last(sip.INVITE), 404)
			}
			if s.last(sip.INVITE).RequestURI.User != "c19" || s.lastEnded().Cause != CauseNotFound {
				t.Errorf("called %v", s.last(sip.INVITE).RequestURI)
			}
		})
	})
}

func TestRedirect_challengedAnew(t *testing.T) {
	play(t, follow, func(s *scene) {
		s.callOut(CallOptions{})
		challenge := func(nonce string) mod {
			return header("Proxy-Authenticate", sip.NewChallenge("example.com", nonce, "MD5"))
		}
		s.answer(s.last(sip.INVITE), 407, challenge("n1"))
		s.answer(s.last(sip.INVITE), 302, contacts("<sip:carol@example.net>"))
		s.answer(s.last(sip.INVITE), 407, challenge("n2"))
		third := s.last(sip.INVITE)
		if third.RequestURI.Host != "example.net" {
			t.Errorf("called %v", third.RequestURI)
		}
		verify(t, third, "Proxy-Authorization", "n2")
	})
}

// What an address was answered before goes to nobody that it names in its
// place.
func TestRedirect_takesNoAnswersAlong(t *testing.T) {
	for _, c := range []struct {
		rule, challenge, answer string
		status                  int
	}{
		{"of the callee's server", "WWW-Authenticate", "Authorization", 401},
		{"of a proxy of another domain", "Proxy-Authenticate", "Proxy-Authorization", 407},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, follow, func(s *scene) {
				call := func() {
					s.do(func() {
						if _, err := s.ua.Call("sip:bob@example.org", CallOptions{}); err != nil {
							t.Error(err)
						}
					})
				}
				call()
				s.answer(s.last(sip.INVITE), c.status, header(c.challenge, sip.NewChallenge("theirs", "n1", "MD5")))
				s.answer(s.last(sip.INVITE), 486)
				call()
				if s.last(sip.INVITE).Headers.Get(c.answer) == "" {
					t.Error("not answered in advance")
				}
				s.answer(s.last(sip.INVITE), 302, contacts("<sip:mallory@example.net>"))
				if r := s.last(sip.INVITE); r.RequestURI.User != "mallory" || r.Headers.Has(c.answer) {
					t.Errorf("%s", r.Bytes())
				}
			})
		})
	}
}

func TestRedirect_policies(t *testing.T) {
	for _, c := range []struct {
		config, call, want RedirectPolicy
	}{
		{RedirectDefault, RedirectDefault, RedirectNever},
		{RedirectDefault, RedirectFollow, RedirectFollow},
		{RedirectFollow, RedirectDefault, RedirectFollow},
		{RedirectFollow, RedirectNever, RedirectNever},
		{RedirectNever, RedirectAsk, RedirectAsk},
	} {
		t.Run(c.config.String()+" "+c.call.String(), func(t *testing.T) {
			play(t, func(conf *Config) { conf.Redirect = c.config }, func(s *scene) {
				s.callOut(CallOptions{Redirect: c.call})
				s.forget()
				s.answer(s.last(sip.INVITE), 302, contacts("<sip:a@x>"))
				s.expect(map[RedirectPolicy]string{
					RedirectNever:  "<< 302 INVITE\n>> ACK\nevent Ended remote Redirected 302\npeer close",
					RedirectAsk:    "<< 302 INVITE\n>> ACK\nevent RedirectRequested",
					RedirectFollow: "<< 302 INVITE\n>> ACK\nevent Redirected sip:a@x\n>> INVITE",
				}[c.want])
			})
		})
	}
	if got := RedirectPolicy(7).String(); got != "RedirectPolicy(7)" {
		t.Error(got)
	}
}

func TestRedirect_asked(t *testing.T) {
	ask := func(c *Config) { c.Redirect = RedirectAsk }
	asked := func(s *scene) (session *RTCSession, e RedirectRequested) {
		session = s.callOut(CallOptions{})
		s.answer(s.last(sip.INVITE), 300, contacts("<sip:a@x>;q=0.1", "<sip:b@x>"))
		s.forget()
		s.mu.Lock()
		defer s.mu.Unlock()
		return session, s.events[len(s.events)-1].(RedirectRequested)
	}
	decided := func(t *testing.T, s *scene, e RedirectRequested) {
		t.Helper()
		s.do(func() {
			var wrong *StateError
			if err := e.Accept(); !errors.As(err, &wrong) {
				t.Errorf("accepted: %v", err)
			}
			if err := e.Reject(); !errors.As(err, &wrong) {
				t.Errorf("rejected: %v", err)
			}
		})
	}
	for _, c := range []struct {
		rule   string
		decide func(*scene, *RTCSession, RedirectRequested)
		trace  string
	}{
		{"all of them", func(s *scene, _ *RTCSession, e RedirectRequested) {
			s.do(func() { _ = e.Accept() })
			s.answer(s.last(sip.INVITE), 486)
		}, "event Redirected sip:b@x\n>> INVITE\n<< 486 INVITE\n>> ACK\nevent Redirected sip:a@x\n>> INVITE"},
		{"one of them, later", func(s *scene, _ *RTCSession, e RedirectRequested) {
			s.pass(redirectDeadline - time.Second)
			s.do(func() { _ = e.Accept(e.Contacts[1]) })
			s.answer(s.last(sip.INVITE), 486)
		}, "event Redirected sip:a@x\n>> INVITE\n<< 486 INVITE\n>> ACK\nevent Ended remote Busy 486\npeer close"},
		{"none", func(s *scene, _ *RTCSession, e RedirectRequested) {
			s.do(func() { _ = e.Reject() })
		}, "event Ended remote Redirected 300\npeer close"},
		{"nobody decides", func(s *scene, _ *RTCSession, _ RedirectRequested) {
			s.pass(redirectDeadline)
		}, "event Ended remote Redirected 300\npeer close"},
		{"given up meanwhile", func(s *scene, session *RTCSession, _ RedirectRequested) {
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			s.pass(redirectDeadline)
		}, "event Ended local Canceled 0\npeer close"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, ask, func(s *scene) {
				session, e := asked(s)
				if len(e.Contacts) != 2 || e.Contacts[0].User != "b" || e.Response.StatusCode != 300 {
					t.Errorf("asked about %v", e.Contacts)
				}
				c.decide(s, session, e)
				s.expect(c.trace)
				decided(t, s, e)
			})
		})
	}
	t.Run("ended by the consumer of Redirected", func(t *testing.T) {
		play(t, follow, func(s *scene) {
			session := s.callOut(CallOptions{})
			s.onEvent = func(e Event) {
				if _, ok := e.(Redirected); ok {
					_ = session.Terminate(TerminateOptions{})
				}
			}
			s.forget()
			s.answer(s.last(sip.INVITE), 302, contacts("<sip:a@x>"))
			s.expect("<< 302 INVITE", ">> ACK", "event Redirected sip:a@x", "event Ended local Canceled 0", "peer close")
		})
	})
}
