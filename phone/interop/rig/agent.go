package rig

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"webphone/audio"
	"webphone/audio/device"
	"webphone/phone/loop"
	"webphone/phone/media"
	"webphone/phone/sip"
	"webphone/phone/transport"
	"webphone/phone/ua"
)

// AgentOptions configure an Agent.
type AgentOptions struct {
	Name                      string // of its files; "" is "agent"
	Server, Address, Password string
	Frequency                 float64          // hertz that its microphone hears
	Says                      []int16          // what it hears instead, again and again; nil = that tone
	SkipPauses                bool             // those of what it hears are not sent
	Configure                 func(*ua.Config) // changes what the defaults are; may be nil
	LogDir                    string
}

// Agent is a party: the user agent, its transport and its media, without the
// phone around them.
type Agent struct {
	Air *Air // the network of its media

	o         AgentOptions
	loop      *loop.Loop
	ua        *ua.UA
	transport *transport.Transport
	backend   device.Backend
	sound     *audio.Engine
	speaker   *recording
	trace     *Log
	peer      atomic.Pointer[media.Peer] // of the newest call
	stream    atomic.Pointer[audio.Stream]

	// On the loop.
	calls         []*agentCall
	forgotten     int // calls before this index are forgotten
	texts         []Text
	registered    bool
	refers        map[*ua.ReferSubscriber]*referral
	subscriptions []*agentSubscription
	publisher     *ua.Publisher
	published     func(error) // what waits for the outcome of a PUBLISH
}

// agentCall is one call of an Agent.
type agentCall struct {
	Call
	session *ua.RTCSession
}

// NewAgent prepares an agent; Register is the next step.
func NewAgent(o AgentOptions) (*Agent, error) {
	if o.Name == "" {
		o.Name = "agent"
	}
	a := &Agent{o: o, refers: map[*ua.ReferSubscriber]*referral{}}
	user, _, _ := strings.Cut(strings.TrimPrefix(o.Address, "sip:"), "@")
	var err error
	if a.Air, err = NewAir(); err != nil {
		return nil, err
	}
	if a.trace, err = NewLog(filepath.Join(o.LogDir, o.Name+"-"+user+".log")); err != nil {
		return nil, err
	}
	if err := a.openSound(user); err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(a.trace, &slog.HandlerOptions{Level: slog.LevelDebug}))
	a.loop = loop.New(loop.Options{Log: log})
	a.transport, err = transport.New(transport.Config{
		Servers: []transport.Server{{URL: o.Server}},
		Min:     500 * time.Millisecond, Max: time.Second,
		Log: log, Trace: func(d transport.Direction, message []byte) {
			fmt.Fprintf(a.trace, "%s %s\n%s\n", time.Now().Format("15:04:05.000"), d, message)
		},
	}, nil)
	if err != nil {
		return nil, err
	}
	uri, err := sip.ParseURI(o.Address)
	if err != nil {
		return nil, err
	}
	config := ua.Config{
		URI: uri, Password: o.Password, Transport: a.transport, Log: log,
		OnEvent: a.onEvent,
		NewPeer: func(p ua.PeerOptions) (ua.Peer, error) {
			stream := a.sound.NewStream()
			a.stream.Store(stream)
			peer, err := media.New(media.Options{Stream: stream, Loopback: true, Net: a.Air, Events: p.Events, Trickle: p.Trickle, SkipPauses: o.SkipPauses, Log: log})
			a.peer.Store(peer)
			return peer, err
		},
	}
	if o.Configure != nil {
		o.Configure(&config)
	}
	if a.ua, err = ua.New(a.loop, config); err != nil {
		return nil, err
	}
	a.transport.SetHandler(a.ua.Receiver())
	return a, nil
}

// openSound gives the agent a microphone that hears its tone and a speaker
// that is recorded.
func (a *Agent) openSound(user string) error {
	microphone := filepath.Join(a.o.LogDir, a.o.Name+"-"+user+"-microphone.wav")
	says := a.o.Says
	if says == nil {
		says = Sine(a.o.Frequency, time.Second)
	}
	if err := WriteWAV(microphone, says); err != nil {
		return err
	}
	files, err := device.NewFiles(microphone, "", nil)
	if err != nil {
		return err
	}
	a.speaker = &recording{Backend: files}
	a.backend = a.speaker
	a.sound, err = audio.New(audio.Options{Backend: a.backend, Log: slog.New(slog.DiscardHandler)})
	return err
}

// Register implements Peer.
func (a *Agent) Register() error {
	a.loop.Post("start", a.ua.Start)
	return a.WaitRegistered(true)
}

// WaitRegistered implements Peer.
func (a *Agent) WaitRegistered(wanted bool) error {
	return Poll(2*Limit, func() error {
		var is bool
		if err := a.turn(func() error { is = a.registered; return nil }); err != nil {
			return Final(err)
		}
		if is != wanted {
			return fmt.Errorf("%s: registered is %v", a.Name(), is)
		}
		return nil
	})
}

// Close ends the agent and all that belongs to it.
func (a *Agent) Close() {
	stopped := make(chan struct{})
	a.loop.Post("stop", func() { a.ua.Stop(func() { close(stopped) }) })
	select {
	case <-stopped:
		a.transport.Wait()
	case <-time.After(Limit):
		fmt.Fprintln(a.trace, "the user agent does not stop")
	}
	a.loop.Close()
	_ = a.sound.Close()
	_ = a.backend.Close()
	a.trace.Close()
}

// turn runs f on the loop and waits for it.
func (a *Agent) turn(f func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), Limit)
	defer cancel()
	var err error
	if e := a.loop.Do(ctx, "rig", func() { err = f() }); e != nil {
		return fmt.Errorf("%s: %w", a.Name(), e)
	}
	return err
}

// outcome runs f on the loop and waits until what it hands to f is called.
func (a *Agent) outcome(what string, f func(done func(error)) error) error {
	result := make(chan error, 1)
	err := a.turn(func() error {
		return f(func(err error) { result <- err })
	})
	if err != nil {
		return fmt.Errorf("%s: %s: %w", a.Name(), what, err)
	}
	select {
	case err := <-result:
		if err != nil {
			return fmt.Errorf("%s: %s: %w", a.Name(), what, err)
		}
		return nil
	case <-time.After(2 * Limit):
		return fmt.Errorf("%s: %s: no outcome", a.Name(), what)
	}
}

// response makes one error of the two outcomes of a request.
func response(done func(error)) func(*sip.Response, *ua.EndError) {
	return func(_ *sip.Response, err *ua.EndError) {
		if err != nil {
			done(err)
			return
		}
		done(nil)
	}
}

var errNoCall = errors.New("there is no such call")

// newest returns the newest call that has not ended, else the newest.
func (a *Agent) newest() (*agentCall, error) {
	if live := a.live(); len(live) > 0 {
		return live[len(live)-1], nil
	}
	if len(a.calls) == 0 {
		return nil, errNoCall
	}
	return a.calls[len(a.calls)-1], nil
}

// live returns the calls that have not ended, oldest first.
func (a *Agent) live() []*agentCall {
	var live []*agentCall
	for _, c := range a.calls {
		if !c.session.IsEnded() {
			live = append(live, c)
		}
	}
	return live
}

// withCall runs f on the loop with the newest call.
func (a *Agent) withCall(what string, f func(*agentCall) error) error {
	err := a.turn(func() error {
		c, err := a.newest()
		if err != nil {
			return err
		}
		return f(c)
	})
	if err != nil {
		return fmt.Errorf("%s: %s: %w", a.Name(), what, err)
	}
	return nil
}

// Story implements Party.
func (a *Agent) Story() string {
	b, err := os.ReadFile(a.trace.file.Name())
	if err != nil {
		return err.Error()
	}
	return string(b)
}
