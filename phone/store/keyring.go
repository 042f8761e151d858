package store

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"

	"github.com/zalando/go-keyring"
)

// keyringService is under which the operating system's keyring lists our
// passwords.
const keyringService = "webphone"

// systemKeyring is the operating system's.
type systemKeyring struct{}

// Available reports whether there is a session bus to find a keyring on.
// Asking for one where there is none would start a bus of its own and leave
// it running.
func (systemKeyring) Available() bool {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		return true
	}
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return true
	}
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		return false
	}
	info, err := os.Stat(filepath.Join(dir, "bus"))
	return err == nil && info.Mode()&os.ModeSocket != 0
}

func (systemKeyring) Get(name string) (string, error) {
	secret, err := keyring.Get(keyringService, name)
	return secret, keyringError(err)
}

func (systemKeyring) Set(name, secret string) error {
	return keyringError(keyring.Set(keyringService, name, secret))
}

func (systemKeyring) Delete(name string) error {
	return keyringError(keyring.Delete(keyringService, name))
}

func keyringError(err error) error {
	if errors.Is(err, keyring.ErrNotFound) {
		return ErrNoSecret
	}
	return err
}
