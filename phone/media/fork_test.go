package media

import (
	"errors"
	"strings"
	"testing"
	"time"

	"webphone/phone/ua"
)

// answerOf has one fork answer an offer and the caller take it.
func answerOf(t *testing.T, caller, fork *end, offer string, kind ua.AnswerKind) string {
	t.Helper()
	answer, err := fork.Answer(t.Context(), offer, ua.AnswerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := caller.SetAnswer(t.Context(), answer, kind); err != nil {
		t.Fatalf("%v answer: %v", kind, err)
	}
	return answer
}

// What is negotiated within one early dialog leaves the others free to win.
func TestForks_negotiateBeforeOneWins(t *testing.T) {
	caller, early, final := newEnd(t), newEnd(t), newEnd(t)
	offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	answerOf(t, caller, early, offer, ua.AnswerProvisional)
	caller.waitConnected(t)

	// Their UPDATE, then ours, then one of ours that is refused.
	negotiate(t, early, caller, ua.OfferOptions{}, ua.AnswerOptions{})
	negotiate(t, caller, early, ua.OfferOptions{Hold: true}, ua.AnswerOptions{})
	if _, _, receive := caller.stream.state(); receive {
		t.Error("still listens")
	}
	if _, err := caller.Offer(t.Context(), ua.OfferOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := caller.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}

	answerOf(t, caller, final, offer, ua.AnswerFinal)
	final.waitConnected(t)
	final.sendsTo(t, caller, "the winner")
	caller.sendsTo(t, final, "indeed")
	negotiate(t, caller, final, ua.OfferOptions{}, ua.AnswerOptions{})
}

// A fork whose answer was complete says nothing more in its 2xx.
func TestForks_theEarlyAnswerStands(t *testing.T) {
	caller, callee := newEnd(t), newEnd(t)
	if err := caller.SetAnswer(t.Context(), "", ua.AnswerFinal); err == nil {
		t.Error("nothing was accepted as an answer")
	}
	offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	answer := answerOf(t, caller, callee, offer, ua.AnswerProvisional)
	if err := caller.SetAnswer(t.Context(), "", ua.AnswerFinal); err != nil {
		t.Fatal(err)
	}
	if err := caller.SetAnswer(t.Context(), answer, ua.AnswerFinal); !errors.Is(err, ErrMalformed) {
		t.Errorf("an answer to no offer gave %v", err)
	}
	caller.waitConnected(t)
	callee.sendsTo(t, caller, "hello")
}

// A call that only listens says so, answers so, and stays so.
func TestAudioDirection(t *testing.T) {
	for _, c := range []struct {
		offer, answer ua.AudioDirection
		says          string
		send, receive bool // of the caller
	}{
		{ua.AudioSendRecv, ua.AudioSendRecv, "a=sendrecv", true, true},
		{ua.AudioRecvOnly, ua.AudioSendRecv, "a=recvonly", false, true},
		{ua.AudioSendOnly, ua.AudioSendRecv, "a=sendonly", true, false},
		{ua.AudioInactive, ua.AudioSendRecv, "a=inactive", false, false},
		{ua.AudioSendRecv, ua.AudioRecvOnly, "a=sendrecv", true, false},
	} {
		t.Run(c.offer.String()+" answered "+c.answer.String(), func(t *testing.T) {
			caller, callee := newEnd(t), newEnd(t)
			offer, _ := negotiate(t, caller, callee, ua.OfferOptions{Audio: c.offer}, ua.AnswerOptions{Audio: c.answer})
			if !strings.Contains(offer, c.says) {
				t.Errorf("offered\n%s", offer)
			}
			if _, send, receive := caller.stream.state(); send != c.send || receive != c.receive {
				t.Errorf("the caller sends %v, receives %v", send, receive)
			}
			select {
			case err := <-caller.failed:
				t.Error(err)
			case <-caller.connected:
			case <-time.After(20 * time.Second):
				t.Error("not connected")
			}
		})
	}
}
