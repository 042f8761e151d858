package phone

import (
	"time"

	"webphone/audio"
	"webphone/phone/loop"
	"webphone/phone/ua"
)

// tones is what the user hears beside the conversations.
type tones struct {
	ringing bool
	call    audio.Tone
	ending  audio.Tone // the tone of a call that failed; ToneNone when over
	timer   *loop.Timer
}

// endToneLasts is how long the tone of a failed call sounds.
const endToneLasts = 2 * time.Second

// updateTones makes the sound engine play what the calls ask for.
func (p *Phone) updateTones() {
	t := &p.state.tones
	ring, tone := wantedTones(p.state.calls, t.ending)
	if p.state.closing {
		ring, tone = false, audio.ToneNone
	}
	if ring != t.ringing {
		t.ringing = ring
		p.audio.Ring(ring)
	}
	if tone != t.call {
		t.call = tone
		p.audio.CallTone(tone)
	}
}

// wantedTones is the rule: who rings while the user talks is a soft tone in
// the ear; the far end's own ringback (early media), once it comes, replaces ours.
func wantedTones(calls []*call, ending audio.Tone) (ring bool, tone audio.Tone) {
	talking, waiting := false, false
	tone = ending
	for _, c := range calls {
		switch c.state {
		case CallConfirmed, CallEarly, CallRinging, CallConnecting:
			talking = true
		case CallIncoming:
			waiting = waiting || !c.silenced
		case CallEnded:
		}
		if c.state == CallRinging || c.state == CallEarly && c.ringback.sounds {
			tone = audio.ToneRingback
		}
	}
	switch {
	case waiting && talking:
		return false, audio.ToneWaiting
	case waiting:
		return true, tone
	}
	return false, tone
}

// playEnd sounds why an outgoing call failed, unless the user is busy with
// another one.
func (p *Phone) playEnd(c *call) {
	tone := endTone(c)
	if tone == audio.ToneNone {
		return
	}
	for _, other := range p.state.calls {
		if other.live() {
			return
		}
	}
	t := &p.state.tones
	t.timer.Stop()
	t.ending = tone
	t.timer = p.loop.After(endToneLasts, "end tone", func() {
		t.ending = audio.ToneNone
		p.updateTones()
	})
}

func endTone(c *call) audio.Tone {
	if c.end == nil || c.end.Origin == ua.Local {
		return audio.ToneNone
	}
	switch {
	case !c.startedAt.IsZero():
		return audio.ToneEnded
	case c.direction == Incoming:
		return audio.ToneNone
	case c.end.Cause == ua.CauseBusy:
		return audio.ToneBusy
	default:
		return audio.ToneCongestion
	}
}
