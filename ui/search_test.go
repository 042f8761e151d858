package ui

import (
	"testing"

	"fyne.io/fyne/v2"

	"webphone/ui/look"
	"webphone/ui/model/modeltest"
	"webphone/ui/widgets"
)

func TestSearch_leadsToWhatItFound(t *testing.T) {
	for _, c := range []struct {
		rule       string
		place, key fyne.KeyName
		list       func(u *UI) *widgets.List
	}{
		{"past calls, by the arrow", fyne.Key2, fyne.KeyDown, func(u *UI) *widgets.List { return u.calls.(*callsScreen).list }},
		{"contacts, by the arrow", fyne.Key4, fyne.KeyDown, func(u *UI) *widgets.List { return u.contacts.(*contactsScreen).list }},
		{"chats, by Enter", fyne.Key3, fyne.KeyReturn, func(u *UI) *widgets.List { return u.chats.(*chatsScreen).list }},
	} {
		t.Run(c.rule, func(t *testing.T) {
			inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
				r.ctrl(c.place)
				r.ctrl(fyne.KeyF)
				r.typing("car")
				list := c.list(r.ui)
				list.Select("")
				r.key(c.key)
				found := list.Selected()
				if found == "" {
					t.Fatal("nothing is chosen")
				}
				for _, it := range list.Items() {
					if it.Key == found && it.Row.Title[:5] != "Carol" {
						t.Errorf("chosen is %q", it.Row.Title)
					}
				}
				if r.ui.window.Canvas().Focused() == r.ui.screen().Search() {
					t.Error("the keyboard stays in the search")
				}
			})
			inWindow(t, modeltest.Sample(), look.Light, 1000, 680, func(r *windowRig) {
				r.ctrl(c.place)
				r.ctrl(fyne.KeyF)
				r.typing("zzz")
				r.key(c.key)
				if r.ui.window.Canvas().Focused() != r.ui.screen().Search() {
					t.Error("with nothing found the keyboard leaves the search")
				}
				r.key(fyne.KeyEscape)
				if f, ok := r.ui.screen().Search().(*widgets.Field); !ok || f.Text != "" {
					t.Error("Escape does not end the search")
				}
			})
		})
	}
}
