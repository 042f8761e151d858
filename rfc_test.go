package main

import (
	"cmp"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// indexFile holds the RFC index.
const indexFile = "phone/doc.go"

var (
	citation   = regexp.MustCompile(`\bRFCs? ?(\d{3,5})`)
	indexEntry = regexp.MustCompile(`^//\t(\d{3,5})\s+(full|partial|no)\s+(\S+)\s+(\S.*)$`)
)

// entry is a line of the index: an RFC, how far the phone keeps it, where that
// is done, and its title; of a partial one also what is missing.
type entry struct{ number, status, file, title string }

// TestHouse_rfcIndex keeps the RFC index equal to the citations in the code:
// what the code cites is in the index, and the file the index names cites it.
func TestHouse_rfcIndex(t *testing.T) {
	cited := map[string]map[string]bool{} // by number, then by file
	for _, s := range sources(t) {
		if s.test || s.name == indexFile || strings.HasPrefix(s.dir, "phone/interop") {
			continue
		}
		for _, m := range citation.FindAllSubmatch(s.text, -1) {
			number := string(m[1])
			if cited[number] == nil {
				cited[number] = map[string]bool{}
			}
			cited[number][s.name] = true
		}
	}
	text, err := os.ReadFile(indexFile)
	if err != nil {
		t.Fatal(err)
	}
	entries := readIndex(string(text))
	if len(entries) == 0 {
		t.Fatalf("no RFC index in %s", indexFile)
	}
	for _, e := range entries {
		checkEntry(t, e, cited[e.number])
	}
	if !slices.IsSortedFunc(entries, byNumber) {
		t.Errorf("%s: the RFC index is not in order of numbers", indexFile)
	}
	for number, files := range cited {
		if !slices.ContainsFunc(entries, func(e entry) bool { return e.number == number }) {
			t.Errorf("%s lacks RFC %s, cited in %v", indexFile, number, keys(files))
		}
	}
}

func checkEntry(t *testing.T, e entry, citing map[string]bool) {
	t.Helper()
	switch {
	case e.status == "no" && e.file != "–":
		t.Errorf("RFC %s: what the phone does not do has no file", e.number)
	case e.status != "no" && !citing[e.file]:
		t.Errorf("RFC %s: %s does not cite it; %v do", e.number, e.file, keys(citing))
	case e.status == "partial" && !strings.Contains(e.title, "; without "):
		t.Errorf("RFC %s is partial: the index does not say what it is without", e.number)
	}
}

// TestHouse_rfcIndexBites feeds the reader of the index with lines of it and
// with what is none.
func TestHouse_rfcIndexBites(t *testing.T) {
	got := readIndex(strings.Join([]string{
		"// # RFC index",
		"//\t3261   full     phone/ua/ua.go  SIP",
		"//\t3262   partial  phone/ua/ua.go  PRACK; without the rest",
		"//\t3325   maybe    phone/ua/ua.go  identity",
		"//\tp, err := phone.New()",
	}, "\n"))
	want := []entry{
		{"3261", "full", "phone/ua/ua.go", "SIP"},
		{"3262", "partial", "phone/ua/ua.go", "PRACK; without the rest"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func readIndex(text string) []entry {
	var entries []entry
	for line := range strings.Lines(text) {
		if m := indexEntry.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			entries = append(entries, entry{number: m[1], status: m[2], file: m[3], title: m[4]})
		}
	}
	return entries
}

func byNumber(a, b entry) int {
	return cmp.Or(cmp.Compare(len(a.number), len(b.number)), cmp.Compare(a.number, b.number))
}

func keys(set map[string]bool) []string {
	var all []string
	for k := range set {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}
