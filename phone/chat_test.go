package phone_test

import (
	"context"
	"errors"
	"testing"

	"webphone/phone"
	"webphone/phone/ua"
)

func TestChat(t *testing.T) {
	alice, bob, s := pair(t)
	const text = "Grüße, 世界! 👋"
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	alice.must(alice.SendWait(ctx, "bob", text, phone.SendOptions{}))
	got := bob.until("message", func(s *phone.Snapshot) bool { return s.UnreadMessages == 1 }).Threads[0]
	if got.Peer != s.URI("alice").String() || got.Messages[0].Body != text || !got.Messages[0].Incoming {
		t.Errorf("bob's thread: %+v", got)
	}
	bob.MarkRead(got.Peer)
	bob.until("read", func(s *phone.Snapshot) bool { return s.UnreadMessages == 0 })

	var end *ua.EndError
	if err := alice.SendWait(ctx, "nobody-knows", "hello?", phone.SendOptions{}); !errors.As(err, &end) || end.Status != 404 {
		t.Errorf("to an unknown user: %v", err)
	}
	failed := alice.until("failure", func(s *phone.Snapshot) bool {
		return len(s.Threads) == 2 && s.Threads[0].Messages[0].State != phone.MessageSending
	})
	m := failed.Threads[0].Messages[0]
	if m.State != phone.MessageFailed || m.Status != 404 || m.Body != "hello?" {
		t.Errorf("the failed message: %+v", m)
	}
	alice.must(alice.RetryMessage(m.ID))
	if err := alice.SendWait(ctx, "bob", " \n", phone.SendOptions{}); !errors.Is(err, phone.ErrEmptyMessage) {
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

// A conversation that is deleted while a message is on its way stays deleted.
func TestChat_deletedMeanwhile(t *testing.T) {
	alice, _, s := pair(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	notices := len(alice.Snapshot().Notices)
	for range 10 { // the answer may be faster than we are
		sent := make(chan error, 1)
		go func() { sent <- alice.SendWait(ctx, "bob", "gone", phone.SendOptions{}) }()
		alice.until("thread", func(s *phone.Snapshot) bool { return len(s.Threads) == 1 })
		alice.must(alice.DeleteThread(s.URI("bob").String()))
		alice.must(<-sent)
		alice.until("no thread", func(s *phone.Snapshot) bool { return len(s.Threads) == 0 && len(s.Notices) == notices })
	}
}
