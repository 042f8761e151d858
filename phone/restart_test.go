package phone_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"webphone/phone"
	"webphone/phone/ua"
)

func TestRestart_keepsEverything(t *testing.T) {
	s := server(t)
	profile := t.TempDir()
	alice := start(t, "alice", profile, aliceTone)
	alice.signIn(s, "alice", "wonderland")
	alice.registered()
	_, err := alice.Dial("sip:bob@"+domain, phone.DialOptions{})
	alice.must(err)
	if end := alice.call(phone.CallEnded).End; !errors.Is(end, ua.CauseUnavailable) {
		t.Errorf("to somebody who is not there: %v", end)
	}
	alice.must(alice.SaveContact(phone.Contact{Name: "Bob", Addresses: []string{"bob@" + domain}}))
	settings := alice.Snapshot().Settings
	settings.Appearance.Theme = "dark"
	alice.must(alice.Apply(settings))
	alice.until("history", func(s *phone.Snapshot) bool { return len(s.History) == 1 })
	alice.stop()

	again := start(t, "alice again", profile, aliceTone)
	again.registered()
	now := again.Snapshot()
	if len(now.Contacts) != 1 || now.Contacts[0].Name != "Bob" {
		t.Errorf("contacts %+v", now.Contacts)
	}
	if now.Settings.Appearance.Theme != "dark" {
		t.Errorf("settings %+v", now.Settings)
	}
	info, err := os.Stat(filepath.Join(profile, "settings.json"))
	again.must(err)
	if info.Mode().Perm()&0o077 != 0 {
		t.Errorf("settings are readable by others: %v", info.Mode())
	}
	data, err := os.ReadFile(filepath.Join(profile, "settings.json"))
	again.must(err)
	if strings.Contains(string(data), "wonderland") {
		t.Error("the password is in the settings")
	}
}

func TestCorruptFiles_areSetAside(t *testing.T) {
	for _, name := range []string{"settings.json", "webphone.db"} {
		t.Run(name, func(t *testing.T) {
			profile := t.TempDir()
			rubbish := []byte(strings.Repeat("this is no such file\n", 100))
			if err := os.WriteFile(filepath.Join(profile, name), rubbish, 0o600); err != nil {
				t.Fatal(err)
			}
			u := start(t, "user", profile, aliceTone)
			if s := u.Snapshot(); len(s.Notices) == 0 {
				t.Error("nothing is said about it")
			}
			kept, err := filepath.Glob(filepath.Join(profile, name+".corrupt-*"))
			if err != nil || len(kept) != 1 {
				t.Fatalf("set aside: %v %v", kept, err)
			}
			data, err := os.ReadFile(kept[0])
			if err != nil || string(data) != string(rubbish) {
				t.Errorf("what was set aside differs: %v", err)
			}
		})
	}
}
