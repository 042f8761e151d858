//go:build interop

package app

import (
	"bytes"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"webphone/phone/interop/rig"
)

// TestApp_silentMachine runs the demonstration where there is neither a
// microphone nor a speaker: the call goes through all the same.
func TestApp_silentMachine(t *testing.T) {
	p := start(t, rig.PhoneOptions{
		LogDir: rig.Artefacts(t), Args: []string{"--headless", "demo"},
		Env: []string{"PULSE_SERVER=unix:/nonexistent", "ALSA_CONFIG_PATH=/nonexistent"},
	})
	_, err := rig.WaitState(p, "confirmed")
	check(t, err)
	check(t, p.WaitStatus("exchange sound", 2*rig.Limit, func(rig.Status) bool {
		c, _ := p.StatusCall()
		return c.Stats.PacketsSent > 50 && c.Stats.PacketsReceived > 50
	}))
}

// TestApp_keepsItsState quits in good order and finds everything again.
func TestApp_keepsItsState(t *testing.T) {
	dir := rig.Artefacts(t)
	k, err := rig.StartKamailio(rig.KamailioOptions{LogDir: dir})
	check(t, err)
	t.Cleanup(k.Stop)
	p := start(t, account(k, dir))
	check(t, p.WaitAccount("registered"))
	use(t, p)
	history, err := p.Run("history")
	check(t, err)

	check(t, p.Stop())
	if !strings.Contains(p.Log(), "expires=0") {
		t.Error("the phone quits without taking back its registration")
	}
	check(t, p.Start())
	check(t, p.WaitAccount("registered"))
	again, err := p.Run("history")
	check(t, err)
	if again != history || !strings.Contains(history, "nobody") {
		t.Errorf("the history was\n%s\nand is\n%s\nwant a call to nobody in both", history, again)
	}
	messages, err := p.Run("messages", "sip:nobody@lab.test")
	check(t, err)
	if !strings.Contains(messages, "nothing typed is lost") {
		t.Errorf("the messages are\n%s", messages)
	}
}

// TestApp_corruptFiles damages each file of the profile in turn: the phone
// starts all the same and keeps the damaged file under another name.
func TestApp_corruptFiles(t *testing.T) {
	dir := rig.Artefacts(t)
	k, err := rig.StartKamailio(rig.KamailioOptions{LogDir: dir})
	check(t, err)
	t.Cleanup(k.Stop)
	p := start(t, account(k, dir))
	check(t, p.WaitAccount("registered"))
	use(t, p)
	check(t, p.Stop())
	damaged := 0
	for _, name := range files(t, p.Profile(), ".json", ".db", ".sqlite") {
		damaged++
		garbage := []byte("damaged " + filepath.Base(name) + strings.Repeat(" \x00{[\"", 2000))
		check(t, os.WriteFile(name, garbage, 0o600))
		check(t, p.Start())
		_, err := p.Run("status", "--json")
		check(t, err)
		check(t, p.Stop())
		if !kept(t, p.Profile(), garbage) {
			t.Errorf("the damaged %s is not among %v", filepath.Base(name), files(t, p.Profile(), ""))
		}
	}
	if damaged < 2 {
		t.Errorf("only %d files were damaged of %v: want settings and database", damaged, files(t, p.Profile(), ""))
	}
}

// TestApp_privateFiles keeps what the phone writes from other users.
func TestApp_privateFiles(t *testing.T) {
	dir := rig.Artefacts(t)
	k, err := rig.StartKamailio(rig.KamailioOptions{LogDir: dir})
	check(t, err)
	t.Cleanup(k.Stop)
	p := start(t, account(k, dir))
	check(t, p.WaitAccount("registered"))
	for _, name := range files(t, p.Profile(), "") {
		info, err := os.Lstat(name)
		check(t, err)
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v: others may read it", filepath.Base(name), info.Mode())
		}
		b, err := os.ReadFile(name)
		if err == nil && strings.HasSuffix(name, ".json") && !strings.Contains(name, "secret") &&
			bytes.Contains(b, []byte(k.Users["alice"])) {
			t.Errorf("%s contains the password", filepath.Base(name))
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "phone.log")); err != nil || bytes.Contains(b, []byte(k.Users["alice"])) {
		t.Errorf("the log contains the password (%v)", err)
	}
}

// TestApp_badServers names what is wrong with a server.
func TestApp_badServers(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	check(t, deaf.Close())
	for _, c := range []struct{ rule, server string }{
		{"nobody listens", "ws://" + deaf.Addr().String() + "/ws"},
		{"a web server that is no phone server", strings.Replace(web.URL, "http", "ws", 1) + "/ws"},
		{"a name that does not exist", "wss://nowhere.invalid/ws"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			p := start(t, rig.PhoneOptions{
				Address: "sip:alice@lab.test", Password: "wonderland", Server: c.server, Frequency: 560, LogDir: rig.Artefacts(t),
			})
			check(t, p.WaitStatus("say what is wrong", 2*rig.Limit, func(s rig.Status) bool {
				return len(s.Accounts) == 1 && s.Accounts[0].State != "registered" && s.Accounts[0].Reason != ""
			}))
			s, err := p.Status()
			check(t, err)
			t.Logf("%s: %s", s.Accounts[0].State, s.Accounts[0].Reason)
		})
	}
}

func account(k *rig.Kamailio, dir string) rig.PhoneOptions {
	return rig.PhoneOptions{
		Address: k.URI("alice"), Password: k.Users["alice"], Server: k.WSS, CA: k.Authority.File, Frequency: 560, LogDir: dir,
	}
}

// use leaves a call and a message in the phone's files.
func use(t *testing.T, p *rig.Phone) {
	t.Helper()
	check(t, p.Dial("sip:nobody@lab.test"))
	_, err := rig.WaitState(p, "ended")
	check(t, err)
	if _, err := p.Run("message", "sip:nobody@lab.test", "nothing typed is lost"); err == nil {
		t.Error("a message to nobody was accepted")
	}
}

// files lists the regular files below dir whose names end in one of the ends.
func files(t *testing.T, dir string, ends ...string) []string {
	t.Helper()
	var names []string
	check(t, filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		for _, end := range ends {
			if strings.HasSuffix(name, end) {
				names = append(names, name)
				break
			}
		}
		return nil
	}))
	return names
}

// kept reports whether a file below dir begins with the content.
func kept(t *testing.T, dir string, content []byte) bool {
	t.Helper()
	for _, name := range files(t, dir, "") {
		if b, err := os.ReadFile(name); err == nil && bytes.HasPrefix(b, content[:64]) {
			return true
		}
	}
	return false
}
