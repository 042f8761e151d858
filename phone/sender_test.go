package phone_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"webphone/phone"
	"webphone/phone/demo"
	"webphone/phone/sip/body"
	"webphone/phone/ua"
)

// twoAccounts is a phone with the accounts alice, the usual one, and eve.
func twoAccounts(t *testing.T, s *demo.Server) (u *user, first, second string) {
	t.Helper()
	u = start(t, "alice and eve", t.TempDir(), aliceTone)
	u.signIn(s, "alice", "wonderland")
	u.signIn(s, "eve", "baker")
	accounts := u.registeredAll(2).Accounts
	return u, accounts[0].ID, accounts[1].ID
}

// registeredAll waits until n accounts are registered.
func (u *user) registeredAll(n int) *phone.Snapshot {
	u.t.Helper()
	return u.until("registrations", func(s *phone.Snapshot) bool {
		registered := 0
		for _, a := range s.Accounts {
			if a.State == phone.Registered {
				registered++
			}
		}
		return registered == n
	})
}

// account returns an account of the settings.
func (u *user) account(id string) phone.Account {
	u.t.Helper()
	accounts := u.Snapshot().Settings.Accounts
	i := slices.IndexFunc(accounts, func(a phone.Account) bool { return a.ID == id })
	if i < 0 {
		u.t.Fatalf("%s: no account %s", u.name, id)
	}
	return accounts[i]
}

// switchAccount turns an account of the settings on or off.
func (u *user) switchAccount(id string, off bool) {
	u.t.Helper()
	a := u.account(id)
	a.Disabled = off
	u.must(u.SetAccount(a, ""))
	u.until("switched account", func(s *phone.Snapshot) bool {
		for _, a := range s.Accounts {
			if a.ID == id {
				return a.Disabled == off && (a.State == phone.Registered) != off
			}
		}
		return false
	})
}

// note is a MESSAGE as the other side gets it.
type note struct{ from, kind string }

// bobListening is bob's phone as a bare user agent: it understands everything and
// tells from whom it gets what.
func bobListening(t *testing.T, s *demo.Server) (bob *agent, got chan note) {
	t.Helper()
	got = make(chan note, 64)
	bob = newAgent(t, s, "bob", "builder", nil, func(_ *agent, e ua.Event) {
		if e, ok := e.(ua.NewMessage); ok && e.Originator == ua.Remote {
			kind, _ := e.Request.ContentType()
			got <- note{e.Request.From.URI.User, kind}
			_ = e.Message.Accept(ua.ReplyOptions{}) // it is answered nowhere else
		}
	})
	return bob, got
}

// say has an agent send a MESSAGE.
func (a *agent) say(to, kind, text string) {
	a.do(func() {
		if _, err := a.ua.SendMessage(to, text, ua.MessageOptions{ContentType: kind}); err != nil {
			a.t.Error(err)
		}
	})
}

func nextNote(t *testing.T, got chan note) note {
	t.Helper()
	select {
	case n := <-got:
		return n
	case <-time.After(patience):
		t.Fatal("nothing came")
		return note{}
	}
}

func wantNote(t *testing.T, got chan note, from, kind string) {
	t.Helper()
	if n := nextNote(t, got); n != (note{from, kind}) {
		t.Errorf("got %s from %s, want %s from %s", n.kind, n.from, kind, from)
	}
}

const bobs = "sip:bob@" + domain

func TestAccounts_theAnswerLeavesFromTheOneThatWasWrittenTo(t *testing.T) {
	s := server(t)
	u, first, second := twoAccounts(t, s)
	bob, got := bobListening(t, s)

	_, err := u.Send("bob", "to a stranger")
	u.must(err)
	wantNote(t, got, "alice", "text/plain")
	u.lastState("bob", phone.MessageAccepted)
	if th := thread(u.Snapshot(), "bob"); th.Account != first {
		t.Errorf("the thread goes over %q, want %q", th.Account, first)
	}

	bob.say("eve", "text/plain", "hello eve")
	u.until("message", func(s *phone.Snapshot) bool { return thread(s, "bob").Account == second })
	_, err = u.Send("bob", "hello bob")
	u.must(err)
	wantNote(t, got, "eve", "text/plain")
	m := u.lastState("bob", phone.MessageAccepted)
	if m.Account != second {
		t.Errorf("the answer is said to be from %q, want %q", m.Account, second)
	}

	u.must(u.SendWait(t.Context(), "bob", "as wanted", phone.SendOptions{Account: first}))
	wantNote(t, got, "alice", "text/plain")
	err = u.SendWait(t.Context(), "bob", "x", phone.SendOptions{Account: "no such account"})
	if !errors.Is(err, phone.ErrNoAccount) {
		t.Errorf("from an account that is not there: %v", err)
	}

	u.stop()
	again := start(t, "again", u.profile, aliceTone)
	if th := thread(again.Snapshot(), "bob"); len(th.Messages) != 4 || th.Messages[1].Account != second || th.Account != first {
		t.Errorf("after a restart the thread is %+v", th)
	}
}

func TestAccounts_receiptsAndTypingLeaveFromTheOneThatWasWrittenTo(t *testing.T) {
	s := server(t)
	u, _, second := twoAccounts(t, s)
	bob, got := bobListening(t, s)
	cpim := body.NewCPIM(bobs, "sip:eve@"+domain, time.Now(), "text/plain", []byte("hello")).
		WithIMDN("id-1", body.WantDelivered, body.WantDisplayed)
	bob.say("eve", body.TypeCPIM, string(cpim.Bytes()))
	wantNote(t, got, "eve", body.TypeCPIM) // delivered
	u.until("message", func(s *phone.Snapshot) bool { return thread(s, "bob").Unread == 1 })
	u.MarkRead(bobs)
	wantNote(t, got, "eve", body.TypeCPIM) // displayed

	typing := string(body.IsComposing{Active: true, ContentType: "text/plain"}.Bytes())
	bob.say("eve", body.TypeIsComposing, typing)
	u.until("typing", func(s *phone.Snapshot) bool { return thread(s, "bob").Typing })
	u.Typing(bobs, true)
	wantNote(t, got, "eve", body.TypeIsComposing)
	// The conversation moves to the other account: what was begun there ends there.
	bob.say("alice", "text/plain", "now to alice")
	u.until("message", func(s *phone.Snapshot) bool {
		account := thread(s, "bob").Account
		return account != "" && account != second
	})
	u.Typing(bobs, true)
	one, two := nextNote(t, got), nextNote(t, got) // over two connections
	if from := []string{one.from, two.from}; !slices.Contains(from, "eve") || !slices.Contains(from, "alice") {
		t.Errorf("typing was told from %v", from)
	}
}

func TestAccounts_aReceiptKeepsTheAccountOfItsMessage(t *testing.T) {
	s := server(t)
	u, _, second := twoAccounts(t, s)
	bob, got := bobListening(t, s)
	bob.say("alice", body.TypeCPIM, string(body.NewCPIM(bobs, "sip:alice@"+domain, time.Now(), "text/plain", []byte("hello")).Bytes()))
	u.until("message", func(s *phone.Snapshot) bool { return thread(s, "bob").Unread == 1 })
	// bob's phone has shown that it understands receipts, so one is asked for.
	u.must(u.SendWait(t.Context(), "bob", "hello", phone.SendOptions{Account: second}))
	wantNote(t, got, "eve", body.TypeCPIM)
	m := u.lastState("bob", phone.MessageAccepted)
	read := body.IMDN{MessageID: m.NotifyID, DateTime: time.Now(), RecipientURI: bobs, Notification: body.Display, Status: body.Displayed}
	bob.say("alice", body.TypeIMDN, string(read.Bytes())) // its phone mixes up our addresses
	if m = u.lastState("bob", phone.MessageRead); m.Account != second {
		t.Errorf("the message has moved to %q, want %q", m.Account, second)
	}
}

func TestAccounts_aMessageWaitsForItsOwnAccount(t *testing.T) {
	s := server(t)
	u, first, second := twoAccounts(t, s)
	bob, got := bobListening(t, s)
	bob.say("eve", "text/plain", "hello eve")
	u.until("message", func(s *phone.Snapshot) bool { return thread(s, "bob").Account == second })
	at := u.account(second)
	lost := at
	lost.Servers = []string{"ws://127.0.0.1:1"}
	u.must(u.SetAccount(lost, ""))
	u.until("loss", func(s *phone.Snapshot) bool { return s.Accounts[1].State == phone.Failed })
	_, err := u.Send("bob", "kept")
	u.must(err)
	if m := u.lastState("bob", phone.MessageQueued); m.Account != second {
		t.Errorf("it waits for %q, want %q", m.Account, second)
	}
	u.switchAccount(first, true)
	u.switchAccount(first, false) // and registers again
	u.must(u.SetAccount(at, ""))
	wantNote(t, got, "eve", "text/plain")
	u.lastState("bob", phone.MessageAccepted)
}

// waysOut are how an account comes out of use.
var waysOut = []struct {
	rule string
	end  func(u *user, account string)
}{
	{"switched off", func(u *user, account string) { u.switchAccount(account, true) }},
	{"removed", func(u *user, account string) { u.must(u.RemoveAccount(account)) }},
}

// writtenToSecond has bob write to the second of two accounts, and listen.
func writtenToSecond(t *testing.T, s *demo.Server) (u *user, second string, got chan note) {
	t.Helper()
	u, _, second = twoAccounts(t, s)
	bob, got := bobListening(t, s)
	bob.say("eve", "text/plain", "hello eve")
	u.until("message", func(s *phone.Snapshot) bool { return thread(s, "bob").Account == second })
	return u, second, got
}

// What waits for an account that is switched off or removed then waits for the
// user's Retry, and leaves from the usual one.
func TestAccounts_aMessageWaitsForNoAccountThatIsOff(t *testing.T) {
	s := server(t)
	for _, c := range waysOut {
		t.Run(c.rule, func(t *testing.T) {
			u, second, got := writtenToSecond(t, s)
			lost := u.account(second)
			lost.Servers = []string{"ws://127.0.0.1:1"}
			u.must(u.SetAccount(lost, ""))
			u.until("loss", func(s *phone.Snapshot) bool { return s.Accounts[1].State == phone.Failed })
			id, err := u.Send("bob", "kept")
			u.must(err)
			u.lastState("bob", phone.MessageQueued)
			c.end(u, second)
			u.lastState("bob", phone.MessageFailed)
			u.must(u.RetryMessage(id))
			wantNote(t, got, "alice", "text/plain")
			u.lastState("bob", phone.MessageAccepted)
		})
	}
}

func TestAccounts_withoutTheOneThatWasWrittenToTheUsualOneAnswers(t *testing.T) {
	s := server(t)
	for _, c := range waysOut {
		t.Run(c.rule, func(t *testing.T) {
			u, second, got := writtenToSecond(t, s)
			if o := u.Snapshot().From(second); o.Account != second {
				t.Errorf("a call would be made from %q", o.Account)
			}
			c.end(u, second)
			u.registeredAll(1)
			_, err := u.Send("bob", "hello bob")
			u.must(err)
			wantNote(t, got, "alice", "text/plain")
			u.lastState("bob", phone.MessageAccepted)
			if o := u.Snapshot().From(second); o != (phone.DialOptions{}) {
				t.Errorf("a call would be made from %q", o.Account)
			}
		})
	}
}

func TestAccounts_whoCalledTheSecondIsCalledAndWrittenToFromIt(t *testing.T) {
	s := server(t)
	u, _, second := twoAccounts(t, s)
	bob := start(t, "bob", t.TempDir(), bobTone)
	bob.signIn(s, "bob", "builder")
	bob.registered()
	_, err := bob.Dial("eve", phone.DialOptions{})
	bob.must(err)
	u.call(phone.CallIncoming)
	bob.must(bob.Hangup(""))
	snap := u.until("missed call", func(s *phone.Snapshot) bool { return s.MissedCalls == 1 })
	h := snap.History[0]
	if h.Account != second || snap.AccountOf(bobs) != second {
		t.Fatalf("the call came to %q, and %q goes with bob, want %q", h.Account, snap.AccountOf(bobs), second)
	}
	_, err = u.Send(h.Peer, "you called")
	u.must(err)
	bob.until("message", func(s *phone.Snapshot) bool { return len(s.Threads) == 1 })
	if peer := bob.Snapshot().Threads[0].Peer; peer != "sip:eve@"+domain {
		t.Errorf("the message came from %s", peer)
	}
	_, err = u.Dial(h.Peer, snap.From(h.Account))
	u.must(err)
	if c := bob.call(phone.CallIncoming); c.Peer != "sip:eve@"+domain {
		t.Errorf("the call came from %s", c.Peer)
	}
}
