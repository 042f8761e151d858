package ua

import (
	"webphone/phone/loop"
	"webphone/phone/sip"
)

// ictState is the state of an INVITE client transaction (RFC 3261 §17.1.1 as
// changed by RFC 6026 §7.2, over a reliable transport):
//
//	Calling ──1xx──▶ Proceeding ──2xx──▶ Accepted ──timer M──▶ Terminated
//	   │ └────────────2xx───────────────────▲                      ▲
//	   └──≥300: ACK, timer B, transport error──────────────────────┤
//	                 Proceeding: the same, and 64*T1 after CANCEL──┘
//
// Completed has no duration, as timer D is zero.
type ictState int

const (
	ictCalling ictState = iota
	ictProceeding
	ictAccepted
	ictTerminated
)

var ictNames = [...]string{"Calling", "Proceeding", "Accepted", "Terminated"}

func (s ictState) String() string { return ictNames[s] }

// inviteClient is an INVITE client transaction.
type inviteClient struct {
	env       txEnv
	user      clientUser
	req       *sip.Request
	newCancel func(*sip.Request)
	state     ictState
	timer     *loop.Timer  // B, after CANCEL or release its 64*T1, then M
	canceling bool         // asked for, maybe before the first 1xx
	cancel    []sip.Header // of the CANCEL
	released  bool         // nobody waits for the final response any more
	heard     bool         // a 1xx came
}

func (t *inviteClient) start() {
	t.timer = t.env.after(timerB, "timer B", t.timeout)
	if err := t.env.send(t.req); err != nil {
		t.env.post("INVITE not sent", func() { t.transportFailed(&transportError{err: err}) })
	}
}

func (t *inviteClient) receive(res *sip.Response) {
	switch t.state {
	case ictCalling, ictProceeding:
		switch {
		case res.StatusCode < 200:
			first := t.state == ictCalling
			t.state, t.heard = ictProceeding, true
			if first && !t.released {
				t.timer.Stop()
			}
			if first && t.canceling {
				t.sendCancel()
			}
			t.user.response(res)
		case res.StatusCode < 300:
			t.state = ictAccepted
			t.timer.Stop()
			t.timer = t.env.after(timerM, "timer M", t.terminate)
			t.user.response(res)
		default:
			if err := t.env.send(t.ack(res)); err != nil {
				t.env.log.Debug("ACK not sent", "error", err)
			}
			t.terminate()
			t.user.response(res)
		}
	case ictAccepted:
		// Only 2xx, of this or of other forks, are for the user.
		if res.StatusCode >= 200 && res.StatusCode < 300 {
			t.user.response(res)
		}
	case ictTerminated:
	}
}

// abandon cancels the INVITE with the given header fields in the CANCEL:
// once the first 1xx is in, for before it nothing may be sent (RFC 3261 §9.1).
func (t *inviteClient) abandon(headers []sip.Header) {
	if t.canceling {
		return
	}
	switch t.state {
	case ictCalling:
		t.canceling, t.cancel = true, headers
	case ictProceeding:
		t.canceling, t.cancel = true, headers
		t.sendCancel()
	case ictAccepted, ictTerminated:
	}
}

// release bounds the wait for a final response: the dialog of a re-INVITE has
// ended, and the peer owes a 487 (RFC 3261 §15.1.2) but may have gone.
func (t *inviteClient) release() {
	if t.state == ictProceeding && !t.canceling && !t.released {
		t.timer = t.env.after(timerB, "final response after the end", t.timeout)
	}
	t.released = true
}

func (t *inviteClient) sendCancel() {
	t.timer.Stop()
	t.timer = t.env.after(timerB, "final response to CANCEL", t.timeout) // §9.1
	t.cancelLost(t.cancel)
}

// cancelLost sends the CANCEL, also for a transaction that ended with its
// connection: the server still has its own.
func (t *inviteClient) cancelLost(headers []sip.Header) {
	r := t.derive(sip.CANCEL)
	r.To = t.req.To.Clone()
	r.Headers = append(r.Headers, headers...)
	t.newCancel(r)
}

// ack is the ACK to a final response ≥300 (RFC 3261 §17.1.1.3).
func (t *inviteClient) ack(res *sip.Response) *sip.Request {
	r := t.derive(sip.ACK)
	r.To = res.To.Clone()
	return r
}

// derive makes what ACK and CANCEL have in common with the INVITE.
func (t *inviteClient) derive(m sip.Method) *sip.Request {
	r := &sip.Request{Method: m, RequestURI: t.req.RequestURI.Clone()}
	o := t.req.Clone()
	r.Via, r.From, r.CallID = o.Via[:1], o.From, o.CallID
	r.CSeq = sip.CSeq{Seq: o.CSeq.Seq, Method: m}
	for _, name := range []string{"Route", "Max-Forwards", "User-Agent"} {
		for _, value := range o.Headers.Values(name) {
			r.Headers.Add(name, value)
		}
	}
	return r
}

func (t *inviteClient) timeout() {
	switch t.state {
	case ictCalling, ictProceeding:
		t.terminate()
		t.user.failed(errTimeout)
	case ictAccepted, ictTerminated:
	}
}

func (t *inviteClient) transportFailed(err error) {
	switch t.state {
	case ictCalling, ictProceeding:
		t.terminate()
		t.user.failed(err)
	case ictAccepted, ictTerminated: // the connection may come back before timer M
	}
}

func (t *inviteClient) waiting() bool { return t.state == ictCalling || t.state == ictProceeding }

func (t *inviteClient) terminate() {
	t.stop()
	t.env.ended()
}

func (t *inviteClient) stop() {
	t.timer.Stop()
	t.state = ictTerminated
}

// nictState is the state of a non-INVITE client transaction (RFC 3261 §17.1.2):
//
//	Trying ──1xx──▶ Proceeding
//	   └──────────────┴──final, timer F, transport error──▶ Terminated
//
// Completed has no duration, as timer K is zero.
type nictState int

const (
	nictTrying nictState = iota
	nictProceeding
	nictTerminated
)

var nictNames = [...]string{"Trying", "Proceeding", "Terminated"}

func (s nictState) String() string { return nictNames[s] }

// nonInviteClient is a non-INVITE client transaction.
type nonInviteClient struct {
	env   txEnv
	user  clientUser
	req   *sip.Request
	state nictState
	timer *loop.Timer // F
}

func (t *nonInviteClient) start() {
	t.timer = t.env.after(timerF, "timer F", t.timeout)
	if err := t.env.send(t.req); err != nil {
		t.env.post("request not sent", func() { t.transportFailed(&transportError{err: err}) })
	}
}

func (t *nonInviteClient) receive(res *sip.Response) {
	switch t.state {
	case nictTrying, nictProceeding:
		switch {
		case res.StatusCode < 200:
			t.state = nictProceeding
			t.user.response(res)
		case res.StatusCode == 408:
			// A server that waited says what our timer F would (RFC 4320 §4.2).
			t.terminate()
			t.user.failed(errTimeout)
		default:
			t.terminate()
			t.user.response(res)
		}
	case nictTerminated:
	}
}

func (t *nonInviteClient) timeout() { t.transportFailed(errTimeout) }

func (t *nonInviteClient) transportFailed(err error) {
	switch t.state {
	case nictTrying, nictProceeding:
		t.terminate()
		t.user.failed(err)
	case nictTerminated:
	}
}

func (t *nonInviteClient) waiting() bool { return t.state != nictTerminated }

func (t *nonInviteClient) terminate() {
	t.stop()
	t.env.ended()
}

func (t *nonInviteClient) stop() {
	t.timer.Stop()
	t.state = nictTerminated
}

var (
	_ clientTransaction = (*inviteClient)(nil)
	_ clientTransaction = (*nonInviteClient)(nil)
)
