package ui

import (
	"regexp"
	"strings"

	"fyne.io/fyne/v2"

	"webphone/ui/look"
	"webphone/ui/widgets"
)

// links finds what may be opened from a message: web pages and addresses to
// call, nothing else.
var links = regexp.MustCompile(`(?i)\b(?:https?://|sips?:|tel:)[^\s<>"]+`)

// span is a link within a text, from begin to end in bytes.
type span struct {
	begin, end int
	target     string
}

// findLinks returns the links of a text, in order. Punctuation at the end of
// a link belongs to the sentence around it, as does a bracket that the link
// did not open.
func findLinks(text string) []span {
	var found []span
	for _, at := range links.FindAllStringIndex(text, -1) {
		link := text[at[0]:at[1]]
		for link != "" {
			trimmed := strings.TrimRight(link, ".,;:!?'’*_")
			if strings.HasSuffix(trimmed, ")") && strings.Count(trimmed, "(") < strings.Count(trimmed, ")") {
				trimmed = trimmed[:len(trimmed)-1]
			}
			if trimmed == link {
				break
			}
			link = trimmed
		}
		if i := strings.Index(link, ":"); i < 0 || strings.Trim(link[i:], ":/") == "" {
			continue // a scheme alone
		}
		found = append(found, span{at[0], at[0] + len(link), link})
	}
	return found
}

// piece is part of a line of a bubble: plain text or a link.
type piece struct {
	text   string
	target string // of a link, else ""
}

// shownRunes is how much of a message is shown: what is sent from a program
// instead of a person may be of any length.
const shownRunes = 4000

// cutNote stands below a message of which only the beginning is shown.
const cutNote = "… Only the beginning is shown. Copy in the menu takes all of it."

// breakMessage breaks a message into lines of at most width, each a row of
// pieces. Of a very long one it takes the beginning and a note.
func breakMessage(text string, width float32) [][]piece {
	head, all := widgets.FirstRunes(text, shownRunes)
	spans := findLinks(head)
	if all {
		return breakText(head, width, spans)
	}
	// A link that was cut would lead elsewhere.
	if i := len(spans) - 1; i >= 0 && spans[i].begin > strings.LastIndexAny(head, "\t\n\f\r <>\"") {
		spans = spans[:i]
	}
	return append(breakText(head, width, spans), breakText(cutNote, width, nil)...)
}

func breakText(text string, width float32, spans []span) [][]piece {
	lines := widgets.WrapText(text, width, look.BodyText, fyne.TextStyle{})
	broken := make([][]piece, len(lines))
	at := 0
	for i, line := range lines {
		if j := strings.Index(text[at:], line); j >= 0 {
			at += j
		}
		broken[i] = cut(line, at, spans)
		at += len(line)
	}
	return broken
}

// cut splits a line that begins at offset in its text where links begin and
// end.
func cut(line string, offset int, spans []span) []piece {
	var pieces []piece
	done := 0
	for _, s := range spans {
		begin, end := max(s.begin-offset, done), min(s.end-offset, len(line))
		if begin >= end {
			continue
		}
		if begin > done {
			pieces = append(pieces, piece{text: line[done:begin]})
		}
		pieces = append(pieces, piece{text: line[begin:end], target: s.target})
		done = end
	}
	if done < len(line) || len(pieces) == 0 {
		pieces = append(pieces, piece{text: line[done:]})
	}
	return pieces
}

// isWeb reports whether a link opens in the browser.
func isWeb(link string) bool {
	l := strings.ToLower(link)
	return strings.HasPrefix(l, "http://") || strings.HasPrefix(l, "https://")
}
