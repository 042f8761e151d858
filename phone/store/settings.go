package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
)

// migration turns settings of one version into those of the next.
type migration func(json.RawMessage) (json.RawMessage, error)

// settingsMigrations holds, at index i, the way from version i+1 to i+2. The
// current version is thus one more than its length.
var settingsMigrations []migration

// document is what the settings file holds.
type document struct {
	Version  int             `json:"version"`
	Settings json.RawMessage `json:"settings"`
}

// LoadSettings reads the settings into the struct that into points to. If
// there are none yet, or they had to be set aside (*SetAsideError), into is
// left as it is. After any other error SaveSettings refuses to replace the
// file.
func (p *Profile) LoadSettings(into any) error {
	p.settings.Lock()
	defer p.settings.Unlock()
	p.settings.blocked = nil
	path := p.SettingsFile()
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		p.settings.blocked = err
		return err
	}
	// Decoding goes into a copy: half-read settings are worse than none.
	fresh := reflect.New(reflect.TypeOf(into).Elem())
	fresh.Elem().Set(reflect.ValueOf(into).Elem())
	if err := p.decodeSettings(data, fresh.Interface()); err != nil {
		aside, failed := setAside(path, err)
		if failed != nil {
			p.settings.blocked = failed
			return failed
		}
		return aside
	}
	reflect.ValueOf(into).Elem().Set(fresh.Elem())
	return nil
}

func (p *Profile) decodeSettings(data []byte, into any) error {
	var d document
	if err := decodeOne(data, &d); err != nil {
		return err
	}
	current := 1 + len(p.settings.migrations)
	if d.Version < 1 || len(d.Settings) == 0 {
		return errors.New("no version or no settings in it")
	}
	if d.Version > current {
		return &VersionError{Got: d.Version, Known: current}
	}
	settings := d.Settings
	for v := d.Version; v < current; v++ {
		var err error
		if settings, err = p.settings.migrations[v-1](settings); err != nil {
			return fmt.Errorf("from version %d to %d: %w", v, v+1, err)
		}
	}
	return json.Unmarshal(settings, into)
}

// decodeOne decodes exactly one JSON value.
func decodeOne(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	err := d.Decode(into)
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty")
	}
	if err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the end of it")
	}
	return nil
}

// SaveSettings writes v, a struct that LoadSettings can read, atomically.
func (p *Profile) SaveSettings(v any) error {
	settings, err := json.Marshal(v)
	if err != nil {
		return err
	}
	p.settings.Lock()
	defer p.settings.Unlock()
	if err := p.settings.blocked; err != nil {
		return fmt.Errorf("store: the settings file is kept as it is: %w", err)
	}
	data, err := json.MarshalIndent(document{1 + len(p.settings.migrations), settings}, "", "  ")
	if err != nil {
		return err
	}
	return replace(p.SettingsFile(), append(data, '\n'))
}
