package body

import (
	"errors"
	"time"
)

// IMDN tells what became of a message (RFC 5438 §7).
type IMDN struct {
	MessageID            string    // of the message that it is about
	DateTime             time.Time // of that message, zero when absent
	RecipientURI         string    // where the message went
	OriginalRecipientURI string
	Subject              string
	Notification         Notification
	Status               IMDNStatus
}

// Notification is the kind of an IMDN.
type Notification string

// The kinds of notifications (RFC 5438 §7.1).
const (
	Delivery   Notification = "delivery"
	Display    Notification = "display"
	Processing Notification = "processing"
)

// IMDNStatus is what became of the message.
type IMDNStatus string

// What may become of a message. Delivered and Failed belong to Delivery,
// Displayed to Display, Processed and Stored to Processing; a recipient that
// does not tell says Forbidden, one that cannot Error.
const (
	Delivered IMDNStatus = "delivered"
	Failed    IMDNStatus = "failed"
	Displayed IMDNStatus = "displayed"
	Processed IMDNStatus = "processed"
	Stored    IMDNStatus = "stored"
	Forbidden IMDNStatus = "forbidden"
	Error     IMDNStatus = "error"
)

// imdnStatuses says which status may stand in which notification.
var imdnStatuses = map[Notification][]IMDNStatus{
	Delivery:   {Delivered, Failed, Forbidden, Error},
	Display:    {Displayed, Forbidden, Error},
	Processing: {Processed, Stored, Forbidden, Error},
}

var errStatus = errors.New("no known notification with a known status")

// ParseIMDN parses a notification. The error is a *SyntaxError.
func ParseIMDN(data []byte) (IMDN, error) {
	n, err := parseIMDN(data)
	if err != nil {
		return IMDN{}, &SyntaxError{Type: TypeIMDN, Err: err}
	}
	return n, nil
}

func parseIMDN(data []byte) (n IMDN, err error) {
	root, err := parseXML(data, "imdn")
	if err != nil {
		return n, err
	}
	n = IMDN{
		MessageID: root.childText("message-id"), DateTime: parseTime(root.childText("datetime")),
		RecipientURI: root.childText("recipient-uri"), OriginalRecipientURI: root.childText("original-recipient-uri"),
		Subject: root.childText("subject"),
	}
	if n.MessageID == "" {
		return n, errMissing
	}
	for _, kind := range []Notification{Delivery, Display, Processing} {
		status := root.child(string(kind) + "-notification").child("status")
		for _, one := range imdnStatuses[kind] {
			if status.child(string(one)) != nil {
				n.Notification, n.Status = kind, one
				return n, nil
			}
		}
	}
	return n, errStatus
}

// Bytes prints the notification.
func (n IMDN) Bytes() []byte {
	w := newWriter()
	w.open("imdn", "xmlns", "urn:ietf:params:xml:ns:imdn")
	w.WriteByte('\n')
	w.leaf("message-id", n.MessageID)
	w.time("datetime", n.DateTime)
	w.optional("recipient-uri", n.RecipientURI)
	w.optional("original-recipient-uri", n.OriginalRecipientURI)
	w.optional("subject", n.Subject)
	for _, one := range imdnStatuses[n.Notification] {
		if one == n.Status {
			w.open(string(n.Notification) + "-notification")
			w.open("status")
			w.empty(string(one))
			w.close("status")
			w.close(string(n.Notification) + "-notification")
		}
	}
	w.close("imdn")
	return w.Bytes()
}
