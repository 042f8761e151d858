package phone

import (
	"context"
	"time"

	"webphone/audio"
	"webphone/phone/loop"
	"webphone/phone/media"
)

const statsInterval = time.Second

// watchStats renews the figures of the live calls once a second for as long
// as there are any.
func (p *Phone) watchStats() {
	if p.state.statsTick != nil {
		return
	}
	p.state.statsTick = p.loop.After(statsInterval, "stats", func() {
		p.state.statsTick = nil
		if p.lookAtCalls() {
			p.watchStats()
		}
	})
}

// lookAtCalls renews the figures of the live calls and reports whether there
// are any.
func (p *Phone) lookAtCalls() (some bool) {
	for _, c := range p.state.calls {
		if c.live() && c.peer != nil {
			some = true
			p.readStats(c)
		}
	}
	return some
}

type figures struct {
	peer   media.Stats
	stream audio.StreamStats
}

func (p *Phone) readStats(c *call) {
	peer, stream := c.peer, c.stream
	loop.Go(p.ctx, p.loop, "read stats", func(context.Context) (figures, error) {
		return figures{peer.Stats(), stream.Stats()}, nil
	}, func(f figures, _ error) {
		if !c.live() {
			return
		}
		c.quality.add(time.Now(), f, c.hears(f.peer))
		c.codec = f.peer.Codec
		c.encrypted = f.peer.Encrypted
		p.listen(c, f)
		p.changed()
	})
}

// talks reports whether the two sides talk, as far as it is up to them.
func (c *call) talks() bool { return c.state == CallConfirmed && !c.localHold && !c.remoteHold }

// hears reports whether sound should come from the other side, which may only
// listen and be on hold for nobody.
func (c *call) hears(p media.Stats) bool { return c.talks() && p.Receives }

// CallLevels returns how loud the user and the other side are in a call, for
// meters: 0 is silence, 1 full scale. It is cheap enough for every frame.
func (p *Phone) CallLevels(id CallID) (mine, theirs float64) {
	stream := p.streamOf(id)
	if stream == nil {
		return 0, 0
	}
	return stream.Levels()
}
