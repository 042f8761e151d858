package media

import (
	"errors"
	"sync"
	"testing"
	"time"

	"webphone/phone/ua"
)

// Forks behind one gateway have one certificate, and paths of their own.
func TestEarlyMedia_thenAnotherForkOfTheSameGatewayAnswers(t *testing.T) {
	caller, early, final := newEnd(t), newEnd(t), newEnd(t)
	final.own.certificate = early.own.certificate
	offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		*end
		kind ua.AnswerKind
	}{{early, ua.AnswerProvisional}, {final, ua.AnswerFinal}} {
		answer, err := one.Answer(t.Context(), offer, ua.AnswerOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := caller.SetAnswer(t.Context(), answer, one.kind); err != nil {
			t.Fatal(err)
		}
		one.waitConnected(t)
		one.sendsTo(t, caller, "hello from "+one.kind.String())
	}
}

func TestRollback_ofARestart(t *testing.T) {
	t.Run("the next offer is good", func(t *testing.T) {
		caller, callee := newEnd(t), newEnd(t)
		call(t, caller, callee)
		if _, err := caller.Offer(t.Context(), ua.OfferOptions{ICERestart: true}); err != nil {
			t.Fatal(err)
		}
		if err := caller.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		negotiate(t, caller, callee, ua.OfferOptions{}, ua.AnswerOptions{})
		caller.sendsTo(t, callee, "after all")
		callee.sendsTo(t, caller, "indeed")
	})
	t.Run("their restart is answered", func(t *testing.T) {
		caller, callee := newEnd(t), newEnd(t)
		call(t, caller, callee)
		if _, err := caller.Offer(t.Context(), ua.OfferOptions{ICERestart: true}); err != nil {
			t.Fatal(err)
		}
		if err := caller.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		negotiate(t, callee, caller, ua.OfferOptions{ICERestart: true}, ua.AnswerOptions{})
		caller.sendsTo(t, callee, "after all")
		callee.sendsTo(t, caller, "indeed")
	})
}

// Stats and Close come from other goroutines, at any time.
func TestPeer_closedAtAnyTime(t *testing.T) {
	for i := range 12 {
		caller, callee, stranger := newEnd(t), newEnd(t), newEnd(t)
		done := make(chan struct{})
		var others sync.WaitGroup
		others.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					caller.Stats()
					callee.Stats()
				}
			}
		})
		others.Go(func() {
			<-time.After(time.Duration(i) * 4 * time.Millisecond)
			for _, e := range []*end{caller, callee} {
				if err := e.Close(); err != nil {
					t.Error(err)
				}
				e.Stats()
			}
		})
		// What is under way may fail, but must come to an end.
		if offer, err := caller.Offer(t.Context(), ua.OfferOptions{}); err == nil {
			if answer, err := callee.Answer(t.Context(), offer, ua.AnswerOptions{}); err == nil {
				_ = caller.SetAnswer(t.Context(), answer, ua.AnswerFinal)
			}
		}
		if offer, err := stranger.Offer(t.Context(), ua.OfferOptions{}); err == nil {
			_, _ = callee.Answer(t.Context(), offer, ua.AnswerOptions{})
		}
		close(done)
		others.Wait()
	}
}

// Who is not whom the description vouches for is not spoken with (RFC 5763
// §5, RFC 8122 §6.2).
func TestDTLS_wrongCertificateIsReported(t *testing.T) {
	for _, liar := range []string{"caller", "callee"} {
		t.Run("of the "+liar, func(t *testing.T) {
			caller, callee := newEnd(t), newEnd(t)
			offer, err := caller.Offer(t.Context(), ua.OfferOptions{})
			if err != nil {
				t.Fatal(err)
			}
			const lie = "sha-256 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08"
			forge := func(s string) string { return fingerprintLine.ReplaceAllString(s, "a=fingerprint:"+lie) }
			told := callee
			if liar == "caller" {
				offer = forge(offer)
			}
			answer, err := callee.Answer(t.Context(), offer, ua.AnswerOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if liar == "callee" {
				answer, told = forge(answer), caller
			}
			if err := caller.SetAnswer(t.Context(), answer, ua.AnswerFinal); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-told.failed:
				if !errors.Is(err, ErrDTLS) {
					t.Errorf("failed with %v", err)
				}
			case <-told.connected:
				t.Error("connected")
			case <-time.After(20 * time.Second):
				t.Error("nothing reported")
			}
			if told.Stats().Encrypted {
				t.Error("called encrypted")
			}
		})
	}
}
