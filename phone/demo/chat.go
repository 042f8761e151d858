package demo

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"webphone/phone/ua"
)

// thinking is how long the chat robot needs for an answer.
const thinking = time.Second

// written takes a message: one robot answers, the others cannot read.
func (a *agent) written(m *ua.Message) {
	contentType, _ := m.Request().ContentType()
	switch {
	case !a.chats:
		_ = m.Reject(405, ua.ReplyOptions{}) // fails only when it is answered already
		return
	case contentType != "text/plain":
		_ = m.Reject(415, ua.ReplyOptions{})
		return
	}
	_ = m.Accept(ua.ReplyOptions{})
	from := m.RemoteIdentity().URI.String()
	text := reply(string(m.Request().Body), time.Now())
	a.crew.loop.After(thinking, "reply", func() {
		if _, err := a.ua.SendMessage(from, text, ua.MessageOptions{}); err != nil {
			a.crew.server.log.Info("cannot reply", "to", from, "err", err)
		}
	})
}

// reply is what the chat robot says to a message.
func reply(text string, now time.Time) string {
	text = strings.TrimSpace(text)
	has := func(words ...string) bool {
		for _, one := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" \t\r\n,.;:!?", r) }) {
			for _, word := range words {
				if one == word {
					return true
				}
			}
		}
		return false
	}
	switch {
	case text == "":
		return "You wrote nothing at all. I read it carefully."
	case has("hello", "hi", "hey"):
		return "Hello! Write anything: I answer everything, and understand nothing."
	case has("bye", "goodbye"):
		return "Goodbye! I shall be here as long as this window is."
	case has("time"):
		return "It is " + now.Format("15:04") + " here, which is to say: on this computer."
	case has("help"):
		return "Try “hello”, “time” or “bye”. For sound, call Echo."
	case strings.HasSuffix(text, "?"):
		return "A good question. I am only a few lines of code, and do not know."
	}
	n := utf8.RuneCountInString(text)
	const most = 60
	if n > most {
		text = string([]rune(text)[:most]) + "…"
	}
	if n == 1 {
		return fmt.Sprintf("You wrote “%s”: one character.", text)
	}
	return fmt.Sprintf("You wrote “%s”: %d characters.", text, n)
}
