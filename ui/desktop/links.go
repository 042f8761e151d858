package desktop

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Schemes are the links that the phone opens.
var Schemes = []string{"sip", "sips", "tel"}

const (
	entryName = "webphone.desktop"
	// defaultsGroup of mimeapps.list: the freedesktop.org MIME applications
	// specification, "Default Application".
	defaultsGroup = "[Default Applications]"
)

// RegisterLinks makes the phone the program that opens sip:, sips: and tel:
// links for this user: it writes an application entry that starts executable,
// its icon (a PNG of 256×256; nil leaves it out) and the user's choice of
// applications. Elsewhere than on a freedesktop.org desktop it returns an
// error that wraps errors.ErrUnsupported.
func RegisterLinks(executable string, icon []byte) error {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return fmt.Errorf("desktop: links on %s: %w", runtime.GOOS, errors.ErrUnsupported)
	}
	data, err := xdgDir("XDG_DATA_HOME", ".local/share")
	if err != nil {
		return err
	}
	config, err := xdgDir("XDG_CONFIG_HOME", ".config")
	if err != nil {
		return err
	}
	if icon != nil {
		if err := writeFile(filepath.Join(data, "icons/hicolor/256x256/apps/webphone.png"), icon); err != nil {
			return err
		}
	}
	if err := writeFile(filepath.Join(data, "applications", entryName), []byte(desktopEntry(executable))); err != nil {
		return err
	}
	list := filepath.Join(config, "mimeapps.list")
	old, err := os.ReadFile(list)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("desktop: links: %w", err)
	}
	return writeFile(list, []byte(withDefaults(string(old))))
}

// xdgDir is a base directory of the XDG specification: a relative path in the
// variable does not count.
func xdgDir(variable, fallback string) (string, error) {
	if dir := os.Getenv(variable); filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("desktop: links: %w", err)
	}
	return filepath.Join(home, fallback), nil
}

// writeFile replaces a file as a whole, so that a crash leaves the old one.
func writeFile(path string, content []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("desktop: links: %w", err)
	}
	f, err := os.CreateTemp(dir, ".webphone-*")
	if err != nil {
		return fmt.Errorf("desktop: links: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("desktop: links: %w", err)
	}
	return nil
}

func desktopEntry(executable string) string {
	types := make([]string, len(Schemes))
	for i, s := range Schemes {
		types[i] = "x-scheme-handler/" + s + ";"
	}
	return strings.Join([]string{
		"[Desktop Entry]",
		"Type=Application",
		"Name=Webphone",
		"GenericName=Phone",
		"Comment=Calls and messages over SIP",
		"Exec=" + quoteExec(executable) + " %u",
		"Icon=webphone",
		"Terminal=false",
		"Categories=Network;Telephony;",
		"MimeType=" + strings.Join(types, ""),
		"StartupNotify=true",
		"X-PulseAudio-Properties=media.role=phone",
		"",
	}, "\n")
}

// quoteExec quotes a program for the key Exec (Desktop Entry Specification,
// "The Exec key"): inside quotes ", `, $ and \ are escaped, and as the value
// is a string, each backslash once more; a percent sign is doubled.
func quoteExec(s string) string {
	quoted := strings.NewReplacer(`"`, `\"`, "`", "\\`", `$`, `\$`, `\`, `\\`).Replace(s)
	quoted = strings.ReplaceAll(quoted, `\`, `\\`)
	return `"` + strings.ReplaceAll(quoted, "%", "%%") + `"`
}

// withDefaults sets our entry as the default for the schemes in a
// mimeapps.list and leaves every other line as it is.
func withDefaults(old string) string {
	var ours []string
	for _, s := range Schemes {
		ours = append(ours, "x-scheme-handler/"+s+"="+entryName)
	}
	var lines []string
	if old != "" {
		lines = strings.Split(strings.TrimRight(old, "\n"), "\n")
	}
	inDefaults, at := false, -1
	kept := lines[:0:0]
	for _, line := range lines {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "[") {
			inDefaults = trimmed == defaultsGroup
		}
		key, _, assigned := strings.Cut(trimmed, "=")
		if inDefaults && assigned && slices.ContainsFunc(Schemes, func(s string) bool {
			return strings.TrimSpace(key) == "x-scheme-handler/"+s
		}) {
			continue
		}
		kept = append(kept, line)
		if inDefaults && at < 0 {
			at = len(kept)
		}
	}
	if at < 0 {
		if len(kept) > 0 {
			kept = append(kept, "")
		}
		kept = append(kept, defaultsGroup)
		at = len(kept)
	}
	return strings.Join(slices.Insert(kept, at, ours...), "\n") + "\n"
}
