package ua

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"webphone/phone/sip"
)

// raw delivers text as a transport would, parsed or not.
func (s *scene) raw(text string) {
	s.t.Helper()
	m, err := sip.Parse([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	if err != nil {
		bad, ok := err.(*sip.ParseError)
		if !ok {
			s.t.Fatalf("%T: %v", err, err)
		}
		s.ua.Receiver().Invalid(bad)
	} else {
		s.ua.Receiver().Receive(m)
	}
	s.pass(0)
}

const rawInvite = `INVITE sip:alice@example.com SIP/2.0
Via: SIP/2.0/WS proxy.example.com;branch=z9hG4bKraw
From: "Bob" <sip:bob@example.com>;tag=b
To: <sip:alice@example.com>
Call-ID: raw
CSeq: 1 INVITE
Contact: <sip:bob@bob.invalid;transport=ws>
Max-Forwards: 69
Content-Length: 0

`

// JsSIP's B14 and B15: what it throws on or drops without a word is taken, or
// refused with an answer.
func TestB14_B15_nothingIsDroppedInSilence(t *testing.T) {
	for _, c := range []struct {
		rule, old, new string
		want           int
	}{
		{"B14: Contact: * in an INVITE", "Contact: <sip:bob@bob.invalid;transport=ws>", "Contact: *", 400},
		{"B14: a tel Request-URI", "INVITE sip:alice@example.com", "INVITE tel:+4930123", 416},
		{"B14: maddr leaves the host alone", "INVITE sip:alice@example.com", "INVITE sip:alice@example.com;maddr=10.0.0.1;ttl=3", 180},
		{"B14: Event: a.b on an INVITE", "Max-Forwards: 69", "Max-Forwards: 69\nEvent: a.b", 180},
		{"B14: Vias on one line", "branch=z9hG4bKraw", "branch=z9hG4bKraw, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKbelow", 180},
		{"B14: an empty line before the message", "INVITE sip", "\n\nINVITE sip", 180},
		{"B15: tel in From", `"Bob" <sip:bob@example.com>;tag=b`, "<tel:+4930123>;tag=b", 180},
		{"B15: tel in To", "To: <sip:alice@example.com>", "To: <tel:+4930123>", 180},
		{"B15: another scheme in Contact", "Contact: <sip:bob@bob.invalid;transport=ws>", "Contact: <tel:+4930123>", 180},
		{"B15: a name that is not ASCII, without quotes", `"Bob" <`, "Bøb Çelik <", 180},
		{"B15: a host that begins with a digit (JsSIP #560)", "sip:bob@example.com", "sip:bob@2fd3a1c5e6", 180},
		{"B15: a Record-Route that cannot be read", "Max-Forwards: 69", "Max-Forwards: 69\nRecord-Route: <sip:", 400},
		{"B15: no From tag, as before RFC 3261", ";tag=b", "", 180},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.raw(strings.Replace(rawInvite, c.old, c.new, 1))
				res := s.lastResponse()
				if res.StatusCode != c.want {
					t.Errorf("answered\n%s", res.Bytes())
				}
				if strings.Contains(c.new, "below") && len(res.Via) != 2 {
					t.Errorf("%d Vias", len(res.Via))
				}
			})
		})
	}
}

// JsSIP's B23: a body of a reply is what its sender says, in bytes.
func TestB23_bodiesOfReplies(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.outside()
		s.receive(s.request(sip.MESSAGE, body("text/plain", "grüß dich")))
		m := s.events[len(s.events)-1].(NewMessage).Message
		if got := string(m.Request().Body); got != "grüß dich" {
			t.Errorf("%q", got)
		}
		s.do(func() {
			if err := m.Reject(488, ReplyOptions{ContentType: "application/json", Body: []byte(`{"für":"dich"}`)}); err != nil {
				t.Error(err)
			}
		})
		res := s.lastResponse()
		if res.Headers.Get("Content-Type") != "application/json" || string(res.Body) != `{"für":"dich"}` {
			t.Errorf("\n%s", res.Bytes())
		}
	})
	t.Run("a user part stays as it was written", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredIn(contactURI("sip:b;o=1&2$@bob.invalid"))
			s.do(func() { _ = s.ua.Sessions()[0].Terminate(TerminateOptions{}) })
			if got := s.last(sip.BYE).RequestURI.User; got != "b;o=1&2$" {
				t.Errorf("%q", got)
			}
		})
	})
}

// A response is not answered, whatever is wrong with it, and what cannot be
// sent is no reason to stop.
func TestReceive_withoutAnAnswer(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.raw("SIP/2.0 200 OK\nVia: SIP/2.0/WS a;branch=z9hG4bK1\nVia: SIP/2.0/WS b;branch=z9hG4bK2\nFrom: <sip:a@b>;tag=1\nTo: <sip:c@d>;tag=2\nCall-ID: 1\nCSeq: 1 OPTIONS\nContent-Length: 0\n\n")
		s.raw(strings.NewReplacer("INVITE", "ACK", "Max-Forwards: 69", "Max-Forwards: x").Replace(rawInvite))
		s.expect()
		s.do(func() { s.sendError = errNotConnected })
		s.raw(strings.NewReplacer("INVITE", "PUBLISH").Replace(rawInvite))
		s.expect()
		s.do(func() { s.sendError = nil })
	})
}

func TestMessage_fromAnotherUser(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.do(func() {
			if _, err := s.ua.SendMessage("bob", "x", MessageOptions{FromUser: "sales team", FromDisplayName: "Sales"}); err != nil {
				t.Error(err)
			}
		})
		if got := s.last(sip.MESSAGE).From; got.URI.String() != "sip:sales%20team@example.com" || got.DisplayName != "Sales" {
			t.Errorf("%v", got)
		}
		sent := s.events[len(s.events)-1].(NewMessage)
		if sent.Originator != Local || sent.Message.Direction() != Outgoing || sent.Request.From.DisplayName != "Sales" {
			t.Errorf("%+v", sent)
		}
		s.do(func() {
			if err := sent.Message.Accept(ReplyOptions{}); err == nil {
				t.Error("accepted what we sent")
			}
		})
	})
}

// No component writes a secret into the log, whatever happens.
func TestLog_hasNoSecretAndNamesItsComponents(t *testing.T) {
	const canary = "canary5ecret"
	var out strings.Builder
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug - 100}))
	play(t, func(c *Config) {
		c.Log, c.Password, c.TokenSource = log, canary, StaticToken(canary)
		c.RegisterExpires = time.Minute
	}, func(s *scene) {
		s.do(s.ua.Register)
		s.answer(s.last(sip.REGISTER), 401, challenge("n1", "MD5"))
		s.answer(s.last(sip.REGISTER), 200, ours(60), header("Service-Route", "<sip:"))
		s.answer(s.message("bob"), 407, proxyChallenge("example.com", "n2"))
		s.answeredOut()
		s.raw("INVITE sip:alice@example.com SIP/2.0\nAuthorization: Bearer " + canary + "\n\n")
		s.raw("SIP/2.0 200 OK\nAuthorization: Bearer " + canary + "\n\n")
		s.raw(strings.Replace(rawInvite, "Contact: <", "Authorization: Bearer "+canary+"\nContact: <sip:x:"+canary+"@y\nX: <", 1))
		s.do(func() {
			log.Info("settings", "settings", s.ua.Settings(), "config", fmt.Sprintf("%v %+v", s.ua.Settings(), s.ua.Settings()))
			now := s.ua.Settings()
			now.HA1 = canary
			if err := s.ua.Set(now); err == nil || strings.Contains(err.Error(), canary) {
				t.Errorf("%v", err)
			}
		})
		s.disconnect()
		s.connect()
		s.forget()
	})
	text := out.String()
	if i := strings.Index(text, canary); i >= 0 {
		t.Errorf("a secret is in the log: …%s…", text[max(0, i-200):min(len(text), i+50)])
	}
	for _, component := range []string{"UA", "RTCSession"} {
		if !strings.Contains(text, "component=JsSIP:"+component) {
			t.Errorf("nothing of %s in the log", component)
		}
	}
	for line := range strings.Lines(text) {
		if !strings.Contains(line, "component=JsSIP:") && !strings.Contains(line, "msg=settings") {
			t.Errorf("of no component: %s", line)
		}
	}
}
