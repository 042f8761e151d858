package body

import (
	"errors"
	"strconv"
	"strings"
)

// MessageSummary tells of messages that wait in a mailbox (RFC 3842).
type MessageSummary struct {
	Waiting bool   // new messages are there
	Account string // URI of the mailbox, may be ""
	Counts  []MessageCount
}

// MessageCount counts the messages of one class.
type MessageCount struct {
	Class                string // lower case: "voice-message", "fax-message"…
	New, Old             uint32
	UrgentNew, UrgentOld uint32 // of New and Old
}

// Voice returns the count of voice messages; ok is false when it is not told.
func (m MessageSummary) Voice() (count MessageCount, ok bool) {
	for _, c := range m.Counts {
		if c.Class == "voice-message" {
			return c, true
		}
	}
	return MessageCount{}, false
}

// maxClasses is more than there are kinds of messages.
const maxClasses = 32

var errWaiting = errors.New("does not begin with Messages-Waiting")

// ParseMessageSummary parses a message summary. Header fields of single
// messages, which may follow, are left out. The error is a *SyntaxError.
func ParseMessageSummary(data []byte) (MessageSummary, error) {
	m, err := parseMessageSummary(data)
	if err != nil {
		return MessageSummary{}, &SyntaxError{Type: TypeMessageSummary, Err: err}
	}
	return m, nil
}

func parseMessageSummary(data []byte) (m MessageSummary, err error) {
	fields, _, err := cutFields(data)
	if err != nil {
		return m, err
	}
	if len(fields) == 0 || !strings.EqualFold(fields[0].Name, "Messages-Waiting") {
		return m, errWaiting
	}
	m.Waiting = strings.EqualFold(fields[0].Value, "yes")
	for _, f := range fields[1:] {
		if strings.EqualFold(f.Name, "Message-Account") {
			m.Account = f.Value
			continue
		}
		if c, ok := parseCount(f); ok && len(m.Counts) < maxClasses {
			m.Counts = append(m.Counts, c)
		}
	}
	return m, nil
}

// parseCount reads "new/old [(urgent new/urgent old)]".
func parseCount(f Field) (c MessageCount, ok bool) {
	c.Class = strings.ToLower(f.Name)
	all, urgent, hasUrgent := strings.Cut(f.Value, "(")
	if c.New, c.Old, ok = parsePair(all); !ok || !hasUrgent {
		return c, ok
	}
	urgent, end, closed := strings.Cut(urgent, ")")
	if c.UrgentNew, c.UrgentOld, ok = parsePair(urgent); !ok || !closed || strings.TrimSpace(end) != "" {
		return c, false
	}
	return c, true
}

func parsePair(s string) (first, second uint32, ok bool) {
	a, b, ok := strings.Cut(s, "/")
	first, err1 := parseUint32(strings.TrimSpace(a))
	second, err2 := parseUint32(strings.TrimSpace(b))
	return first, second, ok && err1 == nil && err2 == nil
}

// Bytes prints the summary.
func (m MessageSummary) Bytes() []byte {
	waiting := "no"
	if m.Waiting {
		waiting = "yes"
	}
	fields := []Field{{"Messages-Waiting", waiting}}
	if m.Account != "" {
		fields = append(fields, Field{"Message-Account", m.Account})
	}
	for _, c := range m.Counts {
		value := pair(c.New, c.Old)
		if c.UrgentNew != 0 || c.UrgentOld != 0 {
			value += " (" + pair(c.UrgentNew, c.UrgentOld) + ")"
		}
		fields = append(fields, Field{capitalise(c.Class), value})
	}
	return appendFields(nil, fields)
}

func pair(a, b uint32) string {
	return strconv.FormatUint(uint64(a), 10) + "/" + strconv.FormatUint(uint64(b), 10)
}

// capitalise writes "voice-message" as "Voice-Message".
func capitalise(s string) string {
	b := []byte(s)
	for i, c := range b {
		if (i == 0 || b[i-1] == '-') && 'a' <= c && c <= 'z' {
			b[i] = c &^ 0x20
		}
	}
	return string(b)
}
