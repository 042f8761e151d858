package rig

import (
	"errors"

	"webphone/phone/sip"
	"webphone/phone/ua"
)

var (
	_ Transferor = (*Agent)(nil)
	_ Transferor = (*JsSIP)(nil)
	_ Transferor = (*SIPjs)(nil)
)

var errOneCall = errors.New("there are no two calls")

// Transfer implements Transferor.
func (a *Agent) Transfer(target string) error {
	return a.outcome("transfer", func(done func(error)) error {
		c, err := a.newest()
		if err != nil {
			return err
		}
		return a.refer(c, target, ua.ReferOptions{}, done)
	})
}

// Attend implements Transferor.
func (a *Agent) Attend() error {
	return a.outcome("attended transfer", func(done func(error)) error {
		live := a.live()
		if len(live) < 2 {
			return errOneCall
		}
		waiting, talking := live[len(live)-2], live[len(live)-1]
		return a.refer(waiting, "", ua.ReferOptions{Replaces: talking.session}, done)
	})
}

// Forward implements Forwarder.
func (a *Agent) Forward(target string) error {
	return a.withCall("forward", func(c *agentCall) error {
		return c.session.Terminate(ua.TerminateOptions{
			StatusCode: 302, ExtraHeaders: []sip.Header{{Name: "Contact", Value: "<" + target + ">"}},
		})
	})
}

// refer sends the REFER; done gets whether it was accepted.
func (a *Agent) refer(c *agentCall, target string, o ua.ReferOptions, done func(error)) error {
	refer, err := c.session.Refer(target, o)
	if err == nil {
		a.refers[refer] = &referral{call: c, done: done}
	}
	return err
}

// referral is a transfer of ours.
type referral struct {
	call *agentCall
	done func(error) // told whether the REFER was accepted
}

// onTransfer follows the transfers: ours, and those that others ask of us,
// which are obeyed.
func (a *Agent) onTransfer(e ua.Event) {
	switch e := e.(type) {
	case ua.ReferAnswered:
		r := a.refers[e.Refer]
		if e.Err != nil {
			r.done(e.Err)
		} else {
			r.done(nil)
		}
	case ua.ReferProgress:
		a.refers[e.Refer].call.Refer = e.Status
	case ua.ReferRequested:
		_, err := e.Accept(ua.CallOptions{})
		a.note(err)
	case ua.ReplacesRequested:
		_, err := e.Accept(ua.AnswerCallOptions{})
		a.note(err)
	}
}

// note writes down that what an event asked for could not be done.
func (a *Agent) note(err error) {
	if err != nil {
		_, _ = a.trace.Write([]byte("rig: " + err.Error() + "\n"))
	}
}
