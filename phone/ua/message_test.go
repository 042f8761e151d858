package ua

import (
	"errors"
	"testing"
	"time"

	"webphone/phone/sip"
)

func TestMessage_outgoing(t *testing.T) {
	for _, c := range []struct {
		rule  string
		upset func(*scene)
		want  string
	}{
		{"accepted", func(s *scene) { s.answer(s.last(sip.MESSAGE), 202) }, "202 <nil>"},
		{"refused", func(s *scene) { s.answer(s.last(sip.MESSAGE), 404) }, "404 Not Found (404 Not Found)"},
		{"no answer", func(s *scene) { s.pass(timerF) }, "none Request Timeout: no response"},
		{"challenged", func(s *scene) {
			s.answer(s.last(sip.MESSAGE), 407, header("Proxy-Authenticate", sip.NewChallenge("example.com", "n1", "SHA-256")))
			verify(s.t, s.last(sip.MESSAGE), "Proxy-Authorization", "n1")
			s.answer(s.last(sip.MESSAGE), 200)
		}, "200 <nil>"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				var outcomes int
				s.do(func() {
					m, err := s.ua.SendMessage("bob", "grüß dich", MessageOptions{Done: func(res *sip.Response, err *EndError) {
						outcomes++
						status := "none"
						if res != nil {
							status = describe(res)[:3]
						}
						text := "<nil>"
						if err != nil {
							text = err.Error()
						}
						s.note("done %s %s", status, text)
					}})
					if err != nil || m.Direction() != Outgoing || m.RemoteIdentity().URI.String() != "sip:bob@example.com" {
						t.Errorf("%+v %v", m, err)
					}
				})
				r := s.last(sip.MESSAGE)
				if string(r.Body) != "grüß dich" || r.Headers.Get("Content-Type") != "text/plain" || r.Headers.Has("Contact") || r.From.Tag() == "" || r.To.Tag() != "" {
					t.Errorf("MESSAGE:\n%s", r.Bytes())
				}
				c.upset(s)
				s.mu.Lock()
				last := s.trace[len(s.trace)-1]
				s.mu.Unlock()
				if last != "done "+c.want || outcomes != 1 {
					t.Errorf("%d outcomes, %q, want %q", outcomes, last, c.want)
				}
			})
		})
	}
	play(t, nil, func(s *scene) {
		s.do(func() { _, _ = s.ua.SendMessage("bob", "x", MessageOptions{}) }) // nobody waits
		s.answer(s.last(sip.MESSAGE), 200)
		s.expect("event NewMessage local", ">> MESSAGE", "<< 200 MESSAGE")
		s.do(func() {
			if _, err := s.ua.SendMessage("", "x", MessageOptions{}); err == nil {
				t.Error("a message to nobody")
			}
		})
		s.expect()
	})
}

func TestMessage_incoming(t *testing.T) {
	receive := func(s *scene) *Message {
		s.outside()
		s.receive(s.request(sip.MESSAGE, body("text/plain", "hi")))
		s.expect("<< MESSAGE", "event NewMessage remote")
		return s.events[len(s.events)-1].(NewMessage).Message
	}
	t.Run("accepted later", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			m := receive(s)
			if string(m.Request().Body) != "hi" || m.Direction() != Incoming || m.RemoteIdentity().URI.User != "bob" || m.LocalIdentity().URI.User != "alice" {
				t.Errorf("%+v", m)
			}
			s.pass(9 * time.Second)
			s.do(func() {
				if err := m.Accept(ReplyOptions{}); err != nil {
					t.Error(err)
				}
			})
			s.expect(">> 200 MESSAGE")
			s.do(func() {
				var state *StateError
				if err := m.Reject(480, ReplyOptions{Reason: ""}); !errors.As(err, &state) {
					t.Errorf("answered twice: %v", err)
				}
			})
			s.pass(time.Minute)
			s.expect()
		})
	})
	t.Run("rejected", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			m := receive(s)
			s.do(func() {
				if err := m.Reject(200, ReplyOptions{Reason: ""}); err == nil {
					t.Error("200 rejects nothing")
				}
				if err := m.Reject(480, ReplyOptions{Reason: "Away"}); err != nil {
					t.Error(err)
				}
			})
			s.expect(">> 480 MESSAGE")
			if got := s.lastResponse().Reason; got != "Away" {
				t.Errorf("reason %q", got)
			}
		})
	})
	t.Run("undecided for 10 s is 500", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			receive(s)
			s.pass(decisionDeadline - 1)
			s.expect()
			s.pass(1)
			s.expect(">> 500 MESSAGE")
		})
	})
}

func TestOptions(t *testing.T) {
	t.Run("is always answered 200 with what we can", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.outside()
			s.far.requestURI = "sip:example.com" // a keep-alive without user
			s.receive(s.request(sip.OPTIONS))
			res := s.lastResponse()
			if res.StatusCode != 200 || res.Headers.Get("Allow") == "" || res.Headers.Get("Accept") != acceptedTypes ||
				res.Headers.Get("Supported") == "" || res.To.Tag() == "" {
				t.Errorf("answered\n%s", res.Bytes())
			}
		})
	})
	t.Run("sent", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.do(func() {
				o, err := s.ua.SendOptions("sip:bob@example.net", OptionsOptions{Done: func(res *sip.Response, err *EndError) {
					s.note("done %d", res.StatusCode)
				}})
				if err != nil || o.Request().RequestURI.Host != "example.net" {
					t.Errorf("%v %v", o, err)
				}
			})
			s.answer(s.last(sip.OPTIONS), 200)
			s.expect("event NewOptions local", ">> OPTIONS", "<< 200 OPTIONS", "done 200")
		})
	})
}

func TestOutOfDialog_methods(t *testing.T) {
	for m, want := range map[sip.Method]int{
		sip.BYE: 481, sip.INFO: 481, sip.UPDATE: 481, sip.PRACK: 481, sip.NOTIFY: 481,
		sip.REFER: 603, sip.SUBSCRIBE: 489, sip.REGISTER: 405, sip.PUBLISH: 405, "FROBNICATE": 501,
	} {
		t.Run(string(m), func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.outside()
				s.receive(s.request(m))
				res := s.lastResponse()
				if res.StatusCode != want || want == 405 && res.Headers.Get("Allow") == "" {
					t.Errorf("answered\n%s", res.Bytes())
				}
				s.forget()
				s.receive(s.request(m, tag("nobody"))) // a dialog that is not there
				inside := 481
				if want == 405 || want == 501 {
					inside = want // RFC 3261 §8.2.1 looks at the method first
				}
				if got := s.lastResponse().StatusCode; got != inside {
					t.Errorf("in a dialog: %d", got)
				}
			})
		})
	}
	play(t, nil, func(s *scene) {
		s.outside()
		s.receive(s.request(sip.ACK))
		s.receive(s.request(sip.ACK, tag("nobody")))
		s.expect("<< ACK", "<< ACK") // never answered
	})
}

func TestInvalidMessages(t *testing.T) {
	play(t, nil, func(s *scene) {
		for name, c := range map[string]struct {
			text string
			want []string
		}{
			"request that does not parse": {"INVITE sip:alice@example.com SIP/2.0\r\nVia: SIP/2.0/WS x;branch=z9hG4bK1\r\nFrom: <sip:b@c>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContact: <\r\nContent-Length: x\r\n\r\n", []string{">> 400 INVITE"}},
			"ACK that does not":           {"ACK sip:alice@example.com SIP/2.0\r\nVia: SIP/2.0/WS x;branch=z9hG4bK1\r\nFrom: <sip:b@c>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 ACK\r\nContent-Length: x\r\n\r\n", nil},
			"rubbish":                     {"GET / HTTP/1.1\r\n\r\n", nil},
		} {
			_, err := sip.Parse([]byte(c.text))
			var parse *sip.ParseError
			if !errors.As(err, &parse) {
				t.Fatalf("%s: %v", name, err)
			}
			s.ua.Receiver().Invalid(parse)
			s.expect(c.want...)
		}
		// What parses but is not sane: tel in the Request-URI, a stray response.
		s.outside()
		s.far.requestURI = "tel:+123"
		s.receive(s.request(sip.INVITE, sdp(farSDP)))
		s.expect("<< INVITE", ">> 416 INVITE")
		s.answer(s.request(sip.OPTIONS), 200)
		s.expect("<< 200 OPTIONS")
	})
}
