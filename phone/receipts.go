package phone

import (
	"slices"
	"strings"
	"time"

	"webphone/phone/sip"
	"webphone/phone/sip/body"
	"webphone/phone/ua"
)

// envelope puts a message into what lets its receipts be asked for (RFC 5438),
// if the other side understands it; it returns the body and its type.
func (p *Phone) envelope(a *account, m *Message) (text, contentType string) {
	how := p.mannersOf(m.Peer)
	how.wrote()
	p.learnManners(a, m.Peer, how)
	if m.NotifyID = ""; !how.receipts || how.noReceipts {
		return m.Body, "text/plain"
	}
	m.NotifyID = sip.NewToken(16)
	cpim := body.NewCPIM(a.URI, m.Peer, m.At, "text/plain; charset=utf-8", []byte(m.Body)).
		WithIMDN(m.NotifyID, body.WantDelivered, body.WantDisplayed)
	return string(cpim.Bytes()), body.TypeCPIM
}

// onCPIM takes in a message with an envelope, or a receipt.
func (p *Phone) onCPIM(a *account, e ua.NewMessage) {
	cpim, err := body.ParseCPIM(e.Request.Body)
	if err != nil {
		p.answerMessage(e, 400)
		return
	}
	kind, _, _ := strings.Cut(cpim.ContentType(), ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "", "text/plain":
		peer := peerOf(e.Request.From.URI)
		p.mannersOf(peer).receipts = true
		p.keepMessage(a, e, Message{Peer: peer, Body: string(cpim.Body), NotifyID: cpim.MessageID()}, cpim.Wants())
	case body.TypeIMDN:
		p.onIMDN(e, cpim.Body)
	default:
		p.answerMessage(e, 415)
	}
}

// onIMDN takes in what became of a message of ours.
func (p *Phone) onIMDN(e ua.NewMessage, data []byte) {
	notice, err := body.ParseIMDN(data)
	if err != nil {
		p.answerMessage(e, 400)
		return
	}
	p.answerMessage(e, 200)
	state := map[body.IMDNStatus]MessageState{body.Delivered: MessageDelivered, body.Displayed: MessageRead}[notice.Status]
	for _, m := range p.state.threads[peerOf(e.Request.From.URI)].Messages {
		if m.NotifyID == notice.MessageID && !m.Incoming && state != "" && m.State != MessageRead {
			m.State, m.Cause, m.Status = state, "", 0
			p.updateMessage(m)
		}
	}
}

// receipted reports whether the receipt of a message overtook its answer.
func (p *Phone) receipted(m Message) bool {
	return slices.ContainsFunc(p.state.threads[m.Peer].Messages, func(now Message) bool {
		return now.ID == m.ID && (now.State == MessageDelivered || now.State == MessageRead)
	})
}

// sendReceipt tells the writer what became of a message. One who refuses
// receipts gets no more of them.
func (p *Phone) sendReceipt(a *account, m Message, kind body.Notification, status body.IMDNStatus) {
	how := p.mannersOf(m.Peer)
	if a.ua == nil || a.state != Registered || how.noNotices || m.NotifyID == "" || p.state.settings.Calls.HideTyping {
		return
	}
	notice := body.IMDN{MessageID: m.NotifyID, DateTime: m.At, RecipientURI: a.URI, Notification: kind, Status: status}
	cpim := body.NewCPIM(a.URI, m.Peer, time.Now(), body.TypeIMDN, notice.Bytes()).WithIMDN(sip.NewToken(16))
	cpim.Content = append(cpim.Content, body.Field{Name: "Content-Disposition", Value: "notification"})
	_, err := a.ua.SendMessage(m.Peer, string(cpim.Bytes()), ua.MessageOptions{
		ContentType: body.TypeCPIM,
		Done:        func(_ *sip.Response, e *ua.EndError) { how.noNotices = how.noNotices || e != nil && e.Status >= 400 },
	})
	if err != nil {
		p.log.Info("receipt", "peer", m.Peer, "err", err)
	}
}

// sendRead tells the writers of messages that the user reads now, from the
// accounts that these came to: one that is switched off tells nothing.
func (p *Phone) sendRead(read []Message) {
	for _, m := range read {
		if a := p.carrier(m); a != nil && m.Incoming && !m.Read {
			p.sendReceipt(a, m, body.Display, body.Displayed)
		}
	}
}
