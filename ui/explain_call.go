package ui

import (
	"errors"
	"fmt"
	"strings"

	"webphone/phone/transport"
	"webphone/phone/ua"
)

// explainEnd has the words for how a call ended, a message failed or an
// account was refused.
func explainEnd(e *ua.EndError, about Subject) Sentence {
	var s Sentence
	var te *transport.Error
	switch {
	case e.Cause == ua.CauseConnection && errors.As(e.Err, &te):
		s = explainTransport(te, about)
		s.Actions = nil
		if about.Topic == TopicAccount {
			s.Actions = []Action{ActionRetry, ActionEdit}
		}
	case about.Topic == TopicAccount:
		s = explainRegistration(e, about)
	case about.Topic == TopicMessage:
		s = explainMessage(e, about)
	default:
		s = explainCall(e, about)
	}
	s.Details = endDetails(e)
	return s
}

// endDetails is the code and the raw words of an end, a fact a line.
func endDetails(e *ua.EndError) string {
	var lines []string
	if e.Status != 0 {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("SIP %d %s", e.Status, e.Reason)))
	}
	if e.Cause != "" {
		lines = append(lines, "Cause: "+string(e.Cause))
	}
	if e.Err != nil {
		lines = append(lines, e.Err.Error())
	}
	return strings.Join(lines, "\n")
}

// explainRegistration has the words for a sign-in that was refused.
func explainRegistration(e *ua.EndError, about Subject) Sentence {
	host := about.host()
	account := about.Name
	if account == "" {
		account = "the account"
	}
	s := Sentence{Actions: []Action{ActionEdit, ActionRetry}}
	switch {
	case errors.Is(e, ua.ErrNoBinding):
		s = forgotten()
		s.Text = join(s.Text, about.next())
	case errors.Is(e, ua.ErrAcceptedBefore):
		s = refusedNow(host)
		s.Text = join(s.Text, about.next())
	case e.Cause == ua.CauseAuthentication, e.Status == 401, e.Status == 403, e.Status == 407:
		s.Title = "Wrong user name or password"
		s.Text = fmt.Sprintf("%s refused %s.", theServer(host), account)
		s.Actions = []Action{ActionEdit}
	case e.Cause == ua.CauseNotFound, e.Status == 404:
		s.Title = "The server does not know this account"
		s.Text = fmt.Sprintf("Check name and domain of %s.", account)
		s.Actions = []Action{ActionEdit}
	case e.Status == 503:
		s.Title, s.Text = "The server is busy", about.next()
	case e.Cause == ua.CauseRequestTimeout, e.Status == 408:
		s.Title = "No answer from " + host
		s.Text = join("It is connected, but did not answer the sign-in.", about.next())
	case e.Cause == ua.CauseConnection:
		s.Title, s.Text = "Connection to "+host+" lost", about.next()
	case e.Cause == ua.CauseRedirected:
		s.Title = "This account has moved to another server"
		s.Text = "Ask whoever runs it for the new address."
	case e.Status >= 500:
		s.Title, s.Text = theServer(host)+" has a problem", join("It could not sign you in.", about.next())
	case e.Cause == ua.CauseInternal:
		s.Title, s.Text = "The sign-in went wrong in this phone", about.next()
	default:
		s.Title = theServer(host) + " refused the sign-in"
		s.Text = join(fmt.Sprintf("It gave the reason %q.", reasonOf(e)), about.next())
	}
	return s
}

// forgotten has the words for a sign-in that was taken and led to nothing.
func forgotten() Sentence {
	return Sentence{Title: "The server forgot this phone", Text: "It took the sign-in, but does not list it.", Actions: []Action{ActionRetry}}
}

// refusedNow has the words for a sign-in that worked before.
func refusedNow(host string) Sentence {
	return Sentence{
		Title: theServer(host) + " does not let you sign in now", Text: "The same name and password worked before; the phone tries again by itself.",
		Actions: []Action{ActionRetry, ActionEdit},
	}
}

// theServer begins a sentence with a host that may be unknown.
func theServer(host string) string {
	if host == unknownHost {
		return "The server"
	}
	return "The server " + host
}

// reasonOf is the server's own word for a refusal.
func reasonOf(e *ua.EndError) string {
	switch {
	case e.Reason != "":
		return e.Reason
	case e.Cause != "":
		return string(e.Cause)
	}
	return "none"
}

// explainMessage has the words for a message that was not accepted.
func explainMessage(e *ua.EndError, about Subject) Sentence {
	who := about.who()
	switch e.Status {
	case 403, 405, 415, 501, 606:
		return Sentence{Title: who + "’s server does not take messages", Actions: []Action{ActionCallAgain}}
	case 413, 513:
		return Sentence{Title: "The message is too long for the server", Text: "Send it in parts."}
	case 503:
		return Sentence{Title: "The server is busy", Text: "Send it again in a moment.", Actions: []Action{ActionRetry}}
	}
	switch e.Cause {
	case ua.CauseRejected:
		return Sentence{Title: who + " does not want messages"}
	case ua.CauseUnavailable, ua.CauseNoAnswer, ua.CauseExpires:
		return Sentence{Title: who + " is not reachable now", Text: "Not signed in or not answering.", Actions: []Action{ActionRetry}}
	case ua.CauseConnection:
		return Sentence{Title: "no connection", Text: "The message is kept.", Actions: []Action{ActionRetry}}
	case ua.CauseRequestTimeout:
		return Sentence{Title: "no answer from the server", Text: "The message is kept.", Actions: []Action{ActionRetry}}
	}
	s := explainCall(e, about)
	s.Actions = []Action{ActionRetry}
	return s
}

// explainCall has the words for how a call ended.
func explainCall(e *ua.EndError, about Subject) Sentence {
	if s, ok := callStatus(e.Status, about); ok {
		return s
	}
	who := about.who()
	switch e.Cause {
	case ua.CauseBye:
		if e.Origin == ua.Remote {
			return Sentence{Title: who + " hung up", Calm: true}
		}
		return Sentence{Title: "Call ended", Calm: true}
	case ua.CauseCanceled:
		if e.Origin == ua.Remote {
			return Sentence{Title: "Missed call", Text: who + " gave up before you answered.", Calm: true}
		}
		return Sentence{Title: "Cancelled", Calm: true}
	case ua.CauseReplaced:
		return Sentence{Title: who + " transferred the call", Calm: true}
	case ua.CauseAnsweredElsewhere:
		return Sentence{Title: "Answered on another device", Calm: true}
	case ua.CauseBusy:
		return Sentence{Title: who + " is busy", Actions: []Action{ActionCallAgain, ActionMessage}}
	case ua.CauseRejected:
		return Sentence{Title: who + " declined the call", Actions: []Action{ActionMessage}}
	case ua.CauseNoAnswer:
		return noAnswer()
	case ua.CauseExpires:
		return Sentence{Title: "The call was not answered in time", Actions: []Action{ActionCallAgain, ActionMessage}}
	case ua.CauseUnavailable:
		return Sentence{Title: who + " is not reachable now", Text: "Not signed in or not answering.", Actions: []Action{ActionMessage, ActionCallAgain}}
	case ua.CauseNotFound:
		return Sentence{Title: who + " does not exist on this server", Text: "Check the name or number."}
	case ua.CauseAddressIncomplete:
		return Sentence{Title: "The number is not complete", Text: "Check it: the server expects more digits."}
	case ua.CauseRedirected:
		return Sentence{Title: who + " has another address now", Text: "The server names it in the details; call it directly."}
	case ua.CauseIncompatibleSDP:
		return Sentence{
			Title: "No common sound format or encryption",
			Text:  "The server or the other phone is not set up for WebRTC: it needs DTLS-SRTP, ICE and Opus or G.711.",
		}
	}
	return explainCallFault(e, about)
}

// explainCallFault has the words for calls that failed rather than ended.
func explainCallFault(e *ua.EndError, about Subject) Sentence {
	who := about.who()
	switch e.Cause {
	case ua.CauseMissingSDP:
		return Sentence{Title: "The call came without sound", Text: who + " did not say how to exchange it; the other phone is at fault."}
	case ua.CauseBadMedia:
		return Sentence{Title: "The other phone’s sound settings make no sense", Text: "What it sent about them could not be read."}
	case ua.CauseAuthentication:
		return Sentence{Title: "The server asked for another password", Text: "It does not accept this account’s for calls.", Actions: []Action{ActionEdit}}
	case ua.CauseWebRTC:
		if dtls(e.Err) {
			return noEncryption()
		}
		return Sentence{Title: "The sound could not be set up", Text: "Try again; if it stays so, look at the details.", Actions: []Action{ActionCallAgain}}
	case ua.CauseRTPTimeout:
		if dtls(e.Err) {
			return noEncryption()
		}
		return Sentence{
			Title: "No path for sound", Text: "A firewall blocks it. A TURN server would help.",
			Actions: []Action{ActionNetwork, ActionCallAgain},
		}
	case ua.CauseUserDenied:
		return Sentence{Title: "The system does not let us use the microphone", Text: "Allow it in the system’s privacy settings.", Actions: []Action{ActionAudio}}
	case ua.CauseConnection:
		return Sentence{Title: "Connection lost", Text: "The way to the server broke.", Actions: []Action{ActionCallAgain}}
	case ua.CauseRequestTimeout:
		if e.Established {
			return Sentence{Title: "The call was lost", Text: who + " did not answer any more.", Actions: []Action{ActionCallAgain}}
		}
		return Sentence{Title: "No answer from the server", Text: "It did not react to the call at all.", Actions: []Action{ActionCallAgain}}
	case ua.CauseNoAck:
		return Sentence{Title: "The call did not come up", Text: who + " never confirmed it.", Actions: []Action{ActionCallAgain}}
	case ua.CauseDialog:
		return Sentence{Title: "The call was lost", Text: "The server no longer knows it.", Actions: []Action{ActionCallAgain}}
	case ua.CauseInternal:
		return Sentence{Title: "The call failed in this phone", Text: "That is a fault of the program; the details say more.", Actions: []Action{ActionCallAgain}}
	case ua.CauseSIPFailure:
		if e.Status == 487 { // not by us: a server gave up ringing
			return noAnswer()
		}
		s := Sentence{Title: "The server refused the call", Actions: []Action{ActionCallAgain}}
		if e.Status >= 500 {
			s.Title = "The phone system has a problem"
		}
		if e.Reason != "" {
			s.Text = fmt.Sprintf("It gave the reason %q.", e.Reason)
		}
		return s
	}
	return Sentence{Title: "The call failed", Text: fmt.Sprintf("The reason given is %q.", reasonOf(e))}
}

func noAnswer() Sentence {
	return Sentence{Title: "No answer", Actions: []Action{ActionCallAgain, ActionMessage}}
}

// callStatus has the words for answers that say more than their cause.
func callStatus(status int, about Subject) (Sentence, bool) {
	who := about.who()
	switch status {
	case 402:
		return Sentence{Title: "Not enough credit for this call"}, true
	case 403:
		return Sentence{Title: "Not allowed to call this number", Text: "The server refused it; ask whoever runs it."}, true
	case 502, 503:
		return Sentence{Title: "Line unavailable", Text: "The server has no way to " + whom(about) + " now.", Actions: []Action{ActionCallAgain}}, true
	case 600:
		return Sentence{Title: who + " is busy everywhere", Actions: []Action{ActionMessage, ActionCallAgain}}, true
	case 607, 608:
		return Sentence{Title: "Rejected as unwanted", Text: who + " or the server takes this call for a nuisance."}, true
	}
	return Sentence{}, false
}

func whom(about Subject) string {
	if about.Name == "" {
		return "this number"
	}
	return about.Name
}

// dtls reports whether an error came from the encryption of the sound. The
// error belongs to the media, which the window does not know; its words do.
func dtls(err error) bool {
	if err == nil {
		return false
	}
	words := strings.ToLower(err.Error())
	return strings.Contains(words, "dtls") || strings.Contains(words, "encryption")
}

func noEncryption() Sentence {
	return Sentence{Title: "Could not agree on encryption", Text: "The call was stopped, because nobody may listen in."}
}
