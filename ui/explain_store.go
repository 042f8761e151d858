package ui

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"webphone/phone"
	"webphone/phone/store"
)

// explainStore has the words for files, the database and the keyring.
func explainStore(err error) (Sentence, bool) {
	var (
		aside    *store.SetAsideError
		version  *store.VersionError
		database *store.DatabaseError
		keyring  *store.KeyringError
		file     *phone.PasswordFileNotice
	)
	switch {
	case errors.As(err, &file):
		return Sentence{
			Title: "Passwords are kept in a file",
			Text:  "This computer has no keyring that works. Only you can read " + file.File + ".",
		}, true
	case errors.As(err, &aside) && errors.As(err, &version):
		return Sentence{
			Title: "Your " + whatFile(aside.File) + " were written by a newer Webphone",
			Text:  fmt.Sprintf("They are kept as %s; this version begins anew.", filepath.Base(aside.As)),
		}, true
	case errors.As(err, &aside):
		return Sentence{
			Title: "Your " + whatFile(aside.File) + " could not be read",
			Text:  fmt.Sprintf("Nothing was deleted: the old file is kept as %s, and a new one was begun.", filepath.Base(aside.As)),
		}, true
	case errors.As(err, &keyring):
		return Sentence{
			Title: "The keyring does not open", Text: "Unlock it, or type the password again in the account.",
			Actions: []Action{ActionRetry, ActionEdit},
		}, true
	case errors.Is(err, store.ErrLocked):
		return Sentence{Title: "Webphone is running already", Text: "Another one uses the same profile."}, true
	case errors.Is(err, store.ErrNotFound):
		return Sentence{Title: "That is gone already", Calm: true}, true
	case errors.Is(err, store.ErrClosed):
		return Sentence{Title: "The phone is shutting down", Calm: true}, true
	case errors.As(err, &database):
		return Sentence{
			Title: "The history could not be changed",
			Text:  "Is the disk full or read-only? " + firstUpper(lastPart(database.Err.Error())) + ".",
		}, true
	}
	return Sentence{}, false
}

// whatFile names what a file of the profile holds.
func whatFile(path string) string {
	name := strings.ToLower(filepath.Base(path))
	switch {
	case strings.HasPrefix(name, "settings"):
		return "settings"
	case strings.HasPrefix(name, "secrets"), strings.HasPrefix(name, "passwords"):
		return "stored passwords"
	}
	return "history and messages"
}
