package ui

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"webphone/audio/record"
	"webphone/phone"
	"webphone/phone/sip"
	"webphone/phone/store"
	"webphone/phone/transport"
	"webphone/phone/ua"
)

// explainPhone has the words for what the phone refuses and for what was
// typed wrongly.
func explainPhone(err error, about Subject) (Sentence, bool) {
	var (
		target  *phone.TargetError
		account *phone.AccountError
		storage *phone.StorageError
		moved   *phone.DeviceNotice
		hold    *phone.HoldError
		merge   *phone.MergeError
		dtmf    *phone.DTMFError
		parse   *sip.ParseError
		syntax  *sip.SyntaxError
		config  *ua.ConfigurationError
		server  *transport.ConfigError
		state   *ua.StateError
	)
	switch {
	case errors.As(err, &target):
		return Sentence{
			Title: fmt.Sprintf("%q is neither an address nor a number", target.Target),
			Text:  "Type a number, a name like bob, or an address like bob@example.com.",
		}, true
	case errors.As(err, &account):
		return explainAccountFault(account), true
	case errors.As(err, &storage):
		return Sentence{
			Title: savedWhat(storage.What) + " could not be saved",
			Text:  "What you see stays until you quit. " + firstUpper(lastPart(storage.Err.Error())) + ".",
		}, true
	case errors.As(err, &moved):
		return Sentence{Title: moved.Gone + " is gone – now on " + moved.Now, Actions: []Action{ActionAudio}, Calm: true}, true
	case errors.As(err, &hold):
		return Sentence{
			Title: nameOrNumber("", hold.Peer) + " could not be put on hold or back",
			Text:  "The call goes on as it was.",
		}, true
	case errors.As(err, &merge):
		return explainMerge(merge), true
	case errors.As(err, &dtmf):
		return Sentence{Title: "The digits " + dtmf.Tones + " did not reach the other side", Text: firstUpper(lastPart(dtmf.Err.Error())) + "."}, true
	case errors.As(err, &parse):
		return Sentence{Title: "The other side sent something that is not SIP", Text: "It was left out."}, true
	case errors.As(err, &server) && server.Field == "Servers":
		return Sentence{
			Title: "This is not the address of a server", Text: "It begins with wss:// or ws://; this one " + firstLower(lastPart(server.Err.Error())) + ".",
			Actions: []Action{ActionEdit},
		}, true
	case errors.As(err, &server):
		return Sentence{Title: "The connection cannot be set up like this", Text: firstUpper(server.Field) + ": " + lastPart(server.Err.Error()) + "."}, true
	case errors.As(err, &config):
		return Sentence{
			Title: "The account cannot be used as it is", Text: config.Parameter + " " + lastPart(config.Err.Error()) + ".",
			Actions: []Action{ActionEdit},
		}, true
	case errors.As(err, &syntax):
		return Sentence{Title: "This is not a SIP address", Text: "Type it as name@example.com."}, true
	case errors.As(err, &state):
		return Sentence{Title: "That is not possible at this moment", Text: "The call has changed in the meantime.", Calm: true}, true
	}
	if fields := fieldErrors(err); len(fields) > 0 {
		return explainFields(fields), true
	}
	return explainSentinel(err, about)
}

// explainSentinel has the words for errors that carry nothing but themselves.
func explainSentinel(err error, about Subject) (Sentence, bool) {
	for _, known := range []struct {
		err      error
		sentence Sentence
	}{
		{phone.ErrNoAccount, Sentence{Title: "There is no account yet", Text: "Add one in Settings, or try the demo.", Actions: []Action{ActionEdit}}},
		{phone.ErrNotRegistered, Sentence{Title: "Not signed in", Text: "Calls need a connection to your phone system.", Actions: []Action{ActionRetry, ActionEdit}}},
		{phone.ErrNoCall, Sentence{Title: "There is no such call now", Calm: true}},
		{phone.ErrWhichCall, Sentence{Title: "Several calls are on hold", Text: "Choose one of them first."}},
		{phone.ErrNoMessage, Sentence{Title: "That message is gone", Calm: true}},
		{phone.ErrEmptyMessage, Sentence{Title: "The message is empty", Calm: true}},
		{phone.ErrNotDemo, Sentence{Title: "Only the demo can ring you"}},
		{phone.ErrDemoAccount, Sentence{Title: "The demo’s account cannot be changed", Text: "Remove it to end the demo, or add an account of your own."}},
		{phone.ErrDemoContact, Sentence{Title: "The demo’s contacts cannot be changed", Text: "They go with the demo. Add contacts of your own."}},
		{phone.ErrDemoAccount, Sentence{Title: "The demo’s account cannot be changed", Text: "Add one of your own beside it."}},
		{phone.ErrDemoContact, Sentence{Title: "The demo’s people cannot be changed"}},
		{phone.ErrDemoRunning, Sentence{Title: "The demo is running already", Calm: true}},
		{phone.ErrClosed, Sentence{Title: "The phone is shutting down", Calm: true}},
		{phone.ErrRestarting, Sentence{Title: "A new path was looked for a moment ago", Text: "Give it some seconds.", Calm: true}},
		{phone.ErrTransferring, Sentence{Title: "The call is being transferred already", Text: "Wait for what becomes of it.", Calm: true}},
		{phone.ErrTransferSelf, Sentence{Title: "A call cannot be joined with itself", Text: "Choose another call, or type a number."}},
		{phone.ErrMergeAlone, Sentence{Title: "There is no other call to merge with", Text: "Call somebody else first; both calls must be answered."}},
		{phone.ErrMerging, Sentence{Title: "The calls are being merged already", Text: "Wait a moment.", Calm: true}},
		{phone.ErrNoConference, Sentence{Title: "There is no conference now", Calm: true}},
		{phone.ErrConnectTwo, Sentence{Title: "Only two others can be connected with each other", Text: "With more of them the conference ends when you leave."}},
		{phone.ErrDTMF, Sentence{Title: "Only digits, A to D, * and # can be sent as tones"}},
		{transport.ErrNotConnected, Sentence{Title: "No connection", Text: "The phone is not connected to the server now.", Actions: []Action{ActionRetry}}},
		{transport.ErrQueueFull, Sentence{Title: "The server does not take anything in", Text: "Too much is waiting to be sent.", Actions: []Action{ActionRetry}}},
		{ua.ErrStopped, Sentence{Title: "The account is being switched off", Calm: true}},
		{ua.ErrNoTelephoneEvent, Sentence{Title: "The other side takes no digits"}},
		{ua.ErrUserDenied, Sentence{Title: "The system does not let us use the microphone", Text: "Allow it in the system’s privacy settings.", Actions: []Action{ActionAudio}}},
		{ua.ErrPathLost, Sentence{Title: "No path for sound", Text: "A firewall blocks it. A TURN server would help.", Actions: []Action{ActionNetwork}}},
		{ua.ErrNoBinding, forgotten()},
		{ua.ErrAcceptedBefore, refusedNow(about.host())},
		{ua.ErrBadEvent, Sentence{Title: "That cannot be watched", Text: "There is no such kind of news."}},
		{ua.ErrInsecure, Sentence{Title: "This address asks for a secure connection", Text: "The account’s server begins with ws://; a sips: address needs wss://.", Actions: []Action{ActionEdit}}},
		{transport.ErrFailover, Sentence{Title: "Changed to another server", Calm: true}},
		{ua.ErrIncompatibleSDP, explainCall(&ua.EndError{Cause: ua.CauseIncompatibleSDP}, about)},
		{context.Canceled, Sentence{Title: "Cancelled", Calm: true}},
		{context.DeadlineExceeded, Sentence{Title: "That took too long", Text: "Nobody answered in time.", Actions: []Action{ActionRetry}}},
	} {
		if errors.Is(err, known.err) {
			return known.sentence, true
		}
	}
	return Sentence{}, false
}

// savedWhat begins a sentence about what could not be written down.
func savedWhat(what string) string {
	if what == "settings" {
		return "The settings"
	}
	return "The " + what
}

func explainAccountFault(e *phone.AccountError) Sentence {
	account := plainAddress(e.URI)
	s := Sentence{Actions: []Action{ActionEdit}, Text: firstUpper(lastPart(e.Err.Error())) + "."}
	switch e.Op {
	case "password":
		s.Title = "The password of " + account + " could not be read"
		s.Text = "Type it again. " + s.Text
	case "certificates":
		s.Title = "The certificates for " + account + " could not be used"
	default:
		s.Title = "The account " + account + " cannot be used as it is"
	}
	return s
}

// fieldErrors collects what is wrong with a form, also from joined errors.
func fieldErrors(err error) []*store.FieldError {
	if err == nil {
		return nil
	}
	if f, ok := err.(*store.FieldError); ok {
		return []*store.FieldError{f}
	}
	switch err := err.(type) {
	case interface{ Unwrap() []error }:
		var all []*store.FieldError
		for _, e := range err.Unwrap() {
			all = append(all, fieldErrors(e)...)
		}
		return all
	case interface{ Unwrap() error }:
		return fieldErrors(err.Unwrap())
	}
	return nil
}

// innermost is the end of a chain of errors.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

func explainFields(fields []*store.FieldError) Sentence {
	lines := make([]string, len(fields))
	for i, f := range fields {
		lines[i] = fieldWords(f)
	}
	return Sentence{Title: strings.TrimSuffix(lines[0], "."), Text: strings.Join(lines[1:], " ")}
}

// fieldWords says what is wrong with one field of a form.
func fieldWords(f *store.FieldError) string {
	if t := (*phone.TargetError)(nil); errors.As(f, &t) {
		return Explain(t, Subject{}).Title + "."
	}
	if failed := (*record.Error)(nil); errors.As(f, &failed) {
		return folderWords(failed)
	}
	reason := innermost(f.Err).Error()
	word, known := fieldNames[fieldName(f)]
	if !known {
		word = "“" + f.Field + "”"
	}
	if strings.HasPrefix(reason, "not a") {
		return "This is " + reason + "."
	}
	if reason == "missing" {
		return firstUpper(word) + " is missing."
	}
	return firstUpper(word) + ": " + reason + "."
}

// fieldName is the last part of a field's path, without an index: "servers"
// for "accounts[0].servers[1]".
func fieldName(f *store.FieldError) string {
	name := strings.ToLower(f.Field)
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	name, _, _ = strings.Cut(name, "[")
	return name
}

// fieldNames has the names that the forms show for fields of settings.
var fieldNames = map[string]string{
	"uri": "the SIP address", "server": "the server", "servers": "the server", "password": "the password", "name": "the name",
	"addresses": "the address or number", "display_name": "the display name", "auth_user": "the authorization user",
	"ca_file": "the certificate file", "ca_pem": "the certificate", "stun": "the STUN server", "turn": "the TURN server",
	"url": "the TURN server", "no_answer_seconds": "the ring time", "codecs": "the list of codecs", "folder": "the folder", "theme": "the theme",
}
