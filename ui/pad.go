package ui

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// keys are the keys of a telephone in reading order.
var keys = []struct {
	digit, letters string
	icon           fyne.Resource
}{
	{"1", "", nil},
	{"2", "ABC", nil},
	{"3", "DEF", nil},
	{"4", "GHI", nil},
	{"5", "JKL", nil},
	{"6", "MNO", nil},
	{"7", "PQRS", nil},
	{"8", "TUV", nil},
	{"9", "WXYZ", nil},
	{"*", "", assets.Asterisk},
	{"0", "+", nil},
	{"#", "", nil},
}

// newKeys are the twelve keys; each press is given to pressed, a long one of
// 0 as '+'.
func newKeys(pressed func(r rune)) []*widgets.Key {
	var made []*widgets.Key
	for _, k := range keys {
		digit := rune(k.digit[0])
		key := widgets.NewKey(k.digit, k.letters, k.icon, func() { pressed(digit) })
		if digit == '0' {
			key.OnLong = func() { pressed('+') }
		}
		made = append(made, key)
	}
	return made
}

// padView is the number entry with its suggestion, the keys, and Call.
type padView struct {
	host   *host
	object fyne.CanvasObject

	entry   *widgets.Field
	number  fyne.CanvasObject // the entry as it is laid out
	prompt  *widgets.Text     // in the empty entry
	erase   *widgets.IconButton
	row     *widgets.Row // the suggestion
	keys    []*widgets.Key
	call    *widgets.Button
	hint    *widgets.Text
	demo    *widgets.Button
	parts   padParts
	holder  *fyne.Container
	current *phone.Snapshot

	found   []suggestion
	chosen  int  // index into found
	armed   bool // Enter dials the suggestion
	cleaned string
	again   phone.HistoryEntry // whose address was put in
}

const padHint = "Enter calls · Ctrl+R redials · paste any sip: or tel: link"

func newPadView(h *host) *padView {
	p := &padView{host: h, current: h.Model.Snapshot()}
	p.entry, p.number = widgets.NewNumberField("")
	p.prompt = widgets.NewText("Name, number or address", 18, look.Muted)
	p.entry.OnChanged = func(string) { p.typed() }
	p.entry.OnSubmitted = func(string) { p.enter() }
	p.entry.OnKey = p.key
	p.entry.OnPaste = func(text string) string {
		clean, changed := cleanTarget(text)
		if changed {
			p.cleaned = strings.Join(strings.Fields(text), " ")
		}
		return clean
	}
	p.erase = widgets.NewIconButton("Delete", assets.Backspace, look.Muted, p.backspace)
	p.row = widgets.NewRow(widgets.RowData{})
	p.row.OnTap = func() {
		if p.chosen < len(p.found) {
			p.dial(p.found[p.chosen].Address)
		}
	}
	p.row.Hide()
	p.keys = newKeys(p.press)
	p.call = widgets.NewButton(widgets.Positive, "Call", assets.Call, p.submit).Tall(look.CallHeight)
	p.hint = widgets.NewText(padHint, look.CaptionText, look.Muted).Centered()
	p.demo = widgets.NewButton(widgets.Outline, "Ring me in 5 seconds", assets.Bell, func() {
		h.Run(func() error { return h.Phone.RingMe(5 * time.Second) }, nil)
	})
	p.demo.Hide()
	p.parts = padParts{p}
	objects := []fyne.CanvasObject{p.number, p.prompt, p.erase, p.row, p.call, p.hint, p.demo}
	for _, k := range p.keys {
		objects = append(objects, k)
	}
	p.holder = container.New(p.parts, objects...)
	p.object = p.holder
	return p
}

// Set puts text into the entry, the cursor behind it.
func (p *padView) Set(text string) {
	p.entry.SetText(text)
	p.entry.CursorColumn = len([]rune(text))
	p.entry.Refresh()
}

// SetAgain puts the address of a past call into the entry. Unless something
// else is written there, its account is called from.
func (p *padView) SetAgain(h phone.HistoryEntry) {
	p.again = h
	p.Set(readableTarget(h.Peer))
}

// Clear empties the entry.
func (p *padView) Clear() {
	p.cleaned = ""
	p.Set("")
}

// typed follows what is in the entry.
func (p *padView) typed() {
	setVisible(p.prompt, p.entry.Text == "")
	if p.entry.Text == "" {
		p.cleaned, p.again = "", phone.HistoryEntry{}
	}
	p.find()
}

// find looks for suggestions and shows the first.
func (p *padView) find() {
	p.found = suggest(p.entry.Text, p.current, 8)
	p.chosen = 0
	p.armed = len(p.found) > 0 && p.found[0].Armed
	p.showRow()
}

// showRow shows the suggestion, and what goes with it.
func (p *padView) showRow() {
	p.showHint()
	if len(p.found) == 0 {
		p.row.Hide()
		relayout(p.holder)
		return
	}
	f := p.found[p.chosen]
	data := widgets.RowData{
		Title: f.Name, Subtitle: f.Detail, Name: f.Name, Address: f.Person,
		Presence: presenceDot(p.current, f.Address),
	}
	if len(p.found) > 1 {
		data.Right = fmt.Sprintf("%d of %d", p.chosen+1, len(p.found))
	}
	if p.armed {
		data.RightIcon = assets.Enter
	} else {
		data.RightIcon = assets.ChevronDown
	}
	p.row.Set(data, p.armed, false)
	p.row.Show()
	relayout(p.holder)
}

// key moves through the suggestions without leaving the entry.
func (p *padView) key(e *fyne.KeyEvent) bool {
	switch e.Name {
	case fyne.KeyDown:
		if len(p.found) == 0 {
			return false
		}
		if p.armed {
			p.chosen = (p.chosen + 1) % len(p.found)
		}
		p.armed = true
		p.showRow()
		return true
	case fyne.KeyUp:
		if len(p.found) == 0 {
			return false
		}
		if p.chosen > 0 {
			p.chosen--
		} else {
			p.armed = false
		}
		p.showRow()
		return true
	case fyne.KeyEscape:
		if p.entry.Text == "" {
			return false
		}
		p.Clear()
		return true
	}
	return false
}

// enter is Enter in the entry: the marked suggestion, else what was typed.
func (p *padView) enter() {
	if p.armed && p.chosen < len(p.found) {
		p.dial(p.found[p.chosen].Address)
		return
	}
	p.submit()
}

// submit is the Call button: what was typed; an empty entry is filled with
// the last number, so that a second press calls it.
func (p *padView) submit() {
	target, _ := cleanTarget(p.entry.Text)
	if target == "" {
		if last := lastDialled(p.current); last.Peer != "" {
			p.SetAgain(last)
			p.found, p.armed = nil, false
			p.showRow()
		}
		return
	}
	if p.armed && isName(target) && p.chosen < len(p.found) {
		target = p.found[p.chosen].Address
	}
	p.dial(target)
}

// isName reports whether the text cannot be dialled as it stands but names a
// person.
func isName(text string) bool {
	return !isNumber(text) && !strings.ContainsAny(text, "@:*#")
}

func (p *padView) dial(target string) {
	if p.refusal(target) != "" {
		return
	}
	p.host.CallBack(target, p.account(target))
}

// account is that of the past call that is put in again; "" is the usual one.
func (p *padView) account(target string) string {
	if target == p.again.Peer || target == readableTarget(p.again.Peer) {
		return p.current.From(p.again.Account).Account
	}
	return ""
}

// from is the account that a call of a target would leave from.
func (p *padView) from(target string) (phone.AccountState, bool) {
	if id := p.account(target); id != "" && target != "" {
		i := slices.IndexFunc(p.current.Accounts, func(a phone.AccountState) bool { return a.ID == id })
		return p.current.Accounts[i], true
	}
	return p.current.Usual()
}

// press is a key of the pad: its tone and its character at the cursor.
func (p *padView) press(r rune) {
	p.host.Phone.KeyTone(r)
	p.entry.TypedRune(r)
}

func (p *padView) backspace() {
	if p.entry.Text == "" {
		return
	}
	p.entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
}

// Apply shows what the snapshot says about calling at all.
func (p *padView) Apply(s *phone.Snapshot, now time.Time) {
	p.current = s
	setVisible(p.demo, s.Demo)
	p.Tick(now)
	p.showHint()
	relayout(p.holder)
}

// Tick counts down to the demonstration's call.
func (p *padView) Tick(now time.Time) {
	if left := p.current.RingMeAt.Sub(now); left > 0 {
		p.demo.SetText(fmt.Sprintf("Ringing in %.0f s", math.Ceil(left.Seconds())))
		p.demo.Disable()
		return
	}
	p.demo.SetText("Ring me in 5 seconds")
	p.demo.Enable()
}

// target is what Enter would call.
func (p *padView) target() string {
	if p.armed && p.chosen < len(p.found) {
		return p.found[p.chosen].Address
	}
	return p.entry.Text
}

// refusal is why a target cannot be called, or "".
func (p *padView) refusal(target string) string {
	a, ok := p.from(target)
	if !ok {
		return "Add an account to make calls"
	}
	switch a.State {
	case phone.Registered:
		return ""
	case phone.Failed:
		return "You cannot call yet: " + firstLower(ExplainAccount(a, p.host.Now()).Title)
	case phone.Offline:
		return "You cannot call: the account is switched off"
	}
	return "You can call as soon as you are signed in"
}

// showHint says what Enter and Call would do.
func (p *padView) showHint() {
	target := p.target()
	refusal := p.refusal(target)
	p.call.SetEnabled(refusal == "")
	switch {
	case refusal != "":
		p.hint.SetColor(look.CautionText)
		p.hint.SetText(refusal)
	case p.cleaned != "":
		p.hint.SetColor(look.Muted)
		p.hint.SetText("cleaned from “" + p.cleaned + "”")
	default:
		p.hint.SetColor(look.Muted)
		p.hint.SetText(padHint)
		if a, ok := p.from(target); ok && severalAccounts(p.current) {
			p.hint.SetText("From " + plainAddress(a.URI) + " · Enter calls · Ctrl+R redials")
		}
	}
}
