package store

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zalando/go-keyring"
)

func TestPassword_isKeptWhereSetPasswordSays(t *testing.T) {
	for _, tt := range []struct {
		name string
		ring *ring
		want Place
	}{
		{"a keyring that works", &ring{}, PlaceKeyring},
		{"no keyring", &ring{absent: true}, PlaceFile},
		{"a keyring that fails", &ring{broken: errors.New("failed to unlock correct collection")}, PlaceFile},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, password := range []string{"first", "sécret \" \\ \n"} {
				p, _, err := Open(dir, tt.ring)
				if err != nil {
					t.Fatal(err)
				}
				place, err := p.SetPassword("alice", password)
				if err != nil || place != tt.want {
					t.Errorf("kept in the %v, %v", place, err)
				}
				p.Close()
				p, notices, err := Open(dir, tt.ring)
				if err != nil || len(notices) > 0 {
					t.Fatal(err, notices)
				}
				if got, err := p.Password("alice"); err != nil || got != password {
					t.Errorf("password %q, %v", got, err)
				}
				_, err = os.Stat(p.SecretsFile())
				if inFile := err == nil; inFile != (tt.want == PlaceFile) {
					t.Errorf("secrets file exists: %v", inFile)
				}
				p.Close()
			}
			if tt.ring.absent && tt.ring.calls > 0 {
				t.Error("a keyring that is not there was asked")
			}
		})
	}
}

func TestPassword_neverSet(t *testing.T) {
	for _, tt := range []struct {
		name string
		ring *ring
		fail bool
	}{
		{"a keyring that works", &ring{}, false},
		{"no keyring", &ring{absent: true}, false},
		{"a locked keyring may have it", &ring{broken: errors.New("locked")}, true},
	} {
		p, _, err := Open(t.TempDir(), tt.ring)
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Password("nobody")
		var e *KeyringError
		if got != "" || errors.As(err, &e) != tt.fail {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
		p.Close()
	}
}

func TestPassword_setWhileKeyringFailed_winsOverTheOldOne(t *testing.T) {
	r := &ring{}
	p, _, err := Open(t.TempDir(), r)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.SetPassword("alice", "old")
	r.broken = errors.New("locked")
	if place, err := p.SetPassword("alice", "new"); place != PlaceFile || err != nil {
		t.Fatal(place, err)
	}
	r.broken = nil
	if got, _ := p.Password("alice"); got != "new" {
		t.Errorf("password %q", got)
	}
	if place, err := p.SetPassword("alice", "newest"); place != PlaceKeyring || err != nil {
		t.Fatal(place, err)
	}
	if got, _ := p.Password("alice"); got != "newest" {
		t.Errorf("password %q", got)
	}
	if _, err := os.Stat(p.SecretsFile()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file still exists: %v", err)
	}
}

func TestDeletePassword(t *testing.T) {
	for _, r := range []*ring{{}, {absent: true}} {
		p, _, err := Open(t.TempDir(), r)
		if err != nil {
			t.Fatal(err)
		}
		p.SetPassword("alice", "a")
		p.SetPassword("bob", "b")
		for range 2 { // one that is gone is no error
			if err := p.DeletePassword("alice"); err != nil {
				t.Error(err)
			}
		}
		if got, err := p.Password("alice"); got != "" || err != nil {
			t.Errorf("alice has %q, %v", got, err)
		}
		if got, err := p.Password("bob"); got != "b" || err != nil {
			t.Errorf("bob has %q, %v", got, err)
		}
		p.Close()
	}
	p, _, _ := Open(t.TempDir(), &ring{broken: errors.New("locked")})
	defer p.Close()
	if e := (*KeyringError)(nil); !errors.As(p.DeletePassword("alice"), &e) {
		t.Error("a locked keyring kept a password silently")
	}
}

func TestSecretsFile_damaged_isSetAside(t *testing.T) {
	for name, content := range map[string]string{
		"cut off": `{"version": 1, "passwords": {"al`, "empty": "", "newer": `{"version": 7}`, "no version": `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, SecretsName), content)
			p, notices, err := Open(dir, &ring{absent: true})
			if err != nil || len(notices) != 1 {
				t.Fatal(err, notices)
			}
			defer p.Close()
			e := aside(t, notices[0], p.SecretsFile(), content)
			if m := mode(t, e.As); m != 0o600 {
				t.Errorf("mode %o", m)
			}
			if _, err := p.SetPassword("alice", "a"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSecretsFile_openToOthers_isClosed(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, SecretsName), `{"version": 1, "passwords": {"a": "b"}}`)
	p := open(t, dir)
	if m := mode(t, p.SecretsFile()); m != 0o600 {
		t.Errorf("mode %o", m)
	}
}

func TestSecretsFile_unreadable_isKept(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, SecretsName), 0o700); err != nil {
		t.Fatal(err)
	}
	p, notices, err := Open(dir, &ring{absent: true})
	if err != nil || len(notices) != 1 {
		t.Fatal(err, notices)
	}
	defer p.Close()
	if _, err := p.SetPassword("alice", "a"); err == nil {
		t.Error("no error")
	}
	if got, _ := p.Password("alice"); got != "" {
		t.Errorf("password %q was announced as not kept", got)
	}
}

func TestErrors_doNotShowPasswords(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, SecretsName), `{"version": 1, "passwords": {"alice": "hunter2" oops`)
	p, notices, err := Open(dir, &ring{absent: true})
	if err != nil || len(notices) != 1 {
		t.Fatal(err, notices)
	}
	defer p.Close()
	if s := notices[0].Error(); strings.Contains(s, "hunter2") {
		t.Errorf("notice %q", s)
	}
}

// mute is a keyring that waits for a user who never comes.
type mute struct {
	ring
	release chan struct{}
}

func (m *mute) Get(string) (string, error) { <-m.release; return "", nil }

func TestPassword_keyringThatNeverAnswers_isGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mute{release: make(chan struct{})}
		defer close(m.release)
		p := &Profile{keyring: m}
		start := time.Now()
		_, err := p.Password("alice")
		if e := (*KeyringError)(nil); !errors.As(err, &e) || time.Since(start) != keyringWait {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestPassword_keyringThatNeverAnswers_doesNotKeepUsFromEnding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mute{release: make(chan struct{})}
		defer close(m.release)
		p := &Profile{keyring: m, hurry: make(chan struct{})}
		start := time.Now()
		time.AfterFunc(time.Second, p.Hurry)
		for range 2 {
			_, err := p.Password("alice")
			if e := (*KeyringError)(nil); !errors.As(err, &e) || time.Since(start) != time.Second {
				t.Errorf("%v after %v", err, time.Since(start))
			}
		}
		p.Hurry() // once more is no fault
	})
}

func TestSystemKeyring_available(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", "")
	check := func(want bool, name string) {
		t.Helper()
		if got := (systemKeyring{}).Available(); got != want {
			t.Errorf("%s: available %v", name, got)
		}
	}
	check(false, "nothing set")
	t.Setenv("XDG_RUNTIME_DIR", dir)
	check(false, "no bus in the runtime directory")
	write(t, filepath.Join(dir, "bus"), "")
	check(false, "a file instead of a socket")
	os.Remove(filepath.Join(dir, "bus"))
	l, err := net.Listen("unix", filepath.Join(dir, "bus"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	check(true, "a bus in the runtime directory")
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/somewhere")
	check(true, "an address")
}

func TestSystemKeyring_overTheLibrary(t *testing.T) {
	keyring.MockInit()
	var k systemKeyring
	if _, err := k.Get("a"); !errors.Is(err, ErrNoSecret) {
		t.Errorf("Get: %v", err)
	}
	if err := k.Delete("a"); !errors.Is(err, ErrNoSecret) {
		t.Errorf("Delete: %v", err)
	}
	if err := k.Set("a", "secret"); err != nil {
		t.Fatal(err)
	}
	if got, err := k.Get("a"); got != "secret" || err != nil {
		t.Errorf("Get: %q, %v", got, err)
	}
}
