package phone_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"webphone/phone"
	"webphone/phone/sip/body"
	"webphone/phone/ua"
	"webphone/phone/watch"
)

// serve answers every subscription with what document returns, and tells it
// anew whenever tell is called.
func serve(contentType string, document func() []byte) (on func(*agent, ua.Event), tell func(*agent)) {
	var notifiers []*ua.Notifier
	on = func(a *agent, e ua.Event) {
		subscribe, ok := e.(ua.NewSubscribe)
		if !ok {
			return
		}
		n, err := a.ua.Notify(subscribe.Subscribe, contentType, ua.NotifyOptions{})
		if err != nil {
			a.t.Error(err)
			return
		}
		notifiers = append(notifiers, n)
		if err := n.Start(); err != nil {
			a.t.Error(err)
		}
		if err := n.Notify(document()); err != nil {
			a.t.Error(err)
		}
	}
	tell = func(a *agent) {
		a.do(func() {
			for _, n := range notifiers {
				_ = n.Notify(document()) // of those that have not ended
			}
		})
	}
	return on, tell
}

func TestVoicemail_isToldByTheServer(t *testing.T) {
	s := server(t)
	waiting := "Messages-Waiting: yes\r\nMessage-Account: sip:mailbox@" + domain + "\r\nVoice-Message: 2/5 (0/0)\r\n"
	on, tell := serve(body.TypeMessageSummary, func() []byte { return []byte(waiting) })
	box := newAgent(t, s, "alice", "wonderland", []string{"message-summary"}, on)
	alice := start(t, "alice", t.TempDir(), aliceTone)
	alice.signIn(s, "alice", "wonderland")
	v := alice.until("voicemail", func(s *phone.Snapshot) bool { return len(s.Accounts) > 0 && s.Accounts[0].Voicemail.Waiting }).Accounts[0].Voicemail
	if want := (phone.Voicemail{Waiting: true, New: 2, Old: 5, Address: "sip:mailbox@" + domain}); v != want {
		t.Errorf("%+v, want %+v", v, want)
	}
	box.do(func() { waiting = "Messages-Waiting: no\r\n" })
	tell(box)
	alice.until("heard voicemail", func(s *phone.Snapshot) bool { return s.Accounts[0].Voicemail == phone.Voicemail{} })
}

func TestVoicemail_aServerWithoutMailboxesIsNoFault(t *testing.T) {
	alice, _, _ := pair(t)
	if s := alice.Snapshot(); len(s.Notices) > 1 || // that about the password
		s.Accounts[0].Problem != nil {
		t.Errorf("it complains: %s", describe(s))
	}
}

// What was refused for the account's credentials is asked for anew when it has
// signed in anew; any other refusal holds.
func TestPresence_refused(t *testing.T) {
	for _, c := range []struct {
		rule   string
		status int
		asked  int32
	}{
		{"forbidden", 403, 2},
		{"not served", 489, 1},
	} {
		t.Run(c.rule, func(t *testing.T) {
			s := server(t)
			var asked atomic.Int32
			bob := newAgent(t, s, "bob", "builder", []string{"presence"}, func(_ *agent, e ua.Event) {
				if subscribe, ok := e.(ua.NewSubscribe); ok {
					asked.Add(1)
					if err := subscribe.Subscribe.Reject(c.status, "No"); err != nil {
						t.Error(err)
					}
				}
			})
			alice := start(t, "alice", t.TempDir(), aliceTone)
			alice.signIn(s, "alice", "wonderland")
			alice.registered()
			contact := phone.Contact{Name: "Bob", Addresses: []string{"bob@" + domain}, Watched: true}
			said := func(text string) { // after everything before
				bob.say("sip:alice@"+domain, "text/plain", text)
				alice.until(text, func(s *phone.Snapshot) bool {
					return len(s.Threads) == 1 && s.Threads[0].Messages[len(s.Threads[0].Messages)-1].Body == text
				})
			}
			alice.must(alice.SaveContact(contact))
			for deadline := time.Now().Add(patience); asked.Load() == 0 && time.Now().Before(deadline); runtime.Gosched() {
			}
			said("refused")
			if s.Drop("alice") != 1 {
				t.Fatal("alice is not connected")
			}
			alice.until("lost connection", func(s *phone.Snapshot) bool { return s.Accounts[0].State != phone.Registered })
			alice.registered()
			for deadline := time.Now().Add(patience); asked.Load() < c.asked && time.Now().Before(deadline); runtime.Gosched() {
			}
			said("signed in")
			if got := asked.Load(); got != c.asked {
				t.Errorf("asked %d times, want %d", got, c.asked)
			}
		})
	}
}

func TestPresence_ofContactsInTheOwnDomain(t *testing.T) {
	s := server(t)
	now := watch.Available
	on, tell := serve(body.TypePIDF, func() []byte { return watch.PIDF("sip:bob@"+domain, "", now, "at my desk").Bytes() })
	bob := newAgent(t, s, "bob", "builder", []string{"presence"}, on)
	alice := start(t, "alice", t.TempDir(), aliceTone)
	alice.signIn(s, "alice", "wonderland")
	alice.registered()
	contact := phone.Contact{Name: "Bob", Addresses: []string{"030 4477", "bob@" + domain}, Watched: true}
	alice.must(alice.SaveContact(contact))
	alice.must(alice.SaveContact(phone.Contact{Name: "Stranger", Addresses: []string{"sip:stranger@elsewhere.test"}, Watched: true}))
	is := func(want phone.Availability) func(*phone.Snapshot) bool {
		return func(s *phone.Snapshot) bool { return s.PresenceOf("sip:bob@"+domain).Availability == want }
	}
	known := alice.until("bob available", is(phone.Available))
	if note := known.PresenceOf("bob@" + domain).Note; note != "at my desk" {
		t.Errorf("the note says %q", note)
	}
	if n := len(known.Presence); n != 1 {
		t.Errorf("%d people are known: %v", n, known.Presence)
	}
	bob.do(func() { now = watch.InCall })
	tell(bob)
	alice.until("bob in a call", is(phone.InCall))
	for _, c := range alice.Snapshot().Contacts {
		if c.Name == "Bob" {
			contact = c
		}
	}
	if !contact.Watched {
		t.Error("the contact lost its switch")
	}
	contact.Watched = false
	alice.must(alice.SaveContact(contact))
	alice.until("nobody known", is(phone.Unknown))
}
