package control

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// FuzzParse: a command line is either understood, and then its request comes
// out of the socket as it went in, or refused with a sentence.
func FuzzParse(f *testing.F) {
	for _, s := range commands {
		f.Add("--profile\n/p\n" + strings.ReplaceAll(s.usage, " ", "\n"))
	}
	f.Add("message\nsip:bob@x\n--call=\x00")
	f.Add("--microphone\nfile:a\n--headless\ndemo")
	f.Fuzz(func(t *testing.T, lines string) {
		c, err := Parse(strings.Split(strings.ToValidUTF8(lines, "?"), "\n"))
		if err != nil {
			var e *UsageError
			if !errors.As(err, &e) || e.Reason == "" {
				t.Fatalf("error %v", err)
			}
			return
		}
		if c.name == "help" {
			return
		}
		if !filepath.IsAbs(c.Profile) {
			t.Errorf("profile %q", c.Profile)
		}
		line, err := json.Marshal(c.request)
		if err != nil {
			t.Fatal(err)
		}
		var again request
		if err := json.Unmarshal(line, &again); err != nil || !reflect.DeepEqual(again, c.request) {
			t.Errorf("%+v came out as %+v, %v", c.request, again, err)
		}
	})
}
