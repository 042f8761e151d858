package rig

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Root returns the folder of the module.
func Root() string { return root() }

var root = sync.OnceValue(func() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			panic("the tests run outside of the module")
		}
		dir = filepath.Dir(dir)
	}
})

// Artefacts returns the folder below artifacts/ for what the test leaves
// behind: logs, traces, recordings, pictures. It is empty at first.
func Artefacts(tb testing.TB) string {
	tb.Helper()
	dir := ArtefactDir(filepath.FromSlash(tb.Name()))
	if _, used := artefacts.LoadOrStore(dir, true); !used {
		if err := os.RemoveAll(dir); err != nil {
			tb.Fatal(err)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// artefacts are the folders that this run has emptied.
var artefacts sync.Map

// ArtefactDir returns the folder NAME below artifacts/.
func ArtefactDir(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(` :*?"<>|#`, r) {
			return '-'
		}
		return r
	}, name)
	return filepath.Join(Root(), "artifacts", name)
}

// Look finds the first of the named programs, and says how to get them.
func Look(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
		// Debian keeps servers where only root looks.
		if path, err := exec.LookPath("/usr/sbin/" + name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is missing: `make test` installs what the tests need (.ci/install test)",
		strings.Join(names, " or "))
}

// FreePort returns a TCP port of 127.0.0.1 that nobody uses at this moment, and
// that no connection takes as its own: a client that tries a closed one of
// those again and again connects to itself at last.
func FreePort() (int, error) {
	const least, end, tries = 20000, 32768, 100
	var err error
	for range tries {
		port := least + rand.IntN(end-least)
		var l net.Listener
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, err
}

// answers reports whether somebody listens on the port.
func answers(port int) bool {
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// Binary returns the phone's program: $WEBPHONE, or one built from the tree.
func Binary() (string, error) { return built() }

var built = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("WEBPHONE"); path != "" {
		return filepath.Abs(path)
	}
	path := ArtefactDir("bin/webphone")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Dir = Root()
	if out, err := build.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("go build: %w", err), errors.New(string(out)))
	}
	return path, nil
})
