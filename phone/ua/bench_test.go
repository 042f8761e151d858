package ua

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// wire is one end of an in-memory transport: messages are printed and parsed,
// as by a server.
type wire struct{ other *UA }

func (w *wire) Start()                  {}
func (w *wire) Close()                  {}
func (w *wire) Connected() bool         { return true }
func (w *wire) Via() string             { return "WSS" }
func (w *wire) ServerURI() sip.URI      { return sip.URI{Scheme: "sip", Host: "server.example.com"} }
func (w *wire) Retry()                  {}
func (w *wire) Failover() bool          { return false }
func (w *wire) KeepAlive(time.Duration) {}

func (w *wire) Send(m sip.Message) error {
	back, err := sip.Parse(m.Bytes())
	if err != nil {
		return err
	}
	w.other.Receiver().Receive(back)
	return nil
}

// stillPeer is a peer without media.
type stillPeer struct{ Peer }

func (stillPeer) Offer(context.Context, OfferOptions) (string, error) { return farSDP, nil }

func (stillPeer) Answer(context.Context, string, AnswerOptions) (string, error) { return farSDP, nil }
func (stillPeer) SetAnswer(context.Context, string, AnswerKind) error           { return nil }
func (stillPeer) SetMuted(bool)                                                 {}
func (stillPeer) Close() error                                                  { return nil }

// agents are two user agents in real time, joined by wires.
type agents struct {
	t          testing.TB
	loops      [2]*loop.Loop
	alice, bob *UA
	confirmed  chan *RTCSession // of alice's calls
	ended      chan struct{}
}

func newAgents(t testing.TB) *agents {
	a := &agents{t: t, confirmed: make(chan *RTCSession, 1), ended: make(chan struct{}, 20_000)}
	wires := [2]*wire{{}, {}}
	var made [2]*UA
	for i, user := range []string{"alice", "bob"} {
		a.loops[i] = loop.New(loop.Options{SlowTurn: -1})
		u, err := New(a.loops[i], Config{
			URI: sip.URI{Scheme: "sip", User: user, Host: "example.com"}, NoRegister: true, Transport: wires[i],
			NewPeer: func(PeerOptions) (Peer, error) { return stillPeer{}, nil },
			OnEvent: a.on, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		made[i] = u
	}
	a.alice, a.bob = made[0], made[1]
	wires[0].other, wires[1].other = a.bob, a.alice
	for i, u := range made {
		a.do(i, u.Start)
	}
	return a
}

func (a *agents) do(i int, f func()) {
	a.t.Helper()
	if err := a.loops[i].Do(context.Background(), "bench", f); err != nil {
		a.t.Fatal(err)
	}
}

func (a *agents) on(e Event) {
	switch e := e.(type) {
	case NewRTCSession:
		if e.Originator == Remote {
			if err := e.Session.Answer(AnswerCallOptions{}); err != nil {
				a.t.Error(err)
			}
		}
	case NewMessage:
		if e.Originator == Remote {
			if err := e.Message.Accept(ReplyOptions{}); err != nil {
				a.t.Error(err)
			}
		}
	case Confirmed:
		if e.Session.Direction() == Outgoing {
			a.confirmed <- e.Session
		}
	case Ended:
		if e.Session.Direction() == Outgoing {
			a.ended <- struct{}{}
		}
	}
}

// call has alice call bob and waits until they talk.
func (a *agents) call() *RTCSession {
	a.do(0, func() {
		if _, err := a.alice.Call("bob", CallOptions{}); err != nil {
			a.t.Fatal(err)
		}
	})
	return <-a.confirmed
}

func (a *agents) hangUp(s *RTCSession) {
	a.do(0, func() {
		if err := s.Terminate(TerminateOptions{}); err != nil {
			a.t.Fatal(err)
		}
	})
	<-a.ended
}

func (a *agents) close() {
	for i, u := range []*UA{a.alice, a.bob} {
		a.do(i, func() { u.Stop(nil); u.close() })
	}
	for _, l := range a.loops {
		l.Close()
	}
}

// BenchmarkSessions shows that what one call costs does not depend on how many
// there are.
func BenchmarkSessions(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			a := newAgents(b)
			defer a.close()
			sessions := make([]*RTCSession, n)
			for i := range sessions {
				sessions[i] = a.call()
			}
			b.Run("call", func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					a.hangUp(a.call())
				}
			})
			b.Run("info", func(b *testing.B) {
				b.ReportAllocs()
				answered := make(chan struct{}, 1)
				for i := range b.N {
					a.do(0, func() {
						o := sessions[i%n].dialog.outbound(sip.INFO)
						o.contentType, o.body = "text/plain", []byte("x")
						sessions[i%n].sendInDialog(o, outcome(func(*sip.Response, *EndError) { answered <- struct{}{} }))
					})
					<-answered
				}
			})
		})
	}
}

// BenchmarkMessage is one MESSAGE transaction between two agents, each on its
// own loop.
func BenchmarkMessage(b *testing.B) {
	a := newAgents(b)
	defer a.close()
	b.ReportAllocs()
	const window = 64
	slots := make(chan struct{}, window)
	for range b.N {
		slots <- struct{}{}
		a.do(0, func() {
			_, err := a.alice.SendMessage("bob", "hello", MessageOptions{Done: func(_ *sip.Response, err *EndError) {
				if err != nil {
					b.Error(err)
				}
				<-slots
			}})
			if err != nil {
				b.Error(err)
			}
		})
	}
	for range window {
		slots <- struct{}{}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "transactions/s")
}
