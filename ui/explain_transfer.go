package ui

import (
	"errors"
	"strings"

	"webphone/phone"
	"webphone/phone/ua"
)

// transferName is who gets a call that is transferred.
func transferName(c phone.Call) string { return nameOrNumber(c.Transfer.Name, c.Transfer.Target) }

// transferFailure says why a transfer failed, and that nothing is lost: a call
// that is transferred in vain goes on.
func transferFailure(c phone.Call) string {
	title := explainTransfer(c.Transfer, callName(c)).Title
	if !strings.HasPrefix(title, transferName(c)) && !strings.HasPrefix(title, callName(c)) {
		title = firstLower(title)
	}
	return "Transfer failed – " + title + ". The call is still yours."
}

// explainTransfer has the words for a transfer that failed: because of the
// target, or because the other side, who, did not try.
func explainTransfer(t phone.Transfer, who string) Sentence {
	target := nameOrNumber(t.Name, t.Target)
	var e *ua.EndError
	if !errors.As(t.Err, &e) {
		return Explain(t.Err, Subject{Topic: TopicCall, Name: target})
	}
	if t.Refused {
		return explainRefusedTransfer(e, who)
	}
	switch e.Cause {
	case ua.CauseRequestTimeout:
		return Sentence{Title: "Nobody says what became of it"}
	case ua.CauseCanceled:
		return Sentence{Title: "The call to " + target + " was cancelled"}
	case ua.CauseRejected:
		if e.Status == 603 {
			return Sentence{Title: target + " or " + who + " declined it"}
		}
	}
	return explainCall(e, Subject{Topic: TopicCall, Name: target})
}

func explainRefusedTransfer(e *ua.EndError, who string) Sentence {
	switch e.Status {
	case 405, 420, 489, 501:
		return Sentence{Title: who + "’s phone does not take transfers"}
	case 403, 603:
		return Sentence{Title: who + "’s phone or server does not allow it"}
	case 400, 416, 484:
		return Sentence{Title: who + "’s phone does not understand that address"}
	case 481:
		return Sentence{Title: who + "’s phone no longer knows the call"}
	}
	switch e.Cause {
	case ua.CauseConnection:
		return Sentence{Title: "No connection"}
	case ua.CauseRequestTimeout:
		return Sentence{Title: who + "’s phone did not answer"}
	}
	return Sentence{Title: who + "’s phone refused"}
}
