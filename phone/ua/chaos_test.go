package ua

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"webphone/phone/sip"
)

// TestChaos has the user, the network and the far side do anything in any
// order and then checks what holds for every session: it ends once, nothing is
// told after that, its media are closed once, and nothing is left of it.
func TestChaos(t *testing.T) {
	for seed := range uint64(200) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			c := &chaos{rand: rand.New(rand.NewPCG(seed, 1)), whim: rand.New(rand.NewPCG(seed, 2)), ended: map[*RTCSession]bool{}}
			play(t, chaosConfig(seed), func(s *scene) {
				c.scene = s
				s.onEvent = c.event
				for range 80 {
					c.step()
				}
				s.connect()
				s.do(func() {
					for _, session := range s.ua.Sessions() {
						_ = session.Terminate(TerminateOptions{})
					}
				})
				s.pass(10 * time.Minute) // the longest that a transfer is followed
				c.check()
			})
		})
	}
}

type chaos struct {
	*scene
	rand     *rand.Rand // of the steps
	whim     *rand.Rand // of the consumer of events, on the loop
	sessions []*RTCSession
	ended    map[*RTCSession]bool
}

// event runs on the loop, between the steps.
func (c *chaos) event(e Event) {
	if e, ok := e.(NewRTCSession); ok {
		c.sessions = append(c.sessions, e.Session)
	}
	session := sessionOf(e)
	if session != nil && c.ended[session] {
		c.t.Errorf("after the end: %s", eventLine(e))
	}
	c.answerRequest(e)
	if session == nil {
		return
	}
	if _, ok := e.(Ended); ok {
		c.ended[session] = true
		if !session.IsEnded() {
			c.t.Errorf("ended in state %v", session.Status())
		}
	}
	if c.whim.IntN(40) == 0 { // the consumer may end the session inside any event
		_ = session.Terminate(TerminateOptions{})
	}
}

// answerRequest may decide what an event asks.
func (c *chaos) answerRequest(e Event) {
	switch e := e.(type) {
	case ReferRequested:
		c.decide(func() { _, _ = e.Accept(CallOptions{}) }, func() { _ = e.Reject(603, "") })
	case ReplacesRequested:
		c.decide(func() { _, _ = e.Accept(AnswerCallOptions{}) }, func() { _ = e.Reject(603, ReplyOptions{}) })
	case Reinvite:
		if c.whim.IntN(2) == 0 {
			e.Defer()
		}
		c.decide(func() { _ = e.Accept() }, func() { _ = e.Reject(403, ReplyOptions{}) })
	case Update:
		if c.whim.IntN(2) == 0 {
			e.Defer()
		}
		c.decide(func() { _ = e.Accept() }, func() { _ = e.Reject(403, ReplyOptions{}) })
	case RedirectRequested:
		c.decide(func() { _ = e.Accept() }, func() { _ = e.Reject() })
	}
}

// decide may decide a transfer, at once or later.
func (c *chaos) decide(accept, reject func()) {
	delay := time.Duration(c.whim.IntN(3)) * 20 * time.Second
	switch c.whim.IntN(5) {
	case 0:
		accept()
	case 1:
		c.loop.After(delay, "accept", accept)
	case 2:
		c.loop.After(delay, "reject", reject)
	}
}

func sessionOf(e Event) *RTCSession {
	switch e := e.(type) {
	case NewRTCSession:
		return e.Session
	case Progress:
		return e.Session
	case EarlyMedia:
		return e.Session
	case Accepted:
		return e.Session
	case Confirmed:
		return e.Session
	case Ended:
		return e.Session
	case Held:
		return e.Session
	case Resumed:
		return e.Session
	case NewDTMF:
		return e.Session
	case IdentityChanged:
		return e.Session
	case MutedChanged:
		return e.Session
	case Reinvite:
		return e.Session
	case Update:
		return e.Session
	case ReplacesRequested:
		return e.Session
	case MediaConnected:
		return e.Session
	case MediaInterrupted:
		return e.Session
	case EarlyMediaLost:
		return e.Session
	case Redirected:
		return e.Session
	case RedirectRequested:
		return e.Session
	case SDP:
		return e.Session
	case Sending:
		return e.Session
	case SessionConnecting:
		return e.Session
	case PeerConnection:
		return e.Session
	case MediaFailed:
		return e.Session
	}
	return nil
}

func (c *chaos) step() {
	switch c.rand.IntN(10) {
	case 0, 1, 2:
		c.user()
	case 3, 4, 5:
		c.respond()
	case 6, 7:
		c.request()
	case 8:
		c.pass(time.Duration(c.rand.Int64N(int64(20 * time.Second))))
	case 9:
		c.weather()
	}
}

// user does what a user may do.
func (c *chaos) user() {
	choice := c.rand.IntN(13)
	c.do(func() {
		if choice == 0 || len(c.sessions) == 0 {
			_, _ = c.ua.Call("bob", CallOptions{})
			return
		}
		session := c.sessions[c.rand.IntN(len(c.sessions))]
		switch choice {
		case 1:
			_ = session.Terminate(TerminateOptions{})
		case 2, 3:
			_ = session.Answer(AnswerCallOptions{})
		case 4:
			session.Hold(nil)
		case 5:
			session.Unhold(nil)
		case 6:
			_ = session.SendDTMF("1,2", DTMFOptions{Transport: DTMFTransport(c.rand.IntN(3))})
		case 7:
			session.Renegotiate(RenegotiateOptions{ICERestart: true}, nil)
		case 8:
			o := ReferOptions{}
			if other := c.sessions[c.rand.IntN(len(c.sessions))]; c.rand.IntN(2) == 0 {
				o.Replaces = other
			}
			_, _ = session.Refer("carol", o)
		case 9, 10:
			_ = session.Progress(ProgressOptions{EarlyMedia: c.rand.IntN(2) == 0})
		case 11:
			session.HoldWith(HoldOptions{UseUpdate: true}, nil)
		case 12:
			session.HearNewest()
		}
	})
}

// respond answers one of the last requests, or acknowledges a response.
func (c *chaos) respond() {
	c.mu.Lock()
	recent := slices.Clone(c.sent[max(0, len(c.sent)-6):])
	c.mu.Unlock()
	if len(recent) == 0 {
		return
	}
	switch m := recent[c.rand.IntN(len(recent))].(type) {
	case *sip.Request:
		if m.Method == sip.ACK {
			return
		}
		statuses := []int{100, 180, 183, 200, 200, 200, 200, 407, 408, 422, 481, 486, 487, 491, 500}
		tags := []string{"bob", "bob", "bob", "carol"}
		mods := []mod{tag(tags[c.rand.IntN(len(tags))])}
		if c.rand.IntN(3) > 0 {
			mods = append(mods, sdp(farSDP))
		}
		if c.rand.IntN(3) == 0 {
			mods = append(mods, header("Session-Expires", "90;refresher=uac"), header("Min-SE", "100"),
				header("Proxy-Authenticate", sip.NewChallenge("example.com", "n", "MD5")))
		}
		if c.rand.IntN(4) == 0 {
			mods = append(mods, c.asserts())
		}
		status := statuses[c.rand.IntN(len(statuses))]
		if m.Method == sip.INVITE && c.rand.IntN(3) == 0 {
			status, mods = c.provisional(mods)
		}
		c.answer(m, status, mods...)
	case *sip.Response:
		if rseq, ok := m.RSeq(); ok && c.rand.IntN(4) > 0 {
			c.prack(m, rseq)
			return
		}
		if m.CSeq.Method == sip.INVITE && m.StatusCode >= 200 {
			ack := c.inDialog(sip.ACK, m.From, m.To, m.CallID)
			ack.CSeq.Seq = m.CSeq.Seq
			if m.StatusCode >= 300 {
				ack.Via = m.Via
			}
			if c.rand.IntN(2) == 0 {
				sdp(farSDP)(&ack.Common)
			}
			c.receive(ack)
		}
	}
}

// request has the far side call, cancel, or send something in a dialog.
func (c *chaos) request() {
	if c.rand.IntN(4) == 0 || len(c.sessions) == 0 {
		c.outside()
		var mods []mod
		if c.rand.IntN(4) > 0 {
			mods = append(mods, sdp(farSDP))
		}
		mods = append(mods, []mod{supports100rel, requires100rel, func(*sip.Common) {}}[c.rand.IntN(3)])
		if len(c.sessions) > 0 && c.rand.IntN(3) == 0 {
			mods = append(mods, c.replaces())
		}
		c.receive(c.scene.request(sip.INVITE, mods...))
		return
	}
	var (
		from, to sip.NameAddr
		callID   string
		invite   *sip.Request
	)
	c.do(func() {
		session := c.sessions[c.rand.IntN(len(c.sessions))]
		callID = session.CallID()
		from, to = session.remote.WithTag("bob"), session.local
		if session.in != nil {
			from, to = session.remote, session.local.WithTag(session.in.invite.toTag)
			invite = session.request
		}
	})
	if invite != nil && c.rand.IntN(4) == 0 {
		c.receive(cancelOf(invite))
		return
	}
	methods := []sip.Method{sip.BYE, sip.INVITE, sip.INVITE, sip.UPDATE, sip.INFO, sip.OPTIONS, sip.REFER, sip.REFER, sip.NOTIFY, sip.NOTIFY, sip.MESSAGE}
	r := c.inDialog(methods[c.rand.IntN(len(methods))], from, to, callID)
	if (r.Method == sip.INVITE || r.Method == sip.UPDATE) && c.rand.IntN(3) > 0 {
		sdp([]string{farSDP, holdSDP}[c.rand.IntN(2)])(&r.Common)
	}
	if c.rand.IntN(4) == 0 {
		c.asserts()(&r.Common)
	}
	switch r.Method {
	case sip.REFER:
		r.Headers.Set("Refer-To", "<sip:carol@example.com>")
	case sip.NOTIFY:
		r.Headers.Set("Event", "refer")
		r.Headers.Set("Subscription-State", []string{"active", "terminated"}[c.rand.IntN(2)])
		body("message/sipfrag", []string{"SIP/2.0 180 x", "SIP/2.0 200 x", "SIP/2.0 486 x"}[c.rand.IntN(3)])(&r.Common)
	}
	c.receive(r)
}

// asserts names somebody as the other side.
func (c *chaos) asserts() mod {
	return header("P-Asserted-Identity", []string{"<sip:bob@example.com>", `"Anna" <sip:201@example.com>`, "<tel:+4930123>"}[c.rand.IntN(3)])
}

// replaces has an INVITE take the place of one of the sessions.
func (c *chaos) replaces() mod {
	var r Replaces
	c.do(func() {
		session := c.sessions[c.rand.IntN(len(c.sessions))]
		r = Replaces{CallID: session.CallID(), ToTag: session.request.From.Tag(), FromTag: "bob"}
		if session.dialog != nil {
			r.ToTag, r.FromTag = session.dialog.id.localTag, session.dialog.id.remoteTag
		}
	})
	return header("Replaces", r.String())
}

// inDialog builds a request in any dialog, with a CSeq that is mostly new.
func (c *chaos) inDialog(m sip.Method, from, to sip.NameAddr, callID string) *sip.Request {
	if c.far.requestURI == "" {
		c.outside()
	}
	r := c.scene.request(m)
	r.From, r.To, r.CallID = from, to, callID
	return r
}

// weather changes the network and the media.
func (c *chaos) weather() {
	switch c.rand.IntN(6) {
	case 0:
		c.disconnect()
	case 1, 2:
		c.connect()
	case 3:
		media := fakeMedia{delay: time.Duration(c.rand.IntN(3)) * time.Second}
		for _, err := range []*error{&media.newPeer, &media.offer, &media.answer, &media.setAnswer, &media.rollback, &media.dtmf, &media.path} {
			if c.rand.IntN(6) == 0 {
				*err = ErrIncompatibleSDP
			}
		}
		c.mu.Lock()
		c.media = media
		c.mu.Unlock()
	case 4:
		c.path()
	case 5:
		c.ua.Receiver().NetworkChanged()
		c.ua.Receiver().Woke()
		synctest.Wait()
	}
}

// path has the media of any call tell anything.
func (c *chaos) path() {
	c.mu.Lock()
	peers := slices.Clone(c.peers)
	c.mu.Unlock()
	if len(peers) == 0 {
		return
	}
	tell := peers[c.rand.IntN(len(peers))].options.Events
	switch c.rand.IntN(5) {
	case 0, 1:
		tell.Connected()
	case 2:
		tell.Interrupted()
	case 3:
		tell.Failed(pathLost())
	case 4:
		tell.Failed(errors.New("no agreement on encryption"))
	}
	synctest.Wait()
}

func (c *chaos) check() {
	c.do(func() {
		for _, session := range c.sessions {
			if !c.ended[session] {
				c.t.Errorf("%s never ended: %v", session.ID(), session.Status())
			}
		}
		u := c.ua
		if len(u.sessions)+len(u.dialogs)+len(u.tx.clients)+len(u.tx.invites)+len(u.tx.others)+len(u.undecided)+len(u.late)+len(u.referrals) != 0 {
			c.t.Errorf("left: %d sessions, dialogs %v, transactions %v %v %v, %d undecided, %d late, referrals %v",
				len(u.sessions), slices.Collect(maps.Keys(u.dialogs)), u.tx.clients, u.tx.invites, u.tx.others, len(u.undecided), len(u.late), u.referrals)
		}
	})
	for _, peer := range c.peers {
		if peer.closed != 1 {
			c.t.Errorf("media closed %d times", peer.closed)
		}
	}
}
