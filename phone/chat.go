package phone

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
	"webphone/phone/sip/body"
	"webphone/phone/store"
	"webphone/phone/ua"
)

// SendOptions refines a message; the zero value is an ordinary one.
type SendOptions struct {
	// Account is the account to send from; "" means the one over which there
	// were messages or calls with the peer last, else Snapshot.Usual.
	Account string
}

// Send stores a message to peer (an address or a number) as queued and
// returns its id; it goes out at once if its account (see SendOptions) is
// registered, else when it is. The snapshot tells what becomes of it. It
// waits for the disk.
func (p *Phone) Send(peer, text string) (int64, error) {
	return p.send(peer, text, SendOptions{}, nil)
}

// SendWait is Send that returns when the message is accepted (nil) or has
// failed (a *ua.EndError). Where the account is not registered it is
// ErrNotRegistered and the message is not kept.
func (p *Phone) SendWait(ctx context.Context, peer, text string, o SendOptions) error {
	done := make(chan error, 1)
	if _, err := p.send(peer, text, o, func(err error) { done <- err }); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-p.ctx.Done():
		return ErrClosed
	}
}

// send stores and sends. A caller that waits (done not nil) wants it now or
// not at all.
func (p *Phone) send(peer, text string, o SendOptions, done func(error)) (int64, error) {
	if strings.TrimSpace(text) == "" {
		return 0, ErrEmptyMessage
	}
	var m Message
	var a *account
	err := p.do("send", func() error {
		var err error
		if a, m, err = p.compose(peer, o); err != nil {
			return err
		}
		if done != nil && a.state != Registered {
			return ErrNotRegistered
		}
		m.Body, m.At, m.State, m.Read = text, time.Now(), MessageQueued, true
		return nil
	})
	if err != nil {
		return 0, err
	}
	id, err := p.store.AddMessage(p.ctx, recordOf(m))
	if err != nil {
		return 0, &StorageError{What: "message", Err: err}
	}
	m.ID = id
	return id, p.do("send", func() error {
		p.putMessage(m)
		if done == nil { // else it is for this account or none
			a = p.carrier(m)
		}
		if done != nil || a != nil && a.state == Registered {
			p.transmit(a, m, done)
		}
		return nil
	})
}

// transmit sends a stored message.
func (p *Phone) transmit(a *account, m Message, done func(error)) {
	m.Account = a.ID
	finish := func(state MessageState, e *ua.EndError) {
		m.State, m.Cause, m.Status = state, "", 0
		var err error
		if e != nil {
			m.Cause, m.Status, err = string(e.Cause), e.Status, e
		}
		p.updateMessage(m)
		if done != nil {
			done(err)
		}
	}
	if a.ua == nil { // switched off while the message was being stored
		finish(MessageFailed, &ua.EndError{Cause: ua.CauseConnection, Origin: ua.System, Err: ErrNotRegistered})
		return
	}
	m.State = MessageSending
	text, kind := p.envelope(a, &m)
	p.updateMessage(m)
	_, err := a.ua.SendMessage(m.Peer, text, ua.MessageOptions{ContentType: kind, Done: func(_ *sip.Response, e *ua.EndError) {
		switch {
		case e == nil && p.receipted(m):
			if done != nil {
				done(nil)
			}
		case e == nil:
			finish(MessageAccepted, nil)
		case kind != "text/plain" && refusesType(e):
			p.mannersOf(m.Peer).noReceipts = true
			p.transmit(a, m, done)
		case done == nil && e.Cause == ua.CauseConnection:
			finish(MessageQueued, e) // the connection went; it is sent when it is back
		default:
			finish(MessageFailed, e)
		}
	}})
	if err != nil {
		finish(MessageFailed, &ua.EndError{Cause: ua.CauseInternal, Origin: ua.Local, Err: err})
	}
}

// sendQueued sends what waited for this account, oldest first.
func (p *Phone) sendQueued(a *account) {
	var queued []Message
	for _, t := range p.state.threads {
		for _, m := range t.Messages {
			if m.State == MessageQueued && p.carrier(m) == a {
				queued = append(queued, m)
			}
		}
	}
	slices.SortFunc(queued, func(x, y Message) int { return x.At.Compare(y.At) })
	for _, m := range queued {
		p.transmit(a, m, nil)
	}
}

// RetryMessage sends a failed message again, from the account that it left
// from if that is in use.
func (p *Phone) RetryMessage(id int64) error {
	return p.do("retry message", func() error {
		for _, t := range p.state.threads {
			i := slices.IndexFunc(t.Messages, func(m Message) bool { return m.ID == id })
			if i < 0 || t.Messages[i].State != MessageFailed {
				continue
			}
			m := t.Messages[i]
			a := p.inUse(m.Account)
			if a == nil {
				var err error
				if a, err = p.accountFor(m.Peer); err != nil {
					return err
				}
			}
			m.Account, m.State, m.Cause, m.Status = a.ID, MessageQueued, "", 0
			if a.state == Registered {
				p.transmit(a, m, nil)
			} else {
				p.updateMessage(m)
			}
			return nil
		}
		return ErrNoMessage
	})
}

// onMessage takes in what a MESSAGE carries.
func (p *Phone) onMessage(a *account, e ua.NewMessage) {
	kind, _ := e.Request.ContentType()
	switch strings.ToLower(kind) {
	case "", "text/plain":
		p.keepMessage(a, e, Message{Peer: peerOf(e.Request.From.URI), Body: string(e.Request.Body)}, nil)
	case body.TypeIsComposing:
		p.onComposing(e)
	case body.TypeCPIM:
		p.onCPIM(a, e)
	case body.TypeIMDN:
		p.onIMDN(e, e.Request.Body)
	default:
		p.answerMessage(e, 415)
	}
}

// keepMessage stores an incoming message and only then answers 200: what was
// accepted must not be lost. wants are the receipts that its writer asks for.
func (p *Phone) keepMessage(a *account, e ua.NewMessage, m Message, wants []string) {
	m.Account, m.Incoming, m.At, m.State = a.ID, true, time.Now(), MessageReceived
	kept := m
	if !slices.Contains(wants, body.WantDisplayed) {
		kept.NotifyID = "" // nothing is to be told when it is read
	}
	name := e.Request.From.DisplayName
	loop.Enqueue(p.state.disk, "store message", func(ctx context.Context) (int64, error) {
		return p.store.AddMessage(ctx, recordOf(kept))
	}, func(id int64, err error) {
		if err != nil {
			p.answerMessage(e, 500)
			p.notify(&StorageError{What: "message", Err: err})
			return
		}
		p.answerMessage(e, 200)
		kept.ID = id
		if t := p.state.threads[m.Peer]; name != "" && name != t.DisplayName {
			t.Peer, t.DisplayName = m.Peer, name
			p.state.threads[m.Peer] = t
			p.write("message", func(ctx context.Context) error { return p.store.SetThreadName(ctx, m.Peer, name) })
		}
		how := p.mannersOf(m.Peer)
		how.theirs.Stop()
		how.theyType = false
		p.putMessage(kept)
		if slices.Contains(wants, body.WantDelivered) {
			p.sendReceipt(a, m, body.Delivery, body.Delivered)
		}
	})
}

// putMessage adds a message to its thread, or replaces it there.
func (p *Phone) putMessage(m Message) {
	t := p.state.threads[m.Peer]
	t.Peer = m.Peer
	messages := slices.Clone(t.Messages)
	if i := slices.IndexFunc(messages, func(old Message) bool { return old.ID == m.ID }); i >= 0 {
		messages[i] = m
	} else {
		messages = append(messages, m)
		if m.Incoming && !m.Read {
			t.Unread++
		}
	}
	t.Messages = messages[max(0, len(messages)-MessagesKept):]
	t.Account = accountOf(t.Messages)
	p.state.threads[m.Peer] = t
	p.changed()
}

// updateMessage changes a message where it still is: its conversation may have
// been deleted while it was on its way.
func (p *Phone) updateMessage(m Message) {
	held := slices.ContainsFunc(p.state.threads[m.Peer].Messages, func(old Message) bool { return old.ID == m.ID })
	if held {
		p.putMessage(m)
	}
	record := recordOf(m)
	p.write("message", func(ctx context.Context) error {
		err := p.store.UpdateMessage(ctx, record)
		if !held && errors.Is(err, store.ErrNotFound) {
			return nil
		}
		return err
	})
}

// MarkRead says that the user has seen the thread with peer.
func (p *Phone) MarkRead(peer string) {
	p.loop.Post("read", func() {
		t, ok := p.state.threads[peer]
		if !ok || t.Unread == 0 {
			return
		}
		t.Unread = 0
		p.sendRead(t.Messages)
		t.Messages = slices.Clone(t.Messages)
		for i := range t.Messages {
			t.Messages[i].Read = true
		}
		p.state.threads[peer] = t
		p.write("message", func(ctx context.Context) error { return p.store.MarkRead(ctx, peer) })
		p.changed()
	})
}

// DeleteThread removes the conversation with peer, for good when it returns:
// what is written to them afterwards begins another.
func (p *Phone) DeleteThread(peer string) error {
	done := make(chan error, 1)
	err := p.do("delete thread", func() error {
		delete(p.state.threads, peer)
		loop.Enqueue(p.state.disk, "delete thread", func(ctx context.Context) (struct{}, error) {
			done <- p.store.DeleteThread(ctx, peer)
			return struct{}{}, nil
		}, nil)
		p.changed()
		return nil
	})
	if err != nil {
		return err
	}
	select {
	case err = <-done:
	case <-p.ctx.Done():
		err = context.Cause(p.ctx)
	}
	if err != nil {
		return &StorageError{What: "message", Err: err}
	}
	return nil
}

func recordOf(m Message) store.MessageRecord {
	return store.MessageRecord{
		ID: m.ID, Account: m.Account, Peer: m.Peer, Body: m.Body, ContentType: "text/plain",
		Incoming: m.Incoming, At: m.At, State: string(m.State),
		Cause: m.Cause, Status: m.Status, Read: m.Read, CallID: m.NotifyID,
	}
}

// messageOf restores a message. One that was on its way when the phone ended
// may or may not have arrived: it waits for the user's Retry.
func messageOf(r store.MessageRecord) Message {
	m := Message{
		ID: r.ID, Account: r.Account, Peer: r.Peer, Incoming: r.Incoming, Body: r.Body, At: r.At,
		State: MessageState(r.State), Cause: r.Cause, Status: r.Status, Read: r.Read, NotifyID: r.CallID,
	}
	if m.State == MessageSending {
		m.State, m.Cause = MessageFailed, string(ua.CauseConnection)
	}
	return m
}
