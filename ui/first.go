package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// firstPage is what a phone without an account shows: a form for one, and the
// demo for those who have none.
type firstPage struct {
	host *host
	page *widgets.PageScroll
	form *accountForm

	signIn  *widgets.Button
	demo    *widgets.Button
	test    *widgets.Link
	anyway  *widgets.Link
	problem *widgets.Banner
}

var _ firstRun = (*firstPage)(nil)

const firstCardWidth = 460

func newFirstRun(h *host) *firstPage {
	p := &firstPage{host: h}
	relayout := func() {
		if p.page != nil {
			p.page.Relayout()
		}
	}
	p.form = newAccountForm(h, true, relayout)
	p.form.onSubmit(p.start)
	p.form.onBusy = p.busy
	p.signIn = widgets.NewButton(widgets.Primary, "Sign in", nil, p.start)
	p.demo = widgets.NewButton(widgets.Outline, "Try the demo", nil, p.tryDemo)
	p.test = widgets.NewLink("Test the connection only", look.MinorText, func() { p.form.check(func(bool) {}) })
	p.anyway = widgets.NewLink("Keep the account as it is", look.MinorText, func() { p.form.save(func() {}) })
	p.anyway.Hide()
	p.problem = widgets.NewBanner(widgets.Problem, nil, "")
	p.problem.Hide()
	column := widgets.NewColumn(14,
		widgets.NewColumn(6,
			widgets.NewParagraph("Welcome to Webphone", 24, look.Text).Bold(),
			widgets.NewParagraph("Sign in with the SIP account from your phone system, or hear how it sounds first.", look.BodyText, look.Muted)),
		p.form.fields,
		p.problem,
		container.New(equalColumns{10}, p.signIn, p.demo),
		widgets.NewWrapping(18, 6, p.test, p.anyway),
	)
	card := widgets.NewCard(widgets.NewInset(widgets.Insets{Top: 30, Right: 30, Bottom: 24, Left: 30}, column))
	p.page = widgets.NewPageScroll(widgets.NewInset(widgets.Insets{Top: 8, Right: 8, Bottom: 8, Left: 8}, widgets.NewMiddle(firstCardWidth, true, card)))
	return p
}

// Page fills the window.
func (p *firstPage) Page() fyne.CanvasObject { return p.page }

// Apply needs nothing of a snapshot: the window takes the page away.
func (p *firstPage) Apply(*phone.Snapshot) {}

// Shown ends a check when the page goes.
func (p *firstPage) Shown(inSight bool) {
	if !inSight {
		p.form.cancel()
	}
}

// Focus is the address.
func (p *firstPage) Focus() fyne.Focusable { return p.form.address }

// start signs in, or stops a sign-in that runs.
func (p *firstPage) start() {
	if p.form.stop != nil {
		p.form.cancel()
		return
	}
	p.anyway.Hide()
	p.form.check(func(ok bool) {
		if ok {
			p.form.save(func() {})
			return
		}
		p.anyway.Show()
		p.page.Relayout()
	})
}

// busy turns the sign-in into its own cancel button while a check runs.
func (p *firstPage) busy(on bool) {
	p.signIn.Set(widgets.Primary, "Sign in", nil)
	if on {
		p.signIn.Set(widgets.Outline, "Cancel", nil)
	}
	p.demo.SetEnabled(!on)
	p.test.SetEnabled(!on)
	p.problem.Hide()
	p.page.Relayout()
}

func (p *firstPage) tryDemo() {
	p.demo.Disable()
	p.demo.SetText("Starting…")
	p.host.Model.Do(p.host.Phone.StartDemo, func(err error) {
		p.demo.Enable()
		p.demo.SetText("Try the demo")
		if err != nil {
			p.problem.Set(widgets.Problem, nil, Explain(err, Subject{}).String())
			p.problem.Show()
			p.page.Relayout()
		}
	})
}
