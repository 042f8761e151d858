package ua

import (
	"context"
	"testing/synctest"
	"time"
)

// must runs f as a turn of the agent and wants it to succeed.
func (a *station) must(f func() error) {
	a.t.Helper()
	a.do(func() {
		if err := f(); err != nil {
			a.t.Errorf("%s: %v", a.name, err)
		}
	})
}

// call has a call who is named.
func (a *station) call(target string, o CallOptions) (session *RTCSession) {
	a.t.Helper()
	a.must(func() (err error) {
		session, err = a.ua.Call(target, o)
		return err
	})
	a.ladder.run(time.Second)
	return session
}

// newest is the agent's session that began last.
func (a *station) newest() (session *RTCSession) {
	a.t.Helper()
	if err := a.loop.Do(context.Background(), "newest", func() {
		if all := a.ua.Sessions(); len(all) > 0 {
			session = all[len(all)-1]
		}
	}); err != nil || session == nil {
		a.t.Fatalf("%s has no session: %v", a.name, err)
	}
	return session
}

// answer has the agent answer its newest call.
func (a *station) answer() *RTCSession {
	a.t.Helper()
	s := a.newest()
	a.must(func() error { return s.Answer(AnswerCallOptions{}) })
	a.ladder.run(time.Second)
	return s
}

func (a *station) hangUp(s *RTCSession, o TerminateOptions) {
	a.t.Helper()
	a.must(func() error { return s.Terminate(o) })
	a.ladder.run(time.Second)
}

// hold holds or resumes.
func (a *station) hold(s *RTCSession, on bool) {
	a.t.Helper()
	a.do(func() {
		done := func(err error) {
			if err != nil {
				a.t.Errorf("%s: %v", a.name, err)
			}
		}
		if on {
			s.Hold(done)
		} else {
			s.Unhold(done)
		}
	})
	a.ladder.run(time.Second)
}

func (a *station) refer(s *RTCSession, target string, o ReferOptions) {
	a.t.Helper()
	a.must(func() error {
		_, err := s.Refer(target, o)
		return err
	})
	a.ladder.run(time.Second)
}

// obliging accepts every transfer and replacement when it is asked.
func (a *station) obliging() {
	a.do(func() {
		a.onEvent = func(e Event) {
			var err error
			switch e := e.(type) {
			case ReferRequested:
				_, err = e.Accept(CallOptions{})
			case ReplacesRequested:
				_, err = e.Accept(AnswerCallOptions{})
			}
			if err != nil {
				a.t.Errorf("%s: %v", a.name, err)
			}
		}
	})
}

// online changes whether the agent's connection is up.
func (a *station) online(up bool) {
	a.do(func() { a.connected = up })
	if up {
		a.ua.Receiver().Connected("wss://server.example.com")
	} else {
		a.ua.Receiver().Disconnected(errNotConnected, 2*time.Second)
	}
	synctest.Wait()
}

// talk has from call to, who answers.
func (l *ladder) talk(from, to string) (out, in *RTCSession) {
	l.t.Helper()
	l.say("%s calls %s, who answers", from, to)
	out = l.stations[from].call(to, CallOptions{})
	in = l.stations[to].answer()
	if !out.IsEstablished() || !in.IsEstablished() {
		l.t.Fatalf("%v, %v", out.Status(), in.Status())
	}
	return out, in
}
