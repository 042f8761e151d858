// Package siptest reads the torture messages of phone/sip/testdata for the
// tests of the packages that get messages from the network.
package siptest

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Torture is one torture message.
type Torture struct {
	Name string // as the RFC names it
	Rule string // RFC and section, and what is odd about it
	// Verdict is "ok"; "error Field": it cannot be read, nor answered;
	// "dropped Field": a response that fails the checks; or a status code and
	// the field: how it is answered.
	Verdict string
	Fields  []Field // of a message that is taken: what must be read
	Message []byte
}

// Field is what must be read in one place of the message.
type Field struct{ Name, Value string }

// ReadTorture reads the files of a directory. Each begins with lines that have
// a # in front: the rule, the verdict, and fields as "Name: value". Then comes
// the message with LF line ends, and bytes that no editor keeps as
// <hex>…</hex>.
func ReadTorture(t testing.TB, dir string) []Torture {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.sip"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %d messages, %v", dir, len(paths), err)
	}
	var list []Torture
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		one := Torture{Name: strings.TrimSuffix(filepath.Base(path), ".sip")}
		rest := string(text)
		for n := 0; strings.HasPrefix(rest, "# "); n++ {
			var line string
			line, rest, _ = strings.Cut(rest[2:], "\n")
			switch n {
			case 0:
				one.Rule = line
			case 1:
				one.Verdict = line
			default:
				name, value, _ := strings.Cut(line, ": ")
				one.Fields = append(one.Fields, Field{Name: name, Value: value})
			}
		}
		if one.Verdict == "" {
			t.Fatalf("%s: no verdict", path)
		}
		one.Message = decode(t, strings.ReplaceAll(rest, "\n", "\r\n"))
		list = append(list, one)
	}
	return list
}

var hexRun = regexp.MustCompile(`<hex>([0-9a-f]*)</hex>`)

func decode(t testing.TB, s string) []byte {
	return []byte(hexRun.ReplaceAllStringFunc(s, func(run string) string {
		b, err := hex.DecodeString(hexRun.FindStringSubmatch(run)[1])
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}))
}
