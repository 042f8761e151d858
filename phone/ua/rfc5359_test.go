package ua

import (
	"testing"
	"time"

	"webphone/phone/sip"
)

// The services of RFC 5359 that concern one call. A third party cannot join a
// call by itself (§2.11): the Join header field is not supported.
func TestRFC5359_hold(t *testing.T) {
	flow(t, "rfc5359-2.1", "RFC 5359 §2.1: hold", two, nil, func(l *ladder) {
		_, in := l.talk("alice", "bob")
		b := l.stations["bob"]
		l.say("bob holds")
		b.hold(in, true)
		l.say("bob resumes")
		b.hold(in, false)
		l.say("bob hangs up")
		b.hangUp(in, TerminateOptions{})
	})
	flow(t, "rfc5359-2.2", "RFC 5359 §2.2: hold to consult another", trio, nil, func(l *ladder) {
		out, in := l.talk("alice", "bob")
		b := l.stations["bob"]
		l.say("bob holds")
		b.hold(in, true)
		consultation, _ := l.talk("bob", "carol")
		l.say("bob ends the consultation")
		b.hangUp(consultation, TerminateOptions{})
		l.say("bob resumes")
		b.hold(in, false)
		l.say("alice hangs up")
		l.stations["alice"].hangUp(out, TerminateOptions{})
	})
	// The one who holds plays the music himself; to the one who is held a
	// server's would look the same but for an offer that he makes.
	flow(t, "rfc5359-2.3", "RFC 5359 §2.3: music while held", two, nil, func(l *ladder) {
		_, in := l.talk("alice", "bob")
		b := l.stations["bob"]
		music, talk := AudioSendOnly, AudioSendRecv
		l.say("bob plays music")
		b.do(func() { in.Renegotiate(RenegotiateOptions{Audio: &music}, nil) })
		l.run(time.Second)
		l.say("bob talks again")
		b.do(func() { in.Renegotiate(RenegotiateOptions{Audio: &talk}, nil) })
		l.run(time.Second)
		l.say("bob hangs up")
		b.hangUp(in, TerminateOptions{})
	})
	flow(t, "rfc5359-2.10", "RFC 5359 §2.10: alice talks to two, whose sound she mixes", trio, nil, func(l *ladder) {
		toBob, _ := l.talk("alice", "bob")
		a := l.stations["alice"]
		l.say("alice holds")
		a.hold(toBob, true)
		toCarol, _ := l.talk("alice", "carol")
		l.say("alice resumes: three talk")
		a.hold(toBob, false)
		l.say("alice leaves: both calls end")
		a.hangUp(toBob, TerminateOptions{})
		a.hangUp(toCarol, TerminateOptions{})
	})
}

func TestRFC5359_transfer(t *testing.T) {
	flow(t, "rfc5359-2.4", "RFC 5359 §2.4: unattended transfer", trio, nil, func(l *ladder) {
		_, in := l.talk("alice", "bob")
		b := l.stations["bob"]
		l.stations["alice"].obliging()
		l.say("bob holds")
		b.hold(in, true)
		l.say("bob has alice call carol")
		b.refer(in, "carol", ReferOptions{})
		l.say("carol answers")
		carols := l.stations["carol"].answer()
		l.say("bob hangs up")
		b.hangUp(in, TerminateOptions{})
		l.say("carol hangs up")
		l.stations["carol"].hangUp(carols, TerminateOptions{})
	})
	flow(t, "rfc5359-2.4-refused", "RFC 5359 §2.4: unattended transfer to one who is busy", trio, nil, func(l *ladder) {
		_, in := l.talk("alice", "bob")
		b := l.stations["bob"]
		l.stations["alice"].obliging()
		l.say("bob holds")
		b.hold(in, true)
		l.say("bob has alice call carol")
		b.refer(in, "carol", ReferOptions{})
		l.say("carol is busy")
		l.stations["carol"].hangUp(l.stations["carol"].newest(), TerminateOptions{StatusCode: 486})
		l.say("bob takes alice back")
		b.hold(in, false)
		l.say("bob hangs up")
		b.hangUp(in, TerminateOptions{})
	})
	flow(t, "rfc5359-2.5", "RFC 5359 §2.5: attended transfer", trio, nil, func(l *ladder) {
		_, in := l.talk("alice", "bob")
		b := l.stations["bob"]
		l.stations["alice"].obliging()
		l.stations["carol"].obliging()
		l.say("bob holds")
		b.hold(in, true)
		consultation, _ := l.talk("bob", "carol")
		l.say("bob holds carol too")
		b.hold(consultation, true)
		l.say("bob joins them")
		b.refer(in, "", ReferOptions{Replaces: consultation})
		l.say("bob hangs up")
		b.hangUp(in, TerminateOptions{})
		l.say("alice hangs up")
		a := l.stations["alice"]
		a.hangUp(a.newest(), TerminateOptions{})
	})
	flow(t, "rfc5359-2.6", "RFC 5359 §2.6: bob tells alice by a message whom to call", trio, nil, func(l *ladder) {
		out, in := l.talk("alice", "bob")
		l.say("bob names carol")
		l.stations["alice"].do(func() {
			l.stations["alice"].onEvent = func(e Event) {
				if e, ok := e.(NewMessage); ok && e.Originator == Remote {
					_ = e.Message.Accept(ReplyOptions{})
				}
			}
		})
		l.stations["bob"].must(func() error {
			_, err := in.SendMessage("sip:carol@example.com", MessageOptions{})
			return err
		})
		l.say("alice hangs up")
		l.stations["alice"].hangUp(out, TerminateOptions{})
		out, _ = l.talk("alice", "carol")
		l.say("alice hangs up")
		l.stations["alice"].hangUp(out, TerminateOptions{})
	})
	flow(t, "rfc5359-2.18", "RFC 5359 §2.18: a page in a browser has alice's phone call bob", two, func(name string, c *Config) {
		c.ReferOutsideCalls = name == "alice"
	}, func(l *ladder) {
		p := l.serve()
		p.special = func(r *sip.Request) bool {
			if r.Method == sip.NOTIFY {
				p.reply(r, 200)
			}
			return r.Method == sip.NOTIFY
		}
		a := l.stations["alice"]
		a.obliging()
		l.say("the page asks for the call")
		a.scene.outside()
		a.far.requestURI = "sip:alice@alice.invalid"
		p.send(a.scene.request(sip.REFER, header("Refer-To", "<sip:bob@example.com>"), header("Contact", "<sip:page@proxy.example.com>")))
		l.run(time.Second)
		l.say("bob answers")
		in := l.stations["bob"].answer()
		l.say("bob hangs up")
		l.stations["bob"].hangUp(in, TerminateOptions{})
	})
}

// What proxies do to calls, as the agents see it.
func TestRFC5359_proxy(t *testing.T) {
	divert := func(targets ...[]string) func(*ladder) *proxy {
		return func(l *ladder) *proxy {
			p := l.serve()
			p.diverts, p.targets["bob"] = true, targets
			return p
		}
	}
	bob, carol := []string{"sip:bob@example.com"}, []string{"sip:carol@example.com"}
	ends := func(l *ladder, from, to string) {
		if to != "" {
			l.say("%s answers", to)
			l.stations[to].answer()
		}
		l.say("%s hangs up", from)
		l.stations[from].hangUp(l.stations[from].newest(), TerminateOptions{})
	}
	flow(t, "rfc5359-2.7", "RFC 5359 §2.7: every call of bob's is forwarded", trio, nil, func(l *ladder) {
		divert(carol)(l)
		l.say("alice calls bob")
		l.stations["alice"].call("bob", CallOptions{})
		ends(l, "alice", "carol")
	})
	flow(t, "rfc5359-2.8", "RFC 5359 §2.8: bob's calls are forwarded when he is busy", trio, nil, func(l *ladder) {
		divert(bob, carol)(l)
		l.say("alice calls bob, who is busy")
		l.stations["alice"].call("bob", CallOptions{})
		b := l.stations["bob"]
		b.hangUp(b.newest(), TerminateOptions{StatusCode: 486})
		ends(l, "alice", "carol")
	})
	flow(t, "rfc5359-2.9", "RFC 5359 §2.9: bob's calls are forwarded when he does not answer", trio, nil, func(l *ladder) {
		p := divert(bob, carol)(l)
		l.say("alice calls bob, who does not answer")
		l.stations["alice"].call("bob", CallOptions{})
		l.run(10 * time.Second)
		p.giveUp()
		ends(l, "alice", "carol")
	})
	flow(t, "rfc5359-2.12", "RFC 5359 §2.12: bob is looked for at one place after the other", []string{"alice", "desk", "mobile"}, nil, func(l *ladder) {
		p := l.serve()
		p.targets["bob"] = [][]string{{"sip:desk@example.com"}, {"sip:mobile@example.com"}}
		l.say("alice calls bob, who is not at his desk")
		l.stations["alice"].call("bob", CallOptions{})
		l.run(10 * time.Second)
		p.giveUp()
		ends(l, "alice", "mobile")
	})
	flow(t, "rfc5359-2.12-forked", "RFC 5359 §2.12: bob is looked for everywhere at once", []string{"alice", "desk", "mobile"}, nil, func(l *ladder) {
		l.serve().targets["bob"] = [][]string{{"sip:desk@example.com", "sip:mobile@example.com"}}
		l.say("alice calls bob")
		l.stations["alice"].call("bob", CallOptions{})
		ends(l, "alice", "mobile")
	})
	flow(t, "rfc5359-2.12-both", "RFC 5359 §2.12: two of bob's phones answer at once", []string{"alice", "desk", "mobile"}, nil, func(l *ladder) {
		l.serve().targets["bob"] = [][]string{{"sip:desk@example.com", "sip:mobile@example.com"}}
		l.say("alice calls bob")
		l.stations["alice"].call("bob", CallOptions{})
		l.say("both answer")
		for _, name := range []string{"desk", "mobile"} {
			s := l.stations[name].newest()
			l.stations[name].must(func() error { return s.Answer(AnswerCallOptions{}) })
		}
		ends(l, "alice", "")
	})
	for _, c := range []struct{ file, title string }{
		{"rfc5359-2.13", "RFC 5359 §2.13: bob's proxy lets none of alice's calls through"},
		{"rfc5359-2.14", "RFC 5359 §2.14: alice's proxy lets no call of hers to bob out"},
	} {
		flow(t, c.file, c.title, two, nil, func(l *ladder) {
			p := l.serve()
			p.special = func(r *sip.Request) bool {
				if r.Method != sip.INVITE {
					return false
				}
				p.calls = append(p.calls, &proxied{invite: r, done: true})
				status := 403
				if c.file == "rfc5359-2.13" {
					status = 603
				}
				p.reply(r, status)
				return true
			}
			l.say("alice calls bob")
			l.stations["alice"].call("bob", CallOptions{})
		})
	}
}
