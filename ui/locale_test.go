package ui

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The command line shares its binary with the window: what Fyne has to say
// about the locale must not stand among the answers.
func TestLocale_isNotComplainedAbout(t *testing.T) {
	for _, locale := range []string{"LANG=C.UTF-8", "LC_ALL=C.UTF-8", "LANG=C", "LANG=", "LANG=de_DE.UTF-8"} {
		t.Run(locale, func(t *testing.T) {
			c := exec.Command(os.Args[0], "-test.run=^$")
			c.Env = append(slices.DeleteFunc(os.Environ(), func(e string) bool {
				return strings.HasPrefix(e, "LC_") || strings.HasPrefix(e, "LANG")
			}), locale)
			var stderr strings.Builder
			c.Stderr = &stderr
			if err := c.Run(); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(stderr.String(), "locale") {
				t.Errorf("stderr: %s", stderr.String())
			}
		})
	}
}
