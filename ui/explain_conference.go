package ui

import (
	"errors"

	"webphone/phone"
	"webphone/phone/ua"
)

// explainMerge says why calls could not be made a conference: one of them did
// not come back from hold.
func explainMerge(e *phone.MergeError) Sentence {
	who := nameOrNumber("", e.Peer)
	s := Sentence{Title: who + " could not be added to the conference", Text: "The calls are as they were."}
	var end *ua.EndError
	if !errors.As(e.Err, &end) {
		return s
	}
	switch {
	case end.Cause == ua.CauseBye, end.Cause == ua.CauseCanceled, end.Cause == ua.CauseDialog:
		s.Title = who + " hung up before the calls were merged"
		s.Calm = true
	case end.Status == 491 || end.Status == 500:
		s.Text = "Their phone was busy with a change of its own; try it again. " + s.Text
	case end.Cause == ua.CauseRequestTimeout || end.Status == 408:
		s.Text = "Their phone did not answer. " + s.Text
	case end.Cause == ua.CauseConnection:
		s.Text = "There is no connection to the server now. " + s.Text
	case end.Status >= 400:
		s.Text = "Their phone refused to be taken off hold. " + s.Text
	}
	return s
}
