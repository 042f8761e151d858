package ua

import "webphone/phone/sip"

// MessageOptions configures UA.SendMessage.
type MessageOptions struct {
	ContentType     string // "" means text/plain
	FromDisplayName string // "" means Config.DisplayName
	FromUser        string // "" means that of Config.URI
	ExtraHeaders    []sip.Header
	// Done, if not nil, gets the outcome, never before SendMessage has
	// returned; err is nil after a 2xx, res is nil without an answer. An agent
	// that is stopped meanwhile tells none.
	Done func(res *sip.Response, err *EndError)
}

// Message is a MESSAGE, sent or received (RFC 3428).
type Message struct {
	direction     Direction
	local, remote sip.NameAddr
	request       *sip.Request
	decision      *decision   // of an incoming one
	session       *RTCSession // in which it was; or nil
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
func (m *Message) Accept(o ReplyOptions) error { return m.decision.accept("accept message", o) }

// Reject answers an incoming message with a status in 300–699. It fails as
// Accept does.
func (m *Message) Reject(status int, o ReplyOptions) error {
	return m.decision.reject("reject message", status, o)
}

// Session is the call in which it was sent or received; nil outside calls.
func (m *Message) Session() *RTCSession { return m.session }

// receiveMessage takes in a MESSAGE, in the call s or, with nil, outside calls.
func (u *UA) receiveMessage(r *inbound, s *RTCSession) {
	m := &Message{direction: Incoming, local: r.To, remote: r.From, request: r.Request, session: s}
	m.decision = u.decide(r, 500)
	u.emit(NewMessage{Originator: Remote, Message: m, Request: r.Request})
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
	from := u.identity(o.FromDisplayName)
	if o.FromUser != "" {
		from.URI.User = sip.EscapeUser(o.FromUser)
	}
	r := u.newOutOfDialog(outbound{
		method: sip.MESSAGE, uri: uri, from: from,
		headers: o.ExtraHeaders, contentType: o.ContentType, body: []byte(body),
	})
	m := &Message{direction: Outgoing, local: r.From, remote: r.To, request: r}
	u.emit(NewMessage{Originator: Local, Message: m, Request: r})
	u.sender(r, outcome(o.Done)).send()
	return m, nil
}

// sendOutOfDialog completes and sends a request that is one of its kind.
func (u *UA) sendOutOfDialog(o outbound, done func(*sip.Response, *EndError)) {
	u.sender(u.newOutOfDialog(o), outcome(done)).send()
}

func (u *UA) newOutOfDialog(o outbound) *sip.Request {
	o.to = sip.NameAddr{URI: o.uri}
	o.from = o.from.WithTag(sip.NewTag())
	o.callID, o.seq, o.routes = sip.NewCallID(), firstSeq(), u.route()
	return u.messages.request(o)
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
