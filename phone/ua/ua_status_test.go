package ua

import (
	"testing"
	"time"

	"webphone/phone/sip"
)

func TestAgentStatus(t *testing.T) {
	play(t, nil, func(s *scene) {
		check := func(want AgentStatus) {
			t.Helper()
			s.do(func() {
				if got := s.ua.Status(); got != want {
					t.Errorf("%v, want %v", got, want)
				}
			})
		}
		check(AgentReady)
		s.disconnect()
		check(AgentNotReady)
		s.do(func() { s.ua.Stop(nil) })
		check(AgentUserClosed)
	})
	if got := (&UA{}).Status(); got != AgentInit {
		t.Errorf("%v", got)
	}
	for status, want := range map[AgentStatus]string{AgentInit: "init", AgentReady: "ready", AgentUserClosed: "user closed", AgentNotReady: "not ready", 9: "AgentStatus(9)"} {
		if got := status.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTerminateSessions(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.answeredOut()
		s.ringIn()
		s.callOut(CallOptions{})
		s.forget()
		s.do(func() {
			if err := s.ua.TerminateSessions(TerminateOptions{StatusCode: 200}); err != errStatusCode {
				t.Errorf("%v", err) // a ringing call cannot be refused so
			}
			if err := s.ua.TerminateSessions(TerminateOptions{StatusCode: 486}); err != nil {
				t.Errorf("%v", err)
			}
			if n := len(s.ua.Sessions()); n != 0 {
				t.Errorf("%d sessions", n)
			}
		})
	})
}

func TestTransactionEvents(t *testing.T) {
	play(t, func(c *Config) { c.TransactionEvents = true }, func(s *scene) {
		s.answer(s.message("bob"), 200)
		s.expect("event NewMessage local", "event NewTransaction local MESSAGE", ">> MESSAGE",
			"<< 200 MESSAGE", "event TransactionDestroyed local MESSAGE")
		s.outside()
		s.receive(s.request(sip.OPTIONS))
		s.expect("<< OPTIONS", "event NewTransaction remote OPTIONS", "event TransactionDestroyed remote OPTIONS", ">> 200 OPTIONS", "event NewOptions remote")
	})
}

// closed is an error of a transport whose server has said goodbye.
type closed struct{}

func (closed) Error() string            { return "closed" }
func (closed) CloseCode() (int, string) { return 1012, "restart" }

func TestConnectionEvents_carryTheirData(t *testing.T) {
	play(t, nil, func(s *scene) {
		s.ua.Receiver().Disconnected(closed{}, 3*time.Second)
		s.ua.Receiver().Connecting("wss://b.example.com", 1)
		s.ua.Receiver().Disconnected(errNotConnected, 4*time.Second)
		s.expect("event Disconnected", "event Connecting", "event Disconnected")
		n := len(s.events)
		if got, want := s.events[n-3], (Disconnected{Server: "wss://server.example.com", Err: closed{}, RetryIn: 3 * time.Second, Code: 1012, Reason: "restart"}); got != Event(want) {
			t.Errorf("%+v", got)
		}
		if got, want := s.events[n-1], (Disconnected{Server: "wss://b.example.com", Err: errNotConnected, RetryIn: 4 * time.Second}); got != Event(want) {
			t.Errorf("%+v", got)
		}
	})
}

func TestOptionsInterval(t *testing.T) {
	every := func(c *Config) { c.OptionsInterval = time.Minute }
	play(t, every, func(s *scene) {
		s.pass(time.Minute)
		s.expect(">> OPTIONS")
		if r := s.last(sip.OPTIONS); r.RequestURI.String() != "sip:example.com" {
			t.Errorf("\n%s", r.Bytes())
		}
		s.pass(10 * time.Second)
		s.answer(s.last(sip.OPTIONS), 404) // any answer is a sign of life
		s.pass(time.Minute)
		s.expect("<< 404 OPTIONS", ">> OPTIONS")
		s.do(func() { s.retried = 0 })
		s.pass(timerF)
		s.do(func() {
			if s.retried != 1 {
				t.Errorf("the connection was checked %d times", s.retried)
			}
		})
		s.disconnect()
		s.pass(time.Hour)
		s.expect("event Disconnected")
		s.connect()
		s.pass(time.Minute)
		s.expect("event Connected", ">> OPTIONS")
	})
}
