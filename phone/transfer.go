package phone

import (
	"time"

	"webphone/phone/ua"
)

// TransferState is how far the transfer of a call has come; its texts are
// those of "webphone status --json".
type TransferState string

// The states of a transfer.
//
//	TransferNone ──▶ TransferAsked ──▶ TransferRinging ──▶ TransferDone
//	                      └────────────────┴──▶ TransferFailed ──▶ TransferAsked
const (
	TransferNone    TransferState = ""
	TransferAsked   TransferState = "asked"   // the other side was asked to call the target
	TransferRinging TransferState = "ringing" // it rings there
	TransferDone    TransferState = "done"    // the other side has the target; our call ends
	TransferFailed  TransferState = "failed"  // the call is still the user's
)

// Pending reports whether the result is awaited.
func (s TransferState) Pending() bool { return s == TransferAsked || s == TransferRinging }

// Transfer is what becomes of a call that the user gives to somebody else.
type Transfer struct {
	State  TransferState
	Target string // "sip:carol@example.com"
	Name   string // the target's, "" if not known
	Other  CallID // the call with the target; "" in a blind transfer
	Err    error  // a *ua.EndError if it failed, else nil
	// Refused: the other side did not even try, and Err is its answer;
	// otherwise Err is the target's.
	Refused bool
	At      time.Time // when State was reached
}

// joinedLinger is how long the second call of a transfer may outlive its
// success: the target hangs it up (RFC 5589 §7).
const joinedLinger = 5 * time.Second

// handover is how calls follow one another.
type handover struct {
	transfer Transfer
	refer    *ua.ReferSubscriber // of the transfer
	other    *call               // with the target, or nil

	// successor takes the place of this call, because somebody else has
	// transferred it; follows is the same from the other end.
	successor, follows *call
	// followed counts the transfers that led to this call and those that it
	// has asked for since.
	followed int
	// place is in the conference that the call before has left; nil = there was
	// none, or it is not waited for any more.
	place *place
}

// Transfer asks the other side of a call to call target instead, which is
// what Dial takes (RFC 5589 §6). It returns when the request is made;
// Call.Transfer tells the rest. The call ends when target has answered.
func (p *Phone) Transfer(id CallID, target string) error {
	return p.onCall("transfer", id, func(c *call) error {
		target, err := p.resolve(target)
		if err != nil {
			return err
		}
		return p.refer(c, nil, target)
	})
}

// TransferTo connects the other sides of two answered calls with one another
// (RFC 5589 §7). It returns as Transfer does; both calls end when it is done.
// id "" means the call that is talked on, or the only one beside other.
func (p *Phone) TransferTo(id, other CallID) error {
	return p.do("transfer to", func() error {
		to, err := p.findCall(other)
		if err != nil {
			return err
		}
		c, err := p.transferable(id, to)
		if err != nil {
			return err
		}
		if c == to {
			return ErrTransferSelf
		}
		if to.state != CallConfirmed {
			return &ua.StateError{Op: "transfer", State: to.session.Status()}
		}
		return p.refer(c, to, "")
	})
}

// transferable is findCall, but "" leaves the target's call out.
func (p *Phone) transferable(id CallID, to *call) (*call, error) {
	if id != "" {
		return p.findCall(id)
	}
	var found []*call
	for _, c := range p.state.calls {
		if c != to && c.state == CallConfirmed && !c.superseded() {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		return nil, ErrNoCall
	case 1:
		return found[0], nil
	}
	return nil, ErrWhichCall
}

// refer sends the REFER, to a target or, attended, to the call other.
func (p *Phone) refer(c, other *call, target string) error {
	switch {
	case c.state != CallConfirmed:
		return &ua.StateError{Op: "transfer", State: c.session.Status()}
	case c.transfer.State.Pending():
		return ErrTransferring
	}
	before := c.handover
	c.refer, c.other = nil, other
	c.transfer = Transfer{State: TransferAsked, At: time.Now()}
	o := ua.ReferOptions{}
	if other != nil {
		o.Replaces = other.session
		c.transfer.Target, c.transfer.Name, c.transfer.Other = other.remote, p.nameOf(other.remote, other.displayName), other.id
	}
	refer, err := c.session.Refer(target, o)
	if err != nil {
		c.handover = before
		if target != "" {
			return &TargetError{Target: target, Err: err}
		}
		return err
	}
	c.refer = refer
	if other == nil {
		c.transfer.Target = peerOf(refer.Target())
		c.transfer.Name = p.nameOf(c.transfer.Target, p.heardName(c.transfer.Target))
	}
	p.log.Info("transfer", "call", c.id, "target", c.transfer.Target)
	p.changed()
	return nil
}

// transferOf finds the call of a transfer that is not over.
func (p *Phone) transferOf(s *ua.RTCSession, r *ua.ReferSubscriber) *call {
	c := p.callOf(s)
	if c == nil || !c.transfer.State.Pending() || c.refer != nil && c.refer != r {
		return nil
	}
	return c
}

// onReferAnswered follows the answer to our REFER. Whoever tells nothing more
// has taken the call.
func (p *Phone) onReferAnswered(e ua.ReferAnswered) {
	c := p.transferOf(e.Session, e.Refer)
	switch {
	case c == nil:
	case e.Err != nil:
		c.transfer.Refused = true
		p.transferFailed(c, e.Err)
	case e.Refer.State() == ua.ReferUnwatched:
		p.transferDone(c)
	}
}

// onReferProgress follows the news of the target.
func (p *Phone) onReferProgress(e ua.ReferProgress) {
	c := p.transferOf(e.Session, e.Refer)
	switch {
	case c == nil:
	case e.Err != nil:
		p.transferFailed(c, e.Err)
	case e.Final:
		p.transferDone(c)
	case e.Status > 100:
		c.transfer.State, c.transfer.At = TransferRinging, time.Now()
		p.changed()
	}
}

// transferFailed leaves the calls as they are.
func (p *Phone) transferFailed(c *call, err *ua.EndError) {
	p.log.Info("transfer failed", "call", c.id, "target", c.transfer.Target, "err", err)
	c.transfer.State, c.transfer.At, c.transfer.Err = TransferFailed, time.Now(), err
	p.changed()
}

// transferDone ends our part in the call, and, if the target does not, that
// in the call with it.
func (p *Phone) transferDone(c *call) {
	c.transfer.State, c.transfer.At = TransferDone, time.Now()
	if c.live() {
		if err := c.hangup(); err != nil {
			p.log.Warn("hanging up after a transfer", "call", c.id, "err", err)
		}
	}
	if other := c.other; other != nil && other.live() {
		p.loop.After(joinedLinger, "end joined call", func() {
			if !other.live() {
				return
			}
			p.handedOver(other)
			if err := other.hangup(); err != nil {
				p.log.Warn("hanging up after a transfer", "call", other.id, "err", err)
			}
		})
	}
	p.changed()
}

// handedOver says of an ending call that its party is with somebody else now,
// if that is so: it hung up while it was transferred, or was taken over.
func (p *Phone) handedOver(ended *call) {
	if ended.transfer.State.Pending() {
		ended.transfer.State, ended.transfer.At = TransferDone, time.Now()
		return
	}
	for _, c := range p.state.calls {
		if c.other == ended && (c.transfer.State.Pending() || c.transfer.State == TransferDone) {
			ended.transfer = Transfer{
				State: TransferDone, Target: c.remote, Name: p.nameOf(c.remote, c.displayName), Other: c.id, At: time.Now(),
			}
		}
	}
}
