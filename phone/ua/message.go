package ua

import (
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// messageDeadline is how long an incoming MESSAGE waits for Accept or Reject.
const messageDeadline = 10 * time.Second

// MessageOptions configures UA.SendMessage.
type MessageOptions struct {
	ContentType     string // "" means text/plain
	FromDisplayName string // "" means Config.DisplayName
	ExtraHeaders    []sip.Header
	// Done, if not nil, gets the outcome, never before SendMessage has
	// returned; err is nil after a 2xx, res is nil without an answer.
	Done func(res *sip.Response, err *EndError)
}

// Message is a MESSAGE outside dialogs, sent or received (RFC 3428).
type Message struct {
	direction     Direction
	local, remote sip.NameAddr
	request       *sip.Request

	// Of an incoming one until it is answered:
	in       *inbound
	deadline *loop.Timer
	answered func()
}

// Direction tells whether it was sent or received.
func (m *Message) Direction() Direction { return m.direction }

// LocalIdentity is our side of it.
func (m *Message) LocalIdentity() sip.NameAddr { return m.local }

// RemoteIdentity is the other side.
func (m *Message) RemoteIdentity() sip.NameAddr { return m.remote }

// Request is the MESSAGE itself.
func (m *Message) Request() *sip.Request { return m.request }

// Accept answers an incoming message 200. It returns a *StateError if it is
// answered already, as happens by itself after 10 s, with 500.
func (m *Message) Accept() error { return m.reply("accept message", answer{status: 200}) }

// Reject answers an incoming message with a status in 300–699; reason "" is
// the usual phrase. It fails as Accept does.
func (m *Message) Reject(status int, reason string) error {
	if status < 300 || status > 699 {
		return errStatusCode
	}
	return m.reply("reject message", answer{status: status, reason: reason})
}

func (m *Message) expire() { _ = m.reply("expire message", answer{status: 500}) } // fails only if answered

func (m *Message) reply(op string, a answer) error {
	if m.in == nil {
		return &StateError{Op: op, State: StatusTerminated}
	}
	m.deadline.Stop()
	m.in.reply(a)
	m.in = nil
	m.answered()
	return nil
}

func (u *UA) receiveMessage(r *inbound) {
	m := &Message{direction: Incoming, local: r.To, remote: r.From, request: r.Request, in: r}
	m.answered = func() { delete(u.undecided, m) }
	m.deadline = u.loop.After(messageDeadline, "message deadline", m.expire)
	u.undecided[m] = struct{}{}
	u.emit(NewMessage{Message: m, Request: r.Request})
}

// SendMessage sends a MESSAGE to target, an address or what a user typed for
// one.
func (u *UA) SendMessage(target, body string, o MessageOptions) (*Message, error) {
	uri, err := u.target(target)
	if err != nil {
		return nil, err
	}
	if o.ContentType == "" {
		o.ContentType = "text/plain"
	}
	r := u.sendOutOfDialog(outbound{
		method: sip.MESSAGE, uri: uri, from: u.identity(o.FromDisplayName),
		headers: o.ExtraHeaders, contentType: o.ContentType, body: []byte(body),
	}, o.Done)
	return &Message{direction: Outgoing, local: r.From, remote: r.To, request: r}, nil
}

// sendOutOfDialog completes and sends a request that is one of its kind.
func (u *UA) sendOutOfDialog(o outbound, done func(*sip.Response, *EndError)) *sip.Request {
	o.to = sip.NameAddr{URI: o.uri}
	o.from = o.from.WithTag(sip.NewTag())
	o.callID, o.seq, o.routes = sip.NewCallID(), firstSeq(), u.route()
	r := u.messages.request(o)
	u.sender(r, outcome(done)).send()
	return r
}

// outcome turns what a requestSender tells of a non-INVITE into one call of
// done, which may be nil.
func outcome(done func(*sip.Response, *EndError)) senderEvents {
	if done == nil {
		done = func(*sip.Response, *EndError) {}
	}
	return senderEvents{
		response: func(res *sip.Response) {
			switch {
			case res.StatusCode < 200:
			case res.StatusCode < 300:
				done(res, nil)
			default:
				done(res, failureOf(res))
			}
		},
		failed: func(err error) { done(nil, systemFailure(err)) },
	}
}
