//go:build interop && bench

package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"webphone/phone/interop/rig"
)

// parts are the table of the run, as far as its tests have measured it.
var parts []string

// TestMain writes the table when all has been measured.
func TestMain(m *testing.M) {
	code := m.Run()
	if len(parts) > 0 {
		if err := write(strings.Join(parts, "\n")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

func write(text string) error {
	file := rig.ArtefactDir("bench.txt")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// tell adds a part to the table: what was measured since then, by what method.
func tell(t *testing.T, title string, since clock, part fmt.Stringer) {
	t.Helper()
	text := fmt.Sprintf("%s (%.0f %% of the machine's time went to others meanwhile)\n%s", title, 100*since.stolenSince(), part)
	parts = append(parts, text)
	t.Logf("\n%s", text)
}
