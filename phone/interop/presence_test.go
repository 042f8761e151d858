//go:build interop

package interop

import (
	"fmt"
	"strings"
	"testing"

	"webphone/phone/interop/rig"
)

// watch subscribes a to the package of the target.
func watch(t *testing.T, a *actor, target, event, accept string) {
	t.Helper()
	check(t, a.Peer.(rig.Watcher).Subscribe(target, event, accept))
	waitSubscription(t, a, "be accepted", func(s rig.Subscription) bool { return s.State == "active" })
}

// waitSubscription waits until the actor's newest subscription is as wanted.
func waitSubscription(t *testing.T, a *actor, what string, wanted func(rig.Subscription) bool) {
	t.Helper()
	check(t, rig.Poll(rig.Limit, func() error {
		all, err := a.Peer.(rig.Watcher).Subscriptions()
		if err != nil {
			return rig.Final(err)
		}
		if len(all) == 0 || !wanted(all[len(all)-1]) {
			return fmt.Errorf("%s: %s: its subscriptions are %+v", a.Name(), what, all)
		}
		return nil
	}))
}

// told waits for a body with all the words.
func told(t *testing.T, a *actor, words ...string) {
	t.Helper()
	waitSubscription(t, a, "be told "+strings.Join(words, ", "), func(s rig.Subscription) bool {
		if len(s.Bodies) == 0 {
			return false
		}
		for _, w := range words {
			if !strings.Contains(s.Bodies[len(s.Bodies)-1], w) {
				return false
			}
		}
		return true
	})
}

// unwatch ends the actor's newest subscription.
func unwatch(t *testing.T, a *actor) {
	t.Helper()
	check(t, a.Peer.(rig.Watcher).Unsubscribe())
	waitSubscription(t, a, "end", func(s rig.Subscription) bool { return s.State == "terminated" })
}

const pidf = `<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="%s">
<tuple id="phone"><status><basic>%s</basic></status><note>%s</note></tuple>
</presence>
`

func presence(t *testing.T, p *play) {
	publish := func(basic, note string) {
		publisher, ok := p.b.Peer.(rig.Publisher)
		if !ok {
			t.Fatalf("%s cannot publish", p.b.Name())
		}
		check(t, publisher.Publish("presence", "application/pidf+xml",
			fmt.Sprintf(pidf, strings.Replace(p.b.URI(), "sip:", "pres:", 1), basic, note)))
	}
	publish("open", "am Platz")
	watch(t, p.a, p.b.URI(), "presence", "application/pidf+xml")
	told(t, p.a, "<basic>open</basic>", "am Platz")
	publish("closed", "zu Tisch")
	told(t, p.a, "<basic>closed</basic>", "zu Tisch")
	unwatch(t, p.a)
}

// dialogs has a watch b, whom the third calls: the server publishes it.
func dialogs(t *testing.T, p *play) {
	watch(t, p.a, p.b.URI(), "dialog", "application/dialog-info+xml")
	ring(t, p.third, p.b)
	told(t, p.a, "<state>early</state>", `entity="`+p.b.URI()+`"`)
	check(t, p.b.Answer())
	told(t, p.a, "<state>confirmed</state>")
	check(t, p.third.Hangup())
	told(t, p.a, "<state>terminated</state>")
	unwatch(t, p.a)
}

func mailbox(t *testing.T, p *play) {
	watch(t, p.a, p.a.URI(), "message-summary", "application/simple-message-summary")
	for _, summary := range []string{"Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/1)\r\n", "Messages-Waiting: no\r\n"} {
		check(t, p.server.Publish(p.a.URI(), "message-summary", "application/simple-message-summary", summary))
		told(t, p.a, strings.TrimSpace(strings.Split(summary, "\r\n")[0]))
	}
	unwatch(t, p.a)
}
