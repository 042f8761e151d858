package ua

import (
	"webphone/phone/loop"
	"webphone/phone/sip"
)

// istState is the state of an INVITE server transaction (RFC 3261 §17.2.1 as
// changed by RFC 6026 §7.1, over a reliable transport):
//
//	Proceeding ──2xx──▶ Accepted ──timer L──▶ Terminated
//	     └─────≥300──▶ Completed ──ACK, timer H──▲
//
// Confirmed has no duration, as timer I is zero. A message that cannot be sent
// changes no state: the user retransmits 2xx, and it is the user that misses the
// ACK to it; after timer H there is nobody left to tell.
type istState int

const (
	istProceeding istState = iota
	istAccepted
	istCompleted
	istTerminated
)

var istNames = [...]string{"Proceeding", "Accepted", "Completed", "Terminated"}

func (s istState) String() string { return istNames[s] }

// inviteServer is an INVITE server transaction.
type inviteServer struct {
	env    txEnv
	req    *sip.Request
	cancel func(*sip.Request) // told of a CANCEL before the final response; may be nil
	state  istState
	last   *sip.Response // sent last; repeated when the INVITE is
	toTag  string        // of the responses, the 200 to CANCEL too (§9.2)
	resend *loop.Timer
	timer  *loop.Timer // H or L
}

func (t *inviteServer) start() {
	t.last = sip.NewResponse(t.req, 100, "", "")
	t.transmit()
}

// respond sends res, if the state allows a response of its kind.
func (t *inviteServer) respond(res *sip.Response) {
	switch t.state {
	case istProceeding:
		t.last = res
		t.toTag = res.To.Tag()
		t.resend.Stop()
		switch {
		case res.StatusCode < 200:
			t.armResend()
		case res.StatusCode < 300:
			t.state = istAccepted
			t.timer = t.env.after(timerL, "timer L", t.timeout)
		default:
			t.state = istCompleted
			t.timer = t.env.after(timerH, "timer H", t.timeout)
		}
		t.transmit()
	case istAccepted:
		if res.StatusCode >= 200 && res.StatusCode < 300 { // the user repeats its 2xx
			t.last = res
			t.transmit()
		}
	case istCompleted, istTerminated:
	}
}

func (t *inviteServer) armResend() {
	t.resend = t.env.after(resend1xx, "repeat 1xx", func() {
		t.transmit()
		t.armResend()
	})
}

func (t *inviteServer) transmit() {
	if err := t.env.send(t.last); err != nil {
		t.env.log.Debug("response not sent", "status", t.last.StatusCode, "error", err)
	}
}

// receiveInvite answers a retransmission with the last response (§17.2.1);
// in Accepted it is absorbed, the user repeats the 2xx (RFC 6026 §7.1).
func (t *inviteServer) receiveInvite() {
	switch t.state {
	case istProceeding, istCompleted:
		t.transmit()
	case istAccepted, istTerminated:
	}
}

// receiveAck reports whether an ACK with the INVITE's branch was for the
// transaction: the ACK to a 2xx is for the user, even from peers that do not
// give it a branch of its own.
func (t *inviteServer) receiveAck() bool {
	switch t.state {
	case istCompleted:
		t.terminate()
		return true
	case istProceeding, istTerminated:
		return true
	case istAccepted:
	}
	return false
}

// receiveCancel passes a CANCEL on if no final response was sent (§9.2).
func (t *inviteServer) receiveCancel(cancel *sip.Request) {
	if t.state == istProceeding && t.cancel != nil {
		t.cancel(cancel)
	}
}

func (t *inviteServer) timeout() {
	switch t.state {
	case istAccepted, istCompleted:
		t.terminate()
	case istProceeding, istTerminated:
	}
}

func (t *inviteServer) terminate() {
	t.stop()
	t.env.ended()
}

func (t *inviteServer) stop() {
	t.timer.Stop()
	t.resend.Stop()
	t.state = istTerminated
}

// nistState is the state of a non-INVITE server transaction (RFC 3261 §17.2.2):
//
//	Trying ──1xx──▶ Proceeding
//	   └──────────────┴──final──▶ Terminated
//
// Completed has no duration, as timer J is zero.
type nistState int

const (
	nistTrying nistState = iota
	nistProceeding
	nistTerminated
)

var nistNames = [...]string{"Trying", "Proceeding", "Terminated"}

func (s nistState) String() string { return nistNames[s] }

// nonInviteServer is a non-INVITE server transaction.
type nonInviteServer struct {
	env   txEnv
	req   *sip.Request
	state nistState
	last  *sip.Response
}

// respond sends res. After a final response nothing more is sent.
func (t *nonInviteServer) respond(res *sip.Response) {
	switch t.state {
	case nistTrying, nistProceeding:
		t.last = res
		if res.StatusCode < 200 {
			t.state = nistProceeding
		} else {
			t.state = nistTerminated
			t.env.ended()
		}
		t.transmit()
	case nistTerminated:
	}
}

func (t *nonInviteServer) transmit() {
	if err := t.env.send(t.last); err != nil {
		t.env.log.Debug("response not sent", "status", t.last.StatusCode, "error", err)
	}
}

// receiveRequest answers a retransmission with the last 1xx, if any.
func (t *nonInviteServer) receiveRequest() {
	switch t.state {
	case nistProceeding:
		t.transmit()
	case nistTrying, nistTerminated:
	}
}
