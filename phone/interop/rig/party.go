package rig

import (
	"errors"
	"fmt"
	"time"

	"webphone/audio/codec"
)

// Call is what a party knows of a call.
type Call struct {
	ID         string
	Direction  string // "incoming" or "outgoing"
	State      string // "connecting", "ringing", "incoming", "early", "confirmed" or "ended"
	Peer       string // its address, as the party shows it
	LocalHold  bool
	RemoteHold bool
	DTMF       string   // keys received
	Info       []string // content type and body of each INFO received that is no key
	Refer      int      // status that the last NOTIFY about its transfer told, or 0
	Early      bool     // it had sound to play before it was answered
	Cause      string   // why it ended
	Status     int      // SIP status with which it ended, or 0
	Codec      string
	Encrypted  bool
}

// Text is a received message.
type Text struct{ From, Body string }

// Subscription is what a party knows of one of its subscriptions.
type Subscription struct {
	Event  string   `json:"event"`
	State  string   `json:"state"` // "init", "pending", "active" or "terminated"
	Bodies []string `json:"bodies"`
}

// Party is one end of a call: the phone, JsSIP or SIP.js. Every method waits
// at most ten seconds.
type Party interface {
	Name() string // "phone", "agent", "jssip" or "sipjs"
	URI() string
	Tone() float64 // frequency in hertz that it speaks without end

	Dial(target string) error
	Answer() error
	Decline() error // 486
	Hangup() error
	Hold() error
	Resume() error
	SendDTMF(keys string) error
	SendText(to, body string) error

	Call() (Call, error)              // the newest since Forget; the zero Call when there is none
	Texts() ([]Text, error)           // received so far
	Position() (int, error)           // how many samples it has played
	Played(from int) ([]int16, error) // samples from a position on
	Forget() error                    // hangs up what is left and starts a new count
	Story() string                    // what happened, for the message of a failed test
}

// Peer is a party that can do all that the scenarios ask of a call.
type Peer interface {
	Party
	Register() error                         // starts and waits until registered
	WaitRegistered(wanted bool) error        // or not registered
	Reject(status int) error                 // refuses the ringing call
	SendInfoDTMF(keys string) error          // by INFO, whatever the descriptions say
	SendInfo(contentType, body string) error // returns when it is accepted
	SendTextInCall(body string) error        // returns when it is accepted
	SendOptions(to string) error             // returns when it is accepted
	HangupAll() error
	Calls() ([]Call, error) // all since Forget, oldest first
	Close()
}

// Transferor is a Peer that can transfer its calls. Both methods return when
// the request is accepted; Call.Refer tells what becomes of it.
type Transferor interface {
	Transfer(target string) error // the other side of the newest call
	Attend() error                // the two other sides of the two newest calls, to each other
}

// Chooser is a Peer that can go over to another codec within a call.
type Chooser interface {
	Prefer(codecs ...codec.Name) error // those first, by a new offer
}

// Forwarder is a Peer that can send a caller to somebody else (302).
type Forwarder interface {
	Forward(target string) error // the ringing call
}

// Watcher is a Peer that can subscribe to what a server knows.
type Watcher interface {
	Subscribe(target, event, accept string) error
	Unsubscribe() error                     // from the newest
	Subscriptions() ([]Subscription, error) // oldest first
}

// Publisher is a Peer that can publish state of its own.
type Publisher interface {
	Publish(event, contentType, body string) error
}

// Limit is how long a party may take for one step of a call.
const Limit = 20 * time.Second

// WaitCall waits until the party's newest call is as wanted.
func WaitCall(p Party, what string, wanted func(Call) bool) (Call, error) {
	var last Call
	err := Poll(Limit, func() error {
		c, err := p.Call()
		if err != nil {
			return Final(err)
		}
		last = c
		if !wanted(c) {
			return fmt.Errorf("its call is %+v", c)
		}
		return nil
	})
	if err != nil {
		return last, fmt.Errorf("%s: %s: %w", p.Name(), what, err)
	}
	return last, nil
}

// WaitState waits until the party's newest call is in the state.
func WaitState(p Party, state string) (Call, error) {
	return WaitCall(p, state, func(c Call) bool { return c.State == state })
}

// WaitTone waits until the party has played the tone for 400 ms without a gap.
func WaitTone(p Party, frequency float64) error {
	return WaitToneFor(p, 400*time.Millisecond, frequency)
}

// WaitToneFor waits until the party has played the tone for a time without a gap.
func WaitToneFor(p Party, d time.Duration, frequency float64) error {
	from, err := p.Position()
	if err != nil {
		return err
	}
	return WaitToneSince(p, from, d, frequency)
}

// WaitToneSince is WaitToneFor for what was played from a position on.
func WaitToneSince(p Party, from int, d time.Duration, frequency float64) error {
	err := Poll(Limit, func() error {
		pcm, err := p.Played(from)
		if err != nil {
			return Final(err)
		}
		if got := LongestTone(pcm, frequency); got < d {
			return fmt.Errorf("%v Hz heard for %v at most; %s", frequency, got, Describe(pcm))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: hear a tone for %v: %w", p.Name(), d, err)
	}
	return nil
}

// keysTake is how long a few keys take that are heard at all: our phone leaves
// half a second between them.
const keysTake = Limit / 2

// WaitKeys waits until the party has played the DTMF keys, and no others,
// after the position.
func WaitKeys(p Party, from int, keys string) error {
	err := Poll(keysTake, func() error {
		pcm, err := p.Played(from)
		if err != nil {
			return Final(err)
		}
		if got := Keys(pcm); got != keys {
			return fmt.Errorf("heard %q, want %q; %s", got, keys, Describe(pcm))
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: hear keys: %w", p.Name(), err)
	}
	return nil
}

// WaitNoTone waits until the party plays something else than the tone, or
// nothing, for 500 ms.
func WaitNoTone(p Party, frequency float64) error {
	from, err := p.Position()
	if err != nil {
		return err
	}
	quietSince := time.Now()
	err = Poll(Limit, func() error {
		pcm, err := p.Played(from)
		if err != nil {
			return Final(err)
		}
		if len(pcm) < Samples(500*time.Millisecond) {
			// A party that plays nothing at all is quiet as well.
			if time.Since(quietSince) > time.Second {
				return nil
			}
			return errors.New("too little was played to tell")
		}
		if LongestTone(pcm, frequency) == 0 {
			return nil
		}
		from += len(pcm)
		quietSince = time.Now()
		return fmt.Errorf("%v Hz is still heard; %s", frequency, Describe(pcm))
	})
	if err != nil {
		return fmt.Errorf("%s: hear a tone end: %w", p.Name(), err)
	}
	return nil
}

// WaitText waits until the party has received the text.
func WaitText(p Party, body string) (Text, error) {
	var found Text
	err := Poll(Limit, func() error {
		texts, err := p.Texts()
		if err != nil {
			return Final(err)
		}
		for _, t := range texts {
			if t.Body == body {
				found = t
				return nil
			}
		}
		return fmt.Errorf("%q is not among %q", body, texts)
	})
	if err != nil {
		return Text{}, fmt.Errorf("%s: receive a message: %w", p.Name(), err)
	}
	return found, nil
}
