package phone_test

import (
	"errors"
	"slices"
	"testing"

	"webphone/phone"
)

func TestUsual(t *testing.T) {
	const on, off = phone.Registered, phone.Failed
	account := func(id string, state phone.Connection) phone.AccountState {
		return phone.AccountState{ID: id, State: state, Disabled: state == phone.Offline}
	}
	for _, c := range []struct {
		rule     string
		accounts []phone.AccountState
		chosen   string
		want     string
	}{
		{"none", nil, "", ""},
		{"the first that is registered", []phone.AccountState{account("a", off), account("b", on), account("c", on)}, "", "b"},
		{"the first that is switched on", []phone.AccountState{account("a", phone.Offline), account("b", off)}, "", "b"},
		{"the first", []phone.AccountState{account("a", phone.Offline), account("b", phone.Offline)}, "", "a"},
		{"the chosen one", []phone.AccountState{account("a", on), account("b", on)}, "b", "b"},
		{"the chosen one also while it is not registered", []phone.AccountState{account("a", on), account("b", off)}, "b", "b"},
		{"another when the chosen one is switched off", []phone.AccountState{account("a", on), account("b", phone.Offline)}, "b", "a"},
		{"another when the chosen one is gone", []phone.AccountState{account("a", on)}, "b", "a"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := &phone.Snapshot{Accounts: c.accounts}
			s.Settings.Calls.Account = c.chosen
			if a, ok := s.Usual(); a.ID != c.want || ok != (c.want != "") {
				t.Errorf("%q, %v; want %q", a.ID, ok, c.want)
			}
		})
	}
}

func TestAccounts_callsLeaveFromTheChosenOne(t *testing.T) {
	s := server(t)
	u, first, second := twoAccounts(t, s)
	choose := func(id string) {
		t.Helper()
		settings := u.Snapshot().Settings
		settings.Calls.Account = id
		u.must(u.Apply(settings))
	}
	leavesFrom := func(when, want string) {
		t.Helper()
		id, err := u.Dial("bob", phone.DialOptions{})
		u.must(err)
		is := func(c phone.Call) bool { return c.ID == id && !c.Live() }
		s := u.until("end of the call", func(s *phone.Snapshot) bool { return slices.ContainsFunc(s.Calls, is) })
		if got := s.Calls[slices.IndexFunc(s.Calls, is)].Account; got != want {
			t.Errorf("%s the call leaves from %q, want %q", when, got, want)
		}
	}
	leavesFrom("at first", first)
	choose(second)
	leavesFrom("chosen", second)
	_, err := u.Send("bob", "to a stranger")
	u.must(err)
	u.until("message", func(s *phone.Snapshot) bool { return thread(s, "bob").Account == second })
	settings := u.Snapshot().Settings
	settings.Calls.Account = "demo"
	if err := u.Apply(settings); !errors.Is(err, phone.ErrDemoAccount) {
		t.Errorf("the demonstration's account is chosen: %v", err)
	}
	u.switchAccount(second, true)
	leavesFrom("switched off", first)
	u.switchAccount(second, false)
	leavesFrom("on again", second)
	u.must(u.RemoveAccount(second))
	leavesFrom("removed", first)
	if _, err := u.Dial("bob", phone.DialOptions{Account: second}); !errors.Is(err, phone.ErrNoAccount) {
		t.Errorf("from one that is gone: %v", err)
	}
}
