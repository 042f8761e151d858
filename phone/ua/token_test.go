package ua

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"webphone/phone/sip"
)

// tokens is a source that counts and can fail.
type tokens struct {
	asked int
	fail  error
	give  func(n int) string
}

func (k *tokens) source(context.Context) (string, error) {
	k.asked++
	if k.fail != nil {
		return "", k.fail
	}
	if k.give != nil {
		return k.give(k.asked), nil
	}
	return fmt.Sprint("token", k.asked), nil
}

func jwt(expires time.Time) string {
	payload := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"sub":"alice","exp":%d}`, expires.Unix()))
	return "eyJhbGciOiJub25lIn0." + payload + ".sig"
}

func TestToken(t *testing.T) {
	with := func(k *tokens) func(*Config) {
		return func(c *Config) { c.Password, c.TokenSource = "", k.source }
	}
	t.Run("goes into every request but CANCEL and the ACK to a refusal", func(t *testing.T) {
		k := &tokens{}
		play(t, with(k), func(s *scene) {
			s.callOut(CallOptions{})
			s.expect(callingOut)
			invite := s.last(sip.INVITE)
			s.answer(invite, 180)
			s.do(func() { _ = s.ua.Sessions()[0].Terminate(TerminateOptions{}) })
			s.answer(s.last(sip.CANCEL), 200)
			s.answer(invite, 487)
			s.answeredOut()
			s.do(func() { _ = s.ua.Sessions()[0].Terminate(TerminateOptions{}) })
			s.message("bob")
			for m, want := range map[sip.Method]string{
				sip.INVITE: "Bearer token1", sip.BYE: "Bearer token1", sip.MESSAGE: "Bearer token1", sip.CANCEL: "",
			} {
				if got := s.last(m).Headers.Get("Authorization"); got != want {
					t.Errorf("%s: %q", m, got)
				}
			}
			if k.asked != 1 {
				t.Errorf("asked %d times", k.asked)
			}
		})
	})
	t.Run("with a scheme of its own it is sent as it is", func(t *testing.T) {
		play(t, with(&tokens{give: func(int) string { return " JWT abc \n" }}), func(s *scene) {
			if got := s.message("bob").Headers.Get("Authorization"); got != "JWT abc" {
				t.Errorf("%q", got)
			}
		})
	})
	t.Run("is renewed once when refused, and then the refusal told", func(t *testing.T) {
		k := &tokens{}
		playRegistering(t, with(k), func(s *scene) {
			s.answer(s.last(sip.REGISTER), 401, header("WWW-Authenticate", `Bearer realm="r", error="invalid_token"`))
			s.expect("<< 401 REGISTER", ">> REGISTER")
			if got := s.last(sip.REGISTER); got.Headers.Get("Authorization") != "Bearer token2" || got.CSeq.Seq != 2 {
				t.Errorf("%s", got.Bytes())
			}
			s.answer(s.last(sip.REGISTER), 401, header("WWW-Authenticate", `Bearer realm="r"`))
			s.expect("<< 401 REGISTER", "event RegistrationFailed Authentication Error 401 no retry")
		})
	})
	t.Run("two requests refused together ask for one new token", func(t *testing.T) {
		k := &tokens{}
		play(t, with(k), func(s *scene) {
			one, two := s.message("bob"), s.message("carol")
			s.answer(one, 401)
			s.answer(two, 401)
			if got := s.last(sip.MESSAGE); got.Headers.Get("Authorization") != "Bearer token2" || k.asked != 2 {
				t.Errorf("asked %d times, %s", k.asked, got.Bytes())
			}
		})
	})
	t.Run("a proxy that asks gets it too (RFC 8898 §2)", func(t *testing.T) {
		play(t, with(&tokens{}), func(s *scene) {
			s.answer(s.message("bob"), 407, header("Proxy-Authenticate", `Bearer realm="r"`))
			if got := s.last(sip.MESSAGE).Headers.Get("Proxy-Authorization"); got != "Bearer token2" {
				t.Errorf("%q", got)
			}
		})
	})
	t.Run("is renewed shortly before it expires", func(t *testing.T) {
		k := &tokens{give: func(int) string { return jwt(time.Now().Add(time.Hour)) }}
		play(t, with(k), func(s *scene) {
			s.message("bob")
			s.pass(time.Hour - tokenMargin - time.Second)
			s.message("bob")
			if k.asked != 1 {
				t.Errorf("asked %d times", k.asked)
			}
			s.pass(2 * time.Second)
			s.message("bob")
			if k.asked != 2 {
				t.Errorf("asked %d times", k.asked)
			}
		})
	})
	t.Run("none to be had fails the request, and REGISTER tries again", func(t *testing.T) {
		k := &tokens{fail: errors.New("offline")}
		play(t, with(k), func(s *scene) {
			s.do(s.ua.Register)
			s.expect("event Registering", "event RegistrationFailed Authentication Error 0 retry")
			k.fail = nil
			s.until(sip.REGISTER, retryBase)
			s.expect("event Registering", ">> REGISTER")
		})
		for _, bad := range []string{"", "two\r\nlines"} {
			play(t, with(&tokens{give: func(int) string { return bad }}), func(s *scene) {
				s.do(func() {
					_, _ = s.ua.SendMessage("bob", "hi", MessageOptions{Done: func(_ *sip.Response, err *EndError) {
						s.note("%v", err)
					}})
				})
				s.expect("event NewMessage local", "Authentication Error: no token: the token source gave no token")
			})
		}
	})
	t.Run("a call given up before it came is never made", func(t *testing.T) {
		var gate chan struct{}
		play(t, func(c *Config) {
			gate = make(chan struct{})
			c.TokenSource = func(context.Context) (string, error) { <-gate; return "late", nil }
		}, func(s *scene) {
			s.callOut(CallOptions{})
			s.do(func() { _ = s.ua.Sessions()[0].Terminate(TerminateOptions{}) })
			s.forget()
			close(gate)
			s.expect()
		})
	})
	t.Run("a source that is replaced meanwhile has its token dropped", func(t *testing.T) {
		var gate chan struct{}
		play(t, func(c *Config) {
			gate = make(chan struct{})
			c.TokenSource = func(context.Context) (string, error) { <-gate; return "old", nil }
		}, func(s *scene) {
			s.do(func() { _, _ = s.ua.SendMessage("bob", "hi", MessageOptions{}) })
			s.do(func() {
				now := s.ua.Settings()
				now.TokenSource = StaticToken("new")
				if err := s.ua.Set(now); err != nil {
					t.Error(err)
				}
			})
			close(gate)
			s.pass(0)
			if got := s.last(sip.MESSAGE).Headers.Get("Authorization"); got != "Bearer new" {
				t.Errorf("%q", got)
			}
		})
	})
	t.Run("digest is answered beside it", func(t *testing.T) {
		play(t, func(c *Config) { c.TokenSource = StaticToken("abc") }, func(s *scene) {
			s.answer(s.message("bob"), 401, challenge("n1", "MD5"))
			values := s.last(sip.MESSAGE).Headers.Values("Authorization")
			if len(values) != 2 || values[0] != "Bearer abc" || !strings.HasPrefix(values[1], "Digest ") {
				t.Errorf("%q", values)
			}
		})
	})
}

func TestTokenExpiry(t *testing.T) {
	at := time.Unix(1800000000, 0)
	for _, c := range []struct {
		rule, token string
		want        time.Time
	}{
		{"a JSON Web Token", jwt(at), at},
		{"with a scheme", "Bearer " + jwt(at), at},
		{"no token of this kind", "abc", time.Time{}},
		{"not base64", "a.!.c", time.Time{}},
		{"not JSON", "a.YWJj.c", time.Time{}},
		{"without an end", "a.e30.c", time.Time{}},
		{"an end that is no time", "a." + base64.RawURLEncoding.EncodeToString([]byte(`{"exp":1e300}`)) + ".c", time.Time{}},
	} {
		if got := tokenExpiry(c.token); !got.Equal(c.want) {
			t.Errorf("%s: %v", c.rule, got)
		}
	}
}

func TestSettings(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.do(func() {
			now := s.ua.Settings()
			if now.AuthorizationUser != "alice" || now.Password != "secret" {
				t.Errorf("%s %s", now.AuthorizationUser, now.Password)
			}
			now.DisplayName = "Alice"
			now.ExtraHeaders = []sip.Header{{Name: "X-A", Value: "1"}}
			if err := s.ua.Set(now); err != nil {
				t.Error(err)
			}
		})
		s.proved("n1")
		r := s.message("bob")
		if r.From.DisplayName != "Alice" || r.Headers.Get("X-A") != "1" {
			t.Errorf("%s", r.Bytes())
		}
		verify(t, r, "Proxy-Authorization", "n1") // the same credentials keep what was learnt
		s.do(func() {
			now := s.ua.Settings()
			now.Password, now.HA1 = "", "0123456789abcdef0123456789abcdef"
			var wrong *ConfigurationError
			if err := s.ua.Set(now); !errors.As(err, &wrong) || wrong.Parameter != "HA1" {
				t.Errorf("HA1 without a realm: %v", err)
			}
			if s.ua.Settings().Password != "secret" {
				t.Error("half of it was taken")
			}
			now.Realm = "example.com"
			if err := s.ua.Set(now); err != nil {
				t.Error(err)
			}
		})
		if s.message("bob").Headers.Has("Proxy-Authorization") {
			t.Error("the old credentials are used")
		}
		s.do(func() {
			now := s.ua.Settings()
			now.TokenSource = StaticToken("abc")
			if err := s.ua.Set(now); err != nil {
				t.Error(err)
			}
		})
		if got := s.message("bob").Headers.Get("Authorization"); got != "Bearer abc" {
			t.Errorf("%q", got)
		}
	})
}

func TestSettings_hideTheSecrets(t *testing.T) {
	s := Settings{AuthorizationUser: "alice", Password: "hunter2", HA1: "hunter2", TokenSource: StaticToken("hunter2")}
	var out strings.Builder
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "settings", s)
	if text := fmt.Sprintf("%v %+v %#v %s", s, s, s, out.String()); strings.Contains(text, "hunter2") || !strings.Contains(text, "alice") {
		t.Error(text)
	}
}
