package ui

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"webphone/phone"
)

// cleanTarget is what somebody typed or pasted, as it is dialled: without line
// breaks, the scheme of a link, and the spaces, brackets and dashes of a
// number; letters of a number such as 1-800-HELP stay. It reports whether more
// than the outer space went.
func cleanTarget(text string) (clean string, changed bool) {
	trimmed := strings.TrimSpace(text)
	s := strings.Join(strings.Fields(trimmed), " ")
	for _, scheme := range []string{"tel:", "callto:"} {
		if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			s = numberOfLink(s[len(scheme):])
		}
	}
	for _, scheme := range []string{"sip:", "sips:"} {
		if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			s = scheme + strings.TrimLeft(s[len(scheme):], "/ ")
		}
	}
	if isNumber(s) {
		s = strings.ReplaceAll(s, "(0)", "") // +49 (0) 241: the 0 is for callers at home
		s = strings.Map(func(r rune) rune {
			if strings.ContainsRune(" -()./", r) {
				return -1
			}
			return r
		}, s)
	}
	return s, s != trimmed
}

// numberOfLink is whom a tel or callto link is for, without the link's
// parameters (RFC 3966 §3) and pauses, and with its escapes undone.
func numberOfLink(rest string) string {
	rest = strings.TrimPrefix(rest, "//")
	if i := strings.IndexAny(rest, ";?,"); i >= 0 {
		rest = rest[:i]
	}
	if plain, err := url.PathUnescape(rest); err == nil {
		rest = plain
	}
	return strings.Join(strings.Fields(rest), " ")
}

// digitsOf are the digits in s.
func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// suggestion is somebody the user may mean.
type suggestion struct {
	Name    string
	Address string // to dial
	Person  string // the address that stands for the person: the first
	Detail  string // "030 4477 120 · office"
	// Armed says that Enter may dial it although the text is not the whole
	// address: a name was typed, or so much of one number that it cannot be
	// another.
	Armed bool
}

// sureDigits is how many digits must be typed before Enter completes them: an
// extension can be the beginning of another one.
const sureDigits = 6

// suggest is who query may mean: contacts first, then people of the history,
// each once, at most limit.
func suggest(query string, s *phone.Snapshot, limit int) []suggestion {
	query = strings.TrimSpace(query)
	if query == "" {
		return nil
	}
	var found []suggestion
	seen := map[string]bool{}
	add := func(name, address, person, note string) {
		key := strings.ToLower(plainAddress(address))
		if seen[key] || len(found) >= limit {
			return
		}
		seen[key] = true
		detail := readable(address)
		if note != "" {
			detail += " · " + note
		}
		found = append(found, suggestion{Name: nameOrNumber(name, address), Address: address, Person: person, Detail: detail})
	}
	var known []phone.Contact // found already
	for _, c := range s.Contacts {
		if i := matchContact(query, c); i >= 0 {
			add(c.Name, c.Addresses[i], c.Addresses[0], c.Note)
			known = append(known, c)
		}
	}
	for _, h := range s.History {
		if _, ok := phone.ContactOf(known, h.Peer); ok {
			continue
		}
		if matchName(query, h.DisplayName) || matchAddress(query, h.Peer) {
			add(h.DisplayName, h.Peer, h.Peer, "")
		}
	}
	return arm(query, found)
}

// arm marks the suggestions that Enter may dial.
func arm(query string, found []suggestion) []suggestion {
	number := isNumber(query) || strings.ContainsAny(query, "*#")
	for i := range found {
		if number {
			found[i].Armed = len(found) == 1 && len(digitsOf(query)) >= sureDigits
		} else {
			found[i].Armed = !strings.ContainsAny(query, "@:")
		}
	}
	return found
}

// readable is an address as it is shown below a name.
func readable(address string) string {
	plain := plainAddress(address)
	if isNumber(plain) {
		return spacedNumber(plain)
	}
	return plain
}

// matchContact is the index of the contact's address that query means, or -1.
func matchContact(query string, c phone.Contact) int {
	if len(c.Addresses) == 0 {
		return -1
	}
	if i := slices.IndexFunc(c.Addresses, func(a string) bool { return matchAddress(query, a) }); i >= 0 {
		return i
	}
	if matchName(query, c.Name) {
		return 0
	}
	return -1
}

// matchName reports whether a word of the name, or the name itself, begins
// with query.
func matchName(query, name string) bool {
	if isNumber(query) {
		return false
	}
	query, name = strings.ToLower(query), strings.ToLower(name)
	if strings.HasPrefix(name, query) {
		return true
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, query) })
}

// matchAddress reports whether the address begins with query; of numbers only
// the digits count, so that 0304477 finds 030 4477 120, and +49 30 4477 120
// is found by the end of it.
func matchAddress(query, address string) bool {
	plain := strings.ToLower(plainAddress(address))
	q := strings.ToLower(plainAddress(query))
	if isNumber(query) {
		user, _, _ := strings.Cut(plain, "@")
		if !isNumber(user) {
			return false
		}
		digits, typed := digitsOf(user), digitsOf(query)
		return typed != "" && (strings.HasPrefix(digits, typed) || len(typed) >= sureDigits && strings.Contains(digits, strings.TrimLeft(typed, "0")))
	}
	return q != "" && strings.HasPrefix(plain, q)
}

// lastDialled is the last call that the user made; zero if there is none.
func lastDialled(s *phone.Snapshot) phone.HistoryEntry {
	for _, h := range s.History {
		if h.Direction == phone.Outgoing {
			return h
		}
	}
	return phone.HistoryEntry{}
}

// lastCallWith is the last call with somebody; zero if there is none.
func lastCallWith(s *phone.Snapshot, peer string) phone.HistoryEntry {
	for _, h := range s.History {
		if h.Peer == peer {
			return h
		}
	}
	return phone.HistoryEntry{}
}
