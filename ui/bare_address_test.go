package ui

import (
	"testing"

	"webphone/phone"
	"webphone/ui/model/modeltest"
)

// bareNamed is the sample with Bob's contact as one types it who has one
// server: without the domain.
func bareNamed() *phone.Snapshot {
	s := modeltest.Sample()
	for i, c := range s.Contacts {
		if c.Name == "Bob Meyer" {
			s.Contacts[i].Addresses = []string{"bob"}
		}
	}
	return s
}

func TestBareAddress_isTheContactOfItsCalls(t *testing.T) {
	_, s := callsRig(t, bareNamed())
	if s.page.contact.Label() != "Open contact" {
		t.Errorf("for Bob, whose contact has no domain: %q", s.page.contact.Label())
	}
}

func TestBareAddress_isSuggestedOnce(t *testing.T) {
	if found := suggest("bob", bareNamed(), 8); len(found) != 1 || found[0].Address != "bob" {
		t.Errorf("suggested: %+v", found)
	}
}
