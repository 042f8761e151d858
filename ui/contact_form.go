package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/widgets"
)

// contactForm changes a contact or makes a new one. A refusal of the phone is
// shown at its field, and everything typed stays.
type contactForm struct {
	host    *host
	content *widgets.PageScroll
	saved   func(phone.Contact)

	old       phone.Contact // as the form began
	heading   *widgets.Text
	name      *widgets.Field
	nameBox   *widgets.Labelled
	fields    []*widgets.Field // addresses
	addresses *fyne.Container
	addrBox   *widgets.Labelled
	note      *widgets.Field
	favourite *widgets.Switch
	watched   *widgets.Switch
	problem   *widgets.Banner
	save      *widgets.Button
	busy      bool
}

func newContactForm(h *host, saved func(phone.Contact), cancel func()) *contactForm {
	f := &contactForm{host: h, saved: saved, heading: widgets.NewHeading("")}
	f.name = widgets.NewField("Bob Meyer")
	f.name.OnSubmitted = func(string) { f.submit() }
	f.nameBox = widgets.NewLabelled("Name", f.name)
	f.addresses = widgets.NewColumn(8)
	f.addrBox = widgets.NewLabelled("Addresses and numbers", f.addresses)
	more := widgets.NewLink("Add another", look.MinorText, func() { h.Focus(f.addField("")); f.relayout() })
	f.note = widgets.NewField("office, birthday, …")
	f.note.OnSubmitted = func(string) { f.submit() }
	f.favourite, f.watched = widgets.NewSwitch(nil), widgets.NewSwitch(nil)
	f.problem = widgets.NewBanner(widgets.Problem, nil, "")
	f.problem.Hide()
	f.save = widgets.NewButton(widgets.Primary, "Save", nil, f.submit)
	stop := widgets.NewButton(widgets.Outline, "Cancel", nil, cancel)
	f.content = widgets.NewPageScroll(widgets.NewInset(widgets.Insets{Top: 24, Right: 34, Bottom: 24, Left: 34}, widgets.NewColumn(14,
		f.heading, f.problem, f.nameBox, f.addrBox,
		widgets.NewLine(0, -1, more),
		widgets.NewLabelled("Note", f.note),
		widgets.NewLine(12, 0, widgets.NewText("Favourite, at the top of the list", look.BodyText, look.Text), f.favourite),
		widgets.NewLine(12, 0, widgets.NewText("Show when available", look.BodyText, look.Text), f.watched),
		widgets.Space(1, 2),
		widgets.NewWrapping(10, 10, f.save, stop),
	)))
	return f
}

func (f *contactForm) title() string { return f.heading.Content() }

// begin fills the form with a contact; ID 0 is a new one.
func (f *contactForm) begin(c phone.Contact) {
	f.old, f.busy = c, false
	f.save.Enable()
	f.heading.SetText("Edit contact")
	if c.ID == 0 {
		f.heading.SetText("New contact")
	}
	f.clearProblems()
	f.name.SetText(c.Name)
	f.note.SetText(c.Note)
	f.favourite.SetOn(c.Favourite)
	f.watched.SetOn(c.Watched || c.ID == 0) // only colleagues on the same server are asked for
	f.fields, f.addresses.Objects = nil, nil
	for _, a := range c.Addresses {
		f.addField(a)
	}
	if len(f.fields) == 0 {
		f.addField("")
	}
	f.relayout()
}

func (f *contactForm) addField(text string) *widgets.Field {
	field := widgets.NewField("bob@example.com or 030 4477 120")
	field.SetText(text)
	field.OnSubmitted = func(string) { f.submit() }
	f.fields = append(f.fields, field)
	f.addresses.Objects = append(f.addresses.Objects, field)
	f.addresses.Refresh()
	return field
}

// contact is what the form says now.
func (f *contactForm) contact() phone.Contact {
	c := phone.Contact{
		ID: f.old.ID, Name: strings.TrimSpace(f.name.Text), Note: strings.TrimSpace(f.note.Text), Favourite: f.favourite.On(),
		Watched: f.watched.On(),
	}
	for _, field := range f.fields {
		if a := strings.TrimSpace(field.Text); a != "" {
			c.Addresses = append(c.Addresses, a)
		}
	}
	return c
}

// touched reports whether something would be lost by leaving.
func (f *contactForm) touched() bool {
	c, old := f.contact(), f.old
	old.Addresses = slices.DeleteFunc(slices.Clone(old.Addresses), func(a string) bool { return strings.TrimSpace(a) == "" })
	return c.Name != old.Name || c.Note != old.Note || c.Favourite != old.Favourite || c.Watched != (old.Watched || old.ID == 0) || !slices.Equal(c.Addresses, old.Addresses)
}

func (f *contactForm) submit() {
	if f.busy {
		return
	}
	f.busy = true
	f.save.Disable()
	f.clearProblems()
	c := f.contact()
	f.host.Model.Do(func() error { return f.host.Phone.SaveContact(c) }, func(err error) {
		f.busy = false
		f.save.Enable()
		if err != nil {
			f.showProblem(err)
			return
		}
		f.saved(c)
	})
}

func (f *contactForm) clearProblems() {
	f.nameBox.SetProblem("")
	f.addrBox.SetProblem("")
	f.problem.Hide()
	f.relayout()
}

// showProblem puts each fault at its field, and what belongs to none on top.
func (f *contactForm) showProblem(err error) {
	fields := fieldErrors(err)
	for _, e := range fields {
		switch e.Field {
		case "name":
			f.nameBox.SetProblem(fieldWords(e))
		case "addresses":
			f.addrBox.SetProblem(fieldWords(e))
		default:
			f.tell(fieldWords(e))
		}
	}
	if len(fields) == 0 {
		f.tell(Explain(err, Subject{}).String())
	}
	f.relayout()
}

func (f *contactForm) tell(sentence string) {
	f.problem.Set(widgets.Problem, nil, sentence)
	f.problem.Show()
}

func (f *contactForm) relayout() { f.content.Relayout() }
