package phone

import (
	"context"
	"time"

	"webphone/phone/loop"
	"webphone/phone/media"
)

const (
	// earlySilence is how long early media may be silent before the user
	// hears our ringback instead.
	earlySilence = time.Second
	// forkSilence is how long one phone may be silent before another that rings
	// is listened to.
	forkSilence = 2 * time.Second
	// earlyLook is how often they are looked at.
	earlyLook = 200 * time.Millisecond
)

// ringback follows the early media of an outgoing call: a phone that is said to
// ring and of which nothing comes is heard ringing by a tone of ours (RFC 3960
// §3.2).
type ringback struct {
	alerted bool        // a 180 came
	since   time.Time   // when the early media began
	sounds  bool        // ours does, beside them
	look    *loop.Timer // the next one
}

// take decides by when the last packet came and by whether more need not come,
// and returns how long nothing has come that should have.
func (r *ringback) take(now, heard time.Time, resting bool) (silence time.Duration) {
	came := heard.After(r.since)
	if !came || !resting {
		silence = now.Sub(later(r.since, heard))
	}
	switch {
	case !r.alerted:
		r.sounds = false
	case silence >= earlySilence:
		r.sounds = true
	case came:
		r.sounds = false
	}
	return silence
}

// onEarlyMedia goes over to the sound of the other side. Our ringback, if it
// sounds, goes on until there is some.
func (p *Phone) onEarlyMedia(c *call) {
	c.ringback.since, c.ringback.sounds = time.Now(), c.state == CallRinging
	c.state = CallEarly
	p.lookAtEarlyMedia(c)
}

func (p *Phone) lookAtEarlyMedia(c *call) {
	c.ringback.look.Stop()
	c.ringback.look = p.loop.After(earlyLook, "early media", func() {
		peer := c.peer
		if c.state != CallEarly || peer == nil {
			return
		}
		loop.Go(p.ctx, p.loop, "early media", func(context.Context) (media.Stats, error) {
			return peer.Stats(), nil
		}, func(s media.Stats, _ error) {
			if c.state != CallEarly {
				return
			}
			now := time.Now()
			if silence := c.ringback.take(now, s.Heard, s.Resting); silence >= forkSilence && c.session.HearNewest() {
				c.ringback.since = now
			}
			p.updateTones()
			p.lookAtEarlyMedia(c)
		})
	})
}
