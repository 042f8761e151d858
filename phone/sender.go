package phone

import (
	"slices"
	"strings"

	"webphone/phone/sip"
	"webphone/phone/ua"
)

// From returns the options of a call from an account, such as that of a past
// call or of a thread. They are zero, for the usual account, if it is gone or
// switched off, or the only one.
func (s *Snapshot) From(account string) DialOptions {
	if len(s.Accounts) < 2 {
		return DialOptions{}
	}
	for _, a := range s.Accounts {
		if a.ID == account && !a.Disabled {
			return DialOptions{Account: a.ID}
		}
	}
	return DialOptions{}
}

// Usual returns the account that calls and first messages leave from: the one
// chosen in CallPolicy.Account as long as it is switched on, else the first that
// is registered, else the first that is switched on, else the first. ok is false
// when there is none.
func (s *Snapshot) Usual() (a AccountState, ok bool) {
	return usual(s.Accounts, func(a AccountState) fitness {
		return fitnessOf(a.ID == s.Settings.Calls.Account, a.State, a.Disabled)
	})
}

// fitness is how well an account suits to be called from.
type fitness int

// fitnessOf does not put another in the place of a chosen account that is not
// registered at the moment: it would show another number than the user's choice.
func fitnessOf(chosen bool, state Connection, disabled bool) fitness {
	switch {
	case chosen && !disabled:
		return 4
	case state == Registered:
		return 3
	case !disabled:
		return 2
	}
	return 1
}

// usual returns the first of the fittest.
func usual[A any](all []A, of func(A) fitness) (best A, ok bool) {
	most := fitness(0)
	for _, a := range all {
		if f := of(a); f > most {
			best, most, ok = a, f, true
		}
	}
	return best, ok
}

// AccountOf returns the Account.ID that goes with peer: of the messages
// exchanged with it, else of the last call; "" if there was none.
func (s *Snapshot) AccountOf(peer string) string {
	for _, t := range s.Threads {
		if t.Peer == peer && t.Account != "" {
			return t.Account
		}
	}
	for _, c := range slices.Backward(s.Calls) {
		if c.Peer == peer {
			return c.Account
		}
	}
	return calledOver(s.History, peer)
}

// calledOver is the account of the last call with peer in a history.
func calledOver(history []HistoryEntry, peer string) string {
	for _, h := range history {
		if h.Peer == peer {
			return h.Account
		}
	}
	return ""
}

// accountOf is the account that a conversation goes over: that of its newest
// message, but one that failed may have taken a way that leads nowhere.
func accountOf(messages []Message) string {
	failed := ""
	for _, m := range slices.Backward(messages) {
		if m.Account != "" && m.State != MessageFailed {
			return m.Account
		}
		if failed == "" {
			failed = m.Account
		}
	}
	return failed
}

// lastAccount is Snapshot.AccountOf for the loop.
func (p *Phone) lastAccount(peer string) string {
	if id := p.state.threads[peer].Account; id != "" {
		return id
	}
	for _, c := range slices.Backward(p.state.calls) {
		if c.remote == peer {
			return c.account.ID
		}
	}
	return calledOver(p.state.history, peer)
}

// inUse returns the account with this id, nil if it is gone or switched off.
func (p *Phone) inUse(id string) *account {
	for _, a := range p.state.accounts {
		if a.ID == id && !a.Disabled {
			return a
		}
	}
	return nil
}

// accountFor returns the account to write to peer from, whose own address is
// what the peer knows of the user: a stranger is written to from the usual one.
func (p *Phone) accountFor(peer string) (*account, error) {
	if a := p.inUse(p.lastAccount(peer)); a != nil {
		return a, nil
	}
	return p.account("")
}

// strand ends the wait of the messages for an account that is switched off or
// gone, if there is another to send them again from: that is for the user to
// say.
func (p *Phone) strand(id string) {
	other := func(a *account) bool { return a.ID != id && !a.Disabled }
	if !slices.ContainsFunc(p.state.accounts, other) {
		return
	}
	for _, t := range p.state.threads {
		for _, m := range t.Messages {
			if m.State == MessageQueued && m.Account == id {
				m.State, m.Cause = MessageFailed, string(ua.CauseConnection)
				p.updateMessage(m)
			}
		}
	}
}

// carrier returns the account that a message waits for, or that its receipts
// leave from: its own as long as that exists, else the usual one; nil without
// any.
func (p *Phone) carrier(m Message) *account {
	if m.Account != "" {
		if a, err := p.account(m.Account); err == nil {
			return a
		}
	}
	a, err := p.account("")
	if err != nil {
		return nil
	}
	return a
}

// compose begins a message: to whom it is, and from which account. One that
// any account can take, while none is registered and none is chosen, is bound to
// none.
func (p *Phone) compose(peer string, o SendOptions) (*account, Message, error) {
	target, err := p.resolve(peer)
	if err != nil {
		return nil, Message{}, err
	}
	a, err := p.account(o.Account)
	if err != nil {
		return nil, Message{}, err
	}
	to, home, err := a.address(target)
	if err != nil {
		return nil, Message{}, err
	}
	m := Message{Peer: to}
	known := o.Account != ""
	if !known && p.inUse(p.lastAccount(to)) != nil {
		a, known = p.inUse(p.lastAccount(to)), true
	}
	if known || home || a.state == Registered || a.ID == p.state.settings.Calls.Account {
		m.Account = a.ID
	}
	return a, m, nil
}

// address completes what was typed to the address of a peer. home says that it
// is in the account's own domain.
func (a *account) address(target string) (peer string, home bool, err error) {
	own, err := sip.ParseURI(a.URI)
	if err != nil {
		return "", false, err
	}
	uri, err := sip.NormalizeTarget(target, own.Host)
	if err != nil {
		return "", false, &TargetError{Target: target, Err: err}
	}
	return peerOf(uri), strings.EqualFold(uri.Host, own.Host), nil
}
