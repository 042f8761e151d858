package ui

import (
	"strings"
	"time"

	"webphone/phone"
	"webphone/ui/widgets"
)

// threadMatches reports whether a search finds a conversation: by person or
// by what was written.
func threadMatches(t phone.Thread, query string) bool {
	if strings.TrimSpace(query) == "" || finds(query, t.DisplayName, plainAddress(t.Peer)) {
		return true
	}
	for _, m := range t.Messages {
		if finds(query, m.Body) {
			return true
		}
	}
	return false
}

// threadRow is a conversation as a row of the list.
func threadRow(t phone.Thread, draft string, open bool, now time.Time) widgets.RowData {
	name := nameOrNumber(t.DisplayName, t.Peer)
	row := widgets.RowData{
		Title: name, TitlePlain: t.Unread == 0 && !open, Name: name, Address: t.Peer, Badge: t.Unread,
	}
	if n := len(t.Messages); n > 0 {
		last := t.Messages[n-1]
		row.Right = whenWord(last.At, now)
		row.Subtitle = oneLine(last.Body)
		switch {
		case !last.Incoming && last.State == phone.MessageFailed:
			row.Subtitle = "Not sent: " + row.Subtitle
		case !last.Incoming:
			row.Subtitle = "You: " + row.Subtitle
		}
	}
	if t.Typing {
		row.Subtitle = strings.Fields(name + " ")[0] + " is typing…"
	}
	if draft != "" && !open {
		row.Subtitle = "Draft: " + oneLine(draft)
	}
	return row
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
