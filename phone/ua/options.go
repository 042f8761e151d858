package ua

import "webphone/phone/sip"

// OptionsOptions configures UA.SendOptions.
type OptionsOptions struct {
	ContentType  string // of Body; "" means application/sdp
	Body         []byte
	ExtraHeaders []sip.Header
	// Done, if not nil, gets the outcome, never before SendOptions has
	// returned; err is nil after a 2xx, res is nil without an answer. An agent
	// that is stopped meanwhile tells none.
	Done func(res *sip.Response, err *EndError)
}

// OptionsPolicy says who answers an incoming OPTIONS.
type OptionsPolicy int

// The policies.
const (
	// OptionsByItself: the agent, with 200 and what it is capable of.
	OptionsByItself OptionsPolicy = iota
	// OptionsByUser: the user, by Options.Accept or Reject; after 10 s the
	// agent does.
	OptionsByUser
)

// String returns "by itself" or "by user".
func (p OptionsPolicy) String() string {
	switch p {
	case OptionsByItself:
		return "by itself"
	case OptionsByUser:
		return "by user"
	}
	return "unknown"
}

// Options is an OPTIONS outside dialogs, sent or received (RFC 3261 §11).
type Options struct {
	direction     Direction
	local, remote sip.NameAddr
	request       *sip.Request
	decision      *decision // of an incoming one, with OptionsByUser
}

// NewOptions: an OPTIONS came in (Remote), or is about to be sent (Local).
type NewOptions struct {
	Originator Originator
	Options    *Options
	Request    *sip.Request
}

func (NewOptions) event() {}

// Direction tells whether it was sent or received.
func (o *Options) Direction() Direction { return o.direction }

// LocalIdentity is our side of it.
func (o *Options) LocalIdentity() sip.NameAddr { return o.local }

// RemoteIdentity is the other side.
func (o *Options) RemoteIdentity() sip.NameAddr { return o.remote }

// Request is the OPTIONS itself.
func (o *Options) Request() *sip.Request { return o.request }

// Accept answers an incoming OPTIONS 200, with what we are capable of in the
// header. It returns a *StateError if it is answered already, as it is at once
// unless Config.Options leaves it to the user.
func (o *Options) Accept(r ReplyOptions) error { return o.decision.accept("accept options", r) }

// Reject answers an incoming OPTIONS with a status in 300–699. It fails as
// Accept does.
func (o *Options) Reject(status int, r ReplyOptions) error {
	return o.decision.reject("reject options", status, r)
}

// receiveOptions answers as an INVITE would be at this moment (§11.2); whether
// a user listens changes nothing.
func (u *UA) receiveOptions(r *inbound) {
	o := &Options{direction: Incoming, local: r.To, remote: r.From, request: r.Request}
	switch {
	case u.state != uaReady:
		r.reply(answer{status: 480})
		return
	case u.config.Options == OptionsByUser:
		o.decision = u.decide(r, 200)
	default:
		r.reply(answer{status: 200})
	}
	u.emit(NewOptions{Originator: Remote, Options: o, Request: r.Request})
}

// SendOptions asks what target, an address or what a user typed for one, is
// capable of.
func (u *UA) SendOptions(target string, o OptionsOptions) (*Options, error) {
	uri, err := u.target(target)
	if err != nil {
		return nil, err
	}
	if o.ContentType == "" {
		o.ContentType = "application/sdp"
	}
	headers := append([]sip.Header{{Name: "Accept", Value: acceptedTypes}}, o.ExtraHeaders...)
	r := u.newOutOfDialog(outbound{
		method: sip.OPTIONS, uri: uri, from: u.identity(""),
		headers: append(headers, u.contact.field()), contentType: o.ContentType, body: o.Body,
	})
	asked := &Options{direction: Outgoing, local: r.From, remote: r.To, request: r}
	u.emit(NewOptions{Originator: Local, Options: asked, Request: r})
	u.sender(r, outcome(o.Done)).send()
	return asked, nil
}
