package ua

import (
	"testing"
	"time"

	"webphone/phone/sip"
)

// Flow 12: established calls survive, what awaits an answer fails.
func TestTransportLoss(t *testing.T) {
	t.Run("an established call survives", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			s.disconnect()
			s.expect("event Disconnected")
			s.do(func() { session.Hold(s.outcome("hold")) })
			s.expect()
			s.connect()
			s.expect("event Connected", ">> ACK", "peer check path", "peer offer", ">> INVITE")
			s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
			s.expect("<< 200 INVITE", ">> ACK", "peer final answer set", "peer offer hold", ">> INVITE")
			s.answer(s.last(sip.INVITE), 200, sdp(farSDP))
			s.receive(s.request(sip.BYE))
			s.expect(`
				<< 200 INVITE
				>> ACK
				peer final answer set
				event Held local
				hold done
				<< BYE
				>> 200 BYE
				event Ended remote Terminated 0
				peer close`)
		})
	})
	t.Run("an incoming call goes on ringing and is answered over the next connection", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session, invite := s.ringIn()
			s.disconnect()
			s.forget()
			s.do(func() { _ = session.Answer(AnswerCallOptions{}) })
			s.expect("peer new incoming", "peer answer", "event Accepted local")
			s.connect()
			s.pass(timerT1)
			s.expect("event Connected", "peer check path", ">> 200 INVITE")
			s.receive(s.ackTo(invite))
			s.expect("<< ACK", "event Confirmed remote", "peer offer", ">> INVITE")
		})
	})
	t.Run("hanging up without a connection ends the call here", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			session := s.answeredOut()
			s.disconnect()
			s.forget()
			s.do(func() { _ = session.Terminate(TerminateOptions{}) })
			s.expect("event Ended local Terminated 0", "peer close")
		})
	})
}

func TestTransportLoss_messageFails(t *testing.T) {
	play(t, nil, func(s *scene) {
		done := func(res *sip.Response, err *EndError) { s.note("message: %v %v", res, err) }
		s.do(func() {
			if _, err := s.ua.SendMessage("bob", "hi", MessageOptions{Done: done}); err != nil {
				t.Error(err)
			}
		})
		s.disconnect()
		s.expect("event NewMessage local", ">> MESSAGE", "message: <nil> Connection Error: EOF", "event Disconnected")
		s.do(func() {
			if _, err := s.ua.SendMessage("bob", "hi", MessageOptions{Done: done}); err != nil {
				t.Error(err)
			}
			s.note("returned")
		})
		s.expect("event NewMessage local", "returned", "message: <nil> Connection Error: not connected")
	})
}

func TestStop(t *testing.T) {
	t.Run("ends everything and waits for the answers", func(t *testing.T) {
		playRegistering(t, nil, func(s *scene) {
			s.answer(s.last(sip.REGISTER), 200, ours(600))
			s.answeredOut()
			s.ringIn()
			s.outside()
			s.receive(s.request(sip.MESSAGE, body("text/plain", "hi")))
			s.forget()
			s.do(func() { s.ua.Stop(func() { s.note("stopped") }) })
			s.expectAnyOrder(`
				>> BYE
				event Ended local Terminated 0
				peer close
				>> 480 INVITE
				event Ended local Rejected 480
				>> 500 MESSAGE
				>> REGISTER`)
			s.answer(s.last(sip.BYE), 200)
			s.answer(s.last(sip.REGISTER), 401, challenge("n", "MD5"))
			s.expect("<< 200 BYE", "<< 401 REGISTER", ">> REGISTER")
			s.answer(s.last(sip.REGISTER), 200)
			s.expect("<< 200 REGISTER", "event Unregistered", "event Disconnected", "stopped")
			s.ua.Receiver().Connected("again")
			s.expect()
			s.do(func() {
				if _, err := s.ua.Call("bob", CallOptions{}); err != ErrStopped {
					t.Errorf("Call after Stop: %v", err)
				}
			})
		})
	})
	t.Run("waits two seconds at most", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredOut()
			s.do(func() { s.ua.Stop(func() { s.note("stopped") }) })
			s.pass(stopGrace - 1)
			s.expect(">> BYE", "event Ended local Terminated 0", "peer close")
			s.pass(1)
			s.expect("event Disconnected", "stopped")
			s.pass(time.Hour)
			s.expect()
		})
	})
	t.Run("takes no call meanwhile", func(t *testing.T) {
		play(t, nil, func(s *scene) {
			s.answeredOut()
			s.do(func() { s.ua.Stop(nil) })
			s.forget()
			s.outside()
			s.receive(s.request(sip.INVITE, sdp(farSDP)))
			s.expect("<< INVITE", ">> 100 INVITE", ">> 480 INVITE")
		})
	})
}

func TestConnection_registration(t *testing.T) {
	play(t, func(c *Config) { c.NoRegister = true }, func(s *scene) {
		s.do(s.ua.Register)
		s.answer(s.last(sip.REGISTER), 200, ours(600))
		s.forget()
		s.disconnect()
		s.expect("event Disconnected", "event Unregistered Connection Error")
		s.ua.Receiver().Connecting("wss://server.example.com", 2)
		s.connect()
		s.expect("event Connecting", "event Connected", "event Registering", ">> REGISTER")
		s.disconnect() // with a REGISTER under way
		s.expect("event RegistrationFailed Connection Error 0 no retry", "event Disconnected")
		s.pass(time.Hour)
		s.expect()
	})
}

func TestRegister_automaticOnConnect(t *testing.T) {
	play(t, func(c *Config) { c.NoRegister = false }, func(s *scene) {
		s.answer(s.last(sip.REGISTER), 200, ours(600))
		s.expect("<< 200 REGISTER", "event Registered")
	})
	play(t, nil, func(s *scene) { // NoRegister
		s.disconnect()
		s.connect()
		s.expect("event Disconnected", "event Connected")
	})
}
