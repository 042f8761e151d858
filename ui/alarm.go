package ui

import (
	"time"

	"webphone/assets"
	"webphone/phone"
	"webphone/ui/desktop"
	"webphone/ui/widgets"
)

// mendLabel is that of the link that looks for a new path for the sound.
const mendLabel = "Reconnect sound"

// alarm says what keeps the two of a call from hearing each other.
type alarm struct {
	tone     widgets.Tone
	sentence string     // "" = nothing
	mend     bool       // a new path may help
	faulty   phone.Call // the call that it is about, of those of a conference
}

// alarmOf looks at a call and the members of its conference, if it is in one;
// problem is that of the devices, which the strip tells.
func alarmOf(c phone.Call, members []phone.Call, problem error, now time.Time) alarm {
	a := alarm{faulty: c}
	for _, m := range members {
		if m.Hearing != (phone.Hearing{}) && (seriously(m.Hearing) || !seriously(a.faulty.Hearing)) {
			a.faulty = m
		}
	}
	told := a.faulty
	if told.Hearing.Out.Cause == phone.FaultMic {
		if said, _ := deviceProblems(problem); said != "" {
			told.Hearing.Out = phone.SoundFault{}
		}
	}
	a.tone, a.sentence, a.mend = hearingWords(told, now)
	return a
}

// renew looks for a new path for the sound of the faulty call.
func (a alarm) renew(h *host) {
	h.Run(func() error { return h.Phone.RestartPath(a.faulty.ID) }, nil)
}

// seriously reports whether more is wrong than that the other is quiet, which it
// may want to be.
func seriously(h phone.Hearing) bool {
	return h.Out.Cause != phone.FaultNone || h.In.Cause != phone.FaultNone && !h.In.Cause.Mild()
}

// mutedWords says that nobody hears us although we speak.
func mutedWords(c phone.Call, conference bool) string {
	if conference {
		return "You are muted: the others do not hear you."
	}
	return "You are muted: " + callName(c) + " does not hear you."
}

// mutedSpeech knows when we last spoke although muted.
type mutedSpeech struct{ at time.Time }

// lately reports whether we speak, or did a moment ago, so that the words about
// it do not flicker.
func (m *mutedSpeech) lately(speaks bool, now time.Time) bool {
	if speaks {
		m.at = now
	}
	return !m.at.IsZero() && now.Sub(m.at) < mutedTold
}

// alarmAway is what of it is told of a call that one does not look at: that the
// other is quiet, or the call on hold, is no fault.
func alarmAway(c phone.Call, members []phone.Call, problem error, now time.Time) alarm {
	if c.State != phone.CallConfirmed || c.LocalHold || c.RemoteHold {
		return alarm{}
	}
	if !c.ReconnectingSince.IsZero() {
		return alarm{tone: widgets.Warning, sentence: reconnectingWords, faulty: c}
	}
	if a := alarmOf(c, members, problem, now); a.tone != widgets.Info {
		return a
	}
	return alarm{}
}

const reconnectingWords = "Connection lost – keeping the call, reconnecting…"

// callFault is what the desktop is told of a call. The strip, which tells of the
// microphone, is out of sight then.
func (u *UI) callFault(c phone.Call) desktop.Fault {
	if c.ReconnectingSince.IsZero() && !seriously(c.Hearing) {
		return desktop.Fault{}
	}
	a := alarmAway(c, nil, nil, u.host.Now())
	return desktop.Fault{Name: callName(c), Sentence: a.sentence, Mend: a.mend}
}

// callLine is the strip's line about a call that is out of sight.
type callLine struct {
	*stripLine
	call   phone.Call
	shown  bool // the call lives and is out of sight
	talked mutedSpeech
	alarm  alarm // what the line says
}

func newCallLine(h *host) *callLine {
	l := &callLine{}
	l.stripLine = newStripLine(nil, func() { l.alarm.renew(h) })
	return l
}

// follow tells which call is out of sight, if one is.
func (l *callLine) follow(c phone.Call, out bool) {
	if l.call.ID != c.ID {
		l.talked = mutedSpeech{}
	}
	l.call, l.shown = c, out
}

// due is what there is to say of the call.
func (l *callLine) due(s *phone.Snapshot, now time.Time) alarm {
	c := l.call
	if !l.shown {
		return alarm{}
	}
	members := membersOf(c, s.Calls)
	a := alarmAway(c, members, s.Devices.Problem, now)
	spoke := l.talked.lately(s.Devices.MutedSpeech, now)
	if a.sentence == "" && c.State == phone.CallConfirmed && c.Muted && spoke {
		return alarm{tone: widgets.Warning, sentence: mutedWords(c, members != nil)}
	}
	return a
}

// changed reports whether the line says something else than what there is to
// say.
func (l *callLine) changed(s *phone.Snapshot, now time.Time) bool {
	a := l.due(s, now)
	return a.sentence != l.alarm.sentence || a.mend != l.alarm.mend
}

// apply shows what there is to say.
func (l *callLine) apply(s *phone.Snapshot, now time.Time) {
	l.alarm = l.due(s, now)
	if l.alarm.sentence == "" {
		l.banner.Hide()
		return
	}
	icon, label := assets.Warning, ""
	if l.alarm.tone == widgets.Good {
		icon = assets.Info
	}
	if l.alarm.mend {
		label = mendLabel
	}
	l.set(l.alarm.tone, icon, l.alarm.sentence, label)
}
