package phone_test

import (
	"strings"
	"testing"
	"time"

	"webphone/phone"
	"webphone/phone/sip"
	"webphone/phone/sip/body"
	"webphone/phone/ua"
)

// thread is the conversation with peer in a snapshot.
func thread(s *phone.Snapshot, peer string) phone.Thread {
	for _, t := range s.Threads {
		if t.Peer == "sip:"+peer+"@"+domain {
			return t
		}
	}
	return phone.Thread{}
}

// lastState waits until the newest message to peer is in a state.
func (u *user) lastState(peer string, state phone.MessageState) phone.Message {
	u.t.Helper()
	var m phone.Message
	u.until("message "+string(state), func(s *phone.Snapshot) bool {
		list := thread(s, peer).Messages
		if len(list) > 0 {
			m = list[len(list)-1]
		}
		return m.State == state
	})
	return m
}

func TestReceipts_betweenTwoOfUs(t *testing.T) {
	alice, bob, _ := pair(t)
	bobs := "sip:bob@" + domain
	_, err := alice.Send("bob", "first") // and asks what bob's phone understands
	alice.must(err)
	bob.until("first message", func(s *phone.Snapshot) bool { return s.UnreadMessages == 1 })

	untilTyping := func(typing bool) {
		t.Helper()
		bob.until("typing", func(s *phone.Snapshot) bool {
			alice.Typing(bobs, typing)
			return thread(s, "alice").Typing == typing
		})
	}
	for !thread(bob.Snapshot(), "alice").Typing { // until the answer about the capabilities is there
		alice.Typing(bobs, true)
		<-time.After(10 * time.Millisecond) // between two keys
	}
	untilTyping(false)
	alice.Typing(bobs, true)
	untilTyping(true)
	_, err = alice.Send("bob", "second: Grüße")
	alice.must(err)
	s := bob.until("second message", func(s *phone.Snapshot) bool { return s.UnreadMessages == 2 })
	if got := thread(s, "alice"); got.Typing || got.Messages[1].Body != "second: Grüße" {
		t.Errorf("bob sees %+v", got)
	}
	alice.lastState("bob", phone.MessageDelivered)
	bob.MarkRead("sip:alice@" + domain)
	m := alice.lastState("bob", phone.MessageRead)
	if m.Body != "second: Grüße" {
		t.Errorf("read is %+v", m)
	}
	if first := thread(alice.Snapshot(), "bob").Messages[0]; first.State != phone.MessageAccepted {
		t.Errorf("the message without an envelope is %s", first.State)
	}
	bob.stop()
	again := start(t, "bob again", bob.profile, bobTone)
	if got := thread(again.Snapshot(), "alice").Messages; len(got) != 2 || got[1].Body != "second: Grüße" {
		t.Errorf("kept is %+v", got)
	}
}

func TestReceipts_aPhoneThatShowsEverythingGetsTextAlone(t *testing.T) {
	s := server(t)
	types := make(chan string, 16)
	newAgent(t, s, "bob", "builder", nil, func(a *agent, e ua.Event) {
		if m, ok := e.(ua.NewMessage); ok {
			kind, _ := m.Request.ContentType()
			types <- kind
			_ = m.Message.Accept(ua.ReplyOptions{}) // it is answered nowhere else
		}
	})
	alice := start(t, "alice", t.TempDir(), aliceTone)
	alice.signIn(s, "alice", "wonderland")
	alice.registered()
	for _, text := range []string{"one", "two", "three"} {
		alice.Typing("sip:bob@"+domain, true)
		_, err := alice.Send("bob", text)
		alice.must(err)
		if kind := <-types; kind != "text/plain" {
			t.Errorf("it got %s", kind)
		}
		alice.lastState("bob", phone.MessageAccepted)
	}
}

func TestReceipts_areSwitchedOffForWhoRefusesThem(t *testing.T) {
	s := server(t)
	got := make(chan string, 64)
	bob := newAgent(t, s, "bob", "builder", nil, func(_ *agent, e ua.Event) {
		m, ok := e.(ua.NewMessage)
		if !ok || m.Originator != ua.Remote {
			return
		}
		kind, _ := m.Request.ContentType()
		got <- kind
		if kind != "text/plain" {
			_ = m.Message.Reject(415, ua.ReplyOptions{}) // it is answered nowhere else
			return
		}
		_ = m.Message.Accept(ua.ReplyOptions{})
	})
	alice := start(t, "alice", t.TempDir(), aliceTone)
	alice.signIn(s, "alice", "wonderland")
	alice.registered()
	say := func(contentType, text string) {
		bob.do(func() {
			if _, err := bob.ua.SendMessage("alice", text, ua.MessageOptions{ContentType: contentType}); err != nil {
				t.Error(err)
			}
		})
	}
	at := body.NewCPIM("sip:bob@"+domain, "sip:alice@"+domain, alice.Snapshot().Accounts[0].RetryAt, "text/plain", []byte("hello")).
		WithIMDN("id-1", body.WantDelivered, body.WantDisplayed)
	say(body.TypeCPIM, string(at.Bytes()))
	alice.until("message", func(s *phone.Snapshot) bool {
		return s.UnreadMessages == 1 && thread(s, "bob").Messages[0].Body == "hello"
	})
	if kind := <-got; kind != body.TypeCPIM {
		t.Errorf("the receipt came as %s", kind)
	}
	alice.MarkRead("sip:bob@" + domain) // no second receipt
	_, err := alice.Send("bob", "answer")
	alice.must(err)
	alice.lastState("bob", phone.MessageAccepted)
	_, err = alice.Send("bob", "another")
	alice.must(err)
	alice.lastState("bob", phone.MessageAccepted)
	var kinds []string
	for texts := 0; texts < 2; {
		kind := <-got
		kinds = append(kinds, kind)
		if kind == "text/plain" {
			texts++
		}
	}
	if last := kinds[len(kinds)-3:]; strings.Join(last, " ") != body.TypeCPIM+" text/plain text/plain" {
		t.Errorf("it got %v: an envelope after it refused one, or none before", kinds)
	}
}

func TestMessages_ofUnknownTypesAreRefused(t *testing.T) {
	s := server(t)
	answers := make(chan *sip.Response, 1)
	bob := newAgent(t, s, "bob", "builder", nil, func(*agent, ua.Event) {})
	alice := start(t, "alice", t.TempDir(), aliceTone)
	alice.signIn(s, "alice", "wonderland")
	alice.registered()
	for _, c := range []struct {
		rule, contentType, text string
		status                  int
	}{
		{"a picture", "image/png", "x", 415},
		{"a picture in an envelope", body.TypeCPIM, "From: <sip:bob@x>\r\n\r\nContent-Type: image/png\r\n\r\nx", 415},
		{"an envelope that is none", body.TypeCPIM, "\r\n\r\nx", 400},
		{"a typing notice that is none", body.TypeIsComposing, "<", 400},
		{"a receipt that is none", body.TypeIMDN, "<", 400},
		{
			"a receipt for what was never sent", body.TypeIMDN,
			string(body.IMDN{MessageID: "x", Notification: body.Display, Status: body.Displayed}.Bytes()), 200,
		},
	} {
		t.Run(c.rule, func(t *testing.T) {
			bob.do(func() {
				_, err := bob.ua.SendMessage("alice", c.text, ua.MessageOptions{
					ContentType: c.contentType, Done: func(r *sip.Response, _ *ua.EndError) { answers <- r },
				})
				if err != nil {
					t.Error(err)
				}
			})
			if r := <-answers; r == nil || r.StatusCode != c.status {
				t.Errorf("answered %v, want %d", r, c.status)
			}
		})
	}
	if n := len(alice.Snapshot().Threads); n != 0 {
		t.Errorf("%d conversations were made of them", n)
	}
}
