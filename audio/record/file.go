package record

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
)

// Extension ends the names of recordings (RFC 7845 §9).
const Extension = ".opus"

// file is where a recording goes to: an *os.File.
type file interface {
	io.Writer
	Truncate(size int64) error
	Sync() error
	Close() error
}

var _ file = (*os.File)(nil)

// Name is the name of the file of a recording: when it began and with whom,
// without what a file system or a shell might take for something else.
func Name(at time.Time, peer string) string {
	const most = 60 // characters of the peer
	kept := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), strings.ContainsRune("@+._-", r):
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return '-'
	}, strings.ToValidUTF8(peer, "-"))
	kept = strings.Trim(strings.Join(strings.Fields(kept), " "), " .-")
	if runes := []rune(kept); len(runes) > most {
		kept = strings.TrimRight(string(runes[:most]), " .-")
	}
	return strings.TrimSpace(at.Format("2006-01-02 15-04-05")+" "+kept) + Extension
}

// create makes the folder, if it is missing, and in it a new file that only
// its owner can read. Names that are taken get a number.
func create(folder, name string) (*os.File, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, &Error{Op: "folder", File: folder, Err: err}
	}
	base := strings.TrimSuffix(name, Extension)
	for n := 2; ; n++ {
		path := filepath.Join(folder, name)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, os.ErrExist) || n > 1000 {
			return nil, &Error{Op: "create", File: path, Err: err}
		}
		name = fmt.Sprintf("%s (%d)%s", base, n, Extension)
	}
}
