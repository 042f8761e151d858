package ua

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// looped is an agent that talks to itself: a suffix of the Call-ID keeps the
// two sides of each dialog apart.
type looped struct{ *scene }

func (l *looped) Send(m sip.Message) error {
	back, err := sip.Parse(m.Bytes())
	if err != nil {
		l.t.Errorf("sent what does not parse: %v\n%s", err, m.Bytes())
		return err
	}
	const suffix = "_second"
	c := back.Fields()
	if id, ok := strings.CutSuffix(c.CallID, suffix); ok {
		c.CallID = id
	} else {
		c.CallID += suffix
	}
	l.mu.Lock()
	l.sent = append(l.sent, back)
	l.mu.Unlock()
	l.note(">> %s", describe(m))
	l.ua.Receiver().Receive(back)
	return nil
}

// JsSIP's own test of SUBSCRIBE and NOTIFY, in its order: eleven steps between
// a subscriber and a notifier in one agent.
func TestLoopSocket_elevenSteps(t *testing.T) {
	const (
		ask     = "Please report the weather condition"
		weather = "+20..+24°C, no precipitation, light wind"
		bye     = "That is all"
	)
	synctest.Test(t, func(t *testing.T) {
		s := &scene{t: t, loop: loop.New(loop.Options{}), connected: true}
		defer s.loop.Close()
		one := &looped{scene: s}
		var err error
		s.onEvent = func(e Event) {
			switch e := e.(type) {
			case NewSubscribe:
				if e.Request.RequestURI.String() != "sip:ikq@example.com" || string(e.Request.Body) != ask || e.Subscribe.Event() != "weather" ||
					e.Subscribe.RemoteIdentity().URI.User != "ikq" || e.Subscribe.Request() != e.Request {
					t.Errorf("%s", e.Request.Bytes())
				}
				n, err := s.ua.Notify(e.Subscribe, "text/plain", NotifyOptions{})
				if err != nil || n.Start() != nil {
					t.Error(err)
				}
			case NotifierSubscribe:
				if e.Unsubscribe {
					_ = e.Notifier.Terminate([]byte(bye), "", 0)
				} else {
					_ = e.Notifier.Notify([]byte(weather))
				}
			case SubscriptionNotify:
				if contact, _, _ := e.Request.Contacts(); len(contact) != 1 || contact[0].URI.User != "ikq" || contact[0].URI.Host != "abcdefabcdef.invalid" {
					t.Errorf("%s", e.Request.Bytes())
				}
				if !e.Final {
					_ = e.Subscriber.Terminate(nil)
				}
			}
		}
		s.ua, err = New(s.loop, Config{
			URI: mustURI(t, "sip:ikq@example.com"), ContactURI: mustURI(t, "sip:ikq@abcdefabcdef.invalid;transport=ws"),
			NoRegister: true, Transport: one, NewPeer: s.newPeer, OnEvent: s.event,
			Events: EventsConfig{Served: []string{"weather"}}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		s.do(s.ua.Start)
		s.ua.Receiver().Connected("ws://localhost:12345")
		synctest.Wait()
		s.expect("event Connected")
		if err := s.loop.Do(context.Background(), "subscribe", func() {
			_, err := s.ua.Subscribe("ikq", "weather", "application/text, text/plain", SubscribeOptions{
				Expires: time.Hour, Body: []byte(ask), ContentType: "text/plain", Once: true,
			})
			if err != nil {
				t.Error(err)
			}
		}); err != nil {
			t.Fatal(err)
		}
		s.expect(
			">> SUBSCRIBE",
			"event NewSubscribe",
			">> 200 SUBSCRIBE",
			"event NotifierSubscribe on",
			">> NOTIFY",
			"event SubscriptionAccepted",
			">> 200 NOTIFY",
			"event SubscriptionActive",
			`event SubscriptionNotify text/plain "`+weather+`"`,
			">> SUBSCRIBE",
			">> 200 SUBSCRIBE",
			"event NotifierSubscribe off",
			">> NOTIFY",
			"event NotifierEnded final NOTIFY sent",
			">> 200 NOTIFY",
			`event SubscriptionNotify final text/plain "`+bye+`"`,
			"event SubscriptionTerminated final NOTIFY",
		)
		s.leftNothing()
		s.do(func() { s.ua.Stop(nil) })
	})
}

func TestNotifier_messages(t *testing.T) {
	play(t, served, func(s *scene) {
		n := s.notifying(NotifyOptions{
			Pending: true, AllowEvents: "weather", ExtraHeaders: []sip.Header{{Name: "X-One", Value: "1"}},
		}, without("Expires"), header("Event", "weather;id=3"), header("Record-Route", "<sip:p1.example.com;lr>"))
		if n.Event() != "weather;id=3" || n.RemoteIdentity().URI.User != "bob" {
			t.Errorf("%s of %v", n.Event(), n.RemoteIdentity())
		}
		s.mu.Lock()
		ok := s.sent[len(s.sent)-2].(*sip.Response)
		s.mu.Unlock()
		if ok.Headers.Get("Expires") != "900" || ok.Headers.Get("Contact") == "" || ok.Headers.Get("Allow-Events") != "weather" ||
			ok.Headers.Get("Record-Route") == "" {
			t.Errorf("%s", ok.Bytes())
		}
		s.pass(100 * time.Second)
		s.do(func() { _ = n.Notify([]byte("rain")) })
		r := s.last(sip.NOTIFY)
		for name, want := range map[string]string{
			"Event": "weather;id=3", "Subscription-State": "pending;expires=800", "X-One": "1", "Content-Type": "text/plain",
			"Allow-Events": "weather", "Contact": "<sip:alice1@contact.invalid;transport=ws;ob>", "Route": "<sip:p1.example.com;lr>",
		} {
			if got := r.Headers.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if r.RequestURI.String() != "sip:bob@bob.invalid;transport=ws" || string(r.Body) != "rain" {
			t.Errorf("%s", r.Bytes())
		}
		// NOTIFYs wait for each other, and keep their order.
		s.do(func() {
			_ = n.SetActiveState()
			_ = n.Notify([]byte("sun"))
			_ = n.Terminate([]byte("end"), "giveup", time.Minute)
		})
		if s.last(sip.NOTIFY) != r {
			t.Error("one overtook another")
		}
		s.answer(r, 401, header("WWW-Authenticate", sip.NewChallenge("example.com", "n1", "SHA-256")))
		s.answer(s.last(sip.NOTIFY), 200)
		if got := s.last(sip.NOTIFY).Headers.Get("Subscription-State"); got != "active;expires=800" {
			t.Errorf("state %q", got)
		}
		s.answer(s.last(sip.NOTIFY), 200)
		if last := s.last(sip.NOTIFY); last.Headers.Get("Subscription-State") != "terminated;reason=giveup;retry-after=60" || string(last.Body) != "end" {
			t.Errorf("%s", last.Bytes())
		}
		s.answer(s.last(sip.NOTIFY), 200)
		s.leftNothing()
	})
}

// RFC 6665 §4.2.1.1: what is answered to a SUBSCRIBE before anybody is asked.
func TestSubscribeRequest_refused(t *testing.T) {
	for _, c := range []struct {
		rule   string
		status int
		header string
		value  string
		mods   []mod
	}{
		{"an event that is not served", 489, "Allow-Events", "weather", []mod{header("Event", "presence")}},
		{"no Event", 400, "", "", []mod{without("Event")}},
		{"no Contact", 400, "", "", []mod{without("Contact")}},
		{"too short", 423, "Min-Expires", "60", []mod{header("Expires", "59")}},
		{"a time that is none", 400, "", "", []mod{header("Expires", "soon")}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, served, func(s *scene) {
				s.subscribeIn(c.mods...)
				if res := s.lastResponse(); res.StatusCode != c.status || c.header != "" && res.Headers.Get(c.header) != c.value {
					t.Errorf("%s", res.Bytes())
				}
				s.leftNothing()
			})
		})
	}
	t.Run("too many at a time", func(t *testing.T) {
		play(t, func(c *Config) { c.Events = EventsConfig{Served: []string{"weather"}, MinExpires: 10 * time.Second} }, func(s *scene) {
			for range maxUndecided + 1 {
				s.subscribeIn(header("Expires", "10"))
			}
			if got := s.lastResponse().StatusCode; got != 480 || s.ua.eventing.size() != maxUndecided {
				t.Errorf("answered %d", got)
			}
		})
	})
}

func TestSubscribeRequest_decision(t *testing.T) {
	for _, c := range []struct {
		rule   string
		decide func(*scene, *SubscribeRequest)
		want   []string
	}{
		{"refused", func(s *scene, r *SubscribeRequest) { s.do(func() { _ = r.Reject(403, "") }) }, []string{">> 403 SUBSCRIBE"}},
		{"by the deadline", func(s *scene, _ *SubscribeRequest) { s.pass(subscribeDeadline) }, []string{">> 480 SUBSCRIBE"}},
		{"by Stop", func(s *scene, _ *SubscribeRequest) { s.do(func() { s.ua.Stop(nil) }) }, []string{">> 480 SUBSCRIBE", "event Disconnected"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, served, func(s *scene) {
				s.subscribeIn()
				r := s.ua.eventing.requests[0]
				s.forget()
				c.decide(s, r)
				s.expect(c.want...)
				s.do(func() {
					var state *StateError
					if _, err := s.ua.Notify(r, "", NotifyOptions{}); !errors.As(err, &state) {
						t.Errorf("accepted after that: %v", err)
					}
					if err := r.Reject(603, ""); !errors.As(err, &state) {
						t.Errorf("refused after that: %v", err)
					}
				})
			})
		})
	}
	play(t, served, func(s *scene) {
		s.subscribeIn()
		s.do(func() {
			r := s.ua.eventing.requests[0]
			r.request.Headers.Set("Record-Route", "<<")
			if err := r.Reject(200, ""); err == nil {
				t.Error("refused with 200")
			}
			if _, err := s.ua.Notify(r, "", NotifyOptions{}); err == nil {
				t.Error("a route that is none")
			}
		})
		if got := s.lastResponse().StatusCode; got != 400 {
			t.Errorf("answered %d", got)
		}
	})
}

// RFC 6665 §4.4.3: Expires 0 asks for the state once.
func TestNotifier_fetch(t *testing.T) {
	for _, c := range []struct {
		rule  string
		tell  func(*Notifier)
		state string
		end   string
	}{
		{"told", func(n *Notifier) { _ = n.Notify([]byte("rain")) }, "terminated;reason=timeout", "un-SUBSCRIBE received"},
		{"told and ended", func(n *Notifier) { _ = n.Terminate([]byte("rain"), "timeout", 0) }, "terminated;reason=timeout", "final NOTIFY sent"},
		{"told nothing", func(*Notifier) {}, "terminated;reason=timeout", "un-SUBSCRIBE received"},
	} {
		t.Run(c.rule, func(t *testing.T) {
			play(t, served, func(s *scene) {
				s.onEvent = func(e Event) {
					if e, ok := e.(NotifierSubscribe); ok {
						c.tell(e.Notifier)
					}
				}
				s.subscribeIn(header("Expires", "0"))
				n := s.notifier(NotifyOptions{})
				s.do(func() { _ = n.Start() })
				s.expect("<< SUBSCRIBE", "event NewSubscribe", ">> 200 SUBSCRIBE", "event NotifierSubscribe off", ">> NOTIFY", "event NotifierEnded "+c.end)
				if got := s.last(sip.NOTIFY).Headers.Get("Subscription-State"); got != c.state {
					t.Errorf("state %q", got)
				}
				s.answer(s.last(sip.NOTIFY), 200)
				s.leftNothing()
			})
		})
	}
}

func TestNotifier_grantsADayAtMost(t *testing.T) {
	play(t, served, func(s *scene) {
		s.notifying(NotifyOptions{}, header("Expires", "4000000000"))
		if got := s.last(sip.NOTIFY).Headers.Get("Subscription-State"); got != "active;expires=86400" {
			t.Errorf("state %q", got)
		}
	})
}

func TestEventsConfig_negative(t *testing.T) {
	s := &scene{t: t}
	c := Config{URI: mustURI(t, "sip:alice@example.com"), Transport: s, NewPeer: s.newPeer, OnEvent: s.event}
	c.Events.MinExpires = -1
	var wrong *ConfigurationError
	if err := c.Validate(); !errors.As(err, &wrong) || wrong.Parameter != "Events.MinExpires" {
		t.Errorf("%v", err)
	}
}

func TestNotifier_names(t *testing.T) {
	for got, want := range map[string]string{
		NotifierInit.String():                "init",
		NotifierState(9).String():            "NotifierState(9)",
		NotifierSubscriptionExpired.String(): "expired",
		NotifierCode(99).String():            "NotifierCode(99)",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if NotifierFinalNotifySent != 4 || NotifierSubscriptionExpired != 6 {
		t.Error("the numbers are not JsSIP's")
	}
}
