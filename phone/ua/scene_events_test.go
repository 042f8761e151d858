package ua

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"webphone/phone/sip"
)

var update = flag.Bool("update", false, "write the golden files anew")

// eventingDetail is what the trace tells of an event beside its name.
func eventingDetail(e Event) (string, bool) {
	switch e := e.(type) {
	case NotifierSubscribe:
		if e.Unsubscribe {
			return "off", true
		}
		return "on", true
	case NotifierEnded:
		return e.Code.String(), true
	case Published:
		return e.Expires.String(), true
	case PublishFailed:
		return whenOf(e.RetryIn), true
	case PublishEnded:
		if e.Err != nil {
			return string(e.Err.Cause), true
		}
		return "", true
	case SIPEvent:
		return e.Event, true
	case SubscriptionNotify:
		final := ""
		if e.Final {
			final = "final "
		}
		return fmt.Sprintf("%s%s %q", final, e.ContentType, e.Body), true
	case SubscriptionLost:
		return fmt.Sprintf("%v %s %s", e.Code, e.Reason, whenOf(e.RetryIn)), true
	case SubscriptionTerminated:
		return fmt.Sprintf("%v %s", e.Code, e.Reason), true
	}
	return "", false
}

// whenOf hides the randomness of a wait.
func whenOf(d time.Duration) string {
	if d == 0 {
		return "now"
	}
	return "later"
}

// subscribe subscribes to bob's weather.
func (s *scene) subscribe(o SubscribeOptions) *Subscriber {
	s.t.Helper()
	var subscriber *Subscriber
	s.do(func() {
		var err error
		if subscriber, err = s.ua.Subscribe("bob", "weather", "text/plain", o); err != nil {
			s.t.Error(err)
		}
	})
	return subscriber
}

// granted answers the SUBSCRIBE sent last.
func (s *scene) granted(expires string) {
	s.t.Helper()
	s.answer(s.last(sip.SUBSCRIBE), 200, header("Expires", expires), contactURI("sip:bob@bob.invalid;transport=ws"))
}

// notify has the notifier with that tag tell something about the subscription
// of the SUBSCRIBE sent last.
func (s *scene) notify(tag, state string, mods ...mod) {
	s.t.Helper()
	r := s.last(sip.SUBSCRIBE)
	seq, branches := s.far.seq, s.far.branches
	s.farOf(r, tag)
	s.far.seq, s.far.branches = max(seq, s.far.seq), branches
	s.receive(s.request(sip.NOTIFY, append([]mod{
		header("Event", "weather"), header("Subscription-State", state), contactURI("sip:bob@bob.invalid;transport=ws"),
	}, mods...)...))
}

// subscribed is an active subscription.
func (s *scene) subscribed(o SubscribeOptions) *Subscriber {
	s.t.Helper()
	subscriber := s.subscribe(o)
	s.granted("900")
	s.notify("bob", "active;expires=900")
	if s.stateOf(subscriber) != SubscriberActive {
		s.t.Fatalf("state %v", s.stateOf(subscriber))
	}
	s.forget()
	return subscriber
}

// situation is a state of a machine and how to get there, input what may
// happen in it.
type (
	situation[T any] struct {
		name  string
		reach func(*scene) T
	}
	input[T any] struct {
		name string
		do   func(*scene, T)
	}
)

// matrix tries every input in every state and compares what happens, and the
// state after it, with a golden file.
func matrix[T any](t *testing.T, file string, states []situation[T], inputs []input[T], state func(T) string) {
	t.Helper()
	var got strings.Builder
	for _, from := range states {
		fmt.Fprintf(&got, "== %s\n", from.name)
		for _, in := range inputs {
			play(t, nil, func(s *scene) {
				one := from.reach(s)
				s.forget()
				in.do(s, one)
				s.mu.Lock()
				trace := strings.Join(s.trace, "; ")
				s.mu.Unlock()
				after := ""
				s.do(func() { after = state(one) })
				fmt.Fprintf(&got, "%s\n\t%s\n\t= %s\n", in.name, trace, after)
			})
		}
	}
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// stateOf reads a state where it belongs.
func (s *scene) stateOf(one *Subscriber) (state SubscriberState) {
	s.do(func() { state = one.State() })
	return state
}

// served makes an agent that serves weather.
func served(c *Config) { c.Events.Served = []string{"weather"} }

// subscribeIn has the far side subscribe to our weather.
func (s *scene) subscribeIn(mods ...mod) {
	s.t.Helper()
	branches := s.far.branches
	s.outside()
	s.far.branches, s.far.callID = branches, fmt.Sprint("far-", branches)
	s.receive(s.request(sip.SUBSCRIBE, append([]mod{
		header("Event", "weather"), header("Expires", "600"), header("Contact", s.far.contact),
	}, mods...)...))
}

// inSubscription has it send another SUBSCRIBE in the dialog.
func (s *scene) inSubscription(mods ...mod) {
	s.t.Helper()
	s.receive(s.request(sip.SUBSCRIBE, append([]mod{
		header("Event", "weather"), header("Expires", "600"), header("Contact", s.far.contact),
	}, mods...)...))
}

// notifier accepts the SUBSCRIBE that came in last.
func (s *scene) notifier(o NotifyOptions) *Notifier {
	s.t.Helper()
	var n *Notifier
	s.do(func() {
		requests := s.ua.eventing.requests
		var err error
		if n, err = s.ua.Notify(requests[len(requests)-1], "text/plain", o); err != nil {
			s.t.Error(err)
		}
	})
	return n
}

// notifying is a started notifier whose first NOTIFY is answered.
func (s *scene) notifying(o NotifyOptions, mods ...mod) *Notifier {
	s.t.Helper()
	s.subscribeIn(mods...)
	n := s.notifier(o)
	s.do(func() {
		if err := n.Start(); err != nil {
			s.t.Error(err)
		}
	})
	s.far.to = s.far.to.WithTag(s.last(sip.NOTIFY).From.Tag())
	s.answer(s.last(sip.NOTIFY), 200)
	s.forget()
	return n
}
