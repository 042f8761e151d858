package ui

import (
	"fmt"
	"strings"
	"time"

	"webphone/phone"
)

// endShown is how long an ended call stays in sight, so that one can read why.
const endShown = 2 * time.Second

// lingers reports whether an ended call is still shown at now.
func lingers(c phone.Call, now time.Time) bool {
	return !c.Live() && now.Sub(c.EndedAt) < endShown
}

// talkTime is the length of the conversation as a clock: 04:12.
func talkTime(c phone.Call, now time.Time) string {
	if c.StartedAt.IsZero() {
		return "00:00"
	}
	end := now
	if !c.EndedAt.IsZero() {
		end = c.EndedAt
	}
	s := int(max(0, end.Sub(c.StartedAt)) / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%02d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// callWords is the state of a call in words, with the timer once it runs.
func callWords(c phone.Call, now time.Time) string {
	switch c.State {
	case phone.CallConnecting:
		if c.Direction == phone.Incoming {
			return "Connecting…"
		}
		return "Calling…"
	case phone.CallRinging, phone.CallEarly:
		return "Ringing…"
	case phone.CallIncoming:
		return "Incoming call"
	case phone.CallEnded:
		return endWords(c)
	}
	switch {
	case c.Transfer.State == phone.TransferRinging:
		return "Ringing at " + transferName(c) + "…"
	case c.Transfer.State.Pending():
		return "Transferring to " + transferName(c) + "…"
	case !c.ReconnectingSince.IsZero():
		return fmt.Sprintf("Reconnecting… %d s", max(0, int(now.Sub(c.ReconnectingSince)/time.Second)))
	case c.HoldPending && c.LocalHold:
		return "Resuming…"
	case c.HoldPending:
		return "Holding…"
	case c.LocalHold:
		return "On hold · " + talkTime(c, now)
	case c.RemoteHold:
		return "Held by the other side · " + talkTime(c, now)
	}
	return talkTime(c, now)
}

// endWords says why a call ended.
func endWords(c phone.Call) string {
	if c.Transfer.State == phone.TransferDone {
		return "Transferred to " + transferName(c)
	}
	s := callEnd(c)
	if s.Title == "" {
		return "Call ended"
	}
	return s.Title
}

func callEnd(c phone.Call) Sentence {
	return Explain(c.End, Subject{Topic: TopicCall, Name: callName(c)})
}

// callName is how the other party of a call is shown.
func callName(c phone.Call) string { return nameOrNumber(c.DisplayName, c.Peer) }

// shortCallWords is the state of a call where room is short: a chip, the bar.
func shortCallWords(c phone.Call, now time.Time) string {
	switch {
	case c.State == phone.CallConfirmed && c.Transfer.State.Pending():
		return "transferring"
	case c.State == phone.CallConfirmed && !c.ReconnectingSince.IsZero():
		return "reconnecting"
	case c.State == phone.CallConfirmed && c.LocalHold:
		return "on hold"
	case c.State == phone.CallConfirmed:
		return talkTime(c, now)
	}
	return strings.TrimSuffix(strings.ToLower(callWords(c, now)), "…")
}

// soundWords names codec and bandwidth: "HD · Opus 48 kHz".
func soundWords(codec string) string {
	switch strings.ToLower(codec) {
	case "":
		return ""
	case "opus":
		return "HD · Opus 48 kHz"
	case "g722":
		return "HD · G.722 16 kHz"
	}
	return codecWord(codec) + " 8 kHz"
}

// qualityWord grades a call by the mean opinion score of G.107.2; no word and no
// bars while it is not known. It grades what the path takes away: that a codec
// has a telephone's band is no fault of the connection, which bars tell of.
func qualityWord(mos float64, codec string) (word string, bars int) {
	if mos > 0 {
		mos += phone.BestMOS("opus") - phone.BestMOS(codec)
	}
	switch {
	case mos <= 0:
		return "", 0
	case mos >= 4.2:
		return "Excellent", 4
	case mos >= 3.8:
		return "Good", 3
	case mos >= 3.1:
		return "Fair", 2
	case mos >= 2.58: // G.107 Annex B: below, nearly all users are dissatisfied
		return "Poor", 1
	}
	return "Bad", 1
}

// liveCalls are the calls that have not ended, do not ring for an answer and
// have not given their place to another.
func liveCalls(s *phone.Snapshot) []phone.Call {
	var live []phone.Call
	for _, c := range s.Calls {
		if c.Live() && c.State != phone.CallIncoming && c.Successor == "" {
			live = append(live, c)
		}
	}
	return live
}

// ringingCalls are those that wait for an answer, the oldest first.
func ringingCalls(s *phone.Snapshot) []phone.Call {
	var ringing []phone.Call
	for _, c := range s.Calls {
		if c.State == phone.CallIncoming {
			ringing = append(ringing, c)
		}
	}
	return ringing
}

// mainCall is the call that the call view shows: the wanted one if it lives,
// else the one being talked on, else the newest that is not on hold, else the
// newest; else of those that have just ended the one handed over, else the
// wanted one, else the last. ok is false when there is none.
func mainCall(s *phone.Snapshot, wanted phone.CallID, now time.Time) (c phone.Call, ok bool) {
	live := liveCalls(s)
	rank := func(c phone.Call) int {
		switch {
		case c.ID == wanted:
			return 4
		case c.State != phone.CallConfirmed:
			return 3
		case !c.LocalHold:
			return 2
		}
		return 1
	}
	best := 0
	for _, l := range live {
		if r := rank(l); r >= best {
			c, best, ok = l, r, true
		}
	}
	if ok {
		return c, true
	}
	for _, ended := range s.Calls {
		if !lingers(ended, now) || !shownWhenEnded(ended) {
			continue
		}
		if r := endedRank(ended, wanted); r >= best {
			c, best, ok = ended, r, true
		}
	}
	return c, ok
}

func endedRank(c phone.Call, wanted phone.CallID) int {
	switch {
	case c.Transfer.State == phone.TransferDone: // the one that was asked ends with it
		return 2
	case c.ID == wanted:
		return 1
	}
	return 0
}

// shownWhenEnded leaves out calls that never were in the call view: those
// that rang here and were not answered.
func shownWhenEnded(c phone.Call) bool {
	return c.Direction == phone.Outgoing || !c.StartedAt.IsZero()
}
