package ua

import (
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
)

// maxRegisterWait bounds how long requests inside dialogs wait for the REGISTER
// on a new connection: a registrar that is silent must not silence the calls.
const maxRegisterWait = 4 * time.Second

// lateRequest is one of a dialog that has ended here, such as the BYE, which
// waits for the next connection.
type lateRequest struct {
	send  func()
	limit *loop.Timer
}

// settle makes the agent online once the connection is up and, where it
// registers, the REGISTER on it is through: servers lead what comes back along
// the flow that it has made (RFC 5626 §4.2.1). What has waited goes out then.
func (u *UA) settle() {
	switch {
	case u.state != uaReady || !u.config.Transport.Connected() || u.registrator.pending != nil:
	case !u.online:
		u.goOnline()
	case u.slept:
		u.slept = false
		u.eventing.woke()
	}
}

func (u *UA) goOnline() {
	u.online = true
	u.onlineLimit.Stop()
	late := u.late
	u.late = nil
	for _, l := range late {
		l.limit.Stop()
		l.send()
	}
	for _, s := range u.Sessions() {
		if !s.IsEnded() {
			s.resume()
		}
	}
	u.eventing.connected()
}

// awaitOnline is called on each new connection, after the REGISTER was sent.
func (u *UA) awaitOnline() {
	u.onlineLimit.Stop()
	u.onlineLimit = u.loop.After(maxRegisterWait, "register wait", func() {
		if u.state == uaReady && u.config.Transport.Connected() && !u.online {
			u.goOnline()
		}
	})
	u.settle()
}

// goOffline has requests inside dialogs wait.
func (u *UA) goOffline() {
	u.online, u.slept = false, false
	u.onlineLimit.Stop()
}

// whenOnline keeps send for the next connection, for as long as a call would
// wait for it, and reports false if nothing is to be waited for.
func (u *UA) whenOnline(send func()) bool {
	if u.online || u.state != uaReady {
		return false
	}
	u.keepLate(send, func() {})
	return true
}

// keepLate calls send on the next connection, or lapsed if that is too late.
func (u *UA) keepLate(send, lapsed func()) {
	l := &lateRequest{send: send}
	l.limit = u.loop.After(u.config.Recovery, "late request", func() {
		for i, other := range u.late {
			if other == l {
				u.late = append(u.late[:i:i], u.late[i+1:]...)
				break
			}
		}
		lapsed()
	})
	u.late = append(u.late, l)
}

// elsewhere leaves for another server because of r, an INVITE or MESSAGE
// outside dialogs that this one cannot serve, unless other calls would suffer
// from it.
func (u *UA) elsewhere(r *sip.Request, again, lapsed func()) bool {
	if u.state != uaReady || r.To.Tag() != "" || r.Method != sip.INVITE && r.Method != sip.MESSAGE {
		return false
	}
	for _, s := range u.Sessions() {
		if s.CallID() != r.CallID {
			return false
		}
	}
	if u.online {
		if !u.config.Transport.Failover() {
			return false
		}
		u.goOffline()
	}
	u.keepLate(again, lapsed)
	return true
}

// forgetLate drops what waits; the agent stops.
func (u *UA) forgetLate() {
	for _, l := range u.late {
		l.limit.Stop()
	}
	u.late = nil
	u.onlineLimit.Stop()
	u.networkCheck.Stop()
}

// networkSettle is how long after a change of the network the calls are looked
// at: the transport needs that to notice that it is lost, and addresses come
// one by one.
const networkSettle = 300 * time.Millisecond

// networkChanged looks whether the calls' paths are still there.
func (u *UA) networkChanged() {
	u.networkCheck.Stop()
	u.networkCheck = u.loop.After(networkSettle, "network changed", func() {
		for _, s := range u.Sessions() {
			s.checkPath()
		}
	})
}
