package ua

import (
	"testing"
	"time"

	"webphone/phone/sip"
)

var (
	two  = []string{"alice", "bob"}
	trio = []string{"alice", "bob", "carol"}
)

// The registrations of RFC 3665 §2. A list of contacts cannot be asked for
// without registering (§2.3): every answer to a REGISTER has it.
func TestRFC3665_registration(t *testing.T) {
	flow(t, "rfc3665-2.1", "RFC 3665 §2.1: a new registration", []string{"alice"}, nil, func(l *ladder) {
		l.serve().registrar = "example.com"
		a := l.stations["alice"]
		l.say("alice registers")
		a.do(a.ua.Register)
		l.run(time.Second)
	})
	flow(t, "rfc3665-2.2", "RFC 3665 §2.2 and §2.3: another device of the same account, the list of contacts", []string{"alice", "tablet"}, func(_ string, c *Config) {
		c.URI.User = "alice"
	}, func(l *ladder) {
		p := l.serve()
		for _, name := range l.order {
			a := l.stations[name]
			l.say("%s registers", name)
			a.do(a.ua.Register)
			l.run(time.Second)
			if !a.ua.IsRegistered() {
				t.Errorf("%s is not registered", name)
			}
		}
		if len(p.bindings["alice"]) != 2 {
			t.Errorf("registered: %q", p.bindings)
		}
	})
	flow(t, "rfc3665-2.4", "RFC 3665 §2.4: all registrations are canceled", []string{"alice"}, nil, func(l *ladder) {
		p := l.serve()
		p.registrar = "example.com"
		a := l.stations["alice"]
		l.say("alice registers")
		a.do(a.ua.Register)
		l.run(time.Second)
		l.say("alice removes every registration: the nonce is used again")
		a.do(func() { a.ua.Unregister(true) })
		l.run(time.Second)
		if len(p.bindings) != 0 {
			t.Errorf("registered: %q", p.bindings)
		}
	})
	flow(t, "rfc3665-2.5", "RFC 3665 §2.5: the password is wrong", []string{"alice"}, func(_ string, c *Config) {
		c.Password = "wrong"
	}, func(l *ladder) {
		l.serve().registrar = "example.com"
		a := l.stations["alice"]
		l.say("alice registers")
		a.do(a.ua.Register)
		l.run(time.Minute)
	})
}

// The calls of RFC 3665 §3 that succeed. A gateway between two networks (§3.5)
// is a proxy to the agents.
func TestRFC3665_session(t *testing.T) {
	flow(t, "rfc3665-3.1", "RFC 3665 §3.1: a call without a proxy", two, nil, func(l *ladder) {
		_, in := l.talk("alice", "bob")
		l.say("bob hangs up")
		l.stations["bob"].hangUp(in, TerminateOptions{})
	})
	flow(t, "rfc3665-3.2", "RFC 3665 §3.2: a call through a proxy that stays in the route", two, nil, func(l *ladder) {
		l.serve()
		_, in := l.talk("alice", "bob")
		l.say("bob hangs up")
		l.stations["bob"].hangUp(in, TerminateOptions{})
	})
	flow(t, "rfc3665-3.3", "RFC 3665 §3.3: two proxies ask for credentials", two, nil, func(l *ladder) {
		l.serve().realms = []string{"atlanta.example.com", "biloxi.example.com"}
		_, in := l.talk("alice", "bob")
		l.say("bob hangs up")
		l.stations["bob"].hangUp(in, TerminateOptions{})
	})
	flow(t, "rfc3665-3.4", "RFC 3665 §3.4: the proxy fails, the call is made through another", two, nil, func(l *ladder) {
		l.serve().special = func(r *sip.Request) bool { return r.Method == sip.INVITE }
		a := l.stations["alice"]
		l.say("alice calls bob: no answer")
		a.call("bob", CallOptions{})
		l.run(timerB)
		l.say("alice is with another server")
		a.online(false)
		l.proxy.special = nil
		a.online(true)
		out, _ := l.talk("alice", "bob")
		l.say("alice hangs up")
		a.hangUp(out, TerminateOptions{})
	})
	flow(t, "rfc3665-3.6", "RFC 3665 §3.6: a redirect server says where bob is", trio, func(_ string, c *Config) {
		c.Redirect = RedirectFollow
	}, func(l *ladder) {
		l.serve().special = func(r *sip.Request) bool {
			if r.Method == sip.INVITE && r.RequestURI.User == "bob" {
				l.proxy.calls = append(l.proxy.calls, &proxied{invite: r, done: true})
				l.proxy.reply(r, 302, contacts("<sip:carol@carol.invalid>"))
				return true
			}
			return false
		}
		l.say("alice calls bob, who answers elsewhere")
		out := l.stations["alice"].call("bob", CallOptions{})
		l.stations["carol"].answer()
		l.say("alice hangs up")
		l.stations["alice"].hangUp(out, TerminateOptions{})
	})
	flow(t, "rfc3665-3.7", "RFC 3665 §3.7: bob moves to another address in the call", two, nil, func(l *ladder) {
		_, in := l.talk("alice", "bob")
		b := l.stations["bob"]
		l.say("bob's sound takes another path")
		b.do(func() { in.Renegotiate(RenegotiateOptions{ICERestart: true}, nil) })
		l.run(time.Second)
		l.say("bob hangs up")
		b.hangUp(in, TerminateOptions{})
	})
}

// The calls of RFC 3665 §3 that fail.
func TestRFC3665_failure(t *testing.T) {
	flow(t, "rfc3665-3.8", "RFC 3665 §3.8: bob does not answer, alice gives up", two, nil, func(l *ladder) {
		l.serve()
		l.say("alice calls bob")
		out := l.stations["alice"].call("bob", CallOptions{})
		l.say("alice gives up")
		l.stations["alice"].hangUp(out, TerminateOptions{})
	})
	flow(t, "rfc3665-3.9", "RFC 3665 §3.9: bob is busy", two, nil, func(l *ladder) {
		l.serve()
		l.say("alice calls bob")
		l.stations["alice"].call("bob", CallOptions{})
		l.say("bob is busy")
		b := l.stations["bob"]
		b.hangUp(b.newest(), TerminateOptions{StatusCode: 486})
	})
	flow(t, "rfc3665-3.10", "RFC 3665 §3.10: bob's device does not answer", two, nil, func(l *ladder) {
		p := l.serve()
		p.targets["bob"] = [][]string{{"sip:bob@bob.invalid"}}
		l.stations["bob"].online(false)
		l.say("alice calls bob, who is not there")
		l.stations["alice"].call("bob", CallOptions{})
		l.run(timerB)
		l.say("the proxy gives up")
		p.calls[0].done = true
		p.reply(p.calls[0].invite, 480)
		l.run(time.Second)
	})
	flow(t, "rfc3665-3.11", "RFC 3665 §3.11: bob is not available now", two, nil, func(l *ladder) {
		l.serve()
		l.say("alice calls bob")
		l.stations["alice"].call("bob", CallOptions{})
		l.say("bob does not want to talk")
		b := l.stations["bob"]
		b.hangUp(b.newest(), TerminateOptions{})
	})
}
