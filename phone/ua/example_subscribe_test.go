package ua_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
	"webphone/phone/ua"
)

// wire joins two agents in one process, in place of a WebSocket and a server.
type wire struct{ far ua.Receiver }

func (w *wire) Start()                   {}
func (w *wire) Close()                   {}
func (w *wire) Send(m sip.Message) error { w.far.Receive(m); return nil }
func (w *wire) Connected() bool          { return true }
func (w *wire) Via() string              { return "WS" }
func (w *wire) ServerURI() sip.URI       { return sip.URI{Scheme: "sip", Host: "example.com"} }
func (w *wire) Retry()                   {}
func (w *wire) Failover() bool           { return false }
func (w *wire) KeepAlive(time.Duration)  {}

// agent makes an agent on a loop of its own.
func agent(user string, w *wire, l *loop.Loop, on func(ua.Event)) *ua.UA {
	u, err := ua.New(l, ua.Config{
		URI: sip.URI{Scheme: "sip", User: user, Host: "example.com"}, NoRegister: true,
		Transport: w, OnEvent: on, Events: ua.EventsConfig{Served: []string{"presence"}},
		NewPeer: func(ua.PeerOptions) (ua.Peer, error) { return nil, errors.New("no calls here") },
		Log:     slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		panic(err)
	}
	return u
}

// together starts bob, who serves presence, and alice, runs f as a turn of hers
// and waits until done is closed.
func together(alice, bob func(*ua.UA, ua.Event), f func(*ua.UA), done chan struct{}) {
	var agents [2]*ua.UA
	var wires [2]wire
	var loops [2]*loop.Loop
	for i, on := range []func(*ua.UA, ua.Event){alice, bob} {
		loops[i] = loop.New(loop.Options{})
		agents[i] = agent([]string{"alice", "bob"}[i], &wires[i], loops[i], func(e ua.Event) { on(agents[i], e) })
	}
	wires[0].far, wires[1].far = agents[1].Receiver(), agents[0].Receiver()
	for i, u := range agents {
		loops[i].Post("start", u.Start)
		u.Receiver().Connected("ws://example.com")
	}
	loops[0].Post("subscribe", func() { f(agents[0]) })
	<-done
	for i, u := range agents {
		stopped := make(chan struct{})
		loops[i].Post("stop", func() { u.Stop(func() { close(stopped) }) })
		<-stopped
		loops[i].Close()
	}
}

// Alice wants to know whether Bob is there. Everything that becomes of her
// subscription comes as an event.
func ExampleUA_Subscribe() {
	done := make(chan struct{})
	alice := func(_ *ua.UA, e ua.Event) {
		switch e := e.(type) {
		case ua.SubscriptionAccepted:
			fmt.Println("accepted")
		case ua.SubscriptionActive:
			fmt.Println("active")
		case ua.SubscriptionNotify:
			if !e.Final {
				fmt.Printf("%s says: %s\n", e.Subscriber.Target().User, e.Body)
				_ = e.Subscriber.Terminate(nil) // that is all she wanted to know
			}
		case ua.SubscriptionTerminated:
			fmt.Println("terminated:", e.Code)
			close(done)
		}
	}
	together(alice, serve, func(u *ua.UA) {
		if _, err := u.Subscribe("bob", "presence", "text/plain", ua.SubscribeOptions{}); err != nil {
			fmt.Println(err)
		}
	}, done)
	// Output:
	// accepted
	// active
	// bob says: here
	// terminated: final NOTIFY
}

// serve tells everybody who subscribes that Bob is here.
func serve(u *ua.UA, e ua.Event) {
	switch e := e.(type) {
	case ua.NewSubscribe:
		if n, err := u.Notify(e.Subscribe, "text/plain", ua.NotifyOptions{}); err == nil {
			_ = n.Start()
		}
	case ua.NotifierSubscribe:
		if !e.Unsubscribe {
			_ = e.Notifier.Notify([]byte("here"))
		}
	}
}

// Bob decides who may know whether he is there, and tells them.
func ExampleUA_Notify() {
	done := make(chan struct{})
	bob := func(u *ua.UA, e ua.Event) {
		switch e := e.(type) {
		case ua.NewSubscribe:
			if e.Subscribe.RemoteIdentity().URI.User != "alice" {
				_ = e.Subscribe.Reject(403, "")
				return
			}
			n, err := u.Notify(e.Subscribe, "text/plain", ua.NotifyOptions{})
			if err == nil {
				err = n.Start()
			}
			fmt.Println("subscribed to", e.Subscribe.Event(), err)
		case ua.NotifierSubscribe:
			if !e.Unsubscribe { // else a last NOTIFY goes out by itself
				_ = e.Notifier.Notify([]byte("here"))
			}
		case ua.NotifierEnded:
			fmt.Println("ended:", e.Code)
			close(done)
		}
	}
	alice := func(_ *ua.UA, e ua.Event) {
		if e, ok := e.(ua.SubscriptionNotify); ok {
			_ = e.Subscriber.Terminate(nil)
		}
	}
	together(alice, bob, func(u *ua.UA) {
		if _, err := u.Subscribe("bob", "presence", "text/plain", ua.SubscribeOptions{}); err != nil {
			fmt.Println(err)
		}
	}, done)
	// Output:
	// subscribed to presence <nil>
	// ended: un-SUBSCRIBE received
}
