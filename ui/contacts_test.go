package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/google/go-cmp/cmp"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
)

func contactsRig(t *testing.T, s *phone.Snapshot) (*rig, *contactsScreen) {
	t.Helper()
	var contacts *contactsScreen
	r := newRig(t, s, look.Light, false, func(h *host) screen { contacts = newContacts(h); return contacts })
	return r, contacts
}

// settle lets work beside the window end and shows its result.
func (r *rig) settle() {
	r.host.Model.Close()
	r.queue.Drain()
}

func TestContacts_favouritesFirstThenByLetter(t *testing.T) {
	_, s := contactsRig(t, modeltest.Sample())
	var got []string
	for _, it := range s.list.Items() {
		if it.Heading != "" {
			got = append(got, "# "+it.Heading)
			continue
		}
		got = append(got, it.Row.Title+" | "+it.Row.Subtitle)
	}
	want := []string{
		"# Favourites", "Bob Meyer | bob@example.com · office", "Support queue | support@example.com",
		"# C", "Carol Ruiz | carol@example.com", "# D", "Dana Petrov | dana@example.com",
		"# E", "Echo test | echo@example.com · you hear yourself", "Erik Lund | erik@example.com",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	s.search.SetText("0199")
	if s.found != 1 {
		t.Errorf("a second number finds %d", s.found)
	}
}

func TestContacts_aNewOneIsSavedAndShown(t *testing.T) {
	r, s := contactsRig(t, modeltest.Sample())
	s.Add("Fred", "fred@example.com")
	if r.window.Canvas().Focused() != s.form.name {
		t.Error("the form does not have the keyboard")
	}
	test.Tap(s.form.favourite)
	s.form.addField("030 99")
	test.Tap(s.form.save)
	r.settle()
	want := "SaveContact({ID:0 Name:Fred Addresses:[fred@example.com 030 99] Favourite:true Note: Watched:true})"
	if !r.phone.Was(want) {
		t.Fatalf("called %q", r.phone.Called())
	}
	if s.editing() {
		t.Error("the form is still there")
	}
	r.update(func(s *phone.Snapshot) {
		s.Contacts = append(s.Contacts, phone.Contact{ID: 9, Name: "Fred", Addresses: []string{"fred@example.com", "030 99"}, Favourite: true})
	})
	if s.page.contact.ID != 9 || s.list.Selected() != "9" {
		t.Errorf("shown is %+v", s.page.contact)
	}
}

func TestContacts_refusedOneStaysInTheForm(t *testing.T) {
	r, s := contactsRig(t, modeltest.Sample())
	s.Add("", "")
	r.phone.Errors["SaveContact"] = nothingTyped
	s.form.note.SetText("who was it?")
	r.press(fyne.KeyReturn)
	r.settle()
	r.golden("contacts-refused")
	if !s.editing() || s.form.note.Text != "who was it?" || s.form.save.Disabled() {
		t.Error("the form is gone or empty")
	}
	if s.Escape() {
		t.Error("Escape throws away what was typed")
	}
}

func TestContacts_anAddressThatIsKnownShowsItsContact(t *testing.T) {
	_, s := contactsRig(t, modeltest.Sample())
	s.Add("Somebody", "+49305550199")
	if s.editing() || s.page.contact.Name != "Dana Petrov" {
		t.Errorf("editing %v, shown %q", s.editing(), s.page.contact.Name)
	}
}

func TestContacts_thoseOfTheDemoCannotBeChanged(t *testing.T) {
	snap := modeltest.Sample()
	snap.Contacts = []phone.Contact{{ID: -1, Name: "Echo", Addresses: []string{"echo@demo.invalid"}}}
	r, s := contactsRig(t, snap)
	if s.page.change.Visible() || s.page.del.Visible() || s.page.star.Visible() {
		t.Error("the page offers changes that the phone refuses")
	}
	r.window.Canvas().Focus(s.list)
	r.press(fyne.KeyDelete)
	if len(r.log) != 0 {
		t.Errorf("asked %q", r.log)
	}
}

func TestContacts_keys(t *testing.T) {
	r, s := contactsRig(t, modeltest.Sample())
	r.window.Canvas().Focus(s.list)
	r.press(fyne.KeyDown)
	r.press(fyne.KeyDown)
	r.press(fyne.KeyReturn)
	r.press(fyne.KeyDelete)
	if d := cmp.Diff([]string{"call sip:carol@example.com", "confirm Delete the contact Carol Ruiz?"}, r.log); d != "" {
		t.Error(d)
	}
	r.asked()
	if !r.phone.Was("DeleteContact(2)") {
		t.Errorf("called %q", r.phone.Called())
	}
	test.Tap(s.page.star)
	if got := r.phone.Called()[1]; got != "SaveContact({ID:2 Name:Carol Ruiz Addresses:[sip:carol@example.com] Favourite:true Note: Watched:false})" {
		t.Errorf("the star called %s", got)
	}
}
