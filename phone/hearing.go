package phone

import (
	"errors"
	"time"

	"webphone/audio"
	"webphone/phone/media"
	"webphone/phone/ua"
)

// Hearing is what keeps the two of a call from hearing each other; zero when
// nothing does. Hold and mute are no faults.
type Hearing struct {
	In  SoundFault // why we do not hear the other side
	Out SoundFault // why the other side may not hear us
}

// SoundFault is one of them.
type SoundFault struct {
	Cause FaultCause
	Since time.Time // when the sound was lost, or should have begun
}

// FaultCause says what is likely behind a SoundFault.
type FaultCause string

// The causes.
const (
	FaultNone      FaultCause = ""
	FaultPath      FaultCause = "path"      // the path is interrupted
	FaultNeverCame FaultCause = "never"     // nothing has come from the beginning
	FaultBlocked   FaultCause = "blocked"   // it stopped, or they send and it does not arrive
	FaultNotSent   FaultCause = "not sent"  // in: they say themselves that they send nothing
	FaultSilence   FaultCause = "silence"   // in: packets come, with nothing but digital silence
	FaultCodec     FaultCause = "codec"     // in: packets come that nobody agreed upon
	FaultUnheard   FaultCause = "unheard"   // out: they report that nothing arrives
	FaultNoAnswer  FaultCause = "no answer" // out: nothing answers on the path
	FaultMic       FaultCause = "mic"       // out: the microphone gives nothing
)

// Mild reports a fault that may well be none: the other side is quiet.
func (c FaultCause) Mild() bool { return c == FaultSilence || c == FaultNotSent }

// Renewable reports a fault that a new path may mend.
func (c FaultCause) Renewable() bool {
	switch c {
	case FaultPath, FaultNeverCame, FaultBlocked, FaultUnheard, FaultNoAnswer:
		return true
	}
	return false
}

// PathRestart is a search for a new path that the user asked for.
type PathRestart struct {
	State RestartState
	At    time.Time // of the last change
	Err   error     // of RestartFailed
}

// RestartState is how far a PathRestart has come; its texts are those of
// "webphone status --json".
//
//	"" ──RestartPath──▶ RestartAsked ──▶ RestartDone or RestartFailed ──RestartPath──▶ …
type RestartState string

// The states of a PathRestart.
const (
	RestartAsked  RestartState = "asked"
	RestartDone   RestartState = "done" // both sides know the new path
	RestartFailed RestartState = "failed"
)

const (
	// faultAfter is how long sound may be away. With a look each second the
	// user is told within five.
	faultAfter = 3500 * time.Millisecond
	// unheardAfter is how long the peer's reports may say that nothing more
	// has arrived. They come each second from our own kind, and the last good
	// one comes up to one and a half after the last packet.
	unheardAfter = 2200 * time.Millisecond
	// unansweredAfter is how long a path may leave questions unanswered: four
	// of them.
	unansweredAfter = 2800 * time.Millisecond
	// reportApart tells two reports from one that came twice.
	reportApart = 300 * time.Millisecond
	// restProven is how long a report or an answer proves the path of somebody
	// who pauses: longer than a browser's time between reports.
	restProven = 8 * time.Second
	// flowing is how many packets a second are no discontinuous transmission.
	flowing = 12
	// restartApart is the least time between two searches for a new path.
	restartApart = 8 * time.Second
)

// soundSample is what is known of a call's sound at one moment.
type soundSample struct {
	now           time.Time
	hears, speaks bool // sound should come, should go: no hold
	muted         bool
	path          bool // is up
	microphone    bool // there is one, and it works
	peer          media.Stats
	taken         time.Time // when the last packet came that could be played
	sound         time.Time // when the last sound was heard that is not silence
}

// hearing is what is known of a call's hearing, and done for it.
type hearing struct {
	listener
	restart PathRestart
	asked   time.Time // when the user asked for it last
}

// lost reports that the other side is not heard though it speaks.
func (h *hearing) lost() bool {
	in := h.state.In.Cause
	return in != FaultNone && !in.Mild()
}

// listener follows the samples of one call. The zero value has seen none.
type listener struct {
	hears, speaks time.Time // since when sound should come and go; zero = should not
	packets       uint64    // received at the last sample
	at            time.Time // of the last sample
	sparse        time.Time // when the packets were too few for a steady stream
	sent          uint64    // at the last sample
	quiet         time.Time // when ours were too few
	state         Hearing
}

// take returns what keeps the two from hearing each other.
func (l *listener) take(s soundSample) Hearing {
	since(&l.hears, s.hears, s.now)
	since(&l.speaks, s.speaks && !s.muted, s.now)
	few := func(now, before uint64) bool {
		return l.at.IsZero() || float64(now-before) < flowing*s.now.Sub(l.at).Seconds()
	}
	if few(s.peer.PacketsReceived, l.packets) {
		l.sparse = s.now
	}
	if few(s.peer.PacketsSent, l.sent) {
		l.quiet = s.now
	}
	l.packets, l.sent, l.at = s.peer.PacketsReceived, s.peer.PacketsSent, s.now
	l.state = Hearing{
		In:  fault(l.state.In, l.incoming(s)),
		Out: fault(l.state.Out, l.outgoing(s)),
	}
	return l.state
}

// since keeps the time at which a condition began.
func since(t *time.Time, holds bool, now time.Time) {
	switch {
	case !holds:
		*t = time.Time{}
	case t.IsZero():
		*t = now
	}
}

// fault keeps when the fault of before began.
func fault(before, now SoundFault) SoundFault {
	if now.Cause != FaultNone && before.Cause != FaultNone && before.Since.Before(now.Since) {
		now.Since = before.Since
	}
	return now
}

// incoming judges what comes.
func (l *listener) incoming(s soundSample) SoundFault {
	if l.hears.IsZero() {
		return SoundFault{}
	}
	gone := later(l.hears, s.peer.Heard)
	away := s.now.Sub(gone) >= faultAfter
	told := s.peer.Reports
	switch {
	case !away && s.peer.Heard.After(l.hears) && s.now.Sub(later(l.hears, s.taken)) >= faultAfter:
		return SoundFault{FaultCodec, later(l.hears, s.taken)}
	case !away && s.now.Sub(later(later(l.hears, s.sound), l.sparse)) >= faultAfter:
		return SoundFault{FaultSilence, later(l.hears, s.sound)}
	case !away:
		return SoundFault{}
	case !s.path:
		return SoundFault{FaultPath, gone}
	case s.peer.Resting && s.now.Sub(later(told.Last, s.peer.Answered)) < restProven:
		return SoundFault{} // a pause, and the path is there
	case told.Last.Sub(gone) > reportApart && told.Grew.Before(gone.Add(reportApart)):
		return SoundFault{FaultNotSent, gone}
	case s.peer.Heard.IsZero():
		return SoundFault{FaultNeverCame, gone}
	}
	return SoundFault{FaultBlocked, gone}
}

// outgoing judges what becomes of what we send.
func (l *listener) outgoing(s soundSample) SoundFault {
	if l.speaks.IsZero() {
		return SoundFault{}
	}
	told := s.peer.Reports
	answered := s.peer.Answered
	heard := later(later(l.speaks, l.quiet), told.Heard) // of nothing sent nothing arrives
	switch {
	case !s.path && s.now.Sub(later(l.speaks, s.peer.Heard)) >= faultAfter:
		return SoundFault{FaultPath, later(l.speaks, s.peer.Heard)}
	case told.OnUs.Sub(heard) >= reportApart && s.now.Sub(heard) >= unheardAfter:
		return SoundFault{FaultUnheard, heard}
	case told.Last.Sub(heard) >= unheardAfter && told.OnUs.Before(heard) && s.now.Sub(answered) >= faultAfter:
		return SoundFault{FaultUnheard, heard} // they report, and not on us (RFC 3550 §6.4.1)
	case !s.peer.Unanswered.IsZero() && s.now.Sub(s.peer.Unanswered) >= unansweredAfter && s.now.Sub(heard) >= unheardAfter:
		return SoundFault{FaultNoAnswer, later(l.speaks, s.peer.Unanswered)}
	case !s.microphone:
		return SoundFault{FaultMic, l.speaks}
	}
	return SoundFault{}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// listen judges a call by its newest figures.
func (p *Phone) listen(c *call, f figures) {
	before := c.hearing.state
	after := c.hearing.take(soundSample{
		now: time.Now(), hears: c.hears(f.peer), speaks: c.talks() && f.peer.Sends, muted: c.muted,
		path: c.brokenAt.IsZero() && !f.peer.Since.IsZero(), microphone: hasMicrophone(p.state.devices.Problem),
		peer: f.peer, taken: f.stream.LastReceived, sound: f.stream.LastSound,
	})
	if after.In.Cause != before.In.Cause || after.Out.Cause != before.Out.Cause {
		p.log.Info("sound", "call", c.id, "in", string(after.In.Cause), "out", string(after.Out.Cause))
	}
}

// hasMicrophone reports whether a problem with the devices leaves one that gives
// sound: the one chosen, or another in its place.
func hasMicrophone(problem error) bool {
	var device *audio.DeviceError
	return !errors.As(problem, &device) || device.Role != audio.Microphone || device.Using != ""
}

// RestartPath looks for a new path for the sound of a call, as after a change
// of network. It returns when the other side is asked; Call.PathRestart tells
// the rest. ErrRestarting comes when it was asked a moment ago.
func (p *Phone) RestartPath(id CallID) error {
	return p.onCall("restart path", id, func(c *call) error {
		if c.state != CallConfirmed {
			return &ua.StateError{Op: "restart path", State: c.session.Status()}
		}
		if r := c.hearing.restart; r.State == RestartAsked || r.State != "" && time.Since(c.hearing.asked) < restartApart {
			return ErrRestarting
		}
		c.hearing.asked = time.Now()
		c.hearing.restart = PathRestart{State: RestartAsked, At: c.hearing.asked}
		c.session.Renegotiate(ua.RenegotiateOptions{ICERestart: true}, func(err error) { p.pathRestarted(c, err) })
		return nil
	})
}

func (p *Phone) pathRestarted(c *call, err error) {
	c.hearing.restart = PathRestart{State: RestartDone, At: time.Now()}
	if err != nil {
		c.hearing.restart.State, c.hearing.restart.Err = RestartFailed, err
	}
	p.log.Info("path renewed", "call", c.id, "error", err)
	p.changed()
}
