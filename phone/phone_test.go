package phone_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"webphone/audio/audiotest"
	"webphone/audio/device"
	"webphone/phone"
	"webphone/phone/demo"
	"webphone/phone/ua"
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

// hears checks that the last half second at the speaker is a tone.
func (u *user) hears(frequency float64) {
	u.t.Helper()
	samples, rate, err := audiotest.ReadWAV(u.speaker)
	u.must(err)
	heard := samples[max(0, len(samples)-rate/2):]
	if got := audiotest.Dominant(heard, rate); got < frequency-15 || got > frequency+15 {
		u.t.Errorf("%s heard %.0f Hz of %d samples, want %.0f", u.name, got, len(heard), frequency)
	}
}

const domain = "phones.test"

// server starts the demonstration server for alice and bob.
func server(t *testing.T) *demo.Server {
	t.Helper()
	s, err := demo.Start(t.Context(), demo.Options{Domain: domain, NoRobots: true, Accounts: []demo.Account{
		{User: "alice", Password: "wonderland"}, {User: "bob", Password: "builder"},
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
		return c.State == phone.CallConfirmed && c.Encrypted && c.Stats.PacketsReceived > 50
	}
	alice.until("sound", heard)
	bob.until("sound", heard)
	return id, incoming.ID
}

func TestCall_soundBothWaysAndHistory(t *testing.T) {
	alice, bob, _ := pair(t)
	talk(alice, bob)
	c := alice.Snapshot().Calls[0]
	if c.Codec != "opus" || c.Peer != "sip:bob@"+domain || c.Direction != phone.Outgoing {
		t.Errorf("alice's call: %+v", c)
	}
	bob.must(bob.Hangup(""))
	if end := alice.call(phone.CallEnded).End; !errors.Is(end, ua.CauseBye) {
		t.Errorf("alice's call ended with %v", end)
	}
	alice.hears(bobTone)
	bob.hears(aliceTone)
	for _, u := range []*user{alice, bob} {
		s := u.until("history", func(s *phone.Snapshot) bool { return len(s.History) == 1 })
		if h := s.History[0]; h.Outcome != phone.OutcomeAnswered || h.Duration <= 0 || h.Codec != "opus" || h.ID <= 0 {
			t.Errorf("%s's history: %+v", u.name, h)
		}
	}
}

func TestCall_holdAndDTMF(t *testing.T) {
	alice, bob, _ := pair(t)
	talk(alice, bob)
	alice.must(alice.SendDTMF("", "12#"))
	bob.until("digits", func(s *phone.Snapshot) bool { return s.Calls[0].DTMFReceived == "12#" })
	alice.must(alice.Hold(""))
	alice.until("hold", func(s *phone.Snapshot) bool { return s.Calls[0].LocalHold && !s.Calls[0].HoldPending })
	bob.until("remote hold", func(s *phone.Snapshot) bool { return s.Calls[0].RemoteHold })
	before := bob.Snapshot().Calls[0].Stats.PacketsReceived
	alice.must(alice.Resume(""))
	bob.until("sound again", func(s *phone.Snapshot) bool {
		return !s.Calls[0].RemoteHold && s.Calls[0].Stats.PacketsReceived > before+20
	})
	alice.must(alice.SetMuted("", true))
	alice.until("mute", func(s *phone.Snapshot) bool { return s.Calls[0].Muted })
	alice.must(alice.HangupAll())
	bob.call(phone.CallEnded)
}

func TestCall_endings(t *testing.T) {
	cases := []struct {
		name      string
		act       func(alice, bob *user)
		cause     ua.Cause
		alice     phone.Outcome
		bob       phone.Outcome
		bobMissed int
	}{
		{"bob declines", func(alice, bob *user) {
			bob.must(bob.Decline(""))
		}, ua.CauseBusy, phone.OutcomeBusy, phone.OutcomeDeclined, 0},
		{"alice gives up", func(alice, bob *user) {
			alice.must(alice.Hangup(""))
		}, ua.CauseCanceled, phone.OutcomeCancelled, phone.OutcomeMissed, 1},
	}
	alice, bob, _ := pair(t)
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := alice.Dial("sip:bob@"+domain, phone.DialOptions{})
			alice.must(err)
			bob.call(phone.CallIncoming)
			alice.call(phone.CallRinging)
			c.act(alice, bob)
			if end := alice.call(phone.CallEnded).End; !errors.Is(end, c.cause) {
				t.Errorf("alice's call ended with %v, want %v", end, c.cause)
			}
			bob.call(phone.CallEnded)
			for _, u := range []*user{alice, bob} {
				s := u.until("history", func(s *phone.Snapshot) bool { return len(s.History) == i+1 })
				want := c.alice
				if u == bob {
					want = c.bob
				}
				if got := s.History[0].Outcome; got != want {
					t.Errorf("%s's history says %q, want %q", u.name, got, want)
				}
			}
			if got := bob.Snapshot().MissedCalls; got != c.bobMissed {
				t.Errorf("bob has %d missed calls, want %d", got, c.bobMissed)
			}
		})
	}
	bob.MarkCallsSeen()
	bob.until("seen calls", func(s *phone.Snapshot) bool { return s.MissedCalls == 0 })
}

func TestDial_refuses(t *testing.T) {
	alice := start(t, "alice", t.TempDir(), aliceTone)
	if _, err := alice.Dial("bob", phone.DialOptions{}); !errors.Is(err, phone.ErrNoAccount) {
		t.Errorf("without an account: %v", err)
	}
	s := server(t)
	alice.signIn(s, "alice", "wonderland")
	alice.registered()
	for _, target := range []string{"", "  \n ", "sip:", "<>", "sip:bob@exa mple", "sip:not an address", "Bob Nobody"} {
		var wrong *phone.TargetError
		if _, err := alice.Dial(target, phone.DialOptions{}); !errors.As(err, &wrong) {
			t.Errorf("Dial(%q) returned %v, want a TargetError", target, err)
		}
	}
	if err := alice.Answer(""); !errors.Is(err, phone.ErrNoCall) {
		t.Errorf("Answer without a call: %v", err)
	}
	if n := len(alice.Snapshot().Calls); n != 0 {
		t.Errorf("%d calls are left over", n)
	}
}

func TestSignIn_wrongPassword(t *testing.T) {
	s := server(t)
	alice := start(t, "alice", t.TempDir(), aliceTone)
	alice.signIn(s, "alice", "guess")
	got := alice.until("failure", func(s *phone.Snapshot) bool {
		return len(s.Accounts) == 1 && s.Accounts[0].State == phone.Failed
	}).Accounts[0]
	if !errors.Is(got.Problem, ua.CauseAuthentication) && !errors.Is(got.Problem, ua.CauseRejected) {
		t.Errorf("problem %v", got.Problem)
	}
	if !got.RetryAt.IsZero() {
		t.Error("a wrong password is tried again: accounts get locked by that")
	}
	a := alice.Snapshot().Settings.Accounts[0]
	alice.must(alice.SetAccount(a, "wonderland"))
	alice.registered()
}

func TestChat(t *testing.T) {
	alice, bob, s := pair(t)
	const text = "Grüße, 世界! 👋"
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	alice.must(alice.SendWait(ctx, "bob", text))
	got := bob.until("message", func(s *phone.Snapshot) bool { return s.UnreadMessages == 1 }).Threads[0]
	if got.Peer != s.URI("alice").String() || got.Messages[0].Body != text || !got.Messages[0].Incoming {
		t.Errorf("bob's thread: %+v", got)
	}
	bob.MarkRead(got.Peer)
	bob.until("read", func(s *phone.Snapshot) bool { return s.UnreadMessages == 0 })

	var end *ua.EndError
	if err := alice.SendWait(ctx, "nobody-knows", "hello?"); !errors.As(err, &end) || end.Status != 404 {
		t.Errorf("to an unknown user: %v", err)
	}
	failed := alice.until("failure", func(s *phone.Snapshot) bool { return len(s.Threads) == 2 })
	m := failed.Threads[0].Messages[0]
	if m.State != phone.MessageFailed || m.Status != 404 || m.Body != "hello?" {
		t.Errorf("the failed message: %+v", m)
	}
	alice.must(alice.RetryMessage(m.ID))
	if err := alice.SendWait(ctx, "bob", " \n"); !errors.Is(err, phone.ErrEmptyMessage) {
		t.Errorf("an empty message: %v", err)
	}
}

func TestChat_waitsForTheConnection(t *testing.T) {
	alice, bob, s := pair(t)
	bob.stop()
	again := start(t, "bob again", bob.profile, bobTone) // knows its account, is not yet registered
	_, err := again.Send("sip:alice@"+domain, "back again")
	again.must(err)
	alice.until("message", func(s *phone.Snapshot) bool { return s.UnreadMessages == 1 })
	again.until("acceptance", func(s *phone.Snapshot) bool {
		return len(s.Threads) == 1 && s.Threads[0].Messages[0].State == phone.MessageAccepted
	})
	if s.Registered("bob") != 1 {
		t.Errorf("bob is registered %d times, want once", s.Registered("bob"))
	}
}

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

func TestTestAccount(t *testing.T) {
	s := server(t)
	u := start(t, "user", t.TempDir(), aliceTone)
	account := phone.Account{URI: s.URI("alice").String(), Servers: []string{s.URL()}, CAPEM: string(s.CAPEM())}
	stranger := account
	stranger.CAPEM = ""
	cases := []struct {
		name     string
		account  phone.Account
		password string
		steps    string
		ok       bool
	}{
		{"all is well", account, "wonderland", "dns tcp tls websocket register", true},
		{"a wrong password", account, "guess", "dns tcp tls websocket register", false},
		{"a certificate nobody knows", stranger, "wonderland", "dns tcp tls", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var steps []string
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var last error
			err := u.TestAccount(ctx, c.account, c.password, func(step phone.TestStep) {
				steps = append(steps, string(step.Name))
				last = step.Err
			})
			if strings.Join(steps, " ") != c.steps || (err == nil) != c.ok || (last == nil) != c.ok {
				t.Errorf("steps %v, error %v, last step %v", steps, err, last)
			}
		})
	}
	if n := s.Registered("alice"); n != 0 {
		t.Errorf("%d registrations are left over", n)
	}
	if len(u.Snapshot().Settings.Accounts) != 0 {
		t.Error("a trial was kept")
	}
}

func TestDemo_callsEcho(t *testing.T) {
	u := start(t, "newcomer", t.TempDir(), aliceTone)
	if err := u.RingMe(0); !errors.Is(err, phone.ErrNotDemo) {
		t.Errorf("RingMe outside the demonstration: %v", err)
	}
	u.must(u.StartDemo())
	u.until("echo", func(s *phone.Snapshot) bool {
		return len(s.Calls) == 1 && s.Calls[0].State == phone.CallConfirmed && s.Calls[0].Stats.PacketsReceived > 75
	})
	s := u.Snapshot()
	if !s.Demo || s.Calls[0].DisplayName != "Echo" || len(s.Settings.Accounts) != 0 {
		t.Errorf("demo %v, call %+v, settings %+v", s.Demo, s.Calls[0], s.Settings.Accounts)
	}
	u.must(u.HangupAll())
	u.call(phone.CallEnded)
	u.hears(aliceTone)
	u.must(u.RingMe(0))
	if c := u.call(phone.CallIncoming); c.Direction != phone.Incoming {
		t.Errorf("who rang: %+v", c)
	}
	u.must(u.Decline(""))
	u.call(phone.CallEnded)
	for name, cause := range map[string]ua.Cause{
		"Busy": ua.CauseBusy, "Nobody": ua.CauseUnavailable, "Unknown": ua.CauseNotFound,
		"Codec clash": ua.CauseIncompatibleSDP, "Declines": ua.CauseRejected,
	} {
		_, err := u.Dial(name, phone.DialOptions{})
		u.must(err)
		if end := u.call(phone.CallEnded).End; !errors.Is(end, cause) {
			t.Errorf("%s ended with %v, want %v", name, end, cause)
		}
	}
	if err := u.StartDemo(); !errors.Is(err, phone.ErrDemoRunning) {
		t.Errorf("a second StartDemo: %v", err)
	}
	robot := u.Snapshot().Contacts[0]
	if err := u.SaveContact(robot); robot.Own() || !errors.Is(err, phone.ErrDemoContact) {
		t.Errorf("a robot can be changed: %v", err)
	}
	u.must(u.RemoveAccount(u.Snapshot().Accounts[0].ID))
	s = u.until("end of the demonstration", func(s *phone.Snapshot) bool { return !s.Demo })
	if len(s.Accounts)+len(s.Contacts)+len(s.History) != 0 {
		t.Errorf("left over: %d accounts, %d contacts, %d calls", len(s.Accounts), len(s.Contacts), len(s.History))
	}
	u.must(u.StartDemo())
	u.registered()
}
