package ui

import (
	"testing"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
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
