package store

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
)

type settings struct {
	Theme    string            `json:"theme"`
	Accounts []string          `json:"accounts"`
	Volume   float64           `json:"volume"`
	Keys     map[string]string `json:"keys,omitempty"`
}

func TestSettings_roundTrip(t *testing.T) {
	dir := t.TempDir()
	p := open(t, dir)
	first := settings{Theme: "default"}
	if err := p.LoadSettings(&first); err != nil || first.Theme != "default" {
		t.Errorf("first start: %v, %+v", err, first)
	}
	saved := settings{Theme: "dark", Accounts: []string{"sip:alice@example.com"}, Volume: 0.5, Keys: map[string]string{"ä": "ö"}}
	for range 2 {
		if err := p.SaveSettings(saved); err != nil {
			t.Fatal(err)
		}
	}
	p.Close()
	var got settings
	if err := open(t, dir).LoadSettings(&got); err != nil || !reflect.DeepEqual(got, saved) {
		t.Errorf("loaded %+v, %v", got, err)
	}
	if s := read(t, p.SettingsFile()); !strings.HasPrefix(s, "{\n  \"version\": 1,\n  \"settings\": {\n    \"theme\": \"dark\"") {
		t.Errorf("file is not meant for people: %s", s)
	}
}

func TestSettings_notUnderstood_areSetAside(t *testing.T) {
	for name, content := range map[string]string{
		"empty":                         "",
		"not JSON":                      "theme = dark\n",
		"cut off":                       `{"version": 1, "settings": {"theme": "da`,
		"zeroes":                        strings.Repeat("\x00", 512),
		"no version":                    `{"settings": {"theme": "dark"}}`,
		"no settings":                   `{"version": 1}`,
		"wrong type within":             `{"version": 1, "settings": {"accounts": ["sip:a@b"], "volume": "loud"}}`,
		"something after the end":       `{"version": 1, "settings": {}} {}`,
		"written by a newer version":    `{"version": 99, "settings": {"theme": "dark"}}`,
		"an array instead of an object": `[]`,
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t, t.TempDir())
			write(t, p.SettingsFile(), content)
			s := settings{Theme: "default", Accounts: []string{"kept"}}
			e := aside(t, p.LoadSettings(&s), p.SettingsFile(), content)
			if s.Theme != "default" || len(s.Accounts) != 1 || s.Volume != 0 {
				t.Errorf("half-read settings: %+v", s)
			}
			var version *VersionError
			if newer := strings.Contains(name, "newer"); errors.As(e, &version) != newer {
				t.Errorf("notice %v", e)
			}
			if err := p.SaveSettings(s); err != nil {
				t.Fatal(err)
			}
			if err := p.LoadSettings(&s); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestSettings_setAsideTwiceInASecond_keepsBoth(t *testing.T) {
	p := open(t, t.TempDir())
	var s settings
	var names []string
	for _, content := range []string{"one", "two", "three"} {
		write(t, p.SettingsFile(), content)
		names = append(names, aside(t, p.LoadSettings(&s), p.SettingsFile(), content).As)
	}
	for i, content := range []string{"one", "two", "three"} {
		if got := read(t, names[i]); got != content {
			t.Errorf("%s now holds %q", names[i], got)
		}
	}
}

func TestSettings_thatCannotBeRead_areNotReplaced(t *testing.T) {
	p := open(t, t.TempDir())
	if err := os.Mkdir(p.SettingsFile(), 0o700); err != nil { // reading fails even for root
		t.Fatal(err)
	}
	var s settings
	err := p.LoadSettings(&s)
	if e := (*SetAsideError)(nil); err == nil || errors.As(err, &e) {
		t.Fatalf("loading: %v", err)
	}
	if err := p.SaveSettings(s); err == nil {
		t.Error("saved")
	}
}

func TestSettings_migrations_runFromTheVersionOfTheFile(t *testing.T) {
	add := func(letter string) migration {
		return func(in json.RawMessage) (json.RawMessage, error) {
			var s settings
			if err := json.Unmarshal(in, &s); err != nil {
				return nil, err
			}
			s.Theme += letter
			return json.Marshal(s)
		}
	}
	for _, tt := range []struct{ version, want string }{{"1", "xab"}, {"2", "xb"}, {"3", "x"}} {
		p := open(t, t.TempDir())
		p.settings.migrations = []migration{add("a"), add("b")}
		write(t, p.SettingsFile(), `{"version": `+tt.version+`, "settings": {"theme": "x"}}`)
		var s settings
		if err := p.LoadSettings(&s); err != nil || s.Theme != tt.want {
			t.Errorf("version %s: %q, %v", tt.version, s.Theme, err)
		}
		if err := p.SaveSettings(s); err != nil {
			t.Fatal(err)
		}
		if got := read(t, p.SettingsFile()); !strings.Contains(got, `"version": 3`) {
			t.Errorf("saved %s", got)
		}
	}
}

func TestSettings_migrationFails_fileIsSetAside(t *testing.T) {
	p := open(t, t.TempDir())
	failure := errors.New("no way")
	p.settings.migrations = []migration{func(json.RawMessage) (json.RawMessage, error) { return nil, failure }}
	content := `{"version": 1, "settings": {}}`
	write(t, p.SettingsFile(), content)
	var s settings
	if e := aside(t, p.LoadSettings(&s), p.SettingsFile(), content); !errors.Is(e, failure) {
		t.Errorf("notice %v", e)
	}
}

func TestSettings_linkStaysALink(t *testing.T) {
	p := open(t, t.TempDir())
	target := filepath.Join(t.TempDir(), "elsewhere.json")
	write(t, target, `{"version": 1, "settings": {"theme": "x"}}`)
	if err := os.Symlink(target, p.SettingsFile()); err != nil {
		t.Fatal(err)
	}
	if err := p.SaveSettings(settings{Theme: "y"}); err != nil {
		t.Fatal(err)
	}
	if got := read(t, target); !strings.Contains(got, `"y"`) {
		t.Errorf("target holds %s", got)
	}
}

func TestSettings_savedFromManyGoroutines_isAlwaysWhole(t *testing.T) {
	p := open(t, t.TempDir())
	if err := p.SaveSettings(settings{}); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 5 {
				if err := p.SaveSettings(settings{Theme: strings.Repeat("x", 10000)}); err != nil {
					t.Error(err)
				}
				var s settings
				if err := p.LoadSettings(&s); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}

func TestSettings_notEncodable(t *testing.T) {
	p := open(t, t.TempDir())
	if err := p.SaveSettings(make(chan int)); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(p.SettingsFile()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was written: %v", err)
	}
}

func TestFieldError(t *testing.T) {
	cause := errors.New("is not an address")
	err := error(&FieldError{Field: "accounts.0.uri", Err: cause})
	if !errors.Is(err, cause) || err.Error() != "accounts.0.uri: is not an address" {
		t.Errorf("%v", err)
	}
}
