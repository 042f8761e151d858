package widgets

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// counted is a measurer of a fixed-width face that counts what it measures.
func counted(width, perRune float32, measured *int) measurer {
	return measurer{width, func(s string) float32 {
		n := utf8.RuneCountInString(s)
		*measured += n
		return float32(n) * perRune
	}}
}

func TestWrap_measuresNoMoreThanLinesHold(t *testing.T) {
	for _, c := range []struct {
		rule, text string
		perRune    float32
	}{
		{"one unbroken word", strings.Repeat("w", 20000), 8},
		{"one unbroken word of bytes that are no text", strings.Repeat("\xff", 20000), 8},
		{"marks without width", strings.Repeat("\u200d", 20000), 0},
		{"a word after others", "one two " + strings.Repeat("w", 20000), 8},
	} {
		t.Run(c.rule, func(t *testing.T) {
			measured := 0
			m := counted(400, c.perRune, &measured)
			lines := m.wrap(c.text)
			got := strings.ReplaceAll(strings.Join(lines, ""), " ", "")
			if got != strings.ReplaceAll(c.text, " ", "") {
				t.Error("text was lost")
			}
			for _, l := range lines {
				if w := m.measure(l); w > 400.5 {
					t.Fatalf("a line is %.0f wide, want 400 at most", w)
				}
			}
			// 216 runes can be on a line; bisection looks at most nine times.
			if most := (len(lines) + 2) * 10 * 216; measured > most {
				t.Errorf("%d runes measured for %d lines, want %d at most", measured, len(lines), most)
			}
		})
	}
}

func TestWrap_aRuneWiderThanTheLineIsALine(t *testing.T) {
	measured := 0
	if got := strings.Join(counted(5, 8, &measured).wrap("äb c"), "|"); got != "ä|b|c" {
		t.Errorf("lines are %q", got)
	}
}

func TestEllipsis_measuresNoMoreThanTheLineHolds(t *testing.T) {
	for _, c := range []struct {
		rule, text, want string
		perRune          float32
	}{
		{"a long text", strings.Repeat("w", 500000), strings.Repeat("w", 49) + "…", 8},
		{"bytes that are no text", strings.Repeat("\xff", 500000), strings.Repeat("\xff", 49) + "…", 8},
		{"marks without width", strings.Repeat("\u200d", 500000), strings.Repeat("\u200d", 216) + "…", 0},
	} {
		t.Run(c.rule, func(t *testing.T) {
			measured := 0
			if got := counted(400, c.perRune, &measured).ellipsis(c.text); got != c.want {
				t.Errorf("%d runes are left, want %d", utf8.RuneCountInString(got), utf8.RuneCountInString(c.want))
			}
			if measured > 10*217 {
				t.Errorf("%d runes measured", measured)
			}
		})
	}
}
