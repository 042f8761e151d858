package ua

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"webphone/phone/sip"
)

func TestConfig_Validate(t *testing.T) {
	good := Config{
		URI: mustURI(t, "sip:alice@example.com"), Transport: &scene{},
		NewPeer: func(PeerOptions) (Peer, error) { return nil, nil }, OnEvent: func(Event) {},
	}
	if err := good.Validate(); err != nil {
		t.Errorf("good: %v", err)
	}
	for parameter, change := range map[string]func(*Config){
		"URI":                   func(c *Config) { c.URI = sip.URI{} },
		"URI ":                  func(c *Config) { c.URI = mustURI(t, "sip:example.com") },
		"URI  ":                 func(c *Config) { c.URI = mustURI(t, "tel:+123") },
		"Transport":             func(c *Config) { c.Transport = nil },
		"NewPeer":               func(c *Config) { c.NewPeer = nil },
		"OnEvent":               func(c *Config) { c.OnEvent = nil },
		"HA1":                   func(c *Config) { c.HA1 = "abc" },
		"ContactURI":            func(c *Config) { c.ContactURI = mustURI(t, "tel:+123") },
		"RegistrarServer":       func(c *Config) { c.RegistrarServer = mustURI(t, "sip:a@example.com") },
		"RegistrarServer ":      func(c *Config) { c.RegistrarServer = mustURI(t, "http://example.com") },
		"RegisterExpires":       func(c *Config) { c.RegisterExpires = -time.Second },
		"NoAnswerTimeout":       func(c *Config) { c.NoAnswerTimeout = -1 },
		"SessionTimers.Expires": func(c *Config) { c.SessionTimers.Expires = time.Second },
		"SessionTimers.MinSE":   func(c *Config) { c.SessionTimers.MinSE = time.Second },
	} {
		c := good
		change(&c)
		var wrong *ConfigurationError
		err := c.Validate()
		if !errors.As(err, &wrong) || wrong.Parameter != strings.TrimSpace(parameter) || errors.Unwrap(err) == nil {
			t.Errorf("%s: %v", parameter, err)
		}
		if _, newErr := New(nil, c); newErr == nil || newErr.Error() != err.Error() {
			t.Errorf("%s: New: %v", parameter, newErr)
		}
	}
}

func TestConfig_defaults(t *testing.T) {
	c := Config{URI: mustURI(t, "sip:al%69ce@example.com:5070")}.withDefaults()
	if c.AuthorizationUser != "alice" || c.RegisterExpires != 600*time.Second || c.NoAnswerTimeout != time.Minute ||
		c.SessionTimers.Expires != 1800*time.Second || c.SessionTimers.MinSE != 90*time.Second ||
		c.RegistrarServer.String() != "sip:example.com:5070" || len(c.InstanceID) != 36 {
		t.Errorf("%+v", c)
	}
	if !strings.HasSuffix(c.ContactURI.Host, ".invalid") || len(c.ContactURI.User) != 8 {
		t.Errorf("contact %v", c.ContactURI)
	}
}

func TestConfig_secretsStayOutOfTheLog(t *testing.T) {
	var out strings.Builder
	play(t, func(c *Config) {
		c.Password = "hunter2"
		c.Log = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}, func(s *scene) {
		s.do(s.ua.Register)
		s.answer(s.last(sip.REGISTER), 401, challenge("n1", "MD5"))
		s.do(func() { _ = fmt.Sprintf("%v %+v", s.ua.credentials, s.ua.credentials) })
		if text := fmt.Sprintf("%v %+v %#v", s.ua.credentials.credentials, s.ua.credentials.credentials, s.ua.credentials.credentials); strings.Contains(text, "hunter2") {
			t.Error("credentials print the password")
		}
		s.callOut(CallOptions{})
		s.forget()
	})
	if strings.Contains(out.String(), "hunter2") {
		t.Error("the password is in the log")
	}
	if !strings.Contains(out.String(), "component=JsSIP:RTCSession") {
		t.Error("no component in the log")
	}
}

func TestCauseFromStatus(t *testing.T) {
	want := map[Cause][]int{
		CauseRedirected: {300, 301, 302, 305, 380}, CauseBusy: {486, 600}, CauseRejected: {403, 603},
		CauseNotFound: {404, 604}, CauseUnavailable: {480, 410, 408, 430}, CauseAddressIncomplete: {484, 424},
		CauseIncompatibleSDP: {488, 606}, CauseAuthentication: {401, 407}, CauseSIPFailure: {400, 423, 487, 500, 503, 699},
	}
	for cause, codes := range want {
		for _, code := range codes {
			if got := CauseFromStatus(code); got != cause {
				t.Errorf("%d: %s, want %s", code, got, cause)
			}
		}
	}
}

func TestEndError(t *testing.T) {
	inner := errors.New("inner")
	e := error(&EndError{Cause: CauseBusy, Status: 486, Reason: "Busy Here", Err: inner})
	if !errors.Is(e, CauseBusy) || errors.Is(e, CauseRejected) || !errors.Is(e, inner) {
		t.Error("errors.Is")
	}
	if got := e.Error(); got != "Busy (486 Busy Here): inner" {
		t.Error(got)
	}
}

func TestDirectionOfOffers(t *testing.T) {
	const audio, video = "m=audio 9 RTP/AVP 0\r\n", "m=video 9 RTP/AVP 96\r\n"
	for sdp, want := range map[string]bool{
		"v=0\r\n" + audio:                                                         false,
		"v=0\r\n" + audio + "a=sendonly\r\n":                                      true,
		"v=0\n" + audio + "a=inactive\n":                                          true,
		"v=0\r\n" + audio + "a=recvonly\r\n":                                      false,
		"v=0\r\na=sendonly\r\n" + audio:                                           true,
		"v=0\r\na=sendonly\r\n" + audio + "a=sendrecv\r\n":                        false,
		"v=0\r\n" + audio + "a=sendonly\r\n" + video:                              false,
		"v=0\r\n" + audio + "a=sendonly\r\nm=video 0 RTP/AVP 96\r\n":              true,
		"v=0\r\n" + audio + "a=sendonly\r\nm=application 9 x y\r\na=sendrecv\r\n": true,
		"v=0\r\n": false,
	} {
		if got := holdsUs(sdp); got != want {
			t.Errorf("%q: %v", sdp, got)
		}
	}
}

func TestDialog_routes(t *testing.T) {
	routes := func(value string) mod { return header("Record-Route", value) }
	t.Run("loose, reversed, parameters kept", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut(routes("<sip:a.example.com;transport=ws;lr;r2=on>, <sip:b.example.com;lr;ftag=1;did=2>"))
			want := []string{"<sip:b.example.com;lr;ftag=1;did=2>", "<sip:a.example.com;transport=ws;lr;r2=on>"}
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			for _, m := range []sip.Method{sip.ACK, sip.BYE} {
				r := s.last(m)
				if got := r.Headers.Values("Route"); fmt.Sprint(got) != fmt.Sprint(want) || r.RequestURI.String() != "sip:bob@bob.invalid;transport=ws" {
					t.Errorf("%s\n%s", m, r.Bytes())
				}
			}
		})
	})
	t.Run("callee keeps the order", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredIn(routes("<sip:a.example.com;lr>, <sip:b.example.com;lr>"))
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			if got := fmt.Sprint(s.last(sip.BYE).Headers.Values("Route")); got != "[<sip:a.example.com;lr> <sip:b.example.com;lr>]" {
				t.Error(got)
			}
		})
	})
	t.Run("the 2xx replaces those of the 180", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.callOut(CallOptions{})
			s.answer(s.last(sip.INVITE), 180, routes("<sip:early.example.com;lr>"))
			s.answer(s.last(sip.INVITE), 200, sdp(farSDP), routes("<sip:late.example.com;lr>"))
			if got := s.last(sip.ACK).Headers.Get("Route"); got != "<sip:late.example.com;lr>" {
				t.Error(got)
			}
		})
	})
	t.Run("a Contact's header part stays out of the Request-URI", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredOut(contactURI("sip:bob@bob.invalid?Subject=x"))
			if got := s.last(sip.ACK).RequestURI.String(); got != "sip:bob@bob.invalid" {
				t.Error(got)
			}
		})
	})
	t.Run("a strict router takes the Request-URI", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredIn(routes("<sip:strict.example.com>, <sip:b.example.com;lr>"))
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			bye := s.last(sip.BYE)
			if bye.RequestURI.String() != "sip:strict.example.com" ||
				fmt.Sprint(bye.Headers.Values("Route")) != "[<sip:b.example.com;lr> <sip:bob@bob.invalid;transport=ws>]" {
				t.Errorf("BYE\n%s", bye.Bytes())
			}
		})
	})
}

func TestStrings(t *testing.T) {
	for got, want := range map[string]string{
		Originator(9).String(): "Originator(9)", System.String(): "system", Status(99).String(): "Status(99)",
		StatusConfirmed.String(): "confirmed", Outgoing.String(): "outgoing", Direction(0).String(): "unknown",
		DTMFAuto.String(): "auto", DTMFRTP.String(): "RTP", DTMFInfo.String(): "INFO", DTMFTransport(7).String(): "DTMFTransport(7)",
		AnswerKind(0).String(): "unknown",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
