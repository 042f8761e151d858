package ua

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	farSDP  = "v=0\r\no=- 7 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=sendrecv\r\n"
	holdSDP = "v=0\r\no=- 7 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=sendonly\r\n"
)

func mustURI(t testing.TB, s string) sip.URI {
	t.Helper()
	u, err := sip.ParseURI(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func addr(s string) sip.NameAddr {
	a, err := sip.ParseNameAddr(s)
	if err != nil {
		panic(err)
	}
	return a
}

// play runs script in a bubble with a connected agent that does not register,
// unless configure says otherwise.
func play(t *testing.T, configure func(*Config), script func(*scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &scene{t: t, loop: loop.New(loop.Options{}), onEvent: func(Event) {}}
		defer s.loop.Close()
		c := Config{
			URI: mustURI(t, "sip:alice@example.com"), Password: "secret", NoRegister: true,
			ContactURI: mustURI(t, "sip:alice1@contact.invalid;transport=ws"),
			InstanceID: "00000000-0000-4000-8000-000000000001",
			Transport:  s, NewPeer: s.newPeer, OnEvent: s.event,
			Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		}
		if configure != nil {
			configure(&c)
		}
		var err error
		if s.ua, err = New(s.loop, c); err != nil {
			t.Fatal(err)
		}
		s.do(s.ua.Start)
		s.connect()
		if c.NoRegister {
			s.expect("event Connected")
		} else {
			s.expect("event Connected", "event Registering", ">> REGISTER")
		}
		script(s)
		s.do(func() { s.ua.Stop(nil) })
		time.Sleep(stopGrace) // virtual
		synctest.Wait()
	})
}

// do runs f as a turn and waits for everything it sets off.
func (s *scene) do(f func()) {
	s.t.Helper()
	if err := s.loop.Do(context.Background(), "test", f); err != nil {
		s.t.Fatal(err)
	}
	synctest.Wait()
}

// pass lets time pass.
func (s *scene) pass(d time.Duration) {
	time.Sleep(d) // virtual
	synctest.Wait()
}

// until lets time pass until another m is sent, at most d, and returns how
// long it took to the second.
func (s *scene) until(m sip.Method, d time.Duration) time.Duration {
	s.t.Helper()
	count := func() (n int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, one := range s.sent {
			if r, ok := one.(*sip.Request); ok && r.Method == m {
				n++
			}
		}
		return n
	}
	start, before := time.Now(), count()
	for time.Since(start) < d {
		s.pass(time.Second)
		if count() > before {
			return time.Since(start)
		}
	}
	s.t.Fatalf("no %s in %v", m, d)
	return 0
}

func (s *scene) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trace = append(s.trace, fmt.Sprintf(format, args...))
}

// noteJob notes what a job does as a turn, after all that was set off in the
// turn that started it.
func (s *scene) noteJob(format string, args ...any) {
	if err := s.loop.Do(context.Background(), "note", func() { s.note(format, args...) }); err != nil {
		s.note(format, args...)
	}
}

// expect compares the trace since the last expect, a line each.
func (s *scene) expect(want ...string) {
	s.t.Helper()
	synctest.Wait()
	s.mu.Lock()
	got := s.trace
	s.trace = nil
	s.mu.Unlock()
	if diff := cmp.Diff(lines(want), got); diff != "" {
		s.t.Fatalf("trace (-want +got):\n%s", diff)
	}
}

// lines splits multi-line texts and drops what is blank.
func lines(texts []string) []string {
	var out []string
	for _, text := range texts {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, line)
			}
		}
	}
	return out
}

// forget drops the trace so far.
func (s *scene) forget() {
	synctest.Wait()
	s.mu.Lock()
	s.trace = nil
	s.mu.Unlock()
}

// ringIn has the far side call us.
func (s *scene) ringIn(mods ...mod) (*RTCSession, *sip.Request) {
	s.t.Helper()
	s.outside()
	invite := s.request(sip.INVITE, append([]mod{sdp(farSDP)}, mods...)...)
	s.receive(invite)
	s.far.to = s.far.to.WithTag(s.lastResponse().To.Tag())
	var session *RTCSession
	s.do(func() {
		if all := s.ua.Sessions(); len(all) > 0 {
			session = all[len(all)-1]
		}
	})
	return session, invite
}

const ringingIn = `
	<< INVITE
	>> 100 INVITE
	event NewRTCSession remote
	>> 180 INVITE
	event Progress local`

// answeredIn is an incoming call in conversation.
func (s *scene) answeredIn(mods ...mod) *RTCSession {
	s.t.Helper()
	session, invite := s.ringIn(mods...)
	s.do(func() {
		if err := session.Answer(AnswerCallOptions{}); err != nil {
			s.t.Error(err)
		}
	})
	s.receive(s.ackTo(invite))
	if session.Status() != StatusConfirmed {
		s.t.Fatalf("state %v", session.Status())
	}
	s.forget()
	return session
}

// callOut has us call bob.
func (s *scene) callOut(o CallOptions) *RTCSession {
	s.t.Helper()
	var session *RTCSession
	s.do(func() {
		var err error
		if session, err = s.ua.Call("bob", o); err != nil {
			s.t.Error(err)
		}
	})
	return session
}

const callingOut = `
	event NewRTCSession local
	peer new outgoing
	peer offer
	>> INVITE`

// answeredOut is an outgoing call in conversation.
func (s *scene) answeredOut(mods ...mod) *RTCSession {
	s.t.Helper()
	session := s.callOut(CallOptions{})
	s.answer(s.last(sip.INVITE), 200, append([]mod{sdp(farSDP)}, mods...)...)
	s.farOf(s.last(sip.INVITE), "bob")
	if session.Status() != StatusConfirmed {
		s.t.Fatalf("state %v", session.Status())
	}
	s.forget()
	return session
}

func (s *scene) event(e Event) {
	switch e.(type) {
	case SDP, Sending, SessionConnecting, PeerConnection, MediaFailed:
		if s.everything {
			s.note("event %s", eventLine(e))
		}
	default:
		s.note("event %s", eventLine(e))
	}
	s.mu.Lock()
	s.events = append(s.events, e)
	s.mu.Unlock()
	s.onEvent(e)
}

func eventLine(e Event) string {
	name := strings.TrimPrefix(fmt.Sprintf("%T", e), "ua.")
	if detail, ok := eventingDetail(e); ok {
		return strings.TrimSpace(name + " " + detail)
	}
	switch e := e.(type) {
	case NewRTCSession:
		return fmt.Sprint(name, " ", e.Originator)
	case NewMessage:
		return fmt.Sprint(name, " ", e.Originator)
	case NewOptions:
		return fmt.Sprint(name, " ", e.Originator)
	case NewTransaction:
		return fmt.Sprint(name, " ", e.Originator, " ", e.Request.Method)
	case TransactionDestroyed:
		return fmt.Sprint(name, " ", e.Originator, " ", e.Request.Method)
	case Progress:
		return fmt.Sprint(name, " ", e.Originator)
	case Accepted:
		return fmt.Sprint(name, " ", e.Originator)
	case Confirmed:
		return fmt.Sprint(name, " ", e.Originator)
	case Held:
		return fmt.Sprint(name, " ", e.Originator)
	case Resumed:
		return fmt.Sprint(name, " ", e.Originator)
	case Ended:
		return fmt.Sprintf("%s %s %s %d", name, e.Err.Origin, e.Err.Cause, e.Err.Status)
	case NewDTMF:
		return fmt.Sprintf("%s %s %c %v", name, e.Originator, e.Tone, e.Duration)
	case NewInfo:
		return fmt.Sprint(name, " ", e.Originator)
	case SDP:
		return fmt.Sprintf("%s %s %s", name, e.Originator, e.Type)
	case MediaFailed:
		return fmt.Sprint(name, " ", e.Step)
	case IdentityChanged:
		return fmt.Sprint(name, " ", e.Identity)
	case Redirected:
		return fmt.Sprint(name, " ", e.Target)
	case MutedChanged:
		return fmt.Sprint(name, " ", e.Muted)
	case ReplacesRequested:
		return fmt.Sprint(name, " ", e.Session.Direction())
	case ReferRequested:
		return fmt.Sprint(name, " ", e.Target)
	case ReferAnswered:
		if e.Err != nil {
			return fmt.Sprintf("%s %s %d", name, e.Err.Cause, e.Err.Status)
		}
		return fmt.Sprintf("%s %d", name, e.Response.StatusCode)
	case ReferProgress:
		line := fmt.Sprintf("%s %v %d %s", name, e.Refer.State(), e.Status, e.Reason)
		if e.Err != nil {
			line = fmt.Sprintf("%s: %s", line, e.Err.Cause)
		}
		if e.Final != e.Refer.State().IsFinal() {
			line += " (wrongly final or not)"
		}
		return line
	case RegistrationFailed:
		retry := "no retry"
		if e.RetryIn > 0 {
			retry = "retry"
		}
		return fmt.Sprintf("%s %s %d %s", name, e.Err.Cause, e.Err.Status, retry)
	case Unregistered:
		return strings.TrimSpace(fmt.Sprint(name, " ", e.Cause))
	}
	return name
}

// lastEnded returns the error of the last Ended.
func (s *scene) lastEnded() *EndError {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.events) - 1; i >= 0; i-- {
		if e, ok := s.events[i].(Ended); ok {
			return e.Err
		}
	}
	s.t.Fatal("no session ended")
	return nil
}

// expectAnyOrder is expect for lines that turns and jobs write side by side:
// they are compared as a set, and each kind in its order.
func (s *scene) expectAnyOrder(want ...string) {
	s.t.Helper()
	synctest.Wait()
	split := func(all []string) (turns, jobs []string) {
		for _, line := range all {
			if strings.HasPrefix(line, "peer ") {
				jobs = append(jobs, line)
			} else {
				turns = append(turns, line)
			}
		}
		return turns, jobs
	}
	s.mu.Lock()
	gotTurns, gotJobs := split(s.trace)
	s.trace = nil
	s.mu.Unlock()
	wantTurns, wantJobs := split(lines(want))
	if diff := cmp.Diff(wantTurns, gotTurns); diff != "" {
		s.t.Fatalf("turns (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantJobs, gotJobs); diff != "" {
		s.t.Fatalf("jobs (-want +got):\n%s", diff)
	}
}
