package ua

import (
	"testing"

	"webphone/phone/sip"
)

func TestIncoming_refused(t *testing.T) {
	for _, c := range []struct {
		rule   string
		mods   []mod
		status int
		header string
		value  string
	}{
		{"a body that is no SDP: 415", []mod{body("text/plain", "hi")}, 415, "Accept", acceptedTypes},
		{"an unknown extension required: 420", []mod{header("Require", "timer, 100rel, foo")}, 420, "Unsupported", "foo"},
		{"a dialog to replace that is not there: 481", []mod{header("Replaces", "a;to-tag=b;from-tag=c")}, 481, "", ""},
		{"another user: 404", nil, 404, "", ""},
		{"too short an interval: 422", []mod{header("Session-Expires", "60"), header("Supported", "timer")}, 422, "Min-SE", "90"},
		{"two Contacts: 400", []mod{header("Contact", "<sip:a@b>, <sip:c@d>")}, 400, "", ""},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.outside()
				if c.status == 404 {
					s.far.requestURI = "sip:zoe@example.com"
				}
				s.receive(s.request(sip.INVITE, append([]mod{sdp(farSDP)}, c.mods...)...))
				res := s.lastResponse()
				if res.StatusCode != c.status || c.header != "" && res.Headers.Get(c.header) != c.value {
					t.Errorf("answered\n%s", res.Bytes())
				}
				s.do(func() {
					if len(s.ua.Sessions()) != 0 {
						t.Error("a session was made")
					}
				})
			})
		})
	}
}

func TestB16_contentTypeWithParametersAndMultipart(t *testing.T) {
	multipart := "--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x\r\nContent-Type: application/sdp\r\n\r\n" + farSDP + "\r\n--x--\r\n"
	for _, m := range []mod{
		body("application/sdp;charset=utf-8", farSDP),
		body("multipart/mixed;boundary=x", multipart),
	} {
		play(t, nil, func(s *scene) {
			s.ringIn(m)
			s.expect(ringingIn)
		})
	}
}

func TestB17_retransmittedInviteGetsTheLast1xx(t *testing.T) {
	play(t, nil, func(s *scene) {
		session, invite := s.ringIn()
		s.forget()
		first := s.lastResponse()
		s.receive(invite)
		s.expect("<< INVITE", ">> 180 INVITE")
		if s.lastResponse().To.Tag() != first.To.Tag() {
			t.Error("another To tag")
		}
		s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
		s.forget()
		ok := s.lastResponse()
		s.receive(invite)
		s.expect("<< INVITE") // absorbed, the session repeats its 200
		s.pass(timerT1)
		s.expect(">> 200 INVITE")
		if string(ok.Bytes()) != string(s.lastResponse().Bytes()) {
			t.Error("the 200 was repeated otherwise")
		}
	})
}

func TestB18_requestURIsThatReachUs(t *testing.T) {
	for uri, want := range map[string]int{
		"sip:alice@example.com":                              200,
		"sip:ALICE@example.com":                              200,
		"sip:%61lice@other.example.com":                      200,
		"sip:alice1@contact.invalid;transport=ws":            200,
		"sip:alice1@10.0.0.1:5060;alias=1~2~6":               200,
		"sip:example.com":                                    200,
		"sip:alice@example.com;gr=urn:uuid:0":                200,
		"sip:zoe@example.com":                                404,
		"sip:uloc-1-2@example.com;gr":                        404,
		"sip:alice1.and.more@contact.invalid;transport=ws":   404,
		"sip:alice@example.com:5061;transport=ws;user=phone": 200,
	} {
		t.Run(uri, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				s.outside()
				s.far.requestURI = uri
				s.receive(s.request(sip.OPTIONS))
				if got := s.lastResponse().StatusCode; got != want {
					t.Errorf("answered %d, want %d", got, want)
				}
			})
		})
	}
}

func TestB20_sipsIsAccepted(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.outside()
		s.far.requestURI = "sips:alice@example.com"
		s.far.to = addr("<sips:alice@example.com>")
		s.receive(s.request(sip.INVITE, sdp(farSDP)))
		s.expect(ringingIn)
	})
}

// A call to oneself comes back with one's own Call-ID (B19).
func TestB19_callToSelfRings(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.callOut(CallOptions{})
		invite := s.last(sip.INVITE).Clone()
		invite.RequestURI = mustURI(t, "sip:alice1@contact.invalid;transport=ws")
		s.forget()
		invite.Via = append([]sip.Via{{
			Transport: "WS", Host: "proxy.example.com", Params: sip.Params{{Name: "branch", Value: "z9hG4bKp"}},
		}}, invite.Via...)
		s.receive(invite)
		s.expect(ringingIn)
	})
}

func TestIncoming_wire(t *testing.T) {
	play(t, func(c *Config) { c.ExtraHeaders = []sip.Header{{Name: "X-All", Value: "1"}} }, func(s *scene) {
		session, invite := s.ringIn()
		ringing := s.lastResponse()
		for name, want := range map[string]string{
			"Contact": "<sip:alice1@contact.invalid;transport=ws;ob>", "X-All": "1",
			"Supported": "timer,ice,trickle-ice,replaces,outbound,100rel", "Allow": "",
		} {
			if got := ringing.Headers.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if session.ID() != invite.CallID+"bob" || session.CallID() != invite.CallID || !session.IsInProgress() || session.Request().Method != sip.INVITE || session.LocalIdentity().URI.User != "alice" {
			t.Errorf("session %s", session.ID())
		}
		s.do(func() { _ = session.Terminate(TerminateOptions{StatusCode: 486}) })
		if e := s.lastEnded(); e.Reason != "Busy Here" || session.IsInProgress() {
			t.Errorf("ended by %+v", e)
		}
	})
}

func TestIncoming_mergedRequest(t *testing.T) {
	play(t, nil, func(s *scene) {
		_, invite := s.ringIn()
		s.forget()
		again := invite.Clone()
		again.Via[0].Params = again.Via[0].Params.With("branch", "z9hG4bKother")
		s.receive(again)
		s.expect("<< INVITE", ">> 482 INVITE")
	})
}
