package ui

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// accountForm asks for an account and checks it step by step. Whatever goes
// wrong, what was typed stays. The first-run page and the settings have one
// each.
type accountForm struct {
	host     *host
	fields   *fyne.Container // a flowing column
	relayout func()
	onBusy   func(busy bool)

	old      phone.Account // zero for a new one
	trusted  string        // a certificate that the user trusts, PEM
	proposed []string      // servers for the address
	own      bool          // the server was typed, not proposed

	address, password, server    *widgets.Field
	display, authUser, stun      *widgets.Field
	addressBox, passwordBox      *widgets.Labelled
	serverBox, stunBox           *widgets.Labelled
	displayBox, authBox, certBox *widgets.Labelled
	trust, answer                *widgets.Switch
	advanced                     *fyne.Container
	toggle                       *widgets.Link
	forget                       *widgets.Link
	steps                        *checkSteps

	stop    context.CancelFunc // ends the running check; nil when none runs
	setting bool               // the form fills its own fields
}

// newAccountForm has the fields; withSTUN adds the one for the network, which
// elsewhere has a page of its own.
func newAccountForm(h *host, withSTUN bool, relayout func()) *accountForm {
	f := &accountForm{host: h, relayout: relayout, onBusy: func(bool) {}}
	f.address = widgets.NewField("alice@example.com")
	f.password = widgets.NewPasswordField("")
	f.server = widgets.NewField("wss://example.com/ws")
	f.display = widgets.NewField("how others see you")
	f.authUser = widgets.NewField("if it is not the name in the address")
	f.stun = widgets.NewField("stun:stun.example.com:3478")
	f.addressBox = widgets.NewLabelled("SIP address", f.address)
	f.passwordBox = widgets.NewLabelled("Password", f.password)
	f.serverBox = widgets.NewLabelled("Server", f.server)
	f.displayBox = widgets.NewLabelled("Display name", f.display)
	f.authBox = widgets.NewLabelled("Authorization user", f.authUser)
	f.stunBox = widgets.NewLabelled("STUN server", f.stun)
	f.forget = widgets.NewLink("Trust it no longer", look.MinorText, func() { f.trusted = ""; f.showTrust() })
	f.certBox = widgets.NewLabelled("Trusted certificate", f.forget)
	f.address.OnChanged = func(string) { f.corrected(f.addressBox); f.propose() }
	f.server.OnChanged = func(text string) { f.corrected(f.serverBox); f.serverTyped(text) }
	f.trust, f.answer = widgets.NewSwitch(nil), widgets.NewSwitch(nil)
	f.advanced = widgets.NewColumn(14, f.displayBox, f.authBox,
		widgets.NewLine(12, 0, widgets.NewText("Show callers as the server names them", look.BodyText, look.Text), f.trust),
		widgets.NewLine(12, 0, widgets.NewText("Answer intercom calls by itself", look.BodyText, look.Text), f.answer))
	if withSTUN {
		f.advanced.Add(f.stunBox)
	}
	f.advanced.Hide()
	words := "Advanced: display name, authorization user"
	if withSTUN {
		words += ", STUN"
	}
	f.toggle = widgets.NewLink("▸ "+words, look.MinorText, func() { f.showAdvanced(!f.advanced.Visible(), words) })
	f.steps = newCheckSteps(relayout)
	f.fields = widgets.NewColumn(14, f.addressBox, f.passwordBox, f.serverBox,
		widgets.NewLine(0, 0, f.toggle), f.advanced, f.certBox, f.steps.panel)
	f.showTrust()
	return f
}

func (f *accountForm) showAdvanced(on bool, words string) {
	sign := "▸ "
	if on {
		sign = "▾ "
	}
	f.toggle.SetText(sign + words)
	f.advanced.Hidden = !on
	f.fields.Refresh()
	f.relayout()
}

// onSubmit says what Enter does in any field.
func (f *accountForm) onSubmit(submit func()) {
	for _, field := range []*widgets.Field{f.address, f.password, f.server, f.display, f.authUser, f.stun} {
		field.OnSubmitted = func(string) { submit() }
	}
}

// begin fills the form with an account; the zero Account is a new one.
func (f *accountForm) begin(a phone.Account) {
	f.cancel()
	f.setting = true
	f.old, f.trusted, f.own = a, a.CAPEM, len(a.Servers) > 0
	f.address.SetText(plainAddress(a.URI))
	f.password.SetText("")
	f.password.SetPlaceHolder("")
	if a.ID != "" {
		f.password.SetPlaceHolder("unchanged")
	}
	f.server.SetText(strings.Join(a.Servers, " "))
	f.display.SetText(a.DisplayName)
	f.authUser.SetText(a.AuthUser)
	f.trust.SetOn(a.TrustIdentity)
	f.answer.SetOn(a.AutoAnswer)
	f.setting = false
	f.serverBox.SetNote("")
	f.clearProblems()
	f.steps.panel.Hide()
	f.showTrust()
	f.relayout()
}

// touched reports whether leaving would lose something.
func (f *accountForm) touched() bool {
	a := f.account()
	return f.password.Text != "" || a.URI != f.old.URI && f.address.Text != "" || a.DisplayName != f.old.DisplayName ||
		a.TrustIdentity != f.old.TrustIdentity || a.AutoAnswer != f.old.AutoAnswer ||
		a.AuthUser != f.old.AuthUser || f.own && !slices.Equal(a.Servers, f.old.Servers) || a.CAPEM != f.old.CAPEM
}

// account is what the form says now.
func (f *accountForm) account() phone.Account {
	a := f.old
	a.URI = ""
	if plain := plainAddress(strings.TrimSpace(f.address.Text)); plain != "" {
		a.URI = "sip:" + plain
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(f.address.Text)), "sips:") {
			a.URI = "sips:" + plain
		}
	}
	a.Servers = splitList(f.server.Text)
	a.DisplayName = strings.TrimSpace(f.display.Text)
	a.AuthUser = strings.TrimSpace(f.authUser.Text)
	a.CAPEM = f.trusted
	a.TrustIdentity, a.AutoAnswer = f.trust.On(), f.answer.On()
	return a
}

// splitList is a list as people type it: with spaces or commas.
func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '\n' })
}

// propose fills in the server that goes with the address, as long as nobody
// typed one.
func (f *accountForm) propose() {
	f.edited()
	if f.own || f.setting {
		return
	}
	f.proposed = phone.ProposeServers(f.account().URI)
	text, note := "", ""
	if len(f.proposed) > 0 {
		text, note = f.proposed[0], "from the address"
	}
	f.setting = true
	f.server.SetText(text)
	f.setting = false
	f.serverBox.SetNote(note)
}

func (f *accountForm) serverTyped(text string) {
	f.edited()
	if f.setting {
		return
	}
	f.own = strings.TrimSpace(text) != ""
	f.serverBox.SetNote("")
}

// corrected takes back what was said against a field that is typed anew.
func (f *accountForm) corrected(box *widgets.Labelled) {
	if !f.setting && box.SetProblem("") {
		f.relayout()
	}
}

// edited ends a check of what is no longer typed.
func (f *accountForm) edited() {
	if !f.setting {
		f.cancel()
	}
}

// cancel ends a running check.
func (f *accountForm) cancel() {
	if f.stop != nil {
		f.stop()
	}
}

func (f *accountForm) showTrust() {
	f.certBox.Hidden = f.trusted == ""
	f.fields.Refresh()
	f.relayout()
}

// valid shows what is missing; it reports whether nothing is.
func (f *accountForm) valid() bool {
	f.clearProblems()
	a := f.account()
	user, domain, _ := strings.Cut(plainAddress(a.URI), "@")
	ok := true
	if user == "" || domain == "" {
		f.addressBox.SetProblem("Type it as name@example.com.")
		ok = false
	}
	if len(a.Servers) == 0 && ok {
		f.serverBox.SetProblem("The server is missing. It begins with wss://.")
		ok = false
	}
	f.relayout()
	return ok
}

func (f *accountForm) clearProblems() {
	for _, b := range []*widgets.Labelled{f.addressBox, f.passwordBox, f.serverBox, f.displayBox, f.authBox, f.stunBox} {
		b.SetProblem("")
	}
}

// check tries the account and shows each step. then is told whether all of
// them passed, unless the check was cancelled.
func (f *accountForm) check(then func(ok bool)) {
	if f.stop != nil || !f.valid() {
		return
	}
	a, password := f.account(), f.password.Text
	servers := a.Servers
	if !f.own && len(f.proposed) > 0 {
		servers = f.proposed
	}
	ctx, cancel := context.WithCancel(f.host.Model.Context())
	f.stop = cancel
	f.onBusy(true)
	post := f.host.Model.Post
	var found string
	f.host.Model.Do(func() (err error) {
		found, err = checkAccount(ctx, f.host.Phone, a, password, servers,
			func(server string) { post(func() { f.steps.begin(server) }) },
			func(s phone.TestStep) { post(func() { f.steps.step(s) }) })
		if ctx.Err() != nil {
			return context.Canceled
		}
		return err
	}, func(err error) {
		cancelled := ctx.Err() != nil
		cancel()
		f.stop = nil
		f.onBusy(false)
		f.checked(err, a, found, cancelled)
		if !cancelled {
			then(err == nil)
		}
	})
}

// checked shows how the check went.
func (f *accountForm) checked(err error, a phone.Account, server string, cancelled bool) {
	if fields := fieldErrors(err); len(fields) > 0 && !cancelled {
		f.steps.panel.Hide()
		f.showFields(err)
		return
	}
	var offer *widgets.Link
	if c := untrusted(err); c != nil && !cancelled {
		sentence := Explain(err, Subject{Topic: TopicAccount})
		offer = widgets.NewLink(ActionTrust.String(), look.MinorText, func() {
			f.host.Confirm("Trust this certificate?", "Do so only if whoever runs the server tells you the same:\n"+
				strings.SplitN(sentence.Details, "\n", 2)[0], "Trust", func() {
				f.trusted = strings.TrimSpace(f.trusted+"\n"+certificatePEM(c)) + "\n"
				f.showTrust()
				f.check(func(bool) {})
			})
		})
	}
	f.steps.end(checkOutcome(err, a, server), offer)
	if err == nil && !f.own && !cancelled {
		f.setting = true
		f.server.SetText(server)
		f.setting = false
		f.serverBox.SetNote("found from the address ✓")
	}
}

// showFields puts each fault at its field.
func (f *accountForm) showFields(err error) {
	boxes := map[string]*widgets.Labelled{
		"uri": f.addressBox, "server": f.serverBox, "servers": f.serverBox, "password": f.passwordBox, "display_name": f.displayBox,
		"auth_user": f.authBox, "stun": f.stunBox,
	}
	for _, e := range fieldErrors(err) {
		box := boxes[fieldName(e)]
		if box == nil {
			box = f.addressBox
		}
		if box == f.displayBox || box == f.authBox || box == f.stunBox {
			f.advanced.Show()
		}
		box.SetProblem(fieldWords(e))
	}
	f.fields.Refresh()
	f.relayout()
}

// save keeps the account. then follows when that worked; a refusal is shown.
func (f *accountForm) save(then func()) {
	if f.stop != nil || !f.valid() {
		return
	}
	a, password, stun := f.account(), f.password.Text, splitList(f.stun.Text)
	f.onBusy(true)
	f.host.Model.Do(func() error {
		if len(stun) > 0 {
			settings := f.host.Phone.Snapshot().Settings
			settings.Network.STUN = stun
			if err := f.host.Phone.Apply(settings); err != nil {
				return err
			}
		}
		return f.host.Phone.SetAccount(a, password)
	}, func(err error) {
		f.onBusy(false)
		switch {
		case err == nil:
			then()
		case len(fieldErrors(err)) > 0:
			f.showFields(err)
		default:
			f.steps.panel.Show()
			f.steps.end(Explain(err, Subject{Topic: TopicAccount, Name: plainAddress(a.URI)}), nil)
		}
	})
}
