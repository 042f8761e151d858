package ua

import (
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// decisionDeadline is how long an incoming MESSAGE or OPTIONS waits for the
// user.
const decisionDeadline = 10 * time.Second

// ReplyOptions configures an answer to an incoming request.
type ReplyOptions struct {
	Reason       string // "" means the usual phrase
	ExtraHeaders []sip.Header
	ContentType  string // of Body; "" means text/plain
	Body         []byte
}

func (o ReplyOptions) answer(status int) answer {
	if o.ContentType == "" {
		o.ContentType = "text/plain"
	}
	return answer{status: status, reason: o.Reason, headers: o.ExtraHeaders, contentType: o.ContentType, body: o.Body}
}

// decision is the user's about an incoming request: it can be taken once, also
// later, and takes itself at the deadline.
type decision struct {
	in       *inbound // nil once answered
	late     int      // status if the user does not decide
	deadline *loop.Timer
	answered func()
}

// decide leaves r to the user, for a while.
func (u *UA) decide(r *inbound, late int) *decision {
	d := &decision{in: r, late: late}
	d.answered = func() { delete(u.undecided, d) }
	d.deadline = u.loop.After(decisionDeadline, "deadline of "+string(r.Method), d.expire)
	u.undecided[d] = struct{}{}
	return d
}

func (d *decision) accept(op string, o ReplyOptions) error { return d.reply(op, o.answer(200)) }

func (d *decision) reject(op string, status int, o ReplyOptions) error {
	if status < 300 || status > 699 {
		return errStatusCode
	}
	return d.reply(op, o.answer(status))
}

func (d *decision) expire() { _ = d.reply("expire", answer{status: d.late}) } // fails only if answered

func (d *decision) reply(op string, a answer) error {
	if d == nil || d.in == nil {
		return &StateError{Op: op, State: StatusTerminated}
	}
	d.deadline.Stop()
	d.in.reply(a)
	d.in = nil
	d.answered()
	return nil
}
