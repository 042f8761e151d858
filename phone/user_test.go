package phone_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"webphone/audio/audiotest"
	"webphone/audio/device"
	"webphone/phone"
	"webphone/phone/demo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noKeyring makes every password go to the profile's file.
type noKeyring struct{}

var errNoKeyring = errors.New("no keyring in tests")

func (noKeyring) Available() bool            { return false }
func (noKeyring) Get(string) (string, error) { return "", errNoKeyring }
func (noKeyring) Set(string, string) error   { return errNoKeyring }
func (noKeyring) Delete(string) error        { return errNoKeyring }

// patience bounds every wait; only a failing test takes so long.
const patience = 20 * time.Second

// user is one phone of a test.
type user struct {
	*phone.Phone
	t       *testing.T
	name    string
	profile string
	speaker string
	closed  bool
}

// start opens a phone over files: its microphone hears a tone of frequency.
func start(t *testing.T, name, profile string, frequency float64) *user {
	t.Helper()
	dir := t.TempDir()
	microphone, speaker := filepath.Join(dir, "in.wav"), filepath.Join(dir, "out.wav")
	if err := audiotest.WriteWAV(microphone, 48000, audiotest.Sine(frequency, 0.25, 48000, 48000)); err != nil {
		t.Fatal(err)
	}
	backend, err := device.NewFiles(microphone, speaker, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := phone.New(phone.Options{
		Profile: profile, Backend: backend, Keyring: noKeyring{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	u := &user{Phone: p, t: t, name: name, profile: profile, speaker: speaker}
	t.Cleanup(u.stop)
	return u
}

func (u *user) stop() {
	if u.closed {
		return
	}
	u.closed = true
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := u.Close(ctx); err != nil {
		u.t.Errorf("%s: Close: %v", u.name, err)
	}
}

// until waits for a snapshot that satisfies ok.
func (u *user) until(what string, ok func(*phone.Snapshot) bool) *phone.Snapshot {
	u.t.Helper()
	ctx, cancel := context.WithTimeout(u.t.Context(), patience)
	defer cancel()
	changed := u.Changed(ctx)
	for {
		if s := u.Snapshot(); ok(s) {
			return s
		}
		if _, more := <-changed; !more {
			u.t.Fatalf("%s: no %s within %v: %s", u.name, what, patience, describe(u.Snapshot()))
		}
	}
}

func describe(s *phone.Snapshot) string {
	var b strings.Builder
	for _, a := range s.Accounts {
		fmt.Fprintf(&b, "\naccount %s %s %v", a.URI, a.State, a.Problem)
	}
	for _, c := range s.Calls {
		fmt.Fprintf(&b, "\ncall %s %s with %s, %+v, end %v", c.ID, c.State, c.Peer, c.Stats, c.End)
	}
	for _, n := range s.Notices {
		fmt.Fprintf(&b, "\nnotice %v", n.Err)
	}
	return b.String()
}

// call waits until the newest call is in a state.
func (u *user) call(state phone.CallState) phone.Call {
	u.t.Helper()
	s := u.until("call "+string(state), func(s *phone.Snapshot) bool {
		return len(s.Calls) > 0 && s.Calls[len(s.Calls)-1].State == state
	})
	return s.Calls[len(s.Calls)-1]
}

func (u *user) must(err error) {
	u.t.Helper()
	if err != nil {
		u.t.Fatalf("%s: %v", u.name, err)
	}
}

const domain = "phones.test"

// server starts the demonstration server for alice and bob.
func server(t *testing.T) *demo.Server {
	t.Helper()
	s, err := demo.Start(t.Context(), demo.Options{Domain: domain, NoRobots: true, Accounts: []demo.Account{
		{User: "alice", Password: "wonderland"},
		{User: "bob", Password: "builder"},
		{User: "carol", Password: "singer"},
		{User: "dave", Password: "painter"},
		{User: "eve", Password: "baker"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func (u *user) signIn(s *demo.Server, name, password string) {
	u.t.Helper()
	u.must(u.SetAccount(phone.Account{
		URI: s.URI(name).String(), Servers: []string{s.URL()}, CAPEM: string(s.CAPEM()),
	}, password))
}

func (u *user) registered() {
	u.t.Helper()
	u.until("registration", func(s *phone.Snapshot) bool {
		return len(s.Accounts) > 0 && s.Accounts[0].State == phone.Registered
	})
}

const (
	aliceTone = 440.0
	bobTone   = 700.0
)

func pair(t *testing.T) (alice, bob *user, s *demo.Server) {
	t.Helper()
	s = server(t)
	alice, bob = start(t, "alice", t.TempDir(), aliceTone), start(t, "bob", t.TempDir(), bobTone)
	alice.signIn(s, "alice", "wonderland")
	bob.signIn(s, "bob", "builder")
	alice.registered()
	bob.registered()
	return alice, bob, s
}

// talk brings up a call from alice to bob.
func talk(alice, bob *user) (atAlice, atBob phone.CallID) {
	alice.t.Helper()
	id, err := alice.Dial("bob", phone.DialOptions{})
	alice.must(err)
	incoming := bob.call(phone.CallIncoming)
	alice.call(phone.CallRinging)
	bob.must(bob.Answer(""))
	heard := func(s *phone.Snapshot) bool {
		c := s.Calls[len(s.Calls)-1]
		return c.State == phone.CallConfirmed && c.Encrypted && c.Stats.PacketsReceived > 0
	}
	alice.until("sound", heard)
	bob.until("sound", heard)
	return id, incoming.ID
}
