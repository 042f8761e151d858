package sip

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var hexRun = regexp.MustCompile(`<hex>([0-9a-f]*)</hex>`)

// readTorture reads a file of testdata/torture: a first line that says the
// rule, a second with the verdict, then the message with LF line ends.
//
// Verdicts: "ok"; "error [Field]": a parse error that cannot be answered;
// "dropped [Field]": a response that fails the sanity check; a status code and
// the field: the answer.
func readTorture(t testing.TB, path string) (verdict string, message []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rule, rest, _ := strings.Cut(string(data), "\n")
	verdict, rest, ok := strings.Cut(rest, "\n")
	if !ok || !strings.HasPrefix(rule, "# ") || !strings.HasPrefix(verdict, "# ") {
		t.Fatalf("%s: no verdict", path)
	}
	rest = hexRun.ReplaceAllStringFunc(rest, func(s string) string {
		b, err := hex.DecodeString(hexRun.FindStringSubmatch(s)[1])
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	})
	return verdict[2:], crlf(rest)
}

func torture(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/torture/*.sip")
	if err != nil || len(paths) < 40 {
		t.Fatal(len(paths), err)
	}
	return paths
}

func TestParse_torture(t *testing.T) {
	for _, path := range torture(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".sip"), func(t *testing.T) {
			want, message := readTorture(t, path)
			got, err := judge(message)
			if got != want {
				t.Errorf("%s, want %s (%v)", got, want, err)
			}
		})
	}
}

// judge says what becomes of a message.
func judge(message []byte) (verdict string, err error) {
	m, err := Parse(message)
	var parse *ParseError
	if errors.As(err, &parse) {
		if answer := parse.Response(); answer != nil {
			return trim(fmt.Sprint(answer.StatusCode, " ", parse.Header)), err
		}
		return trim("error " + parse.Header), err
	}
	status, err := Sanity(m)
	var insane *SanityError
	switch {
	case !errors.As(err, &insane):
		return "ok", err
	case status == 0:
		return trim("dropped " + insane.Header), err
	default:
		return trim(fmt.Sprint(status, " ", insane.Header)), err
	}
}
