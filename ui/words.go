package ui

import (
	"fmt"
	"strings"
	"time"

	"webphone/phone"
	"webphone/phone/ua"
)

// plainAddress is an address as people write it: without scheme, parameters
// and headers.
func plainAddress(uri string) string {
	s := uri
	for _, scheme := range []string{"sip:", "sips:", "tel:"} {
		if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			s = s[len(scheme):]
			break
		}
	}
	if i := strings.IndexAny(s, ";?"); i >= 0 {
		s = s[:i]
	}
	return s
}

// nameOrNumber is how somebody is shown: the name if there is one, else the
// number grouped for reading or the user part, else the address.
func nameOrNumber(name, uri string) string {
	if name != "" {
		return name
	}
	plain := plainAddress(uri)
	user, _, hasDomain := strings.Cut(plain, "@")
	switch {
	case isNumber(user):
		return spacedNumber(user)
	case hasDomain && user != "":
		return user
	}
	return plain
}

func isNumber(s string) bool {
	digits := 0
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+' && i == 0, strings.ContainsRune(" -()./", r):
		default:
			return false
		}
	}
	return digits > 0
}

// spacedNumber groups the digits of a number that has no groups: North
// American ones as +1 555 010 4477, others in threes from the right, so that
// they can be read aloud. Short numbers stay whole.
func spacedNumber(s string) string {
	if strings.ContainsAny(s, " -()./") || len(s) < 7 {
		return s
	}
	prefix, rest := "", s
	if strings.HasPrefix(s, "+1") && len(s) == 12 {
		return strings.Join([]string{"+1", s[2:5], s[5:8], s[8:]}, " ")
	}
	if strings.HasPrefix(s, "+") {
		prefix, rest = s[:3]+" ", s[3:]
	}
	var groups []string
	for len(rest) > 4 {
		groups = append([]string{rest[len(rest)-3:]}, groups...)
		rest = rest[:len(rest)-3]
	}
	return prefix + strings.Join(append([]string{rest}, groups...), " ")
}

// clock is the time of day: "09:58".
func clock(t time.Time) string { return t.Local().Format("15:04") }

// day is a date in full: "6 January 2000".
func day(t time.Time) string { return t.Local().Format("2 January 2006") }

// daysBefore is how many midnights lie between t and now.
func daysBefore(t, now time.Time) int {
	t, now = t.Local(), now.Local()
	a := time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC)
	b := time.Date(now.Year(), now.Month(), now.Day(), 12, 0, 0, 0, time.UTC)
	return int(b.Sub(a) / (24 * time.Hour))
}

// dayWord names the day of t as a heading does: Today, Yesterday, Monday, or
// the date when that is over six days ago.
func dayWord(t, now time.Time) string {
	switch n := daysBefore(t, now); {
	case n <= 0:
		return "Today"
	case n == 1:
		return "Yesterday"
	case n < 7:
		return t.Local().Weekday().String()
	case t.Local().Year() == now.Local().Year():
		return t.Local().Format("2 January")
	}
	return day(t)
}

// whenWord is the shortest time that is clear, for the end of a row: 10:24
// today, then Yesterday, Mon, 3 Jan, 3 Jan 1999.
func whenWord(t, now time.Time) string {
	switch n := daysBefore(t, now); {
	case n <= 0:
		return clock(t)
	case n == 1:
		return "Yesterday"
	case n < 7:
		return t.Local().Format("Mon")
	case t.Local().Year() == now.Local().Year():
		return t.Local().Format("2 Jan")
	}
	return t.Local().Format("2 Jan 2006")
}

// stamp is day and time, for a table: "Today 10:24", "Tue 16:05".
func stamp(t, now time.Time) string {
	switch n := daysBefore(t, now); {
	case n <= 0:
		return "Today " + clock(t)
	case n == 1:
		return "Yesterday " + clock(t)
	}
	return whenWord(t, now) + " " + clock(t)
}

// duration is a length as a clock shows it: 4:12, 1:02:09.
func duration(d time.Duration) string {
	s := int(d / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// outcomeWords says how a past call went, in a few words: "Outgoing · 4:12",
// "Missed call", "No answer".
func outcomeWords(h phone.HistoryEntry) string {
	switch h.Outcome {
	case phone.OutcomeAnswered:
		return directionWord(h.Direction) + " · " + duration(h.Duration)
	case phone.OutcomeMissed:
		return "Missed call"
	case phone.OutcomeDeclined:
		return "Declined by you"
	case phone.OutcomeElsewhere:
		return "Answered on another device"
	case phone.OutcomeCancelled:
		return "Cancelled"
	case phone.OutcomeNoAnswer:
		return "No answer"
	case phone.OutcomeBusy:
		return "Busy"
	case phone.OutcomeRejected:
		return "Declined"
	case phone.OutcomeFailed:
		return "Failed"
	}
	return directionWord(h.Direction)
}

// outcomeWord is the same in one word, without the length.
func outcomeWord(h phone.HistoryEntry) string {
	switch h.Outcome {
	case phone.OutcomeAnswered:
		return directionWord(h.Direction)
	case phone.OutcomeMissed:
		return "Missed"
	case phone.OutcomeDeclined:
		return "Declined"
	case phone.OutcomeElsewhere:
		return "Elsewhere"
	}
	return outcomeWords(h)
}

func directionWord(d phone.Direction) string {
	if d == phone.Incoming {
		return "Incoming"
	}
	return "Outgoing"
}

// explainHistory is why a past call ended as it did; the zero Sentence for
// one that went well.
func explainHistory(h phone.HistoryEntry) Sentence {
	if h.Outcome == phone.OutcomeAnswered && (h.Cause == "" || ua.Cause(h.Cause) == ua.CauseBye) {
		return Sentence{}
	}
	e := &ua.EndError{Cause: ua.Cause(h.Cause), Status: h.Status, Origin: ua.Local, Established: h.Outcome == phone.OutcomeAnswered}
	if h.Direction == phone.Incoming || h.Outcome == phone.OutcomeBusy || h.Outcome == phone.OutcomeRejected {
		e.Origin = ua.Remote
	}
	if h.Outcome == phone.OutcomeDeclined {
		return Sentence{Title: "You declined the call", Calm: true, Details: endDetails(e)}
	}
	if h.Outcome == phone.OutcomeMissed {
		who := nameOrNumber(h.DisplayName, h.Peer)
		return Sentence{Title: "You missed this call", Text: who + " gave up before you answered.", Details: endDetails(e)}
	}
	if h.Cause == "" && h.Status == 0 {
		return Sentence{}
	}
	s := Explain(e, Subject{Topic: TopicCall, Name: nameOrNumber(h.DisplayName, h.Peer)})
	s.Title = strings.NewReplacer(" is busy", " was busy", " is not reachable now", " was not reachable").Replace(s.Title)
	s.Actions = nil
	return s
}

// connectionWord says how an account stands, in a word or two.
func connectionWord(a phone.AccountState) string {
	switch a.State {
	case phone.Registered:
		return "Ready"
	case phone.Registering:
		return "Signing in…"
	case phone.Connecting:
		if a.Problem != nil {
			return "Reconnecting…"
		}
		return "Connecting…"
	case phone.Failed:
		return "Not signed in"
	}
	return "Offline"
}

// codecWord is a codec as people know it: Opus, G.722, PCMU, PCMA.
func codecWord(codec string) string {
	switch strings.ToLower(codec) {
	case "opus":
		return "Opus"
	case "g722":
		return "G.722"
	}
	return strings.ToUpper(codec)
}

// messageWords says how far an own message has come. A failed one has its
// reason: "Not sent: Bob Meyer is not reachable now".
func messageWords(m phone.Message, name string) string {
	switch m.State {
	case phone.MessageQueued:
		return "Waiting to be sent"
	case phone.MessageSending:
		return "Sending…"
	case phone.MessageAccepted:
		return "Sent"
	case phone.MessageDelivered:
		return "Delivered"
	case phone.MessageRead:
		return "Read"
	case phone.MessageFailed:
		title := explainFailedMessage(m, name).Title
		if name == "" || !strings.HasPrefix(title, name) {
			title = firstLower(title)
		}
		return "Not sent: " + title
	}
	return ""
}

// explainFailedMessage is why an own message was not accepted.
func explainFailedMessage(m phone.Message, name string) Sentence {
	e := &ua.EndError{Cause: ua.Cause(m.Cause), Status: m.Status, Origin: ua.Remote}
	return Explain(e, Subject{Topic: TopicMessage, Name: name})
}

// firstLower makes a title fit to follow a colon; a word in capitals, such as
// SIP, stays as it is.
func firstLower(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && (s[1] < 'A' || s[1] > 'Z') {
		return string(s[0]+'a'-'A') + s[1:]
	}
	return s
}
