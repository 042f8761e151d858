package ui

import (
	"errors"
	"strings"
	"testing"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
	"webphone/ui/widgets"
)

func TestAccountForm_keepsWhatTheAccountTrusts(t *testing.T) {
	inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
		f := newAccountForm(r.ui.host, false, func() {})
		a := modeltest.Sample().Settings.Accounts[0]
		a.TrustIdentity = true
		f.begin(a)
		if got := f.account(); !got.TrustIdentity || got.AutoAnswer || f.touched() {
			t.Errorf("an untouched form says %+v", got)
		}
		f.answer.SetOn(true)
		if got := f.account(); !got.AutoAnswer || !f.touched() {
			t.Errorf("the switch is lost: %+v", got)
		}
		f.begin(phone.Account{})
		if got := f.account(); got.TrustIdentity || got.AutoAnswer {
			t.Errorf("a new account trusts anybody: %+v", got)
		}
	})
}

func TestAccountsPage_asksBeforeCallsEnd(t *testing.T) {
	off := `SetAccount("a1", "sip:alice@example.com", [wss://example.com:8089/ws], "")`
	call := func(account string, state phone.CallState) phone.Call {
		return phone.Call{ID: "c1", Account: account, Peer: modeltest.Bob, DisplayName: "Bob Meyer", State: state}
	}
	cases := []struct {
		name  string
		calls []phone.Call
		says  string // "" = nothing is asked
	}{
		{"no calls", nil, ""},
		{"one that has ended", []phone.Call{call("a1", phone.CallEnded)}, ""},
		{"one of another account", []phone.Call{call("a2", phone.CallConfirmed)}, ""},
		{"a call", []phone.Call{call("a1", phone.CallConfirmed)}, "Your call with Bob Meyer will end."},
		{"one that rings", []phone.Call{call("a1", phone.CallIncoming)}, "Your call with Bob Meyer will end."},
		{"two", []phone.Call{call("a1", phone.CallConfirmed), call("a1", phone.CallIncoming)}, "Your calls will end."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := modeltest.Sample()
			s.Calls = c.calls
			inSettings(t, s, func(r *rig, v *settingsScreenView) {
				var said string
				r.host.Confirm = func(_, explanation, _ string, then func()) { said, r.asked = explanation, then }
				page := v.pages[pageAccounts].(*accountsPage)
				on := widgets.NewSwitch(nil)
				page.turn(page.shown[0], false, on)
				if said != c.says || r.phone.Was(off) != (c.says == "") || on.On() != (c.says != "") {
					t.Fatalf("said %q, the switch is %v, called %q", said, on.On(), r.phone.Called())
				}
				if c.says != "" {
					r.asked()
				}
				if !r.phone.Was(off) {
					t.Errorf("called %q", r.phone.Called())
				}
				page.askRemove(page.shown[0])
				if want := c.says != ""; strings.HasPrefix(said, "Your call") != want {
					t.Errorf("before it is removed: %q", said)
				}
			})
		})
	}
}

func TestAccountsPage_aChangeWaitsForTheCall(t *testing.T) {
	for _, problem := range []error{nil, errors.New("refused")} {
		s := modeltest.Sample()
		s.Accounts[0].Changing = true
		if problem != nil {
			s.Accounts[0].State, s.Accounts[0].Problem = phone.Failed, problem
		}
		inSettings(t, s, func(_ *rig, v *settingsScreenView) {
			if got := v.pages[pageAccounts].(*accountsPage).shown[0].sentence; got != "What you changed takes effect when your calls have ended." {
				t.Errorf("problem %v: the card says %q", problem, got)
			}
		})
	}
}
