package demo

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"time"

	"webphone/phone/loop"
	"webphone/phone/media"
	"webphone/phone/transport"
	"webphone/phone/ua"
)

// robot is somebody to call or to write to.
type robot struct {
	user, name, note string
	stream           func() media.Stream // what an answered call hears; nil for one that does not answer
	status           int                 // refuses calls with it
	after            time.Duration       // rings so long before
	chats            bool
	offline          bool // has an account and is never there
}

// ringer is who rings when RingMe asks for it.
const ringer = "ringer"

var robots = [...]robot{
	{user: "echo", name: "Echo", note: "You hear yourself half a second later.", stream: func() media.Stream { return newEcho() }},
	{user: "music", name: "Music", note: "Plays a melody.", stream: func() media.Stream { return newMusic() }, after: time.Second},
	{user: "busy", name: "Busy", note: "Is always in another call.", status: 486},
	{user: "nobody", name: "Nobody", note: "Is never there.", offline: true},
	{user: "clash", name: "Codec clash", note: "Speaks no codec that you speak.", status: 488},
	{user: "declines", name: "Declines", note: "Lets you ring, then declines.", status: 603, after: 2 * time.Second},
	{user: "chatterbox", name: "Chatterbox", note: "Answers messages.", status: 480, chats: true},
	{user: ringer, name: "Ringer", stream: func() media.Stream { return newMusic() }},
}

// Robot is somebody that a newcomer may call.
type Robot struct {
	Name string
	URI  string
	Note string // what to expect, a sentence
}

// Robots returns whom to call: the robots, and Unknown, whom nobody knows. It
// is empty for a server without robots.
func (s *Server) Robots() []Robot {
	if s.robots == nil {
		return nil
	}
	var list []Robot
	for _, r := range robots {
		if r.user != ringer {
			list = append(list, Robot{r.name, s.URI(r.user).String(), r.note})
		}
		if r.offline {
			list = append(list, Robot{"Unknown", s.URI("unknown").String(), "There is no such address."})
		}
	}
	return list
}

func robotAccounts() []Account {
	var list []Account
	for _, r := range robots {
		list = append(list, Account{User: r.user, DisplayName: r.name})
	}
	return list
}

// crew is the robots at work. Their user agents live on one loop.
type crew struct {
	server *Server
	loop   *loop.Loop
	agents map[string]*agent
}

// agent is one robot at work.
type agent struct {
	robot
	crew      *crew
	ua        *ua.UA
	transport *transport.Transport
	ready     chan struct{} // closed at the first registration
	once      sync.Once
}

// registerWait is how long Start waits for the robots.
const registerWait = 10 * time.Second

// startRobots starts the robots and waits until all have registered.
func startRobots(ctx context.Context, s *Server) (*crew, error) {
	c := &crew{server: s, loop: loop.New(loop.Options{Log: s.log, SlowTurn: -1}), agents: map[string]*agent{}}
	ctx, cancel := context.WithTimeoutCause(ctx, registerWait, errors.New("the robots could not register"))
	defer cancel()
	for _, account := range s.options.Accounts {
		for _, r := range robots {
			if r.user != account.User || r.offline {
				continue
			}
			a, err := c.hire(r, account)
			if err != nil {
				c.close()
				return nil, fmt.Errorf("demo: robot %s: %w", r.user, err)
			}
			c.agents[r.user] = a
		}
	}
	c.loop.Post("start", func() {
		for _, a := range c.agents {
			a.ua.Start()
		}
	})
	for _, a := range c.agents {
		select {
		case <-a.ready:
		case <-ctx.Done():
			c.close()
			return nil, fmt.Errorf("demo: %w", context.Cause(ctx))
		}
	}
	return c, nil
}

// hire makes the user agent of a robot.
func (c *crew) hire(r robot, account Account) (*agent, error) {
	a := &agent{robot: r, crew: c, ready: make(chan struct{})}
	config := transport.Config{
		Servers: []transport.Server{{URL: c.server.url}},
		Dial:    c.server.options.Dial,
		Min:     100 * time.Millisecond, Max: time.Second,
		Log: c.server.log,
	}
	if c.server.caPEM != nil {
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(c.server.caPEM)
		config.TLS = &tls.Config{RootCAs: roots}
	}
	var err error
	if a.transport, err = transport.New(config, nil); err != nil {
		return nil, err
	}
	a.ua, err = ua.New(c.loop, ua.Config{
		URI: c.server.URI(r.user), Password: account.Password, DisplayName: r.name,
		Transport: a.transport, NewPeer: a.newPeer, OnEvent: a.onEvent,
		UserAgent: ServerName, Log: c.server.log,
	})
	if err != nil {
		return nil, err
	}
	a.transport.SetHandler(a.ua.Receiver())
	return a, nil
}

var errNoMedia = errors.New("demo: this robot takes no calls")

func (a *agent) newPeer(o ua.PeerOptions) (ua.Peer, error) {
	if a.stream == nil {
		return nil, errNoMedia
	}
	return media.New(media.Options{Stream: a.stream(), Loopback: true, Events: o.Events, Trickle: o.Trickle, Log: a.crew.server.log})
}

func (a *agent) onEvent(e ua.Event) {
	switch e := e.(type) {
	case ua.Registered:
		a.once.Do(func() { close(a.ready) })
	case ua.NewRTCSession:
		if e.Originator == ua.Remote {
			a.rung(e.Session)
		}
	case ua.ReferRequested:
		s, err := e.Accept(ua.CallOptions{})
		a.chat(s, err)
	case ua.ReplacesRequested:
		s, err := e.Accept(ua.AnswerCallOptions{})
		a.chat(s, err)
	case ua.NewMessage:
		if e.Originator == ua.Remote {
			a.written(e.Message)
		}
	}
}

// chatLasts is how long two robots have something to say to each other.
const chatLasts = 10 * time.Second

// chat ends a call that the robot has because it was transferred.
func (a *agent) chat(s *ua.RTCSession, err error) {
	if err != nil {
		a.crew.server.log.Info("robot not transferred", "robot", a.user, "err", err)
		return
	}
	a.crew.loop.After(chatLasts, "robot", func() {
		if !s.IsEnded() {
			_ = s.Terminate(ua.TerminateOptions{}) // fails only if the call has ended
		}
	})
}

// rung takes a call as the robot does.
func (a *agent) rung(s *ua.RTCSession) {
	a.crew.loop.After(a.after, "robot", func() {
		switch {
		case s.IsEnded():
		case a.stream != nil:
			_ = s.Answer(ua.AnswerCallOptions{}) // fails only if the call has ended
		default:
			_ = s.Terminate(ua.TerminateOptions{StatusCode: a.status})
		}
	})
}

// patience is how long RingMe's robot rings.
const patience = 45 * time.Second

// RingMe has a robot call the first account; who answers hears music. It
// returns at once, and does nothing on a server without robots.
func (s *Server) RingMe() {
	if s.robots == nil {
		return
	}
	a := s.robots.agents[ringer]
	a.crew.loop.Post("ring", func() { a.call(s.UserURI()) })
}

func (a *agent) call(target string) {
	call, err := a.ua.Call(target, ua.CallOptions{})
	if err != nil {
		a.crew.server.log.Info("cannot ring", "target", target, "err", err)
		return
	}
	a.crew.loop.After(patience, "patience", func() {
		if call.IsInProgress() {
			_ = call.Terminate(ua.TerminateOptions{})
		}
	})
}

// close ends the robots' calls and registrations, and every goroutine.
func (c *crew) close() {
	var stopping sync.WaitGroup
	stopping.Add(len(c.agents))
	c.loop.Post("stop", func() {
		for _, a := range c.agents {
			a.ua.Stop(stopping.Done)
		}
	})
	stopping.Wait()
	for _, a := range c.agents {
		a.transport.Wait()
	}
	c.loop.Close()
}
