package phone

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"webphone/audio/record"
)

func TestUsualRecordings_isAmongTheMusic(t *testing.T) {
	for _, c := range []struct {
		name  string
		dirs  string   // in user-dirs.dirs; "" = no such file
		there []string // folders in the home
		want  string
	}{
		{"nothing there", "", nil, "Music/Webphone"},
		{"the desktop says where", "# comment\nXDG_MUSIC_DIR=\"$HOME/Musik\"\n", []string{"Musik", "Music"}, "Musik/Webphone"},
		{"what it says is not there", "XDG_MUSIC_DIR=\"$HOME/Musik\"\n", []string{"Documents"}, "Documents/Webphone"},
		{"no folder wanted", "XDG_MUSIC_DIR=\"$HOME/\"\nXDG_DOCUMENTS_DIR=\"$HOME/Doku\\\"mente\"\n", []string{"Doku\"mente"}, "Doku\"mente/Webphone"},
		{"not a line of it", "XDG_MUSIC_DIR=Musik\nXDG_MUSIC_DIR\n", []string{"Music"}, "Music/Webphone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("HOME", home)
			t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, ".config"))
			t.Setenv("XDG_MUSIC_DIR", "")
			t.Setenv("XDG_DOCUMENTS_DIR", "")
			for _, dir := range append(c.there, ".config") {
				if err := os.Mkdir(filepath.Join(home, dir), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if c.dirs != "" {
				if err := os.WriteFile(filepath.Join(home, ".config/user-dirs.dirs"), []byte(c.dirs), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := usualRecordings(); got != filepath.Join(home, c.want) {
				t.Errorf("usualRecordings() = %q, want %q in the home", got, c.want)
			}
		})
	}
}

func TestTryFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, folder string
		ok           bool
	}{
		{"one that is there", dir, true},
		{"one that is made", filepath.Join(dir, "a", "b"), true},
		{"a file", file, false},
		{"below a file", filepath.Join(file, "a"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := tryFolder(c.folder)
			var failed *record.Error
			if (err == nil) != c.ok || err != nil && (!errors.As(err, &failed) || failed.File != c.folder) {
				t.Fatal(err)
			}
			if left, err := filepath.Glob(filepath.Join(c.folder, ".*")); len(left) > 0 || err != nil {
				t.Errorf("it leaves %q behind, %v", left, err)
			}
		})
	}
}
