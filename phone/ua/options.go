package ua

import "webphone/phone/sip"

// OptionsOptions configures UA.SendOptions.
type OptionsOptions struct {
	ContentType  string // of Body; "" means application/sdp
	Body         []byte
	ExtraHeaders []sip.Header
	// Done, if not nil, gets the outcome, never before SendOptions has
	// returned; err is nil after a 2xx, res is nil without an answer.
	Done func(res *sip.Response, err *EndError)
}

// Options is an OPTIONS that we sent (RFC 3261 §11).
type Options struct{ request *sip.Request }

// Request is the OPTIONS itself.
func (o *Options) Request() *sip.Request { return o.request }

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
	r := u.sendOutOfDialog(outbound{
		method: sip.OPTIONS, uri: uri, from: u.identity(""),
		headers: append(headers, u.contact.field()), contentType: o.ContentType, body: o.Body,
	}, o.Done)
	return &Options{request: r}, nil
}
