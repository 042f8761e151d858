package phone

import (
	"slices"
	"strings"
	"time"

	"webphone/phone/loop"
	"webphone/phone/sip"
	"webphone/phone/sip/body"
	"webphone/phone/ua"
)

// Times of typing notices (RFC 3994 §3).
const (
	typingEnds    = 15 * time.Second // without a key we no longer type
	typingRefresh = 60 * time.Second // how often it is said that we still do
	typingLasts   = 90 * time.Second // how long the other side may believe it
	theirsLasts   = 2 * time.Minute  // what they may ask us to believe, and do if they say nothing
)

// acceptedMessages are the types of messages that are understood; an OPTIONS
// gets them as answer.
var acceptedMessages = strings.Join([]string{"text/plain", body.TypeCPIM, body.TypeIMDN, body.TypeIsComposing}, ", ")

// manners are what the phone of somebody can do beside plain text, and who
// types. Nothing but text is sent before that phone has said, in answer to an
// OPTIONS or by doing it itself, that it understands more: many take every
// message and would show it as it is. What is refused is not tried again.
type manners struct {
	asked            bool
	receipts, typing bool // understood
	noReceipts       bool // refused
	noTyping         bool
	noNotices        bool

	composing  *account // the other side was told from there that we type; or nil
	composedAt time.Time
	idle       *loop.Timer

	theyType bool
	theirs   *loop.Timer
}

func (p *Phone) mannersOf(peer string) *manners {
	m := p.state.manners[peer]
	if m == nil {
		m = &manners{}
		p.state.manners[peer] = m
	}
	return m
}

// learnManners asks, once, what the phone of peer understands.
func (p *Phone) learnManners(a *account, peer string, m *manners) {
	if m.asked {
		return
	}
	m.asked = true
	_, err := a.ua.SendOptions(peer, ua.OptionsOptions{Done: func(res *sip.Response, e *ua.EndError) {
		if e != nil {
			m.asked = e.Status == 405 || e.Status == 501 // else it may answer another time
			return
		}
		types, _ := res.Accept()
		for _, t := range types {
			m.receipts = m.receipts || strings.EqualFold(t, body.TypeCPIM)
			m.typing = m.typing || strings.EqualFold(t, body.TypeIsComposing)
		}
	}})
	if err != nil {
		p.log.Info("capabilities not asked for", "peer", peer, "err", err)
	}
}

// onOptions says what our messages may be made of.
func (p *Phone) onOptions(e ua.NewOptions) {
	if e.Originator != ua.Remote {
		return
	}
	accept := ua.ReplyOptions{ExtraHeaders: []sip.Header{{Name: "Accept", Value: acceptedMessages}}}
	if err := e.Options.Accept(accept); err != nil {
		p.log.Info("OPTIONS was answered already", "err", err)
	}
}

// Typing says that the user writes to peer, or no longer does. It is for every
// key: the other side is told now and then, if it wants to know.
func (p *Phone) Typing(peer string, typing bool) {
	p.loop.Post("typing", func() {
		a, err := p.accountFor(peer)
		if err != nil || a.ua == nil || a.state != Registered || p.state.settings.Calls.HideTyping {
			return
		}
		m := p.mannersOf(peer)
		p.learnManners(a, peer, m)
		m.idle.Stop()
		if !typing {
			p.stopTyping(peer, m)
			return
		}
		m.idle = p.loop.After(typingEnds, "typing ends", func() { p.stopTyping(peer, m) })
		if m.composing != a {
			p.stopTyping(peer, m)
		}
		if m.composing == a && time.Since(m.composedAt) < typingRefresh || !m.typing || m.noTyping {
			return
		}
		m.composing, m.composedAt = a, time.Now()
		p.sendTyping(a, peer, m, body.IsComposing{Active: true, ContentType: "text/plain", Refresh: typingLasts})
	})
}

func (p *Phone) stopTyping(peer string, m *manners) {
	if a := m.composing; a != nil {
		m.composing = nil
		p.sendTyping(a, peer, m, body.IsComposing{LastActive: time.Now(), ContentType: "text/plain"})
	}
}

func (p *Phone) sendTyping(a *account, peer string, m *manners, notice body.IsComposing) {
	if a.ua == nil || m.noTyping {
		return
	}
	_, err := a.ua.SendMessage(peer, string(notice.Bytes()), ua.MessageOptions{
		ContentType: body.TypeIsComposing,
		Done:        func(_ *sip.Response, e *ua.EndError) { m.noTyping = m.noTyping || e != nil && e.Status >= 400 },
	})
	if err != nil {
		p.log.Info("typing notice", "peer", peer, "err", err)
	}
}

// wrote says that a message went out: that alone ends our typing.
func (m *manners) wrote() {
	m.composing = nil
	m.idle.Stop()
}

// onComposing follows the typing of somebody.
func (p *Phone) onComposing(e ua.NewMessage) {
	notice, err := body.ParseIsComposing(e.Request.Body)
	if err != nil {
		p.answerMessage(e, 400)
		return
	}
	p.answerMessage(e, 200)
	m := p.mannersOf(peerOf(e.Request.From.URI))
	m.typing = true
	m.theirs.Stop()
	m.theyType = notice.Active
	if m.theyType {
		lasts := min(notice.Refresh, theirsLasts)
		if lasts <= 0 {
			lasts = theirsLasts
		}
		m.theirs = p.loop.After(lasts, "their typing ends", func() {
			m.theyType = false
			p.changed()
		})
	}
	p.changed()
}

// answerMessage answers a MESSAGE that is not kept.
func (p *Phone) answerMessage(e ua.NewMessage, status int) {
	var err error
	switch status {
	case 200:
		err = e.Message.Accept(ua.ReplyOptions{})
	case 415:
		err = e.Message.Reject(415, ua.ReplyOptions{ExtraHeaders: []sip.Header{{Name: "Accept", Value: acceptedMessages}}})
	default:
		err = e.Message.Reject(status, ua.ReplyOptions{})
	}
	if err != nil {
		p.log.Warn("message was answered already", "err", err)
	}
}

// refusesType reports an answer that may mean the type of a message.
func refusesType(e *ua.EndError) bool {
	return slices.Contains([]int{400, 406, 415, 420, 488, 493, 606}, e.Status)
}
