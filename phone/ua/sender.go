package ua

import (
	"errors"

	"webphone/phone/sip"
)

// senderEnv is what a requestSender may use.
type senderEnv struct {
	start func(*sip.Request, clientUser) clientTransaction
	via   func() sip.Via
	store *credentialStore
	// elsewhere leaves a server that cannot serve a request outside dialogs
	// for another one and reports whether it does; then again or lapsed will
	// be called. nil = it never does.
	elsewhere func(r *sip.Request, again, lapsed func()) bool
}

// senderEvents is what a requestSender tells; nil functions are not called.
type senderEvents struct {
	// sending is told the request each time before it goes out: repetitions
	// have another CSeq.
	sending func(*sip.Request)
	// response gets every response that was not answered by credentials: any
	// number of 1xx and then one final one, of an INVITE maybe several 2xx.
	response func(*sip.Response)
	// failed: no final response came.
	failed func(error)
	// nextSeq gives the CSeq of a repetition; nil counts up the request's.
	nextSeq func() uint32
}

// errAbandoned is why a request does not go out that was given up while its
// token was fetched.
var errAbandoned = errors.New("given up before it was sent")

// requestSender sends one request and answers the challenges it meets
// (JsSIP's RequestSender).
type requestSender struct {
	env       senderEnv
	on        senderEvents
	auth      authorizer
	req       *sip.Request // as sent last
	tx        clientTransaction
	renewed   bool // the token was refused once
	moves     int  // to other servers
	abandoned bool
}

// newSender returns a sender for req; send starts it.
func newSender(env senderEnv, req *sip.Request, on senderEvents) *requestSender {
	if on.sending == nil {
		on.sending = func(*sip.Request) {}
	}
	if on.nextSeq == nil {
		seq := req.CSeq.Seq
		on.nextSeq = func() uint32 { seq++; return seq }
	}
	s := &requestSender{env: env, on: on, req: req}
	s.auth = authorizer{store: env.store}
	return s
}

// send sends the request for the first time, once there is the token that the
// account may need.
func (s *requestSender) send() {
	s.auth.begin(s.req)
	s.fetchToken()
}

func (s *requestSender) fetchToken() {
	if s.env.store.token.source == nil {
		s.transmit()
		return
	}
	s.env.store.token.get(func(token string, err error) {
		switch {
		case s.abandoned:
			s.on.failed(&transportError{err: errAbandoned})
		case err != nil:
			s.on.failed(err)
		default:
			s.auth.token = token
			s.transmit()
		}
	})
}

func (s *requestSender) transmit() {
	s.on.sending(s.req)
	s.auth.authorize(s.req)
	s.tx = s.env.start(s.req, clientUser{response: s.receive, failed: s.on.failed})
}

// resend repeats the request, changed by change, in a new transaction
// (RFC 3261 §8.1.3.5).
func (s *requestSender) resend(change func(*sip.Request)) {
	r := s.req.Clone()
	via := s.env.via()
	if s.req.Via[0].Params.Has("keep") {
		via.Params = via.Params.WithFlag("keep")
	}
	r.Via = []sip.Via{via}
	r.CSeq.Seq = s.on.nextSeq()
	change(r)
	s.req = r
	s.fetchToken()
}

// retarget repeats the request to another address, whose servers begin anew
// to ask for credentials.
func (s *requestSender) retarget(uri sip.URI) {
	s.auth.given, s.auth.rounds, s.renewed = nil, 0, false
	s.resend(func(r *sip.Request) {
		r.RequestURI = uri
		r.Headers.Del("Authorization")
		r.Headers.Del("Proxy-Authorization")
		s.auth.begin(r)
	})
}

// repeat sends the same request in a new transaction, after the connection
// that carried it was lost.
func (s *requestSender) repeat() {
	s.req = s.req.Clone()
	s.req.Via = []sip.Via{s.env.via()}
	s.send()
}

func (s *requestSender) receive(res *sip.Response) {
	if (res.StatusCode == 401 || res.StatusCode == 407) && !s.abandoned && s.answerable(res) {
		s.resend(func(*sip.Request) {})
		return
	}
	s.auth.accepted(s.req, res)
	if res.StatusCode == 503 && s.move(res) {
		return
	}
	s.on.response(res)
}

// maxMoves is to how many other servers a request goes.
const maxMoves = 3

// move repeats a request that its server cannot serve through another one
// (RFC 3261 §21.5.4). If none can be reached the response stands.
func (s *requestSender) move(res *sip.Response) bool {
	if s.abandoned || s.moves >= maxMoves || s.env.elsewhere == nil {
		return false
	}
	unless := func(f func()) func() {
		return func() {
			if !s.abandoned {
				f()
			}
		}
	}
	moved := s.env.elsewhere(s.req, unless(func() { s.resend(func(*sip.Request) {}) }), unless(func() { s.on.response(res) }))
	if moved {
		s.moves++
	}
	return moved
}

// answerable reports whether a repetition may do better than a 401 or 407: by
// an answer to its challenges, or once by a new token.
func (s *requestSender) answerable(res *sip.Response) bool {
	learnt := s.auth.learn(res)
	if s.auth.token == "" || s.renewed {
		return learnt
	}
	s.renewed = true
	s.env.store.token.refused(s.auth.token, res)
	return true
}

// release stops caring for an INVITE whose dialog has ended.
func (s *requestSender) release() {
	s.abandoned = true
	if t, ok := s.tx.(*inviteClient); ok {
		t.release()
	}
}

// abandon cancels an INVITE; a challenge is not answered any more.
func (s *requestSender) abandon(headers []sip.Header) {
	s.abandoned = true
	if t, ok := s.tx.(*inviteClient); ok {
		t.abandon(headers)
	}
}
