package ui

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"webphone/phone"
	"webphone/phone/transport"
	"webphone/phone/ua"
)

// Sentence is an error in words that a person can act upon.
type Sentence struct {
	// Title says what happened: "Bob Meyer is busy".
	Title string
	// Text says why or what to do; "" when the title says it all.
	Text string
	// Actions are what to offer, the most useful first.
	Actions []Action
	// Details are for those who need the code and the raw words; one fact a
	// line, "" when there is nothing to add.
	Details string
	// Calm says that nothing is wrong: no error colour.
	Calm bool
}

// String is title and text, each a sentence, in one line.
func (s Sentence) String() string {
	if s.Text == "" {
		return s.Title
	}
	return s.Title + ". " + s.Text
}

// Action is something that may help against an error.
type Action int

// The actions; the window knows how to do each.
const (
	ActionRetry     Action = iota + 1 // connect, send or call again, now
	ActionEdit                        // open the account's form
	ActionMessage                     // write to the person instead
	ActionCallAgain                   // dial the same address
	ActionAudio                       // choose another device
	ActionNetwork                     // set a STUN or TURN server
	ActionTrust                       // trust the certificate for this account
)

// String is the label of the action's button.
func (a Action) String() string {
	switch a {
	case ActionRetry:
		return "Try again"
	case ActionEdit:
		return "Edit account"
	case ActionMessage:
		return "Message"
	case ActionCallAgain:
		return "Call again"
	case ActionAudio:
		return "Choose device"
	case ActionNetwork:
		return "Network settings"
	case ActionTrust:
		return "Trust this certificate"
	}
	return ""
}

// Topic is what somebody tried to do when an error came: the same answer of a
// server means other things to a call than to a sign-in.
type Topic int

// The topics. The zero Topic is anything else: a command, a device, a file.
const (
	TopicOther Topic = iota
	TopicAccount
	TopicCall
	TopicMessage
)

// Subject is what an error is about.
type Subject struct {
	Topic Topic
	// Name is the other person for a call or message, the address of the
	// account for an account; "" if not known.
	Name string
	// Server is the URL of the account's server; "" if not known.
	Server string
	// RetryIn is when the phone tries again by itself; 0 means not at all.
	RetryIn time.Duration
}

// who is the subject's name, fit to begin a sentence.
func (s Subject) who() string {
	if s.Name == "" {
		return "The other side"
	}
	return s.Name
}

// host is the server's host name.
func (s Subject) host() string {
	if u, err := url.Parse(s.Server); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	if _, domain, ok := strings.Cut(s.Name, "@"); ok && s.Topic == TopicAccount {
		return domain
	}
	return unknownHost
}

const unknownHost = "the server"

// next is the sentence that ends an explanation when the phone tries again.
func (s Subject) next() string {
	if s.RetryIn <= 0 {
		return ""
	}
	return fmt.Sprintf("Next try in %d s.", int((s.RetryIn+time.Second-1)/time.Second))
}

// Explain turns any error that a person can meet into a sentence. A nil error
// gives the zero Sentence. It is pure.
func Explain(err error, about Subject) Sentence {
	if err == nil {
		return Sentence{}
	}
	s := explain(err, about)
	if s.Details == "" {
		s.Details = err.Error()
	}
	return s
}

func explain(err error, about Subject) Sentence {
	var te *transport.Error
	var ee *ua.EndError
	switch {
	case errors.As(err, &ee):
		return explainEnd(ee, about)
	case errors.As(err, &te):
		return explainTransport(te, about)
	}
	if s, ok := explainDevice(err); ok {
		return s
	}
	if s, ok := explainRecording(err); ok {
		return s
	}
	if s, ok := explainPhone(err, about); ok {
		return s
	}
	if s, ok := explainStore(err); ok {
		return s
	}
	return explainUnknown(err)
}

// explainUnknown is the last resort: honest, and the raw words in the details.
func explainUnknown(err error) Sentence {
	return Sentence{Title: "Something unexpected happened", Text: firstUpper(lastPart(err.Error())) + "."}
}

// lastPart is the end of a chain of errors, where the reason stands.
func lastPart(s string) string {
	parts := strings.Split(strings.TrimRight(s, ". \n"), ": ")
	return strings.TrimSpace(parts[len(parts)-1])
}

func firstUpper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// join puts sentences together, leaving out the empty ones.
func join(sentences ...string) string {
	kept := sentences[:0:0]
	for _, s := range sentences {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, " ")
}

// ExplainAccount is the sentence for an account that is not well at now; the
// zero Sentence for one that is.
func ExplainAccount(a phone.AccountState, now time.Time) Sentence {
	about := Subject{Topic: TopicAccount, Name: plainAddress(a.URI), Server: a.Server}
	if a.RetryAt.After(now) {
		about.RetryIn = a.RetryAt.Sub(now)
	}
	return Explain(a.Problem, about)
}
