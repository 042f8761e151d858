package rig

import (
	"errors"
	"time"

	"webphone/audio"
	"webphone/audio/codec"
	"webphone/phone/media"
	"webphone/phone/ua"
)

var (
	_ Peer = (*Agent)(nil)
	_ Peer = (*JsSIP)(nil)
	_ Peer = (*SIPjs)(nil)

	_ Chooser = (*Agent)(nil)
	_ Chooser = (*JsSIP)(nil)
)

// onEvent keeps what the user agent tells.
func (a *Agent) onEvent(e ua.Event) {
	switch e := e.(type) {
	case ua.Registered:
		a.registered = true
	case ua.Unregistered, ua.RegistrationFailed, ua.Disconnected:
		a.registered = false
	case ua.NewRTCSession:
		a.begin(e)
	case ua.NewMessage:
		if e.Originator == ua.Local {
			return
		}
		a.texts = append(a.texts, Text{From: e.Message.RemoteIdentity().URI.String(), Body: string(e.Request.Body)})
		_ = e.Message.Accept(ua.ReplyOptions{})
	default:
		a.onCallEvent(e)
		a.onTransfer(e)
		a.onSubscription(e)
		a.onPublication(e)
	}
}

func (a *Agent) begin(e ua.NewRTCSession) {
	c := &agentCall{session: e.Session, Call: Call{
		ID: e.Session.ID(), Direction: e.Session.Direction().String(), State: "connecting",
		Peer: e.Session.RemoteIdentity().URI.String(), Encrypted: true,
	}}
	if e.Originator == ua.Remote {
		c.State = "incoming"
	}
	a.calls = append(a.calls, c)
}

// of returns the call of a session.
func (a *Agent) of(s *ua.RTCSession) *agentCall {
	for _, c := range a.calls {
		if c.session == s {
			return c
		}
	}
	return &agentCall{}
}

func (a *Agent) onCallEvent(e ua.Event) {
	switch e := e.(type) {
	case ua.Progress:
		if c := a.of(e.Session); e.Originator == ua.Remote {
			c.State, c.Status = "ringing", e.Response.StatusCode
		}
	case ua.EarlyMedia:
		a.of(e.Session).Early = true
	case ua.Confirmed:
		a.of(e.Session).State = "confirmed"
	case ua.Held:
		a.hold(e.Session, e.Originator, true)
	case ua.Resumed:
		a.hold(e.Session, e.Originator, false)
	case ua.NewDTMF:
		if e.Originator == ua.Remote {
			a.of(e.Session).DTMF += string(e.Tone)
		}
	case ua.NewInfo:
		if c := a.of(e.Session); e.Originator == ua.Remote {
			contentType, _ := e.Request.ContentType()
			c.Info = append(c.Info, contentType+" "+string(e.Request.Body))
		}
	case ua.Ended:
		c := a.of(e.Session)
		c.State, c.Cause, c.Status = "ended", string(e.Err.Cause), e.Err.Status
	}
}

func (a *Agent) hold(s *ua.RTCSession, by ua.Originator, on bool) {
	if c := a.of(s); by == ua.Local {
		c.LocalHold = on
	} else {
		c.RemoteHold = on
	}
}

// Name implements Party.
func (a *Agent) Name() string { return a.o.Name }

// URI implements Party.
func (a *Agent) URI() string { return a.o.Address }

// Tone implements Party.
func (a *Agent) Tone() float64 { return a.o.Frequency }

// Dial implements Party.
func (a *Agent) Dial(target string) error {
	return a.turn(func() error {
		_, err := a.ua.Call(target, ua.CallOptions{})
		return err
	})
}

// Answer implements Party.
func (a *Agent) Answer() error {
	return a.withCall("answer", func(c *agentCall) error { return c.session.Answer(ua.AnswerCallOptions{}) })
}

// Progress answers the ringing call 183 with a description: early media. It is
// acknowledged when the caller can.
func (a *Agent) Progress(bool) error {
	return a.withCall("early media", func(c *agentCall) error {
		return c.session.Progress(ua.ProgressOptions{EarlyMedia: true})
	})
}

// Decline implements Party.
func (a *Agent) Decline() error { return a.Reject(486) }

// Reject implements Peer.
func (a *Agent) Reject(status int) error {
	return a.withCall("reject", func(c *agentCall) error {
		return c.session.Terminate(ua.TerminateOptions{StatusCode: status})
	})
}

// Hangup implements Party.
func (a *Agent) Hangup() error {
	return a.withCall("hang up", func(c *agentCall) error { return c.session.Terminate(ua.TerminateOptions{}) })
}

// HangupAll implements Peer.
func (a *Agent) HangupAll() error {
	return a.turn(func() error {
		var err error
		for _, c := range a.live() {
			err = errors.Join(err, c.session.Terminate(ua.TerminateOptions{}))
		}
		return err
	})
}

// Hold implements Party.
func (a *Agent) Hold() error { return a.onCall("hold", (*ua.RTCSession).Hold) }

// Resume implements Party.
func (a *Agent) Resume() error { return a.onCall("resume", (*ua.RTCSession).Unhold) }

// HoldByUpdate holds or resumes the newest call by UPDATE.
func (a *Agent) HoldByUpdate(on bool) error {
	return a.onCall("hold by UPDATE", func(s *ua.RTCSession, done func(error)) {
		if o := (ua.HoldOptions{UseUpdate: true}); on {
			s.HoldWith(o, done)
		} else {
			s.UnholdWith(o, done)
		}
	})
}

// onCall waits for the outcome of what is done with the newest call.
func (a *Agent) onCall(what string, f func(*ua.RTCSession, func(error))) error {
	return a.outcome(what, func(done func(error)) error {
		c, err := a.newest()
		if err == nil {
			f(c.session, done)
		}
		return err
	})
}

// Renegotiate looks for new paths of the sound (ICE restart).
func (a *Agent) Renegotiate() error {
	return a.onCall("renegotiate", func(s *ua.RTCSession, done func(error)) {
		s.Renegotiate(ua.RenegotiateOptions{ICERestart: true}, done)
	})
}

// Prefer implements Chooser.
func (a *Agent) Prefer(codecs ...codec.Name) error {
	a.peer.Load().SetCodecs(codecs)
	return a.onCall("prefer", func(s *ua.RTCSession, done func(error)) {
		s.Renegotiate(ua.RenegotiateOptions{}, done)
	})
}

// MediaStats are the figures of the newest call.
func (a *Agent) MediaStats() media.Stats { return a.peer.Load().Stats() }

// SoundStats are those of its sound.
func (a *Agent) SoundStats() audio.StreamStats { return a.stream.Load().Stats() }

// SendDTMF implements Party, by RFC 4733.
func (a *Agent) SendDTMF(keys string) error { return a.sendKeys(keys, ua.DTMFRTP) }

// SendInfoDTMF implements Peer.
func (a *Agent) SendInfoDTMF(keys string) error { return a.sendKeys(keys, ua.DTMFInfo) }

func (a *Agent) sendKeys(keys string, by ua.DTMFTransport) error {
	return a.outcome("send keys", func(done func(error)) error {
		c, err := a.newest()
		if err != nil {
			return err
		}
		return c.session.SendDTMF(keys, ua.DTMFOptions{
			Transport: by, Duration: 160 * time.Millisecond, InterToneGap: 120 * time.Millisecond, Done: done,
		})
	})
}

// SendInfo implements Peer.
func (a *Agent) SendInfo(contentType, body string) error {
	return a.outcome("send INFO", func(done func(error)) error {
		c, err := a.newest()
		if err != nil {
			return err
		}
		return c.session.SendInfo(contentType, []byte(body), ua.InfoOptions{Done: response(done)})
	})
}

// SendText implements Party.
func (a *Agent) SendText(to, body string) error {
	return a.outcome("send a message", func(done func(error)) error {
		_, err := a.ua.SendMessage(to, body, ua.MessageOptions{Done: response(done)})
		return err
	})
}

// SendTextInCall implements Peer.
func (a *Agent) SendTextInCall(body string) error {
	return a.outcome("send a message within the call", func(done func(error)) error {
		c, err := a.newest()
		if err == nil {
			_, err = c.session.SendMessage(body, ua.MessageOptions{Done: response(done)})
		}
		return err
	})
}

// SendOptions implements Peer.
func (a *Agent) SendOptions(to string) error {
	return a.outcome("send OPTIONS", func(done func(error)) error {
		_, err := a.ua.SendOptions(to, ua.OptionsOptions{Done: response(done)})
		return err
	})
}

// Call implements Party.
func (a *Agent) Call() (Call, error) {
	calls, err := a.Calls()
	if err != nil || len(calls) == 0 {
		return Call{}, err
	}
	return calls[len(calls)-1], nil
}

// Calls implements Peer.
func (a *Agent) Calls() ([]Call, error) {
	var out []Call
	err := a.turn(func() error {
		for _, c := range a.calls[a.forgotten:] {
			out = append(out, c.Call)
		}
		return nil
	})
	return out, err
}

// Texts implements Party.
func (a *Agent) Texts() ([]Text, error) {
	var out []Text
	err := a.turn(func() error { out = append(out, a.texts...); return nil })
	return out, err
}

// Position implements Party.
func (a *Agent) Position() (int, error) { return a.speaker.position(), nil }

// Played implements Party.
func (a *Agent) Played(from int) ([]int16, error) { return a.speaker.since(from), nil }

// Forget implements Party.
func (a *Agent) Forget() error {
	err := a.HangupAll()
	return errors.Join(err, a.turn(func() error { a.forgotten = len(a.calls); return nil }))
}
