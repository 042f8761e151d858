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

// SessionConnecting: the call's descriptions begin to be made, ours of an
// outgoing call, the answer to an incoming one (JsSIP's connecting).
type SessionConnecting struct {
	Session *RTCSession
	Request *sip.Request // the INVITE
}

// PeerConnection: the call's media were made.
type PeerConnection struct {
	Session *RTCSession
	Peer    Peer
}

// SDPType says which part a description has (RFC 3264).
type SDPType string

// The types of description.
const (
	SDPOffer  SDPType = "offer"
	SDPAnswer SDPType = "answer"
)

// SDP: a description is about to be sent (Local) or applied (Remote). What is
// assigned to *SDP takes its place.
type SDP struct {
	Session    *RTCSession
	Originator Originator
	Type       SDPType
	SDP        *string
}

// Sending: the initial INVITE is about to be sent. Its header fields and body
// may be changed; repetitions of it are made from it.
type Sending struct {
	Session *RTCSession
	Request *sip.Request
}

// MediaStep is something that media can fail at; the names are those of WebRTC.
type MediaStep string

// The steps.
const (
	StepGetUserMedia         MediaStep = "getUserMedia"
	StepCreateOffer          MediaStep = "createOffer"
	StepCreateAnswer         MediaStep = "createAnswer"
	StepSetRemoteDescription MediaStep = "setRemoteDescription"
)

// MediaFailed: the media failed at Step. If that ends the call, Ended follows.
type MediaFailed struct {
	Session *RTCSession
	Step    MediaStep
	Err     error
}

// IdentityChanged: the other side has become another, or got a name, by what a
// trusted server says; RTCSession.RemoteIdentity gives it too.
type IdentityChanged struct {
	Session  *RTCSession
	Identity sip.NameAddr
}

func (IdentityChanged) event()   {}
func (Redirected) event()        {}
func (RedirectRequested) event() {}
func (SessionConnecting) event() {}
func (PeerConnection) event()    {}
func (SDP) event()               {}
func (Sending) event()           {}
func (MediaFailed) event()       {}
