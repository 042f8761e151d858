package ua

import (
	"context"
	"time"

	"webphone/phone/sip"
)

// CallOptions configures UA.Call.
type CallOptions struct {
	ExtraHeaders []sip.Header // of the INVITE
	// Anonymous hides the caller (RFC 3323, RFC 3325): the server gets the
	// true address in P-Preferred-Identity, the callee none.
	Anonymous bool
	// FromUserName takes the place of the user in From, as for one of several
	// numbers of an account; "" means the account's. The server gets the
	// account's address in P-Preferred-Identity.
	FromUserName    string
	FromDisplayName string // "" means Config.DisplayName
	// Audio limits the sound to one direction; the zero value is both.
	Audio AudioDirection
	// SessionTimersExpires is the interval asked for (RFC 4028); 0 means
	// Config.SessionTimers.Expires, less than 90 s means 90 s.
	SessionTimersExpires time.Duration
	// Replaces has the callee put the call in the place of another of its
	// calls, as of a colleague's that rings (RFC 3891); nil for none.
	Replaces *Replaces
	// Redirect is what the call does about a 3xx; RedirectDefault means
	// Config.Redirect.
	Redirect RedirectPolicy
	// Reliable is what the call does about provisional responses that are
	// acknowledged; ReliableDefault means Config.Reliable.
	Reliable Reliable
	// Data becomes RTCSession.Data and PeerOptions.Data.
	Data any
}

// outgoingCall is what only the caller's side has (RFC 3261 §13.2).
type outgoingCall struct {
	sender *requestSender
	early  map[string]*earlyDialog // by To tag
	// heard is the To tag of the fork whose early media are played.
	heard    string
	said     int                     // descriptions of forks that came
	earlyTo  bool                    // EarlyMedia was told
	acks     map[string]*sip.Request // to 2xx, by To tag, to be repeated with them
	tooSmall int                     // 422s met

	redirection redirection
}

// Call calls target, an address or what a user typed for one. NewRTCSession is
// told before Call returns, everything else after. The error is that of a
// target that makes no address, or ErrStopped.
func (u *UA) Call(target string, o CallOptions) (*RTCSession, error) {
	uri, err := u.target(target)
	if err != nil {
		return nil, err
	}
	return u.call(uri, o, nil)
}

// call calls uri, maybe because the other party of another call asks for it.
func (u *UA) call(uri sip.URI, o CallOptions, referral *ReferNotifier) (*RTCSession, error) {
	if u.state >= uaStopping {
		return nil, ErrStopped
	}
	s := newSession(u.sessionEnv(), Outgoing, u.newInvite(uri, o))
	s.Data, s.referral = o.Data, referral
	s.reliable = o.Reliable.or(u.config.Reliable)
	s.reliable.put(s.request)
	s.out = &outgoingCall{early: map[string]*earlyDialog{}, acks: map[string]*sip.Request{}}
	if o.Redirect == RedirectDefault {
		o.Redirect = u.config.Redirect
	}
	s.media.audio, s.timer.asked = o.Audio, o.SessionTimersExpires
	s.out.redirection.start(o.Redirect, uri)
	s.contact = sip.Header{Name: "Contact", Value: s.request.Headers.Get("Contact")}
	s.preparePeer(o.Data)
	u.admit(s)
	u.emit(NewRTCSession{Originator: Local, Session: s, Request: s.request})
	s.connect()
	return s, nil
}

func (u *UA) newInvite(uri sip.URI, o CallOptions) *sip.Request {
	from, contact := u.identity(o.FromDisplayName), u.contact.field()
	preferred := sip.Header{Name: "P-Preferred-Identity", Value: from.String()}
	var privacy []sip.Header
	switch {
	case o.Anonymous:
		privacy = []sip.Header{preferred, {Name: "Privacy", Value: "id"}}
		from = anonymous()
		contact = u.contact.anonymousField()
	case o.FromUserName != "":
		privacy = []sip.Header{preferred}
		from.URI.User = sip.EscapeUser(o.FromUserName)
	}
	headers := append([]sip.Header{contact}, privacy...)
	if o.Replaces != nil {
		headers = append(headers, sip.Header{Name: "Replaces", Value: o.Replaces.String()})
	}
	headers = append(headers, offerTimer(u.config.SessionTimers.asking(o.SessionTimersExpires))...)
	return u.messages.request(outbound{
		method: sip.INVITE, uri: uri,
		from: from.WithTag(sip.NewTag()), to: sip.NameAddr{URI: uri},
		callID: sip.NewCallID(), seq: firstSeq(), routes: u.route(),
		headers: append(headers, o.ExtraHeaders...),
	})
}

// connect makes the offer and sends the INVITE with it.
func (s *RTCSession) connect() {
	if s.IsEnded() { // by the consumer of NewRTCSession
		return
	}
	s.env.emit(SessionConnecting{Session: s, Request: s.request})
	audio := s.media.audio
	s.describeLocal("offer", SDPOffer, func(ctx context.Context, p Peer) (string, error) {
		return p.Offer(ctx, OfferOptions{Audio: audio})
	}, func(sdp string, err error) {
		if err != nil {
			s.finish(inEnd, mediaFailure(err, 0))
			return
		}
		setSDP(s.request, sdp)
		s.env.emit(Sending{Session: s, Request: s.request})
		if s.IsEnded() {
			return
		}
		s.out.sender = s.env.sender(s.request, senderEvents{
			sending: func(r *sip.Request) {
				// The final response that has us repeat it ended the forks
				// of the one before (RFC 3261 §13.2.2.3).
				s.unbindEarly()
				s.out.heard = ""
				s.earlyMediaLost()
				s.request = r
				s.advance(inInviteSent)
			},
			response: s.receiveInviteResponse,
			failed:   s.inviteFailed,
		})
		s.out.sender.send()
	})
}

func setSDP(r *sip.Request, sdp string) {
	r.Headers.Set("Content-Type", "application/sdp")
	r.Body = []byte(sdp)
}

func (s *RTCSession) receiveInviteResponse(res *sip.Response) {
	success := res.StatusCode >= 200 && res.StatusCode < 300
	switch {
	case success && s.out.acks[res.To.Tag()] != nil:
		s.repeatAck(res.To.Tag())
	case success && len(s.out.acks) >= maxForks: // it ends by itself without ACK (§13.3.1.4)
	case success && (s.IsEnded() || s.dialog != nil):
		// It crossed our CANCEL (RFC 3261 §15), or another fork was faster
		// (§13.2.2.4).
		s.hangUpFork(res)
	case s.IsEnded() || s.dialog != nil:
	case success:
		s.answered(res)
	case res.StatusCode == 100:
		s.advance(inProvisional)
	case res.StatusCode < 200:
		s.ringing(res)
	case res.StatusCode == 422 && s.raiseInterval(res):
	case s.redirected(res):
	default:
		s.finish(inEnd, failureOf(res))
	}
}

// inviteFailed reports an INVITE without final response (JsSIP's B3: it is no
// cancellation).
func (s *RTCSession) inviteFailed(err error) {
	if s.dialog == nil && !s.keepRinging(err) {
		s.finish(inEnd, systemFailure(err))
	}
}

// answered handles the first 2xx: ACK at once, then apply the answer.
func (s *RTCSession) answered(res *sip.Response) {
	fork := s.out.early[res.To.Tag()]
	heard := fork != nil && fork == s.heardFork()
	sdp, ok := s.winner(res)
	s.unbindEarly()
	s.bind(s.dialog)
	s.dropOffer()
	ack := s.ackFork(s.dialog)
	s.advance(inSuccess)
	s.start = time.Now()
	s.learnFork(fork, &res.Common)
	s.startTimer(timerOf(res))
	if !ok {
		s.badAnswer(res, nil)
		return
	}
	s.offers.settling = true
	s.setAnswer([]byte(sdp), AnswerFinal, func(err error) {
		if err != nil {
			s.badAnswer(res, err)
			return
		}
		s.accepted = true
		s.referral.progress(res.StatusCode, res.Reason)
		s.env.emit(Accepted{Session: s, Originator: Remote, Response: res})
		if !s.IsEnded() {
			s.env.emit(Confirmed{Session: s, Originator: Local, Ack: ack})
		}
		s.tellIdentity()
		s.offers.settling = false
		if fork != nil && fork.broken {
			s.survival.path = pathBroken
		}
		s.answeredPath(heard || fork != nil && fork.broken)
		s.sendCandidates()
		s.pump()
	})
}

// badAnswer ends a call whose 2xx has no answer we can use: it is
// acknowledged already, BYE follows (RFC 3261 §13.2.2.4).
func (s *RTCSession) badAnswer(res *sip.Response, err error) {
	s.bye([]sip.Header{reasonHeader(488, "")}, &EndError{
		Cause: CauseBadMedia, Origin: Remote, Status: res.StatusCode, Reason: res.Reason, Err: err,
	})
}

// ackFork sends the ACK to the 2xx of a fork and keeps it.
func (s *RTCSession) ackFork(d *dialog) *sip.Request {
	ack := s.env.request(d.ack(s.request))
	s.out.acks[d.id.remoteTag] = ack
	s.repeatAck(d.id.remoteTag)
	return ack
}

func (s *RTCSession) repeatAck(tag string) {
	s.sendAck(s.out.acks[tag])
}

// hangUpFork ends a fork that answered although the call goes on without it:
// ACK and BYE on its own dialog, which is nobody else's.
func (s *RTCSession) hangUpFork(res *sip.Response) {
	d := newCallerDialog(s.request, res)
	s.ackFork(d)
	s.sendBye(d, nil)
}
