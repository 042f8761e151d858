package phone

import (
	"slices"
	"strings"

	"webphone/phone/sip"
	"webphone/phone/store"
)

// AddAccount writes an account into a profile that no running phone has; an
// account with the same address is replaced. The notices are what the user
// must be told although it was done, such as where the password is kept.
func AddAccount(profile string, k store.Keyring, a Account, password string) (notices []error, err error) {
	a = a.normalized()
	if err := a.Validate(); err != nil {
		return nil, err
	}
	p, notices, err := store.Open(profile, k)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := p.Close(); err == nil {
			err = e
		}
	}()
	var s Settings
	if err := p.LoadSettings(&s); err != nil {
		notices = append(notices, err)
	}
	a.ID, a.Instance = sip.NewToken(8), sip.NewUUID()
	i := slices.IndexFunc(s.Accounts, func(old Account) bool { return strings.EqualFold(old.URI, a.URI) })
	if i >= 0 {
		a.ID, a.Instance = s.Accounts[i].ID, s.Accounts[i].Instance
		s.Accounts[i] = a
	} else {
		s.Accounts = append(s.Accounts, a)
	}
	place, err := p.SetPassword(a.ID, password)
	if err != nil {
		return notices, &StorageError{What: "password", Err: err}
	}
	if place == store.PlaceFile {
		notices = append(notices, &PasswordFileNotice{File: p.SecretsFile()})
	}
	if err := p.SaveSettings(s); err != nil {
		return notices, &StorageError{What: "settings", Err: err}
	}
	return notices, nil
}
