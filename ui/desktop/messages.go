package desktop

import (
	"fmt"
	"time"
)

// heldMessages is what a person wrote since the last notification about it.
type heldMessages struct {
	name  string
	last  time.Time // when a notification was shown
	count int       // messages not yet told
	body  string    // the newest of them
}

// message tells of a message now, or holds it while the last notification
// about this person is fresh.
func (d *desk) message(name, peer, body string) {
	h := d.held[peer]
	if h == nil {
		h = &heldMessages{}
		d.held[peer] = h
	}
	h.name, h.body = name, body
	h.count++
	if h.last.IsZero() || time.Since(h.last) >= d.options.Quiet {
		d.tell(peer, h)
	}
}

func (d *desk) tell(peer string, h *heldMessages) {
	title := h.name
	if title == "" {
		title = callerText("", peer)
	}
	if h.count > 1 {
		title = fmt.Sprintf("%s · %d messages", title, h.count)
	}
	const longest = 200
	body := []rune(h.body)
	if len(body) > longest {
		body = append(body[:longest], '…')
	}
	h.last, h.count = time.Now(), 0
	d.show(notification{
		key: "chat " + peer, title: title, text: string(body), category: "im.received", urgency: 1,
		buttons: []string{string(Open), "Show"},
		press:   Press{Peer: peer},
	})
}

// flushAt is when the next held message is due; nil when none is.
func (d *desk) flushAt() <-chan time.Time {
	var next time.Time
	for _, h := range d.held {
		if due := h.last.Add(d.options.Quiet); h.count > 0 && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	if next.IsZero() {
		return nil
	}
	return time.After(time.Until(next))
}

// flush tells what is due.
func (d *desk) flush() {
	for peer, h := range d.held {
		if h.count > 0 && time.Since(h.last) >= d.options.Quiet {
			d.tell(peer, h)
		}
	}
}
