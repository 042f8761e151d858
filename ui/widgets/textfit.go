package widgets

import (
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
)

// Measuring text costs time in proportion to its length, and what comes from
// the network is of any length. So nothing here measures more than a line can
// hold.

// lineRunes is the most runes a line of that width holds: no letter of a size
// in use is as narrow as two, and of marks without width no more are shown.
func lineRunes(width float32) int { return int(width/2) + 16 }

// FirstRunes is the beginning of s of at most n runes, and whether that is all.
func FirstRunes(s string, n int) (head string, all bool) {
	if len(s) <= n {
		return s, true
	}
	for i := range s {
		if n == 0 {
			return s[:i], false
		}
		n--
	}
	return s, true
}

// measurer breaks and cuts text for a width.
type measurer struct {
	width   float32
	measure func(string) float32 // the width of a text on one line
}

func measurerFor(width, size float32, style fyne.TextStyle) measurer {
	return measurer{width, func(s string) float32 { return fyne.MeasureText(s, size, style).Width }}
}

// fits reports whether s fits on a line.
func (m measurer) fits(s string) bool {
	_, all := FirstRunes(s, lineRunes(m.width))
	return all && m.measure(s) <= m.width+0.5
}

// longest is the longest beginning of s that fits with tail after it; it may
// be empty.
func (m measurer) longest(s, tail string) string {
	s, _ = FirstRunes(s, lineRunes(m.width))
	ends := make([]int, 0, len(s)+1) // between the runes
	for i := range s {
		ends = append(ends, i)
	}
	ends = append(ends, len(s))
	low, high := 0, len(ends)-1 // s[:ends[low]] and tail fit
	for low < high {
		mid := (low + high + 1) / 2
		if m.measure(s[:ends[mid]]+tail) <= m.width+0.5 {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return s[:ends[low]]
}

// Ellipsis is text, cut with "…" so that it fits into width.
func Ellipsis(text string, width, size float32, style fyne.TextStyle) string {
	return measurerFor(width, size, style).ellipsis(text)
}

func (m measurer) ellipsis(text string) string {
	if m.width <= 0 || m.fits(text) {
		return text
	}
	return strings.TrimRight(m.longest(text, "…"), " ") + "…"
}

// WrapText breaks text at spaces and line breaks into lines of at most
// width; a longer word is broken anywhere. There is at least one line.
func WrapText(text string, width, size float32, style fyne.TextStyle) []string {
	return measurerFor(width, size, style).wrap(text)
}

func (m measurer) wrap(text string) []string {
	if m.width <= 0 {
		return strings.Split(text, "\n")
	}
	var lines []string
	for _, paragraph := range strings.Split(text, "\n") {
		line := ""
		for _, word := range strings.Split(paragraph, " ") {
			joined := word
			if line != "" {
				joined = line + " " + word
			}
			if m.fits(joined) {
				line = joined
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			line = word
			for !m.fits(line) {
				head := m.breakWord(line)
				if len(head) == len(line) {
					break
				}
				lines = append(lines, head)
				line = line[len(head):]
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// breakWord is the longest beginning of word that fits, at least one rune.
func (m measurer) breakWord(word string) string {
	if head := m.longest(word, ""); head != "" {
		return head
	}
	_, n := utf8.DecodeRuneInString(word)
	return word[:n]
}
