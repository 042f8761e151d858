package ua

import (
	"testing"

	"webphone/phone/sip"
)

// TestUA_states is every state of the agent, after its start, with everything
// that it may be asked.
func TestUA_states(t *testing.T) {
	stop := func(s *scene) { s.do(func() { s.ua.Stop(func() { s.note("stopped") }) }) }
	reach := func(steps ...func(*scene)) func(*scene) *scene {
		return func(s *scene) *scene {
			for _, step := range steps {
				step(s)
			}
			return s
		}
	}
	talking := func(s *scene) { s.answeredOut() }
	states := []situation[*scene]{
		{"ready", reach()},
		{"ready, without a connection", reach((*scene).disconnect)},
		{"stopping, a BYE unanswered", reach(talking, stop)},
		{"stopping, connection lost", reach(talking, stop, (*scene).disconnect)},
		{"stopped", reach(stop)},
	}
	do := func(name string, f func(*scene)) input[*scene] {
		return input[*scene]{name, func(s *scene, _ *scene) { f(s) }}
	}
	asked := func(name string, f func(*UA) error) input[*scene] {
		return do(name, func(s *scene) {
			s.do(func() {
				if err := f(s.ua); err != nil {
					s.note("%v", err)
				}
			})
		})
	}
	arrives := func(m sip.Method) input[*scene] {
		return do(string(m)+" arrives", func(s *scene) {
			s.outside()
			s.receive(s.request(m, sdp(farSDP)))
		})
	}
	matrix(t, "ua.txt", states, []input[*scene]{
		asked("start", func(u *UA) error { u.Start(); return nil }),
		asked("register", func(u *UA) error { u.Register(); return nil }),
		asked("call", func(u *UA) error { _, err := u.Call("bob", CallOptions{}); return err }),
		asked("message", func(u *UA) error { _, err := u.SendMessage("bob", "x", MessageOptions{}); return err }),
		asked("OPTIONS", func(u *UA) error { _, err := u.SendOptions("bob", OptionsOptions{}); return err }),
		asked("subscribe", func(u *UA) error { _, err := u.Subscribe("bob", "weather", "", SubscribeOptions{}); return err }),
		asked("publish", func(u *UA) error { _, err := u.Publish("weather", "text/plain", nil, PublishOptions{}); return err }),
		arrives(sip.INVITE), arrives(sip.MESSAGE), arrives(sip.OPTIONS), arrives(sip.SUBSCRIBE), arrives(sip.REFER), arrives(sip.BYE),
		do("the BYE is answered", func(s *scene) {
			for _, m := range s.sent {
				if r, ok := m.(*sip.Request); ok && r.Method == sip.BYE {
					s.answer(r, 200)
				}
			}
		}),
		do("the grace passes", func(s *scene) { s.pass(stopGrace) }),
		do("connection lost", (*scene).disconnect),
		do("connection back", (*scene).connect),
		do("stop", stop),
	}, func(s *scene) string { return s.ua.Status().String() })
}
