package ui

import (
	"slices"
	"testing"
	"testing/synctest"

	"fyne.io/fyne/v2"

	"webphone/phone"
	"webphone/ui/model/modeltest"
)

func TestChats_tellThatOneTypes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := chatsRig(t, modeltest.Sample(), false)
		s.Open(modeltest.Bob)
		r.typeIn("hi")
		s.page.entry.SetText("")
		if want := []string{modeltest.Bob + " true", modeltest.Bob + " true", modeltest.Bob + " false"}; !slices.Equal(r.phone.Typed(), want) {
			t.Errorf("told %q, want %q", r.phone.Typed(), want)
		}
		r.typeIn("x")
		r.press(fyne.KeyReturn)
		r.queue.Settle()
		if n := len(r.phone.Typed()); n != 4 {
			t.Errorf("sending told of the typing too: %q", r.phone.Typed())
		}
		r.typeIn("draft")
		before := len(r.phone.Typed())
		s.list.OnSelect(modeltest.Carol)
		s.Open(modeltest.Bob) // brings the draft back, which nobody types
		if n := len(r.phone.Typed()); s.page.entry.Text != "draft" || slices.Contains(r.phone.Typed()[before:n], modeltest.Carol+" true") {
			t.Errorf("turning the page told %q", r.phone.Typed()[before:])
		}
	})
}

func TestChats_showWhoTypes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := chatsRig(t, modeltest.Sample(), false)
		s.Open(modeltest.Bob)
		r.update(func(s *phone.Snapshot) {
			s.Threads[0].Typing = true
			s.Presence = map[string]phone.Presence{"bob@example.com": {Availability: phone.Available}}
		})
		if got := s.page.address.Content(); got != "Available · typing…" {
			t.Errorf("below the name stands %q", got)
		}
		if got := s.list.Items()[0].Row.Subtitle; got != "Bob is typing…" {
			t.Errorf("the list says %q", got)
		}
		r.update(func(s *phone.Snapshot) { s.Threads[0].Typing, s.Presence = false, nil })
		if got := s.page.address.Content(); got != "bob@example.com" {
			t.Errorf("afterwards it stays %q", got)
		}
	})
}
