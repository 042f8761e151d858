package phone

import (
	"time"

	"webphone/audio"
	"webphone/phone/media"
	"webphone/phone/sip"
	"webphone/phone/ua"
)

// call is one call while it is shown: its session, its sound and what became
// of them. Owned by the loop.
type call struct {
	id      CallID
	account *account
	session *ua.RTCSession
	stream  *audio.Stream // nil before the peer is made
	peer    *media.Peer

	direction   Direction
	remote      string // peer's address
	displayName string // as the peer says
	dialled     party  // whom an outgoing call was made to
	state       CallState
	localHold   bool
	remoteHold  bool
	holdPending bool
	muted       bool
	hushed      bool // nobody hears the other side
	volume      float64
	silenced    bool // the user silenced its ring
	unasked     bool // do not disturb: the user never saw it

	createdAt, startedAt, endedAt time.Time

	encrypted bool
	dtmfIn    string
	dtmfOut   string
	brokenAt  time.Time // when its sound was interrupted; zero while it flows
	end       *ua.EndError
	quality   quality
	hearing   hearing
	ringback  ringback
	codec     string

	handover

	recording *recording // nil = none
	files     []string   // of all recordings that it is in, the last may run

	conference ConferenceID // "" = none
	merging    *merge       // nil = none
}

func (c *call) live() bool { return c.state != CallEnded }

// active reports whether the user is talking on it.
func (c *call) active() bool { return c.state == CallConfirmed && !c.localHold }

// resuming reports whether it is being taken off hold.
func (c *call) resuming() bool { return c.state == CallConfirmed && c.localHold && c.holdPending }

// newCall makes a call; link gives it its session.
func (p *Phone) newCall(a *account, d Direction, state CallState) *call {
	return &call{
		id: CallID(sip.NewToken(6)), account: a, direction: d, state: state,
		volume: 1, createdAt: time.Now(),
	}
}

func (p *Phone) link(c *call, s *ua.RTCSession) {
	remote := s.RemoteIdentity()
	c.session, c.remote, c.displayName = s, peerOf(remote.URI), remote.DisplayName
	if c.direction == Outgoing && c.displayName == "" {
		c.displayName = p.heardName(c.remote)
	}
	c.dialled = party{c.remote, c.displayName}
	s.Data = c
	p.state.calls = append(p.state.calls, c)
	p.log.Info("call", "call", c.id, "direction", c.direction, "peer", c.remote, "call_id", s.CallID())
	p.changed()
}

func (p *Phone) callSnapshot(c *call) Call {
	s := Call{
		ID: c.id, Account: c.account.ID, Direction: c.direction,
		Peer: c.remote, DisplayName: p.nameOf(c.remote, c.displayName),
		State: c.state, LocalHold: c.localHold, RemoteHold: c.remoteHold, HoldPending: c.holdPending,
		Muted: c.muted, MemberMuted: c.hushed, Volume: c.volume,
		CreatedAt: c.createdAt, StartedAt: c.startedAt, EndedAt: c.endedAt,
		Codec: c.codec, Encrypted: c.encrypted,
		DTMFReceived: c.dtmfIn, DTMFSent: c.dtmfOut, MediaLost: c.hearing.lost(), Hearing: c.hearing.state, PathRestart: c.hearing.restart,
		Stats: c.quality.stats,
	}
	if c.end != nil {
		s.End = c.end
	}
	s.Conference, s.Merging = c.conference, c.merging != nil
	s.RecordingSince, s.Recordings = c.recordingSince(), recordingsOf(c.files)
	s.Transfer, s.ReconnectingSince = c.transfer, c.reconnectingSince()
	if c.superseded() {
		s.Successor = c.successor.id
	}
	if old := c.follows; old != nil {
		s.Follows, s.TransferredBy = old.id, p.nameOf(old.remote, old.displayName)
		if s.TransferredBy == "" {
			s.TransferredBy = old.remote
		}
	}
	return s
}

// reconnectingSince is when the connection to the server or the way of the
// sound was lost; zero while both are there.
func (c *call) reconnectingSince() time.Time {
	lost := c.account.lostAt
	if !c.live() || c.state == CallIncoming || lost.IsZero() && c.brokenAt.IsZero() {
		return time.Time{}
	}
	if lost.IsZero() || !c.brokenAt.IsZero() && c.brokenAt.Before(lost) {
		return c.brokenAt
	}
	return lost
}

// callOf finds the call of a session, or nil when it is no longer shown.
func (p *Phone) callOf(s *ua.RTCSession) *call {
	c, _ := s.Data.(*call)
	return c
}

// findCall returns the live call with this id. "" stands for the ringing,
// else the active, else the only call.
func (p *Phone) findCall(id CallID) (*call, error) {
	var ringing, active, live []*call
	for _, c := range p.state.calls {
		if !c.live() {
			continue
		}
		if c.id == id {
			return c, nil
		}
		if c.superseded() {
			continue
		}
		live = append(live, c)
		if c.state == CallIncoming {
			ringing = append(ringing, c)
		}
		if c.active() {
			active = append(active, c)
		}
	}
	if id != "" || len(live) == 0 {
		return nil, ErrNoCall
	}
	for _, some := range [][]*call{ringing, active, live} {
		if len(some) == 1 {
			return some[0], nil
		}
	}
	return nil, ErrWhichCall
}

// newPeer gives a session its media: a stream of the sound engine behind a
// peer connection. It runs as a job; the session's data is the call.
func (p *Phone) newPeer(a Account, o ua.PeerOptions) (ua.Peer, error) {
	settings := p.Snapshot().Settings
	stream := p.audio.NewStream()
	peer, err := media.New(media.Options{
		Stream: stream, ICEServers: p.iceServers(settings.Network), Loopback: a.local(),
		Codecs: codecs(settings.Audio), PTime: packetTime(settings.Audio), SkipPauses: settings.Audio.SkipPauses, Events: o.Events, Trickle: o.Trickle, Log: p.log,
	})
	if err != nil {
		stream.Close()
		return nil, err
	}
	if c, ok := o.Data.(*call); ok {
		p.streams.Store(c.id, stream)
		p.loop.Post("join media", func() {
			c.stream, c.peer = stream, peer
			stream.SetVolume(c.volume)
			stream.SetHushed(c.hushed)
			p.joinSound()
			if c.recording != nil {
				p.recordSound()
			}
			if !c.live() {
				p.streams.Delete(c.id)
			}
		})
	}
	return peer, nil
}
