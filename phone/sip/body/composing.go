package body

import (
	"strconv"
	"time"
)

// IsComposing tells that somebody writes a message (RFC 3994).
type IsComposing struct {
	Active      bool          // false: idle, and any state we do not know
	ContentType string        // of the message being written, may be ""
	LastActive  time.Time     // when the writer last was active, zero when absent
	Refresh     time.Duration // whole seconds; idle if no other notice comes in that time, 0 when absent
}

// ParseIsComposing parses a typing notice. The error is a *SyntaxError.
func ParseIsComposing(data []byte) (IsComposing, error) {
	root, err := parseXML(data, "isComposing")
	if err == nil && root.child("state") == nil {
		err = errMissing
	}
	if err != nil {
		return IsComposing{}, &SyntaxError{Type: TypeIsComposing, Err: err}
	}
	c := IsComposing{
		Active:      root.childText("state") == "active",
		ContentType: root.childText("contenttype"),
		LastActive:  parseTime(root.childText("lastactive")),
	}
	if seconds, err := parseUint32(root.childText("refresh")); err == nil {
		c.Refresh = time.Duration(seconds) * time.Second
	}
	return c, nil
}

// Bytes prints the notice.
func (c IsComposing) Bytes() []byte {
	w := newWriter()
	w.open("isComposing", "xmlns", "urn:ietf:params:xml:ns:im-iscomposing")
	state := "idle"
	if c.Active {
		state = "active"
	}
	w.leaf("state", state)
	w.time("lastactive", c.LastActive)
	w.optional("contenttype", c.ContentType)
	if c.Refresh > 0 {
		w.leaf("refresh", strconv.FormatInt(int64(c.Refresh/time.Second), 10))
	}
	w.close("isComposing")
	return w.Bytes()
}
