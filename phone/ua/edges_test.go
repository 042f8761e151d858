package ua

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"webphone/phone/sip"
)

// A final response to the INVITE ends its early dialogs (RFC 3261 §13.2.2.3);
// who repeats it with credentials begins anew.
func TestCallOut_challengedAfterRinging(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		first := s.last(sip.INVITE)
		s.answer(first, 183, tag("gateway"), sdp(farSDP))
		s.answer(first, 407, header("Proxy-Authenticate", sip.NewChallenge("example.com", "n1", "MD5")))
		second := s.last(sip.INVITE)
		if second.CSeq.Seq != first.CSeq.Seq+1 {
			t.Fatalf("CSeq %d after %d", second.CSeq.Seq, first.CSeq.Seq)
		}
		s.forget()
		s.answer(second, 183, tag("other"), sdp(farSDP))
		s.expect("<< 183 INVITE", "peer provisional answer set", "event Progress remote", "event EarlyMedia")
		s.answer(second, 200, tag("gateway"), sdp(farSDP))
		if ack := s.last(sip.ACK); ack.CSeq.Seq != second.CSeq.Seq {
			t.Errorf("ACK with CSeq %d, want %d", ack.CSeq.Seq, second.CSeq.Seq)
		}
		s.do(func() {
			if err := session.Terminate(TerminateOptions{}); err != nil {
				t.Error(err)
			}
		})
		if bye := s.last(sip.BYE); bye.CSeq.Seq <= second.CSeq.Seq {
			t.Errorf("BYE with CSeq %d after an INVITE with %d", bye.CSeq.Seq, second.CSeq.Seq)
		}
	})
}

// Servers take a call off hold by an INVITE without offer.
func TestReinvite_offerlessTellsOfTheirHold(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredIn()
		for _, c := range []struct {
			answer string
			held   bool
		}{{holdSDP, true}, {farSDP, false}} {
			invite := s.request(sip.INVITE)
			s.receive(invite)
			s.receive(s.ackTo(invite, sdp(c.answer)))
			if _, remote := session.IsOnHold(); remote != c.held {
				t.Errorf("held by the other side %v, want %v", remote, c.held)
			}
		}
	})
	t.Run("but not of the answer to our own", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredIn()
			s.do(func() { session.Hold(nil) })
			s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
			invite := s.request(sip.INVITE)
			s.receive(invite)
			s.receive(s.ackTo(invite, sdp(strings.Replace(farSDP, "sendrecv", "inactive", 1))))
			if _, remote := session.IsOnHold(); remote {
				t.Error("held by the other side")
			}
		})
	})
}

func TestGlare_retryAfterIsBounded(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		s.do(func() { session.Hold(s.outcome("hold")) })
		s.answer(s.last(sip.INVITE), 500, header("Retry-After", "4000000000"))
		s.until(sip.INVITE, time.Minute)
	})
}

// RFC 3261 §15: the BYE must wait for the ACK, and Stop for the BYE.
func TestStop_waitsForTheAckBeforeItsBye(t *testing.T) {
	play(t, nil, func(s *scene) {
		session, invite := s.ringIn()
		s.do(func() {
			if err := session.Answer(AnswerCallOptions{}); err != nil {
				t.Error(err)
			}
		})
		s.forget()
		stopped := false
		s.do(func() { s.ua.Stop(func() { stopped = true }) })
		if stopped {
			t.Fatal("stopped before the ACK")
		}
		s.receive(s.ackTo(invite))
		s.answer(s.last(sip.BYE), 200)
		if !stopped {
			t.Error("not stopped after the BYE")
		}
	})
}

func TestInvalid_answeredByItsFault(t *testing.T) {
	for _, c := range []struct {
		rule, old, new string
		status         int
	}{
		{"another version of the protocol is 505", "sip:alice@example.com SIP/2.0", "sip:alice@example.com SIP/3.0", 505},
		{"a malformed CSeq is 400", "CSeq: 1 OPTIONS", "CSeq: one OPTIONS", 400},
		{"no Call-ID is 400", "Call-ID: 1\r\n", "", 400},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, nil, func(s *scene) {
				text := "OPTIONS sip:alice@example.com SIP/2.0\r\nVia: SIP/2.0/WS proxy.example.com;branch=z9hG4bKx\r\nFrom: <sip:bob@example.com>;tag=b\r\nTo: <sip:alice@example.com>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
				_, err := sip.Parse([]byte(strings.Replace(text, c.old, c.new, 1)))
				bad, ok := err.(*sip.ParseError)
				if !ok {
					t.Fatalf("parsed: %v", err)
				}
				s.ua.Receiver().Invalid(bad)
				s.expect(fmt.Sprintf(">> %d OPTIONS", c.status))
			})
		})
	}
}

func TestDTMF_numberedByGateways(t *testing.T) {
	for body, want := range map[string]rune{
		"Signal=10\r\nDuration=160\r\n": '*', "Signal= 11\nDuration= 160\n": '#', "signal=12": 'A', "Signal=15": 'D', "Signal=16": 'R', "Signal=#": '#',
	} {
		if tone, _, ok := parseDTMF("application/dtmf-relay", body); !ok || tone != want {
			t.Errorf("%q is %c (%v), want %c", body, tone, ok, want)
		}
	}
	for _, body := range []string{"Signal=17", "Signal=01", "Signal=", "Signal=-1"} {
		if tone, _, ok := parseDTMF("application/dtmf-relay", body); ok {
			t.Errorf("%q is %c", body, tone)
		}
	}
}

// Who rings a thousand times must not take the machine down.
func TestCallIn_floodIsRefused(t *testing.T) {
	play(t, nil, func(s *scene) {
		ring := func(i int) int {
			s.outside()
			s.far.callID, s.far.branches = fmt.Sprint("flood-", i), i
			s.receive(s.request(sip.INVITE, sdp(farSDP)))
			return s.lastResponse().StatusCode
		}
		for i := range maxRinging {
			if got := ring(i); got != 180 {
				t.Fatalf("call %d answered %d", i, got)
			}
		}
		if got := ring(maxRinging); got != 486 {
			t.Errorf("answered %d, want 486", got)
		}
	})
}
