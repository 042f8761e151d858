package watch

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"webphone/phone/loop"
	"webphone/phone/sip"
	"webphone/phone/sip/body"
	"webphone/phone/ua"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// party is an agent whose messages go straight to another.
type party struct {
	t     *testing.T
	loop  *loop.Loop
	ua    *ua.UA
	other *party
	on    func(ua.Event)
}

func (p *party) Start()                  {}
func (p *party) Close()                  {}
func (p *party) Connected() bool         { return true }
func (p *party) Via() string             { return "WS" }
func (p *party) ServerURI() sip.URI      { return sip.URI{Scheme: "sip", Host: "example.com"} }
func (p *party) Retry()                  {}
func (p *party) Failover() bool          { return false }
func (p *party) KeepAlive(time.Duration) {}

func (p *party) Send(m sip.Message) error {
	back, err := sip.Parse(m.Bytes())
	if err != nil {
		p.t.Errorf("%v\n%s", err, m.Bytes())
		return err
	}
	p.other.ua.Receiver().Receive(back)
	return nil
}

func (p *party) do(f func()) {
	p.t.Helper()
	if err := p.loop.Do(context.Background(), "test", f); err != nil {
		p.t.Error(err)
	}
	synctest.Wait()
}

// together runs script with alice, who watches, and bob, who serves all three
// packages.
func together(t *testing.T, script func(alice, bob *party)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var both [2]*party
		for i, user := range []string{"alice", "bob"} {
			p := &party{t: t, loop: loop.New(loop.Options{}), on: func(ua.Event) {}}
			defer p.loop.Close()
			uri, err := sip.ParseURI("sip:" + user + "@example.com")
			if err != nil {
				t.Fatal(err)
			}
			p.ua, err = ua.New(p.loop, ua.Config{
				URI: uri, NoRegister: true, Transport: p, OnEvent: func(e ua.Event) { p.on(e) },
				NewPeer: func(ua.PeerOptions) (ua.Peer, error) { return nil, errors.New("no media here") },
				Events: ua.EventsConfig{
					Served:      []string{"presence", "dialog", "message-summary"},
					Unsolicited: []string{"message-summary"},
				},
				Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
			})
			if err != nil {
				t.Fatal(err)
			}
			both[i] = p
		}
		both[0].other, both[1].other = both[1], both[0]
		for _, p := range both {
			p.do(func() { p.ua.Start() })
			p.ua.Receiver().Connected("ws://example.com")
			synctest.Wait()
		}
		script(both[0], both[1])
		for _, p := range both {
			p.do(func() { p.ua.Stop(nil) })
		}
		time.Sleep(3 * time.Second) // virtual
		synctest.Wait()
	})
}

// serve has bob accept every subscription and tell first.
func (p *party) serve(contentType string, first []byte) *[]*ua.Notifier {
	var all []*ua.Notifier
	p.on = func(e ua.Event) {
		switch e := e.(type) {
		case ua.NewSubscribe:
			n, err := p.ua.Notify(e.Subscribe, contentType, ua.NotifyOptions{})
			if err != nil {
				p.t.Error(err)
				return
			}
			all = append(all, n)
			_ = n.Start()
		case ua.NotifierSubscribe:
			_ = e.Notifier.Notify(first)
		}
	}
	return &all
}

func TestPresence(t *testing.T) {
	together(t, func(alice, bob *party) {
		open := PIDF("sip:bob@example.com", "sip:bob@example.com", Available, "at the desk")
		all := bob.serve(body.TypePIDF, open.Bytes())
		var w *Watch[Presence]
		changes := 0
		alice.do(func() {
			var err error
			if w, err = NewPresence(alice.ua, "bob"); err != nil {
				t.Error(err)
				return
			}
			alice.on = func(e ua.Event) {
				if w.Handle(e) {
					changes++
				}
			}
			if _, ok := w.Value(); ok || w.Status() != Asking {
				t.Error("known before it was told")
			}
		})
		alice.do(func() {
			p, ok := w.Value()
			if !ok || w.Status() != Active || p.Availability != Available || p.Note != "at the desk" || changes != 2 {
				t.Errorf("%v %+v, %d changes", w.Status(), p, changes)
			}
		})
		for _, a := range []Availability{InCall, Busy, Away, Offline, Unknown, Available} {
			bob.do(func() { _ = (*all)[0].Notify(PIDF("sip:bob@example.com", "", a, "").Bytes()) })
			alice.do(func() {
				if p, _ := w.Value(); p.Availability != a || p.Note != "" {
					t.Errorf("%v told, %+v read", a, p)
				}
			})
		}
		bob.do(func() { _ = (*all)[0].Notify([]byte("<presence")) })
		alice.do(func() {
			var syntax *body.SyntaxError
			if p, ok := w.Value(); !errors.As(w.Err(), &syntax) || !ok || p.Availability != Available {
				t.Errorf("%v, %+v", w.Err(), p)
			}
		})
		bob.do(func() { _ = (*all)[0].Terminate(nil, "deactivated", 0) })
		alice.do(func() {
			if w.Status() != Active || len(*all) != 2 || w.Err() != nil {
				t.Errorf("%v, %d subscriptions, %v", w.Status(), len(*all), w.Err())
			}
			w.Close()
		})
		alice.do(func() {
			var end *EndError
			if w.Status() != Ended || !errors.As(w.Err(), &end) || end.Code != ua.SubscriptionFinalNotify || end.Error() != "watch: final NOTIFY: timeout" {
				t.Errorf("%v, %v", w.Status(), w.Err())
			}
		})
	})
}

// What a lost subscription told is kept until the next one begins, which may
// know nothing.
func TestWatch_lostAndBack(t *testing.T) {
	together(t, func(alice, bob *party) {
		all := bob.serve(body.TypePIDF, PIDF("sip:bob@example.com", "", Busy, "").Bytes())
		var w *Watch[Presence]
		alice.do(func() {
			w, _ = NewPresence(alice.ua, "bob")
			alice.on = func(e ua.Event) { w.Handle(e) }
		})
		bob.do(func() {
			bob.serve(body.TypePIDF, nil)
			_ = (*all)[0].Terminate(nil, "probation", time.Minute)
		})
		alice.do(func() {
			if p, ok := w.Value(); w.Status() != Lost || !ok || p.Availability != Busy {
				t.Errorf("%v %+v", w.Status(), p)
			}
		})
		time.Sleep(61 * time.Second) // virtual
		synctest.Wait()
		alice.do(func() {
			if p, ok := w.Value(); w.Status() != Active || ok || p.Availability != Unknown {
				t.Errorf("%v %+v", w.Status(), p)
			}
		})
	})
}

func TestMailbox(t *testing.T) {
	together(t, func(alice, bob *party) {
		bob.serve(body.TypeMessageSummary, []byte("Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/2)\r\n"))
		var w *Watch[Mailbox]
		alice.do(func() {
			var err error
			if w, err = NewMailbox(alice.ua, "bob"); err != nil {
				t.Error(err)
				return
			}
			alice.on = func(e ua.Event) { w.Handle(e) }
		})
		alice.do(func() {
			m, ok := w.Value()
			if voice, counted := m.Voice(); !ok || !counted || voice.New != 2 || voice.Old != 8 {
				t.Errorf("%+v", m)
			}
		})
		for text, waiting := range map[string]bool{
			"Event: message-summary\r\n\r\nMessages-Waiting: no\r\n": false,
			"Event: message-summary\r\n\r\nrubbish":                  false,
			"Event: keep-alive\r\n\r\nMessages-Waiting: yes\r\n":     false,
		} {
			m, err := sip.Parse([]byte("NOTIFY sip:alice@example.com SIP/2.0\r\nVia: SIP/2.0/WS example.com;branch=z9hG4bKu" + sip.NewToken(5) +
				"\r\nFrom: <sip:pbx@example.com>;tag=p\r\nTo: <sip:alice@example.com>\r\nCall-ID: u\r\nCSeq: 1 NOTIFY\r\n" + text))
			if err != nil {
				t.Fatal(err)
			}
			told := w.Handle(ua.SIPEvent{Request: m.(*sip.Request)})
			if got, _ := w.Value(); told != strings.Contains(text, "Waiting: no") || told && got.Waiting != waiting {
				t.Errorf("%q: told %v, %+v", text, told, got)
			}
		}
	})
}

func TestWatch_refusedAndOthers(t *testing.T) {
	together(t, func(alice, bob *party) {
		bob.on = func(e ua.Event) {
			if e, ok := e.(ua.NewSubscribe); ok {
				_ = e.Subscribe.Reject(404, "")
			}
		}
		var w *Watch[Line]
		alice.do(func() {
			w, _ = NewLine(alice.ua, "bob")
			alice.on = func(e ua.Event) { w.Handle(e) }
		})
		alice.do(func() {
			var end *EndError
			if w.Status() != Ended || !errors.As(w.Err(), &end) || !errors.Is(end, ua.CauseNotFound) || !strings.Contains(end.Error(), "non-OK") {
				t.Errorf("%v %v", w.Status(), w.Err())
			}
			w.Close()
			other, err := alice.ua.Subscribe("carol", "dialog", "", ua.SubscribeOptions{})
			if err != nil {
				t.Error(err)
				return
			}
			for _, e := range []ua.Event{
				ua.SubscriptionAccepted{Subscriber: other},
				ua.SubscriptionActive{Subscriber: other},
				ua.SubscriptionNotify{Subscriber: other},
				ua.SubscriptionForked{Subscriber: other, Fork: other},
				ua.SubscriptionTerminated{Subscriber: other},
				ua.SIPEvent{},
				ua.Connected{},
			} {
				if w.Handle(e) {
					t.Errorf("%T of another", e)
				}
			}
			if _, err := NewPresence(alice.ua, "bob@"); err == nil {
				t.Error("a bad target")
			}
		})
	})
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		Lost.String(): "lost", Status(9).String(): "Status(9)",
		InCall.String(): "in a call", Availability(9).String(): "Availability(9)",
		Ringing.String(): "ringing", LineState(9).String(): "LineState(9)",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
