package ua

import (
	"errors"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

var errPending = errors.New("ua: not yet")

type uaState int

const (
	uaInit uaState = iota
	uaClosed
)

// UA is a SIP user agent.
type UA struct {
	config Config
	loop   *loop.Loop
	state  uaState
}

func New(l *loop.Loop, c Config) (*UA, error)                        { return nil, errPending }
func (u *UA) Receiver() Receiver                                     { return Receiver{u} }
func (u *UA) Start()                                                 {}
func (u *UA) Stop(done func())                                       {}
func (u *UA) Register()                                              {}
func (u *UA) Unregister(all bool)                                    {}
func (u *UA) IsRegistered() bool                                     { return false }
func (u *UA) IsConnected() bool                                      { return false }
func (u *UA) SetCredentials(user, password string)                   {}
func (u *UA) Sessions() []*RTCSession                                { return nil }
func (u *UA) Call(target string, o CallOptions) (*RTCSession, error) { return nil, errPending }
func (u *UA) SendMessage(target, body string, o MessageOptions) (*Message, error) {
	return nil, errPending
}

func (u *UA) SendOptions(target string, o OptionsOptions) (*Options, error) { return nil, errPending }
func (u *UA) onConnected(string)                                            {}
func (u *UA) onDisconnected(error, time.Duration)                           {}
func (u *UA) receive(sip.Message)                                           {}
func (u *UA) receiveInvalid(*sip.ParseError)                                {}

// Message is a MESSAGE.
type Message struct{}

func (m *Message) Accept() error                          { return errPending }
func (m *Message) Reject(status int, reason string) error { return errPending }
func (m *Message) Direction() Direction                   { return 0 }
func (m *Message) LocalIdentity() sip.NameAddr            { return sip.NameAddr{} }
func (m *Message) RemoteIdentity() sip.NameAddr           { return sip.NameAddr{} }
func (m *Message) Request() *sip.Request                  { return nil }

// MessageOptions configures UA.SendMessage.
type MessageOptions struct {
	ContentType  string // "" means text/plain
	ExtraHeaders []sip.Header
	// Done gets the outcome; err is nil after a 2xx.
	Done func(res *sip.Response, err *EndError)
}

// OptionsOptions configures UA.SendOptions.
type OptionsOptions struct {
	ContentType  string
	Body         []byte
	ExtraHeaders []sip.Header
	// Done gets the outcome; err is nil after a 2xx.
	Done func(res *sip.Response, err *EndError)
}

// Options is an OPTIONS we sent.
type Options struct{}

// CallOptions configures UA.Call.
type CallOptions struct {
	ExtraHeaders []sip.Header
	// Anonymous hides the caller (RFC 3323, RFC 3325).
	Anonymous       bool
	FromDisplayName string
	Data            any
}

// AnswerCallOptions configures RTCSession.Answer.
type AnswerCallOptions struct {
	ExtraHeaders []sip.Header
	Data         any
}

// TerminateOptions configures RTCSession.Terminate.
type TerminateOptions struct {
	StatusCode   int
	Reason       string
	Cause        Cause
	ExtraHeaders []sip.Header
}

// RTCSession is a call.
type RTCSession struct{ Data any }

// DTMFTransport says how tones travel.
type DTMFTransport int

const (
	DTMFAuto DTMFTransport = iota
	DTMFRTP
	DTMFInfo
)

// DTMFOptions configures RTCSession.SendDTMF.
type DTMFOptions struct {
	Transport    DTMFTransport
	Duration     time.Duration // 0 means 100 ms; 70 ms to 6 s
	InterToneGap time.Duration // 0 means 500 ms; at least 50 ms
	Done         func(error)
}

// InfoOptions configures RTCSession.SendInfo.
type InfoOptions struct {
	ExtraHeaders []sip.Header
	Done         func(res *sip.Response, err *EndError)
}

// RenegotiateOptions configures RTCSession.Renegotiate.
type RenegotiateOptions struct{ ICERestart bool }

func (s *RTCSession) ID() string                                         { return "" }
func (s *RTCSession) CallID() string                                     { return "" }
func (s *RTCSession) Direction() Direction                               { return 0 }
func (s *RTCSession) LocalIdentity() sip.NameAddr                        { return sip.NameAddr{} }
func (s *RTCSession) RemoteIdentity() sip.NameAddr                       { return sip.NameAddr{} }
func (s *RTCSession) Request() *sip.Request                              { return nil }
func (s *RTCSession) StartTime() time.Time                               { return time.Time{} }
func (s *RTCSession) EndTime() time.Time                                 { return time.Time{} }
func (s *RTCSession) Status() Status                                     { return 0 }
func (s *RTCSession) IsInProgress() bool                                 { return false }
func (s *RTCSession) IsEstablished() bool                                { return false }
func (s *RTCSession) IsEnded() bool                                      { return false }
func (s *RTCSession) IsReadyToReOffer() bool                             { return false }
func (s *RTCSession) IsOnHold() (local, remote bool)                     { return }
func (s *RTCSession) IsMuted() bool                                      { return false }
func (s *RTCSession) Peer() Peer                                         { return nil }
func (s *RTCSession) Answer(o AnswerCallOptions) error                   { return errPending }
func (s *RTCSession) Terminate(o TerminateOptions) error                 { return errPending }
func (s *RTCSession) Hold(done func(error))                              {}
func (s *RTCSession) Unhold(done func(error))                            {}
func (s *RTCSession) Renegotiate(o RenegotiateOptions, done func(error)) {}
func (s *RTCSession) Mute()                                              {}
func (s *RTCSession) Unmute()                                            {}
func (s *RTCSession) SendDTMF(tones string, o DTMFOptions) error         { return errPending }
func (s *RTCSession) SendInfo(contentType string, body []byte, o InfoOptions) error {
	return errPending
}
