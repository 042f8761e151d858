package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Errors of a Profile.
var (
	// ErrLocked: another process has the profile open.
	ErrLocked = errors.New("store: the profile is in use by another process")
	// ErrNotFound: there is no record with that ID.
	ErrNotFound = errors.New("store: no such record")
	// ErrClosed: the profile was closed.
	ErrClosed = errors.New("store: closed")
)

// FieldError says that one field has a value that cannot be used.
type FieldError struct {
	Field string // name in the settings file or the record, lower case
	Err   error
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }

func (e *FieldError) Unwrap() error { return e.Err }

// SetAsideError is the notice that a file could not be understood, is now
// kept under another name, and a new one is begun.
type SetAsideError struct {
	File string // where it was
	As   string // where it is
	Err  error  // what is wrong with it; a *VersionError if it is too new
}

func (e *SetAsideError) Error() string {
	return fmt.Sprintf("store: %s was set aside as %s: %v", filepath.Base(e.File), filepath.Base(e.As), e.Err)
}

func (e *SetAsideError) Unwrap() error { return e.Err }

// VersionError says that a file was written by a newer version of the phone.
type VersionError struct {
	Got   int // version of the file
	Known int // newest version understood
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("version %d is newer than %d", e.Got, e.Known)
}

// DatabaseError is a failure of the database in one operation.
type DatabaseError struct {
	Op  string // "add call", …
	Err error
}

func (e *DatabaseError) Error() string { return "store: " + e.Op + ": " + e.Err.Error() }

func (e *DatabaseError) Unwrap() error { return e.Err }

// databaseError types an error of database/sql; nil stays nil.
func databaseError(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows), errors.Is(err, ErrNotFound):
		err = ErrNotFound
	case errors.Is(err, sql.ErrConnDone), err.Error() == "sql: database is closed":
		err = ErrClosed // database/sql does not export that error
	}
	return &DatabaseError{Op: op, Err: err}
}

// asideName returns an unused name like settings.json.corrupt-20261121-041500.
func asideName(path string) (string, error) {
	base := path + ".corrupt-" + time.Now().UTC().Format("20060102-150405")
	for n := 1; n < 1000; n++ {
		name := base
		if n > 1 {
			name += "-" + strconv.Itoa(n)
		}
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) {
			return name, nil
		} else if err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("store: no free name for %s", base)
}
