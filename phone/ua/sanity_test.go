package ua

import (
	"strings"
	"testing"

	"webphone/phone/sip"
)

// Every request is inspected in the order of RFC 3261 §8.2: method, Request-URI
// and To, merged requests, Require, content.
func TestReceive_inspection(t *testing.T) {
	uri := func(s *scene, text string) { s.far.requestURI = text }
	for _, c := range []struct {
		section, rule string
		method        sip.Method
		prepare       func(*scene)
		mods          []mod
		want          int // 0: no answer
		header        string
	}{
		{"RFC 3261 §8.2.1", "a method that nobody knows", "FROBNICATE", nil, nil, 501, ""},
		{"RFC 3261 §8.2.1", "is refused before anything else is looked at", "FROBNICATE", func(s *scene) { uri(s, "sip:nobody@example.com") }, []mod{header("Require", "x")}, 501, ""},
		{"RFC 3261 §8.2.1", "a method that we know and do not take", sip.PUBLISH, nil, nil, 405, "Allow"},
		{"RFC 3261 §8.2.2.1", "a Request-URI of another scheme", sip.INVITE, func(s *scene) { uri(s, "tel:+1234") }, nil, 416, ""},
		{"RFC 3261 §8.2.2.1", "of which none knows what it is", sip.OPTIONS, func(s *scene) { uri(s, "nobodyKnowsThisScheme:x") }, nil, 416, ""},
		{"RFC 3261 §8.2.2.1", "a user who is not here", sip.INVITE, func(s *scene) { uri(s, "sip:nobody@example.com") }, []mod{sdp(farSDP)}, 404, ""},
		{"RFC 3261 §8.2.2.1", "comes before Require", sip.INVITE, func(s *scene) { uri(s, "sip:nobody@example.com") }, []mod{sdp(farSDP), header("Require", "x")}, 404, ""},
		{"RFC 3261 §8.2.2.1", "To may name anybody", sip.OPTIONS, nil, []mod{func(c *sip.Common) { c.To = addr("<tel:+1234>") }}, 200, ""},
		{"RFC 3261 §8.2.2.3", "an extension that we lack", sip.INVITE, nil, []mod{sdp(farSDP), header("Require", "timer, nothingSupportsThis")}, 420, "Unsupported"},
		{"RFC 3261 §8.2.2.3", "but not of CANCEL", sip.CANCEL, nil, []mod{header("Require", "nothingSupportsThis")}, 481, ""},
		{"RFC 3261 §8.2.2.3", "nor of ACK", sip.ACK, nil, []mod{header("Require", "nothingSupportsThis")}, 0, ""},
		{"RFC 3261 §8.2.2.3", "Proxy-Require is for proxies", sip.OPTIONS, nil, []mod{header("Proxy-Require", "nothingSupportsThis")}, 200, ""},
		{"RFC 3261 §8.2.3", "an encoding that we lack", sip.MESSAGE, nil, []mod{body("text/plain", "x"), header("Content-Encoding", "gzip")}, 415, "Accept-Encoding"},
		{"RFC 3261 §8.2.3", "of a body that may be ignored", sip.OPTIONS, nil, []mod{body("text/plain", "x"), header("Content-Encoding", "gzip"), header("Content-Disposition", "session; handling=optional")}, 200, ""},
		{"RFC 3261 §20.12", "identity is none", sip.OPTIONS, nil, []mod{body("text/plain", "x"), header("Content-Encoding", "Identity")}, 200, ""},
		{"RFC 3261 §8.2.3", "a type that an INVITE cannot have", sip.INVITE, nil, []mod{body("text/plain", "x")}, 415, "Accept"},
		{"RFC 3261 §16.3", "Max-Forwards 0 is for proxies to refuse", sip.INVITE, nil, []mod{sdp(farSDP), header("Max-Forwards", "0")}, 180, ""},
		{"RFC 3261 §11", "so that OPTIONS finds out what is there", sip.OPTIONS, nil, []mod{header("Max-Forwards", "0")}, 200, ""},
		{"RFC 3261 §8.1.1.6", "Max-Forwards that is none", sip.OPTIONS, nil, []mod{header("Max-Forwards", "many")}, 400, ""},
		{"RFC 2543 §6.23", "Max-Forwards may be missing", sip.OPTIONS, nil, []mod{without("Max-Forwards")}, 200, ""},
		{"RFC 3261 §8.1.1.8", "an INVITE without Contact", sip.INVITE, nil, []mod{sdp(farSDP), without("Contact")}, 400, ""},
		{"RFC 3261 §12.2.2", "a dialog that is not there", sip.INFO, nil, []mod{tag("nobody")}, 481, ""},
		{"RFC 3261 §15.1.2", "BYE to nothing", sip.BYE, nil, nil, 481, ""},
		{"RFC 3261 §9.2", "CANCEL of nothing", sip.CANCEL, nil, nil, 481, ""},
		{"RFC 3261 §17.2.3", "ACK to nothing", sip.ACK, nil, nil, 0, ""},
	} {
		t.Run(c.section+" "+c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.outside()
				if c.prepare != nil {
					c.prepare(s)
				}
				s.receive(s.request(c.method, c.mods...))
				if c.want == 0 {
					s.expect("<< " + string(c.method))
					return
				}
				res := s.lastResponse()
				if res.StatusCode != c.want || c.header != "" && res.Headers.Get(c.header) == "" {
					t.Errorf("answered\n%s", res.Bytes())
				}
				if res.To.Tag() == "" && c.method != sip.CANCEL {
					t.Error("an answer without a To tag (§8.2.6.2)")
				}
			})
		})
	}
}

// §8.2.2.2: one request over two paths is answered once.
func TestReceive_mergedRequests(t *testing.T) {
	for _, c := range []struct {
		rule string
		vary func(*sip.Request)
		want int
	}{
		{"another branch is another path", func(*sip.Request) {}, 482},
		{"another CSeq is another request", func(r *sip.Request) { r.CSeq.Seq++ }, 180},
		{"another From tag is another request", func(r *sip.Request) { r.From = r.From.WithTag("else") }, 180},
		{"another Call-ID is another call", func(r *sip.Request) { r.CallID = "else" }, 180},
		{"with a To tag it is not looked at", func(r *sip.Request) { r.To = r.To.WithTag("else") }, 481},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				_, invite := s.ringIn()
				again := invite.Clone()
				again.Via[0].Params = again.Via[0].Params.With("branch", "z9hG4bKother")
				c.vary(again)
				s.receive(again)
				if got := s.lastResponse().StatusCode; got != c.want {
					t.Errorf("answered %d, want %d", got, c.want)
				}
			})
		})
	}
	t.Run("once it is answered for good it is forgotten", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.outside()
			r := s.request(sip.OPTIONS)
			for _, branch := range []string{"z9hG4bKone", "z9hG4bKtwo"} {
				r.Via[0].Params = r.Via[0].Params.With("branch", branch)
				s.receive(r)
				if got := s.lastResponse().StatusCode; got != 200 {
					t.Errorf("answered %d", got)
				}
			}
			if got := len(s.ua.tx.ongoing); got != 0 {
				t.Errorf("%d requests are remembered", got)
			}
		})
	})
}

// §11.2: what an answer to OPTIONS tells.
func TestOptions_capabilities(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.outside()
		s.receive(s.request(sip.OPTIONS))
		res := s.lastResponse()
		for name, want := range map[string]string{
			"Allow": "MESSAGE", "Accept": "application/sdp", "Accept-Encoding": "identity", "Accept-Language": "*", "Supported": "outbound",
		} {
			if got := res.Headers.Get(name); !strings.Contains(got, want) {
				t.Errorf("%s: %q", name, got)
			}
		}
		s.expect("<< OPTIONS", ">> 200 OPTIONS", "event NewOptions remote")
		asked := s.events[len(s.events)-1].(NewOptions).Options
		if asked.Direction() != Incoming || asked.RemoteIdentity().URI.User != "bob" || asked.LocalIdentity().URI.User != "alice" || asked.Request().Method != sip.OPTIONS {
			t.Errorf("%+v", asked)
		}
		s.do(func() {
			if err := asked.Accept(ReplyOptions{}); err == nil {
				t.Error("answered twice")
			}
		})
		s.do(func() { s.ua.Stop(nil) })
	})
}

func TestOptions_byUser(t *testing.T) {
	for _, c := range []struct {
		rule   string
		decide func(*scene, *Options)
		want   int
	}{
		{"accepted with a body", func(s *scene, o *Options) {
			s.do(func() {
				if err := o.Accept(ReplyOptions{ExtraHeaders: []sip.Header{{Name: "X-A", Value: "1"}}, Body: []byte("hello")}); err != nil {
					t.Error(err)
				}
			})
			res := s.lastResponse()
			if string(res.Body) != "hello" || res.Headers.Get("Content-Type") != "text/plain" || res.Headers.Get("X-A") != "1" || !res.Headers.Has("Allow") {
				t.Errorf("\n%s", res.Bytes())
			}
		}, 200},
		{"rejected", func(s *scene, o *Options) {
			s.do(func() {
				if err := o.Reject(200, ReplyOptions{}); err != errStatusCode {
					t.Errorf("%v", err)
				}
				if err := o.Reject(486, ReplyOptions{Reason: "Gone fishing"}); err != nil {
					t.Error(err)
				}
			})
			if got := s.lastResponse().Reason; got != "Gone fishing" {
				t.Errorf("%q", got)
			}
		}, 486},
		{"undecided for 10 s is 200", func(s *scene, _ *Options) { s.pass(decisionDeadline) }, 200},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, func(cfg *Config) { cfg.Options = OptionsByUser }, func(s *scene) {
				s.outside()
				s.receive(s.request(sip.OPTIONS))
				s.expect("<< OPTIONS", "event NewOptions remote")
				c.decide(s, s.events[len(s.events)-1].(NewOptions).Options)
				if got := s.lastResponse().StatusCode; got != c.want {
					t.Errorf("answered %d", got)
				}
				s.pass(decisionDeadline)
				if n := len(s.ua.undecided); n != 0 {
					t.Errorf("%d undecided", n)
				}
			})
		})
	}
	t.Run("not while stopping", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredOut()
			s.do(func() { s.ua.Stop(nil) })
			s.outside()
			s.receive(s.request(sip.OPTIONS))
			if got := s.lastResponse().StatusCode; got != 480 {
				t.Errorf("answered %d", got)
			}
		})
	})
	for p, want := range map[OptionsPolicy]string{OptionsByItself: "by itself", OptionsByUser: "by user", 7: "unknown"} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
