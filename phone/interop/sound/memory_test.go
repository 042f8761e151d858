//go:build interop

package sound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"webphone/phone"
	"webphone/phone/demo"
	"webphone/phone/interop/rig"
)

// mostMemory is what a call without a window may occupy.
const mostMemory = 40 << 20

// engineOf names the server in the environment of the process that is measured.
const engineOf = "WEBPHONE_TEST_ENGINE_OF"

func TestMain(m *testing.M) {
	server := os.Getenv(engineOf)
	if server == "" {
		os.Exit(m.Run())
	}
	if err := holdCall(server, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// TestMemory_ofACall has a process of its own, with nothing in it but the phone,
// talk to Echo on the sound server, with everything on that is done to the
// microphone.
func TestMemory_ofACall(t *testing.T) {
	dir := rig.Artefacts(t)
	sound, err := rig.StartPulse(dir)
	check(t, err)
	t.Cleanup(sound.Stop)
	server, err := demo.Start(t.Context(), demo.Options{
		Domain: "phones.test", Accounts: []demo.Account{{User: "alice", Password: "wonderland"}},
	})
	check(t, err)
	t.Cleanup(func() { _ = server.Close() })
	profile := t.TempDir()
	check(t, os.WriteFile(filepath.Join(profile, "authority.pem"), server.CAPEM(), 0o600))
	self, err := os.Executable()
	check(t, err)
	c := exec.CommandContext(t.Context(), self, profile)
	c.Env = append(append(os.Environ(), sound.Env()...), engineOf+"="+server.URL())
	var failure bytes.Buffer
	c.Stderr = &failure
	out, err := c.Output()
	if err != nil {
		t.Fatal(err, failure.String())
	}
	resident, err := strconv.Atoi(strings.TrimSpace(string(out)))
	check(t, err)
	t.Logf("%.1f MB are resident", float64(resident)/(1<<20))
	if resident > mostMemory {
		t.Errorf("that is more than %d", mostMemory>>20)
	}
}

// holdCall prints how many bytes are resident after ten seconds of a call.
func holdCall(server, profile string) (err error) {
	authority, err := os.ReadFile(filepath.Join(profile, "authority.pem"))
	if err != nil {
		return err
	}
	p, err := phone.New(phone.Options{Profile: profile, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close(context.Background())) }()
	account := phone.Account{URI: "sip:alice@phones.test", Servers: []string{server}, CAPEM: string(authority)}
	if err := p.SetAccount(account, "wonderland"); err != nil {
		return err
	}
	if err := await(p, "registered", func(s *phone.Snapshot) bool {
		return len(s.Accounts) > 0 && s.Accounts[0].State == phone.Registered
	}); err != nil {
		return err
	}
	if _, err := p.Dial("sip:echo@phones.test", phone.DialOptions{}); err != nil {
		return err
	}
	if err := await(p, "sound", func(s *phone.Snapshot) bool {
		return len(s.Calls) > 0 && s.Calls[0].Stats.PacketsReceived > 500 &&
			s.Devices.Microphone.Name != "" && s.Devices.Speaker.Name != ""
	}); err != nil {
		return err
	}
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		return err
	}
	fmt.Println(pages * os.Getpagesize())
	return nil
}

// await waits until a snapshot of the phone is as it should be.
func await(p *phone.Phone, what string, ok func(*phone.Snapshot) bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	changed := p.Changed(ctx)
	for s := p.Snapshot(); !ok(s); s = p.Snapshot() {
		if _, more := <-changed; !more {
			return fmt.Errorf("not %s: %+v, calls %+v", what, s.Accounts, s.Calls)
		}
	}
	return nil
}
