package phone

import (
	"strings"
	"time"

	"webphone/phone/ua"
)

// onEvent receives everything that one account's UA tells.
func (p *Phone) onEvent(a *account, e ua.Event) {
	switch e := e.(type) {
	case ua.NewRTCSession:
		p.onNewSession(a, e)
	case ua.NewMessage:
		if e.Originator == ua.Remote {
			p.onMessage(a, e)
		}
	case ua.Connecting, ua.Connected, ua.Disconnected,
		ua.Registering, ua.Registered, ua.Unregistered, ua.RegistrationFailed:
		p.onAccountEvent(a, e)
	case ua.SubscriptionAccepted, ua.SubscriptionPending, ua.SubscriptionActive, ua.SubscriptionNotify,
		ua.SubscriptionForked, ua.SubscriptionLost, ua.SubscriptionTerminated, ua.SIPEvent:
		p.onWatchEvent(a, e)
	case ua.NewOptions:
		p.onOptions(e)
	case ua.PublishEnded:
		p.onPublishEnded(a, e)
	default:
		p.onCallEvent(e)
	}
}

func (p *Phone) onNewSession(a *account, e ua.NewRTCSession) {
	if e.Originator == ua.Local {
		if c, ok := e.Session.Data.(*call); ok {
			p.link(c, e.Session)
		}
		return
	}
	if c := p.state.replacement; c != nil {
		p.link(c, e.Session)
		c.muted = e.Session.IsMuted()
		return
	}
	c := p.newCall(a, Incoming, CallIncoming)
	p.link(c, e.Session)
	if p.state.settings.Calls.DoNotDisturb || p.state.closing {
		c.unasked = true
		if err := e.Session.Terminate(ua.TerminateOptions{StatusCode: 486}); err != nil {
			p.log.Warn("do not disturb", "err", err)
		}
		return
	}
	p.updateTones()
}

// onCallEvent follows a call.
func (p *Phone) onCallEvent(e ua.Event) {
	switch e := e.(type) {
	case ua.Progress:
		p.withCall(e.Session, func(c *call) {
			if c.direction == Outgoing && e.Response.StatusCode == 180 {
				c.ringback.alerted = true
				if c.state == CallConnecting {
					c.state = CallRinging
				}
			}
		})
	case ua.EarlyMedia:
		p.withCall(e.Session, p.onEarlyMedia)
	case ua.EarlyMediaLost:
		p.withCall(e.Session, func(c *call) { c.state = CallRinging })
	case ua.Accepted:
		p.withCall(e.Session, func(c *call) {
			if c.startedAt = time.Now(); c.state == CallIncoming { // it was answered by itself
				p.holdOthers(c)
			}
		})
	case ua.Confirmed:
		p.withCall(e.Session, p.onConfirmed)
	case ua.Held:
		p.withCall(e.Session, func(c *call) { c.setHold(e.Originator, true) })
	case ua.Resumed:
		p.withCall(e.Session, func(c *call) { c.setHold(e.Originator, false) })
	case ua.MutedChanged:
		p.withCall(e.Session, func(c *call) { c.muted = e.Muted })
	case ua.MediaConnected:
		p.withCall(e.Session, func(c *call) { c.encrypted, c.brokenAt = true, time.Time{}; p.watchStats() })
	case ua.MediaInterrupted:
		p.withCall(e.Session, func(c *call) { c.brokenAt = time.Now() })
	case ua.Redirected:
		p.withCall(e.Session, func(c *call) { p.onRedirected(c, e) })
	case ua.IdentityChanged:
		p.withCall(e.Session, func(c *call) { c.learnParty(e.Identity) })
	case ua.NewDTMF:
		p.withCall(e.Session, func(c *call) { p.onDTMF(c, e) })
	case ua.Ended:
		if c := p.callOf(e.Session); c != nil {
			p.callEnded(c, e.Err)
		}
	default:
		p.onTransferEvent(e)
	}
}

// onTransferEvent follows calls that are given to others, by us or to us.
func (p *Phone) onTransferEvent(e ua.Event) {
	switch e := e.(type) {
	case ua.ReferAnswered:
		p.onReferAnswered(e)
	case ua.ReferProgress:
		p.onReferProgress(e)
	case ua.ReferRequested:
		p.onReferRequested(e)
	case ua.ReplacesRequested:
		p.onReplacesRequested(e)
	}
}

func (p *Phone) withCall(s *ua.RTCSession, f func(*call)) {
	c := p.callOf(s)
	if c == nil || !c.live() {
		return
	}
	f(c)
	p.updateTones()
	p.changed()
}

func (p *Phone) onConfirmed(c *call) {
	c.state = CallConfirmed
	if c.startedAt.IsZero() {
		c.startedAt = time.Now()
	}
	p.followed(c)
	p.recordAlways(c)
	p.watchStats()
}

func (c *call) setHold(by ua.Originator, held bool) {
	if by == ua.Local {
		c.localHold = held
	} else {
		c.remoteHold = held
	}
}

// dtmfKept is how many digits of a call are shown.
const dtmfKept = 64

// onDTMF notes a tone. One of ours that goes in the sound is heard from there.
func (p *Phone) onDTMF(c *call, e ua.NewDTMF) {
	c.heard(e)
	if e.Originator == ua.Local && e.Info {
		p.audio.KeyTone(e.Tone)
	}
}

func (c *call) heard(e ua.NewDTMF) {
	digits := &c.dtmfIn
	if e.Originator == ua.Local {
		digits = &c.dtmfOut
	}
	*digits += strings.ToUpper(string(e.Tone))
	if len(*digits) > dtmfKept {
		*digits = (*digits)[len(*digits)-dtmfKept:]
	}
}
