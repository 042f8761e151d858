//go:build unix

package control

import (
	"io/fs"
	"os"
	"syscall"
)

// private reports whether info is a directory that only this user can enter.
func private(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.IsDir() && info.Mode().Perm()&0o077 == 0 && int(stat.Uid) == os.Getuid()
}
