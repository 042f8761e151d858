package desktop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRegisterLinks_writesEntryIconAndChoice(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_DATA_HOME", filepath.Join(dir, "data"))
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "config"))
	list := filepath.Join(dir, "config", "mimeapps.list")
	for range 2 { // the second time changes nothing
		if err := RegisterLinks("/opt/web phone/webphone", []byte("png")); err != nil {
			t.Fatal(err)
		}
	}
	entry, err := os.ReadFile(filepath.Join(dir, "data/applications/webphone.desktop"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`Exec="/opt/web phone/webphone" %u`,
		"MimeType=x-scheme-handler/sip;x-scheme-handler/sips;x-scheme-handler/tel;",
		"X-PulseAudio-Properties=media.role=phone",
	} {
		if !strings.Contains(string(entry), line+"\n") {
			t.Errorf("the entry lacks %s:\n%s", line, entry)
		}
	}
	got, err := os.ReadFile(list)
	want := "[Default Applications]\nx-scheme-handler/sip=webphone.desktop\nx-scheme-handler/sips=webphone.desktop\nx-scheme-handler/tel=webphone.desktop\n"
	if err != nil || string(got) != want {
		t.Errorf("mimeapps.list, %v:\n%s", err, got)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*", ".webphone-*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestRegisterLinks_aDirectoryThatCannotBeMadeIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_DATA_HOME", filepath.Join(file, "under"))
	if err := RegisterLinks("/webphone", nil); err == nil {
		t.Error("no error")
	}
}

func TestWithDefaults_leavesOtherChoicesAlone(t *testing.T) {
	old := `# mine
[Added Associations]
x-scheme-handler/tel=other.desktop;

[Default Applications]
text/html=browser.desktop
x-scheme-handler/sip = linphone.desktop

[Removed Associations]
x-scheme-handler/sip=ekiga.desktop
`
	want := `# mine
[Added Associations]
x-scheme-handler/tel=other.desktop;

[Default Applications]
x-scheme-handler/sip=webphone.desktop
x-scheme-handler/sips=webphone.desktop
x-scheme-handler/tel=webphone.desktop
text/html=browser.desktop

[Removed Associations]
x-scheme-handler/sip=ekiga.desktop
`
	if got := withDefaults(old); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if got := withDefaults(want); got != want {
		t.Errorf("a second time changes it:\n%s", got)
	}
}

func TestQuoteExec_escapesByTheSpecification(t *testing.T) {
	for in, want := range map[string]string{
		"/usr/bin/webphone": `"/usr/bin/webphone"`,
		"/a b/w":            `"/a b/w"`,
		"/100%/w":           `"/100%%/w"`,
		`/a"b/w`:            `"/a\\"b/w"`,
		"/$HOME/w":          `"/\\$HOME/w"`,
		`/a\b/w`:            `"/a\\\\b/w"`,
	} {
		if got := quoteExec(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
