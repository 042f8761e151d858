// Package store keeps what a phone must not lose, in one directory:
//
//	settings.json   all settings but the passwords, written atomically
//	webphone.db     past calls, messages and contacts (SQLite)
//	secrets.json    passwords, only where there is no keyring (mode 0600)
//	webphone.lock   held while a process has the profile open
//
// What cannot be read is set aside under a new name, never overwritten, and
// whoever opened the profile is told so by a *SetAsideError.
//
// Every method is safe from any goroutine and may wait for the disk or the
// keyring, so to the signalling loop each is a job.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Names of the files of a profile.
const (
	SettingsName = "settings.json"
	DatabaseName = "webphone.db"
	SecretsName  = "secrets.json"
	LogName      = "webphone.log"
	lockName     = "webphone.lock"
)

// Profile is an open profile. One process at a time has it.
type Profile struct {
	dir     string
	lock    *os.File
	db      *sql.DB
	keyring Keyring
	hurry   chan struct{} // closed with Hurry
	hurried sync.Once

	settings struct {
		sync.Mutex
		migrations []migration
		// blocked, if not nil, is why the file may not be replaced: it
		// holds something that was neither understood nor set aside.
		blocked error
	}
	secrets struct {
		sync.Mutex
		passwords map[string]string // in the file, by account
		blocked   error             // as above
	}
}

// Open opens the profile in dir, making it if needed. k keeps the passwords;
// nil means the operating system's keyring.
//
// The notices are what the user must be told (*SetAsideError) though the
// profile is usable. The error is ErrLocked when another process has the
// profile, else whatever keeps it from being used at all.
func Open(dir string, k Keyring) (p *Profile, notices []error, err error) {
	if k == nil {
		k = systemKeyring{}
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, nil, err
	}
	if err := prepare(dir); err != nil {
		return nil, nil, err
	}
	p = &Profile{dir: dir, keyring: k, hurry: make(chan struct{})}
	p.settings.migrations = settingsMigrations
	if p.lock, err = lockFile(filepath.Join(dir, lockName)); err != nil {
		return nil, nil, err
	}
	removeLeftovers(dir)
	if err := p.loadSecrets(); err != nil {
		notices = append(notices, err)
	}
	notice, err := p.openDatabase(context.Background())
	if err != nil {
		p.lock.Close()
		return nil, nil, err
	}
	if notice != nil {
		notices = append(notices, notice)
	}
	return p, notices, nil
}

// Close ends the use of the profile. Methods called later return ErrClosed or
// another error.
func (p *Profile) Close() error {
	return errors.Join(p.db.Close(), p.lock.Close())
}

// Dir is the profile's directory, absolute.
func (p *Profile) Dir() string { return p.dir }

// SettingsFile is the path of the settings.
func (p *Profile) SettingsFile() string { return filepath.Join(p.dir, SettingsName) }

// SecretsFile is the path of the passwords that no keyring took. The file
// exists only if there are any.
func (p *Profile) SecretsFile() string { return filepath.Join(p.dir, SecretsName) }

// DatabaseFile is the path of the database.
func (p *Profile) DatabaseFile() string { return filepath.Join(p.dir, DatabaseName) }

// prepare makes the directory, for its owner's eyes only. An existing one is
// closed to others if it is empty or a profile already; any other may have
// reasons to be open.
func prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	ours := len(entries) == 0
	for _, e := range entries {
		ours = ours || e.Name() == lockName || e.Name() == LogName
	}
	if !ours {
		return nil
	}
	return os.Chmod(dir, 0o700)
}

const temporary = ".webphone-tmp-"

// removeLeftovers removes what a crash left of replace. It is a matter of
// tidiness only, so errors do not count.
func removeLeftovers(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), temporary) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// replace puts data into the file at path, readable by the owner alone. After
// a crash the file has either the old or the new content.
func replace(path string, data []byte) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // a link to a file kept elsewhere stays one
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, temporary) // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			_ = os.Remove(f.Name()) // removeLeftovers would find it
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// setAside gives the file at path a name under which nobody looks for it, and
// returns the notice of it. cause is what is wrong with the file.
func setAside(path string, cause error) (*SetAsideError, error) {
	as, err := asideName(path)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(path, as); err != nil {
		return nil, fmt.Errorf("%w; setting it aside: %w", cause, err)
	}
	return &SetAsideError{File: path, As: as, Err: cause}, nil
}
