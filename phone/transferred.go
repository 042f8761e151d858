package phone

import (
	"strings"
	"time"

	"webphone/phone/ua"
)

// followGrace is how long a call may go on being heard beside the one that
// took its place: who transferred it hangs up by then.
const followGrace = 2 * time.Second

// maxFollowed is how many transfers are followed for one call that the user
// made or answered: whoever asks for more has us call strangers in a loop.
const maxFollowed = 8

// superseded reports whether another call has taken the place of this one.
func (c *call) superseded() bool { return c.successor != nil && c.successor.live() }

// follow puts next into the place of old.
func follow(old, next *call) { old.successor, next.follows = next, old }

// onReferRequested calls whom the other party of a call sends us to. The call
// that does it is kept until that party hangs up, or the new one fails; until
// then it has no other call made.
func (p *Phone) onReferRequested(e ua.ReferRequested) {
	var old *call
	if e.Session != nil {
		old = p.callOf(e.Session)
	}
	if old == nil || !old.live() || p.state.closing || old.superseded() || old.followed >= maxFollowed {
		if err := e.Reject(603, ""); err != nil {
			p.log.Warn("transfer was decided already", "err", err)
		}
		return
	}
	next := p.newCall(old.account, Outgoing, CallConnecting)
	follow(old, next)
	old.followed++
	next.followed = old.followed
	p.log.Info("transferred", "call", old.id, "to", next.id, "target", e.Target)
	if _, err := e.Accept(ua.CallOptions{Data: next}); err != nil {
		old.successor = nil
		p.log.Warn("following a transfer", "call", old.id, "err", err)
		return
	}
	if old.muted { // the user did not ask to be heard by anybody else
		next.mute(true)
	}
	p.holdAllBut(next, old)
	p.updateTones()
}

// onReplacesRequested lets somebody else take the place of the other party of
// a call: the user answered that call, so the next is answered too.
func (p *Phone) onReplacesRequested(e ua.ReplacesRequested) {
	old := p.callOf(e.Session)
	if old == nil || !old.live() || p.state.closing {
		if err := e.Reject(603, ua.ReplyOptions{}); err != nil {
			p.log.Warn("replacement was decided already", "err", err)
		}
		return
	}
	next := p.newCall(old.account, Incoming, CallConnecting)
	next.volume = old.volume
	follow(old, next)
	p.state.replacement = next
	_, err := e.Accept(ua.AnswerCallOptions{Data: next})
	p.state.replacement = nil
	if err != nil {
		p.log.Warn("letting a call be replaced", "call", old.id, "err", err)
		if next.session == nil {
			old.successor = nil
		}
	}
}

// followed does what is left when a call that took the place of another is
// answered: a held call stays held, and one that lives on is not heard.
func (p *Phone) followed(next *call) {
	old := next.follows
	if old == nil {
		return
	}
	p.joinRecordings([]*call{old, next})
	if old.localHold && next.direction == Incoming {
		p.hold(next)
	}
	if old.conference != "" {
		next.conference = old.conference
		next.mute(old.muted)
		next.hush(old.hushed)
		old.standAlone()
		p.joinSound()
		p.joinRecordings(p.mates(next))
	}
	p.takePlace(next)
	p.loop.After(followGrace, "hold the call before", func() {
		if old.active() && next.active() {
			p.hold(old)
		}
	})
}

// place is what a call that is to take the place of another will need when it
// is answered after that one has left its conference.
type place struct {
	conference ConferenceID
	hushed     bool // the call that has left
	others     []neighbour
}

// neighbour is who else was in the conference.
type neighbour struct {
	call   *call
	hushed bool
}

// keepPlace remembers the conference that old leaves for the call that is to
// take its place.
func (p *Phone) keepPlace(old *call) {
	if old.conference == "" || !old.superseded() || old.successor.state == CallConfirmed {
		return
	}
	at := &place{conference: old.conference, hushed: old.hushed}
	for _, c := range p.mates(old) {
		if c != old {
			at.others = append(at.others, neighbour{c, c.hushed})
		}
	}
	old.successor.place = at
}

// takePlace joins a call that was answered with those that are left of the
// conference, if the user is still talking with them and has not merged them
// otherwise.
func (p *Phone) takePlace(next *call) {
	at := next.place
	if next.place = nil; at == nil {
		return
	}
	var alone []neighbour
	joined := []*call{next}
	for _, n := range at.others {
		if !n.call.active() || n.call.holdPending || n.call.conference != "" && n.call.conference != at.conference {
			continue
		}
		if joined = append(joined, n.call); n.call.conference == "" {
			alone = append(alone, n)
		}
	}
	if len(joined) == 1 {
		return
	}
	p.confer(joined, joined[1].muted)
	next.hush(at.hushed)
	for _, n := range alone {
		n.call.hush(n.hushed)
	}
}

// givePlacesUp has nobody come into a conference that is split.
func (p *Phone) givePlacesUp(id ConferenceID) {
	for _, c := range p.state.calls {
		if c.place != nil && c.place.conference == id {
			c.place = nil
		}
	}
}

// holdAllBut is holdOthers that leaves another call alone too.
func (p *Phone) holdAllBut(talking, too *call) {
	for _, c := range p.state.calls {
		if c != talking && c != too && !c.with(too) && c.active() {
			p.hold(c)
		}
	}
}

// onRedirected shows who is called now. The contact of a phone behind a
// server is no address for people.
func (p *Phone) onRedirected(c *call, e ua.Redirected) {
	p.log.Info("redirected", "call", c.id, "target", e.Target)
	c.ringback.alerted = false
	if c.state == CallRinging || c.state == CallEarly {
		c.state = CallConnecting
	}
	if e.Target.User == "" || strings.HasSuffix(strings.ToLower(e.Target.Host), ".invalid") {
		return
	}
	c.remote, c.displayName = peerOf(e.Target), ""
	c.dialled = party{address: c.remote}
}
