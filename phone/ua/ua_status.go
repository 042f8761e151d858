package ua

import (
	"errors"
	"fmt"
	"time"

	"webphone/phone/sip"
)

// AgentStatus is the state of a UA, with JsSIP's names.
type AgentStatus int

// The states.
const (
	AgentInit       AgentStatus = iota // before Start
	AgentReady                         // connected
	AgentUserClosed                    // after Stop
	AgentNotReady                      // without a connection
)

// String returns the state's name.
func (s AgentStatus) String() string {
	switch s {
	case AgentInit:
		return "init"
	case AgentReady:
		return "ready"
	case AgentUserClosed:
		return "user closed"
	case AgentNotReady:
		return "not ready"
	}
	return fmt.Sprintf("AgentStatus(%d)", int(s))
}

// NewTransaction: a transaction begins, ours (Local) or a peer's (Remote). It
// is told only with Config.TransactionEvents.
type NewTransaction struct {
	Originator Originator
	Request    *sip.Request
}

// TransactionDestroyed: it is over.
type TransactionDestroyed struct {
	Originator Originator
	Request    *sip.Request
}

func (NewTransaction) event()       {}
func (TransactionDestroyed) event() {}

// transactionTold is what the transactions tell of themselves, nil for
// nothing.
func (u *UA) transactionTold() func(o Originator, r *sip.Request, destroyed bool) {
	if !u.config.TransactionEvents {
		return nil
	}
	return func(o Originator, r *sip.Request, destroyed bool) {
		if destroyed {
			u.emit(TransactionDestroyed{o, r})
		} else {
			u.emit(NewTransaction{o, r})
		}
	}
}

// disconnected is the event of a lost connection or failed attempt.
func (u *UA) disconnected(err error, retryIn time.Duration) Disconnected {
	e := Disconnected{Server: u.server, Err: err, RetryIn: retryIn}
	var closed interface{ CloseCode() (int, string) }
	if errors.As(err, &closed) {
		e.Code, e.Reason = closed.CloseCode()
	}
	return e
}

// armOptions begins to ask the registrar's server for a sign of life, where
// that is configured: a proxy that has forgotten us is found where a socket
// that lives on hides it.
func (u *UA) armOptions() {
	u.ping.Stop()
	if u.config.OptionsInterval == 0 {
		return
	}
	u.ping = u.loop.After(u.config.OptionsInterval, "OPTIONS keep-alive", func() {
		if u.state != uaReady || !u.IsConnected() {
			return
		}
		u.sendOutOfDialog(outbound{
			method: sip.OPTIONS, uri: u.config.RegistrarServer, from: u.identity(""),
			headers: []sip.Header{u.contact.field()},
		}, func(_ *sip.Response, err *EndError) {
			if err != nil && err.Cause == CauseRequestTimeout {
				u.config.Transport.Retry()
			}
			u.armOptions()
		})
	})
}
