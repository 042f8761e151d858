package ua

import (
	"errors"
	"testing"
	"time"

	"webphone/phone/sip"
)

func TestSendRequest(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredOut()
		send := func(m sip.Method, o RequestOptions) (r *sip.Request, err error) {
			s.do(func() { r, err = session.SendRequest(m, o) })
			return r, err
		}
		r, err := send("FROBNICATE", RequestOptions{
			ExtraHeaders: []sip.Header{{Name: "X-Why", Value: "y"}}, ContentType: "text/plain", Body: []byte("hi"),
			Done: func(res *sip.Response, err *EndError) { s.note("done %v %v", res, err) },
		})
		if err != nil || r.Headers.Get("X-Why") != "y" || string(r.Body) != "hi" || r.To.Tag() != "bob" || r.CallID != session.CallID() {
			t.Errorf("%v\n%v", err, r)
		}
		s.expect(">> FROBNICATE")
		s.answer(r, 407, header("Proxy-Authenticate", sip.NewChallenge("example.com", "n1", "MD5")))
		s.answer(s.last("FROBNICATE"), 200)
		s.expect("<< 407 FROBNICATE", ">> FROBNICATE", "<< 200 FROBNICATE", "done 200 OK <nil>")
		for _, m := range []sip.Method{sip.INVITE, sip.ACK, sip.CANCEL, sip.BYE, sip.PRACK, sip.UPDATE, sip.REGISTER} {
			if _, err := send(m, RequestOptions{}); !errors.Is(err, errOwnProcedure) {
				t.Errorf("%s: %v", m, err)
			}
		}
		if _, err := send(sip.NOTIFY, RequestOptions{}); err != nil {
			t.Error(err)
		}
		s.forget()
		s.answer(s.last(sip.NOTIFY), 481)
		s.expect("<< 481 NOTIFY", ">> BYE", "event Ended remote Dialog Error 481", "peer close")
		var state *StateError
		if _, err := send(sip.OPTIONS, RequestOptions{}); !errors.As(err, &state) {
			t.Error(err)
		}
	})
}

// Before the answer a request goes to the fork that is heard, else to the
// first.
func TestSendRequest_earlyDialogs(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		send := func(want string) {
			t.Helper()
			s.do(func() {
				r, err := session.SendRequest(sip.OPTIONS, RequestOptions{})
				switch {
				case want == "" && err == nil:
					t.Error("sent without a dialog")
				case want != "" && (err != nil || r.To.Tag() != want):
					t.Errorf("%v\n%v", err, r)
				}
			})
		}
		invite := s.last(sip.INVITE)
		send("")
		s.answer(invite, 100)
		send("")
		s.answer(invite, 180, tag("one"))
		s.answer(invite, 180, tag("two"))
		send("one")
		s.answer(invite, 183, tag("two"), sdp(farSDP))
		send("two")
		s.answer(s.last(sip.OPTIONS), 481)
		if session.IsEnded() {
			t.Error("one fork's 481 is not the end")
		}
		s.answer(invite, 200, tag("one"), sdp(farSDP))
		send("one")
	})
	play(t, nil, func(s *scene) {
		session, _ := s.ringIn()
		s.do(func() {
			if _, err := session.SendRequest(sip.OPTIONS, RequestOptions{}); err != nil {
				t.Error(err)
			}
			if err := session.SendInfo("text/plain", []byte("x"), InfoOptions{}); err == nil {
				t.Error("INFO to a caller before the answer")
			}
		})
		s.answer(s.last(sip.OPTIONS), 481)
		if session.IsEnded() {
			t.Error("ended before the answer")
		}
	})
}

// A voice menu may listen before it answers: tones go there while it rings.
// The other side has forgotten the dialog of a call that is answered, while our
// 200 is made: the INVITE gets its final response all the same.
func TestSendRequest_dialogGoneWhileAnswering(t *testing.T) {
	play(t, nil, func(s *scene) {
		session, _ := s.ringIn()
		s.do(func() { s.media.delay = time.Second })
		s.do(func() {
			_ = session.Answer(AnswerCallOptions{})
			_, _ = session.SendRequest(sip.OPTIONS, RequestOptions{})
		})
		s.forget()
		s.answer(s.last(sip.OPTIONS), 481)
		s.expect("<< 481 OPTIONS", ">> 480 INVITE", "event Ended remote Dialog Error 481", "peer close")
	})
}

func TestDTMF_early(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.callOut(CallOptions{})
		invite := s.last(sip.INVITE)
		s.do(func() {
			var state *StateError
			if err := session.SendDTMF("1", DTMFOptions{}); !errors.As(err, &state) {
				t.Error(err)
			}
		})
		s.answer(invite, 183, tag("menu"), sdp(farSDP))
		s.forget()
		sendTones(s, session, "1", DTMFOptions{})
		s.pass(time.Second)
		s.expect("peer DTMF 1", "event NewDTMF local 1 100ms", "tones 1 done")
		sendTones(s, session, "2", DTMFOptions{Transport: DTMFInfo})
		s.expect(">> INFO", "event NewDTMF local 2 100ms")
		if r := s.last(sip.INFO); r.To.Tag() != "menu" {
			t.Errorf("\n%s", r.Bytes())
		}
		s.do(func() {
			if err := session.SendInfo("text/plain", []byte("x"), InfoOptions{}); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("the fork goes", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.callOut(CallOptions{})
			invite := s.last(sip.INVITE)
			s.answer(invite, 183, tag("menu"), sdp(farSDP))
			sendTones(s, session, ",2", DTMFOptions{Transport: DTMFInfo})
			s.answer(invite, 401, header("WWW-Authenticate", sip.NewChallenge("example.com", "n1", "MD5")))
			s.forget()
			s.pass(2 * time.Second)
			s.expect("tones ,2 failed: ua: send DTMF: not possible in state invite sent")
		})
	})
}

func TestSendMessage_inACall(t *testing.T) {
	play(t, nil, func(s *scene) {
		session := s.answeredIn()
		done := func(res *sip.Response, err *EndError) { s.note("done %v %v", res, err) }
		s.do(func() {
			m, err := session.SendMessage("hello", MessageOptions{ExtraHeaders: []sip.Header{{Name: "X-Why", Value: "y"}}, Done: done})
			if err != nil || m.Session() != session || m.Direction() != Outgoing || m.LocalIdentity().URI.User != "alice" ||
				m.RemoteIdentity().URI.User != "bob" || m.Request().Headers.Get("Content-Type") != "text/plain" {
				t.Errorf("%+v %v", m, err)
			}
		})
		s.expect(">> MESSAGE", "event NewMessage local")
		r := s.last(sip.MESSAGE)
		if r.CallID != session.CallID() || string(r.Body) != "hello" || r.Headers.Get("X-Why") != "y" {
			t.Errorf("\n%s", r.Bytes())
		}
		s.answer(r, 200)
		s.expect("<< 200 MESSAGE", "done 200 OK <nil>")
		s.do(func() {
			_, _ = session.SendMessage("<p>", MessageOptions{ContentType: "text/html", Done: done})
		})
		if got := s.last(sip.MESSAGE).Headers.Get("Content-Type"); got != "text/html" {
			t.Error(got)
		}
		s.forget()
		s.answer(s.last(sip.MESSAGE), 415)
		s.expect("<< 415 MESSAGE", "done 415 Unsupported Media Type SIP Failure Code (415 Unsupported Media Type)")

		s.onEvent = func(e Event) {
			if e, ok := e.(NewMessage); ok {
				if e.Message.Session() != session {
					t.Error("a message of no call")
				}
				_ = e.Message.Accept(ReplyOptions{})
			}
		}
		s.receive(s.request(sip.MESSAGE, body("text/plain", "hi")))
		s.expect("<< MESSAGE", "event NewMessage remote", ">> 200 MESSAGE")
		s.do(func() {
			if session.Contact().Name != "Contact" {
				t.Error(session.Contact())
			}
			_ = session.Terminate(TerminateOptions{})
			if _, err := session.SendMessage("late", MessageOptions{}); err == nil {
				t.Error("sent after the end")
			}
		})
	})
}
