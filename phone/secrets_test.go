package phone_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"webphone/audio/audiotest"
	"webphone/audio/device"
	"webphone/phone"
)

// records is a log and a trace in one place.
type records struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *records) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *records) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// unmasked are the forms in which what helps to guess a password, or to listen
// in, stands in messages.
var unmasked = regexp.MustCompile(`(?i)(response|cnonce|rspauth)="?[^"*]|ice-pwd:[^*]|inline:[^*]`)

// A phone that calls itself, with everything recorded.
func TestRecords_haveNoSecrets(t *testing.T) {
	const password = "wonderland"
	s := server(t)
	var r records
	microphone := filepath.Join(t.TempDir(), "in.wav")
	if err := audiotest.WriteWAV(microphone, 48000, audiotest.Sine(aliceTone, 0.25, 48000, 48000)); err != nil {
		t.Fatal(err)
	}
	backend, err := device.NewFiles(microphone, filepath.Join(t.TempDir(), "out.wav"), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := phone.New(phone.Options{
		Profile: t.TempDir(), Backend: backend, Keyring: noKeyring{},
		Log:   slog.New(slog.NewTextHandler(&r, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Trace: func(line string) { _, _ = r.Write([]byte(line)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	u := &user{Phone: p, t: t, name: "alice"}
	t.Cleanup(u.stop)
	a := phone.Account{URI: s.URI("alice").String(), Servers: []string{s.URL()}, CAPEM: string(s.CAPEM())}
	if err := u.TestAccount(t.Context(), a, "not "+password, func(phone.TestStep) {}); err == nil {
		t.Error("a wrong password was accepted")
	}
	u.signIn(s, "alice", password)
	u.registered()
	if err := u.SendWait(t.Context(), "alice", "to myself", phone.SendOptions{}); err != nil {
		t.Errorf("message to myself: %v", err)
	}
	_, err = u.Dial("alice", phone.DialOptions{})
	u.must(err)
	incoming := u.call(phone.CallIncoming)
	u.must(u.Answer(incoming.ID))
	u.until("both ends in conversation", func(s *phone.Snapshot) bool {
		return len(s.Calls) == 2 && s.Calls[0].State == phone.CallConfirmed && s.Calls[1].State == phone.CallConfirmed
	})
	u.must(u.Hangup(incoming.ID))
	u.until("end of both", func(s *phone.Snapshot) bool {
		return s.Calls[0].State == phone.CallEnded && s.Calls[1].State == phone.CallEnded
	})
	u.stop()
	text := r.String()
	for _, must := range []string{"REGISTER sip:", "INVITE sip:", "MESSAGE sip:", "Authorization: Digest", "a=ice-pwd:***"} {
		if !strings.Contains(text, must) {
			t.Errorf("%q was not recorded: the test proves nothing", must)
		}
	}
	a1 := []byte("alice:" + domain + ":" + password)
	m, h := md5.Sum(a1), sha256.Sum256(a1)
	for what, secret := range map[string]string{
		"the password": password, "its MD5": hex.EncodeToString(m[:]), "its SHA-256": hex.EncodeToString(h[:]),
	} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in the records", what)
		}
	}
	if found := unmasked.FindString(text); found != "" {
		at := strings.Index(text, found)
		t.Errorf("unmasked: %s", text[max(0, at-100):at+60])
	}
}
