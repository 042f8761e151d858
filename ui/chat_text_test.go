package ui

import (
	"strings"
	"testing"
	"unicode/utf8"

	"webphone/ui/model/modeltest"
)

func TestBreakMessage_showsTheBeginningOfAVeryLongOne(t *testing.T) {
	chatsRig(t, modeltest.Sample(), false)
	const link = "https://example.com/whole"
	for _, c := range []struct {
		rule, text string
		cut        bool
		links      string
	}{
		{"as much as is shown is whole", strings.Repeat("ä", shownRunes), false, ""},
		{"one rune more is cut", strings.Repeat("ä", shownRunes+1), true, ""},
		{"a link before the cut leads where it says", link + strings.Repeat(" word", shownRunes), true, link},
		{"a link at the cut is none", link + " " + strings.Repeat("w", shownRunes-50) + " https://example.com/" + strings.Repeat("x", 100), true, link},
	} {
		t.Run(c.rule, func(t *testing.T) {
			var shown, links strings.Builder
			lines := breakMessage(c.text, 1000)
			for _, line := range lines {
				for _, p := range line {
					shown.WriteString(p.text)
					links.WriteString(p.target)
				}
			}
			text, note := strings.CutSuffix(shown.String(), cutNote)
			if note != c.cut {
				t.Errorf("the note is there: %v, want %v", note, c.cut)
			}
			if n := utf8.RuneCountInString(text); n > shownRunes {
				t.Errorf("%d runes are shown, want %d at most", n, shownRunes)
			}
			if links.String() != c.links {
				t.Errorf("links %q, want %q", links.String(), c.links)
			}
		})
	}
}
