package ua

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

var errStatusCode = errors.New("ua: status code out of range")

// sessionEnv is what a session may use of its agent.
type sessionEnv struct {
	config    *Config
	loop      *loop.Loop
	ctx       context.Context // of its jobs
	emit      func(Event)
	request   func(outbound) *sip.Request
	send      func(sip.Message) error
	sender    func(*sip.Request, senderEvents) *requestSender
	contact   func() sip.Header
	anonymous func() sip.Header
	bind      func(dialogID, func(*inbound))
	unbind    func(dialogID)
	message   func(*inbound, *RTCSession) // a MESSAGE inside the dialog
	target    func(string) (sip.URI, error)
	follow    func(referral)
	unfollow  func(referral)
	referred  func(*inbound, *RTCSession, *dialog)
	ended     func(*RTCSession)

	online     func() bool
	whenOnline func(send func()) bool
}

// RTCSession is a call. It is owned by its UA, which makes it in Call or on an
// incoming INVITE; see Status for its states. Its procedures are in the
// session_* files, each with a state of its own.
type RTCSession struct {
	// Data is the user's own; see CallOptions.Data.
	Data any

	env           sessionEnv
	log           *slog.Logger
	id            string
	direction     Direction
	local, remote sip.NameAddr
	identity      identity     // of the other side
	request       *sip.Request // initial INVITE, as sent last
	contact       sip.Header
	status        Status
	accepted      bool // Accepted was told
	start, end    time.Time

	media    callMedia
	dialog   *dialog // nil before the 2xx of an outgoing call
	out      *outgoingCall
	in       *incomingCall
	offers   offers
	farewell content // of the BYE
	// reliable is the policy for this call, never ReliableDefault.
	reliable Reliable
	timer    sessionTimer
	tones    tones
	refers   referrals
	survival survival
	trickle  trickling

	// referral is the REFER that made us call; nil for most calls.
	referral *ReferNotifier
	// replacement wants to take our place; nil for most calls.
	replacement *Replacement
}

func newSession(env sessionEnv, direction Direction, request *sip.Request) *RTCSession {
	s := &RTCSession{env: env, direction: direction, request: request}
	s.id = request.CallID + request.From.Tag()
	s.log = env.config.Log.With("component", "JsSIP:RTCSession", "call", request.CallID)
	s.local, s.remote = request.From, request.To
	if direction == Incoming {
		s.local, s.remote = request.To, request.From
		s.learnIdentity(&request.Common)
	}
	s.identity.told = s.RemoteIdentity()
	s.media.jobs = loop.NewQueue(env.ctx, env.loop)
	return s
}

// ID identifies the session: its Call-ID and the caller's From tag.
func (s *RTCSession) ID() string { return s.id }

// CallID is the Call-ID of the call.
func (s *RTCSession) CallID() string { return s.request.CallID }

// Direction tells who called.
func (s *RTCSession) Direction() Direction { return s.direction }

// LocalIdentity is our side of the call as its INVITE names it.
func (s *RTCSession) LocalIdentity() sip.NameAddr { return s.local }

// Request is the initial INVITE.
func (s *RTCSession) Request() *sip.Request { return s.request }

// Contact is our Contact field in the call.
func (s *RTCSession) Contact() sip.Header { return s.contact }

// StartTime is when the call was answered; zero before.
func (s *RTCSession) StartTime() time.Time { return s.start }

// EndTime is when the call ended; zero before.
func (s *RTCSession) EndTime() time.Time { return s.end }

// Status is the state of the session.
func (s *RTCSession) Status() Status { return s.status }

// IsInProgress reports whether the call is neither answered nor ended.
func (s *RTCSession) IsInProgress() bool { return s.status <= StatusWaitingForAnswer }

// IsEstablished reports whether the call is answered and not ended.
func (s *RTCSession) IsEstablished() bool {
	return s.status == StatusAnswered || s.status == StatusWaitingForACK || s.status == StatusConfirmed
}

// IsEnded reports whether the call is over.
func (s *RTCSession) IsEnded() bool {
	return s.status == StatusCanceled || s.status == StatusTerminated
}

// IsOnHold reports whether we hold the other party and whether it holds us.
func (s *RTCSession) IsOnHold() (local, remote bool) {
	return s.offers.localHold, s.offers.remoteHold
}

// IsMuted reports whether the microphone is off.
func (s *RTCSession) IsMuted() bool { return s.media.muted }

// Peer is the call's media; nil until they are made and after the end.
func (s *RTCSession) Peer() Peer {
	if s.IsEnded() {
		return nil
	}
	return s.media.peer
}

// advance moves the session to the state that follows on in and reports
// whether there is one.
func (s *RTCSession) advance(in sessionInput) bool {
	next, ok := s.status.next(in)
	if !ok {
		s.log.Debug("no transition", "state", s.status, "input", in)
		return false
	}
	s.log.Debug("transition", "from", s.status, "to", next, "input", in)
	s.status = next
	return true
}

// bind has the requests of d come to the session.
func (s *RTCSession) bind(d *dialog) {
	s.env.bind(d.id, func(r *inbound) { s.receive(d, r) })
}

// receive handles a request in dialog d, which is an early one of an outgoing
// call or s.dialog.
func (s *RTCSession) receive(d *dialog, r *inbound) {
	switch {
	case r.Method == sip.ACK:
		s.receiveAck(r.Request)
		return
	case s.IsEnded():
		s.receiveLate(d, r)
		return
	}
	if a := d.admit(r.Request); a.status != 0 {
		r.reply(a)
		if a.status == 491 {
			s.yield()
		}
		return
	}
	switch r.Method {
	case sip.BYE:
		s.receiveBye(r)
	case sip.INVITE:
		s.receiveReinvite(r)
	case sip.UPDATE:
		s.receiveUpdate(d, r)
	case sip.INFO:
		s.receiveInfo(r)
	case sip.MESSAGE:
		s.env.message(r, s)
	case sip.OPTIONS:
		r.reply(answer{status: 200})
	case sip.REFER:
		s.receiveRefer(r)
	case sip.NOTIFY:
		s.receiveNotify(r)
	case sip.SUBSCRIBE:
		s.receiveSubscribe(r)
	case sip.PRACK:
		s.receivePrack(d, r)
	default:
		r.refuse()
	}
}

// sessionEnv lends a new session what it may use.
func (u *UA) sessionEnv() sessionEnv {
	return sessionEnv{
		config:    &u.config,
		loop:      u.loop,
		ctx:       u.ctx,
		emit:      u.emit,
		request:   u.messages.request,
		send:      u.config.Transport.Send,
		sender:    u.sender,
		contact:   u.contact.field,
		anonymous: u.contact.anonymousField,
		bind:      func(id dialogID, f func(*inbound)) { u.dialogs[id] = f },
		unbind:    u.unbind,
		message:   u.receiveMessage,
		target:    u.target,
		follow:    u.follow,
		unfollow:  u.unfollow,
		referred:  u.receiveRefer,
		ended:     u.forget,

		online:     func() bool { return u.online },
		whenOnline: u.whenOnline,
	}
}

func (u *UA) unbind(id dialogID) {
	delete(u.dialogs, id)
	if u.state == uaStopping {
		u.loop.Post("quiet", u.quiet)
	}
}

func (u *UA) forget(s *RTCSession) {
	if s.dialog != nil {
		u.departed.add(s.dialog.id)
	}
	delete(u.sessions, s)
	delete(u.rung, s)
}
