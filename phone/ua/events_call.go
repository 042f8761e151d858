package ua

import "webphone/phone/sip"

// Redirected: our call goes on with another address.
type Redirected struct {
	Session *RTCSession
	// Response is what the address before gave: the 3xx that names Target,
	// or a failure.
	Response *sip.Response
	Target   sip.URI
}

// RedirectRequested: the callee can be reached at other addresses, and the
// policy is RedirectAsk. Accept or Reject decide it, also later; after 30 s it
// is rejected.
type RedirectRequested struct {
	*Redirection
	Session  *RTCSession
	Response *sip.Response
	// Contacts are those that can be called and have not been, the preferred
	// ones first.
	Contacts []sip.URI
}

func (Redirected) event()        {}
func (RedirectRequested) event() {}
