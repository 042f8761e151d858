package ua

import (
	"testing"
	"time"

	"webphone/phone/sip"
)

// TestRegistrator_states is every state of the registration with everything
// that may happen in it.
func TestRegistrator_states(t *testing.T) {
	reach := func(steps ...func(*scene)) func(*scene) *scene {
		return func(s *scene) *scene {
			for _, step := range steps {
				step(s)
			}
			return s
		}
	}
	register := func(s *scene) { s.do(s.ua.Register) }
	unregister := func(s *scene) { s.do(func() { s.ua.Unregister(false) }) }
	lost, back := (*scene).disconnect, (*scene).connect
	answered := func(status int, mods ...mod) func(*scene) {
		return func(s *scene) {
			var r *sip.Request
			s.mu.Lock()
			for _, m := range s.sent {
				if one, ok := m.(*sip.Request); ok && one.Method == sip.REGISTER {
					r = one
				}
			}
			s.mu.Unlock()
			if r != nil {
				s.answer(r, status, mods...)
			}
		}
	}
	granted := answered(200, ours(60)) // refreshed 5 s before
	states := []situation[*scene]{
		{"not asked for", reach()},
		{"not asked for, without a connection", reach(lost)},
		{"asked for, without a connection", reach(lost, register)},
		{"registering", reach(register)},
		{"registered", reach(register, granted)},
		{"refreshing", reach(register, granted, register)},
		{"refused, to be tried again", reach(register, answered(480, header("Retry-After", "50")))},
		{"refused for good", reach(register, answered(403))},
		{"unregistering", reach(register, granted, unregister)},
		{"unregistered", reach(register, granted, unregister, answered(200))},
		{"registered, connection lost", reach(register, granted, lost)},
	}
	do := func(name string, f func(*scene)) input[*scene] {
		return input[*scene]{name, func(s *scene, _ *scene) { f(s) }}
	}
	wait := func(d time.Duration) func(*scene) {
		return func(s *scene) {
			pending := false
			s.do(func() { pending = s.ua.registrator.pending != nil })
			if d <= timerF || !pending { // else what follows is random
				s.pass(d)
			}
		}
	}
	inputs := []input[*scene]{
		do("user registers", register),
		do("user unregisters", unregister),
		do("user unregisters all", func(s *scene) { s.do(func() { s.ua.Unregister(true) }) }),
		do("100", answered(100)),
		do("200", granted),
		do("200 without us", answered(200)),
		do("401", answered(401, challenge("n", "MD5"))),
		do("403", answered(403)),
		do("423 with more", answered(423, header("Min-Expires", "900"))),
		do("423 with nothing", answered(423)),
		do("503 with Retry-After", answered(503, header("Retry-After", "5"))),
		do("64*T1 pass", wait(timerF)),
		do("the time has come", wait(55*time.Second)),
		do("connection lost", lost),
		do("connection lost and back", func(s *scene) { lost(s); back(s) }),
		do("connection back", back),
		do("woke", func(s *scene) { s.wake() }),
		do("agent stopped", func(s *scene) { s.do(func() { s.ua.Stop(nil) }) }),
	}
	matrix(t, "registrator.txt", states, inputs, func(s *scene) string {
		state := "not registered"
		if s.ua.IsRegistered() {
			state = "registered"
		}
		if s.ua.registrator.pending != nil {
			state += ", asked"
		}
		return state
	})
}
