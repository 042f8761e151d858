package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/model"
	"webphone/ui/widgets"
)

// guessPatience is how long one guessed server may take to answer before the
// next one is tried.
const guessPatience = 5 * time.Second

// checkAccount tries an account at each of the servers until one speaks SIP,
// and returns that one. What is wrong with the name of the host or with the
// account itself would be wrong at every server, and ends the search. When
// none speaks SIP the error is that of the server which came furthest.
func checkAccount(ctx context.Context, p model.Phone, a phone.Account, password string, servers []string, begin func(server string), onStep func(phone.TestStep)) (string, error) {
	type failure struct {
		server string
		at     phone.TestStepName
		err    error
	}
	var best failure
	for _, server := range servers {
		begin(server)
		tried := a
		tried.Servers = []string{server}
		attempt, cancel := ctx, context.CancelFunc(func() {})
		if len(servers) > 1 {
			attempt, cancel = context.WithTimeout(ctx, guessPatience)
		}
		var at phone.TestStepName
		err := p.TestAccount(attempt, tried, password, func(s phone.TestStep) {
			if s.Err != nil {
				at = s.Name
			}
			onStep(s)
		})
		cancel()
		if err == nil || ctx.Err() != nil || at == phone.StepDNS || at == phone.StepRegister || fieldErrors(err) != nil {
			return server, err
		}
		if best.err == nil || stepNumber(at) > stepNumber(best.at) {
			best = failure{server, at, err}
		}
	}
	if len(servers) > 1 {
		// The last attempt's steps are in sight; show those of the best.
		begin(best.server)
		onStep(phone.TestStep{Name: best.at, Err: best.err})
	}
	return best.server, best.err
}

// stepOrder is the order of the steps of a check.
var stepOrder = []phone.TestStepName{phone.StepDNS, phone.StepTCP, phone.StepTLS, phone.StepWebSocket, phone.StepRegister}

func stepNumber(s phone.TestStepName) int { return slices.Index(stepOrder, s) }

// checkState is how far one step of a check is.
type checkState int

const (
	checkWaits checkState = iota
	checkRuns
	checkPassed
	checkFailed
)

type checkLine struct {
	name  phone.TestStepName
	state checkState
	took  time.Duration
}

// checkSteps shows the steps of a check, each with a tick or a cross, and
// what is wrong in a sentence.
type checkSteps struct {
	panel   *widgets.Panel  // what a page shows
	column  *fyne.Container // in the panel
	changed func()          // the height is another

	server  string
	lines   []checkLine
	outcome Sentence
	offer   *widgets.Link // what may help, or nil
	details bool
}

func newCheckSteps(changed func()) *checkSteps {
	c := &checkSteps{column: widgets.NewColumn(6), changed: changed}
	c.panel = widgets.NewPanel(look.Clear, c.column)
	c.panel.Hide()
	return c
}

// begin shows the steps to a server, none of them done.
func (c *checkSteps) begin(server string) {
	c.server, c.outcome, c.offer, c.details = server, Sentence{}, nil, false
	c.lines = nil
	for _, s := range stepOrder {
		if s != phone.StepTLS || !strings.HasPrefix(strings.ToLower(server), "ws:") {
			c.lines = append(c.lines, checkLine{name: s})
		}
	}
	c.lines[0].state = checkRuns
	c.panel.Show()
	c.fill()
}

// step marks one step as done; those before it were done too.
func (c *checkSteps) step(s phone.TestStep) {
	for i := range c.lines {
		if c.lines[i].name != s.Name {
			if c.lines[i].state == checkRuns || c.lines[i].state == checkWaits {
				c.lines[i].state = checkPassed
			}
			continue
		}
		c.lines[i].took = s.Took
		c.lines[i].state = checkPassed
		if s.Err != nil {
			c.lines[i].state = checkFailed
		} else if i+1 < len(c.lines) {
			c.lines[i+1].state = checkRuns
		}
		break
	}
	c.fill()
}

// end shows how the check went as a whole; offer may be nil.
func (c *checkSteps) end(s Sentence, offer *widgets.Link) {
	c.outcome, c.offer = s, offer
	for i := range c.lines {
		if c.lines[i].state == checkRuns {
			c.lines[i].state = checkWaits
			if !s.Calm {
				c.lines[i].state = checkFailed
			}
		}
	}
	c.fill()
}

// stepWords name the steps.
var stepWords = map[phone.TestStepName]string{
	phone.StepDNS:       "Find the server (DNS)",
	phone.StepTCP:       "Reach it (TCP)",
	phone.StepTLS:       "Encrypt (TLS)",
	phone.StepWebSocket: "Speak SIP (WebSocket)",
	phone.StepRegister:  "Sign in (REGISTER)",
}

func (c *checkSteps) fill() {
	c.column.Objects = []fyne.CanvasObject{widgets.NewText(c.server, look.CaptionText, look.Muted)}
	for _, l := range c.lines {
		icon, color, ink := assets.More, look.Muted, look.Muted
		switch l.state {
		case checkRuns:
			icon, color, ink = assets.Clock, look.AccentText, look.Text
		case checkPassed:
			icon, color, ink = assets.Check, look.PositiveText, look.Text
		case checkFailed:
			icon, color, ink = assets.Cross, look.NegativeText, look.Text
		}
		took := ""
		if l.took > 0 {
			took = fmt.Sprintf("%d ms", max(1, l.took.Milliseconds()))
		}
		c.column.Add(widgets.NewLine(8, 1, widgets.NewIcon(icon, 16, color), widgets.NewText(stepWords[l.name], look.MinorText, ink),
			widgets.NewText(took, look.CaptionText, look.Muted).Whole()))
	}
	if c.outcome.Title != "" {
		c.addOutcome()
	}
	c.panel.Refresh()
	c.changed()
}

func (c *checkSteps) addOutcome() {
	color := look.NegativeText
	if c.outcome.Calm {
		color = look.PositiveText
	}
	c.column.Add(widgets.NewParagraph(c.outcome.Title, look.BodyText, color).Bold())
	if c.outcome.Text != "" {
		c.column.Add(widgets.NewParagraph(c.outcome.Text, look.MinorText, look.Text))
	}
	var links []fyne.CanvasObject
	if c.offer != nil {
		links = append(links, c.offer)
	}
	if c.outcome.Details != "" {
		word := "Details"
		if c.details {
			word = "Hide details"
			c.column.Add(widgets.NewParagraph(c.outcome.Details, look.CaptionText, look.Muted).Mono())
		}
		links = append(links, widgets.NewLink(word, look.CaptionText, func() {
			c.details = !c.details
			c.fill()
		}))
	}
	if len(links) > 0 {
		c.column.Add(widgets.NewWrapping(16, 4, links...))
	}
}

// checkOutcome is the sentence at the end of a check.
func checkOutcome(err error, a phone.Account, server string) Sentence {
	switch {
	case err == nil:
		return Sentence{Title: "Everything works", Text: "The server knows " + plainAddress(a.URI) + ".", Calm: true}
	case errors.Is(err, context.Canceled):
		return Sentence{Title: "Stopped", Text: "Nothing was changed.", Calm: true}
	}
	return Explain(err, Subject{Topic: TopicAccount, Name: plainAddress(a.URI), Server: server})
}
