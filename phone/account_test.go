package phone_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"webphone/phone"
	"webphone/phone/ua"
)

func TestSignIn_wrongPassword(t *testing.T) {
	s := server(t)
	alice := start(t, "alice", t.TempDir(), aliceTone)
	alice.signIn(s, "alice", "guess")
	got := alice.until("failure", func(s *phone.Snapshot) bool {
		return len(s.Accounts) == 1 && s.Accounts[0].State == phone.Failed
	}).Accounts[0]
	if !errors.Is(got.Problem, ua.CauseAuthentication) && !errors.Is(got.Problem, ua.CauseRejected) {
		t.Errorf("problem %v", got.Problem)
	}
	if !got.RetryAt.IsZero() {
		t.Error("a wrong password is tried again: accounts get locked by that")
	}
	a := alice.Snapshot().Settings.Accounts[0]
	alice.must(alice.SetAccount(a, "wonderland"))
	alice.registered()
}

func TestTestAccount(t *testing.T) {
	s := server(t)
	u := start(t, "user", t.TempDir(), aliceTone)
	account := phone.Account{URI: s.URI("alice").String(), Servers: []string{s.URL()}, CAPEM: string(s.CAPEM())}
	stranger := account
	stranger.CAPEM = ""
	cases := []struct {
		name     string
		account  phone.Account
		password string
		steps    string
		ok       bool
	}{
		{"all is well", account, "wonderland", "dns tcp tls websocket register", true},
		{"a wrong password", account, "guess", "dns tcp tls websocket register", false},
		{"a certificate nobody knows", stranger, "wonderland", "dns tcp tls", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var steps []string
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var last error
			err := u.TestAccount(ctx, c.account, c.password, func(step phone.TestStep) {
				steps = append(steps, string(step.Name))
				last = step.Err
			})
			if strings.Join(steps, " ") != c.steps || (err == nil) != c.ok || (last == nil) != c.ok {
				t.Errorf("steps %v, error %v, last step %v", steps, err, last)
			}
		})
	}
	if n := s.Registered("alice"); n != 0 {
		t.Errorf("%d registrations are left over", n)
	}
	if len(u.Snapshot().Settings.Accounts) != 0 {
		t.Error("a trial was kept")
	}
}
