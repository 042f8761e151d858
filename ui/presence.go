package ui

import (
	"webphone/phone"
	"webphone/ui/widgets"
)

// presenceDot is the dot at the avatar of the person at an address.
func presenceDot(s *phone.Snapshot, address string) widgets.Presence {
	switch s.PresenceOf(address).Availability {
	case phone.Available:
		return widgets.Available
	case phone.Away:
		return widgets.Away
	case phone.Busy, phone.InCall:
		return widgets.Failing
	case phone.Unreachable:
		return widgets.Unreachable
	case phone.Unknown:
	}
	return widgets.NoPresence
}

// presenceWord is the same in a word, "" while it is not known.
func presenceWord(s *phone.Snapshot, address string) string {
	switch s.PresenceOf(address).Availability {
	case phone.Available:
		return "Available"
	case phone.Away:
		return "Away"
	case phone.Busy:
		return "Busy"
	case phone.InCall:
		return "On the phone"
	case phone.Unreachable:
		return "Offline"
	case phone.Unknown:
	}
	return ""
}

// contactPresence is the first known address of a contact, or its first.
func contactPresence(s *phone.Snapshot, c phone.Contact) string {
	for _, a := range c.Addresses {
		if s.PresenceOf(a).Availability != phone.Unknown {
			return a
		}
	}
	return ""
}

// withPresence adds the dots to the rows of people.
func withPresence(s *phone.Snapshot, items []widgets.Item) []widgets.Item {
	for i := range items {
		if row := &items[i].Row; row.Presence == widgets.NoPresence && row.Address != "" {
			row.Presence = presenceDot(s, row.Address)
		}
	}
	return items
}
