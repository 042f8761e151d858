package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"time"
)

// ErrNoSecret is what a Keyring returns when it has no secret of that name.
var ErrNoSecret = errors.New("store: no such secret")

// Keyring keeps passwords outside the profile. Its methods may be called from
// any goroutine and may wait, for a user even.
//
// Available tells, without waiting, whether it is worth trying. Get and Delete
// return ErrNoSecret for an unknown name; every other error means that the
// keyring cannot be used now.
type Keyring interface {
	Available() bool
	Get(name string) (string, error)
	Set(name, secret string) error
	Delete(name string) error
}

// keyringWait is how long a user has for unlocking the keyring.
const keyringWait = time.Minute

// Place is where a password is kept.
type Place int

// The places.
const (
	PlaceKeyring Place = iota
	PlaceFile          // SecretsFile, readable by its owner
)

// String returns "keyring" or "file".
func (p Place) String() string {
	if p == PlaceFile {
		return "file"
	}
	return "keyring"
}

// KeyringError says that the keyring was needed and did not serve.
type KeyringError struct{ Err error }

func (e *KeyringError) Error() string { return "store: keyring: " + e.Err.Error() }

func (e *KeyringError) Unwrap() error { return e.Err }

var errKeyringSilent = errors.New("no answer")

// Password returns the password of the account, "" if none was ever set. A
// *KeyringError says that there may be one, but the keyring is locked or
// broken.
func (p *Profile) Password(account string) (string, error) {
	// What is in the file is newer than what the keyring may have: it went
	// there because the keyring did not take it.
	p.secrets.Lock()
	secret, ok := p.secrets.passwords[account]
	p.secrets.Unlock()
	if ok || !p.keyring.Available() {
		return secret, nil
	}
	secret, err := p.patiently(func() (string, error) { return p.keyring.Get(account) })
	switch {
	case errors.Is(err, ErrNoSecret):
		return "", nil
	case err != nil:
		return "", &KeyringError{err}
	}
	return secret, nil
}

// SetPassword keeps the password of the account in the keyring or, if there
// is none that works, in the file, and tells which.
func (p *Profile) SetPassword(account, password string) (Place, error) {
	if p.keyring.Available() {
		_, err := p.patiently(func() (string, error) { return "", p.keyring.Set(account, password) })
		if err == nil {
			return PlaceKeyring, p.setFilePassword(account, nil)
		}
	}
	return PlaceFile, p.setFilePassword(account, &password)
}

// DeletePassword forgets the password of the account, if there is one.
func (p *Profile) DeletePassword(account string) error {
	var broken error
	if p.keyring.Available() {
		_, err := p.patiently(func() (string, error) { return "", p.keyring.Delete(account) })
		if err != nil && !errors.Is(err, ErrNoSecret) {
			broken = &KeyringError{err}
		}
	}
	p.secrets.Lock()
	_, inFile := p.secrets.passwords[account]
	p.secrets.Unlock()
	if inFile {
		broken = nil // the keyring never had it
	}
	return errors.Join(broken, p.setFilePassword(account, nil))
}

// Hurry ends the wait for a keyring that waits for its user, now and from now
// on: the phone is about to end.
func (p *Profile) Hurry() { p.hurried.Do(func() { close(p.hurry) }) }

// patiently runs f, but returns after keyringWait or Hurry: a keyring that
// waits for its user has no other end.
func (p *Profile) patiently(f func() (string, error)) (string, error) {
	type answer struct {
		secret string
		err    error
	}
	done := make(chan answer, 1)
	go func() {
		secret, err := f()
		done <- answer{secret, err}
	}()
	limit := time.NewTimer(keyringWait)
	defer limit.Stop()
	select {
	case a := <-done:
		return a.secret, a.err
	case <-limit.C:
	case <-p.hurry:
	}
	return "", errKeyringSilent
}

// secretsFile is what the file holds.
type secretsFile struct {
	Version   int               `json:"version"`
	Passwords map[string]string `json:"passwords"`
}

const secretsVersion = 1

// loadSecrets reads the file, if there is one. Its error is a *SetAsideError,
// or says why the file stays as it is and is not used.
func (p *Profile) loadSecrets() error {
	p.secrets.passwords = map[string]string{}
	path := p.SecretsFile()
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var f secretsFile
	if err == nil {
		err = os.Chmod(path, 0o600) // whoever copied it here may have opened it
	}
	if err != nil {
		p.secrets.blocked = err
		return err
	}
	err = decodeOne(data, &f)
	switch {
	case err != nil:
	case f.Version > secretsVersion:
		err = &VersionError{Got: f.Version, Known: secretsVersion}
	case f.Version < 1:
		err = errors.New("no version in it")
	default:
		maps.Copy(p.secrets.passwords, f.Passwords)
		return nil
	}
	aside, failed := setAside(path, err)
	if failed != nil {
		p.secrets.blocked = failed
		return failed
	}
	return aside
}

// setFilePassword writes or, with nil, removes one password of the file.
func (p *Profile) setFilePassword(account string, password *string) error {
	p.secrets.Lock()
	defer p.secrets.Unlock()
	changed := maps.Clone(p.secrets.passwords)
	if password != nil {
		changed[account] = *password
	} else if _, ok := changed[account]; !ok {
		return nil
	} else {
		delete(changed, account)
	}
	if err := p.secrets.blocked; err != nil {
		return fmt.Errorf("store: the secrets file is kept as it is: %w", err)
	}
	if err := p.writeSecrets(changed); err != nil {
		return err
	}
	p.secrets.passwords = changed
	return nil
}

// writeSecrets replaces the file; without passwords there is none.
func (p *Profile) writeSecrets(passwords map[string]string) error {
	if len(passwords) == 0 {
		if err := os.Remove(p.SecretsFile()); !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	data, err := json.MarshalIndent(secretsFile{secretsVersion, passwords}, "", "  ")
	if err != nil {
		return err
	}
	return replace(p.SecretsFile(), append(data, '\n'))
}
