//go:build interop

package interop

import (
	"testing"
	"time"

	"webphone/phone/interop/rig"
	"webphone/phone/ua"
)

// kind is one of the peers that our user agent is tried with.
type kind struct {
	name string // heading of its columns
	open func(t *testing.T, o actorOptions) rig.Peer
}

// kinds are the columns of the table.
var kinds = []kind{
	{"JsSIP", func(t *testing.T, o actorOptions) rig.Peer {
		j, err := rig.OpenJsSIP(chromium(t), pages(t), o.tone, rig.Artefacts(t))
		check(t, err)
		o.apply(j.Web)
		j.Options = map[string]any{"session_timers_force_refresher": o.force}
		return j
	}},
	{"SIP.js", func(t *testing.T, o actorOptions) rig.Peer {
		s, err := rig.OpenSIPjs(chromium(t), pages(t), o.tone, rig.Artefacts(t))
		check(t, err)
		o.apply(s.Web)
		return s
	}},
	{webphone, openAgent},
}

// webphone is the column of calls among ourselves.
const webphone = "Webphone"

func chromium(t *testing.T) *rig.Browser {
	t.Helper()
	b, err := browser()
	check(t, err)
	return b
}

func pages(t *testing.T) *rig.PeerServer {
	t.Helper()
	s, err := peerServer()
	check(t, err)
	return s
}

// actorOptions are how an actor comes to the stage.
type actorOptions struct {
	server, address, password string
	tone                      float64 // hertz
	force                     bool    // it refreshes the sessions of its calls
}

func (o actorOptions) apply(w *rig.Web) {
	w.Server, w.Address, w.Password, w.Voice = o.server, o.address, o.password, o.tone
}

func openAgent(t *testing.T, o actorOptions) rig.Peer {
	a, err := rig.NewAgent(rig.AgentOptions{
		Server: o.server, Address: o.address, Password: o.password, Frequency: o.tone, LogDir: rig.Artefacts(t),
		Configure: func(c *ua.Config) {
			c.SessionTimers.Expires, c.SessionTimers.ForceRefresher = interval, o.force
			c.Redirect = ua.RedirectFollow
		},
	})
	check(t, err)
	return a
}

// actor is a registered party with a cable of its own to the server.
type actor struct {
	rig.Peer
	cable *rig.Cable
}

// stage is where the scenarios of one kind of peer are played: our user agent,
// two peers of that kind, and a server of their own.
type stage struct {
	kind            kind
	server          *rig.Kamailio
	force           bool // who calls refreshes the sessions
	us, they, third *actor
}

// newStage starts the server and registers the actors.
func newStage(t *testing.T, k kind, force bool) *stage {
	t.Helper()
	options := rig.KamailioOptions{LogDir: rig.Artefacts(t)}
	if k.name == "JsSIP" {
		// It refuses a NOTIFY that is faster than the answer to its SUBSCRIBE.
		options.NotifyDelay = 150 * time.Millisecond
	}
	server, err := rig.StartKamailio(options)
	check(t, err)
	t.Cleanup(server.Stop)
	s := &stage{kind: k, server: server, force: force}
	s.us = s.enter(t, openAgent, "alice", phoneTone)
	s.they = s.enter(t, k.open, "bob", jssipTone)
	s.third = s.enter(t, k.open, "carol", otherTone)
	return s
}

// enter registers an actor.
func (s *stage) enter(t *testing.T, open func(*testing.T, actorOptions) rig.Peer, user string, tone float64) *actor {
	t.Helper()
	cable, err := rig.NewCable(s.server.WS)
	check(t, err)
	t.Cleanup(cable.Close)
	p := open(t, actorOptions{server: cable.URL, address: s.server.URI(user), password: s.server.Users[user], tone: tone, force: s.force})
	t.Cleanup(p.Close)
	tellOnFailure(t, p)
	check(t, p.Register())
	return &actor{p, cable}
}

// actors returns all of them.
func (s *stage) actors() []*actor { return []*actor{s.us, s.they, s.third} }

// other returns who of the two in the call is not a.
func (s *stage) other(a *actor) *actor {
	if a == s.us {
		return s.they
	}
	return s.us
}

// clear makes the stage ready for the next scenario.
func (s *stage) clear(t *testing.T) {
	t.Helper()
	for _, a := range s.actors() {
		check(t, a.WaitRegistered(true))
		check(t, a.Forget())
	}
}
