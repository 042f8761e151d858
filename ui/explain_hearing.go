package ui

import (
	"time"

	"webphone/phone"
	"webphone/ui/widgets"
)

const (
	// restartTold is how long it is said that a new path has helped.
	restartTold = 5 * time.Second
	// restartTried is how long a new path may take until sound comes.
	restartTried = 6 * time.Second
	// mildTold is for how long it is said that the other side is quiet: that
	// may be how it wants to be.
	mildTold = 20 * time.Second
)

// hearingWords says what keeps the two of a call from hearing each other, or
// what a new path has brought; "" for nothing. mend says that a new path may
// help.
func hearingWords(c phone.Call, now time.Time) (tone widgets.Tone, sentence string, mend bool) {
	in, out := c.Hearing.In.Cause, c.Hearing.Out.Cause
	if in.Mild() && now.Sub(c.Hearing.In.Since) > mildTold {
		in = phone.FaultNone
	}
	sentence = faultWords(callName(c), in, out)
	mend = in.Renewable() || out.Renewable()
	tone = widgets.Warning
	if out == phone.FaultNone && in.Mild() {
		tone = widgets.Info
	}
	r, began := c.PathRestart, c.Hearing.In.Since
	if c.Hearing.Out.Since.After(began) {
		began = c.Hearing.Out.Since
	}
	after := now.Sub(r.At)
	switch {
	case r.State == phone.RestartAsked:
		return tone, join(sentence, "Looking for a new path…"), false
	case sentence == "" && r.State == phone.RestartDone && after < restartTold:
		return widgets.Good, "The sound has a new path.", false
	case !mend || r.State == "" || r.At.Before(began):
	case r.State == phone.RestartDone && after < restartTried:
		return tone, join(sentence, "There is a new path; waiting for sound…"), false
	case r.State == phone.RestartDone:
		sentence = join(sentence, "A new path did not help.")
	case r.State == phone.RestartFailed:
		sentence = join(sentence, "The other side did not agree to a new path.")
	}
	return tone, sentence, mend
}

// faultWords says what is lost and why, as far as one can know.
func faultWords(name string, in, out phone.FaultCause) string {
	switch {
	case in == phone.FaultPath || out == phone.FaultPath:
		return "You and " + name + " do not hear each other: the path of the sound is interrupted."
	case in != phone.FaultNone && !in.Mild() && out != phone.FaultNone && out != phone.FaultMic:
		return "You and " + name + " do not hear each other. A firewall or the network may block the sound."
	}
	switch in {
	case phone.FaultNeverCame:
		return "We hear nothing from " + name + ". A firewall or their network may block their sound."
	case phone.FaultBlocked:
		return "We hear nothing from " + name + " any more. Their sound is lost on the way."
	case phone.FaultCodec:
		return "We hear nothing from " + name + ". Their phone sends sound of a kind that was not agreed upon."
	}
	switch out {
	case phone.FaultUnheard:
		return name + " may not hear you: their phone reports that nothing arrives."
	case phone.FaultNoAnswer:
		return name + " may not hear you: nothing on the way answers. A firewall may block your sound."
	case phone.FaultMic:
		return name + " may not hear you: your microphone gives no sound."
	}
	switch in {
	case phone.FaultNotSent:
		return "Nothing comes from " + name + ": their phone sends no sound at the moment."
	case phone.FaultSilence:
		return "Only silence comes from " + name + ". Their microphone may be off."
	}
	return ""
}
