package phone

import (
	"strings"
	"time"
	"unicode"

	"webphone/phone/sip"
	"webphone/phone/ua"
)

// DialOptions refines a call; the zero value is an ordinary one.
type DialOptions struct {
	// Account is the account to call from; "" means Snapshot.Usual.
	Account string
}

// Dial calls target: a SIP address, a tel: link or a number as people write
// them. It returns as soon as the call exists; the snapshot tells the rest.
// Calls that are active are put on hold.
func (p *Phone) Dial(target string, o DialOptions) (CallID, error) {
	var id CallID
	err := p.do("dial", func() error {
		a, err := p.account(o.Account)
		if err != nil {
			return err
		}
		if a.state != Registered {
			return ErrNotRegistered
		}
		c, err := p.dial(a, target)
		if err != nil {
			return err
		}
		id = c.id
		return nil
	})
	return id, err
}

func (p *Phone) dial(a *account, target string) (*call, error) {
	target, err := p.resolve(target)
	if err != nil {
		return nil, err
	}
	c := p.newCall(a, Outgoing, CallConnecting)
	// NewRTCSession arrives while Call runs and links the two.
	if _, err := a.ua.Call(target, ua.CallOptions{Data: c}); err != nil {
		return nil, &TargetError{Target: target, Err: err}
	}
	p.holdOthers(c)
	p.updateTones()
	return c, nil
}

// resolve turns what was typed into what can be dialled: a contact's name
// becomes its address, line breaks and spaces around go.
func (p *Phone) resolve(typed string) (string, error) {
	typed = strings.Join(strings.Fields(typed), " ")
	if typed == "" {
		return "", &TargetError{Target: typed}
	}
	contacts := p.state.contacts
	if d := p.state.demo; d != nil {
		contacts = append(contacts[:len(contacts):len(contacts)], d.contacts...)
	}
	for _, c := range contacts {
		if strings.EqualFold(c.Name, typed) && len(c.Addresses) > 0 {
			return c.Addresses[0], nil
		}
	}
	return typed, dialable(typed)
}

// dialable refuses what nobody can have meant as an address: a link that does
// not parse, and words, which would become the user name of nobody.
func dialable(typed string) error {
	scheme, _, _ := strings.Cut(strings.ToLower(typed), ":")
	if scheme == "sip" || scheme == "sips" {
		if _, err := sip.ParseURI(typed); err != nil {
			return &TargetError{Target: typed, Err: err}
		}
	}
	if !strings.ContainsFunc(typed, named) {
		return &TargetError{Target: typed}
	}
	if strings.ContainsAny(typed, "<>\"") || strings.Contains(typed, " ") && digits(bareAddress(typed)) == "" {
		return &TargetError{Target: typed}
	}
	return nil
}

// named reports whether a character can name somebody, not only part names.
func named(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '*' || r == '#'
}

// Answer takes an incoming call; active ones are put on hold.
func (p *Phone) Answer(id CallID) error {
	return p.onCall("answer", id, func(c *call) error {
		if err := c.session.Answer(ua.AnswerCallOptions{Data: c}); err != nil {
			return err
		}
		c.state = CallConnecting
		p.holdOthers(c)
		return nil
	})
}

// Decline refuses an incoming call as busy, so that other devices of the
// account go on ringing.
func (p *Phone) Decline(id CallID) error {
	return p.onCall("decline", id, func(c *call) error {
		if c.state != CallIncoming {
			return &ua.StateError{Op: "decline", State: c.session.Status()}
		}
		return c.session.Terminate(ua.TerminateOptions{StatusCode: 486})
	})
}

// Hangup ends a call in whatever state it is; "" may be a conference.
func (p *Phone) Hangup(id CallID) error {
	return p.onTalk("hang up", id, (*call).hangup)
}

func (c *call) hangup() error { return c.session.Terminate(ua.TerminateOptions{}) }

// HangupAll ends every call. Without any it does nothing.
func (p *Phone) HangupAll() error {
	return p.do("hang up all", func() error {
		var first error
		for _, c := range p.state.calls {
			if !c.live() {
				continue
			}
			if err := c.hangup(); err != nil && first == nil {
				first = err
			}
		}
		return first
	})
}

// Hold asks the other side to wait. It returns when the request is made;
// Call.HoldPending tells that it is on its way. "" may be a conference.
func (p *Phone) Hold(id CallID) error {
	return p.onTalk("hold", id, func(c *call) error {
		switch {
		case c.state != CallConfirmed:
			return &ua.StateError{Op: "hold", State: c.session.Status()}
		case c.merging != nil:
			return ErrMerging
		}
		p.hold(c)
		return nil
	})
}

// Resume takes a call off hold and puts the others on hold, but for those of
// its conference. "" may be a conference.
func (p *Phone) Resume(id CallID) error {
	return p.do("resume", func() error {
		calls, err := p.heldCalls(id)
		if err != nil {
			return err
		}
		p.holdOthers(calls[0])
		for _, c := range calls {
			p.unhold(c)
		}
		p.changed()
		return nil
	})
}

// heldCalls is findCall, but "" prefers the call or the conference that can be
// resumed.
func (p *Phone) heldCalls(id CallID) ([]*call, error) {
	if id == "" {
		var held []*call
		for _, c := range p.state.calls {
			if c.state == CallConfirmed && c.localHold {
				held = append(held, c)
			}
		}
		for _, c := range held {
			if c != held[0] && !c.with(held[0]) {
				return nil, ErrWhichCall
			}
		}
		if len(held) > 0 {
			return held, nil
		}
	}
	c, err := p.findCall(id)
	switch {
	case err != nil:
		return nil, err
	case c.state != CallConfirmed:
		return nil, &ua.StateError{Op: "resume", State: c.session.Status()}
	case c.merging != nil:
		return nil, ErrMerging
	}
	return []*call{c}, nil
}

func (p *Phone) unhold(c *call) {
	if !c.localHold && !c.holdPending {
		return
	}
	c.holdPending = true
	c.session.Unhold(func(err error) { p.holdDone(c, err) })
	p.changed()
}

func (p *Phone) hold(c *call) {
	if c.localHold && !c.holdPending {
		return
	}
	c.holdPending = true
	c.session.Hold(func(err error) { p.holdDone(c, err) })
	p.changed()
}

func (p *Phone) holdDone(c *call, err error) {
	c.holdPending = false
	if err != nil && c.live() {
		p.notify(&HoldError{Peer: p.nameOf(c.remote, c.remote), Err: err})
	}
	p.changed()
}

// holdOthers keeps the user in one conversation at a time.
func (p *Phone) holdOthers(talking *call) {
	for _, c := range p.state.calls {
		if c == talking || c.with(talking) {
			continue
		}
		c.dropMerge()
		if c.active() || c.resuming() {
			p.hold(c)
		}
	}
}

// SetMuted stops or resumes sending the microphone, in a conference to all.
func (p *Phone) SetMuted(id CallID, muted bool) error {
	return p.onTalk("mute", id, func(c *call) error {
		for _, mate := range p.mates(c) {
			mate.mute(muted)
		}
		return nil
	})
}

func (c *call) mute(muted bool) {
	if muted {
		c.session.Mute()
	} else {
		c.session.Unmute()
	}
}

// SetVolume sets how loud the other side is: 1 is as received, 2 the most.
func (p *Phone) SetVolume(id CallID, v float64) error {
	return p.onCall("volume", id, func(c *call) error {
		c.volume = max(0, min(v, 2))
		if c.stream != nil {
			c.stream.SetVolume(c.volume)
		}
		return nil
	})
}

// SendDTMF sends keypad digits; a comma is a pause of two seconds. It returns
// when they are queued.
func (p *Phone) SendDTMF(id CallID, tones string) error {
	for _, r := range tones {
		if !strings.ContainsRune("0123456789ABCDabcd*#,", r) {
			return ErrDTMF
		}
	}
	if tones == "" {
		return ErrDTMF
	}
	return p.onCall("dtmf", id, func(c *call) error {
		return c.session.SendDTMF(tones, ua.DTMFOptions{Done: func(err error) {
			if err != nil && c.live() {
				p.notify(&DTMFError{Tones: tones, Err: err})
			}
		}})
	})
}

// SilenceRinger stops the ringtone of the calls that ring now; they go on
// waiting for an answer.
func (p *Phone) SilenceRinger() {
	p.loop.Post("silence", func() {
		for _, c := range p.state.calls {
			if c.state == CallIncoming {
				c.silenced = true
			}
		}
		p.updateTones()
	})
}

// onCall runs f as a turn with the call that id means.
func (p *Phone) onCall(name string, id CallID, f func(*call) error) error {
	return p.do(name, func() error {
		c, err := p.findCall(id)
		if err != nil {
			return err
		}
		err = f(c)
		p.updateTones()
		p.changed()
		return err
	})
}

// callEnded files the call away.
func (p *Phone) callEnded(c *call, e *ua.EndError) {
	if !c.live() {
		return
	}
	if e.Cause == ua.CauseBye && e.Origin == ua.Remote {
		p.handedOver(c)
	}
	p.keepPlace(c)
	if p.leaveConference(c); e.Origin == ua.Local {
		c.dropMerge()
	}
	c.state, c.end, c.endedAt = CallEnded, e, time.Now()
	c.holdPending = false
	p.leaveRecording(c)
	p.log.Info("call ended", "call", c.id, "direction", c.direction, "peer", c.remote, "why", e)
	p.recordCall(c)
	p.streams.Delete(c.id)
	p.loop.After(EndedCallKept, "forget call", func() {
		kept := make([]*call, 0, len(p.state.calls))
		for _, other := range p.state.calls {
			if other != c {
				kept = append(kept, other)
			}
		}
		p.state.calls = kept
		p.changed()
	})
	p.playEnd(c)
	p.restartIdle(c.account)
	p.updateTones()
	p.changed()
}
