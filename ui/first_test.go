package ui

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
)

// firstScreen lets the rig show the first-run page, which is no screen.
type firstScreen struct{ *firstPage }

func (f firstScreen) List() fyne.CanvasObject { return f.Page() }
func (firstScreen) PageTitle() string         { return "" }
func (firstScreen) Search() fyne.Focusable    { return nil }
func (firstScreen) Escape() bool              { return false }

func firstRig(t *testing.T, choice look.Choice, size fyne.Size) (*rig, *firstPage) {
	t.Helper()
	var p *firstPage
	r := newRig(t, modeltest.Empty(), choice, true, func(h *host) screen { p = newFirstRun(h); return firstScreen{p} })
	r.window.Resize(size)
	r.window.Canvas().Focus(p.Focus())
	return r, p
}

var whole = fyne.NewSize(1000, 680)

// tries makes the fake phone's TestAccount fail at one step with err; servers
// that do not contain good fail at the connection.
func tries(good string, at phone.TestStepName, err error) func(context.Context, phone.Account, string, func(phone.TestStep)) error {
	return func(_ context.Context, a phone.Account, _ string, onStep func(phone.TestStep)) error {
		onStep(phone.TestStep{Name: phone.StepDNS, Took: 8 * time.Millisecond})
		if !strings.Contains(a.Servers[0], good) {
			refused := timedOut(a.Servers[0])
			onStep(phone.TestStep{Name: phone.StepTCP, Err: refused})
			return refused
		}
		for _, s := range []phone.TestStepName{phone.StepTCP, phone.StepTLS, phone.StepWebSocket, phone.StepRegister} {
			if s == at {
				onStep(phone.TestStep{Name: s, Err: err})
				return err
			}
			onStep(phone.TestStep{Name: s, Took: 21 * time.Millisecond})
		}
		return nil
	}
}

func states(c *checkSteps) []checkState {
	var s []checkState
	for _, l := range c.lines {
		s = append(s, l.state)
	}
	return s
}

func TestFirst_serverFollowsTheAddressUntilOneIsTyped(t *testing.T) {
	r, p := firstRig(t, look.Light, whole)
	r.typeIn("alice@example.com")
	if got := p.form.server.Text; got != "wss://example.com:8089/ws" {
		t.Errorf("proposed %q", got)
	}
	r.window.Canvas().Focus(p.form.server)
	p.form.server.SetText("wss://pbx.example.net/sip")
	p.form.address.SetText("alice@other.example")
	if got := p.form.server.Text; got != "wss://pbx.example.net/sip" {
		t.Errorf("a typed server was replaced by %q", got)
	}
	p.form.server.SetText("")
	p.form.address.SetText("alice@third.example")
	if got := p.form.server.Text; got != "wss://third.example:8089/ws" {
		t.Errorf("after emptying the field: %q", got)
	}
}

func TestFirst_signInChecksEachStepThenKeepsTheAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := firstRig(t, look.Light, whole)
		r.phone.Test = tries("/ws", "", nil)
		r.typeIn("alice@example.com")
		p.form.password.SetText("secret")
		r.press(fyne.KeyReturn)
		r.queue.Settle()
		if got := p.form.steps.outcome.Title; got != "Everything works" {
			t.Errorf("outcome %q", got)
		}
		if d := cmp.Diff([]checkState{checkPassed, checkPassed, checkPassed, checkPassed, checkPassed}, states(p.form.steps)); d != "" {
			t.Error(d)
		}
		want := []string{
			`TestAccount("sip:alice@example.com", [wss://example.com:8089/ws])`,
			`SetAccount("", "sip:alice@example.com", [wss://example.com:8089/ws], "secret")`,
		}
		if d := cmp.Diff(want, r.phone.Called()); d != "" {
			t.Error(d)
		}
		r.host.Model.Close()
	})
}

func TestFirst_theNextServerIsTriedWhenOneDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := firstRig(t, look.Light, whole)
		r.phone.Test = tries("example.com/ws", "", nil)
		r.typeIn("alice@example.com")
		test.Tap(p.test)
		r.queue.Settle()
		if got := p.form.server.Text; got != "wss://example.com/ws" {
			t.Errorf("server %q, want the one that answered", got)
		}
		if slices.ContainsFunc(r.phone.Called(), func(c string) bool { return strings.HasPrefix(c, "SetAccount") }) {
			t.Error("a mere test kept the account")
		}
		r.host.Model.Close()
	})
}

func TestFirst_failureLosesNothingAndSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := firstRig(t, look.Light, whole)
		r.phone.Test = tries("/ws", phone.StepRegister, wrongPassword)
		r.typeIn("alice@example.com")
		p.form.password.SetText("secret")
		p.form.display.SetText("Alice")
		r.press(fyne.KeyReturn)
		r.queue.Settle()
		if d := cmp.Diff([]checkState{checkPassed, checkPassed, checkPassed, checkPassed, checkFailed}, states(p.form.steps)); d != "" {
			t.Error(d)
		}
		if got := p.form.steps.outcome.String(); got != "Wrong user name or password. The server example.com refused alice@example.com." {
			t.Errorf("said %q", got)
		}
		if p.form.address.Text != "alice@example.com" || p.form.password.Text != "secret" || p.form.display.Text != "Alice" {
			t.Error("what was typed is gone")
		}
		r.golden("first-wrong-password")
		if !p.anyway.Visible() {
			t.Error("no way to keep the account all the same")
		}
		test.Tap(p.anyway)
		r.queue.Settle()
		if !r.phone.Was(`SetAccount("", "sip:alice@example.com", [wss://example.com:8089/ws], "secret")`) {
			t.Errorf("called %q", r.phone.Called())
		}
		r.host.Model.Close()
	})
}

func TestFirst_aRunningCheckCanBeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := firstRig(t, look.Light, whole)
		r.phone.Test = func(ctx context.Context, _ phone.Account, _ string, onStep func(phone.TestStep)) error {
			onStep(phone.TestStep{Name: phone.StepDNS, Took: time.Millisecond})
			<-ctx.Done()
			return ctx.Err()
		}
		r.typeIn("alice@example.com")
		r.window.Canvas().Focus(p.form.server)
		p.form.server.SetText("wss://pbx.example.com/ws")
		test.Tap(p.signIn)
		r.queue.Settle()
		if p.signIn.Label() != "Cancel" || !p.demo.Disabled() {
			t.Error("there is no cancel button while the check runs")
		}
		if d := cmp.Diff([]checkState{checkPassed, checkRuns, checkWaits, checkWaits, checkWaits}, states(p.form.steps)); d != "" {
			t.Error(d)
		}
		r.golden("first-running")
		test.Tap(p.signIn)
		r.queue.Settle()
		if p.signIn.Label() != "Sign in" || p.form.steps.outcome.Title != "Stopped" || p.form.address.Text == "" {
			t.Errorf("after cancelling: %q, %+v", p.signIn.Label(), p.form.steps.outcome)
		}
		r.host.Model.Close()
	})
}

func TestFirst_aCertificateOfOnesOwnCanBeTrusted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := firstRig(t, look.Light, whole)
		leaf := &x509.Certificate{Raw: []byte{1, 2, 3}}
		unknown := unknownAuthority(leaf)
		r.phone.Test = func(_ context.Context, a phone.Account, _ string, onStep func(phone.TestStep)) error {
			if a.CAPEM != "" {
				return nil
			}
			onStep(phone.TestStep{Name: phone.StepTLS, Err: unknown})
			return unknown
		}
		r.typeIn("alice@example.com")
		p.form.server.SetText("wss://example.com:8089/ws")
		r.window.Canvas().Focus(p.form.server)
		p.form.own = true
		test.Tap(p.test)
		r.queue.Settle()
		if p.form.steps.offer == nil || p.form.steps.outcome.Title != "The server’s certificate is not trusted" {
			t.Fatalf("outcome %+v", p.form.steps.outcome)
		}
		test.Tap(p.form.steps.offer)
		if p.form.trusted != "" {
			t.Error("trusted without a question")
		}
		r.asked()
		r.queue.Settle()
		if !strings.Contains(p.form.account().CAPEM, "BEGIN CERTIFICATE") || p.form.steps.outcome.Title != "Everything works" {
			t.Errorf("after trusting: %+v", p.form.steps.outcome)
		}
		r.host.Model.Close()
	})
}

func TestFirst_whatIsMissingIsSaidAtItsField(t *testing.T) {
	r, p := firstRig(t, look.Light, whole)
	r.typeIn("alice")
	r.press(fyne.KeyReturn)
	if len(r.phone.Called()) != 0 {
		t.Errorf("called %q", r.phone.Called())
	}
	p.form.address.SetText("")
	p.form.address.SetText("alice@example.com")
	p.form.server.SetText("")
	p.form.own = true
	p.form.server.SetText(" ")
	p.signIn.Tapped(nil)
	if len(r.phone.Called()) != 0 {
		t.Errorf("checked without a server: %q", r.phone.Called())
	}
}

func TestFirst_theDemoStartsOrSaysWhyNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, p := firstRig(t, look.Light, whole)
		r.phone.Errors["StartDemo"] = errors.New("listen: address already in use")
		test.Tap(p.demo)
		if p.demo.Label() != "Starting…" {
			t.Error("nothing shows that the demo starts")
		}
		r.queue.Settle()
		if got := p.problem.Sentence(); !p.problem.Visible() || got != "Something unexpected happened. Address already in use." {
			t.Errorf("said %q", got)
		}
		if p.demo.Disabled() || p.demo.Label() != "Try the demo" {
			t.Error("the demo cannot be tried again")
		}
		r.host.Model.Close()
	})
}

func TestFirst_aCorrectedFieldHasNoProblem(t *testing.T) {
	r, p := firstRig(t, look.Light, whole)
	r.typeIn("alice")
	r.press(fyne.KeyReturn)
	p.form.address.SetText("alice@example.com")
	if p.form.addressBox.SetProblem("") {
		t.Error("what was said against the address stays after its correction")
	}
}
