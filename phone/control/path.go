package control

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// SocketName is the name of the socket in a profile.
const SocketName = "control.sock"

// maxPath is the longest path of a socket, in bytes. The least of the systems
// allows 103 (macOS; Linux 107), and the name is four longer while it is made.
const maxPath = 103 - len(beingMade)

const beingMade = ".new"

// SocketPath returns where the socket of the phone with that profile is: in
// the profile or, if that path is too long for a socket, in a directory of
// this user's named by a hash of it. It depends on nothing but the profile,
// so that both sides come to the same.
func SocketPath(profile string) (string, error) {
	profile, err := filepath.Abs(profile)
	if err != nil {
		return "", err
	}
	path := filepath.Join(profile, SocketName)
	if len(path) <= maxPath {
		return path, nil
	}
	// One profile may have many names; the hash is of the real one.
	if real, err := filepath.EvalSymlinks(profile); err == nil {
		profile = real
	}
	sum := sha256.Sum256([]byte(profile))
	return filepath.Join(shortDir(), "webphone-"+hex.EncodeToString(sum[:8])+".sock"), nil
}

// shortDir is a directory with a short path. It is not taken from the
// environment, which a hotkey may not have.
func shortDir() string {
	uid := os.Getuid()
	if uid < 0 {
		return os.TempDir() // not a Unix
	}
	runtime := filepath.Join("/run/user", strconv.Itoa(uid))
	if info, err := os.Stat(runtime); err == nil && private(info) {
		return runtime
	}
	return "/tmp/webphone-" + strconv.Itoa(uid)
}

// prepareDir makes the directory of a socket outside the profile. One that
// others could have made is not used.
func prepareDir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !private(info) {
		return fmt.Errorf("%s is not a directory of this user's alone", dir)
	}
	return nil
}
