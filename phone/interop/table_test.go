//go:build interop

package interop

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"webphone/phone/interop/rig"
)

var update = flag.Bool("update", false, "write the table of scenarios into README.md")

// What stands in a cell of the table.
const (
	passed = "✓"
	failed = "fails"
	never  = "–" // the peer cannot do it
)

// cell is the outcome of one scenario in one column.
type cell struct {
	verdict string
	note    string // what the reader should know; "" is nothing
}

// table collects the outcomes. Safe for use from several goroutines.
type table struct {
	columns []string

	mu    sync.Mutex // guards cells
	cells map[[2]string]cell
}

func newTable() *table {
	t := &table{cells: map[[2]string]cell{}}
	for _, k := range kinds {
		for _, s := range sidesOf(k) {
			column := s.column(k)
			t.columns = append(t.columns, column)
			for _, sc := range scenarios {
				if why := sc.cannot[column]; why != "" {
					t.cells[[2]string{sc.name, column}] = cell{never, why}
				}
			}
		}
	}
	return t
}

func (t *table) set(row, column string, c cell) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cells[[2]string{row, column}] = c
}

// complete reports whether every cell was run, and with success.
func (t *table) complete() bool {
	for _, s := range scenarios {
		for _, column := range t.columns {
			if c := t.cells[[2]string{s.name, column}]; c.verdict != passed && c.verdict != never {
				return false
			}
		}
	}
	return true
}

// String writes the table as Markdown.
func (t *table) String() string {
	rows := [][]string{append([]string{""}, t.columns...)}
	var notes []string
	for _, s := range scenarios {
		row := []string{s.name}
		for _, column := range t.columns {
			c := t.cells[[2]string{s.name, column}]
			text := c.verdict
			if c.note != "" {
				i := slices.Index(notes, c.note)
				if i < 0 {
					i, notes = len(notes), append(notes, c.note)
				}
				text = fmt.Sprintf("%s (%d)", text, i+1)
			}
			row = append(row, text)
		}
		rows = append(rows, row)
	}
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, text := range row {
			width[i] = max(width[i], utf8.RuneCountInString(text))
		}
	}
	var b strings.Builder
	for i, row := range rows {
		for j, text := range row {
			b.WriteString("| " + text + strings.Repeat(" ", width[j]-utf8.RuneCountInString(text)) + " ")
		}
		b.WriteString("|\n")
		if i == 0 {
			for _, w := range width {
				b.WriteString("| " + strings.Repeat("-", w) + " ")
			}
			b.WriteString("|\n")
		}
	}
	for i, note := range notes {
		fmt.Fprintf(&b, "\n(%d) %s  ", i+1, note)
	}
	return strings.TrimRight(b.String(), " \n") + "\n"
}

// The table stands between these lines of README.md.
const (
	tableBegins = "<!-- interop: go test -tags interop ./phone/interop -run TestScenarios -update -->\n"
	tableEnds   = "<!-- interop ends -->\n"
)

// compare fails the test when README.md tells something else; with -update it
// writes the table there.
func (t *table) compare(tb testing.TB) {
	name := filepath.Join(rig.Root(), "README.md")
	b, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), tableBegins)
	old, after, ends := strings.Cut(rest, tableEnds)
	if !ok || !ends {
		tb.Fatalf("README.md has no place for the table: %s", tableBegins)
	}
	now := "\n" + t.String() + "\n"
	switch {
	case old == now:
	case *update:
		if err := os.WriteFile(name, []byte(before+tableBegins+now+tableEnds+after), 0o644); err != nil {
			tb.Fatal(err)
		}
	default:
		tb.Errorf("README.md shows another table of scenarios; -update writes this one:\n%s", now)
	}
}
