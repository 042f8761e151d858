package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is also the other process of TestOpen_lockedByAnotherProcess.
func TestMain(m *testing.M) {
	if dir := os.Getenv("WEBPHONE_TEST_HOLD"); dir != "" {
		hold(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// hold keeps a profile open until stdin ends.
func hold(dir string) {
	p, _, err := Open(dir, &ring{})
	fmt.Println(err)
	bufio.NewReader(os.Stdin).ReadString('\n')
	if err == nil {
		p.Close()
	}
}

// ring is a keyring in memory.
type ring struct {
	sync.Mutex
	absent  bool
	broken  error
	secrets map[string]string
	calls   int
}

func (r *ring) Available() bool { return !r.absent }

func (r *ring) Get(name string) (string, error) {
	r.Lock()
	defer r.Unlock()
	r.calls++
	secret, ok := r.secrets[name]
	if r.broken == nil && !ok {
		return "", ErrNoSecret
	}
	return secret, r.broken
}

func (r *ring) Set(name, secret string) error {
	r.Lock()
	defer r.Unlock()
	r.calls++
	if r.broken != nil {
		return r.broken
	}
	if r.secrets == nil {
		r.secrets = map[string]string{}
	}
	r.secrets[name] = secret
	return nil
}

func (r *ring) Delete(name string) error {
	r.Lock()
	defer r.Unlock()
	r.calls++
	if _, ok := r.secrets[name]; r.broken == nil && !ok {
		return ErrNoSecret
	}
	delete(r.secrets, name)
	return r.broken
}

// open opens a profile that must give no notices.
func open(t *testing.T, dir string) *Profile {
	t.Helper()
	p, notices, err := Open(dir, &ring{})
	if err != nil || len(notices) > 0 {
		t.Fatalf("Open: %v, notices %v", err, notices)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// aside checks that err tells of a file that was set aside with this content.
func aside(t *testing.T, err error, file, content string) *SetAsideError {
	t.Helper()
	var e *SetAsideError
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *SetAsideError", err)
	}
	if e.File != file || !strings.HasPrefix(e.As, file+".corrupt-20") {
		t.Errorf("%s was set aside as %s", e.File, e.As)
	}
	if got := read(t, e.As); got != content {
		t.Errorf("set aside with content %.60q, want %.60q", got, content)
	}
	return e
}

func TestOpen_nothingIsForOthersEyes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "profile")
	p, _, err := Open(dir, &ring{absent: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.SaveSettings(struct{}{}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.SetPassword("a", "secret"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.AddCall(t.Context(), CallRecord{}); err != nil {
		t.Fatal(err)
	}
	if m := mode(t, dir); m != 0o700 {
		t.Errorf("directory has mode %o", m)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
		if m := mode(t, filepath.Join(dir, e.Name())); m != 0o600 {
			t.Errorf("%s has mode %o", e.Name(), m)
		}
	}
	want := "secrets.json settings.json webphone.db webphone.db-shm webphone.db-wal webphone.lock"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("files %s, want %s", got, want)
	}
}

func TestOpen_existingDirectory(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		want       os.FileMode
	}{
		{"empty: closed to others", "", 0o700},
		{"a profile: closed to others", lockName, 0o700},
		{"the log was first: closed to others", LogName, 0o700},
		{"somebody's: left as it is", "holiday.jpg", 0o755},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "p")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if tt.file != "" {
				write(t, filepath.Join(dir, tt.file), "")
			}
			open(t, dir)
			if m := mode(t, dir); m != tt.want {
				t.Errorf("mode %o, want %o", m, tt.want)
			}
		})
	}
}

func TestOpen_directoryCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	if _, _, err := Open(filepath.Join(file, "p"), &ring{}); err == nil {
		t.Error("no error")
	}
}

func TestOpen_lockedInTheSameProcess(t *testing.T) {
	dir := t.TempDir()
	p := open(t, dir)
	if _, _, err := Open(dir, &ring{}); !errors.Is(err, ErrLocked) {
		t.Errorf("error %v, want ErrLocked", err)
	}
	p.Close()
	open(t, dir)
}

func TestOpen_lockedByAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), "WEBPHONE_TEST_HOLD="+dir)
	stdin, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "<nil>\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	if _, _, err := Open(dir, &ring{}); !errors.Is(err, ErrLocked) {
		t.Errorf("error %v, want ErrLocked", err)
	}
	// A process that is killed leaves no lock behind.
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	other.Wait()
	stdin.Close()
	open(t, dir)
}

func TestOpen_pathsThatURLsWouldSplit(t *testing.T) {
	for _, name := range []string{"a b", "100%", "what?x=1", "c#d", "%41", "ü&=;"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), name)
			p := open(t, dir)
			if _, err := p.AddCall(t.Context(), CallRecord{Peer: "x"}); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(dir, DatabaseName+"-wal")); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpen_removesWhatACrashLeft(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, temporary+"123")
	write(t, left, "half a sett")
	open(t, dir)
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left over: %v", err)
	}
}

func TestProfile_closed(t *testing.T) {
	p := open(t, t.TempDir())
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.AddCall(context.Background(), CallRecord{}); !errors.Is(err, ErrClosed) {
		t.Errorf("AddCall: %v", err)
	}
	if _, err := p.Contacts(context.Background()); !errors.Is(err, ErrClosed) {
		t.Errorf("Contacts: %v", err)
	}
	if _, err := p.SaveContact(context.Background(), ContactRecord{}); !errors.Is(err, ErrClosed) {
		t.Errorf("SaveContact: %v", err)
	}
}
