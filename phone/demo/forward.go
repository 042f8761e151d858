package demo

import (
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// RFC 3261 §17.1.1.2 and §16.6 step 11.
const (
	timerB = 32 * time.Second
	timerC = 181 * time.Second
)

// elsewhere is the Reason of RFC 3326 §3.1's branches that lost.
const elsewhere = `SIP;cause=200;text="Call completed elsewhere"`

// exchange is a request that was forwarded: RFC 3261 §16.7's response context.
//
//	forwarded ──every branch has a final──▶ answered by the best ──timerB──▶ gone
//	    └──────────2xx or 6xx─────────────▶ answered, others cancelled ──────┘
type exchange struct {
	from     *connection
	request  *sip.Request
	branches []*branch
	best     *sip.Response // of those that are not 2xx
	answered bool
}

// branch is a request on its way to one target.
type branch struct {
	exchange *exchange
	via      *connection
	request  *sip.Request
	proceeds bool     // a provisional response came: it may be cancelled
	final    bool     // a final response came, or was made up
	reasons  []string // why it is to be cancelled
	wanted   bool     // to be cancelled
	canceled bool     // CANCEL was sent
	timer    *loop.Timer
}

// forward sends r to its targets.
func (s *Server) forward(c *connection, r *sip.Request, targets []target) {
	x := &exchange{from: c, request: r}
	s.exchanges[transactionKey(r)] = x
	if r.Method == sip.INVITE {
		c.send(s.response(r, 100, ""))
	}
	for _, t := range targets {
		id := sip.NewBranch()
		b := &branch{exchange: x, via: t.via, request: s.outgoing(r, t.uri, id)}
		x.branches = append(x.branches, b)
		s.branches[id] = b
		b.timer = s.loop.After(timerB, "timer B", func() { s.give(b, 408) })
		t.via.send(b.request)
	}
}

// give ends a branch that brings no answer with one of our own.
func (s *Server) give(b *branch, status int) {
	if !b.final {
		b.cancel(s, nil)
		s.finish(b, s.response(b.exchange.request, status, ""))
	}
}

// receiveResponse passes a response on (RFC 3261 §16.7).
func (s *Server) receiveResponse(c *connection, r *sip.Response) {
	b := s.branches[r.Via[0].Branch()]
	if b == nil || b.via != c || r.CSeq.Method != b.request.Method || len(r.Via) < 2 {
		return // nothing of ours, or the answer to our CANCEL
	}
	x := b.exchange
	r.Via = r.Via[1:]
	if b.request.Method == sip.INVITE && r.StatusCode >= 300 {
		b.via.send(acknowledge(b.request, r))
	}
	switch {
	case r.StatusCode == 100:
		s.proceed(b)
	case r.StatusCode < 200:
		s.proceed(b)
		if !x.answered {
			x.from.send(r)
		}
	case r.StatusCode < 300 && x.request.Method == sip.INVITE:
		// Every 2xx is passed on, also repeated and late ones.
		b.end()
		x.from.send(r)
		s.answer(x, elsewhere)
	case !b.final:
		s.finish(b, r)
	}
}

func (s *Server) proceed(b *branch) {
	b.proceeds = true
	switch {
	case b.request.Method != sip.INVITE || b.final || b.canceled:
	case b.wanted:
		b.sendCancel(s)
	default:
		b.timer.Stop()
		b.timer = s.loop.After(timerC, "timer C", func() { s.give(b, 408) })
	}
}

// finish files a final response that is not an INVITE's 2xx, and answers when
// nothing better can come.
func (s *Server) finish(b *branch, r *sip.Response) {
	b.end()
	x := b.exchange
	if x.answered {
		return
	}
	if x.best == nil || better(r.StatusCode, x.best.StatusCode) {
		x.best = r
	}
	if r.StatusCode >= 600 {
		for _, other := range x.branches {
			other.cancel(s, nil)
		}
	}
	for _, other := range x.branches {
		if !other.final {
			return
		}
	}
	x.from.send(x.best)
	s.answer(x, "")
}

// better reports whether a is the better answer: a global one first, else that
// of the lowest class, and the caller's own CANCEL last of its class.
func better(a, b int) bool {
	rank := func(status int) int {
		switch {
		case status >= 600:
			return 0
		case status < 300:
			return 1
		case status == 487:
			return 99
		default:
			return status / 100 * 10
		}
	}
	return rank(a) < rank(b)
}

// answer ends an exchange: the branches that still ring are cancelled, and
// after a while, for late responses, it is forgotten.
func (s *Server) answer(x *exchange, reason string) {
	if x.answered {
		return
	}
	x.answered = true
	for _, b := range x.branches {
		if reason != "" {
			b.cancel(s, []string{reason})
		}
	}
	s.loop.After(timerB, "forget", func() {
		delete(s.exchanges, transactionKey(x.request))
		for _, b := range x.branches {
			b.timer.Stop()
			delete(s.branches, b.request.Via[0].Branch())
		}
	})
}

func (b *branch) end() {
	b.final = true
	b.timer.Stop()
}

// cancel cancels a branch now, or as soon as a response allows it (RFC 3261
// §9.1).
func (b *branch) cancel(s *Server, reasons []string) {
	if b.wanted || b.final || b.request.Method != sip.INVITE {
		return
	}
	b.wanted, b.reasons = true, reasons
	if b.proceeds {
		b.sendCancel(s)
	}
}

func (b *branch) sendCancel(s *Server) {
	r := hopByHop(b.request, sip.CANCEL)
	for _, reason := range b.reasons {
		r.Headers.Add("Reason", reason)
	}
	b.via.send(r)
	b.canceled = true
	b.timer.Stop()
	b.timer = s.loop.After(timerB, "canceled", func() { s.give(b, 487) })
}

// acknowledge makes the ACK of a refusal (RFC 3261 §17.1.1.3).
func acknowledge(invite *sip.Request, r *sip.Response) *sip.Request {
	ack := hopByHop(invite, sip.ACK)
	ack.To = r.To.Clone()
	return ack
}

// hopByHop makes an ACK or CANCEL for the next hop.
func hopByHop(invite *sip.Request, m sip.Method) *sip.Request {
	r := &sip.Request{Method: m, RequestURI: invite.RequestURI.Clone()}
	r.Via = []sip.Via{invite.Via[0]}
	r.From, r.To = invite.From.Clone(), invite.To.Clone()
	r.CallID = invite.CallID
	r.CSeq = sip.CSeq{Seq: invite.CSeq.Seq, Method: m}
	for _, route := range invite.Headers.Values("Route") {
		r.Headers.Add("Route", route)
	}
	r.Headers.Add("Max-Forwards", "70")
	return r
}

// lost ends what depended on a connection.
func (s *Server) lost(c *connection) {
	s.location.forget(c)
	for _, x := range s.exchanges {
		for _, b := range x.branches {
			switch {
			case b.via == c:
				s.give(b, 480)
			case x.from == c:
				b.cancel(s, nil)
			}
		}
	}
}
