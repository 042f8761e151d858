package ua

import (
	"testing"
	"time"

	"webphone/phone/sip"
)

// TestNotifier_states tries every input in every state.
func TestNotifier_states(t *testing.T) {
	asked := func(s *scene) *Notifier {
		s.ua.config.Events.Served = []string{"weather"}
		s.subscribeIn()
		return s.notifier(NotifyOptions{})
	}
	in := func(o NotifyOptions, mods ...mod) func(*scene) *Notifier {
		return func(s *scene) *Notifier {
			s.ua.config.Events.Served = []string{"weather"}
			return s.notifying(o, mods...)
		}
	}
	states := []situation[*Notifier]{
		{"init", asked},
		{"init, answered by the deadline", func(s *scene) *Notifier {
			n := asked(s)
			s.pass(subscribeDeadline)
			return n
		}},
		{"active, first NOTIFY under way", func(s *scene) *Notifier {
			n := asked(s)
			s.do(func() { _ = n.Start() })
			s.far.to = s.far.to.WithTag(s.last(sip.NOTIFY).From.Tag())
			return n
		}},
		{"pending", in(NotifyOptions{Pending: true})},
		{"active", in(NotifyOptions{})},
		{"active, NOTIFY to be repeated", func(s *scene) *Notifier {
			n := in(NotifyOptions{})(s)
			s.do(func() { _ = n.Notify([]byte("rain")) })
			s.answer(s.last(sip.NOTIFY), 503, header("Retry-After", "5"))
			return n
		}},
		{"active, without a connection", func(s *scene) *Notifier {
			n := in(NotifyOptions{})(s)
			s.disconnect()
			return n
		}},
		{"terminated", func(s *scene) *Notifier {
			n := in(NotifyOptions{})(s)
			s.do(func() { _ = n.Terminate(nil, "noresource", 0) })
			return n
		}},
	}
	matrix(t, "notifier.txt", states, notifierInputs(), func(n *Notifier) string { return n.state.String() })
}

func notifierInputs() []input[*Notifier] {
	user := func(name string, f func(*Notifier) error) input[*Notifier] {
		return input[*Notifier]{name, func(s *scene, n *Notifier) {
			s.do(func() {
				if err := f(n); err != nil {
					s.note("%v", err)
				}
			})
		}}
	}
	inputs := []input[*Notifier]{
		user("user starts", (*Notifier).Start),
		user("user activates", (*Notifier).SetActiveState),
		user("user activates and notifies", func(n *Notifier) error { _ = n.SetActiveState(); return n.Notify([]byte("sun")) }),
		user("user notifies", func(n *Notifier) error { return n.Notify([]byte("sun")) }),
		user("user terminates", func(n *Notifier) error { return n.Terminate([]byte("end"), "giveup", time.Minute) }),
		{"time runs out", func(s *scene, _ *Notifier) { s.pass(600 * time.Second) }},
		{"5 s pass", func(s *scene, _ *Notifier) { s.pass(5 * time.Second) }},
		{"connection lost", func(s *scene, _ *Notifier) { s.disconnect() }},
		{"connection there", func(s *scene, _ *Notifier) { s.connect() }},
		{"agent stopped", func(s *scene, _ *Notifier) { s.do(func() { s.ua.Stop(nil) }) }},
	}
	answered := func(name string, status int, mods ...mod) {
		inputs = append(inputs, input[*Notifier]{name, func(s *scene, _ *Notifier) {
			if s.connected && s.sentNotify() != nil {
				s.answer(s.sentNotify(), status, mods...)
			}
		}})
	}
	answered("200 to NOTIFY", 200)
	answered("408 to NOTIFY", 408)
	answered("481 to NOTIFY", 481)
	answered("500 to NOTIFY", 500)
	answered("503 to NOTIFY with Retry-After", 503, header("Retry-After", "7"))
	answered("401 to NOTIFY", 401)
	asked := func(name string, mods ...mod) {
		inputs = append(inputs, input[*Notifier]{name, func(s *scene, _ *Notifier) {
			if s.far.to.Tag() != "" {
				s.inSubscription(mods...)
			}
		}})
	}
	asked("refresh")
	asked("refresh for the usual time", without("Expires"))
	asked("refresh too short", header("Expires", "10"))
	asked("refresh for a time that is none", header("Expires", "long"))
	asked("refresh of another event", header("Event", "presence"))
	asked("refresh without Event", without("Event"))
	asked("refresh out of order", func(c *sip.Common) { c.CSeq.Seq = 1 })
	asked("un-SUBSCRIBE", header("Expires", "0"))
	inputs = append(inputs, input[*Notifier]{"another request in the dialog", func(s *scene, _ *Notifier) {
		if s.far.to.Tag() != "" {
			s.receive(s.request(sip.INFO))
		}
	}})
	return inputs
}

// sentNotify is the NOTIFY sent last, nil if none was.
func (s *scene) sentNotify() *sip.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.sent) - 1; i >= 0; i-- {
		if r, ok := s.sent[i].(*sip.Request); ok && r.Method == sip.NOTIFY {
			return r
		}
	}
	return nil
}
