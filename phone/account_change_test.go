package phone_test

import (
	"bytes"
	"errors"
	"net"
	"sync"
	"testing"

	"webphone/phone"
	"webphone/phone/demo"
	"webphone/phone/ua"
)

// slowListener counts its connections and can keep back what the server says
// on them, so that a sign-out stays unanswered.
type slowListener struct {
	net.Listener
	mutex  sync.Mutex // held to keep answers back
	counts sync.Mutex
	taken  int
	before func(message []byte) // nil or what is run before each is sent
}

func (l *slowListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.counts.Lock()
	l.taken++
	l.counts.Unlock()
	return slowConn{c, l}, nil
}

// connections is how many there have been.
func (l *slowListener) connections() int {
	l.counts.Lock()
	defer l.counts.Unlock()
	return l.taken
}

type slowConn struct {
	net.Conn
	listener *slowListener
}

func (c slowConn) Write(b []byte) (int, error) {
	c.listener.mutex.Lock()
	defer c.listener.mutex.Unlock()
	if f := c.listener.before; f != nil {
		f(b)
	}
	return c.Conn.Write(b)
}

// slowServer serves alice and bob over a slowListener.
func slowServer(t *testing.T) (*demo.Server, *slowListener) {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &slowListener{Listener: inner}
	s, err := demo.Start(t.Context(), demo.Options{
		Domain: domain, NoRobots: true, Plain: true, Listener: l,
		Accounts: []demo.Account{{User: "alice", Password: "wonderland"}, {User: "bob", Password: "builder"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, l
}

func TestSetAccount_whileSigningOut(t *testing.T) {
	edit := func(u *user, change func(*phone.Account)) {
		a := u.Snapshot().Settings.Accounts[0]
		change(&a)
		u.must(u.SetAccount(a, ""))
	}
	rename := func(to string) func(*user) {
		return func(u *user) { edit(u, func(a *phone.Account) { a.DisplayName = to }) }
	}
	off := func(u *user) { edit(u, func(a *phone.Account) { a.Disabled = true }) }
	on := func(u *user) { edit(u, func(a *phone.Account) { a.Disabled = false }) }
	remove := func(u *user) { u.must(u.RemoveAccount(u.Snapshot().Settings.Accounts[0].ID)) }
	cases := []struct {
		name    string
		changes []func(*user)
		// connections of alice in all, and her registrations in the end
		connections, registrations int
	}{
		{"switched off after an edit", []func(*user){rename("Alice"), off}, 1, 0},
		{"removed after an edit", []func(*user){rename("Alice"), remove}, 1, 0},
		{"edited twice: the later counts", []func(*user){rename("Alice"), rename("Last")}, 2, 1},
		{"off and on again", []func(*user){off, on, rename("Last")}, 2, 1},
		{"tried at once while off", []func(*user){rename("Alice"), off, func(u *user) { u.ReconnectNow("") }}, 1, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, l := slowServer(t)
			alice := start(t, "alice", t.TempDir(), aliceTone)
			alice.signIn(s, "alice", "wonderland")
			alice.registered()

			l.mutex.Lock()
			for _, change := range c.changes {
				change(alice)
			}
			l.mutex.Unlock()

			alice.signIn(s, "bob", "builder") // whatever is to start has done so by then
			alice.until("registration of bob", func(s *phone.Snapshot) bool {
				last := s.Accounts[len(s.Accounts)-1]
				first := s.Accounts[0]
				return last.State == phone.Registered && last.DisplayName == "" &&
					(c.registrations == 0 || first.State == phone.Registered && first.DisplayName == "Last")
			})
			if n := s.Registered("alice"); n != c.registrations {
				t.Errorf("alice has %d registrations, want %d", n, c.registrations)
			}
			alice.stop()
			if n := l.connections() - 1; n != c.connections {
				t.Errorf("alice connected %d times, want %d", n, c.connections)
			}
			if n := s.Registered("alice") + s.Registered("bob"); n != 0 {
				t.Errorf("%d registrations are left over", n)
			}
		})
	}
}

func TestSetAccount_offWhileSigningIn(t *testing.T) {
	s, l := slowServer(t)
	accepted, answer := make(chan struct{}), make(chan struct{})
	var once sync.Once
	l.before = func(message []byte) {
		if bytes.Contains(message, []byte("SIP/2.0 200 OK")) {
			once.Do(func() { close(accepted); <-answer })
		}
	}
	alice := start(t, "alice", t.TempDir(), aliceTone)
	alice.signIn(s, "alice", "wonderland")
	<-accepted
	a := alice.Snapshot().Settings.Accounts[0]
	a.Disabled = true
	alice.must(alice.SetAccount(a, ""))
	close(answer)
	alice.stop()
	if state := alice.Snapshot().Accounts[0].State; state != phone.Offline {
		t.Errorf("an account that is off is %s", state)
	}
	if n := s.Registered("alice"); n != 0 {
		t.Errorf("%d registrations are left over", n)
	}
}

func TestApply_ringTimeHoldsForTheNextCall(t *testing.T) {
	alice, bob, _ := pair(t)
	settings := bob.Snapshot().Settings
	settings.Calls.NoAnswerSeconds = 1
	bob.must(bob.Apply(settings))
	_, err := alice.Dial("bob", phone.DialOptions{})
	alice.must(err)
	bob.call(phone.CallIncoming)
	if end := bob.call(phone.CallEnded).End; !errors.Is(end, ua.CauseNoAnswer) {
		t.Errorf("ended by %v", end)
	}
}

func TestSetAccount_whileOnACall(t *testing.T) {
	alice, bob, s := pair(t)
	talk(alice, bob)
	a := alice.Snapshot().Settings.Accounts[0]
	a.DisplayName = "Alice"
	alice.must(alice.SetAccount(a, ""))
	if got := alice.Snapshot(); got.Calls[0].State != phone.CallConfirmed || !got.Accounts[0].Changing ||
		got.Accounts[0].State != phone.Registered || got.Settings.Accounts[0].DisplayName != "Alice" {
		t.Fatalf("an edit during a call: %+v%s", got.Accounts[0], describe(got))
	}
	bob.must(bob.Hangup(""))
	if end := alice.call(phone.CallEnded).End; !errors.Is(end, ua.CauseBye) {
		t.Errorf("the edit ended the call: %v", end)
	}
	alice.until("the changed account", func(s *phone.Snapshot) bool {
		a := s.Accounts[0]
		return a.State == phone.Registered && a.DisplayName == "Alice" && !a.Changing
	})

	talk(alice, bob)
	a.DisplayName, a.Disabled = "Nobody", true
	alice.must(alice.SetAccount(a, ""))
	alice.call(phone.CallEnded)
	bob.call(phone.CallEnded)
	alice.until("the account that is off", func(s *phone.Snapshot) bool {
		return s.Accounts[0].State == phone.Offline && s.Accounts[0].DisplayName == "Nobody"
	})
	if n := s.Registered("alice"); n != 0 {
		t.Errorf("%d registrations are left over", n)
	}
}
