package phone

import (
	"errors"

	"webphone/audio"
	"webphone/phone/sip"
	"webphone/phone/ua"
)

// ConferenceID names a conference for as long as the process lives.
type ConferenceID string

// with reports whether two calls are in the same conference.
func (c *call) with(other *call) bool {
	return c != other && c.conference != "" && c.conference == other.conference
}

// mates are the live calls of the conference that c is in, c among them; of
// any other call it is c alone.
func (p *Phone) mates(c *call) []*call {
	all := []*call{c}
	if c.conference == "" {
		return all
	}
	all = all[:0]
	for _, other := range p.state.calls {
		if other.live() && other.conference == c.conference {
			all = append(all, other)
		}
	}
	return all
}

// confer makes calls one conference, with the user muted in all of them or in
// none. If one of them is in a conference already it grows.
func (p *Phone) confer(calls []*call, muted bool) {
	var id ConferenceID
	for _, c := range calls {
		if id == "" {
			id = c.conference
		}
	}
	if id == "" {
		id = ConferenceID(sip.NewToken(6))
	}
	for _, c := range calls {
		c.conference = id
		c.mute(muted)
	}
	p.log.Info("conference", "conference", id, "calls", len(calls))
	p.joinSound()
	p.joinRecordings(p.mates(calls[0]))
}

// leaveConference takes a call out. One that is left alone is a call again.
func (p *Phone) leaveConference(c *call) {
	if c.conference == "" {
		return
	}
	others := p.mates(c)
	c.standAlone()
	kept := others[:0]
	for _, other := range others {
		if other != c {
			kept = append(kept, other)
		}
	}
	if len(kept) == 1 {
		kept[0].standAlone()
	}
	p.joinSound()
}

// standAlone makes c a call like any other.
func (c *call) standAlone() {
	c.conference = ""
	c.hush(false)
}

// hush keeps the other side of c from everybody, or no longer does.
func (c *call) hush(hushed bool) {
	if c.hushed = hushed; c.stream != nil {
		c.stream.SetHushed(hushed)
	}
}

// joinSound tells the sound engine which calls hear one another.
func (p *Phone) joinSound() {
	var order []ConferenceID
	streams := map[ConferenceID][]*audio.Stream{}
	for _, c := range p.state.calls {
		if c.conference == "" || c.stream == nil || !c.live() {
			continue
		}
		if streams[c.conference] == nil {
			order = append(order, c.conference)
		}
		streams[c.conference] = append(streams[c.conference], c.stream)
	}
	var groups [][]*audio.Stream
	for _, id := range order {
		groups = append(groups, streams[id])
	}
	p.audio.SetConferences(groups...)
}

// findConference is findCall for a call in a conference, of which it returns
// all. "" stands for the conference that is talked in, else the only one.
func (p *Phone) findConference(id CallID) ([]*call, error) {
	if id != "" {
		c, err := p.findCall(id)
		if err != nil {
			return nil, err
		}
		if c.conference == "" {
			return nil, ErrNoConference
		}
		return p.mates(c), nil
	}
	var found *call
	for _, c := range p.state.calls {
		switch {
		case !c.live() || c.conference == "":
		case c.active():
			return p.mates(c), nil
		case found == nil:
			found = c
		case !found.with(c):
			return nil, ErrWhichCall
		}
	}
	if found == nil {
		return nil, ErrNoConference
	}
	return p.mates(found), nil
}

// onConference runs f as a turn with the calls of a conference.
func (p *Phone) onConference(name string, id CallID, f func([]*call) error) error {
	return p.do(name, func() error {
		calls, err := p.findConference(id)
		if err != nil {
			return err
		}
		err = f(calls)
		p.updateTones()
		p.changed()
		return err
	})
}

// onTalk is onCall that takes "" for the whole conference if it is talked in.
func (p *Phone) onTalk(name string, id CallID, f func(*call) error) error {
	return p.do(name, func() error {
		calls, err := p.findTalk(id)
		if err != nil {
			return err
		}
		for _, c := range calls {
			if e := f(c); e != nil && err == nil {
				err = e
			}
		}
		p.updateTones()
		p.changed()
		return err
	})
}

// findTalk is findCall, but "" may mean the calls of one conference.
func (p *Phone) findTalk(id CallID) ([]*call, error) {
	c, err := p.findCall(id)
	if err == nil {
		return []*call{c}, nil
	}
	if id != "" || !errors.Is(err, ErrWhichCall) {
		return nil, err
	}
	var talk []*call
	for _, c := range p.state.calls {
		switch {
		case c.state == CallIncoming:
			return nil, err
		case !c.active():
		case len(talk) > 0 && !c.with(talk[0]):
			return nil, err
		default:
			talk = append(talk, c)
		}
	}
	if len(talk) == 0 {
		return nil, err
	}
	return p.mates(talk[0]), nil
}

// HoldConference puts all calls of a conference on hold; it stays one. id is
// any call of it; "" means the one that is talked in, else the only one.
func (p *Phone) HoldConference(id CallID) error {
	return p.onConference("hold conference", id, func(calls []*call) error {
		for _, c := range calls {
			p.hold(c)
		}
		return nil
	})
}

// ResumeConference takes all calls of a conference off hold and puts other
// calls on hold.
func (p *Phone) ResumeConference(id CallID) error {
	return p.onConference("resume conference", id, func(calls []*call) error {
		p.holdOthers(calls[0])
		for _, c := range calls {
			p.unhold(c)
		}
		return nil
	})
}

// HangupConference ends all calls of a conference.
func (p *Phone) HangupConference(id CallID) error {
	return p.onConference("hang up conference", id, func(calls []*call) error {
		var first error
		for _, c := range calls {
			if err := c.hangup(); err != nil && first == nil {
				first = err
			}
		}
		return first
	})
}

// SetMemberMuted keeps the other side of one call of a conference from
// everybody in it, the user included, or lets it be heard again; it goes on
// hearing the others. Whoever leaves the conference is heard again.
func (p *Phone) SetMemberMuted(id CallID, muted bool) error {
	return p.do("mute member", func() error {
		c, err := p.findCall(id)
		switch {
		case err != nil:
			return err
		case c.conference == "":
			return ErrNoConference
		}
		c.hush(muted)
		p.changed()
		return nil
	})
}

// Split makes single calls of a conference again: the user goes on with the
// call id, the others are put on hold. "" goes on with the first that is not on
// hold.
func (p *Phone) Split(id CallID) error {
	return p.onConference("split", id, func(calls []*call) error {
		var talking *call
		for _, c := range calls {
			if c.id == id || id == "" && talking == nil && c.active() {
				talking = c
			}
		}
		p.givePlacesUp(calls[0].conference)
		for _, c := range calls {
			c.standAlone()
		}
		p.joinSound()
		p.splitRecording(calls, talking)
		if talking != nil {
			p.unhold(talking)
			p.holdOthers(talking)
		}
		return nil
	})
}

// ConnectConference connects the two others of a conference with one another
// and lets the user leave (RFC 5589 §7). It returns when the request is made;
// Call.Transfer tells the rest, and if it fails the conference goes on. More
// than two others are ErrConnectTwo.
func (p *Phone) ConnectConference(id CallID) error {
	return p.onConference("connect conference", id, func(calls []*call) error {
		if len(calls) != 2 {
			return ErrConnectTwo
		}
		for _, c := range calls {
			if c.state != CallConfirmed {
				return &ua.StateError{Op: "transfer", State: c.session.Status()}
			}
		}
		return p.refer(calls[0], calls[1], "")
	})
}
