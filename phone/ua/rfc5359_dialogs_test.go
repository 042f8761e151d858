package ua

import (
	"testing"
	"time"

	sipbody "webphone/phone/sip/body"
)

// telling serves the calls of the agent by the dialog package (RFC 4235).
func (a *station) telling() {
	version := uint32(0)
	tell := func(n *Notifier) {
		info := sipbody.DialogInfo{Version: version, Entity: a.ua.config.URI.String()}
		version++
		for _, s := range a.ua.Sessions() {
			d := sipbody.Dialog{ID: s.CallID(), CallID: s.CallID(), State: sipbody.Confirmed, Initiator: s.Direction() == Outgoing, Recipient: s.Direction() == Incoming}
			switch {
			case s.in != nil && s.Status() == StatusWaitingForAnswer:
				d.State, d.LocalTag, d.RemoteTag = sipbody.Early, s.in.invite.toTag, s.Request().From.Tag()
			case s.dialog != nil:
				d.LocalTag, d.RemoteTag = s.dialog.id.localTag, s.dialog.id.remoteTag
			}
			info.Dialogs = append(info.Dialogs, d)
		}
		_ = n.Notify(info.Bytes())
	}
	var watched []*Notifier
	a.do(func() {
		accepts := a.onEvent
		a.onEvent = func(e Event) {
			accepts(e)
			switch e := e.(type) {
			case NewSubscribe:
				n, err := a.ua.Notify(e.Subscribe, sipbody.TypeDialogInfo, NotifyOptions{})
				if err != nil || n.Start() != nil {
					a.t.Errorf("%s: %v", a.name, err)
				}
			case NotifierSubscribe:
				if !e.Unsubscribe {
					watched = append(watched, e.Notifier)
					tell(e.Notifier)
				}
			case Ended:
				a.loop.Post("tell", func() {
					for _, n := range watched {
						tell(n)
					}
				})
			}
		}
	})
}

// watch has the agent learn the calls of another; what it learns is in the
// document that it returns the address of.
func (a *station) watch(target string) (*Subscriber, *sipbody.DialogInfo) {
	var (
		s     *Subscriber
		calls sipbody.DialogInfo
	)
	a.do(func() {
		before := a.onEvent
		a.onEvent = func(e Event) {
			before(e)
			if e, ok := e.(SubscriptionNotify); ok && e.Subscriber == s {
				if info, err := sipbody.ParseDialogInfo(e.Body); err == nil {
					calls = info
				}
			}
		}
	})
	a.must(func() (err error) {
		s, err = a.ua.Subscribe(target, "dialog", sipbody.TypeDialogInfo, SubscribeOptions{})
		return err
	})
	a.ladder.run(time.Second)
	return s, &calls
}

func tells(name string) func(string, *Config) {
	return func(one string, c *Config) {
		if one == name {
			c.Events.Served = []string{"dialog"}
		}
	}
}

// What agents do with what they are told of each other's calls.
func TestRFC5359_dialogs(t *testing.T) {
	flow(t, "rfc5359-2.15", "RFC 5359 §2.15: bob parks alice, carol takes her from there", []string{"alice", "bob", "park", "carol"}, tells("park"), func(l *ladder) {
		_, in := l.talk("alice", "bob")
		a, b, park, carol := l.stations["alice"], l.stations["bob"], l.stations["park"], l.stations["carol"]
		a.obliging()
		park.obliging()
		park.telling()
		l.say("bob holds")
		b.hold(in, true)
		l.say("bob calls the park")
		toPark := b.call("park", CallOptions{})
		park.answer()
		l.say("bob has the park take his place at alice's")
		b.refer(toPark, "", ReferOptions{Replaces: in})
		l.say("bob hangs up")
		b.hangUp(toPark, TerminateOptions{})
		l.say("carol asks who is there")
		watch, calls := carol.watch("park")
		carol.must(func() error { return watch.Terminate(nil) })
		l.say("carol takes alice")
		d := calls.Dialogs[0]
		carol.call("alice", CallOptions{Replaces: &Replaces{CallID: d.CallID, ToTag: d.RemoteTag, FromTag: d.LocalTag}})
		l.say("alice hangs up")
		a.hangUp(a.newest(), TerminateOptions{})
	})
	flow(t, "rfc5359-2.16", "RFC 5359 §2.16, RFC 3891 §7.1: carol picks up what rings at bob's", trio, tells("bob"), func(l *ladder) {
		a, b, carol := l.stations["alice"], l.stations["bob"], l.stations["carol"]
		a.obliging()
		b.telling()
		l.say("alice calls bob")
		a.call("bob", CallOptions{})
		l.say("carol asks what rings there")
		watch, calls := carol.watch("bob")
		carol.must(func() error { return watch.Terminate(nil) })
		l.say("carol picks it up")
		d := calls.Dialogs[0]
		carol.call("alice", CallOptions{Replaces: &Replaces{CallID: d.CallID, ToTag: d.RemoteTag, FromTag: d.LocalTag, EarlyOnly: true}})
		l.say("alice hangs up")
		a.hangUp(a.newest(), TerminateOptions{})
	})
	flow(t, "rfc5359-2.16-late", "RFC 3891 §3: carol picks up what bob has answered", trio, tells("bob"), func(l *ladder) {
		a, b, carol := l.stations["alice"], l.stations["bob"], l.stations["carol"]
		a.obliging()
		b.telling()
		l.say("alice calls bob")
		a.call("bob", CallOptions{})
		watch, calls := carol.watch("bob")
		carol.must(func() error { return watch.Terminate(nil) })
		l.say("bob answers")
		in := b.answer()
		l.say("carol picks it up")
		d := calls.Dialogs[0]
		carol.call("alice", CallOptions{Replaces: &Replaces{CallID: d.CallID, ToTag: d.RemoteTag, FromTag: d.LocalTag, EarlyOnly: true}})
		l.say("bob hangs up")
		b.hangUp(in, TerminateOptions{})
	})
	flow(t, "rfc5359-2.17", "RFC 5359 §2.17: alice calls bob again once he is free", trio, tells("bob"), func(l *ladder) {
		a, b := l.stations["alice"], l.stations["bob"]
		b.telling()
		l.talk("bob", "carol")
		l.say("alice calls bob, who is busy")
		a.call("bob", CallOptions{})
		b.hangUp(b.newest(), TerminateOptions{StatusCode: 486})
		l.say("alice watches his calls")
		watch, calls := a.watch("bob")
		if len(calls.Dialogs) != 1 {
			t.Errorf("told %+v", calls)
		}
		l.say("bob hangs up")
		b.hangUp(b.newest(), TerminateOptions{})
		if len(calls.Dialogs) != 0 {
			t.Errorf("told %+v", calls)
		}
		l.say("alice calls him again and watches no more")
		a.must(func() error { return watch.Terminate(nil) })
		l.run(time.Second)
		out := a.call("bob", CallOptions{})
		b.answer()
		l.say("alice hangs up")
		a.hangUp(out, TerminateOptions{})
	})
}

// The introduction of RFC 3891: one who was called puts a call of his own in
// the place of the one who called, whoever made which.
func TestRFC3891(t *testing.T) {
	flow(t, "rfc3891-1", "RFC 3891 §1: alice was called by bob and by carol, and joins them", trio, nil, func(l *ladder) {
		_, fromBob := l.talk("bob", "alice")
		a := l.stations["alice"]
		l.stations["bob"].obliging()
		l.stations["carol"].obliging()
		l.say("alice holds bob")
		a.hold(fromBob, true)
		_, fromCarol := l.talk("carol", "alice")
		l.say("alice joins them")
		a.refer(fromBob, "", ReferOptions{Replaces: fromCarol})
		l.say("alice hangs up")
		a.hangUp(fromBob, TerminateOptions{})
		l.say("carol hangs up")
		carol := l.stations["carol"]
		carol.hangUp(carol.newest(), TerminateOptions{})
	})
	flow(t, "rfc3891-3", "RFC 3891 §3: a dialog that nobody has is not replaced", two, nil, func(l *ladder) {
		out, in := l.talk("alice", "bob")
		l.stations["bob"].obliging()
		l.say("alice names another dialog")
		l.stations["alice"].call("bob", CallOptions{Replaces: &Replaces{CallID: in.CallID(), ToTag: "x", FromTag: "y"}})
		l.say("alice hangs up")
		l.stations["alice"].hangUp(out, TerminateOptions{})
	})
}
