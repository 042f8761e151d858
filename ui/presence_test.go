package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"webphone/phone"
	"webphone/ui/look"
	"webphone/ui/model/modeltest"
	"webphone/ui/widgets"
)

func TestPresence_dotsAndWords(t *testing.T) {
	s := modeltest.Sample()
	for _, c := range []struct {
		is   phone.Availability
		dot  widgets.Presence
		word string
	}{
		{phone.Unknown, widgets.NoPresence, ""},
		{phone.Available, widgets.Available, "Available"},
		{phone.Away, widgets.Away, "Away"},
		{phone.Busy, widgets.Failing, "Busy"},
		{phone.InCall, widgets.Failing, "On the phone"},
		{phone.Unreachable, widgets.Unreachable, "Offline"},
	} {
		s.Presence = map[string]phone.Presence{"bob@example.com": {Availability: c.is}}
		for _, address := range []string{modeltest.Bob, "BOB@example.com", "sips:bob@example.com;transport=ws"} {
			if dot, word := presenceDot(s, address), presenceWord(s, address); dot != c.dot || word != c.word {
				t.Errorf("%q of %s is dot %v, %q; want %v, %q", c.is, address, dot, word, c.dot, c.word)
			}
		}
		if presenceDot(s, modeltest.Carol) != widgets.NoPresence {
			t.Error("Bob's presence is shown at Carol")
		}
	}
}

func TestVoicemail_isCalled(t *testing.T) {
	inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
		if r.ui.shell.mail.Visible() || r.ui.shell.top.mail.Visible() {
			t.Fatal("there is an envelope without voicemail")
		}
		r.update(func(s *phone.Snapshot) { s.Accounts[0].Voicemail = phone.Voicemail{Waiting: true} })
		r.tap(r.ui.shell.mail)
		if got := r.phone.Called(); len(got) != 0 && got[len(got)-1] == `Dial("")` {
			t.Errorf("a mailbox without address was called: %v", got)
		}
		if !r.ui.strip.passing.banner.Visible() {
			t.Error("nobody says why nothing happens")
		}
		r.update(func(s *phone.Snapshot) {
			s.Accounts[0].Voicemail = phone.Voicemail{Waiting: true, New: 3, Address: "sip:voicemail@example.com"}
		})
		r.tap(r.ui.shell.mail)
		r.want(`Dial("sip:voicemail@example.com")`)
		r.update(func(s *phone.Snapshot) { s.Accounts[0].Voicemail = phone.Voicemail{Old: 3} })
		if r.ui.shell.mail.Visible() {
			t.Error("the envelope stays after all was heard")
		}
	})
}

func TestContact_newOnesAreShownWhenAvailable(t *testing.T) {
	inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
		r.ctrl(fyne.Key4)
		contacts, ok := r.ui.contacts.(*contactsScreen)
		if !ok {
			t.Fatal("not the screen of contacts")
		}
		contacts.Add("Zoe", "zoe@example.com")
		if !contacts.form.watched.On() {
			t.Error("a new contact is not shown when available")
		}
		contacts.edit(modeltest.Sample().Contacts[1])
		if contacts.form.watched.On() || contacts.form.touched() {
			t.Error("an old contact's switch has moved by itself")
		}
	})
}
