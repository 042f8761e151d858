package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/widgets"
)

// contactsScreen is the user's own list of people and the chosen one, or the
// form to change them, beside it.
type contactsScreen struct {
	host *host
	page *contactPage
	form *contactForm

	column  fyne.CanvasObject
	list    *widgets.List
	search  *widgets.Field
	body    *fyne.Container
	right   *fyne.Container
	nothing fyne.CanvasObject
	inSight bool
	empty   string
	found   int
	awaited phone.Contact // was saved and is not in a snapshot yet
}

var _ contactScreen = (*contactsScreen)(nil)

func newContacts(h *host) *contactsScreen {
	s := &contactsScreen{host: h, list: widgets.NewList(), search: widgets.NewSearchField("Search contacts", assets.Search)}
	s.page = newContactPage(h, s.edit, s.askDelete)
	s.form = newContactForm(h, s.saved, s.closeForm)
	s.search.OnChanged = func(string) { s.Apply(h.Model.Snapshot()) }
	leadTo(h, s.search, s.list)
	s.list.OnSelect = func(key string) { s.choose(key) }
	s.list.OnOpen = s.enter
	s.list.OnKey = s.listKey
	s.list.OnMenu = s.listMenu
	add := widgets.NewSmallButton(widgets.Quiet, "Add", assets.Plus, func() { s.Add("", "") })
	s.body = container.NewStack(s.list)
	s.column = newFrame(listHead("Contacts", []fyne.CanvasObject{add}, s.search, widgets.Space(1, 2)), s.body, nil)
	s.nothing = emptyPage(assets.Person, "Contacts", "Choose somebody in the list, or add a new contact.")
	s.right = container.NewStack(s.nothing)
	return s
}

func (s *contactsScreen) List() fyne.CanvasObject { return s.column }
func (s *contactsScreen) Page() fyne.CanvasObject { return s.right }
func (s *contactsScreen) Search() fyne.Focusable  { return s.search }

func (s *contactsScreen) PageTitle() string {
	if s.editing() {
		return s.form.title()
	}
	return "Contact"
}

func (s *contactsScreen) Focus() fyne.Focusable {
	if s.editing() {
		return s.form.name
	}
	return s.list
}

func (s *contactsScreen) editing() bool { return s.right.Objects[0] == s.form.content }

// Shown does nothing but choose somebody to show.
func (s *contactsScreen) Shown(inSight bool) {
	s.inSight = inSight
	s.Apply(s.host.Model.Snapshot())
}

// Escape leaves an untouched form, then the search. What was typed into a
// form stays until Cancel.
func (s *contactsScreen) Escape() bool {
	switch {
	case s.editing() && !s.form.touched():
		s.closeForm()
	case s.search.Text != "":
		s.search.SetText("")
	default:
		return false
	}
	return true
}

// Add opens the form for a new contact, or shows the one that has the address
// already.
func (s *contactsScreen) Add(name, address string) {
	if c, ok := phone.ContactOf(s.host.Model.Snapshot().Contacts, address); ok && address != "" {
		s.choose(contactKey(c))
		s.list.ScrollToSelected()
		if s.host.Compact() {
			s.host.ShowPage()
		}
		return
	}
	s.edit(phone.Contact{Name: name, Addresses: []string{address}})
}

func (s *contactsScreen) edit(c phone.Contact) {
	s.form.begin(c)
	s.swap(s.form.content)
	if s.host.Compact() {
		s.host.ShowPage()
	}
	s.host.Focus(s.form.name)
}

// saved waits for the contact to come back in a snapshot, and shows it.
func (s *contactsScreen) saved(c phone.Contact) {
	s.awaited = c
	s.closeForm()
	s.Apply(s.host.Model.Snapshot())
}

func (s *contactsScreen) closeForm() {
	s.swap(s.shownPage())
	if s.host.Compact() && s.list.Selected() == "" {
		s.host.ShowList()
	}
	s.host.Focus(s.list)
}

// shownPage is what stands beside the list when no form does.
func (s *contactsScreen) shownPage() fyne.CanvasObject {
	if s.list.Selected() == "" {
		return s.nothing
	}
	return s.page.content
}

func (s *contactsScreen) swap(o fyne.CanvasObject) {
	if s.right.Objects[0] != o {
		s.right.Objects[0] = o
		s.right.Refresh()
		s.host.TitleChanged()
	}
}

// Apply shows the contacts of a snapshot.
func (s *contactsScreen) Apply(snap *phone.Snapshot) {
	items, found := contactItems(snap, s.search.Text)
	s.found = found
	s.list.SetItems(items)
	s.showEmpty(snap)
	if s.awaited.Name != "" {
		for _, c := range snap.Contacts {
			if c.Name == s.awaited.Name && slices.Equal(c.Addresses, s.awaited.Addresses) {
				s.awaited = phone.Contact{}
				s.list.Select(contactKey(c))
				s.list.ScrollToSelected()
				break
			}
		}
	}
	c, ok := contactByKey(snap.Contacts, s.list.Selected())
	if !ok {
		s.list.Select("")
		if s.inSight && !s.host.Compact() && found > 0 && s.search.Text == "" {
			c, ok = contactByKey(snap.Contacts, firstKey(items))
			s.list.Select(contactKey(c))
		}
	}
	if ok {
		s.page.show(c)
		s.page.setPresence(snap)
	}
	if !s.editing() {
		s.swap(s.shownPage())
	}
}

func firstKey(items []widgets.Item) string {
	for _, it := range items {
		if it.Heading == "" {
			return it.Key
		}
	}
	return ""
}

// contactItems are the contacts that a search finds: favourites, then all by
// the first letter.
func contactItems(snap *phone.Snapshot, query string) (items []widgets.Item, found int) {
	var favourites, rest []widgets.Item
	letter := ""
	for _, c := range snap.Contacts {
		if !finds(query, append([]string{c.Name, c.Note}, c.Addresses...)...) {
			continue
		}
		found++
		if c.Favourite {
			it := widgets.Item{Key: contactKey(c), Row: contactRow(snap, c)}
			favourites = append(favourites, it)
			continue
		}
		if l := firstLetter(c.Name); l != letter {
			rest, letter = append(rest, widgets.Item{Heading: l}), l
		}
		rest = append(rest, widgets.Item{Key: contactKey(c), Row: contactRow(snap, c)})
	}
	if len(favourites) > 0 {
		items = append([]widgets.Item{{Heading: "Favourites"}}, favourites...)
	}
	return append(items, rest...), found
}

func firstLetter(name string) string {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(name))
	if !unicode.IsLetter(r) {
		return "#"
	}
	return string(unicode.ToUpper(r))
}

func contactKey(c phone.Contact) string { return strconv.FormatInt(c.ID, 10) }

func contactByKey(contacts []phone.Contact, key string) (phone.Contact, bool) {
	for _, c := range contacts {
		if contactKey(c) == key {
			return c, true
		}
	}
	return phone.Contact{}, false
}

func contactRow(snap *phone.Snapshot, c phone.Contact) widgets.RowData {
	row := widgets.RowData{Title: c.Name, Name: c.Name, Address: c.Name}
	if len(c.Addresses) > 0 {
		row.Subtitle, row.Address = readable(c.Addresses[0]), fullAddress(c.Addresses[0])
	}
	switch {
	case c.Note == "":
	case c.Own():
		row.Subtitle += " · " + oneLine(c.Note)
	default: // what a robot of the demo does says more than its address
		row.Subtitle = oneLine(c.Note)
	}
	if c.Favourite {
		row.RightIcon = assets.StarFilled
	}
	reached := contactPresence(snap, c)
	row.Presence, row.Right = presenceDot(snap, reached), presenceWord(snap, reached)
	return row
}

// fullAddress is an address as calls and messages name it, so that a person
// has one tint everywhere.
func fullAddress(a string) string {
	if hasScheme(a) || !strings.Contains(a, "@") {
		return a
	}
	return "sip:" + a
}

func (s *contactsScreen) showEmpty(snap *phone.Snapshot) {
	empty := ""
	switch {
	case s.found > 0:
	case s.search.Text != "":
		empty = "search " + s.search.Text
	default:
		empty = "contacts"
	}
	if empty == s.empty {
		return
	}
	s.empty = empty
	var o fyne.CanvasObject = s.list
	switch empty {
	case "":
	case "contacts":
		o = emptyPage(assets.Person, "No contacts yet", "People you call often will stand here, with a name for every number.",
			widgets.NewSmallButton(widgets.Primary, "Add a contact", nil, func() { s.Add("", "") }))
	default:
		query := s.search.Text
		o = emptyPage(assets.Search, "Nothing matches “"+query+"”", "You can call it all the same, or add it.",
			widgets.NewSmallButton(widgets.Positive, "Call "+query, assets.Call, func() { s.host.Call(query) }),
			widgets.NewSmallButton(widgets.Outline, "Add", nil, func() { s.addFound(query) }))
	}
	s.body.Objects = []fyne.CanvasObject{o}
	s.body.Refresh()
}

// addFound begins a contact with what was searched for.
func (s *contactsScreen) addFound(query string) {
	if isNumber(query) || strings.Contains(query, "@") {
		s.Add("", query)
		return
	}
	s.Add(query, "")
}

func (s *contactsScreen) choose(key string) {
	c, ok := contactByKey(s.host.Model.Snapshot().Contacts, key)
	if !ok {
		return
	}
	s.list.Select(key)
	s.page.show(c)
	if s.editing() && s.form.touched() {
		s.host.Confirm("Leave without saving?", "What you typed into the form is lost.", "Leave", func() { s.swap(s.page.content) })
		return
	}
	s.swap(s.page.content)
	if opensPage(s.host, s.list) {
		s.host.ShowPage()
	}
}

func (s *contactsScreen) enter(key string) {
	c, ok := contactByKey(s.host.Model.Snapshot().Contacts, key)
	switch {
	case !ok:
	case s.host.Compact():
		s.choose(key)
		s.host.ShowPage()
	case len(c.Addresses) > 0:
		s.host.Call(c.Addresses[0])
	}
}

func (s *contactsScreen) listKey(key string, e *fyne.KeyEvent) bool {
	c, ok := contactByKey(s.host.Model.Snapshot().Contacts, key)
	if ok && e.Name == fyne.KeyDelete && c.Own() {
		s.askDelete(c)
		return true
	}
	return false
}

func (s *contactsScreen) listMenu(key string, at fyne.Position) {
	c, ok := contactByKey(s.host.Model.Snapshot().Contacts, key)
	if !ok || len(c.Addresses) == 0 {
		return
	}
	items := []*fyne.MenuItem{
		fyne.NewMenuItem("Call", func() { s.host.Call(c.Addresses[0]) }),
		fyne.NewMenuItem("Message", func() { s.host.Chat(c.Addresses[0]) }),
	}
	if c.Own() {
		items = append(items, fyne.NewMenuItemSeparator(),
			fyne.NewMenuItem("Edit", func() { s.choose(key); s.edit(c) }),
			fyne.NewMenuItem("Delete", func() { s.askDelete(c) }))
	}
	showMenu(s.host, at, items...)
}

func (s *contactsScreen) askDelete(c phone.Contact) {
	s.host.Confirm(fmt.Sprintf("Delete the contact %s?", c.Name), "Calls and messages with this person stay.", "Delete", func() {
		s.host.Run(func() error { return s.host.Phone.DeleteContact(c.ID) }, func(err error) {
			if err == nil && s.host.Compact() {
				s.host.ShowList()
			}
		})
	})
}
