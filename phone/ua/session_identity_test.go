package ua

import (
	"testing"

	"webphone/phone/sip"
)

const (
	isAnna    = `event IdentityChanged "Anna" <sip:201@example.com>`
	isBen     = `event IdentityChanged "Ben" <sip:202@example.com>`
	isUnknown = `event IdentityChanged "Anonymous" <sip:anonymous@anonymous.invalid>`
)

func asserted(name, user string) mod {
	return header("P-Asserted-Identity", `"`+name+`" <sip:`+user+`@example.com>`)
}

func trusting(c *Config) { c.TrustAssertedIdentity = true }

// Whatever message of the other side names it, the call knows it then
// (RFC 3325 §9.1, RFC 5876 §3).
func TestIdentity_followsWhatTheServerSays(t *testing.T) {
	anna, ben := asserted("Anna", "201"), asserted("Ben", "202")
	private := header("Privacy", "id")
	for _, c := range []struct {
		rule  string
		reach func(*scene)
		want  string
	}{
		{"180 to our INVITE", func(s *scene) {
			s.callOut(CallOptions{})
			s.forget()
			s.answer(s.last(sip.INVITE), 180, anna)
		}, "<< 180 INVITE\n" + isAnna + "\nevent Progress remote"},
		{"200 to our INVITE", func(s *scene) {
			s.callOut(CallOptions{})
			s.forget()
			s.answer(s.last(sip.INVITE), 200, anna, sdp(farSDP))
		}, "<< 200 INVITE\n>> ACK\npeer final answer set\nevent Accepted remote\nevent Confirmed local\n" + isAnna},
		{"200 after 180 says the same", func(s *scene) {
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 180, anna)
			s.forget()
			s.answer(s.last(sip.INVITE), 200, anna, sdp(farSDP))
		}, "<< 200 INVITE\n>> ACK\npeer final answer set\nevent Accepted remote\nevent Confirmed local"},
		{"the fork that answers is the one", func(s *scene) {
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 180, anna, tag("a"))
			s.answer(s.last(sip.INVITE), 180, ben, tag("b"))
			s.forget()
			s.answer(s.last(sip.INVITE), 200, tag("a"), sdp(farSDP))
		}, "<< 200 INVITE\n>> ACK\npeer final answer set\nevent Accepted remote\nevent Confirmed local\n" + isAnna},
		{"a fork that names nobody is who was called", func(s *scene) {
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 180, anna, tag("a"))
			s.forget()
			s.answer(s.last(sip.INVITE), 180, tag("b"))
		}, "<< 180 INVITE\nevent IdentityChanged <sip:bob@example.com>\nevent Progress remote"},
		{"UPDATE without a description", func(s *scene) {
			s.answeredOut()
			s.receive(s.request(sip.UPDATE, anna))
			s.receive(s.request(sip.UPDATE, anna))
			s.receive(s.request(sip.UPDATE, ben))
		}, "<< UPDATE\n>> 200 UPDATE\n" + isAnna + "\n<< UPDATE\n>> 200 UPDATE\n<< UPDATE\n>> 200 UPDATE\n" + isBen},
		{"UPDATE with a description", func(s *scene) {
			s.answeredOut()
			s.receive(s.request(sip.UPDATE, anna, sdp(farSDP)))
		}, "<< UPDATE\nevent Update\npeer answer\n>> 200 UPDATE\n" + isAnna},
		{"re-INVITE", func(s *scene) {
			s.answeredIn()
			s.receive(s.request(sip.INVITE, anna, sdp(farSDP)))
		}, "<< INVITE\n>> 100 INVITE\nevent Reinvite\npeer answer\n>> 200 INVITE\n" + isAnna},
		{"200 to our re-INVITE", func(s *scene) {
			session := s.answeredOut()
			s.do(func() { session.Hold(nil) })
			s.forget()
			s.answer(s.last(sip.INVITE), 200, anna, sdp(farSDP))
		}, "<< 200 INVITE\n>> ACK\n" + isAnna + "\npeer final answer set\nevent Held local"},
		{"UPDATE while it rings here", func(s *scene) {
			s.ringIn()
			s.forget()
			s.receive(s.request(sip.UPDATE, anna))
		}, "<< UPDATE\n>> 200 UPDATE\n" + isAnna},
		{"UPDATE while it rings there", func(s *scene) {
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 180)
			s.farOf(s.last(sip.INVITE), "bob")
			s.forget()
			s.receive(s.request(sip.UPDATE, anna))
		}, "<< UPDATE\n>> 200 UPDATE\n" + isAnna},
		{"another one who does not want to be known", func(s *scene) {
			s.answeredIn()
			s.receive(s.request(sip.UPDATE, anna, private))
		}, "<< UPDATE\n>> 200 UPDATE\n" + isUnknown},
		{"the same one does not want to be known", func(s *scene) {
			s.answeredIn()
			s.receive(s.request(sip.UPDATE, asserted("Bob", "bob"), private))
		}, "<< UPDATE\n>> 200 UPDATE"},
		{"who answers does not want to be known", func(s *scene) {
			s.callOut(CallOptions{})
			s.forget()
			s.answer(s.last(sip.INVITE), 180, anna, private)
		}, "<< 180 INVITE\nevent Progress remote"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, trusting, func(s *scene) {
				c.reach(s)
				s.expect(c.want)
			})
		})
		t.Run(c.rule+", untrusted", func(t *testing.T) {
			play(t, nil, func(s *scene) {
				c.reach(s)
				s.mu.Lock()
				defer s.mu.Unlock()
				for _, e := range s.events {
					if _, ok := e.(IdentityChanged); ok {
						t.Errorf("told %s", eventLine(e))
					}
				}
			})
		})
	}
}

// The INVITE of a caller who does not want to be known says what it may.
func TestIdentity_privateCallerIsWhoTheINVITESays(t *testing.T) {
	play(t, trusting, func(s *scene) {
		session, _ := s.ringIn(asserted("Anna", "201"), header("Privacy", "id"))
		if got := session.RemoteIdentity().URI.String(); got != "sip:bob@example.com" {
			t.Errorf("from %s", got)
		}
	})
}

// After a redirection the phone of before is forgotten.
func TestIdentity_isForgottenWithARedirection(t *testing.T) {
	play(t, func(c *Config) { trusting(c); c.Redirect = RedirectFollow }, func(s *scene) {
		session := s.callOut(CallOptions{})
		s.answer(s.last(sip.INVITE), 180, asserted("Anna", "201"))
		s.answer(s.last(sip.INVITE), 302, contacts("<sip:carol@example.com>"))
		s.forget()
		s.answer(s.last(sip.INVITE), 180, tag("c"))
		s.expect("<< 180 INVITE", "event Progress remote")
		if _, ok := session.AssertedIdentity(); ok {
			t.Error("still asserted")
		}
	})
}

// Nothing follows Ended, whoever hangs up in the handler.
func TestIdentity_hungUpInTheEvent(t *testing.T) {
	for _, c := range []struct {
		rule  string
		reach func(*scene)
	}{
		{"180", func(s *scene) {
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 180, asserted("Anna", "201"))
		}},
		{"183 with a description", func(s *scene) {
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 183, asserted("Anna", "201"), sdp(farSDP))
		}},
		{"200", func(s *scene) {
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 200, asserted("Anna", "201"), sdp(farSDP))
		}},
		{"UPDATE", func(s *scene) {
			s.answeredOut()
			s.receive(s.request(sip.UPDATE, asserted("Anna", "201"), sdp(farSDP)))
		}},
		{"re-INVITE", func(s *scene) {
			s.answeredOut()
			s.receive(s.request(sip.INVITE, asserted("Anna", "201"), sdp(farSDP)))
		}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, trusting, func(s *scene) {
				s.do(func() {
					s.onEvent = func(e Event) {
						if e, ok := e.(IdentityChanged); ok {
							_ = e.Session.Terminate(TerminateOptions{})
						}
					}
				})
				c.reach(s)
				s.mu.Lock()
				defer s.mu.Unlock()
				if _, ok := s.events[len(s.events)-1].(Ended); !ok {
					t.Errorf("ends with %s", eventLine(s.events[len(s.events)-1]))
				}
			})
		})
	}
}
