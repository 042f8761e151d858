package phone

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"webphone/audio/record"
)

// recordingFolder is where recordings go to now.
func (p *Phone) recordingFolder() string {
	if f := p.state.settings.Recording.Folder; f != "" {
		return f
	}
	return p.options.Recordings
}

// tryFolder makes a folder and writes into it, so that a mistake is found
// before a call is to be recorded. The error is a *record.Error.
func tryFolder(folder string) error {
	err := os.MkdirAll(folder, 0o700)
	var f *os.File
	if err == nil {
		f, err = os.CreateTemp(folder, ".try*")
	}
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(f.Name()))
	}
	if err != nil {
		return &record.Error{Op: "folder", File: folder, Err: err}
	}
	return nil
}

// usualRecordings is the folder of recordings unless the user chose another:
// one of ours among the user's music, else among the documents.
func usualRecordings() string {
	const ours = "Webphone"
	home, err := os.UserHomeDir()
	if err != nil {
		return filepath.Join(os.TempDir(), ours)
	}
	config := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		config = filepath.Join(home, ".config")
	}
	dirs := userDirs(filepath.Join(config, "user-dirs.dirs"), home)
	candidates := []string{
		os.Getenv("XDG_MUSIC_DIR"), dirs["XDG_MUSIC_DIR"], filepath.Join(home, "Music"),
		os.Getenv("XDG_DOCUMENTS_DIR"), dirs["XDG_DOCUMENTS_DIR"], filepath.Join(home, "Documents"),
	}
	for _, dir := range candidates {
		// The home itself stands for a folder that the user does not want.
		if info, err := os.Stat(dir); filepath.IsAbs(dir) && filepath.Clean(dir) != home && err == nil && info.IsDir() {
			return filepath.Join(dir, ours)
		}
	}
	return filepath.Join(home, "Music", ours)
}

// userDirs reads the file in which a freedesktop.org desktop keeps the places
// of the user's folders: lines like XDG_MUSIC_DIR="$HOME/Music".
func userDirs(path, home string) map[string]string {
	dirs := map[string]string{}
	f, err := os.Open(path)
	if err != nil {
		return dirs
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, value, ok := strings.Cut(strings.TrimSpace(lines.Text()), "=")
		if !ok || strings.HasPrefix(name, "#") || len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
			continue
		}
		value = value[1 : len(value)-1]
		if rest, ok := strings.CutPrefix(value, "$HOME"); ok {
			value = home + rest
		}
		dirs[name] = strings.NewReplacer(`\"`, `"`, `\$`, `$`, "\\`", "`", `\\`, `\`).Replace(value)
	}
	return dirs
}
