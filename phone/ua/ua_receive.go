package ua

import (
	"slices"
	"strings"

	"webphone/phone/sip"
)

// receive takes in a message from the transport (RFC 3261 §8.2, §18.2.1).
func (u *UA) receive(m sip.Message) {
	status, err := sip.Sanity(m)
	switch m := m.(type) {
	case *sip.Response:
		if err != nil {
			u.log.Warn("response dropped", "error", masked(err))
			return
		}
		u.tx.receiveResponse(m)
	case *sip.Request:
		if err != nil {
			u.log.Warn("request refused", "method", m.Method, "status", status, "error", masked(err))
			u.replyStateless(m, status)
			return
		}
		u.receiveRequest(m)
	}
}

// receiveInvalid answers a request that could not be parsed, where enough of
// it could (RFC 3261 §16.3 (1), §21.4.1, §21.5.6).
func (u *UA) receiveInvalid(err *sip.ParseError) {
	u.log.Warn("message not understood", "error", masked(err))
	if res := err.Response(); res != nil {
		u.sendStateless(res)
	}
}

// masked is the text of an error about a message, which may quote it, without
// passwords.
func masked(err error) string { return string(sip.MaskSecrets([]byte(err.Error()))) }

func (u *UA) replyStateless(r *sip.Request, status int) {
	if status == 0 {
		return
	}
	u.sendStateless(u.messages.response(r, sip.NewTag(), answer{status: status}))
}

func (u *UA) sendStateless(res *sip.Response) {
	if err := u.config.Transport.Send(res); err != nil {
		u.log.Debug("response not sent", "status", res.StatusCode, "error", err)
	}
}

func (u *UA) receiveRequest(r *sip.Request) {
	if u.tx.absorb(r) {
		return
	}
	switch {
	case r.Method == sip.ACK:
		u.inDialog(&inbound{Request: r, build: u.messages.response})
		return
	case r.Method == sip.CANCEL:
		u.receiveCancel(r)
		return
	case !slices.Contains(allowed, r.Method): // §8.2.1
		u.replyStateless(r, refusal(r.Method))
		return
	case r.To.Tag() == "" && u.tx.merged(r): // §8.2.2.2
		u.replyStateless(r, 482)
		return
	case r.To.Tag() == "" && !u.contact.reaches(r.RequestURI, u.config.URI): // §8.2.2.1
		u.replyStateless(r, 404)
		return
	}
	in := &inbound{Request: r, toTag: sip.NewTag(), build: u.messages.response}
	if r.Method == sip.INVITE {
		in.invite = u.tx.newInviteServer(r)
		in.invite.toTag = in.toTag
		in.respond = in.invite.respond
	} else {
		in.respond = u.tx.newNonInviteServer(r).respond
	}
	if tags := unsupported(r, &u.config); len(tags) > 0 { // §8.2.2.3
		in.reply(answer{status: 420, headers: []sip.Header{{Name: "Unsupported", Value: strings.Join(tags, ", ")}}})
		return
	}
	if encoded(r) { // §8.2.3
		in.reply(answer{status: 415})
		return
	}
	if r.Method != sip.INVITE && r.Headers.Has("Replaces") { // RFC 3891 §3
		in.reply(answer{status: 400, reason: "Bad Replaces"})
		return
	}
	if r.To.Tag() != "" {
		u.inDialog(in)
		return
	}
	u.outOfDialog(in)
}

// inDialog hands r to the dialog it names, or answers 481 (§12.2.2).
func (u *UA) inDialog(r *inbound) {
	id := dialogID{callID: r.CallID, localTag: r.To.Tag(), remoteTag: r.From.Tag()}
	if receive, ok := u.dialogs[id]; ok {
		receive(r)
		return
	}
	if receive, ok := u.dialogs[dialogID{callID: id.callID, localTag: id.localTag}]; ok && r.Method == sip.NOTIFY {
		receive(r) // it makes the dialog (RFC 6665 §4.4.1)
		return
	}
	if r.Method != sip.ACK {
		r.reply(answer{status: 481})
	}
}

func (u *UA) outOfDialog(r *inbound) {
	switch r.Method {
	case sip.INVITE:
		u.receiveInvite(r)
	case sip.MESSAGE:
		u.receiveMessage(r, nil)
	case sip.OPTIONS:
		u.receiveOptions(r)
	case sip.SUBSCRIBE:
		u.receiveSubscribe(r)
	case sip.NOTIFY:
		u.receiveUnsolicited(r)
	case sip.REFER:
		u.receiveReferOutside(r)
	default: // BYE, INFO, UPDATE and PRACK, which are for dialogs
		r.reply(answer{status: 481})
	}
}

// receiveCancel answers a CANCEL with the To tag of its INVITE's responses and
// passes it on (§9.2).
func (u *UA) receiveCancel(r *sip.Request) {
	in := &inbound{Request: r, toTag: sip.NewTag(), build: u.messages.response}
	in.respond = u.tx.newNonInviteServer(r).respond
	invite, ok := u.tx.inviteOf(r)
	if !ok {
		in.reply(answer{status: 481})
		return
	}
	in.toTag = invite.toTag
	in.reply(answer{status: 200})
	invite.receiveCancel(r)
}
