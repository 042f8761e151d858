package phone

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"webphone/phone/sip"
	"webphone/phone/store"
)

var (
	errNotSIP       = errors.New("not a SIP address")
	errNotWebSocket = errors.New("not a ws:// or wss:// address")
	errNotSTUN      = errors.New("not a stun: address")
	errNotTURN      = errors.New("not a turn: address")
	errUnknownCodec = errors.New("unknown codec")
	errUnknownTheme = errors.New("unknown theme")
	errNegative     = errors.New("negative")
	errPercent      = errors.New("not between 0 and 100")
	errNotAFolder   = errors.New("not a full path of a folder")
)

// Validate reports every mistake as a *store.FieldError, joined; nil when
// there is none. It is pure.
func (s Settings) Validate() error {
	var errs []error
	for i, a := range s.Accounts {
		if err := a.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("accounts[%d]: %w", i, err))
		}
	}
	field := func(ok bool, name string, err error) {
		if !ok {
			errs = append(errs, &store.FieldError{Field: name, Err: err})
		}
	}
	for _, c := range s.Audio.Codecs {
		field(slices.Contains([]string{"opus", "G722", "PCMU", "PCMA"}, c), "audio.codecs", errUnknownCodec)
	}
	field(s.Audio.RingQuieter >= 0 && s.Audio.RingQuieter <= 100, "audio.ring_quieter", errPercent)
	for _, u := range s.Network.STUN {
		field(strings.HasPrefix(u, "stun:") || strings.HasPrefix(u, "stuns:"), "network.stun", errNotSTUN)
	}
	for _, t := range s.Network.TURN {
		field(strings.HasPrefix(t.URL, "turn:") || strings.HasPrefix(t.URL, "turns:"), "network.turn", errNotTURN)
	}
	field(s.Calls.NoAnswerSeconds >= 0, "calls.no_answer_seconds", errNegative)
	folder := s.Recording.Folder
	field(folder == "" || filepath.IsAbs(folder) && !strings.ContainsFunc(folder, unicode.IsControl), "recording.folder", errNotAFolder)
	field(slices.Contains([]string{"", "system", "light", "dark"}, s.Appearance.Theme), "appearance.theme", errUnknownTheme)
	return errors.Join(errs...)
}

// Validate reports every mistake in an account as a *store.FieldError, joined.
func (a Account) Validate() error {
	var errs []error
	uri, err := sip.ParseURI(a.URI)
	if err != nil || uri.User == "" || uri.Host == "" || (uri.Scheme != "sip" && uri.Scheme != "sips") {
		errs = append(errs, &store.FieldError{Field: "uri", Err: errNotSIP})
	}
	if len(a.Servers) == 0 {
		errs = append(errs, &store.FieldError{Field: "server", Err: errNotWebSocket})
	}
	for _, s := range a.Servers {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || (u.Scheme != "ws" && u.Scheme != "wss") {
			errs = append(errs, &store.FieldError{Field: "server", Err: errNotWebSocket})
		}
	}
	return errors.Join(errs...)
}

// normalized adds what people leave out: the schemes of the address and of the
// servers, which is that of a secure connection.
func (a Account) normalized() Account {
	a.URI = strings.TrimSpace(a.URI)
	if !strings.HasPrefix(a.URI, "sip:") && !strings.HasPrefix(a.URI, "sips:") {
		a.URI = "sip:" + a.URI
	}
	a.Servers = slices.Clone(a.Servers)
	for i := range a.Servers {
		a.Servers[i] = strings.TrimSpace(a.Servers[i])
		if s := a.Servers[i]; s != "" && !strings.Contains(s, "://") {
			a.Servers[i] = "wss://" + s
		}
	}
	a.AuthUser = strings.TrimSpace(a.AuthUser)
	a.DisplayName = strings.TrimSpace(a.DisplayName)
	return a
}

// Apply checks the settings (see Settings.Validate), keeps them and puts the
// difference into effect. Accounts are changed by SetAccount and
// RemoveAccount; those in s are ignored. Another folder for recordings is made
// if it is not there; one that nothing can be written into is refused.
func (p *Phone) Apply(s Settings) error {
	if err := s.Validate(); err != nil {
		return err
	}
	if s.Calls.Account == demoAccount {
		return ErrDemoAccount
	}
	if folder := s.Recording.Folder; folder != "" && folder != p.Snapshot().Settings.Recording.Folder {
		if err := tryFolder(folder); err != nil {
			return &store.FieldError{Field: "recording.folder", Err: err}
		}
	}
	return p.do("apply settings", func() error {
		old := p.state.settings
		s.Accounts = old.Accounts
		if reflect.DeepEqual(old, s) {
			return nil
		}
		p.setSettings(s)
		p.applyDevices(old.Audio, s.Audio)
		p.applyProcessing(s.Audio)
		p.applyRing(s.Audio)
		p.applyDelay(s.Audio)
		p.applyCodecs(old.Audio, s.Audio)
		p.applyRingTime(s.Calls)
		p.publishNow() // the next call goes by the snapshot
		return nil
	})
}

// applyRingTime changes how long the calls that come in from now on ring.
func (p *Phone) applyRingTime(c CallPolicy) {
	for _, a := range p.state.accounts {
		if a.ua != nil {
			a.ua.SetNoAnswerTimeout(c.ringTime())
		}
	}
}

// SetAccount adds an account (ID "") or changes one; it is then restarted, see
// AccountState.Changing, and the others go on. To disable it ends its calls. An empty password keeps the stored one. What is wrong
// comes back as *store.FieldError.
func (p *Phone) SetAccount(a Account, password string) error {
	if a.ID == demoAccount {
		return ErrDemoAccount
	}
	a = a.normalized()
	if err := a.Validate(); err != nil {
		return err
	}
	if a.ID == "" {
		a.ID = sip.NewToken(8)
	}
	if a.Instance == "" {
		a.Instance = sip.NewUUID()
	}
	if password != "" {
		if err := p.keepPassword(a.ID, password); err != nil {
			return err
		}
	}
	return p.do("set account", func() error {
		s := p.state.settings
		s.Accounts = slices.Clone(s.Accounts)
		if i := slices.IndexFunc(s.Accounts, func(o Account) bool { return o.ID == a.ID }); i >= 0 {
			s.Accounts[i] = a
		} else {
			s.Accounts = append(s.Accounts, a)
		}
		p.setSettings(s)
		p.restartAccount(a)
		return nil
	})
}

// keepPassword stores a secret in the keyring, or, with a notice, in a file.
func (p *Phone) keepPassword(id, password string) error {
	place, err := p.store.SetPassword(id, password)
	if err != nil {
		return &StorageError{What: "password", Err: err}
	}
	if place == store.PlaceFile {
		p.loop.Post("password place", func() { p.notify(&PasswordFileNotice{File: p.store.SecretsFile()}) })
	}
	return nil
}

// restartAccount replaces the running account with this id, if there is one,
// at its place in the list. One that stays on keeps its calls: it is replaced
// when the last of them has ended.
func (p *Phone) restartAccount(cfg Account) {
	for _, a := range p.state.accounts {
		if a.ID != cfg.ID {
			continue
		}
		if cfg.Disabled {
			p.strand(cfg.ID)
		}
		if a.next = &cfg; cfg.Disabled || a.stopping || !p.hasCalls(a) {
			p.stopAccount(a, &cfg, nil)
		}
		return
	}
	p.addAccount(cfg)
}

// hasCalls reports whether calls of the account have not ended.
func (p *Phone) hasCalls(a *account) bool {
	return slices.ContainsFunc(p.state.calls, func(c *call) bool { return c.account == a && c.live() })
}

// restartIdle restarts a changed account that has waited for its calls.
func (p *Phone) restartIdle(a *account) {
	if a.next == nil || a.stopping {
		return
	}
	p.loop.Post("restart account", func() {
		if a.next != nil && !a.stopping && !p.hasCalls(a) {
			p.stopAccount(a, a.next, nil)
		}
	})
}

// RemoveAccount ends an account and forgets it and its password. Its past
// calls and messages stay. To remove the demonstration's account is to end
// the demonstration.
func (p *Phone) RemoveAccount(id string) error {
	if id == demoAccount {
		return p.endDemo()
	}
	err := p.do("remove account", func() error {
		a, err := p.account(id)
		if err != nil {
			return err
		}
		s := p.state.settings
		s.Accounts = slices.DeleteFunc(slices.Clone(s.Accounts), func(o Account) bool { return o.ID == a.ID })
		p.setSettings(s)
		p.dropAccount(a)
		return nil
	})
	if err != nil {
		return err
	}
	if err := p.store.DeletePassword(id); err != nil {
		return &StorageError{What: "password", Err: err}
	}
	return nil
}

// dropAccount stops an account that is in the list no more.
func (p *Phone) dropAccount(a *account) {
	p.state.accounts = slices.DeleteFunc(slices.Clone(p.state.accounts), func(o *account) bool { return o == a })
	p.strand(a.ID)
	p.stopAccount(a, nil, nil)
	p.changed()
}

func (p *Phone) setSettings(s Settings) {
	p.state.settings = s
	p.write("settings", func(context.Context) error { return p.store.SaveSettings(s) })
	p.changed()
}

// PasswordFileNotice tells that there is no keyring, so passwords are in a
// file that only this user can read.
type PasswordFileNotice struct{ File string }

func (e *PasswordFileNotice) Error() string { return "phone: no keyring, passwords are in " + e.File }
